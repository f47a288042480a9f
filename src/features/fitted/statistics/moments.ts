import type { FitColumn } from "../../transform.js";
import { presentNumbers, tooLarge } from "./numbers.js";

/**
 * Count, mean and sum of squared deviations of a stream. Each batch is taken in two passes and merged by the
 * pairwise formula of Chan, Golub and LeVeque (1983), which keeps the relative error near that of one batch.
 */
export class Moments {
  count = 0;
  mean = 0;
  sumOfSquares = 0;

  update(column: FitColumn): void {
    const values = presentNumbers(column);
    const count = values.length;
    if (count === 0) return;
    // One rough mean, then the exact sums of what is left: a mean of rounded sums is right to about
    // count * 2^-53 only, and the remainder `rest` would be zero in exact arithmetic.
    const mean = sum(values) / count;
    if (!Number.isFinite(mean)) throw tooLarge();
    // Two strands, as in sum().
    let squares = 0;
    let otherSquares = 0;
    let rest = 0;
    let otherRest = 0;
    const whole = count & ~1;
    for (let i = 0; i < whole; i += 2) {
      const d = (values[i] as number) - mean;
      const e = (values[i + 1] as number) - mean;
      squares += d * d;
      otherSquares += e * e;
      rest += d;
      otherRest += e;
    }
    if (whole < count) {
      const d = (values[whole] as number) - mean;
      squares += d * d;
      rest += d;
    }
    squares += otherSquares;
    rest += otherRest;
    this.#add(count, mean + rest / count, squares - (rest * rest) / count);
  }

  merge(other: Moments): void {
    if (other.count > 0) this.#add(other.count, other.mean, other.sumOfSquares);
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
    this.sumOfSquares += squares + delta * delta * ((this.count * count) / total);
    this.mean += delta * (count / total);
    this.count = total;
  }
}

/** scikit-learn's bound for the variance of a constant column, which is nothing but rounding noise. */
export function isConstant(count: number, mean: number, variance: number): boolean {
  return variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
}

/** In four strands, which are added at the end: quicker than one chain of additions, and nearer the truth. */
function sum(values: Float64Array): number {
  const whole = values.length & ~3;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < whole; i += 4) {
    a += values[i] as number;
    b += values[i + 1] as number;
    c += values[i + 2] as number;
    d += values[i + 3] as number;
  }
  for (let i = whole; i < values.length; i++) a += values[i] as number;
  return a + b + (c + d);
}
