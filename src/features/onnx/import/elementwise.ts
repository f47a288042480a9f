import { call } from "../../../expr/call.js";
import type { Expr } from "../../../expr/expr.js";
import { DataType, dataTypeName } from "../../../onnx/schema.js";
import type { ImportNode, Reader, Readers } from "./node.js";
import { columnsOf, elementwise, isFloat, isInteger, malformed, rounded, unsupported, type Value } from "./value.js";

export function given(node: ImportNode, at: number): Value {
  const value = node.inputs[at];
  if (value === undefined) throw malformed(`input ${at} is missing`);
  return value;
}

export const typeOf = (value: Value): number => (value.kind === "columns" ? value.type : value.tensor.type);

/** The one type of operands that ONNX wants equal. */
function commonType(values: readonly Value[]): number {
  const types = new Set(values.map(typeOf));
  if (types.size !== 1) throw malformed(`operands of different types: ${[...types].map(dataTypeName).join(", ")}`);
  return [...types][0] as number;
}

/** A function of numbers whose float32 result is rounded as ONNX does. */
function numeric(float: (args: readonly Expr[]) => Expr, integer?: (args: readonly Expr[]) => Expr): Reader {
  return (node) => {
    const values = node.inputs.map((_, i) => given(node, i));
    const type = commonType(values);
    if (isFloat(type)) return elementwise(values, type, (args) => rounded(type, float(args)));
    if (isInteger(type) && integer !== undefined) return elementwise(values, type, integer);
    throw unsupported(`operands of ${dataTypeName(type)}`);
  };
}

const named = (name: string): ((args: readonly Expr[]) => Expr) => (args) => call(name, args);
/** The same function for floats only, for both number types. */
const float = (name: string): Reader => numeric(named(name));
const number = (name: string): Reader => numeric(named(name), named(name));

/** int64 division toward zero. */
function divideIntegers([x, y]: readonly Expr[]): Expr {
  return call("floorDiv", [call("sub", [x, call("rem", [x, y])]), y]);
}

function compare(name: string): Reader {
  return (node) => {
    const values = [given(node, 0), given(node, 1)];
    const type = commonType(values);
    if (name !== "eq" && !isFloat(type) && !isInteger(type)) throw unsupported(`operands of ${dataTypeName(type)}`);
    return elementwise(values, DataType.BOOL, named(name));
  };
}

function logic(name: string): Reader {
  return (node) => {
    const values = node.inputs.map((_, i) => given(node, i));
    if (commonType(values) !== DataType.BOOL) throw malformed("operands that are not bool");
    return elementwise(values, DataType.BOOL, named(name));
  };
}

/** Max and Min of any number of operands. */
function extreme(name: "greatest" | "least"): Reader {
  const fold = (args: readonly Expr[]): Expr => args.reduce((left, right) => call(name, [left, right]));
  return numeric(fold, fold);
}

function clip(node: ImportNode): Value {
  const x = given(node, 0);
  const type = typeOf(x);
  if (!isFloat(type) && !isInteger(type)) throw unsupported(`operands of ${dataTypeName(type)}`);
  const bound = (at: number, attribute: string): Value | undefined => {
    if (node.inputs[at] !== undefined) return node.inputs[at];
    if (!node.has(attribute)) return undefined;
    return { kind: "constant", tensor: { type, dims: [], values: Float32Array.of(node.float(attribute, 0)) } };
  };
  let out: Value = x;
  const low = bound(1, "min");
  const high = bound(2, "max");
  if (low !== undefined) out = elementwise([out, low], type, named("greatest"));
  if (high !== undefined) out = elementwise([out, high], type, named("least"));
  return out;
}

function where(node: ImportNode): Value {
  const [condition, x, y] = [given(node, 0), given(node, 1), given(node, 2)];
  if (typeOf(condition) !== DataType.BOOL) throw malformed("a condition that is not bool");
  return elementwise([condition, x, y], commonType([x, y]), named("if"));
}

function isInf(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the operand");
  const [negative, positive] = [node.int("detect_negative", 1) !== 0, node.int("detect_positive", 1) !== 0];
  return elementwise([x], DataType.BOOL, ([value]) => {
    if (negative && positive) return call("isInfinite", [value]);
    return call("eq", [value, positive ? Infinity : negative ? -Infinity : NaN]);
  });
}

/** A cast of one value; rounding as ONNX Runtime. */
export function castExpr(x: Expr, from: number, to: number): Expr {
  if (from === to) return x;
  if (isFloat(to)) {
    if (isFloat(from)) return rounded(to, x);
    if (isInteger(from) || from === DataType.BOOL) return rounded(to, call("toFloat64", [x]));
    if (from === DataType.STRING) return rounded(to, call("nullToNaN", [call("parseNumber", [x])]));
  }
  if (isInteger(to)) {
    if (isFloat(from)) return narrowed(to, call("toInt64", [call("trunc", [x])]));
    if (isInteger(from)) return narrowed(to, x);
    if (from === DataType.BOOL) return call("toInt64", [x]);
  }
  if (to === DataType.BOOL) {
    if (isFloat(from)) return call("ne", [x, 0]);
    if (isInteger(from)) return call("toBool", [x]);
  }
  if (to === DataType.STRING && isInteger(from)) return call("toUtf8", [x]);
  throw unsupported(`a cast from ${dataTypeName(from)} to ${dataTypeName(to)}`);
}

function narrowed(to: number, x: Expr): Expr {
  return to === DataType.INT32 ? call("toInt32", [x]) : x;
}

function cast(node: ImportNode): Value {
  const x = given(node, 0);
  const to = node.int("to", DataType.UNDEFINED);
  return elementwise([x], to, ([value]) => castExpr(value as Expr, typeOf(x), to));
}

export const ELEMENTWISE: Readers = {
  Add: number("add"),
  Sub: number("sub"),
  Mul: number("mul"),
  Div: numeric(named("div"), divideIntegers),
  Pow: float("pow"),
  Mod: (node) => numeric(named(node.int("fmod", 0) === 1 ? "rem" : "mod"), named(node.int("fmod", 0) === 1 ? "rem" : "mod"))(node),
  Sqrt: float("sqrt"),
  Exp: float("exp"),
  Log: float("log"),
  Abs: number("abs"),
  Neg: number("neg"),
  Sign: number("sign"),
  Floor: float("floor"),
  Ceil: float("ceil"),
  Round: float("rint"),
  Reciprocal: float("reciprocal"),
  Sin: float("sin"),
  Cos: float("cos"),
  Tan: float("tan"),
  Asin: float("asin"),
  Acos: float("acos"),
  Atan: float("atan"),
  Sinh: float("sinh"),
  Cosh: float("cosh"),
  Tanh: float("tanh"),
  Asinh: float("asinh"),
  Acosh: float("acosh"),
  Atanh: float("atanh"),
  Erf: float("erf"),
  Sigmoid: float("sigmoid"),
  Softplus: float("softplus"),
  Relu: numeric(([x]) => call("greatest", [x, 0])),
  Max: extreme("greatest"),
  Min: extreme("least"),
  Clip: clip,
  Equal: compare("eq"),
  Less: compare("lt"),
  LessOrEqual: compare("le"),
  Greater: compare("gt"),
  GreaterOrEqual: compare("ge"),
  Not: logic("not"),
  And: logic("and"),
  Or: logic("or"),
  Xor: logic("xor"),
  IsNaN: (node) => elementwise([columnsOf(given(node, 0), "the operand")], DataType.BOOL, named("isNaN")),
  IsInf: isInf,
  Where: where,
  Cast: cast,
};
