import type { StateValue } from "../../transform.js";
import { numbersFromText, numbersToText } from "./numbers-text.js";

/** Values in a level's buffer; even, so that halving keeps the total weight. */
const LEVEL_SIZE = 2 ** 16;

interface Level {
  readonly values: Float64Array;
  length: number;
  /** Halvings that kept the first, third, … value, and those that kept the second, fourth, … */
  kept: [first: number, second: number];
}

/**
 * A mergeable quantile sketch in bounded memory (the compactors of Munro and Paterson, 1980, and of KLL, but
 * without chance). Level h holds values that stand for 2^h each. A full level is sorted and every second value
 * moves one level up, by turns the odd and the even ones. One halving at level h moves no rank by more than
 * 2^h, upwards when the first values are kept and downwards when the second ones are: `rankError` is the sum,
 * a bound that always holds.
 */
export class QuantileSketch {
  readonly #levels: Level[] = [];
  #count = 0;
  #min = Infinity;
  #max = -Infinity;

  get count(): number {
    return this.#count;
  }

  /** Ranks are right to within this many rows. */
  get rankError(): number {
    const of = (which: 0 | 1): number => this.#levels.reduce((sum, level, h) => sum + level.kept[which] * 2 ** h, 0);
    return Math.max(of(0), of(1));
  }

  add(values: Float64Array): void {
    for (let i = 0; i < values.length; i++) {
      const v = values[i] as number;
      if (v < this.#min) this.#min = v;
      if (v > this.#max) this.#max = v;
    }
    this.#count += values.length;
    this.#push(0, values);
  }

  merge(other: QuantileSketch): void {
    this.#count += other.#count;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    for (const [h, level] of other.#levels.entries()) {
      const own = this.#level(h);
      own.kept = [own.kept[0] + level.kept[0], own.kept[1] + level.kept[1]];
      this.#push(h, level.values.subarray(0, level.length));
    }
  }

  save(): StateValue {
    return {
      count: this.#count,
      min: this.#min,
      max: this.#max,
      levels: this.#levels.map(({ values, length, kept }) => ({ values: numbersToText(values.subarray(0, length)), kept: [...kept] })),
    };
  }

  /** Of a sketch that holds nothing yet. */
  restore(saved: StateValue): void {
    const { count, min, max, levels } = saved as { count: number; min: number; max: number; levels: readonly { values: string; kept: [number, number] }[] };
    for (const [h, { values, kept }] of levels.entries()) {
      this.#level(h).kept = [kept[0], kept[1]];
      this.#push(h, numbersFromText(values));
    }
    this.#count = count;
    this.#min = min;
    this.#max = max;
  }

  /** The values at places of the sorted order, from 0; the first and the last are exact. */
  ranks(wanted: readonly number[]): number[] {
    const values: { value: number; weight: number }[] = [];
    for (const [h, level] of this.#levels.entries()) {
      for (let i = 0; i < level.length; i++) values.push({ value: level.values[i] as number, weight: 2 ** h });
    }
    values.sort((a, b) => a.value - b.value);
    const ends = new Float64Array(values.length);
    let end = 0;
    for (const [i, { weight }] of values.entries()) ends[i] = end += weight;
    return wanted.map((rank) => {
      if (rank <= 0) return this.#min;
      if (rank >= this.#count - 1) return this.#max;
      let low = 0;
      let high = values.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ends[middle] as number) > rank) high = middle;
        else low = middle + 1;
      }
      return values[low]?.value ?? NaN;
    });
  }

  #level(h: number): Level {
    while (this.#levels.length <= h) this.#levels.push({ values: new Float64Array(LEVEL_SIZE), length: 0, kept: [0, 0] });
    return this.#levels[h] as Level;
  }

  #push(h: number, values: Float64Array): void {
    const level = this.#level(h);
    for (let from = 0; from < values.length; ) {
      const count = Math.min(values.length - from, LEVEL_SIZE - level.length);
      level.values.set(values.subarray(from, from + count), level.length);
      level.length += count;
      from += count;
      if (level.length === LEVEL_SIZE) this.#halve(h);
    }
  }

  #halve(h: number): void {
    const level = this.#level(h);
    level.values.sort();
    const which = level.kept[0] <= level.kept[1] ? 0 : 1;
    const half = new Float64Array(LEVEL_SIZE / 2);
    for (let i = 0; i < half.length; i++) half[i] = level.values[2 * i + which] as number;
    level.kept[which]++;
    level.length = 0;
    this.#push(h + 1, half);
  }
}
