import { arg, simple, type Mapping, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

const WRAPS = "an int64 result that does not fit wraps around, where the engine fails with INTEGER_OVERFLOW";
const DIVIDES = "an int64 division by 0 gives an unspecified number, where the engine fails with DIVISION_BY_ZERO";

/** One operator for both number types. */
const both = (opType: string): Mapping => simple((ops, args) => ops.op(opType, ...args), WRAPS);

interface Division {
  /** Neither 0 nor -1, on which a runtime's int64 division may trap. */
  readonly divisor: Value;
  readonly minusOne: Value;
  /** Floored, by Mod. Not x - y * (x / y): ONNX Runtime takes (1 / y) * y for 1, also of integers. */
  readonly floored: Value;
  /** Whether flooring and cutting off differ. */
  readonly differs: Value;
}

function divide(ops: Ops, x: Value, y: Value): Division {
  const zero = ops.i64(0);
  const minusOne = ops.eq(y, ops.i64(-1));
  const unsafe = ops.or(minusOne, ops.eq(y, zero));
  const divisor = ops.where(unsafe, ops.i64(1), y, "int64");
  const floored = ops.op("Mod", x, divisor);
  const opposite = ops.op("Xor", ops.lt(x, zero), ops.lt(divisor, zero));
  return { divisor, minusOne, floored, differs: ops.and(opposite, ops.not(ops.eq(floored, zero))) };
}

function floorDiv(ops: Ops, x: Value, y: Value, type: string): Value {
  if (type === "float64") return ops.floor(ops.div(x, y));
  const { divisor, minusOne, differs } = divide(ops, x, y);
  return ops.where(minusOne, ops.neg(x), ops.sub(ops.div(x, divisor), ops.cast(differs, "int64")), "int64");
}

function mod(ops: Ops, x: Value, y: Value, type: string): Value {
  if (type === "int64") {
    const { minusOne, floored } = divide(ops, x, y);
    return ops.where(minusOne, ops.i64(0), floored, "int64");
  }
  const rest = ops.graph.node("Mod", [x, y], { fmod: 1n });
  const opposite = ops.op("Xor", ops.lt(rest, ops.f64(0)), ops.lt(y, ops.f64(0)));
  return ops.where(ops.and(opposite, ops.not(ops.eq(rest, ops.f64(0)))), ops.add(rest, y), rest);
}

function rem(ops: Ops, x: Value, y: Value, type: string): Value {
  if (type === "float64") return ops.graph.node("Mod", [x, y], { fmod: 1n });
  const { divisor, minusOne, floored, differs } = divide(ops, x, y);
  return ops.where(minusOne, ops.i64(0), ops.where(differs, ops.sub(floored, divisor), floored, "int64"), "int64");
}

function sign(ops: Ops, x: Value, type: string): Value {
  if (type === "float64") return ops.where(ops.isNaN(x), x, ops.op("Sign", x));
  const zero = ops.i64(0);
  return ops.sub(ops.cast(ops.gt(x, zero), "int64"), ops.cast(ops.lt(x, zero), "int64"));
}

/** Not by Sign, Max and Min, which ONNX Runtime gets wrong for int64 past 32 bits. */
function int64Extreme(ops: Ops, x: Value, y: Value, opType: "Max" | "Min"): Value {
  return ops.where(opType === "Max" ? ops.gt(x, y) : ops.lt(x, y), x, y, "int64");
}

function extreme(opType: "Max" | "Min"): Mapping {
  return {
    unsupported: ({ types }) => (types[0] === "utf8" ? "ONNX does not order text" : undefined),
    value: (ops, args, { types }) => {
      if (types[0] !== "float64") return int64Extreme(ops, arg(args, 0), arg(args, 1), opType);
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
    if (types[0] === "int64") return int64Extreme(ops, int64Extreme(ops, x as Value, low as Value, "Max"), high as Value, "Min");
    return ops.least(ops.greatest(x as Value, low as Value), high as Value);
  }),
};
