import { DeadlineExceeded, ModelError } from "../errors.js";
import { addon, type NativeRowModel, type NativeRowModelFunctions } from "../native.js";
import type { Backend } from "./backend.js";
import type { ModelValue, TensorData, TensorInfo } from "./tensor.js";
import { zipMaps } from "./zip-maps.js";

/** Native RowStatus. */
const FAILED = 1;
const DEADLINE_EXCEEDED = 2;

/** TypedArray.set costs 40 ns before it copies: a loop wins below. */
const LOOP_BELOW = 96;

type View = Float32Array | Float64Array | BigInt64Array;

interface Reader {
  readonly name: string;
  readonly read: () => ModelValue;
}

function copied<V extends View>(view: V, create: (length: number) => V): V {
  const { length } = view;
  const out = create(length);
  if (length > LOOP_BELOW) out.set(view as never);
  else for (let i = 0; i < length; i++) out[i] = view[i] as never;
  return out;
}

/** How an output gets out of the block; undefined where the block holds it in another type than the model's. */
function reader(info: TensorInfo, block: ArrayBuffer, output: NativeRowModel["outputs"][number], labels: readonly string[] | undefined): (() => ModelValue) | undefined {
  const { element, width, offset } = output;
  const dims = Object.freeze([...(output.dims ?? (info.dims.length === 1 ? [width] : [1, width]))]);
  const { type } = info;
  if (element === 0 && type === "float32") {
    const view = new Float32Array(block, offset, width);
    const keys = info.map?.keys;
    if (keys !== undefined) return () => zipMaps({ type, dims, data: view }, keys);
    return () => ({ type, dims, data: copied(view, (length) => new Float32Array(length)) });
  }
  if (element === 1 && type === "float64") {
    const view = new Float64Array(block, offset, width);
    return () => ({ type, dims, data: copied(view, (length) => new Float64Array(length)) });
  }
  if (element !== 2 || (type !== "int64" && type !== "string")) return undefined;
  const view = new BigInt64Array(block, offset, width);
  if (labels === undefined) return type === "string" ? undefined : () => ({ type, dims, data: copied(view, (length) => new BigInt64Array(length)) });
  if (type === "string") return () => ({ type, dims, data: Array.from(view, (index) => labels[Number(index)] ?? "") });
  const numbers = BigInt64Array.from(labels, BigInt);
  return () => ({ type, dims, data: BigInt64Array.from(view, (index) => numbers[Number(index)] as bigint) satisfies TensorData["int64"] });
}

/** One float32 vector at a time through memory that is shared with the model. */
export class RowPath {
  readonly width: number;
  readonly #runner: NativeRowModelFunctions;
  readonly #input: Float32Array;
  readonly #readers: readonly Reader[];

  private constructor(model: NativeRowModel, readers: readonly Reader[]) {
    this.width = model.width;
    this.#runner = addon().rowModelFunctions(model.handle);
    this.#input = new Float32Array(model.block, 0, model.width);
    this.#readers = readers;
  }

  /** Undefined where the model takes or gives anything that the block does not hold as it is. */
  static of(backend: Backend): RowPath | undefined {
    const model = backend.rowModel();
    if (model === undefined) return undefined;
    const readers: Reader[] = [];
    for (const [i, output] of model.outputs.entries()) {
      const info = backend.outputs[i] as TensorInfo;
      const read = info.name === "__proto__" ? undefined : reader(info, model.block, output, backend.labels(i));
      if (read === undefined) return undefined;
      readers.push({ name: info.name, read });
    }
    return new RowPath(model, readers);
  }

  /** `vector` has `width` elements. */
  score(vector: Float32Array, deadlineMicros: number | undefined): Record<string, ModelValue> {
    const input = this.#input;
    if (input.length > LOOP_BELOW) input.set(vector);
    else for (let i = 0; i < input.length; i++) input[i] = vector[i] as number;
    const status = deadlineMicros === undefined ? this.#runner.run() : this.#runner.runWithin(deadlineMicros);
    if (status !== 0) this.#fail(status, deadlineMicros);
    const out: Record<string, ModelValue> = {};
    for (const { name, read } of this.#readers) out[name] = read();
    return out;
  }

  #fail(status: number, deadlineMicros: number | undefined): never {
    if (status === DEADLINE_EXCEEDED) throw new DeadlineExceeded(`the model did not answer within ${deadlineMicros ?? 0} µs`);
    if (status === FAILED) throw new ModelError("RUNTIME_ERROR", this.#runner.message());
    throw new ModelError("CLOSED", "the scorer is closed");
  }
}
