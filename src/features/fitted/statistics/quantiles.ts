import type { FitColumn, StateValue } from "../../transform.js";
import { noValues, presentNumbers } from "./numbers.js";
import { numbersFromText, numbersToText } from "./numbers-text.js";
import { selectRanks } from "./selection.js";
import { QuantileSketch } from "./sketch.js";

/** Up to this many values of a column quantiles are exact (128 MiB); past it they come from a sketch. */
export const EXACT_VALUES = 2 ** 24;

/** Values that are kept together (1 MiB). */
const CHUNK_VALUES = 2 ** 17;

/** Quantiles that stand for the values past the exact count. */
const SAMPLE_SIZE = 2 ** 16;

export interface QuantileResult {
  readonly values: readonly number[];
  /** The middle value, or the mean of the two middle ones. */
  readonly median: number;
  /** By how much the fraction of rows below a value may differ from the one asked for; 0 is exact. */
  readonly rankError: number;
}

/** Gathers a column's values for medians and quantiles. */
export class Quantiles {
  readonly #exactValues: number;
  /** All full but the last; of which the first `#filled` are values. */
  #chunks: Float64Array[] = [];
  #filled = 0;
  #length = 0;
  #sketch: QuantileSketch | undefined;

  constructor(exactValues = EXACT_VALUES) {
    this.#exactValues = exactValues;
  }

  get count(): number {
    return this.#sketch?.count ?? this.#length;
  }

  update(column: FitColumn): void {
    this.#add(presentNumbers(column));
  }

  merge(other: Quantiles): void {
    if (other.#sketch === undefined) {
      for (const values of other.#pieces()) this.#add(values);
      return;
    }
    this.#toSketch().merge(other.#sketch);
  }

  save(): StateValue {
    return this.#sketch === undefined ? { values: numbersToText(this.sample().values) } : { sketch: this.#sketch.save() };
  }

  /** Of one that holds nothing yet. */
  restore(saved: StateValue): void {
    const { values, sketch } = saved as { values?: string; sketch?: StateValue };
    if (sketch === undefined) this.#add(numbersFromText(values as string));
    else this.#toSketch().restore(sketch);
  }

  /**
   * Values at fractions of the sorted order by linear interpolation, NumPy's default and with its rounding:
   * fraction q lies at place (n - 1) q.
   */
  at(fractions: readonly number[]): QuantileResult {
    const n = this.count;
    if (n === 0) throw noValues();
    const places = fractions.map((q) => (n - 1) * q);
    const ranks = places.flatMap((place) => [Math.floor(place), Math.min(Math.floor(place) + 1, n - 1)]);
    const [a, b, ...found] = this.#ranks([Math.floor((n - 1) / 2), Math.floor(n / 2), ...ranks]) as [number, number, ...number[]];
    const values = places.map((place, i) => lerp(found[2 * i] as number, found[2 * i + 1] as number, place - Math.floor(place)));
    return { median: a === b ? a : (a + b) / 2, values, rankError: this.#rankError };
  }

  /** All values in some order; past the exact count, evenly spaced quantiles in their place. */
  sample(): { readonly values: Float64Array; readonly rankError: number } {
    if (this.#sketch === undefined) {
      const all = new Float64Array(this.#length);
      let at = 0;
      for (const values of this.#pieces()) {
        all.set(values, at);
        at += values.length;
      }
      return { values: all, rankError: 0 };
    }
    const { values, rankError } = this.at(linspace(0, 1, SAMPLE_SIZE));
    return { values: Float64Array.from(values), rankError };
  }

  get #rankError(): number {
    return this.#sketch === undefined ? 0 : this.#sketch.rankError / this.#sketch.count;
  }

  #ranks(ranks: readonly number[]): number[] {
    const found = this.#sketch?.ranks(ranks) ?? selectRanks(this.#pieces(), ranks);
    return found.map((value) => value + 0); // one zero: which of equal values comes first is chance
  }

  #add(values: Float64Array): void {
    const length = this.#length + values.length;
    if (this.#sketch !== undefined || length > this.#exactValues) {
      this.#toSketch().add(values);
      return;
    }
    this.#length = length;
    for (let from = 0; from < values.length; ) {
      const chunk = this.#room(values.length - from);
      const count = Math.min(values.length - from, chunk.length - this.#filled);
      chunk.set(values.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
    }
  }

  /** A chunk that is not full. Many values take whole chunks, so that growing copies nothing; few take no more than twice their memory. */
  #room(wanted: number): Float64Array {
    const last = this.#chunks.at(-1);
    if (last !== undefined && this.#filled < last.length) return last;
    if (last === undefined || last.length === CHUNK_VALUES) {
      this.#filled = 0;
      this.#chunks.push(new Float64Array(Math.min(CHUNK_VALUES, last === undefined ? wanted : CHUNK_VALUES)));
      return this.#chunks.at(-1) as Float64Array;
    }
    const grown = new Float64Array(Math.min(CHUNK_VALUES, Math.max(2 * last.length, last.length + wanted)));
    grown.set(last);
    this.#chunks[this.#chunks.length - 1] = grown;
    return grown;
  }

  /** The values gathered, chunk by chunk. */
  #pieces(): Float64Array[] {
    return this.#chunks.map((chunk, i) => (i === this.#chunks.length - 1 ? chunk.subarray(0, this.#filled) : chunk));
  }

  #toSketch(): QuantileSketch {
    if (this.#sketch === undefined) {
      this.#sketch = new QuantileSketch();
      for (const values of this.#pieces()) this.#sketch.add(values);
      this.#chunks = [];
      this.#filled = 0;
      this.#length = 0;
    }
    return this.#sketch;
  }
}

/** Between a (t = 0) and b (t = 1), from the nearer end. */
function lerp(a: number, b: number, t: number): number {
  const difference = b - a;
  return t >= 0.5 ? b - difference * (1 - t) : a + difference * t;
}

/** NumPy's linspace: `count` evenly spaced numbers, both ends included. */
export function linspace(start: number, stop: number, count: number): number[] {
  const step = (stop - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? stop : i * step + start));
}
