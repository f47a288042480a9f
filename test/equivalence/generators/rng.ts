// A small deterministic source of randomness: sfc32 (Chris Doty-Humphrey's Small Fast Counting generator).

export type StaticParams = Readonly<Record<string, unknown>>;

export class Rng {
  /**
   * The parameters drawn last. Arguments drawn afterwards may lie close to them: in the list, near an edge,
   * next to a transition of the zone. The same seed and the same calls give the same values.
   */
  params: StaticParams = {};

  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number) {
    this.a = seed >>> 0;
    this.b = Math.floor(seed / 2 ** 32) >>> 0;
    this.c = 0x9e3779b9;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  uint32(): number {
    const sum = (this.a + this.b + this.counter) >>> 0;
    this.counter = (this.counter + 1) >>> 0;
    this.a = (this.b ^ (this.b >>> 9)) >>> 0;
    this.b = (this.c + (this.c << 3)) >>> 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) >>> 0;
    return sum;
  }

  uint64(): bigint {
    return (BigInt(this.uint32()) << 32n) | BigInt(this.uint32());
  }

  /** In [0, 1), 53 bits. */
  float(): number {
    return Number(this.uint64() >> 11n) / 2 ** 53;
  }

  /** An integer from low to high, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.float() * (high - low + 1));
  }

  bigint(low: bigint, high: bigint): bigint {
    const span = high - low + 1n;
    return low + (((this.uint64() << 64n) | this.uint64()) % span);
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** One of several ways to go on, each equally likely. */
  choose<T>(...ways: readonly (() => T)[]): T {
    return this.pick(ways)();
  }

  /** `count` values. */
  many<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, i) => make(i));
  }

  shuffle<T>(items: readonly T[]): T[] {
    const keyed = items.map((item) => ({ item, key: this.float() }));
    return keyed.sort((x, y) => x.key - y.key).map(({ item }) => item);
  }
}
