import { arg, simple, type Cell, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

/** Half away from zero. The fraction of a double is exact, so nothing is rounded twice. */
function round(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const whole = ops.floor(size);
  const up = ops.cast(ops.ge(ops.sub(size, whole), ops.f64(0.5)), "float64");
  return ops.withSign(ops.add(whole, up), x);
}

function trunc(ops: Ops, x: Value): Value {
  return ops.withSign(ops.floor(ops.abs(x)), x);
}

/** round(x * 10^digits) / 10^digits, or the other way round for negative digits; null for digits that are none. */
function roundTo(ops: Ops, x: Cell, digits: Cell): Cell {
  const count = ops.abs(digits.value);
  const power = ops.op("Pow", ops.f64(10), count);
  const fine = ops.mul(x.value, power);
  const coarse = ops.div(x.value, power);
  const isFine = ops.ge(digits.value, ops.f64(0));
  const fineResult = ops.where(isFinite(ops, fine), ops.div(round(ops, fine), power), x.value);
  const coarseResult = ops.where(isFinite(ops, x.value), ops.mul(round(ops, coarse), power), x.value);
  const valid = ops.and(ops.eq(digits.value, ops.floor(digits.value)), ops.le(count, ops.f64(308)));
  const isNull = [x.isNull, digits.isNull].reduce<Value>((sum, mask) => (mask === undefined ? sum : ops.or(sum, mask)), ops.not(valid));
  return { value: ops.where(isFine, fineResult, coarseResult), isNull };
}

/** x - x is 0 for finite x, else NaN. */
export function isFinite(ops: Ops, x: Value): Value {
  return ops.not(ops.isNaN(ops.sub(x, x)));
}

export const ROUNDING: Mappings = {
  floor: simple((ops, args) => ops.floor(arg(args, 0))),
  ceil: simple((ops, args) => ops.op("Ceil", ...args)),
  trunc: simple((ops, args) => trunc(ops, arg(args, 0))),
  rint: simple((ops, args) => ops.op("Round", ...args)),
  round: simple((ops, args) => round(ops, arg(args, 0))),
  roundTo: { cell: (ops, [x, digits]) => roundTo(ops, x as Cell, digits as Cell) },
};
