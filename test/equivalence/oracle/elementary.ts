// Elementary functions: the special cases of C99 Annex F in float64, everything else through `real.ts` and
// rounded once. The oracle's own error is half a unit in the last place, so `ulps` is the native's allowance.
import { bool, define, float, type Family, type OracleFunction, type Value } from "./value.js";
import * as real from "./real.js";

type Unary = (x: number) => number;

/** Rounds the value of `f` at a finite x, and keeps the sign of x when the value is zero. */
function odd(f: (x: real.Real) => real.Real): Unary {
  return (x) => (x === 0 || Number.isNaN(x) ? x : real.toNumber(f(real.fromNumber(x))));
}

export function exp(x: number): number {
  if (!Number.isFinite(x)) return x === -Infinity ? 0 : x;
  return real.toNumber(real.exponential(real.fromNumber(x)));
}

export function exp2(x: number): number {
  if (!Number.isFinite(x)) return x === -Infinity ? 0 : x;
  return real.toNumber(real.exponential(real.multiply(real.fromNumber(x), real.ln2)));
}

const expm1: Unary = (x) => {
  if (!Number.isFinite(x)) return x === -Infinity ? -1 : x;
  return odd(real.exponentialMinusOne)(x);
};

function logarithmBy(divisor: real.Real): Unary {
  return (x) => {
    if (Number.isNaN(x) || x < 0) return NaN;
    if (x === 0) return -Infinity;
    if (x === Infinity) return x;
    return real.toNumber(real.divide(real.logarithm(real.fromNumber(x)), divisor));
  };
}

const log1p: Unary = (x) => {
  if (Number.isNaN(x) || x < -1) return NaN;
  if (x === -1) return -Infinity;
  if (x === Infinity) return x;
  return odd(real.logarithm1p)(x);
};

/** pow of C99: pow(1, NaN) and pow(-1, infinity) are 1, unlike Math.pow's NaN. */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const size = Math.abs(x);
  const oddPower = Number.isInteger(y) && Math.abs(y % 2) === 1;
  const sign = oddPower && (x < 0 || Object.is(x, -0)) ? -1 : 1;
  if (!Number.isFinite(y)) {
    if (size === 1) return 1;
    return size > 1 === y > 0 ? Infinity : 0;
  }
  if (size === 0) return sign * (y < 0 ? Infinity : 0);
  if (size === Infinity) return sign * (y < 0 ? 0 : Infinity);
  if (x < 0 && !Number.isInteger(y)) return NaN;
  return sign * positivePower(size, y);
}

function positivePower(x: number, y: number): number {
  if (Number.isInteger(y) && y > 0 && y <= 32) {
    // Exact, so that a tie between two float64s is seen as one.
    const { m, e } = real.fromNumber(x);
    return real.toNumber({ m: m ** BigInt(y), e: e * y });
  }
  const exponent = real.multiply(real.fromNumber(y), real.logarithm(real.fromNumber(x)));
  return real.toNumber(real.exponential(exponent));
}

const cbrt: Unary = (x) => {
  if (x === 0 || !Number.isFinite(x)) return x;
  const root = real.exponential(
    real.divide(real.logarithm(real.fromNumber(Math.abs(x))), real.fromNumber(3)),
  );
  return Math.sign(x) * real.toNumber(root);
};

function hypot(x: number, y: number): number {
  if (Math.abs(x) === Infinity || Math.abs(y) === Infinity) return Infinity;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const [a, b] = [real.fromNumber(x), real.fromNumber(y)];
  return real.toNumber(real.squareRoot(real.add(real.multiply(a, a), real.multiply(b, b))));
}

export function sin(x: number): number {
  if (x === 0) return x;
  return Number.isFinite(x) ? real.toNumber(real.sineCosine(x).sine) : NaN;
}

export function cos(x: number): number {
  return Number.isFinite(x) ? real.toNumber(real.sineCosine(x).cosine) : NaN;
}

function tan(x: number): number {
  if (x === 0) return x;
  if (!Number.isFinite(x)) return NaN;
  const { sine, cosine } = real.sineCosine(x);
  return real.toNumber(real.divide(sine, cosine));
}

function arcSine(x: real.Real): real.Real {
  const rest = real.multiply(real.subtract(real.one, x), real.add(real.one, x));
  if (rest.m === 0n) return x.m < 0n ? real.negate(real.halfPi) : real.halfPi;
  return real.arcTangent(real.divide(x, real.squareRoot(rest)));
}

export function asin(x: number): number {
  return Math.abs(x) <= 1 ? odd(arcSine)(x) : NaN;
}

function acos(x: number): number {
  if (!(Math.abs(x) <= 1)) return NaN;
  if (x === 1) return 0;
  if (x === -1) return real.toNumber(real.pi);
  if (x === 0) return real.toNumber(real.halfPi);
  const exact = real.fromNumber(x);
  const rest = real.multiply(real.subtract(real.one, exact), real.add(real.one, exact));
  const angle = real.arcTangent(real.divide(real.squareRoot(rest), exact));
  return real.toNumber(x < 0 ? real.add(angle, real.pi) : angle);
}

function atan(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Math.sign(x) * real.toNumber(real.halfPi);
  return odd(real.arcTangent)(x);
}

export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  // On the axes and at infinity the values are multiples of pi/4, which Math.atan2 rounds right.
  if (y === 0 || x === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return Math.atan2(y, x);
  const angle = real.arcTangent(real.divide(real.fromNumber(Math.abs(y)), real.fromNumber(Math.abs(x))));
  return Math.sign(y) * real.toNumber(x < 0 ? real.subtract(real.pi, angle) : angle);
}

/** (e^x - e^-x) / 2 from u = e^|x| - 1: (u + u / (1 + u)) / 2. */
function hyperbolicSine(x: real.Real): real.Real {
  const u = real.exponentialMinusOne(x);
  return real.scale(real.add(u, real.divide(u, real.add(real.one, u))), -1);
}

function hyperbolicCosine(x: real.Real): real.Real {
  const power = real.exponential(x);
  return real.scale(real.add(power, real.divide(real.one, power)), -1);
}

/** Runs an odd function on |x|. */
function mirrored(f: (x: real.Real) => real.Real): Unary {
  return (x) => (x < 0 ? -odd(f)(-x) : odd(f)(x));
}

const sinh: Unary = (x) => (Number.isFinite(x) ? mirrored(hyperbolicSine)(x) : x);

const cosh: Unary = (x) =>
  Number.isFinite(x) ? real.toNumber(hyperbolicCosine(real.fromNumber(Math.abs(x)))) : Math.abs(x);

/** v / (v + 2) with v = e^(2x) - 1. */
function hyperbolicTangent(x: real.Real): real.Real {
  const v = real.exponentialMinusOne(real.scale(x, 1));
  return real.divide(v, real.add(v, real.fromNumber(2)));
}

const tanh: Unary = (x) => (Math.abs(x) > 40 ? Math.sign(x) : mirrored(hyperbolicTangent)(x));

/** log(x + sqrt(x^2 + 1)) = log1p(x + x^2 / (1 + sqrt(1 + x^2))). */
function inverseHyperbolicSine(x: real.Real): real.Real {
  const square = real.multiply(x, x);
  const root = real.squareRoot(real.add(real.one, square));
  return real.logarithm1p(real.add(x, real.divide(square, real.add(real.one, root))));
}

const asinh: Unary = (x) => (Number.isFinite(x) ? mirrored(inverseHyperbolicSine)(x) : x);

const acosh: Unary = (x) => {
  if (!(x >= 1)) return NaN;
  if (x === Infinity) return x;
  const t = real.subtract(real.fromNumber(x), real.one);
  const root = real.squareRoot(real.multiply(t, real.add(t, real.fromNumber(2))));
  return real.toNumber(real.logarithm1p(real.add(t, root)));
};

function inverseHyperbolicTangent(x: real.Real): real.Real {
  return real.scale(real.logarithm1p(real.divide(real.scale(x, 1), real.subtract(real.one, x))), -1);
}

const atanh: Unary = (x) => {
  if (!(Math.abs(x) <= 1)) return NaN;
  return Math.abs(x) === 1 ? x * Infinity : mirrored(inverseHyperbolicTangent)(x);
};

/** From 6 on, 1 - erf(x) is less than half a unit in the last place of 1. */
const erf: Unary = (x) => (Math.abs(x) >= 6 ? Math.sign(x) : mirrored(real.errorFunction)(x));

const erfc: Unary = (x) => {
  if (Number.isNaN(x)) return x;
  if (x >= 28) return 0;
  if (x <= -6) return 2;
  const size = real.fromNumber(Math.abs(x));
  if (x >= 6) return real.toNumber(real.errorFunctionComplement(size));
  const inner = real.errorFunction(size);
  return real.toNumber(x < 0 ? real.add(real.one, inner) : real.subtract(real.one, inner));
};

const sigmoid: Unary = (x) => {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return x > 0 ? 1 : 0;
  const denominator = real.add(real.one, real.exponential(real.negate(real.fromNumber(x))));
  return real.toNumber(real.divide(real.one, denominator));
};

const logit: Unary = (p) => {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  const exact = real.fromNumber(p);
  const rest = real.subtract(real.one, exact);
  // Near 1/2 the quotient is near 1; log1p of its distance from 1 keeps the relative precision.
  const nearHalf = p > 0.25 && p < 0.75;
  const distance = real.divide(real.subtract(exact, rest), rest);
  return real.toNumber(nearHalf ? real.logarithm1p(distance) : real.logarithm(real.divide(exact, rest)));
};

const softplus: Unary = (x) => {
  if (!Number.isFinite(x)) return x === -Infinity ? 0 : x;
  const tail = real.logarithm1p(real.exponential(real.fromNumber(-Math.abs(x))));
  return real.toNumber(x > 0 ? real.add(real.fromNumber(x), tail) : tail);
};

function unary(f: Unary, ulps: number, absolute?: number): OracleFunction {
  const extras = absolute === undefined ? { ulps } : { ulps, absolute };
  return define("float64 -> float64", ([x]) => f(float(x)), extras);
}

function binary(f: (x: number, y: number) => number, ulps: number): OracleFunction {
  return define("float64 float64 -> float64", ([x, y]) => f(float(x), float(y)), { ulps });
}

function predicate(f: (x: number) => boolean): OracleFunction {
  return define("float64 -> bool", ([x]): Value => bool(f(float(x))));
}

export const elementary: Family = {
  exp: unary(exp, 1),
  exp2: unary(exp2, 1),
  expm1: unary(expm1, 1),
  log: unary(logarithmBy(real.one), 1),
  log2: unary(logarithmBy(real.ln2), 1),
  log10: unary(logarithmBy(real.ln10), 1),
  log1p: unary(log1p, 1),
  pow: binary(pow, 2),
  sqrt: unary(Math.sqrt, 0),
  cbrt: unary(cbrt, 1),
  hypot: binary(hypot, 1),
  sin: unary(sin, 1),
  cos: unary(cos, 1),
  tan: unary(tan, 1),
  asin: unary(asin, 2),
  acos: unary(acos, 2),
  atan: unary(atan, 2),
  atan2: binary(atan2, 2),
  sinh: unary(sinh, 2),
  cosh: unary(cosh, 2),
  tanh: unary(tanh, 2),
  asinh: unary(asinh, 2),
  acosh: unary(acosh, 2),
  atanh: unary(atanh, 2),
  erf: unary(erf, 2),
  erfc: unary(erfc, 2),
  sigmoid: unary(sigmoid, 2),
  // Written as log(p) - log1p(-p) the two terms cancel near 1/2: each may be off by half a unit of log 2.
  logit: unary(logit, 2, 2.3e-16),
  softplus: unary(softplus, 2),
  degrees: unary((x) => x * (180 / Math.PI), 0),
  radians: unary((x) => x * (Math.PI / 180), 0),
  isNaN: predicate(Number.isNaN),
  isFinite: predicate(Number.isFinite),
  isInfinite: predicate((x) => Math.abs(x) === Infinity),
};
