/** Element types of tensors by their NumPy names; ONNX Runtime's numbers for them are ONNX's own (src/onnx/schema.ts). */
export type TensorType =
  | "float32"
  | "float64"
  | "float16"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool"
  | "string";

/** What holds a tensor's elements: float16 as its bits in a Uint16Array, bool as 0 and 1 in a Uint8Array, int64 as bigints. */
export interface TensorData {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: readonly string[];
}

export type NumericType = Exclude<TensorType, "string">;

type ArrayConstructor<T extends NumericType> = new (lengthOrBuffer: number | ArrayBuffer) => TensorData[T];

/** The class of each type's elements. */
export const TENSOR_ARRAYS: { readonly [T in NumericType]: ArrayConstructor<T> } = {
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

/** A dense row-major tensor. */
export interface Tensor<T extends TensorType = TensorType> {
  readonly type: T;
  readonly dims: readonly number[];
  readonly data: TensorData[T];
}

/** What a model's output may be: a tensor, or what ZipMap makes of one: a map of class to score for each row. */
export type ModelValue = Tensor | readonly ReadonlyMap<string | bigint, number>[];

/** A model's input or output as the model declares it. */
export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  /** A number, the name of a size that is free, or null where the model says nothing. */
  readonly dims: readonly (number | string | null)[];
  /** A list of maps from these keys to float32, one a row (ZipMap): `type` and `dims` are those of the tensor of scores. */
  readonly map?: { readonly keys: readonly (string | bigint)[] } | undefined;
}
