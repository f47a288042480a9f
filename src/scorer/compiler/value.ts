import { DataType, dataTypeName } from "../../onnx/schema.js";
import type { TensorValues } from "../../onnx/tensor.js";
import type { Element, RegisterIndex } from "../program.js";
import type { TensorType } from "../tensor.js";

/** A tensor that is the same for every row. */
export interface Constant {
  readonly kind: "constant";
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly values: TensorValues;
}

/** A tensor with one slice for each row: [N, ...dims], row-major in a register. */
export interface Rows {
  readonly kind: "rows";
  readonly type: TensorType;
  readonly register: RegisterIndex;
  readonly dims: readonly number[];
  /** The shape is [1, N]: what ArrayFeatureExtractor makes of a list of labels. `dims` is empty then. */
  readonly turned?: boolean;
  /** The register holds indices into these; `dims` holds one element then. */
  readonly labels?: readonly string[] | BigInt64Array;
  /** Every element is an integer from 0 to below this. */
  readonly bound?: number;
}

/** What ZipMap makes; only an output may be one. */
export interface Maps {
  readonly kind: "maps";
  readonly scores: Rows;
  readonly keys: readonly (string | bigint)[];
}

export type Value = Constant | Rows | Maps;

const TYPES: ReadonlyMap<number, TensorType> = new Map<number, TensorType>([
  [DataType.FLOAT, "float32"],
  [DataType.DOUBLE, "float64"],
  [DataType.FLOAT16, "float16"],
  [DataType.INT8, "int8"],
  [DataType.UINT8, "uint8"],
  [DataType.INT16, "int16"],
  [DataType.UINT16, "uint16"],
  [DataType.INT32, "int32"],
  [DataType.UINT32, "uint32"],
  [DataType.INT64, "int64"],
  [DataType.UINT64, "uint64"],
  [DataType.BOOL, "bool"],
  [DataType.STRING, "string"],
]);

/** The tensor type of TensorProto.DataType; undefined for types that no tensor of ours has. */
export function tensorType(dataType: number): TensorType | undefined {
  return TYPES.get(dataType);
}

export function describeType(dataType: number): string {
  return TYPES.get(dataType) ?? dataTypeName(dataType);
}

/** What a register of this type holds. */
export function elementOf(type: TensorType): Element {
  switch (type) {
    case "float32":
    case "float16":
      return "f32";
    case "float64":
      return "f64";
    case "string":
      return "text";
    default:
      return "i64";
  }
}

export function product(dims: readonly number[]): number {
  let out = 1;
  for (const dim of dims) out *= dim;
  return out;
}

export const widthOf = (rows: Rows): number => product(rows.dims);

/** An index counted from the end made one from the start; undefined where it is outside. */
export function axisOf(axis: number, rank: number): number | undefined {
  const at = axis < 0 ? axis + rank : axis;
  return Number.isInteger(at) && at >= 0 && at < rank ? at : undefined;
}
