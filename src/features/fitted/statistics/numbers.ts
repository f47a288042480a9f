import { FitError } from "../../../errors.js";
import type { FitColumn } from "../../transform.js";

let scratch = new Float64Array(0);

/**
 * The values of a batch that are neither null nor NaN; both count as missing in fitting. The array may be the
 * column itself or memory that the next call reuses: copy what is kept. An infinite value is a FitError, as in
 * scikit-learn.
 */
export function presentNumbers(column: FitColumn): Float64Array {
  const { numbers, length, validity } = column;
  if (validity === undefined && allFinite(numbers)) return numbers;
  if (scratch.length < length) scratch = new Float64Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (validity !== undefined && (((validity[i >> 3] as number) >> (i & 7)) & 1) === 0) continue;
    const v = numbers[i] as number;
    if (v !== v) continue;
    if (v - v !== 0) throw infinite(v, i);
    scratch[count++] = v;
  }
  return scratch.subarray(0, count);
}

/** The difference of a value with itself is 0, or NaN where it is not finite: no branch a value, and four strands. */
function allFinite(numbers: Float64Array): boolean {
  const whole = numbers.length & ~3;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < whole; i += 4) {
    a += (numbers[i] as number) - (numbers[i] as number);
    b += (numbers[i + 1] as number) - (numbers[i + 1] as number);
    c += (numbers[i + 2] as number) - (numbers[i + 2] as number);
    d += (numbers[i + 3] as number) - (numbers[i + 3] as number);
  }
  for (let i = whole; i < numbers.length; i++) a += (numbers[i] as number) - (numbers[i] as number);
  return a + b + c + d === 0;
}

export function infinite(value: number, row: number): FitError {
  return new FitError("OUT_OF_RANGE", "the column holds an infinite value", {
    row,
    actual: String(value),
    fix: "Clip it, or turn it into null with when(x.isFinite()).then(x).otherwiseNull()",
  });
}

export function noValues(): FitError {
  return new FitError("NO_VALUES", "every value is null or NaN", {
    fix: 'Leave the feature out, or give it values with simpleImputer({ strategy: "constant" }) or coalesce()',
  });
}

export function tooLarge(): FitError {
  return new FitError("OUT_OF_RANGE", "the values are too large for their sum or spread to be a float64", {
    fix: "Scale them down first",
  });
}

/** scikit-learn's rule for scales by which it divides: below ten machine epsilons the column counts as constant. */
export function nonZeroScale(scale: number): number {
  return scale < 10 * Number.EPSILON ? 1 : scale;
}

/** Count, least and greatest value. */
export class Extremes {
  count = 0;
  min = Infinity;
  max = -Infinity;

  update(column: FitColumn): void {
    const values = presentNumbers(column);
    let { min, max } = this;
    for (let i = 0; i < values.length; i++) {
      const v = values[i] as number;
      if (v < min) min = v;
      if (v > max) max = v;
    }
    this.count += values.length;
    this.min = min;
    this.max = max;
  }

  merge(other: Extremes): void {
    this.count += other.count;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }
}
