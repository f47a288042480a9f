import { addon } from "../../../native.js";
import type { FitColumn } from "../../transform.js";
import type { Tally } from "./categories.js";

const encoder = new TextEncoder();
/** Keeps a byte order mark at the start of a text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What the native code answers beside a row: null rows passed, and the hash of an unknown text. */
const answer = new Int32Array(2);
const ends = new Int32Array(2);

/**
 * Counts of distinct texts, straight from UTF-8 bytes: an open-addressing table of ids over one pool of bytes. Known
 * texts are counted by native code, which stops at each that is not in the table yet.
 */
export class TextCounts implements Tally {
  /** Slots of ids, -1 where empty. */
  #slots = new Int32Array(slotsFor(32)).fill(-1);
  #hashes = new Int32Array(32);
  /** Text `id` is pool[starts[id] .. starts[id + 1]]. */
  #starts = new Int32Array(33);
  #counts = new Float64Array(32);
  #pool = new Uint8Array(512);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#starts[this.#size] as number;
  }

  /** Adds a batch's rows and returns how many were null; `grow` allows (or refuses, by false) a new text at a row. */
  update(column: FitColumn, grow: (row: number) => boolean): number {
    const { bytes, offsets, length, validity } = column;
    let missing = 0;
    for (let row = 0; row < length; row++) {
      row = this.#count(offsets, bytes, validity ?? null, row, length, 1);
      missing += answer[0] as number;
      if (row === length) break;
      const hash = answer[1] as number;
      if (!grow(row)) continue;
      const id = this.#insert(bytes, offsets[row] as number, offsets[row + 1] as number, hash);
      this.#counts[id] = 1;
    }
    return missing;
  }

  add(value: string, count: number): void {
    const bytes = encoder.encode(value);
    this.#addBytes(bytes, 0, bytes.length, count);
  }

  merge(other: this, grow: () => boolean): void {
    for (let id = 0; id < other.#size; id++) {
      const from = other.#starts[id] as number;
      const to = other.#starts[id + 1] as number;
      this.#addBytes(other.#pool, from, to, other.#counts[id] as number, grow);
    }
  }

  /** In the order of first sight. */
  entries(): { value: string; count: number }[] {
    return Array.from({ length: this.#size }, (_, id) => ({
      value: decoder.decode(this.#pool.subarray(this.#starts[id], this.#starts[id + 1])),
      count: this.#counts[id] as number,
    }));
  }

  #addBytes(bytes: Uint8Array, from: number, to: number, count: number, grow: () => boolean = () => true): void {
    ends[0] = from;
    ends[1] = to;
    if (this.#count(ends, bytes, null, 0, 1, count) === 1) return;
    const hash = answer[1] as number;
    if (!grow()) return;
    const id = this.#insert(bytes, from, to, hash); // first: it may replace the table's arrays
    this.#counts[id] = count;
  }

  /** Adds to the counts of known texts; the first row of an unknown one, or `end`. */
  #count(offsets: Int32Array, bytes: Uint8Array, validity: Uint8Array | null, row: number, end: number, weight: number): number {
    const native = addon();
    return native.fitCountTexts(offsets, bytes, validity, row, end, weight, this.#slots, this.#hashes, this.#starts, this.#pool, this.#counts, answer);
  }

  /** Adds a text that is not there; returns its id. */
  #insert(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const id = this.#size++;
    if (this.#size > this.#counts.length) this.#grow();
    const start = this.#starts[id] as number;
    const end = start + to - from;
    // 32 bytes more than needed: where there are as many, texts are compared without a loop.
    if (end + 32 > this.#pool.length) this.#pool = resized(this.#pool, Math.max(end + 32, 2 * this.#pool.length));
    this.#pool.set(bytes.subarray(from, to), start);
    this.#starts[id + 1] = end;
    this.#hashes[id] = hash;
    this.#slots[freeSlot(this.#slots, hash)] = id;
    return id;
  }

  #grow(): void {
    const capacity = 2 * this.#counts.length;
    this.#hashes = resized(this.#hashes, capacity);
    this.#starts = resized(this.#starts, capacity + 1);
    this.#counts = resized(this.#counts, capacity);
    this.#slots = new Int32Array(slotsFor(capacity)).fill(-1);
    for (let id = 0; id < this.#size - 1; id++) this.#slots[freeSlot(this.#slots, this.#hashes[id] as number)] = id;
  }
}

/** At most half full; small tables emptier: texts that share a first slot cost a mispredicted branch a row. */
function slotsFor(texts: number): number {
  return (texts <= 4096 ? 8 : 2) * texts;
}

export function freeSlot(slots: Int32Array, hash: number): number {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== -1) slot = (slot + 1) & mask;
  return slot;
}

export function resized<T extends Uint8Array | Int32Array | Float64Array>(array: T, length: number): T {
  const out = new (array.constructor as new (length: number) => T)(length);
  out.set(array);
  return out;
}
