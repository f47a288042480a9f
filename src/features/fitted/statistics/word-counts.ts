import type { FitColumn } from "../../transform.js";
import type { Tally } from "./categories.js";
import { infinite } from "./numbers.js";
import { freeSlot, resized } from "./text-counts.js";

/** One value seen as two 32-bit words, as it lies in memory. */
const pair = new Int32Array(2);
const asFloat = new Float64Array(pair.buffer);
const asInt = new BigInt64Array(pair.buffer);

/** Counts of distinct int64 or float64 values (with one zero) by their bits: no bigint a row. */
export class WordCounts<T extends number | bigint> implements Tally<T> {
  readonly #float: boolean;
  #slots = new Int32Array(64).fill(-1);
  #hashes = new Int32Array(32);
  #first = new Int32Array(32);
  #second = new Int32Array(32);
  #counts = new Float64Array(32);
  #size = 0;

  constructor(kind: "float64" | "int64") {
    this.#float = kind === "float64";
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return 8 * this.#size;
  }

  update(column: FitColumn, grow: (row: number) => boolean): number {
    const { words, length, validity } = column;
    const numbers = this.#float ? column.numbers : undefined;
    let missing = 0;
    for (let i = 0; i < length; i++) {
      if (validity !== undefined && (((validity[i >> 3] as number) >> (i & 7)) & 1) === 0) {
        missing++;
        continue;
      }
      let first = words[2 * i] as number;
      let second = words[2 * i + 1] as number;
      if (numbers !== undefined) {
        const v = numbers[i] as number;
        if (v - v !== 0) {
          if (v === v) throw infinite(v, i);
          missing++;
          continue;
        }
        if (v === 0) first = second = 0;
      }
      this.#add(first, second, 1, grow, i);
    }
    return missing;
  }

  add(value: T, count: number): void {
    if (typeof value === "bigint") asInt[0] = value;
    else asFloat[0] = (value as number) + 0; // one zero
    this.#add(pair[0] as number, pair[1] as number, count, () => true, 0);
  }

  merge(other: this, grow: () => boolean): void {
    for (let id = 0; id < other.#size; id++) {
      this.#add(other.#first[id] as number, other.#second[id] as number, other.#counts[id] as number, grow, 0);
    }
  }

  entries(): { value: T; count: number }[] {
    return Array.from({ length: this.#size }, (_, id) => {
      pair[0] = this.#first[id] as number;
      pair[1] = this.#second[id] as number;
      return { value: (this.#float ? asFloat[0] : asInt[0]) as T, count: this.#counts[id] as number };
    });
  }

  #add(first: number, second: number, count: number, grow: (row: number) => boolean, row: number): void {
    let h = Math.imul(first ^ Math.imul(second, 0x2c1b3c6d), 0x297a2d39);
    h ^= h >>> 15;
    h = Math.imul(h, 0x2c1b3c6d);
    h ^= h >>> 13;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = h & mask;
    for (let id = slots[slot] as number; id !== -1; id = slots[slot] as number) {
      if (this.#first[id] === first && this.#second[id] === second) {
        this.#counts[id] = (this.#counts[id] as number) + count;
        return;
      }
      slot = (slot + 1) & mask;
    }
    if (!grow(row)) return;
    const id = this.#size++;
    if (2 * this.#size > slots.length) this.#grow();
    this.#slots[freeSlot(this.#slots, h)] = id;
    this.#hashes[id] = h;
    this.#first[id] = first;
    this.#second[id] = second;
    this.#counts[id] = count;
  }

  #grow(): void {
    const capacity = this.#slots.length;
    this.#hashes = resized(this.#hashes, capacity);
    this.#first = resized(this.#first, capacity);
    this.#second = resized(this.#second, capacity);
    this.#counts = resized(this.#counts, capacity);
    this.#slots = new Int32Array(2 * capacity).fill(-1);
    for (let id = 0; id < this.#size - 1; id++) this.#slots[freeSlot(this.#slots, this.#hashes[id] as number)] = id;
  }
}
