import type { ProgramOutput } from "../program.js";
import type { ModelValue, Tensor, TensorType } from "../tensor.js";

const ARRAYS: Record<Exclude<TensorType, "string">, new (buffer: ArrayBuffer) => Tensor["data"]> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** What the add-on wrote, as the model declares it. */
export function modelValue(output: ProgramOutput, width: number, rows: number, buffer: ArrayBuffer): ModelValue {
  if (output.map !== undefined) return rowMaps(output.map.keys, scores(output, buffer), rows, width);
  const dims = output.rank === 1 ? [rows * width] : [rows, width];
  if (output.type === "string") {
    const labels = output.labels as readonly string[];
    return { type: "string", dims, data: Array.from(new Int32Array(buffer), (index) => labels[index] as string) };
  }
  return { type: output.type, dims, data: new ARRAYS[output.type](buffer) } as Tensor;
}

function scores(output: ProgramOutput, buffer: ArrayBuffer): ArrayLike<number | bigint> {
  return new ARRAYS[output.type as Exclude<TensorType, "string">](buffer) as ArrayLike<number | bigint>;
}

function rowMaps(keys: readonly (string | bigint)[], values: ArrayLike<number | bigint>, rows: number, width: number): ReadonlyMap<string | bigint, number>[] {
  return Array.from({ length: rows }, (_, row) => new Map(keys.map((key, column) => [key, Number(values[row * width + column])])));
}
