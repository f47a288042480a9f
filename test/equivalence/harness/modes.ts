// Results of an engine in both modes in one form, for comparison.
import type { Data, RecordBatch } from "apache-arrow";
import type { Engine } from "../../../src/engine/engine.js";
import type { OutputValue, RowObject } from "../../../src/engine/row-engine.js";
import { SkewlessError } from "../../../src/errors.js";
import { outputColumn, valueBits, type OutputColumn } from "../../../src/parity/bits.js";
import type { Plan } from "../../../src/plan/plan.js";
import type { Value } from "../oracle/index.js";
import { show } from "./settings.js";

export interface Failure {
  readonly code: string;
  readonly function: string | undefined;
  /** The output that could not be computed. */
  readonly output: string | number | undefined;
  readonly row: number | undefined;
}

export function isFailure(result: object): result is Failure {
  return "code" in result;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof SkewlessError)) throw error;
  return { code: error.code, function: error.function, output: error.path?.[0], row: error.row };
}

/** A row in row mode: one value an output, or how it failed. */
export function rowMode(engine: Engine, row: RowObject): readonly OutputValue[] | Failure {
  try {
    const values = engine.values(row);
    return engine.names.map((name) => values[name] as OutputValue);
  } catch (error) {
    return failureOf(error);
  }
}

export function batchMode(engine: Engine, batch: RecordBatch): readonly OutputColumn[] | Failure {
  try {
    return columnsOf(engine.plan, engine.batch(batch));
  } catch (error) {
    return failureOf(error);
  }
}

export function columnsOf(plan: Plan, batch: RecordBatch): readonly OutputColumn[] {
  return plan.outputs.map(({ type }, i) => outputColumn(batch.data.children[i] as Data, type));
}

/** A vector by row kernels, or how it failed. */
export function vectorOf(run: () => Float32Array): Uint32Array | Failure {
  try {
    const vector = run();
    return new Uint32Array(vector.buffer, vector.byteOffset, vector.length).slice();
  } catch (error) {
    return failureOf(error);
  }
}

/** Complains unless a batch row has row mode's bits in every output. */
export function requireEqual(plan: Plan, columns: readonly OutputColumn[], at: number, values: readonly OutputValue[], context: () => string): void {
  for (const [i, column] of columns.entries()) {
    const value = values[i] as OutputValue;
    if (column.equals(at, value)) continue;
    const { name, type } = plan.outputs[i] as Plan["outputs"][number];
    throw new Error(
      `${name} differs in row ${at}: row mode ${show(value)} (${valueBits(type, value)}), batch mode ${show(column.value(at))} (${column.bits(at)})\n${context()}`,
    );
  }
}

export function rowObject(names: readonly string[], values: readonly Value[]): RowObject {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}
