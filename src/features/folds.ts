/** Splits rows into folds of equal size without knowing their number: each run of `count` rows has one row of every fold. */
export class Folds {
  readonly count: number;
  readonly #seed: number;

  constructor(count: number, seed: number) {
    this.count = count;
    this.#seed = seed;
  }

  /** The folds of the rows from `first` on. */
  of(first: number, length: number): Uint16Array {
    const out = new Uint16Array(length);
    let run = -1;
    let order: readonly number[] = [];
    for (let i = 0; i < length; i++) {
      const row = first + i;
      const at = Math.floor(row / this.count);
      if (at !== run) order = this.#order(at);
      run = at;
      out[i] = order[row - at * this.count] as number;
    }
    return out;
  }

  /** Places in [0, length) of the rows of one fold, counted from `first`; of those in `among` where it is given. */
  rowsOf(fold: number, first: number, length: number, among: Int32Array | undefined): Int32Array {
    const folds = this.of(first, length);
    if (among !== undefined) return among.filter((row) => folds[row] === fold);
    const out = new Int32Array(length);
    let count = 0;
    for (let row = 0; row < length; row++) if (folds[row] === fold) out[count++] = row;
    return out.subarray(0, count);
  }

  /** The folds of one run of rows in the order of chance (Fisher and Yates), the same for the same seed. */
  #order(run: number): number[] {
    const order = Array.from({ length: this.count }, (_, fold) => fold);
    let state = mix(mix(this.#seed ^ 0x9e3779b9) ^ (run >>> 0) ^ Math.imul(Math.floor(run / 2 ** 32), 0x85ebca6b));
    for (let i = this.count - 1; i > 0; i--) {
      state = mix((state + 0x9e3779b9) | 0);
      const j = Math.floor(((state >>> 0) / 2 ** 32) * (i + 1));
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    return order;
  }
}

/** Every bit of the answer depends on every bit of x (the finalizer of MurmurHash3). */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
