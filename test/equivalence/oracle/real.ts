// Numbers of some 190 significant bits on BigInt, and the elementary functions on them. A result rounded to
// float64 is the correctly rounded one unless the exact value lies within 2^-100 or so of a rounding border.
// Every series is summed in fixed point with as many fraction bits as the argument's size calls for.

/** mantissa * 2^exponent */
export interface Real {
  readonly m: bigint;
  readonly e: number;
}

const precision = 192;
const guard = 224; // fraction bits of a fixed-point number of size one

const bits = new DataView(new ArrayBuffer(8));

function bitLength(value: bigint): number {
  const hex = (value < 0n ? -value : value).toString(16);
  const lead = parseInt(hex.charAt(0), 16);
  return lead === 0 ? 0 : 4 * hex.length - Math.clz32(lead) + 28;
}

function normal(m: bigint, e: number): Real {
  const excess = bitLength(m) - precision;
  return excess > 0 ? { m: m >> BigInt(excess), e: e + excess } : { m, e };
}

export const zero: Real = { m: 0n, e: 0 };
export const one: Real = { m: 1n, e: 0 };

/** The exact value of a finite float64. */
export function fromNumber(x: number): Real {
  bits.setFloat64(0, x);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  if (exponent === 0x7ff) throw new RangeError("not a finite number");
  const m = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  return { m: raw >> 63n === 1n ? -m : m, e: Math.max(exponent, 1) - 1075 };
}

function powerOfTwo(exponent: number): number {
  if (exponent >= -1022) bits.setBigUint64(0, BigInt(exponent + 1023) << 52n);
  else bits.setBigUint64(0, 1n << BigInt(exponent + 1074));
  return bits.getFloat64(0);
}

/** The nearest float64, ties to even, with gradual underflow and overflow to infinity. */
export function toNumber(r: Real): number {
  if (r.m === 0n) return 0;
  const sign = r.m < 0n ? -1 : 1;
  const m = r.m < 0n ? -r.m : r.m;
  const length = bitLength(m);
  const top = r.e + length - 1;
  if (top > 1023) return sign * Infinity;
  const kept = top >= -1022 ? 53 : 53 - (-1022 - top);
  if (kept < 0) return sign * 0;
  const shift = length - kept;
  let quotient: bigint;
  if (shift <= 0) {
    quotient = m << BigInt(-shift);
  } else {
    quotient = m >> BigInt(shift);
    const rest = m - (quotient << BigInt(shift));
    const half = 1n << BigInt(shift - 1);
    if (rest > half || (rest === half && (quotient & 1n) === 1n)) quotient += 1n;
  }
  if (quotient === 1n << 53n && top === 1023) return sign * Infinity;
  return sign * Number(quotient) * powerOfTwo(top - kept + 1);
}

export function negate(a: Real): Real {
  return { m: -a.m, e: a.e };
}

export function add(a: Real, b: Real): Real {
  if (a.m === 0n) return b;
  if (b.m === 0n) return a;
  const [high, low] = a.e >= b.e ? [a, b] : [b, a];
  const shift = high.e - low.e;
  // Far apart, the smaller one is below every bit that counts.
  if (shift + bitLength(high.m) > bitLength(low.m) + 4 * precision) return high;
  return normal((high.m << BigInt(shift)) + low.m, low.e);
}

export function subtract(a: Real, b: Real): Real {
  return add(a, negate(b));
}

export function multiply(a: Real, b: Real): Real {
  return normal(a.m * b.m, a.e + b.e);
}

export function divide(a: Real, b: Real): Real {
  const shift = Math.max(0, precision + 8 + bitLength(b.m) - bitLength(a.m));
  return normal((a.m << BigInt(shift)) / b.m, a.e - shift - b.e);
}

/** Multiplied by 2^count. */
export function scale(a: Real, count: number): Real {
  return { m: a.m, e: a.e + count };
}

export function squareRoot(a: Real): Real {
  if (a.m === 0n) return a;
  let shift = Math.max(0, 2 * precision + 16 - bitLength(a.m));
  if ((a.e - shift) % 2 !== 0) shift += 1;
  const m = a.m << BigInt(shift);
  let root = 1n << BigInt(Math.ceil(bitLength(m) / 2));
  for (;;) {
    const next = (root + m / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return normal(root, (a.e - shift) / 2);
}

/** Position of the leading bit: |a| is in [2^size, 2^(size+1)). */
function size(a: Real): number {
  return a.e + bitLength(a.m) - 1;
}

function toFixed(a: Real, fraction: number): bigint {
  const shift = a.e + fraction;
  return shift >= 0 ? a.m << BigInt(shift) : a.m >> BigInt(-shift);
}

function fixed(m: bigint, fraction: number): Real {
  return normal(m, -fraction);
}

/** Fraction bits which keep `guard` significant bits of a number that may be tiny. */
function fractionFor(a: Real): number {
  return guard + Math.max(0, -size(a));
}

/** 2 * atanh(1/k) in fixed point. */
function twiceAtanhInverse(k: bigint, fraction: number): bigint {
  let power = (2n << BigInt(fraction)) / k;
  let sum = 0n;
  for (let n = 1n; power !== 0n; n += 2n, power /= k * k) sum += power / n;
  return sum;
}

function atanInverse(k: bigint, fraction: number): bigint {
  let power = (1n << BigInt(fraction)) / k;
  let sum = 0n;
  for (let n = 1n; power !== 0n; n += 4n) {
    sum += power / n;
    power /= k * k;
    sum -= power / (n + 2n);
    power /= k * k;
  }
  return sum;
}

const piBits = 1700; // enough to reduce the largest float64 and keep 500 bits
const piFixed = 16n * atanInverse(5n, piBits) - 4n * atanInverse(239n, piBits); // Machin
export const pi: Real = fixed(piFixed, piBits);
export const halfPi: Real = scale(pi, -1);

const logBits = 288;
export const ln2: Real = { m: twiceAtanhInverse(3n, logBits), e: -logBits };
export const ln10: Real = { m: 3n * ln2.m + twiceAtanhInverse(9n, logBits), e: -logBits };

/** e^r - 1 for |r| < 1/2, to full relative precision. */
function expm1Small(r: Real): Real {
  if (r.m === 0n) return zero;
  const fraction = fractionFor(r);
  const x = toFixed(r, fraction);
  let term = x;
  let sum = x;
  for (let n = 2n; term !== 0n && term !== -1n; n += 1n) {
    term = ((term * x) >> BigInt(fraction)) / n;
    sum += term;
  }
  return fixed(sum, fraction);
}

export function exponential(r: Real): Real {
  if (r.m === 0n || size(r) < -precision) return add(one, r);
  if (size(r) > 12) return r.m > 0n ? scale(one, 8000) : scale(one, -8000);
  const k = Math.round(toNumber(r) / Math.LN2);
  const rest = subtract(r, multiply(fromNumber(k), ln2));
  let power = add(one, expm1Small(scale(rest, -6)));
  for (let i = 0; i < 6; i++) power = multiply(power, power);
  return scale(power, k);
}

export function exponentialMinusOne(r: Real): Real {
  return r.m === 0n || size(r) < -2 ? expm1Small(r) : subtract(exponential(r), one);
}

/** log(1 + r) for |r| < 1/64: 2 atanh(r / (2 + r)). */
function log1pSmall(r: Real): Real {
  if (r.m === 0n) return zero;
  const s = divide(r, add(scale(one, 1), r));
  const fraction = fractionFor(s);
  const x = toFixed(s, fraction);
  const square = (x * x) >> BigInt(fraction);
  let power = x;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = (power * square) >> BigInt(fraction);
  }
  return fixed(2n * sum, fraction);
}

export function logarithm(a: Real): Real {
  const offset = subtract(a, one);
  if (offset.m === 0n) return zero;
  if (size(offset) < -6) return log1pSmall(offset);
  const k = size(a);
  const mantissa = scale(a, -k);
  const estimate = fromNumber(Math.log(toNumber(mantissa)) + k * Math.LN2);
  // With y the estimate, log a = y + log(a e^-y), and a e^-y is 1 to about 48 bits.
  const correction = subtract(multiply(a, exponential(negate(estimate))), one);
  return add(estimate, log1pSmall(correction));
}

export function logarithm1p(r: Real): Real {
  return r.m === 0n || size(r) < -6 ? log1pSmall(r) : logarithm(add(one, r));
}

export interface SineCosine {
  readonly sine: Real;
  readonly cosine: Real;
}

function sineCosineSmall(r: Real): SineCosine {
  if (r.m === 0n) return { sine: zero, cosine: one };
  const fraction = fractionFor(r);
  const shift = BigInt(fraction);
  const x = toFixed(r, fraction);
  const square = (x * x) >> shift;
  let power = x;
  let sine = x;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = -((power * square) >> shift) / (n * (n - 1n));
    sine += power;
  }
  power = 1n << shift;
  let cosine = power;
  for (let n = 2n; power !== 0n && power !== -1n; n += 2n) {
    power = -((power * square) >> shift) / (n * (n - 1n));
    cosine += power;
  }
  return { sine: fixed(sine, fraction), cosine: fixed(cosine, fraction) };
}

/** Sine and cosine of an exact float64, reduced by as many bits of pi as its exponent needs. */
export function sineCosine(x: number): SineCosine {
  const exact = fromNumber(x);
  if (Math.abs(x) < 0.5) return sineCosineSmall(exact);
  const fraction = 480;
  const quarter = Math.max(0, size(exact)) + 2;
  const halfPiFixed = piFixed >> BigInt(piBits - fraction - quarter + 1);
  // In units of 2^-(fraction + quarter): enough that k * (error of pi/2) stays below 2^-fraction.
  const value = toFixed(exact, fraction + quarter);
  let k = value / halfPiFixed;
  let rest = value - k * halfPiFixed;
  if (2n * (rest < 0n ? -rest : rest) > halfPiFixed) {
    k += rest < 0n ? -1n : 1n;
    rest = value - k * halfPiFixed;
  }
  const { sine, cosine } = sineCosineSmall(fixed(rest, fraction + quarter));
  switch (Number(((k % 4n) + 4n) % 4n)) {
    case 0:
      return { sine, cosine };
    case 1:
      return { sine: cosine, cosine: negate(sine) };
    case 2:
      return { sine: negate(sine), cosine: negate(cosine) };
    default:
      return { sine: negate(cosine), cosine: sine };
  }
}

/** Arc tangent of r, |r| any size. */
export function arcTangent(r: Real): Real {
  if (r.m === 0n) return zero;
  if (r.m < 0n) return negate(arcTangent(negate(r)));
  if (size(r) >= 1) return subtract(halfPi, arcTangent(divide(one, r)));
  if (size(r) < -40) {
    // t - t^3/3 + t^5/5: the next term is 2^-240 of the first.
    return atanSeries(r);
  }
  const estimate = Math.atan(toNumber(r));
  const { sine, cosine } = sineCosine(estimate);
  // tan(atan r - y) = (r cos y - sin y) / (cos y + r sin y)
  const tangent = divide(subtract(multiply(r, cosine), sine), add(cosine, multiply(r, sine)));
  return add(fromNumber(estimate), atanSeries(tangent));
}

function atanSeries(t: Real): Real {
  const square = multiply(t, t);
  const cubic = multiply(t, square);
  const third = divide(cubic, fromNumber(3));
  const fifth = divide(multiply(cubic, square), fromNumber(5));
  return add(t, subtract(fifth, third));
}

/** erf of r with 0 <= r < 8: 2/sqrt(pi) e^(-r^2) (r + 2 r^3/3 + 4 r^5/15 + ...), all terms positive. */
export function errorFunction(r: Real): Real {
  const square = multiply(r, r);
  const x = toFixed(scale(square, 1), guard);
  let term = 1n << BigInt(guard);
  let sum = term;
  for (let n = 3n; term !== 0n; n += 2n) {
    term = ((term * x) >> BigInt(guard)) / n;
    sum += term;
  }
  const factor = divide(scale(r, 1), squareRoot(pi));
  return multiply(multiply(factor, exponential(negate(square))), fixed(sum, guard));
}

/** erfc of r >= 6 by its continued fraction (Abramowitz and Stegun 7.1.14). */
export function errorFunctionComplement(r: Real): Real {
  const x = toFixed(r, guard);
  let fraction = x;
  for (let k = 100n; k > 0n; k -= 1n) fraction = x + (k << BigInt(2 * guard)) / (2n * fraction);
  const scaled = multiply(squareRoot(pi), fixed(fraction, guard));
  return divide(exponential(negate(multiply(r, r))), scaled);
}
