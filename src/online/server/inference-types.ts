import { fromFloat16 } from "../../scorer/float16.js";
import type { ModelValue, Tensor, TensorInfo, TensorType } from "../../scorer/tensor.js";

/** Element types of the Open Inference Protocol v2 by ours. */
export const DATATYPES: Readonly<Record<TensorType, string>> = {
  float32: "FP32",
  float64: "FP64",
  float16: "FP16",
  int8: "INT8",
  uint8: "UINT8",
  int16: "INT16",
  uint16: "UINT16",
  int32: "INT32",
  uint32: "UINT32",
  int64: "INT64",
  uint64: "UINT64",
  bool: "BOOL",
  string: "BYTES",
};

/** A tensor of an answer, as `valueJson` writes it: NaN and the infinities become null. */
export interface OutputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown>;
}

/** The metadata of a model's input or output; a size that is free is -1. */
export function tensorMetadata({ name, type, dims }: TensorInfo): { readonly name: string; readonly datatype: string; readonly shape: readonly number[] } {
  return { name, datatype: DATATYPES[type], shape: dims.map((size) => (typeof size === "number" ? size : -1)) };
}

/** A model's output; maps of ZipMap as the tensor of their scores, in the order of the declared keys. */
export function outputTensor(info: TensorInfo, value: ModelValue): OutputTensor {
  if (Array.isArray(value)) {
    const rows = value as readonly ReadonlyMap<string | bigint, number>[];
    const keys = info.map?.keys ?? [...(rows[0]?.keys() ?? [])];
    return { name: info.name, datatype: "FP32", shape: [rows.length, keys.length], data: rows.flatMap((row) => keys.map((key) => row.get(key) ?? NaN)) };
  }
  const { type, dims, data } = value as Tensor;
  return { name: info.name, datatype: DATATYPES[type], shape: dims, data: elements(type, data) };
}

function elements(type: TensorType, data: Tensor["data"]): ArrayLike<unknown> {
  if (type === "bool") return Array.from(data as Uint8Array, (bit) => bit !== 0);
  if (type === "float16") return Array.from(data as Uint16Array, fromFloat16);
  return data;
}
