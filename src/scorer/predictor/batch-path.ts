import { RecordBatch, Table } from "apache-arrow";
import { BatchEngine } from "../../engine/batch-engine.js";
import { AbortedError, InputError, received } from "../../errors.js";
import type { NativePlan } from "../../native.js";
import type { Plan } from "../../plan/plan.js";
import type { Backend } from "../backend.js";
import type { Tensor } from "../tensor.js";
import { now } from "./clock.js";
import { checkThreads, columnName, type PredictAsyncOptions, type PredictStream, type PredictTableOptions } from "./options.js";
import type { StatsRecorder } from "./stats.js";
import { PredictionColumns } from "./table.js";
import type { TableRepair } from "./table-repair.js";
import type { ChosenOutputs } from "./model-outputs.js";

/** The matrix of features of one chunk takes at most this many bytes, so that it stays in cache, and rows. */
const CHUNK_BYTES = 1 << 20;
const MOST_ROWS = 16_384;
const LEAST_ROWS = 256;

export interface BatchPathParts {
  readonly plan: Plan;
  readonly compiled: NativePlan;
  readonly backend: Backend;
  /** Elements a row of each output. */
  readonly widths: readonly number[];
  readonly chosen: ChosenOutputs;
  readonly classes: readonly (string | bigint)[] | undefined;
  readonly repair: TableRepair;
  readonly stats: StatsRecorder;
}

/** Tables to predictions: a chunk of rows to a matrix of features, the matrix to scores, the scores into columns. */
export class BatchPath {
  readonly #parts: BatchPathParts;
  readonly #engine: BatchEngine;
  readonly #width: number;
  readonly #chunk: number;
  #matrix: Float32Array | undefined;

  constructor(parts: BatchPathParts) {
    this.#parts = parts;
    this.#engine = new BatchEngine(parts.plan, parts.compiled);
    this.#width = parts.plan.outputs.length;
    this.#chunk = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(CHUNK_BYTES / 4 / Math.max(1, this.#width))));
  }

  #columns({ predictionColumn, probabilityColumn }: PredictTableOptions): PredictionColumns {
    const { backend, widths, chosen, classes } = this.#parts;
    return new PredictionColumns(backend.outputs, widths, chosen, classes, {
      prediction: columnName(predictionColumn, "predictionColumn", "prediction"),
      probability: columnName(probabilityColumn, "probabilityColumn", "probability"),
    });
  }

  #input(matrix: Float32Array, rows: number): Tensor[] {
    return [{ type: "float32", dims: [rows, this.#width], data: matrix.subarray(0, rows * this.#width) }];
  }

  table(data: Table | RecordBatch, options: PredictTableOptions): Table | RecordBatch {
    const columns = this.#columns(options);
    const threads = checkThreads(options.threads);
    const start = now();
    columns.refuseCollisions(data.schema);
    let row = 0;
    const batches = (data instanceof Table ? data.batches : [data]).map((batch) => {
      const out = this.#batch(batch, columns, threads, row);
      row += batch.numRows;
      return out;
    });
    this.#parts.stats.batch(row, now() - start);
    if (!(data instanceof Table)) return batches[0] as RecordBatch;
    return new Table(batches[0]?.schema ?? columns.begin(0).schema(data.schema), batches);
  }

  #batch(batch: RecordBatch, columns: PredictionColumns, threads: number, firstRow: number): RecordBatch {
    const { backend, repair } = this.#parts;
    const matrix = (this.#matrix ??= new Float32Array(this.#chunk * this.#width));
    const out = columns.begin(batch.numRows);
    for (let begin = 0; begin < batch.numRows; begin += this.#chunk) {
      const chunk = this.#slice(batch, begin);
      this.#engine.matrix(repair.repair(chunk, firstRow + begin), threads, matrix, firstRow + begin);
      out.put(backend.run(this.#input(matrix, chunk.numRows)), begin, chunk.numRows);
    }
    return out.append(batch);
  }

  async *stream(data: PredictStream | Table | RecordBatch, options: PredictAsyncOptions): AsyncGenerator<RecordBatch> {
    const columns = this.#columns(options);
    const { signal, onProgress } = options;
    const terms = { threads: checkThreads(options.threads), ...(signal === undefined ? {} : { signal }) };
    const total = data instanceof Table || data instanceof RecordBatch ? data.numRows : undefined;
    const source = data instanceof Table ? data.batches : data instanceof RecordBatch ? [data] : asStream(data);
    let row = 0;
    for await (const batch of source) {
      if (!(batch instanceof RecordBatch)) {
        throw new InputError("WRONG_TYPE", "not a stream of record batches", { expected: "RecordBatch", actual: received(batch) });
      }
      columns.refuseCollisions(batch.schema);
      yield await this.#batchAsync(batch, columns, terms, row, (done) => onProgress?.(row + done, total));
      row += batch.numRows;
    }
  }

  async #batchAsync(
    batch: RecordBatch,
    columns: PredictionColumns,
    terms: { readonly threads: number; readonly signal?: AbortSignal },
    firstRow: number,
    onRows: (rows: number) => void,
  ): Promise<RecordBatch> {
    const { backend, repair, stats } = this.#parts;
    const start = now();
    const out = columns.begin(batch.numRows);
    const step = this.#chunk * terms.threads;
    // Its own matrix: streams may run side by side.
    const matrix = new Float32Array(Math.min(step, batch.numRows) * this.#width);
    for (let begin = 0; begin < batch.numRows; begin += step) {
      if (terms.signal?.aborted === true) throw new AbortedError("the stream was aborted", terms.signal.reason);
      const chunk = this.#slice(batch, begin, step);
      await this.#engine.matrixAsync(repair.repair(chunk, firstRow + begin), matrix, terms, firstRow + begin);
      out.put(await backend.runAsync(this.#input(matrix, chunk.numRows), terms), begin, chunk.numRows);
      onRows(begin + chunk.numRows);
    }
    stats.batch(batch.numRows, now() - start);
    return out.append(batch);
  }

  #slice(batch: RecordBatch, begin: number, rows = this.#chunk): RecordBatch {
    return begin === 0 && batch.numRows <= rows ? batch : batch.slice(begin, Math.min(begin + rows, batch.numRows));
  }
}

function asStream(data: unknown): PredictStream {
  const iterable = data as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown } | null;
  if (typeof iterable === "object" && iterable !== null && (typeof iterable[Symbol.asyncIterator] === "function" || typeof iterable[Symbol.iterator] === "function")) {
    return data as PredictStream;
  }
  throw new InputError("WRONG_TYPE", "not a stream", { expected: "an Arrow Table, a RecordBatch or a stream of record batches", actual: received(data) });
}
