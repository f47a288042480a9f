import { OnnxError } from "../../../errors.js";
import { call } from "../../../expr/call.js";
import { wrap, type Expr } from "../../../expr/expr.js";
import { literal } from "../../../expr/literal.js";
import { DataType, dataTypeName } from "../../../onnx/schema.js";
import type { Tensor } from "../../../onnx/tensor.js";

/**
 * A tensor [N, …dims] whose rows are the data's: an expression for each element of a row, in row-major order.
 * dims is empty for [N], [k] for [N, k].
 */
export interface Columns {
  readonly kind: "columns";
  /** TensorProto.DataType. Floating-point expressions are float64, integer ones int64. */
  readonly type: number;
  readonly dims: readonly number[];
  readonly exprs: readonly Expr[];
}

export interface Constant {
  readonly kind: "constant";
  readonly tensor: Tensor;
}

export type Value = Columns | Constant;

/** More columns than any vector has; a hostile file may claim billions. */
export const MAX_COLUMNS = 65_536;

/** Expressions that one file may make: a few bytes of a hostile one could ask for billions. */
export class Budget {
  #left = 1_048_576;

  spend(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw unsupported("a graph that takes more than a million expressions");
  }
}

export function columns(type: number, dims: readonly number[], exprs: readonly Expr[]): Columns {
  return { kind: "columns", type, dims, exprs };
}

export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export const isFloat = (type: number): boolean => type === DataType.FLOAT || type === DataType.DOUBLE;
export const isInteger = (type: number): boolean => type === DataType.INT64 || type === DataType.INT32;

/** As the type keeps it: float32 graphs round after each operator, and so does the plan, to the same bits. */
export function rounded(type: number, expr: Expr): Expr {
  return type === DataType.FLOAT ? call("toFloat32", [expr]) : expr;
}

export function unsupported(what: string, fix?: string): OnnxError {
  return new OnnxError("UNSUPPORTED_ONNX", what, fix === undefined ? {} : { fix });
}
export function malformed(what: string): OnnxError {
  return new OnnxError("INVALID_ONNX", what);
}

/** An element of a constant as an expression. */
export function literalOf(tensor: Tensor, at: number): Expr {
  const value = tensor.values[at];
  if (value === undefined) throw malformed("a constant has too few elements");
  if (tensor.type === DataType.BOOL) return wrap(literal({ kind: "bool" }, value !== 0));
  if (tensor.type === DataType.STRING) return wrap(literal({ kind: "utf8" }, value));
  if (isInteger(tensor.type)) return wrap(literal({ kind: "int64" }, BigInt(value as number | bigint)));
  if (isFloat(tensor.type)) return wrap(literal({ kind: "float64" }, value));
  throw unsupported(`constants of ${dataTypeName(tensor.type)}`);
}

/** Elements of a constant of numbers. */
export function numbersOf(value: Value | undefined, what: string): number[] {
  if (value === undefined || value.kind !== "constant") throw unsupported(`${what} must be a constant`);
  return Array.from(value.tensor.values as ArrayLike<number | bigint | string>, (item) => {
    if (typeof item === "string") throw malformed(`${what} holds text`);
    const number = Number(item);
    if (typeof item === "bigint" && !Number.isSafeInteger(number)) throw unsupported(`${what} holds ${item}`);
    return number;
  });
}

export function columnsOf(value: Value | undefined, what: string): Columns {
  if (value === undefined) throw malformed(`${what} is missing`);
  if (value.kind === "constant") throw unsupported(`${what} is a constant, where a column is expected`);
  return value;
}

// ---- broadcasting ------------------------------------------------------------------------------------------------

/** dims as if the operand were columns: constants without or with a first axis of 1. */
function rowDims(value: Value, rank: number): readonly number[] {
  if (value.kind === "columns") {
    if (value.dims.length !== rank) throw unsupported("operands of different rank that both depend on the row");
    return value.dims;
  }
  const { dims } = value.tensor;
  if (dims.length > rank + 1 || (dims.length === rank + 1 && dims[0] !== 1)) {
    throw unsupported(`a constant of the shape [${dims.join(", ")}] beside a row of [${rank}] axes`);
  }
  const own = dims.length === rank + 1 ? dims.slice(1) : dims;
  return [...Array.from({ length: rank - own.length }, () => 1), ...own];
}

/** Elementwise application with ONNX's (NumPy's) broadcasting of the axes behind the rows. */
export function elementwise(operands: readonly Value[], type: number, apply: (exprs: readonly Expr[]) => Expr): Columns {
  const first = operands.find((operand) => operand.kind === "columns");
  if (first === undefined) throw unsupported("an operator whose operands are all constants");
  const rank = first.dims.length;
  const shapes = operands.map((operand) => rowDims(operand, rank));
  const dims = Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(shapes.map((shape) => shape[axis] as number).filter((size) => size !== 1));
    if (sizes.size > 1) throw malformed(`sizes ${[...sizes].join(" and ")} do not broadcast`);
    return [...sizes][0] ?? 1;
  });
  const count = sizeOf(dims);
  if (count > MAX_COLUMNS) throw unsupported(`${count} columns`);
  const exprs = Array.from({ length: count }, (_, at) =>
    apply(operands.map((operand, i) => {
      const from = position(at, dims, shapes[i] as readonly number[]);
      return operand.kind === "columns" ? (operand.exprs[from] as Expr) : literalOf(operand.tensor, from);
    })),
  );
  return columns(type, dims, exprs);
}

/** Where element `at` of the broadcast dims is in an operand's own. */
function position(at: number, dims: readonly number[], own: readonly number[]): number {
  let rest = at;
  let out = 0;
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const size = dims[axis] as number;
    const index = rest % size;
    rest = (rest - index) / size;
    if (own[axis] !== 1) out += index * stride;
    stride *= own[axis] as number;
  }
  return out;
}
