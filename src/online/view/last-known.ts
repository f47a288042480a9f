import type { StoredRow } from "../store/store.js";

/**
 * The last answers of stores by serving key, for when a store fails: bounded, and the key least recently looked up is
 * dropped first. Belongs to one process.
 */
export class LastKnown {
  readonly #most: number;
  // A Map keeps the order of insertion: a key that is looked up again moves to the end.
  readonly #rows = new Map<string, StoredRow>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): StoredRow | undefined {
    return this.#rows.get(key);
  }

  /** What the store answered: undefined forgets the key. */
  set(key: string, row: StoredRow | undefined): void {
    this.#rows.delete(key);
    if (row === undefined) return;
    this.#rows.set(key, row);
    if (this.#rows.size > this.#most) this.#rows.delete(this.#rows.keys().next().value as string);
  }
}
