// Arithmetic and rounding of float64 (IEEE 754, as JavaScript's own) and int64 (exact; overflow fails).
import {
  compareText,
  define,
  float,
  floorDiv,
  floorMod,
  int,
  int64,
  OracleFailure,
  text,
  type Family,
  type OracleFunction,
  type Value,
} from "./value.js";

const floatUnary = "float64 -> float64";
const floatBinary = "float64 float64 -> float64";
const intUnary = "int64 -> int64";
const intBinary = "int64 int64 -> int64";

function unary(ofFloat: (x: number) => number, ofInt?: (x: bigint) => bigint): OracleFunction {
  if (ofInt === undefined) return define(floatUnary, ([x]) => ofFloat(float(x)));
  return define([floatUnary, intUnary], ([x]) => (typeof x === "number" ? ofFloat(x) : int64(ofInt(int(x)))));
}

function binary(
  ofFloat: (x: number, y: number) => number,
  ofInt?: (x: bigint, y: bigint) => bigint,
): OracleFunction {
  if (ofInt === undefined) return define(floatBinary, ([x, y]) => ofFloat(float(x), float(y)));
  return define([floatBinary, intBinary], ([x, y]) =>
    typeof x === "number" ? ofFloat(x, float(y)) : int64(ofInt(int(x), int(y))),
  );
}

function bitwise(f: (x: bigint, y: bigint) => bigint): OracleFunction {
  return define(intBinary, ([x, y]) => f(int(x), int(y)));
}

function divisor(y: bigint): bigint {
  if (y === 0n) throw new OracleFailure("DIVISION_BY_ZERO");
  return y;
}

function mod(x: number, y: number): number {
  const rest = x % y;
  if (rest === 0) return y < 0 || Object.is(y, -0) ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
}

/** The smaller (direction -1) or greater (1) of two values of one type. */
function extreme(x: Value | undefined, y: Value | undefined, direction: 1 | -1): Value {
  if (typeof x === "number") return direction === 1 ? Math.max(x, float(y)) : Math.min(x, float(y));
  if (typeof x === "string") return compareText(x, text(y)) * direction >= 0 ? x : text(y);
  return int(x) > int(y) === (direction === 1) ? int(x) : int(y);
}

const ordered = [floatBinary, intBinary, "utf8 utf8 -> utf8", "timestamp timestamp -> timestamp"];

/** Half away from zero; x - trunc(x) is exact, which floor(x + 0.5) is not. */
function round(x: number): number {
  if (!Number.isFinite(x)) return x;
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** Half to even. */
function rint(x: number): number {
  if (!Number.isFinite(x)) return x;
  const whole = Math.trunc(x);
  const rest = Math.abs(x - whole);
  const up = rest > 0.5 || (rest === 0.5 && Math.abs(whole % 2) === 1);
  return up ? whole + Math.sign(x) : whole;
}

function roundTo(x: number, digits: number): number | null {
  if (!Number.isInteger(digits) || Math.abs(digits) > 308) return null;
  if (!Number.isFinite(x)) return x;
  const power = Number(`1e${Math.abs(digits)}`);
  if (digits < 0) return round(x / power) * power;
  const scaled = x * power;
  return Number.isFinite(scaled) ? round(scaled) / power : x;
}

export const arithmetic: Family = {
  add: binary(
    (x, y) => x + y,
    (x, y) => x + y,
  ),
  sub: binary(
    (x, y) => x - y,
    (x, y) => x - y,
  ),
  mul: binary(
    (x, y) => x * y,
    (x, y) => x * y,
  ),
  div: binary((x, y) => x / y),
  floorDiv: binary(
    (x, y) => Math.floor(x / y),
    (x, y) => floorDiv(x, divisor(y)),
  ),
  mod: binary(mod, (x, y) => floorMod(x, divisor(y))),
  rem: binary(
    (x, y) => x % y,
    (x, y) => x % divisor(y),
  ),
  neg: unary(
    (x) => -x,
    (x) => -x,
  ),
  abs: unary(Math.abs, (x) => (x < 0n ? -x : x)),
  sign: unary(Math.sign, (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n)),
  square: unary((x) => x * x),
  reciprocal: unary((x) => 1 / x),
  bitAnd: bitwise((x, y) => x & y),
  bitOr: bitwise((x, y) => x | y),
  bitXor: bitwise((x, y) => x ^ y),
  greatest: define(ordered, ([x, y]) => extreme(x, y, 1)),
  least: define(ordered, ([x, y]) => extreme(x, y, -1)),
  clip: define(["float64 float64 float64 -> float64", "int64 int64 int64 -> int64"], ([x, low, high]) =>
    extreme(extreme(x, low, 1), high, -1),
  ),
};

export const rounding: Family = {
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  trunc: unary(Math.trunc),
  rint: unary(rint),
  round: unary(round),
  roundTo: define(floatBinary, ([x, digits]) => roundTo(float(x), float(digits))),
};
