import { FitError } from "../../errors.js";
import type { FitColumn } from "../transform.js";

/**
 * Count, mean and sum of squared deviations of a stream. Each batch is taken in two passes and merged by the
 * pairwise formula of Chan, Golub and LeVeque (1983), which keeps the relative error near that of one batch.
 */
export class Moments {
  count = 0;
  mean = 0;
  sumOfSquares = 0;

  update(column: FitColumn): void {
    const { numbers, length } = column;
    const nulls = column.nullCount > 0;
    let count = 0;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const v = numbers[i] as number;
      if (Number.isNaN(v) || (nulls && column.isNull(i))) continue;
      sum += v;
      count++;
    }
    if (count === 0) return;
    if (!Number.isFinite(sum)) refuseInfinity(column);
    const mean = sum / count;
    let squares = 0;
    // The sum of deviations would be zero in exact arithmetic: it corrects the mean's rounding.
    let rest = 0;
    for (let i = 0; i < length; i++) {
      const v = numbers[i] as number;
      if (Number.isNaN(v) || (nulls && column.isNull(i))) continue;
      const d = v - mean;
      squares += d * d;
      rest += d;
    }
    this.#add(count, mean + rest / count, squares - (rest * rest) / count);
  }

  merge(other: Moments): void {
    if (other.count > 0) this.#add(other.count, other.mean, other.sumOfSquares);
  }

  #add(count: number, mean: number, squares: number): void {
    const total = this.count + count;
    const delta = mean - this.mean;
    this.sumOfSquares += squares + delta * delta * ((this.count * count) / total);
    this.mean += delta * (count / total);
    this.count = total;
  }
}

/** Fitting on an infinite value is an error, as in scikit-learn. */
export function refuseInfinity(column: FitColumn): void {
  for (let i = 0; i < column.length; i++) {
    const v = column.numbers[i] as number;
    if ((v === Infinity || v === -Infinity) && !column.isNull(i)) {
      throw new FitError("OUT_OF_RANGE", "the column holds an infinite value", {
        row: i,
        actual: String(v),
        fix: "Clip it, or turn it into null with when(x.isFinite()).then(x).otherwiseNull()",
      });
    }
  }
  // The sum overflowed, no single value did.
  throw new FitError("OUT_OF_RANGE", "the values are too large to sum in float64", { fix: "Scale them down first" });
}
