import { makeVector, Table, Vector, type Data, type Field, type RecordBatch, type Schema } from "apache-arrow";
import { AbortedError, InputError, SkewlessError, received, type ErrorCode } from "../errors.js";
import { addon, type NativeBatchResult, type NativeColumn, type NativePlan } from "../native.js";
import type { Plan, PlanInput } from "../plan/plan.js";
import { formatInputType } from "../types/input-type.js";
import { checkColumnType, nativeColumn } from "./arrow-bridge.js";
import { outputBatch, outputSchema } from "./arrow-output.js";
import { failureError } from "./failure.js";

/** Columns by name: Arrow vectors, or typed arrays for numeric inputs. */
export type VectorMap = Readonly<Record<string, Vector | NodeJS.TypedArray>>;

export interface BatchAsyncOptions {
  /** Native threads; 1 by default. */
  readonly threads?: number;
  /** Called with rows done and rows in all, at most some ten times a second and once at the end. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const CHUNK_ROWS = 1024;

/** Batch mode: vectorized kernels over Arrow buffers, which are read in place. */
export class BatchEngine {
  readonly schema: Schema;
  readonly #plan: Plan;
  readonly #native: NativePlan;

  constructor(plan: Plan, native: NativePlan) {
    this.#plan = plan;
    this.#native = native;
    this.schema = outputSchema(plan);
  }

  /** Where the plan's inputs are among the fields, each there once and of a type that fits. */
  #positions(schema: Schema): number[] {
    return this.#plan.inputs.map(({ name, input }) => {
      const at = schema.fields.findIndex((field: Field) => field.name === name);
      const field = schema.fields[at];
      if (field === undefined) {
        throw new InputError("MISSING_INPUT", "the table lacks the column", {
          column: name,
          expected: formatInputType(input),
          actual: `the columns ${schema.fields.map((other: Field) => other.name).join(", ")}`,
        });
      }
      if (schema.fields.some((other: Field, i) => i > at && other.name === name)) {
        throw new InputError("SCHEMA_MISMATCH", "the table has several columns of the name", { column: name, fix: "Rename or drop all but one" });
      }
      checkColumnType(name, input, field.type as Field["type"]);
      return at;
    });
  }

  /** The batch's columns in the order of the plan's inputs, checked against the declaration. */
  #columns(batch: RecordBatch): NativeColumn[] {
    return this.#positions(batch.schema).map((at, i) => {
      const { name, input } = this.#plan.inputs[i] as PlanInput;
      const data = batch.data.children[at] as Data | undefined;
      if (data === undefined) throw new InputError("INVALID_ARROW", "the batch has fewer columns than its schema", { column: name });
      // The schema's type and the data's may differ.
      checkColumnType(name, input, data.type as Field["type"]);
      return nativeColumn(data, name);
    });
  }

  #unwrap(result: NativeBatchResult, firstRow: number): NativeBatchResult {
    if (result.failure !== undefined) throw failureError(this.#plan, result.failure, firstRow + result.failure.row);
    return result;
  }

  #run<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** Errors of the add-on itself carry a code and perhaps an input. */
  #translate(error: unknown): unknown {
    if (error instanceof SkewlessError || !(error instanceof Error)) return error;
    const { code, input } = error as { code?: ErrorCode; input?: number };
    if (code === undefined) return error;
    const column = input === undefined ? undefined : this.#plan.inputs[input]?.name;
    return new InputError(code, error.message, column === undefined ? {} : { column });
  }

  recordBatch(batch: RecordBatch, threads: number, firstRow = 0): RecordBatch {
    return this.#run(() => {
      const result = addon().batch(this.#native, this.#columns(batch), batch.numRows, { threads });
      return outputBatch(this.#plan, this.schema, this.#unwrap(result, firstRow).outputs ?? [], batch.numRows);
    });
  }

  table(table: Table, threads: number): Table {
    let row = 0;
    // Without batches nothing below would look at the columns.
    this.#positions(table.schema);
    const batches = table.batches.map((batch) => {
      const out = this.recordBatch(batch, threads, row);
      row += batch.numRows;
      return out;
    });
    return new Table(this.schema, batches);
  }

  /** `firstRow` is the number of the first row, for messages. */
  matrix(table: Table | RecordBatch, threads: number, target?: Float32Array, firstRow = 0): Float32Array {
    const width = this.#plan.outputs.length;
    const matrix = target ?? new Float32Array(table.numRows * width);
    let row = 0;
    this.#positions(table.schema);
    for (const batch of table instanceof Table ? table.batches : [table]) {
      this.#run(() => {
        this.#unwrap(addon().batch(this.#native, this.#columns(batch), batch.numRows, { threads, matrix, firstRow: row }), firstRow + row);
      });
      row += batch.numRows;
    }
    return matrix;
  }

  async tableAsync(table: Table, options: BatchAsyncOptions): Promise<Table> {
    const { onProgress } = options;
    const total = table.numRows;
    const out: RecordBatch[] = [];
    let row = 0;
    this.#positions(table.schema);
    for (const batch of table.batches) {
      const before = row;
      const onRows = onProgress === undefined ? undefined : (done: number): void => {
        if (done > 0 && before + done < total) onProgress(before + done, total);
      };
      const result = await this.#runAsync(batch, row, options, onRows);
      out.push(outputBatch(this.#plan, this.schema, result.outputs ?? [], batch.numRows));
      row += batch.numRows;
      onProgress?.(row, total);
    }
    return new Table(this.schema, out);
  }

  /** A batch into the first rows of a matrix, off the event loop; `firstRow` is its number in a stream, for messages. */
  async matrixAsync(batch: RecordBatch, matrix: Float32Array, options: BatchAsyncOptions, firstRow = 0): Promise<void> {
    await this.#runAsync(batch, firstRow, options, undefined, matrix);
  }

  async #runAsync(batch: RecordBatch, firstRow: number, options: BatchAsyncOptions, onRows?: (done: number) => void, matrix?: Float32Array): Promise<NativeBatchResult> {
    const { threads = 1, signal } = options;
    if (signal?.aborted) throw new AbortedError("the batch was aborted", signal.reason);
    // Shared memory: the native threads count chunks in it and look there whether to stop.
    const control = new Int32Array(new SharedArrayBuffer(8));
    const abort = (): void => {
      Atomics.store(control, 0, 1);
    };
    const timer = onRows === undefined ? undefined : setInterval(() => onRows(Math.min(batch.numRows, Atomics.load(control, 1) * CHUNK_ROWS)), 80);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const columns = this.#run(() => this.#columns(batch));
      const result = await addon().batchAsync(this.#native, columns, batch.numRows, matrix === undefined ? { threads } : { threads, matrix, firstRow: 0 }, control);
      if (result.failure?.aborted === true) throw new AbortedError("the batch was aborted", signal?.reason);
      return this.#unwrap(result, firstRow);
    } catch (error) {
      throw this.#translate(error);
    } finally {
      clearInterval(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
}

/** A vector map as a table; vectors of different chunks are aligned, lengths must agree. */
export function tableOf(map: VectorMap): Table {
  // Without a prototype: a column may be named "__proto__".
  const vectors = Object.create(null) as Record<string, Vector>;
  let rows: number | undefined;
  for (const [name, value] of Object.entries(map)) {
    let vector: Vector;
    if (value instanceof Vector) vector = value;
    else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) vector = typedArrayVector(name, value);
    else throw new InputError("WRONG_TYPE", "not a column", { column: name, expected: "an Arrow Vector or a typed array", actual: received(value) });
    if (rows !== undefined && vector.length !== rows) {
      throw new InputError("SCHEMA_MISMATCH", "the columns have different lengths", { column: name, expected: `${rows} rows`, actual: `${vector.length}` });
    }
    rows = vector.length;
    vectors[name] = vector;
  }
  return new Table(vectors);
}

function typedArrayVector(name: string, array: NodeJS.TypedArray): Vector {
  if (array instanceof Uint8ClampedArray) {
    throw new InputError("WRONG_TYPE", "not a column", { column: name, expected: "an Arrow Vector or a numeric typed array", actual: received(array) });
  }
  // Copies nothing.
  return makeVector(array as Float64Array);
}
