// float64 and int64 values, chosen where arithmetic goes wrong.
import type { Rng } from "./rng.js";

const bits = new DataView(new ArrayBuffer(8));

/** The float64 `steps` places away in bit order. */
export function neighbour(x: number, steps: number): number {
  if (!Number.isFinite(x)) return x;
  bits.setFloat64(0, x);
  const raw = bits.getBigInt64(0);
  const ordinal = (raw < 0n ? -(raw & 0x7fffffffffffffffn) : raw) + BigInt(steps);
  bits.setBigInt64(0, ordinal < 0n ? -ordinal | -0x8000000000000000n : ordinal);
  return bits.getFloat64(0);
}

const special = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  10,
  100,
  0.1,
  1 / 3,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2.2250738585072014e-308,
  2.225073858507201e-308,
  Number.EPSILON,
  2 ** -53,
  1 + Number.EPSILON,
  1 - 2 ** -53,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  2 ** 31,
  1e16,
  1e22,
  1e-7,
  1e21,
  123456789012345680000,
  0.49999999999999994,
  2.5,
  -2.5,
  1.5,
  Math.PI,
  -Math.PI,
  Math.PI / 2,
  Math.E,
  Math.LN2,
  709.782712893384,
  -745.1332191019412,
  1024,
  -1074,
  -1075,
  36.7,
  20,
];

export function float64Trouble(rng: Rng): number {
  return rng.choose(
    () => rng.pick([NaN, Infinity, -Infinity, 0, -0, 1]),
    () => rng.pick(special),
    () => neighbour(rng.pick(special), rng.int(-2, 2)),
    () => rng.int(-20, 20),
    () => rng.int(-20, 20) + 0.5,
    () => Math.fround(rng.int(-1e6, 1e6) / 100),
    () => (rng.float() - 0.5) * 2 ** rng.int(-4, 8),
    () => (rng.float() - 0.5) * 2 ** rng.int(-60, 64),
    () => neighbour((rng.chance(0.5) ? 1 : -1) * 2 ** rng.int(-1074, 1023), rng.int(-1, 1)),
    () => {
      bits.setBigUint64(0, rng.uint64());
      return bits.getFloat64(0);
    },
    () => (rng.chance(0.5) ? 1 : -1) * Number.MIN_VALUE * rng.int(0, 2 ** 40),
  );
}

export function finiteFloat64(rng: Rng): number {
  for (;;) {
    const x = float64Trouble(rng);
    if (Number.isFinite(x)) return x;
  }
}

/** Numbers as they come in a table: mostly of moderate size. */
export function ordinaryFloat64(rng: Rng): number {
  return rng.choose(
    () => rng.int(-5, 5),
    () => rng.int(-100000, 100000) / 100,
    () => rng.float() * 2 - 1,
    () => (rng.float() - 0.5) * 10 ** rng.int(-6, 9),
  );
}

/** From low to high, the borders and their neighbours often. */
export function within(low: number, high: number): (rng: Rng) => number {
  return (rng) =>
    rng.choose(
      () =>
        rng.pick([
          low,
          high,
          neighbour(low, rng.int(-1, 1)),
          neighbour(high, rng.int(-1, 1)),
          (low + high) / 2,
        ]),
      () => low + rng.float() * (high - low),
      () => Math.round(low + rng.float() * (high - low)),
    );
}

export function mostly(usual: (rng: Rng) => number, probability = 0.75): (rng: Rng) => number {
  return (rng) => (rng.chance(probability) ? usual(rng) : float64Trouble(rng));
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

export function clampInt64(x: bigint): bigint {
  return x < minInt64 ? minInt64 : x > maxInt64 ? maxInt64 : x;
}

export function int64Trouble(rng: Rng): bigint {
  return rng.choose(
    () => BigInt(rng.int(-10, 10)),
    () => BigInt(rng.int(-1000000, 1000000)),
    () => rng.pick([minInt64, minInt64 + 1n, maxInt64, maxInt64 - 1n, 0n, 1n, -1n]),
    () => clampInt64((rng.chance(0.5) ? 1n : -1n) * (1n << BigInt(rng.int(0, 63))) + BigInt(rng.int(-1, 1))),
    () => BigInt.asIntN(64, rng.uint64()),
    () => BigInt.asIntN(64, rng.uint64()) >> BigInt(rng.int(0, 62)),
    () => 2n ** 53n + BigInt(rng.int(-3, 3)),
    // About the square root of the largest, where products begin to overflow.
    () => 3037000499n + BigInt(rng.int(-3, 3)),
  );
}

/** Counts, positions and sizes: small, with a few that no text or list reaches. */
export function smallInt(low: number, high: number): (rng: Rng) => bigint {
  return (rng) => (rng.chance(0.92) ? BigInt(rng.int(low, high)) : int64Trouble(rng));
}
