/**
 * Decides window by window which rows of the data to compare. Of data of known length each choice of windows is
 * equally likely and the number is exact (selection sampling); of a stream a window is taken with the probability
 * that a reservoir of that many windows would take it.
 */
export class Sampler {
  readonly #wanted: number;
  #state: number;
  #left: number;
  #remaining: number | undefined;
  #seen = 0;

  constructor(seed: number, rows: number, windowRows: number, total: number | undefined) {
    this.#state = seed >>> 0;
    this.#wanted = Math.ceil(rows / windowRows);
    this.#left = rows;
    this.#remaining = total;
  }

  /** In [0, 1): one step of Weyl's sequence, its bits mixed. */
  #random(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  }

  /** Whether to take the next window of that many rows. */
  take(rows: number): boolean {
    if (this.#remaining === undefined) return this.#random() * ++this.#seen < this.#wanted;
    const taken = this.#random() * this.#remaining < this.#left;
    this.#remaining -= rows;
    if (taken) this.#left = Math.max(0, this.#left - rows);
    return taken;
  }
}
