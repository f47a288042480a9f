import { DataType, Precision, type Data, type RecordBatch, type Vector } from "apache-arrow";
import { InputError } from "../errors.js";
import type { RowObject } from "../engine/row-engine.js";
import type { Plan } from "../plan/plan.js";

/** One value of a column by row; null where the column has a null. */
export type CellReader = (row: number) => unknown;

/**
 * Stands for text that is not valid UTF-8, which no JavaScript string can hold: a lone surrogate, for which row mode
 * gives the same INVALID_UTF8 as batch mode does for the bytes.
 */
const INVALID_TEXT = "\ud800";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return INVALID_TEXT;
  }
}

/** The double that the bits of a float16 stand for. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function nullable(data: Data, read: CellReader): CellReader {
  if (data.nullCount === 0) return read;
  return (row) => (data.getValid(row) ? read(row) : null);
}

function plain(data: Data): CellReader {
  const values = data.values as ArrayLike<number | bigint>;
  return (row) => values[row];
}

/** Ticks as a bigint, whatever holds them. */
function ticks(data: Data): CellReader {
  const values = data.values as ArrayLike<number | bigint>;
  return (row) => BigInt(values[row] as number | bigint);
}

function bits(data: Data): CellReader {
  const values = data.values as Uint8Array;
  const { offset } = data;
  return (row) => (((values[(offset + row) >> 3] ?? 0) >> ((offset + row) & 7)) & 1) !== 0;
}

function text(data: Data): CellReader {
  const values = data.values as Uint8Array;
  const offsets = data.valueOffsets as unknown as ArrayLike<number | bigint>;
  return (row) => decode(values.subarray(Number(offsets[row]), Number(offsets[row + 1])));
}

function dictionary(data: Data, column: string): CellReader {
  const entries = (data.dictionary as Vector | undefined)?.data ?? [];
  // Pieces of a dictionary that arrived as deltas follow each other.
  const readers: CellReader[] = [];
  for (const piece of entries) {
    const read = cellReader(piece, column);
    for (let i = 0; i < piece.length; i++) readers.push(() => read(i));
  }
  const indices = data.values as ArrayLike<number | bigint>;
  return (row) => (readers[Number(indices[row])] as CellReader)(0);
}

function list(data: Data, column: string): CellReader {
  const child = data.children[0];
  if (child === undefined) throw new InputError("INVALID_ARROW", "the list has no elements array", { column });
  const item = cellReader(child, column);
  const slice = (from: number, to: number): unknown[] => {
    const out = new Array<unknown>(to - from);
    for (let i = from; i < to; i++) out[i - from] = item(i);
    return out;
  };
  if (DataType.isFixedSizeList(data.type)) {
    const size = (data.type as { listSize: number }).listSize;
    return (row) => slice(row * size, (row + 1) * size);
  }
  const offsets = data.valueOffsets as unknown as ArrayLike<number | bigint>;
  return (row) => slice(Number(offsets[row]), Number(offsets[row + 1]));
}

/**
 * Reads an Arrow array by row as the values that row mode takes: int64 and ticks as bigints, other numbers as
 * numbers, text as strings, lists as arrays with null elements. Exact: no value is rounded or shifted to a Date.
 *
 * @param column its name, for errors
 */
export function cellReader(data: Data, column: string): CellReader {
  const type = data.type as DataType;
  if (DataType.isFloat(type) && type.precision === Precision.HALF) {
    const values = data.values as Uint16Array;
    return nullable(data, (row) => fromFloat16(values[row] as number));
  }
  if (DataType.isInt(type) || DataType.isFloat(type)) return nullable(data, plain(data));
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return nullable(data, ticks(data));
  if (DataType.isBool(type)) return nullable(data, bits(data));
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return nullable(data, text(data));
  if (DataType.isDictionary(type)) return nullable(data, dictionary(data, column));
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) return nullable(data, list(data, column));
  throw new InputError("SCHEMA_MISMATCH", "unsupported Arrow type", { column, actual: String(data.type) });
}

/** Row objects of a record batch for the inputs of a plan. */
export function rowReader(plan: Plan, batch: RecordBatch): (row: number) => RowObject {
  const readers = plan.inputs.map(({ name }): readonly [string, CellReader] => {
    const at = batch.schema.fields.findIndex((field) => field.name === name);
    const data = batch.data.children[at];
    if (data === undefined) throw new InputError("MISSING_INPUT", "the table lacks the column", { column: name });
    return [name, cellReader(data, name)];
  });
  return (row) => {
    const out = Object.create(null) as Record<string, unknown>;
    for (const [name, read] of readers) out[name] = read(row);
    return out;
  };
}
