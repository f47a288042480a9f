import { arg, simple, type Mapping, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

const WRAPS = "an int64 result that does not fit wraps around, where the engine fails with INTEGER_OVERFLOW";
const DIVIDES = "an int64 division by 0 gives an unspecified number, where the engine fails with DIVISION_BY_ZERO";

/** One operator for both number types. */
const both = (opType: string): Mapping => simple((ops, args) => ops.op(opType, ...args), WRAPS);

/** A divisor on which no runtime's int64 division traps. */
function safeDivisor(ops: Ops, y: Value): { readonly divisor: Value; readonly minusOne: Value } {
  const minusOne = ops.eq(y, ops.i64(-1));
  const unsafe = ops.or(minusOne, ops.eq(y, ops.i64(0)));
  return { divisor: ops.where(unsafe, ops.i64(1), y, "int64"), minusOne };
}

function floorDiv(ops: Ops, x: Value, y: Value, type: string): Value {
  if (type === "float64") return ops.floor(ops.div(x, y));
  const { divisor, minusOne } = safeDivisor(ops, y);
  const toZero = ops.div(x, divisor);
  const rest = ops.sub(x, ops.mul(toZero, divisor));
  // Exact where the remainder is 0 or has the divisor's sign, else one too high.
  const opposite = ops.op("Xor", ops.lt(rest, ops.i64(0)), ops.lt(divisor, ops.i64(0)));
  const below = ops.and(ops.not(ops.eq(rest, ops.i64(0))), opposite);
  return ops.where(minusOne, ops.neg(x), ops.sub(toZero, ops.cast(below, "int64")), "int64");
}

function mod(ops: Ops, x: Value, y: Value, type: string): Value {
  if (type === "int64") {
    const { divisor, minusOne } = safeDivisor(ops, y);
    return ops.where(minusOne, ops.i64(0), ops.op("Mod", x, divisor), "int64");
  }
  const rest = ops.graph.node("Mod", [x, y], { fmod: 1n });
  const opposite = ops.op("Xor", ops.lt(rest, ops.f64(0)), ops.lt(y, ops.f64(0)));
  return ops.where(ops.and(opposite, ops.not(ops.eq(rest, ops.f64(0)))), ops.add(rest, y), rest);
}

function rem(ops: Ops, x: Value, y: Value, type: string): Value {
  if (type === "float64") return ops.graph.node("Mod", [x, y], { fmod: 1n });
  const { divisor, minusOne } = safeDivisor(ops, y);
  return ops.where(minusOne, ops.i64(0), ops.sub(x, ops.mul(ops.div(x, divisor), divisor)), "int64");
}

function sign(ops: Ops, x: Value, type: string): Value {
  return type === "int64" ? ops.op("Sign", x) : ops.where(ops.isNaN(x), x, ops.op("Sign", x));
}

function extreme(opType: "Max" | "Min"): Mapping {
  return {
    unsupported: ({ types }) => (types[0] === "utf8" ? "ONNX does not order text" : undefined),
    value: (ops, args, { types }) => {
      if (types[0] !== "float64") return ops.op(opType, ...args);
      return opType === "Max" ? ops.greatest(arg(args, 0), arg(args, 1)) : ops.least(arg(args, 0), arg(args, 1));
    },
  };
}

const bitwise = (opType: string): Mapping =>
  simple((ops, args) => {
    ops.graph.requireOpset(18);
    return ops.op(opType, ...args);
  });

export const ARITHMETIC: Mappings = {
  add: both("Add"),
  sub: both("Sub"),
  mul: both("Mul"),
  div: simple((ops, args) => ops.op("Div", ...args)),
  floorDiv: simple((ops, [x, y], { types }) => floorDiv(ops, x as Value, y as Value, types[0] as string), DIVIDES),
  mod: simple((ops, [x, y], { types }) => mod(ops, x as Value, y as Value, types[0] as string), DIVIDES),
  rem: simple((ops, [x, y], { types }) => rem(ops, x as Value, y as Value, types[0] as string), DIVIDES),
  neg: both("Neg"),
  abs: both("Abs"),
  sign: simple((ops, args, { types }) => sign(ops, arg(args, 0), types[0] as string)),
  square: simple((ops, args) => ops.square(arg(args, 0))),
  reciprocal: simple((ops, args) => ops.div(ops.f64(1), arg(args, 0))),
  bitAnd: bitwise("BitwiseAnd"),
  bitOr: bitwise("BitwiseOr"),
  bitXor: bitwise("BitwiseXor"),
  greatest: extreme("Max"),
  least: extreme("Min"),
  clip: simple((ops, [x, low, high], { types }) => {
    if (types[0] === "int64") return ops.op("Min", ops.op("Max", x as Value, low as Value), high as Value);
    return ops.least(ops.greatest(x as Value, low as Value), high as Value);
  }),
};
