import type { FitColumn, StateValue } from "../../transform.js";
import { infinite, tooLarge } from "./numbers.js";

/** Rows whose products are taken at a time: ten columns of them stay in a core's cache. */
const BLOCK_ROWS = 4096;

/**
 * Count, means and sums of products of deviations of several columns, over the rows in which none is missing.
 * Batches are merged by the formula of Chan, Golub and LeVeque.
 */
export class Covariance {
  count = 0;
  readonly mean: Float64Array;
  /** Row i holds columns 0 to i: the matrix is symmetric. */
  readonly #products: readonly Float64Array[];

  constructor(columns: number) {
    this.mean = new Float64Array(columns);
    this.#products = Array.from({ length: columns }, (_, i) => new Float64Array(i + 1));
  }

  update(columns: readonly FitColumn[]): void {
    const all = completeRows(columns);
    const count = all[0]?.length ?? 0;
    for (let from = 0; from < count; from += BLOCK_ROWS) this.#addBlock(all.map((values) => values.subarray(from, from + BLOCK_ROWS)));
  }

  #addBlock(values: readonly Float64Array[]): void {
    const mean = values.map(center);
    if (!mean.every(Number.isFinite)) throw tooLarge();
    const products = values.map((x, i) => Float64Array.from({ length: i + 1 }, (_, j) => dot(x, values[j] as Float64Array)));
    this.#add(values[0]?.length ?? 0, mean, products);
  }

  merge(other: Covariance): void {
    if (other.count > 0) this.#add(other.count, other.mean, other.#products);
  }

  /** Sum of products of deviations of two columns. */
  at(i: number, j: number): number {
    return (i >= j ? this.#products[i]?.[j] : this.#products[j]?.[i]) as number;
  }

  /** The sums of products, of deviations or, not `centered`, of the values themselves; OUT_OF_RANGE where they overflow. */
  matrix(centered: boolean): Float64Array[] {
    const { mean, count } = this;
    const rows = Array.from(mean, (m, i) =>
      Float64Array.from(mean, (other, j) => (centered ? this.at(i, j) : this.at(i, j) + count * m * other)),
    );
    if (!rows.every((row) => row.every(Number.isFinite))) throw tooLarge();
    return rows;
  }

  save(): StateValue {
    return { count: this.count, mean: [...this.mean], products: this.#products.map((row) => [...row]) };
  }

  restore(saved: StateValue): void {
    const { count, mean, products } = saved as { count: number; mean: readonly number[]; products: readonly (readonly number[])[] };
    this.count = count;
    this.mean.set(mean);
    for (const [i, row] of this.#products.entries()) row.set(products[i] as readonly number[]);
  }

  #add(count: number, mean: ArrayLike<number>, products: readonly Float64Array[]): void {
    const total = this.count + count;
    const delta = this.mean.map((m, i) => (mean[i] as number) - m);
    const weight = (this.count * count) / total;
    for (const [i, row] of this.#products.entries()) {
      const added = products[i] as Float64Array;
      const d = (delta[i] as number) * weight;
      for (let j = 0; j <= i; j++) row[j] = (row[j] as number) + (added[j] as number) + (this.count === 0 ? 0 : d * (delta[j] as number));
    }
    for (const [i, d] of delta.entries()) this.mean[i] = (this.mean[i] as number) + d * (count / total);
    this.count = total;
  }
}

/** Subtracts the mean of the values, in place, and returns it. */
function center(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  const rough = sum / values.length;
  // What is left would sum to zero in exact arithmetic: see Moments.
  let rest = 0;
  for (let i = 0; i < values.length; i++) rest += (values[i] as number) - rough;
  const mean = rough + rest / values.length;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - mean;
  return mean;
}

/** In four strands, which are added at the end. */
function dot(x: Float64Array, y: Float64Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = x.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += (x[i] as number) * (y[i] as number);
    b += (x[i + 1] as number) * (y[i + 1] as number);
    c += (x[i + 2] as number) * (y[i + 2] as number);
    d += (x[i + 3] as number) * (y[i + 3] as number);
  }
  for (let i = whole; i < x.length; i++) a += (x[i] as number) * (y[i] as number);
  return a + b + (c + d);
}

/** Copies of the columns without the rows in which a value is null or NaN; an infinite value is a FitError. */
export function completeRows(columns: readonly FitColumn[]): Float64Array[] {
  if (columns.every(({ validity, numbers }) => validity === undefined && isFinite(numbers))) return columns.map(({ numbers }) => numbers.slice());
  const length = columns[0]?.length ?? 0;
  const incomplete = new Uint8Array(length);
  for (const { numbers, validity } of columns) {
    for (let i = 0; i < length; i++) {
      const x = numbers[i] as number;
      const absent = validity !== undefined && (((validity[i >> 3] as number) >> (i & 7)) & 1) === 0;
      if (absent || x !== x) incomplete[i] = 1;
      else if (x - x !== 0) throw infinite(x, i);
    }
  }
  return columns.map(({ numbers }) => {
    const kept = new Float64Array(length);
    let count = 0;
    for (let i = 0; i < length; i++) {
      kept[count] = numbers[i] as number;
      count += 1 - (incomplete[i] as number);
    }
    return kept.subarray(0, count);
  });
}

/** The difference of a value with itself is 0, or NaN where it is not finite: no branch a value. */
function isFinite(numbers: Float64Array): boolean {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i] as number) - (numbers[i] as number);
  return sum === 0;
}
