import { FitError } from "../../../errors.js";
import { addon } from "../../../native.js";
import type { FitColumn, StateValue } from "../../transform.js";

let scratch = new Float64Array(0);

/**
 * The values of a batch that are neither null nor NaN; both count as missing in fitting. The array may be the
 * column itself or memory that the next call reuses: copy what is kept. An infinite value is a FitError, as in
 * scikit-learn.
 */
export function presentNumbers(column: FitColumn): Float64Array {
  const { numbers, length, validity } = column;
  const native = addon();
  if (validity === undefined && native.fitAllFinite(numbers)) return numbers;
  if (scratch.length < length) scratch = new Float64Array(length);
  const count = native.fitCopyPresent(numbers, validity ?? null, scratch);
  if (count < 0) throw infinite(numbers[-1 - count] as number, -1 - count);
  return scratch.subarray(0, count);
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

const ends = new Float64Array(2);

/** Count, least and greatest value; of two zeros either. */
export class Extremes {
  count = 0;
  min = Infinity;
  max = -Infinity;

  update(column: FitColumn): void {
    const values = presentNumbers(column);
    addon().fitExtremes(values, ends);
    this.count += values.length;
    this.min = Math.min(this.min, ends[0] as number);
    this.max = Math.max(this.max, ends[1] as number);
  }

  merge(other: Extremes): void {
    this.count += other.count;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  save(): StateValue {
    return [this.count, this.min, this.max];
  }

  restore(saved: StateValue): void {
    [this.count, this.min, this.max] = saved as [number, number, number];
  }
}
