import { addon } from "../../../native.js";
import type { FitColumn, StateValue } from "../../transform.js";
import { presentNumbers, tooLarge } from "./numbers.js";

const sums = new Float64Array(3);

/**
 * Count, mean and sum of squared deviations of a stream. Each batch is taken in two passes and merged by the
 * pairwise formula of Chan, Golub and LeVeque (1983), which keeps the relative error near that of one batch.
 */
export class Moments {
  count = 0;
  mean = 0;
  sumOfSquares = 0;

  update(column: FitColumn): void {
    // A finite sum has none but finite terms, which then need no look of their own.
    if (column.validity === undefined && this.#take(column.numbers)) return;
    if (!this.#take(presentNumbers(column))) throw tooLarge();
  }

  /** Adds a batch of values; false, and nothing is added, where their sum is not finite. */
  #take(values: Float64Array): boolean {
    const count = values.length;
    if (count === 0) return true;
    // One rough mean, then the exact sums of what is left: a mean of rounded sums is right to about
    // count * 2^-53 only, and the remainder `rest` would be zero in exact arithmetic.
    addon().fitMoments(values, sums);
    const mean = sums[0] as number;
    const squares = sums[1] as number;
    const rest = sums[2] as number;
    if (!Number.isFinite(mean)) return false;
    this.#add(count, mean + rest / count, squares - (rest * rest) / count);
    return true;
  }

  merge(other: Moments): void {
    if (other.count > 0) this.#add(other.count, other.mean, other.sumOfSquares);
  }

  save(): StateValue {
    return [this.count, this.mean, this.sumOfSquares];
  }

  restore(saved: StateValue): void {
    [this.count, this.mean, this.sumOfSquares] = saved as [number, number, number];
  }

  /** Population variance. */
  get variance(): number {
    const variance = this.sumOfSquares / this.count;
    if (!Number.isFinite(variance)) throw tooLarge();
    return variance;
  }

  #add(count: number, mean: number, squares: number): void {
    const total = this.count + count;
    const delta = mean - this.mean;
    // Nothing to merge with at first: the square may be beyond float64, and Infinity * 0 is NaN.
    this.sumOfSquares += squares + (this.count === 0 ? 0 : delta * delta * ((this.count * count) / total));
    this.mean += delta * (count / total);
    this.count = total;
  }
}

/** scikit-learn's bound for the variance of a constant column, which is nothing but rounding noise. */
export function isConstant(count: number, mean: number, variance: number): boolean {
  return variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
}
