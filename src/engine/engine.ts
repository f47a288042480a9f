import { RecordBatch, Table, type Schema } from "apache-arrow";
import { AbortedError, DefinitionError, InputError, received } from "../errors.js";
import { chosenIsa } from "../native.js";
import { compilePlan } from "../plan/compile.js";
import { explainPlan, type ExplainFormat } from "../plan/explain.js";
import { fingerprint } from "../plan/fingerprint.js";
import type { Plan } from "../plan/plan.js";
import { BatchEngine, tableOf, type BatchAsyncOptions, type VectorMap } from "./batch-engine.js";
import { Dispatcher } from "./dispatcher.js";
import { requireVector, RowEngine, type OutputValue, type RowObject } from "./row-engine.js";
import { ModeCounter, type EngineStats } from "./stats.js";

export interface EngineOptions {
  /** Number of rows from which `transform(rows)` uses batch mode; by default measured on the rows as they come. */
  readonly crossover?: number;
  /** Native threads of `batch`, `toMatrix` and `batches`; 1 by default. */
  readonly threads?: number;
  /** Instruction set of the batch kernels: "baseline", "avx2" or "avx512"; the widest by default. */
  readonly isa?: string;
}

export interface StreamOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** A source of record batches: Arrow's readers, an async generator, an array. */
export type BatchStream = AsyncIterable<RecordBatch> | Iterable<RecordBatch>;

/**
 * A compiled plan. `Row` is the type of a row object. An engine belongs to its thread; engines of one plan in
 * several threads give the same bits.
 */
export class Engine<in Row extends object = RowObject> {
  /** The optimized plan. */
  readonly plan: Plan;
  /** Names of the output columns, in the vector's order. */
  readonly names: readonly string[];
  readonly isa: string;
  readonly #rows: RowEngine;
  readonly #batches: BatchEngine;
  readonly #threads: number;
  readonly #rowCounter = new ModeCounter();
  readonly #batchCounter = new ModeCounter();
  readonly #dispatcher: Dispatcher;
  #fingerprint: string | undefined;

  /** @internal */
  constructor(plan: Plan, options: EngineOptions = {}, specFingerprint?: string) {
    this.#fingerprint = specFingerprint;
    this.plan = plan;
    this.names = Object.freeze(plan.outputs.map((output) => output.name));
    this.isa = chosenIsa(options.isa);
    this.#threads = checkThreads(options.threads ?? 1);
    if (options.crossover !== undefined && !(options.crossover >= 1)) {
      throw new DefinitionError("INVALID_PARAMETER", "crossover", { expected: "a number of rows from 1", actual: received(options.crossover) });
    }
    this.#dispatcher = new Dispatcher(options.crossover);
    const native = compilePlan(plan, this.isa);
    this.#rows = new RowEngine(plan, native);
    this.#batches = new BatchEngine(plan, native);
  }

  /** SHA-256 of the spec that the engine was compiled from: the same fingerprint, the same bits. */
  get fingerprint(): string {
    return (this.#fingerprint ??= fingerprint(this.plan));
  }

  /** Arrow schema of batch results. */
  get schema(): Schema {
    return this.#batches.schema;
  }

  /** Row mode: one row object to its feature vector. A null feature is NaN. */
  row(row: Row): Float32Array {
    if (!this.#rowCounter.beginLone()) return this.#rows.row(row as RowObject);
    const start = performance.now();
    const out = this.#rows.row(row as RowObject);
    this.#rowCounter.endLone(performance.now() - start);
    return out;
  }

  /** Row mode into memory of yours: `names.length` elements from `offset`. Makes no garbage. */
  rowInto(row: Row, target: Float32Array, offset = 0): void {
    if (!this.#rowCounter.beginLone()) {
      this.#rows.rowInto(row as RowObject, target, offset);
      return;
    }
    const start = performance.now();
    this.#rows.rowInto(row as RowObject, target, offset);
    this.#rowCounter.endLone(performance.now() - start);
  }

  /** Row mode over several rows; the vectors share one block of memory. */
  rows(rows: readonly Row[]): Float32Array[] {
    if (!Array.isArray(rows)) {
      throw new InputError("WRONG_TYPE", "not a list of rows", { expected: "an array of row objects", actual: received(rows), fix: "Use row() for one row" });
    }
    const matrix = this.#newMatrix(rows.length);
    const start = performance.now();
    this.#rows.rowsInto(rows as readonly RowObject[], matrix);
    this.#rowCounter.add(rows.length, performance.now() - start);
    return this.#split(matrix, rows.length);
  }

  /** Row mode, every output by name in its own type, null where it is null. */
  values(row: Row): Record<string, OutputValue> {
    return this.#rows.values(row as RowObject);
  }

  /** @internal The same, written to an object of the caller's, which may be the row itself. */
  valuesInto(row: Row, target: Record<string, unknown>): void {
    this.#rows.valuesInto(row as RowObject, target);
  }

  /** Batch mode: features as Arrow columns. Inputs are read in place; a null feature stays null. */
  batch(batch: RecordBatch): RecordBatch;
  batch(table: Table | VectorMap): Table;
  batch(data: RecordBatch | Table | VectorMap): RecordBatch | Table {
    const start = performance.now();
    if (data instanceof RecordBatch) {
      const out = this.#batches.recordBatch(data, this.#threads);
      this.#batchCounter.add(data.numRows, performance.now() - start);
      return out;
    }
    const table = asTable(data);
    const out = this.#batches.table(table, this.#threads);
    this.#batchCounter.add(table.numRows, performance.now() - start);
    return out;
  }

  /** Batch mode on native threads, off the event loop. The columns' buffers are read in place until the promise settles: do not write to them or transfer them before. */
  async batchAsync(data: RecordBatch | Table | VectorMap, options: BatchAsyncOptions = {}): Promise<Table> {
    const threads = checkThreads(options.threads ?? this.#threads);
    const start = performance.now();
    const table = data instanceof RecordBatch ? new Table([data]) : asTable(data);
    const out = await this.#batches.tableAsync(table, { ...options, threads });
    this.#batchCounter.add(table.numRows, performance.now() - start);
    return out;
  }

  /** Batch mode over a stream, one record batch in memory at a time, off the event loop. */
  async *batches(stream: BatchStream, options: StreamOptions = {}): AsyncGenerator<RecordBatch> {
    for await (const batch of stream) {
      if (options.signal?.aborted) throw new AbortedError("the stream was aborted", options.signal.reason);
      const out = await this.batchAsync(batch, options);
      yield* out.batches;
    }
  }

  /** Batch mode into a row-major float32 matrix of `names.length` columns, as models take it. A null feature is NaN. */
  toMatrix(data: RecordBatch | Table | VectorMap, target?: Float32Array): Float32Array {
    requireVector(this.plan, "batch() or values()");
    const table = data instanceof RecordBatch ? data : asTable(data);
    if (target !== undefined) checkMatrix(target, table.numRows * this.names.length);
    const start = performance.now();
    const matrix = this.#batches.matrix(table, this.#threads, target);
    this.#batchCounter.add(table.numRows, performance.now() - start);
    return matrix;
  }

  /** The mode that is faster for this input: Arrow data goes by batch, rows by their number. */
  transform(rows: readonly Row[]): Float32Array[];
  transform(row: Row): Float32Array;
  transform(batch: RecordBatch): RecordBatch;
  transform(table: Table): Table;
  transform(data: Row | readonly Row[] | RecordBatch | Table): Float32Array | Float32Array[] | RecordBatch | Table {
    if (Array.isArray(data)) return this.#transformRows(data as readonly Row[]);
    if (data instanceof RecordBatch) return this.batch(data);
    if (data instanceof Table) return this.batch(data);
    return this.row(data as Row);
  }

  #transformRows(rows: readonly Row[]): Float32Array[] {
    const matrix = this.#newMatrix(rows.length);
    const objects = rows as readonly RowObject[];
    const byBatch = this.#dispatcher.byBatch(rows.length);
    const start = performance.now();
    if (byBatch) this.#rows.rowsIntoByBatch(objects, matrix);
    else this.#rows.rowsInto(objects, matrix);
    const milliseconds = performance.now() - start;
    this.#dispatcher.measured(rows.length, byBatch, milliseconds);
    (byBatch ? this.#batchCounter : this.#rowCounter).add(rows.length, milliseconds);
    return this.#split(matrix, rows.length);
  }

  stats(): EngineStats {
    return { row: this.#rowCounter.snapshot(), batch: this.#batchCounter.snapshot(), crossover: this.#dispatcher.crossover, isa: this.isa };
  }

  resetStats(): void {
    this.#rowCounter.reset();
    this.#batchCounter.reset();
  }

  /** The plan as text, or as a Mermaid flow chart. */
  explain(format: ExplainFormat = "text"): string {
    return explainPlan(this.plan, format);
  }

  #newMatrix(rows: number): Float32Array {
    return new Float32Array(rows * this.names.length);
  }

  #split(matrix: Float32Array, rows: number): Float32Array[] {
    const width = this.names.length;
    const out = new Array<Float32Array>(rows);
    for (let i = 0; i < rows; i++) out[i] = matrix.subarray(i * width, (i + 1) * width);
    return out;
  }
}

function checkThreads(threads: number): number {
  if (Number.isSafeInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new DefinitionError("INVALID_PARAMETER", "threads", { expected: "an integer from 1 to 256", actual: received(threads) });
}

function checkMatrix(target: unknown, needed: number): void {
  if (!(target instanceof Float32Array)) {
    throw new InputError("WRONG_TYPE", "the matrix", { expected: "a Float32Array", actual: received(target) });
  }
  if (target.length < needed) {
    throw new InputError("OUT_OF_RANGE", "the matrix is too small", { expected: `at least ${needed} elements`, actual: `${target.length}` });
  }
}

function asTable(data: Table | VectorMap): Table {
  if (data instanceof Table) return data;
  if (data === null || typeof data !== "object" || Array.isArray(data)) {
    throw new InputError("WRONG_TYPE", "not columnar data", {
      expected: "an Arrow Table, a RecordBatch or an object of columns",
      actual: received(data),
      fix: "Use rows() or transform() for row objects",
    });
  }
  return tableOf(data);
}
