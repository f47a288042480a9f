import type { FitColumn } from "../../transform.js";
import type { Tally } from "./categories.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Counts of distinct texts, straight from UTF-8 bytes: an open-addressing table of ids over one pool of bytes.
 * Decoding a JavaScript string a row costs some ten times as much.
 */
export class TextCounts implements Tally {
  /** Slots of ids, -1 where empty; at most half full. */
  #slots = new Int32Array(64).fill(-1);
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
    // Locals for the tables, which change only where a new text comes in: 3 M rows of three letters take 40 ms.
    let slots = this.#slots;
    let hashes = this.#hashes;
    let counts = this.#counts;
    let mask = slots.length - 1;
    for (let i = 0; i < length; i++) {
      if (validity !== undefined && (((validity[i >> 3] as number) >> (i & 7)) & 1) === 0) {
        missing++;
        continue;
      }
      const from = offsets[i] as number;
      const to = offsets[i + 1] as number;
      const hash = hashOf(bytes, from, to);
      let slot = hash & mask;
      let id = slots[slot] as number;
      while (id !== -1 && (hashes[id] !== hash || !this.#equals(id, bytes, from, to))) {
        slot = (slot + 1) & mask;
        id = slots[slot] as number;
      }
      if (id === -1) {
        if (!grow(i)) continue;
        id = this.#insert(bytes, from, to, hash);
        slots = this.#slots;
        hashes = this.#hashes;
        counts = this.#counts;
        mask = slots.length - 1;
      }
      counts[id] = (counts[id] as number) + 1;
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
    const hash = hashOf(bytes, from, to);
    let id = this.#find(bytes, from, to, hash);
    if (id === -1) {
      if (!grow()) return;
      id = this.#insert(bytes, from, to, hash);
    }
    this.#counts[id] = (this.#counts[id] as number) + count;
  }

  /** The text's id, or -1. */
  #find(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] as number;
      if (id === -1 || (this.#hashes[id] === hash && this.#equals(id, bytes, from, to))) return id;
    }
  }

  #equals(id: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[id] as number;
    if ((this.#starts[id + 1] as number) - start !== to - from) return false;
    const pool = this.#pool;
    for (let i = from, j = start; i < to; i++, j++) if (bytes[i] !== pool[j]) return false;
    return true;
  }

  /** Adds a text that is not there; returns its id. */
  #insert(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const id = this.#size++;
    if (2 * this.#size > this.#slots.length) this.#grow();
    const start = this.#starts[id] as number;
    const end = start + to - from;
    if (end > this.#pool.length) this.#pool = resized(this.#pool, Math.max(end, 2 * this.#pool.length));
    this.#pool.set(bytes.subarray(from, to), start);
    this.#starts[id + 1] = end;
    this.#hashes[id] = hash;
    this.#slots[freeSlot(this.#slots, hash)] = id;
    return id;
  }

  #grow(): void {
    const capacity = this.#slots.length;
    this.#hashes = resized(this.#hashes, capacity);
    this.#starts = resized(this.#starts, capacity + 1);
    this.#counts = resized(this.#counts, capacity);
    this.#slots = new Int32Array(2 * capacity).fill(-1);
    for (let id = 0; id < this.#size - 1; id++) this.#slots[freeSlot(this.#slots, this.#hashes[id] as number)] = id;
  }
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

/** FNV-1a over the bytes, then mixed: its low bits alone are weak for short texts. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
