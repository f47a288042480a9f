import { DefinitionError, InputError, received } from "../errors.js";
import { addon, EXCHANGE_ROWS, type NativePlan, type NativeRowRunner } from "../native.js";
import type { Plan } from "../plan/plan.js";
import { failureError } from "./failure.js";
import { Marshaller } from "./marshaller.js";
import { VectorPool } from "./vector-pool.js";

export type RowObject = Readonly<Record<string, unknown>>;

/** What an output is as a JavaScript value: float32, float64 and int32 are numbers, int64 and timestamp bigints. */
export type OutputValue = number | bigint | boolean | string | null;

/** Throws where an output is not float32; `instead` says what gives such outputs. */
export function requireVector(plan: Plan, instead: string): void {
  const other = plan.outputs.find((output) => output.type !== "float32");
  if (other === undefined) return;
  throw new DefinitionError("INVALID_DEFINITION", "the feature is not float32, so there is no feature vector", {
    path: [other.name],
    fix: `Use ${instead}, or leave out .as() for features of the vector`,
  });
}

/** Rows of long texts are computed in shorter runs, so that their copies stay small. */
const MOST_HEAP = 8 << 20;

/** Row mode: scalar kernels over one exchange buffer. Not re-entrant, and no caller's code runs inside. */
export class RowEngine {
  readonly #plan: Plan;
  readonly #native: NativePlan;
  readonly #runner: NativeRowRunner;
  readonly #marshaller: Marshaller;
  readonly #header: Int32Array;
  readonly #vector: Float32Array;
  readonly #pool: VectorPool;
  readonly #vectorReady: boolean;
  #values: { readonly view: DataView; readonly states: Uint8Array } | undefined;
  #many: { runner: NativeRowRunner; marshaller: Marshaller; header: Int32Array; vectors: Float32Array } | undefined;

  constructor(plan: Plan, native: NativePlan) {
    this.#plan = plan;
    this.#native = native;
    this.#runner = addon().rowRunner(native, 1);
    this.#marshaller = new Marshaller(plan, this.#runner);
    this.#header = new Int32Array(this.#runner.exchange, 0, 8);
    this.#vector = new Float32Array(this.#runner.exchange, this.#runner.layout.vector, plan.outputs.length);
    this.#pool = new VectorPool(plan.outputs.length);
    this.#vectorReady = plan.outputs.every((output) => output.type === "float32");
  }

  #needVector(): void {
    if (!this.#vectorReady) requireVector(this.#plan, "values(row)");
  }

  #fail(header: Int32Array, row: number | undefined): never {
    throw failureError(
      this.#plan,
      {
        row: header[4] as number,
        aborted: false,
        output: (header[0] as number) - 1,
        node: header[1] as number,
        outcome: header[2] as number,
        input: (header[3] as number) - 1,
      },
      row,
    );
  }

  row(row: RowObject): Float32Array {
    const out = this.#pool.take();
    this.rowInto(row, out, 0);
    return out;
  }

  rowInto(row: RowObject, target: Float32Array, offset: number): void {
    if (!this.#vectorReady) this.#needVector();
    const vector = this.#vector;
    // A getter of the row could take the target's memory away later: stores past its end are then ignored.
    if (!(target instanceof Float32Array) || !Number.isInteger(offset) || offset < 0 || offset + vector.length > target.length) {
      this.#badTarget(target, offset);
    }
    this.#marshaller.write(row);
    if (!this.#runner.runVector()) this.#fail(this.#header, undefined);
    // TypedArray.set costs 40 ns before it copies; a loop wins below some 100 elements.
    if (vector.length > 96) {
      target.set(vector, offset);
      return;
    }
    for (let i = 0; i < vector.length; i++) target[offset + i] = vector[i] as number;
  }

  #badTarget(target: unknown, offset: unknown): never {
    if (!(target instanceof Float32Array)) {
      throw new InputError("WRONG_TYPE", "the target", { expected: "a Float32Array", actual: received(target) });
    }
    const width = this.#vector.length;
    throw new InputError("OUT_OF_RANGE", `the vector of ${width} does not fit into the target of ${target.length} elements there`, {
      expected: width > target.length ? `a target of at least ${width} elements` : `an offset from 0 to ${target.length - width}`,
      actual: received(offset),
    });
  }

  /** Rows one by one with row kernels, into a row-major matrix. */
  rowsInto(rows: readonly RowObject[], matrix: Float32Array): void {
    if (!this.#vectorReady) this.#needVector();
    const width = this.#plan.outputs.length;
    const vector = this.#vector;
    const total = rows.length;
    for (let r = 0; r < total; r++) {
      // The loop's own number goes into messages: write as a row of a list.
      this.#marshaller.clear();
      this.#marshaller.writeAt(rows[r] as RowObject, 0, r);
      if (!this.#runner.runVector()) this.#fail(this.#header, r);
      const base = r * width;
      for (let i = 0; i < width; i++) matrix[base + i] = vector[i] as number;
    }
  }

  /** The same with batch kernels: rows are written side by side, then computed a chunk at a time. */
  rowsIntoByBatch(rows: readonly RowObject[], matrix: Float32Array): void {
    if (!this.#vectorReady) this.#needVector();
    const many = (this.#many ??= this.#makeMany());
    const width = this.#plan.outputs.length;
    const total = rows.length;
    for (let begin = 0; begin < total; ) {
      const most = Math.min(EXCHANGE_ROWS, total - begin);
      let count = 0;
      many.marshaller.clear();
      try {
        for (; count < most && many.marshaller.heapBytes < MOST_HEAP; count++) {
          many.marshaller.writeAt(rows[begin + count] as RowObject, count, begin + count);
        }
      } catch (error) {
        // A function may fail on an earlier row, which is the error that row mode would give.
        if (count > 0 && !many.runner.runRows(count)) this.#fail(many.header, begin + (many.header[4] as number));
        throw error;
      }
      if (!many.runner.runRows(count)) this.#fail(many.header, begin + (many.header[4] as number));
      matrix.set(count === EXCHANGE_ROWS ? many.vectors : many.vectors.subarray(0, count * width), begin * width);
      begin += count;
    }
  }

  #makeMany(): { runner: NativeRowRunner; marshaller: Marshaller; header: Int32Array; vectors: Float32Array } {
    const runner = addon().rowRunner(this.#native, EXCHANGE_ROWS);
    return {
      runner,
      marshaller: new Marshaller(this.#plan, runner),
      header: new Int32Array(runner.exchange, 0, 8),
      vectors: new Float32Array(runner.exchange, runner.layout.vector, EXCHANGE_ROWS * this.#plan.outputs.length),
    };
  }

  /** Every output by name, in its own type. */
  values(row: RowObject): Record<string, OutputValue> {
    const out: Record<string, OutputValue> = Object.create(null) as Record<string, OutputValue>;
    this.valuesInto(row, out);
    return out;
  }

  /** The same into an object of the caller's, which may be the row. */
  valuesInto(row: RowObject, out: Record<string, unknown>): void {
    this.#marshaller.write(row);
    if (!this.#runner.runValues()) this.#fail(this.#header, undefined);
    const { layout } = this.#runner;
    const { view, states } = (this.#values ??= this.#valueViews());
    const { outputs } = this.#plan;
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i] as Plan["outputs"][number];
      const at = layout.values + i * 8;
      const kind = output.dataType.kind;
      if (states[i] !== 0) out[output.name] = null;
      else if (output.type === "utf8") out[output.name] = this.#runner.text(i);
      else if (output.type === "timestamp") out[output.name] = view.getBigInt64(at, true);
      else if (kind === "int64") {
        const value = view.getBigInt64(at, true);
        out[output.name] = output.type === "int64" ? value : output.type === "float32" ? Math.fround(Number(value)) : Number(value);
      } else {
        const value = view.getFloat64(at, true);
        if (output.type === "bool") out[output.name] = value !== 0;
        else if (output.type === "int64") out[output.name] = BigInt(value);
        else out[output.name] = output.type === "float32" ? Math.fround(value) : value;
      }
    }
  }

  #valueViews(): { view: DataView; states: Uint8Array } {
    const { exchange, layout } = this.#runner;
    return { view: new DataView(exchange), states: new Uint8Array(exchange, layout.outputStates, this.#plan.outputs.length) };
  }
}
