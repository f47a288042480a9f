import { RecordBatch, Table, type Data } from "apache-arrow";
import { tableOf, type VectorMap } from "../engine/batch-engine.js";
import { Engine, type BatchStream } from "../engine/engine.js";
import type { OutputValue, RowObject } from "../engine/row-engine.js";
import { AbortedError, DefinitionError, InputError, received, SkewlessError } from "../errors.js";
import { addon } from "../native.js";
import type { Plan } from "../plan/plan.js";
import { outputColumn, valueBits } from "./bits.js";
import { behind, failureKey, inputsOf, type ParityDifference } from "./difference.js";
import { rowReader } from "./row-reader.js";
import { Sampler } from "./sampler.js";

export interface ParityOptions {
  /**
   * About how many rows to compare; all by default. Rows are taken in runs of 64 from all parts of the data. Of a
   * stream, whose length is not known beforehand, somewhat more are taken, more densely at its start.
   */
  readonly sample?: number;
  /** Picks the sample; 0 by default. The same seed picks the same rows. */
  readonly seed?: number;
  /** Instruction sets whose batch kernels are compared; all that this machine has by default. */
  readonly isas?: readonly string[];
  readonly signal?: AbortSignal;
  /** Called with rows compared and rows in the data (undefined for a stream), some ten times a second and once at the end. */
  readonly onProgress?: (rows: number, total: number | undefined) => void;
}

export interface ParityReport {
  /** Rows compared. */
  readonly rows: number;
  /** Output columns compared in each. */
  readonly columns: number;
  /** Rows on which every mode gave the same error: the same code, function and column. */
  readonly errors: number;
  /** Instruction sets compared. */
  readonly isas: readonly string[];
}

/** All equal, or the first difference found. */
export type ParityResult =
  | (ParityReport & { readonly ok: true })
  | (ParityReport & { readonly ok: false; readonly difference: ParityDifference });

/** What checkParity uses of an engine. */
export interface ParityEngine {
  readonly plan: Plan;
  readonly isa: string;
  batch(batch: RecordBatch): RecordBatch;
  values(row: never): Record<string, OutputValue>;
  row(row: never): Float32Array;
}

export type ParityData = RecordBatch | Table | VectorMap | BatchStream;

const WINDOW = 4096;
const SAMPLE_WINDOW = 64;
const PROGRESS_MS = 90;

/**
 * Runs the same rows in row mode and in batch mode and compares every output at its bits: the engine's own batches,
 * the batch kernels of each instruction set, and rows that are computed together as `transform(rows)` does. Stops at
 * the first difference. Nulls must be null in both modes, and a row that fails must fail alike: such rows are counted.
 *
 * @throws InputError when the data do not fit the declaration or are malformed; AbortedError when the signal fires.
 */
export async function checkParity(engine: ParityEngine, data: ParityData, options: ParityOptions = {}): Promise<ParityResult> {
  const check = new Check(engine, options.isas ?? addon().isas());
  const { batches, total } = source(data);
  const sampler = sampling(options, total);
  let last = performance.now();
  let base = 0;
  for await (const batch of batches) {
    if (!(batch instanceof RecordBatch)) throw new InputError("WRONG_TYPE", "not a record batch", { actual: received(batch) });
    // Schema errors are the caller's, not a difference of modes.
    engine.batch(batch.slice(0, 0));
    const step = sampler === undefined ? WINDOW : SAMPLE_WINDOW;
    for (let at = 0; at < batch.numRows; at += step) {
      if (options.signal?.aborted) throw new AbortedError("the parity check was aborted", options.signal.reason);
      const size = Math.min(step, batch.numRows - at);
      if (sampler !== undefined && !sampler.take(size)) continue;
      const difference = check.window(batch.slice(at, at + size), base + at);
      if (difference !== undefined) return { ...check.report(), ok: false, difference };
      const now = performance.now();
      if (now - last < PROGRESS_MS) continue;
      last = now;
      options.onProgress?.(check.rows, total);
      // Lets timers and signals in.
      await new Promise((resolve) => setImmediate(resolve));
    }
    base += batch.numRows;
  }
  options.onProgress?.(check.rows, total);
  return { ...check.report(), ok: true };
}

function source(data: ParityData): { batches: BatchStream; total: number | undefined } {
  if (data instanceof RecordBatch) return { batches: [data], total: data.numRows };
  if (data instanceof Table) return { batches: data.batches, total: data.numRows };
  if (data !== null && typeof data === "object" && (Symbol.asyncIterator in data || Symbol.iterator in data)) {
    // A table opened from a file may know its length.
    const { rowCount } = data as { readonly rowCount?: unknown };
    return { batches: data as BatchStream, total: typeof rowCount === "number" ? rowCount : undefined };
  }
  if (data === null || typeof data !== "object") {
    throw new InputError("WRONG_TYPE", "not columnar data", {
      expected: "an Arrow Table, a RecordBatch, an object of columns or a stream of record batches",
      actual: received(data),
    });
  }
  const table = tableOf(data as VectorMap);
  return { batches: table.batches, total: table.numRows };
}

function sampling({ sample, seed = 0 }: ParityOptions, total: number | undefined): Sampler | undefined {
  if (sample === undefined) return undefined;
  if (!(sample >= 1)) {
    throw new DefinitionError("INVALID_PARAMETER", "sample", { expected: "a number of rows from 1", actual: received(sample) });
  }
  return total !== undefined && sample >= total ? undefined : new Sampler(seed, sample, SAMPLE_WINDOW, total);
}

/** A row in row mode: its outputs, or its error. */
type RowResult = { readonly values: Record<string, OutputValue>; readonly vector: Float32Array | undefined } | SkewlessError;

/** One way to compute a window by batch kernels. */
interface Form {
  readonly name: string;
  run(window: RecordBatch, rows: readonly RowObject[]): Compared;
}

/** A result that is compared row by row with row mode. */
interface Compared {
  /** The first output that differs in the row. */
  different(row: number, values: Record<string, OutputValue>, vector: Float32Array | undefined): number | undefined;
  value(row: number, output: number): OutputValue;
  bits(row: number, output: number): string;
}

class Check {
  rows = 0;
  #errors = 0;
  readonly #engine: ParityEngine;
  readonly #isas: readonly string[];
  readonly #forms: readonly Form[];
  readonly #vector: boolean;

  constructor(engine: ParityEngine, isas: readonly string[]) {
    this.#engine = engine;
    this.#isas = isas;
    const { plan } = engine;
    this.#vector = plan.outputs.length > 0 && plan.outputs.every((output) => output.type === "float32");
    const forms: Form[] = [{ name: "batch", run: (window) => columns(plan, engine.batch(window)) }];
    for (const isa of isas) {
      // A crossover of 1 sends every list of rows to the batch kernels.
      const own = new Engine<RowObject>(plan, { isa, crossover: 1 });
      if (isa !== engine.isa) forms.push({ name: `batch, ${isa}`, run: (window) => columns(plan, own.batch(window)) });
      if (this.#vector) forms.push({ name: `transform(rows), ${isa}`, run: (_, rows) => vectors(own.transform(rows)) });
    }
    this.#forms = forms;
  }

  report(): ParityReport {
    return { rows: this.rows, columns: this.#engine.plan.outputs.length, errors: this.#errors, isas: this.#isas };
  }

  /** The first difference in a window; `base` is its first row in the data. */
  window(window: RecordBatch, base: number): ParityDifference | undefined {
    const read = rowReader(this.#engine.plan, window);
    const rows = Array.from({ length: window.numRows }, (_, i) => read(i));
    const results = rows.map((row) => this.#row(row));
    // Stretches without a failure are computed whole, failing rows each alone.
    let from = 0;
    while (from < rows.length) {
      let to = from;
      while (to < rows.length && !(results[to] instanceof SkewlessError)) to++;
      if (to === from) to++;
      const part = { window: window.slice(from, to), rows: rows.slice(from, to), results: results.slice(from, to) };
      for (const form of this.#forms) {
        const difference = this.#compare(form, part.window, part.rows, part.results, base + from);
        if (difference !== undefined) return difference;
      }
      this.rows += to - from;
      if (results[from] instanceof SkewlessError) this.#errors++;
      from = to;
    }
    return undefined;
  }

  #row(row: RowObject): RowResult {
    try {
      const values = this.#engine.values(row as never);
      return { values, vector: this.#vector ? this.#engine.row(row as never) : undefined };
    } catch (error) {
      if (error instanceof SkewlessError) return error;
      throw error;
    }
  }

  #compare(form: Form, window: RecordBatch, rows: readonly RowObject[], results: readonly RowResult[], base: number): ParityDifference | undefined {
    const report = (row: number, output: number, batch: { value: OutputValue | SkewlessError; bits: string }): ParityDifference => {
      const result = results[row] as RowResult;
      const failed = result instanceof SkewlessError;
      const { name, type } = this.#engine.plan.outputs[output] ?? { name: "", type: "float32" as const };
      const value = failed ? result : (result.values[name] as OutputValue);
      const inVector = form.name.startsWith("transform") && !failed;
      return {
        column: name,
        function: behind(this.#engine.plan, output),
        mode: form.name,
        row: base + row,
        rowValue: value,
        batchValue: batch.value,
        rowBits: failed ? "" : inVector ? vectorBits(result.vector as Float32Array, output) : valueBits(type, value as OutputValue),
        batchBits: batch.bits,
        inputs: inputsOf(this.#engine.plan, output, rows[row] as RowObject),
      };
    };
    let computed: Compared;
    try {
      computed = form.run(window, rows);
    } catch (error) {
      if (!(error instanceof SkewlessError) || error.code === "INVALID_ARROW" || error.code === "SCHEMA_MISMATCH") throw error;
      const at = error.row ?? 0;
      const expected = results[at];
      if (expected instanceof SkewlessError && failureKey(expected) === failureKey(error)) return undefined;
      const output = this.#engine.plan.outputs.findIndex(({ name }) => name === error.path?.[0]);
      return report(at, Math.max(0, output), { value: error, bits: "" });
    }
    for (const [row, result] of results.entries()) {
      if (result instanceof SkewlessError) {
        const output = Math.max(0, this.#engine.plan.outputs.findIndex(({ name }) => name === result.path?.[0]));
        return report(row, output, { value: computed.value(row, output), bits: computed.bits(row, output) });
      }
      const output = computed.different(row, result.values, result.vector);
      if (output !== undefined) return report(row, output, { value: computed.value(row, output), bits: computed.bits(row, output) });
    }
    return undefined;
  }
}

/** Batch columns against the values of row mode. */
function columns(plan: Plan, batch: RecordBatch): Compared {
  const all = plan.outputs.map((output, i) => ({ name: output.name, column: outputColumn(batch.data.children[i] as Data, output.type) }));
  return {
    different: (row, values) => {
      const at = all.findIndex(({ name, column }) => !column.equals(row, values[name] as OutputValue));
      return at < 0 ? undefined : at;
    },
    value: (row, output) => all[output]?.column.value(row) ?? null,
    bits: (row, output) => all[output]?.column.bits(row) ?? "",
  };
}

function vectorBits(vector: Float32Array, at: number): string {
  return new DataView(vector.buffer, vector.byteOffset).getUint32(at * 4, true).toString(16).padStart(8, "0");
}

/** Feature vectors by batch kernels against those of row mode. */
function vectors(computed: readonly Float32Array[]): Compared {
  const words = (vector: Float32Array): Uint32Array => new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
  return {
    different: (row, _, vector) => {
      const ours = words(computed[row] as Float32Array);
      const theirs = words(vector as Float32Array);
      for (let i = 0; i < ours.length; i++) if (ours[i] !== theirs[i]) return i;
      return undefined;
    },
    value: (row, output) => computed[row]?.[output] ?? null,
    bits: (row, output) => vectorBits(computed[row] as Float32Array, output),
  };
}
