/**
 * Hands out Float32Arrays of one width as views into shared blocks. V8 keeps typed arrays above 64 bytes off its
 * heap, and such an allocation costs 560 ns for 48 floats, which is more than the whole computation; a view of a
 * block costs about a tenth. A block is freed when no view of it is left.
 */
export class VectorPool {
  readonly #width: number;
  readonly #perBlock: number;
  #block: Float32Array<ArrayBuffer>;
  #used = 0;

  constructor(width: number) {
    this.#width = width;
    this.#perBlock = width <= 16 ? 0 : Math.max(1, Math.floor(16_384 / width));
    this.#block = new Float32Array(0);
  }

  /** A vector with unspecified contents. */
  take(): Float32Array {
    // On-heap arrays are cheaper still.
    if (this.#perBlock === 0) return new Float32Array(this.#width);
    const end = this.#used + this.#width;
    if (end > this.#block.length) {
      this.#block = new Float32Array(this.#perBlock * this.#width);
      this.#used = this.#width;
      return new Float32Array(this.#block.buffer, 0, this.#width);
    }
    const out = new Float32Array(this.#block.buffer, this.#used * 4, this.#width);
    this.#used = end;
    return out;
  }
}
