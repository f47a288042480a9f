// ONNX Runtime as the independent executor of graphs, and the comparison of its answers with the engine's.
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { OnnxInput } from "../../../src/features/onnx/export/inputs.js";

export type Cell = number | bigint | boolean | string | null;
export type Columns = Readonly<Record<string, readonly Cell[]>>;

const ZERO: Readonly<Record<string, Cell>> = { string: "", bool: false, int64: 0n, uint64: 0n };

function tensor(type: string, values: readonly Cell[]): Tensor {
  const dims = [values.length, 1];
  const items = values.map((value) => value ?? ZERO[type] ?? NaN);
  switch (type) {
    case "string":
      return new Tensor("string", items as string[], dims);
    case "bool":
      return new Tensor("bool", Uint8Array.from(items, Number), dims);
    case "int64":
      return new Tensor("int64", BigInt64Array.from(items, (item) => BigInt(item)), dims);
    case "uint64":
      return new Tensor("uint64", BigUint64Array.from(items, (item) => BigInt(item)), dims);
    case "double":
      return new Tensor("float64", Float64Array.from(items, Number), dims);
    case "float":
      return new Tensor("float32", Float32Array.from(items, Number), dims);
    case "int32":
      return new Tensor("int32", Int32Array.from(items, Number), dims);
    case "float16":
      return new Tensor("float16", Uint16Array.from(items, (item) => halfBits(Number(item))), dims);
    case "int8":
      return new Tensor("int8", Int8Array.from(items, Number), dims);
    case "uint16":
      return new Tensor("uint16", Uint16Array.from(items, Number), dims);
    default:
      throw new TypeError(`no tensors of ${type} in this test`);
  }
}

/** The bits of a number that float16 holds exactly and that is not subnormal. */
function halfBits(value: number): number {
  if (value === 0) return Object.is(value, -0) ? 0x8000 : 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}

/** Tensors for the inputs of an exported graph. */
export function feedsOf(inputs: readonly OnnxInput[], columns: Columns): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const { name, type, input, role } of inputs) {
    const values = columns[input];
    if (values === undefined) throw new Error(`no column ${input}`);
    if (role === "values") feeds[name] = tensor(type, values);
    else feeds[name] = tensor("bool", values.map((value) => value === null));
  }
  return feeds;
}

export async function session(model: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(model, { graphOptimizationLevel: "all", logSeverityLevel: 3 });
}

export async function run(model: Uint8Array, feeds: Record<string, Tensor>): Promise<Readonly<Record<string, Tensor>>> {
  const opened = await session(model);
  try {
    return (await opened.run(feeds)) as Readonly<Record<string, Tensor>>;
  } finally {
    await opened.release();
  }
}

/** float32 results agree within 1e-6 relative or two units in the last place; NaN is NaN. */
export function close(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) {
    // The greatest float32 and infinity are neighbours.
    return Math.min(Math.abs(a), Math.abs(b)) > 3.4028234e38 && Math.sign(a) === Math.sign(b);
  }
  const size = Math.max(Math.abs(a), Math.abs(b));
  return Math.abs(a - b) <= Math.max(1e-6 * size, 2 * 2 ** -149);
}
