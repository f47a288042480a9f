import { ERFC_BY_T, ERF_BY_SQUARE } from "./erf-coefficients.js";
import { arg, simple, type Mapping, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

/**
 * ONNX Runtime computes exp, log, sqrt, pow, sin, cos and tanh in double; the others it has in float32 only or
 * not at all, so they are composed of these.
 */

const one = (f: (ops: Ops, x: Value) => Value): Mapping => simple((ops, args) => f(ops, arg(args, 0)));

/** log2, log10: exact at the powers, where a quotient of logarithms may be next to the whole number. */
function logTo(base: number): Mapping {
  return one((ops, x) => {
    const y = ops.div(ops.log(x), ops.f64(Math.log(base)));
    const whole = ops.op("Round", y);
    return ops.where(ops.eq(ops.op("Pow", ops.f64(base), whole), x), whole, y);
  });
}

/** By pow and one step of Newton's, which makes cubes exact. */
function cbrt(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const y = ops.op("Pow", size, ops.f64(1 / 3));
  const squared = ops.square(y);
  const better = ops.sub(y, ops.div(ops.sub(ops.mul(squared, y), size), ops.mul(ops.f64(3), squared)));
  const usable = ops.and(ops.gt(y, ops.f64(0)), ops.lt(y, ops.f64(1e100)));
  return ops.withSign(ops.where(usable, better, y), x);
}

function hypot(ops: Ops, x: Value, y: Value): Value {
  const [a, b] = [ops.abs(x), ops.abs(y)];
  const [large, small] = [ops.op("Max", a, b), ops.op("Min", a, b)];
  const length = ops.mul(large, ops.sqrt(ops.add(ops.f64(1), ops.square(ops.div(small, large)))));
  const infinity = ops.f64(Infinity);
  const infinite = ops.or(ops.eq(a, infinity), ops.eq(b, infinity));
  const nan = ops.or(ops.isNaN(a), ops.isNaN(b));
  const finite = ops.where(ops.eq(large, ops.f64(0)), ops.f64(0), length);
  return ops.where(infinite, infinity, ops.where(nan, ops.f64(NaN), finite));
}

/**
 * The float32 operator's answer y put right: atan(a) - y = atan((a cos y - sin y) / (cos y + a sin y)), a
 * difference so small that it is its own arc tangent. Above 1 by the reciprocal.
 */
export function atan(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const inverted = ops.gt(size, ops.f64(1));
  const a = ops.where(inverted, ops.div(ops.f64(1), size), size);
  const y = ops.cast(ops.op("Atan", ops.castTo(a, 1)), "float64");
  const [sin, cos] = [ops.op("Sin", y), ops.op("Cos", y)]; // of at most π/4
  const rest = ops.div(ops.sub(ops.mul(a, cos), sin), ops.add(cos, ops.mul(a, sin)));
  const angle = ops.add(y, rest);
  return ops.withSign(ops.where(inverted, ops.sub(ops.f64(Math.PI / 2), angle), angle), x);
}

export function asin(ops: Ops, x: Value): Value {
  const cosine = ops.sqrt(ops.mul(ops.sub(ops.f64(1), x), ops.add(ops.f64(1), x)));
  return atan(ops, ops.div(x, cosine));
}

function acos(ops: Ops, x: Value): Value {
  const half = atan(ops, ops.sqrt(ops.div(ops.sub(ops.f64(1), x), ops.add(ops.f64(1), x))));
  return ops.mul(ops.f64(2), half);
}

/** Whether the sign bit is set, also of -0: 1 / -0 is below 0. */
function isNegative(ops: Ops, x: Value): Value {
  return ops.or(ops.lt(x, ops.f64(0)), ops.lt(ops.div(ops.f64(1), x), ops.f64(0)));
}

export function atan2(ops: Ops, y: Value, x: Value): Value {
  const [ay, ax] = [ops.abs(y), ops.abs(x)];
  const steep = ops.gt(ay, ax);
  const [large, small] = [ops.op("Max", ay, ax), ops.op("Min", ay, ax)];
  const equal = ops.where(ops.eq(large, ops.f64(0)), ops.f64(0), ops.f64(1));
  const slope = ops.where(ops.eq(large, small), equal, ops.div(small, large));
  const low = atan(ops, slope);
  const right = ops.where(steep, ops.sub(ops.f64(Math.PI / 2), low), low);
  const up = ops.where(isNegative(ops, x), ops.sub(ops.f64(Math.PI), right), right);
  const angle = ops.where(isNegative(ops, y), ops.neg(up), up);
  return ops.where(ops.or(ops.isNaN(x), ops.isNaN(y)), ops.f64(NaN), angle);
}

/** By expm1 where exp(x) - exp(-x) would cancel, by exp(x/2) twice where exp(x) would overflow. */
function sinh(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const e = ops.expm1(size);
  const near = ops.mul(ops.f64(0.5), ops.add(e, ops.div(e, ops.add(e, ops.f64(1)))));
  return ops.withSign(ops.where(ops.gt(size, ops.f64(22)), halfExp(ops, size), near), x);
}

function cosh(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const e = ops.exp(size);
  const near = ops.mul(ops.f64(0.5), ops.add(e, ops.div(ops.f64(1), e)));
  return ops.where(ops.gt(size, ops.f64(22)), halfExp(ops, size), near);
}

/** exp(x) / 2. */
function halfExp(ops: Ops, x: Value): Value {
  const half = ops.exp(ops.mul(x, ops.f64(0.5)));
  return ops.mul(ops.mul(half, ops.f64(0.5)), half);
}

const LARGE = 2 ** 28;

function asinh(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const squared = ops.square(size);
  const near = ops.log1p(ops.add(size, ops.div(squared, ops.add(ops.f64(1), ops.sqrt(ops.add(ops.f64(1), squared))))));
  const far = ops.add(ops.log(size), ops.f64(Math.LN2));
  return ops.withSign(ops.where(ops.gt(size, ops.f64(LARGE)), far, near), x);
}

function acosh(ops: Ops, x: Value): Value {
  const t = ops.sub(x, ops.f64(1));
  const near = ops.log1p(ops.add(t, ops.sqrt(ops.add(ops.mul(ops.f64(2), t), ops.square(t)))));
  const far = ops.add(ops.log(x), ops.f64(Math.LN2));
  const y = ops.where(ops.gt(x, ops.f64(LARGE)), far, near);
  return ops.where(ops.lt(t, ops.f64(0)), ops.f64(NaN), y);
}

function atanh(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const y = ops.log1p(ops.div(ops.mul(ops.f64(2), size), ops.sub(ops.f64(1), size)));
  return ops.withSign(ops.mul(ops.f64(0.5), y), x);
}

/** erfc of a size at least 0: exp(-x²) G(t) / (1 + 2x), t = (x - 3.75) / (x + 3.75). */
function erfcOfSize(ops: Ops, size: Value): Value {
  const a = ops.op("Min", size, ops.f64(27.5));
  const t = ops.div(ops.sub(a, ops.f64(3.75)), ops.add(a, ops.f64(3.75)));
  const g = ops.polynomial(t, ERFC_BY_T);
  return ops.mul(ops.exp(ops.neg(ops.square(a))), ops.div(g, ops.add(ops.f64(1), ops.add(a, a))));
}

function erf(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const near = ops.add(size, ops.mul(size, ops.polynomial(ops.square(x), ERF_BY_SQUARE)));
  const far = ops.sub(ops.f64(1), erfcOfSize(ops, size));
  return ops.where(ops.isNaN(x), x, ops.withSign(ops.where(ops.lt(size, ops.f64(0.7)), near, far), x));
}

function erfc(ops: Ops, x: Value): Value {
  const size = ops.abs(x);
  const near = ops.sub(ops.f64(1), ops.add(x, ops.mul(x, ops.polynomial(ops.square(x), ERF_BY_SQUARE))));
  const tail = erfcOfSize(ops, size);
  const far = ops.where(ops.lt(x, ops.f64(0)), ops.sub(ops.f64(2), tail), tail);
  return ops.where(ops.isNaN(x), x, ops.where(ops.lt(size, ops.f64(0.7)), near, far));
}

function sigmoid(ops: Ops, x: Value): Value {
  const e = ops.exp(ops.neg(ops.abs(x)));
  return ops.div(ops.where(ops.ge(x, ops.f64(0)), ops.f64(1), e), ops.add(ops.f64(1), e));
}

/** Near 1/2, log(p) - log(1 - p) would cancel. */
function logit(ops: Ops, p: Value): Value {
  const rest = ops.sub(ops.f64(1), p);
  const near = ops.log1p(ops.div(ops.sub(ops.add(p, p), ops.f64(1)), rest));
  const far = ops.sub(ops.log(p), ops.log1p(ops.neg(p)));
  return ops.where(ops.lt(ops.abs(ops.sub(p, ops.f64(0.5))), ops.f64(0.25)), near, far);
}

function softplus(ops: Ops, x: Value): Value {
  return ops.add(ops.greatest(x, ops.f64(0)), ops.log1p(ops.exp(ops.neg(ops.abs(x)))));
}

export const ELEMENTARY: Mappings = {
  exp: one((ops, x) => ops.exp(x)),
  exp2: one((ops, x) => ops.op("Pow", ops.f64(2), x)),
  expm1: one((ops, x) => ops.expm1(x)),
  log: one((ops, x) => ops.log(x)),
  log2: logTo(2),
  log10: logTo(10),
  log1p: one((ops, x) => ops.log1p(x)),
  pow: simple((ops, args) => ops.op("Pow", ...args)),
  sqrt: one((ops, x) => ops.sqrt(x)),
  cbrt: one(cbrt),
  hypot: simple((ops, args) => hypot(ops, arg(args, 0), arg(args, 1))),
  sin: one((ops, x) => ops.sin(x)),
  cos: one((ops, x) => ops.cos(x)),
  tan: one((ops, x) => ops.div(ops.sin(x), ops.cos(x))),
  asin: one(asin),
  acos: one(acos),
  atan: one(atan),
  atan2: simple((ops, args) => atan2(ops, arg(args, 0), arg(args, 1))),
  sinh: one(sinh),
  cosh: one(cosh),
  tanh: one((ops, x) => ops.op("Tanh", x)),
  asinh: one(asinh),
  acosh: one(acosh),
  atanh: one(atanh),
  erf: one(erf),
  erfc: one(erfc),
  sigmoid: one(sigmoid),
  logit: one(logit),
  softplus: one(softplus),
  degrees: one((ops, x) => ops.mul(x, ops.f64(180 / Math.PI))),
  radians: one((ops, x) => ops.mul(x, ops.f64(Math.PI / 180))),
};
