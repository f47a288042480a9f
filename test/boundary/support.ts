import { Table, makeData, RecordBatch, Schema, Field, Struct, type Data } from "apache-arrow";
import { expect } from "vitest";
import { SkewlessError, type ErrorCode } from "../../src/index.js";

/** Instrumented code takes several times as long: sizes are divided by this, times multiplied; what is tested stays. */
export const SLOWDOWN = process.env["SKEWLESS_SANITIZED"] === undefined ? 1 : 10;

/** The error that a call throws; fails when it throws none, or one without a code. */
export function errorOf(body: () => unknown): SkewlessError {
  let result: unknown;
  try {
    result = body();
  } catch (error) {
    if (error instanceof SkewlessError) return error;
    throw new Error(`an error without a code: ${String(error)}`, { cause: error });
  }
  throw new Error(`no error, but ${String(result)}`);
}

export async function rejectionOf(promise: Promise<unknown>): Promise<SkewlessError> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    if (error instanceof SkewlessError) return error;
    throw new Error(`an error without a code: ${String(error)}`, { cause: error });
  }
  throw new Error(`no error, but ${String(result)}`);
}

interface Place {
  readonly path?: readonly (string | number)[];
  readonly row?: number;
  readonly column?: string;
  readonly function?: string;
}

/** The error has the code and exactly this place; its message says all of it. */
export function expectError(error: SkewlessError, code: ErrorCode, place: Place = {}): void {
  const { path, row, column } = error;
  expect({ code: error.code, path, row, column, function: error.function }, error.message).toEqual({
    code,
    path: place.path,
    row: place.row,
    column: place.column,
    function: place.function ?? (place.path === undefined ? error.function : place.function),
  });
  if (row !== undefined) expect(error.message).toContain(`row ${row}`);
  if (column !== undefined) expect(error.message).toContain(JSON.stringify(column));
}

/** A record batch of columns as they are, whatever they claim. */
export function batchOf(columns: Readonly<Record<string, Data>>, rows?: number): RecordBatch {
  const children = Object.values(columns);
  const fields = Object.entries(columns).map(([name, data]) => new Field(name, data.type, true));
  const schema = new Schema(fields);
  return new RecordBatch(schema, makeData({ type: new Struct(fields), length: rows ?? children[0]?.length ?? 0, nullCount: 0, children }));
}

export function tableOf(columns: Readonly<Record<string, Data>>): Table {
  return new Table([batchOf(columns)]);
}

/** Same float64 bits, so that -0 and NaN count. */
export function sameBits(actual: number, wanted: number): boolean {
  return Object.is(actual, wanted);
}
