// Whether a native result agrees with the oracle's, within what the function is allowed.
import type { OracleFunction, Params, Value } from "./value.js";

const bits = new DataView(new ArrayBuffer(8));

/** float64s in order as consecutive integers; -0 and 0 are the same one. */
function ordinal(x: number): bigint {
  bits.setFloat64(0, x);
  const raw = bits.getBigInt64(0);
  return raw < 0n ? -(raw & 0x7fffffffffffffffn) : raw;
}

/** How many float64s lie between two numbers. */
export function ulpDistance(x: number, y: number): number {
  const distance = ordinal(x) - ordinal(y);
  return Number(distance < 0n ? -distance : distance);
}

function numbersAgree(f: OracleFunction, expected: number, actual: number, allowed: number): boolean {
  if (Object.is(expected, actual)) return true;
  if (Number.isNaN(expected) || Number.isNaN(actual)) return false;
  // Overflow may come one unit earlier or later, never more.
  if (f.ulps > 0 && ulpDistance(expected, actual) <= f.ulps) return expected !== 0 || actual !== 0;
  if (allowed === 0 || !Number.isFinite(expected) || !Number.isFinite(actual)) return false;
  const difference = Math.abs(expected - actual);
  return difference <= allowed || (f.period !== undefined && f.period - difference <= allowed);
}

function valuesAgree(f: OracleFunction, expected: Value, actual: Value, allowed: number): boolean {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const other = actual as readonly Value[];
    return (
      expected.length === other.length &&
      expected.every((item: Value, i) => valuesAgree(f, item, other[i] ?? null, allowed))
    );
  }
  if (typeof expected === "number" && typeof actual === "number")
    return numbersAgree(f, expected, actual, allowed);
  return expected === actual;
}

/** Same value: every NaN is one, zeros have signs, and numbers may differ by what `f` declares. */
export function agrees(
  f: OracleFunction,
  expected: Value,
  actual: Value,
  args: readonly Value[],
  params: Params,
): boolean {
  const tolerance = f.tolerance !== undefined && !args.includes(null) ? f.tolerance(args, params) : 0;
  return valuesAgree(f, expected, actual, Math.max(f.absolute ?? 0, tolerance));
}
