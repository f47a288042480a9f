/** Random numbers by a seed (mulberry32) and values full of trouble. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
  /** Small halves so that values meet thresholds and each other, now and then something special. */
  real(): number {
    if (this.oneIn(12)) return this.pick(SPECIAL);
    return this.oneIn(2) ? (this.below(17) - 8) / 2 : this.normal() * this.pick([1, 1, 10, 1e-3, 1e4]);
  }
  integer(): bigint {
    if (this.oneIn(10)) return this.pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n, -(2n ** 53n) - 1n]);
    return BigInt(this.below(13) - 4);
  }
  text(): string {
    return this.pick(["", "a", "b", "ab", "Ä", "日本", "a\0", "long text that is not short", "🙂"]);
  }
}

const SPECIAL = [NaN, Infinity, -Infinity, -0, 0, 1e-45, -1e-45, 1e-40, 1e-35, 3.4028234663852886e38, -3.4028234663852886e38, 1.1754943508222875e-38, 88.8, -104, 1e300, 16777217];
