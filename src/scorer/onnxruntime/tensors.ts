import { DataType, dataTypeName } from "../../onnx/schema.js";
import { ModelError } from "../../errors.js";
import type { NativeOrtResult, NativeOrtTensor } from "../../native.js";
import { TENSOR_ARRAYS, type Tensor, type TensorType } from "../tensor.js";

/** Our names of element types and ONNX's numbers. */
const NUMBERS: Readonly<Record<TensorType, number>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
  int16: DataType.INT16,
  uint16: DataType.UINT16,
  int32: DataType.INT32,
  uint32: DataType.UINT32,
  int64: DataType.INT64,
  uint64: DataType.UINT64,
  bool: DataType.BOOL,
  string: DataType.STRING,
};
const NAMES = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name as TensorType]));

/** The name of an element type; UNSUPPORTED_MODEL for complex numbers, bfloat16 and the like. */
export function tensorType(number: number, where: string): TensorType {
  const name = NAMES.get(number);
  if (name === undefined) throw new ModelError("UNSUPPORTED_MODEL", `${where} has elements of the type ${dataTypeName(number)}`, { expected: Object.keys(NUMBERS).join(", ") });
  return name;
}

export function toNative({ type, dims, data }: Tensor): NativeOrtTensor {
  return { type: NUMBERS[type], dims, data };
}

export function fromNative({ type: number, dims, data }: NativeOrtResult, name: string): Tensor {
  const type = tensorType(number, `output ${JSON.stringify(name)}`);
  if (type === "string") return { type, dims, data: data as readonly string[] };
  return { type, dims, data: new TENSOR_ARRAYS[type](data as ArrayBuffer) };
}
