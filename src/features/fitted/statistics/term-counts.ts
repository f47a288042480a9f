import { FitError } from "../../../errors.js";
import type { FitColumn } from "../../transform.js";

/** Most distinct terms while counting, and most bytes of their text: what bounds the memory of fitting. */
export const MAX_TERMS = 2 ** 21;
export const MAX_TERM_BYTES = 2 ** 28;

const encoder = new TextEncoder();
/** Keeps a byte order mark at the start of a term. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export interface TermCount {
  readonly term: string;
  /** Rows that have the term. */
  readonly documents: number;
  /** How often all rows have it. */
  readonly count: number;
}

/**
 * Counts the terms of lists that the engine's `pack` wrote as text, straight from its bytes: an open-addressing
 * table of ids over one pool of bytes.
 */
export class TermCounts {
  /** Rows that are not null. */
  documents = 0;
  /** Slots of ids, -1 where empty; at most half full. */
  #slots = new Int32Array(256).fill(-1);
  #hashes = new Int32Array(128);
  /** Term `id` is pool[starts[id] .. starts[id + 1]]. */
  #starts = new Int32Array(129);
  #counts = new Float64Array(128);
  #documents = new Float64Array(128);
  /** The row that had the term last: a row counts as a document once. */
  #lastRow = new Float64Array(128).fill(-1);
  #pool = new Uint8Array(2048);
  #size = 0;
  readonly #limit: number;
  readonly #closed: boolean;

  /** With `known` only these are counted. Else a term beyond `limit` distinct ones is TOO_MANY_CATEGORIES. */
  constructor(limit: number, known?: readonly string[]) {
    this.#limit = limit;
    this.#closed = known !== undefined;
    for (const term of known ?? []) {
      const bytes = encoder.encode(term);
      this.#insert(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length));
    }
  }

  get size(): number {
    return this.#size;
  }

  update(column: FitColumn): void {
    const { bytes, offsets, length, validity } = column;
    for (let row = 0; row < length; row++) {
      if (validity !== undefined && (((validity[row >> 3] as number) >> (row & 7)) & 1) === 0) continue;
      const end = offsets[row + 1] as number;
      for (let at = offsets[row] as number; at < end; ) {
        let size = 0;
        for (let digit = bytes[at++] as number; digit !== 0x3a; digit = bytes[at++] as number) size = 10 * size + digit - 0x30;
        const id = this.#idOf(bytes, at, at + size, row);
        at += size;
        if (id === -1) continue;
        this.#counts[id] = (this.#counts[id] as number) + 1;
        if (this.#lastRow[id] === this.documents) continue;
        this.#lastRow[id] = this.documents;
        this.#documents[id] = (this.#documents[id] as number) + 1;
      }
      this.documents++;
    }
  }

  merge(other: TermCounts): void {
    for (let other_ = 0; other_ < other.#size; other_++) {
      const id = this.#idOf(other.#pool, other.#starts[other_] as number, other.#starts[other_ + 1] as number, undefined);
      if (id !== -1) this.#add(id, other.#counts[other_] as number, other.#documents[other_] as number);
    }
    this.documents += other.documents;
  }

  /** Adds counts that another table had. */
  add({ term, documents, count }: TermCount): void {
    const bytes = encoder.encode(term);
    const id = this.#idOf(bytes, 0, bytes.length, undefined);
    if (id !== -1) this.#add(id, count, documents);
  }

  /** In the order of first sight; known terms in the order given. */
  entries(): TermCount[] {
    return Array.from({ length: this.#size }, (_, id) => ({
      term: decoder.decode(this.#pool.subarray(this.#starts[id], this.#starts[id + 1])),
      documents: this.#documents[id] as number,
      count: this.#counts[id] as number,
    }));
  }

  #add(id: number, count: number, documents: number): void {
    this.#counts[id] = (this.#counts[id] as number) + count;
    this.#documents[id] = (this.#documents[id] as number) + documents;
  }

  /** The term's id, a new one if it may come in; -1 for one that is not counted. */
  #idOf(bytes: Uint8Array, from: number, to: number, row: number | undefined): number {
    const hash = hashOf(bytes, from, to);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] as number;
      if (id === -1) break;
      if (this.#hashes[id] === hash && this.#equals(id, bytes, from, to)) return id;
    }
    if (this.#closed) return -1;
    if (this.#size >= this.#limit || (this.#starts[this.#size] as number) + to - from > MAX_TERM_BYTES) {
      throw tooMany(this.#limit, row);
    }
    return this.#insert(bytes, from, to, hash);
  }

  #equals(id: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[id] as number;
    if ((this.#starts[id + 1] as number) - start !== to - from) return false;
    const pool = this.#pool;
    for (let i = from, j = start; i < to; i++, j++) if (bytes[i] !== pool[j]) return false;
    return true;
  }

  /** Adds a term that is not there; returns its id. */
  #insert(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const id = this.#size++;
    if (2 * this.#size > this.#slots.length) this.#grow();
    const start = this.#starts[id] as number;
    const end = start + to - from;
    if (end > this.#pool.length) this.#pool = grown(this.#pool, Math.max(end, 2 * this.#pool.length));
    this.#pool.set(bytes.subarray(from, to), start);
    this.#starts[id + 1] = end;
    this.#hashes[id] = hash;
    this.#place(id);
    return id;
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[id] as number) & mask;
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
  }

  #grow(): void {
    const capacity = this.#slots.length;
    this.#hashes = grown(this.#hashes, capacity);
    this.#starts = grown(this.#starts, capacity + 1);
    this.#counts = grown(this.#counts, capacity);
    this.#documents = grown(this.#documents, capacity);
    this.#lastRow = grown(this.#lastRow, capacity).fill(-1, this.#lastRow.length);
    this.#slots = new Int32Array(2 * capacity).fill(-1);
    for (let id = 0; id < this.#size - 1; id++) this.#place(id);
  }
}

function grown<T extends Uint8Array | Int32Array | Float64Array>(array: T, length: number): T {
  const out = new (array.constructor as new (length: number) => T)(length);
  out.set(array);
  return out;
}

function tooMany(limit: number, row: number | undefined): FitError {
  return new FitError("TOO_MANY_CATEGORIES", "the column has too many distinct terms", {
    ...(row === undefined ? {} : { row }),
    expected: `at most ${limit.toLocaleString("en-US")}, of ${MAX_TERM_BYTES.toLocaleString("en-US")} bytes in all`,
    fix: limit < MAX_TERMS ? "Drop rare ones by minDf or maxFeatures, or hash them" : "Hash them, or give the ones of interest",
  });
}

/** FNV-1a over the bytes, then mixed: its low bits alone are weak for short texts. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
