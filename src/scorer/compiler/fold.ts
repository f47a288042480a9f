import type { TensorValues } from "../../onnx/tensor.js";
import type { TensorType } from "../tensor.js";
import type { Node } from "./node.js";
import { elementOf, product, type Constant } from "./value.js";

/** What the graph computes of constants alone: the shapes, indices and parameters that exporters leave as little graphs. */

type NumericArray = Exclude<TensorValues, readonly string[]>;

const ARRAYS: Readonly<Partial<Record<TensorType, new (length: number) => NumericArray>>> = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/** An array of a type's elements; undefined for types that are not computed with. */
export function arrayOf(type: TensorType, length: number): NumericArray | undefined {
  const Array = ARRAYS[type];
  return Array === undefined ? undefined : new Array(length);
}

export function foldCast(node: Node, { type, dims, values, kind }: Constant, to: TensorType): Constant {
  if (type === to) return { kind, type, dims, values };
  const out = arrayOf(to, values.length);
  if (out === undefined || type === "string") throw node.refuse(`a conversion of a constant of ${type} to ${to}`);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | bigint;
    if (to === "bool") out[i] = Number(value) === 0 ? 0 : 1;
    else if (to === "int64") out[i] = typeof value === "bigint" ? value : wholeNumber(node, value);
    else if (to === "int32") out[i] = typeof value === "bigint" ? Number(BigInt.asIntN(32, value)) : Number(wholeNumber(node, value));
    else out[i] = Number(value);
  }
  return { kind: "constant", type: to, dims, values: out };
}

function wholeNumber(node: Node, value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 31) throw node.refuse(`a conversion of the constant ${value} to integers`);
  return BigInt(Math.trunc(value));
}

/** The elements at these places, as a tensor of this shape. */
export function pick({ type, values }: Constant, places: readonly number[], dims: readonly number[]): Constant {
  if (type === "string") return { kind: "constant", type, dims, values: places.map((at) => (values as readonly string[])[at] as string) };
  const typed = values as NumericArray;
  const out = new (typed.constructor as new (length: number) => NumericArray)(places.length);
  for (const [i, at] of places.entries()) out[i] = typed[at] as number;
  return { kind: "constant", type, dims, values: out };
}

/** A constant's values as whole numbers, for shapes, axes and indices. */
export function integers(node: Node, at: number, what: string): readonly number[] {
  const { type, values } = node.constant(at, what);
  if (elementOf(type) !== "i64") throw node.invalid(`${what} of ${type}`);
  return Array.from(values as ArrayLike<number | bigint>, Number);
}

export function checkCount(node: Node, dims: readonly number[]): number {
  const count = product(dims);
  if (count > 1 << 24) throw node.refuse(`a constant of ${count} elements`);
  return count;
}
