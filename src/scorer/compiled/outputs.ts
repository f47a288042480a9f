import type { ProgramOutput } from "../program.js";
import { TENSOR_ARRAYS, type ModelValue, type Tensor, type TensorType } from "../tensor.js";

/** What the add-on wrote, as the model declares it. */
export function modelValue(output: ProgramOutput, width: number, rows: number, buffer: ArrayBuffer): ModelValue {
  if (output.map !== undefined) return rowMaps(output.map.keys, scores(output, buffer), rows, width);
  const dims = output.rank === 1 ? [rows * width] : [rows, width];
  if (output.type === "string") {
    const labels = output.labels as readonly string[];
    return { type: "string", dims, data: Array.from(new Int32Array(buffer), (index) => labels[index] as string) };
  }
  return { type: output.type, dims, data: new TENSOR_ARRAYS[output.type](buffer) } as Tensor;
}

function scores(output: ProgramOutput, buffer: ArrayBuffer): ArrayLike<number | bigint> {
  return new TENSOR_ARRAYS[output.type as Exclude<TensorType, "string">](buffer) as ArrayLike<number | bigint>;
}

function rowMaps(keys: readonly (string | bigint)[], values: ArrayLike<number | bigint>, rows: number, width: number): ReadonlyMap<string | bigint, number>[] {
  return Array.from({ length: rows }, (_, row) => new Map(keys.map((key, column) => [key, Number(values[row * width + column])])));
}
