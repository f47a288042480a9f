// Generators of the functions of numbers and booleans, of casts, and of the fitted kernels.
import type { Value } from "../oracle/value.js";
import { each, eachWith, generator, plain, unary, type Generators, type Maker } from "./generator.js";
import {
  finiteFloat64,
  float64Trouble,
  int64Trouble,
  mostly,
  neighbour,
  ordinaryFloat64,
  within,
} from "./numbers.js";
import type { Rng } from "./rng.js";
import { word } from "./texts.js";
import { timestampTrouble, units } from "./timestamps.js";
import { randomValue, relative } from "./values.js";

const anyNumber = unary(float64Trouble);
const notOrdinary = unary((rng) => {
  return rng.chance(0.4) ? rng.pick([NaN, Infinity, -Infinity]) : float64Trouble(rng);
});

/** Trouble, with most values where the function has its interesting part. */
function around(low: number, high: number): ReturnType<typeof unary> {
  return unary(mostly(within(low, high)));
}

const digits: Maker = (rng) =>
  rng.choose(
    () => rng.int(-4, 10),
    () => rng.int(-310, 310),
    () => float64Trouble(rng),
  );

/** Within (0, 1), and at all distances from both ends. */
const probability = (rng: Rng): number =>
  rng.choose(
    () => within(0, 1)(rng),
    () => rng.float(),
    () => rng.float() * 2 ** -rng.int(0, 1060),
    () => 1 - 2 ** -rng.int(1, 53),
  );

/** Values with few decimals: ties and nearly ties of roundTo. */
function decimal(rng: Rng): number {
  return rng.chance(0.6) ? rng.int(-1e6, 1e6) / 10 ** rng.int(0, 5) : float64Trouble(rng);
}

function powArgs(rng: Rng): Value[] {
  return rng.choose(
    () => [rng.int(-12, 12), rng.int(-12, 40)],
    () => [rng.float() * 10, (rng.float() - 0.5) * 100],
    () => [neighbour(1, rng.int(-9, 9)), (rng.float() - 0.5) * 2 ** rng.int(40, 60)],
    () => [finiteFloat64(rng), rng.pick([0.5, -0.5, 1, -1, 2, 3, -2, 1 / 3])],
    () => [-ordinaryFloat64(rng), rng.int(-9, 9)],
    () => [float64Trouble(rng), float64Trouble(rng)],
  );
}

/** Arguments of functions with a pole or a root at a multiple of a quarter turn. */
function angle(rng: Rng): number {
  return rng.choose(
    () => neighbour(rng.int(-1000, 1000) * (Math.PI / 4), rng.int(-1, 1)),
    () => (rng.float() - 0.5) * 20,
    () => 2 ** rng.int(-30, 1023) * (1 + rng.float()),
    () => float64Trouble(rng),
  );
}

/** One of the values of a list parameter or its like; elsewhere something of the type. */
function listed(name: string): Maker {
  return (rng, type) => {
    const items = rng.params[name];
    if (!Array.isArray(items) || items.length === 0 || rng.chance(0.3)) return randomValue(rng, type);
    const item: unknown = rng.pick(items);
    if (typeof item !== "number" && typeof item !== "bigint" && typeof item !== "string") {
      throw new TypeError(`parameter ${name} holds a ${typeof item}`);
    }
    return rng.chance(0.8) ? item : relative(rng, item);
  };
}

/** Values of one type, no two of them equal (with -0 equal to 0, and NaN to NaN). */
function distinctValues(rng: Rng, type: string, most: number): Value[] {
  const usual: Maker =
    type === "utf8" ? word : type === "int64" ? (r) => BigInt(r.int(-20, 20)) : (r) => r.int(-40, 40) / 2;
  const drawn = rng.many(rng.int(1, most), () =>
    rng.chance(0.6) ? usual(rng, type) : randomValue(rng, type),
  );
  return [...new Set(drawn)];
}

function edges(rng: Rng): number[] {
  const drawn = rng.many(rng.int(1, 12), () => (rng.chance(0.7) ? rng.int(-20, 20) / 2 : finiteFloat64(rng)));
  return [...new Set(drawn)].sort((a, b) => a - b);
}

function nonZero(rng: Rng): number {
  const x = rng.chance(0.8) ? ordinaryFloat64(rng) : finiteFloat64(rng);
  return x === 0 ? 1 : x;
}

export const arithmetic: Generators = {
  add: plain,
  sub: plain,
  mul: plain,
  div: plain,
  floorDiv: plain,
  mod: plain,
  rem: plain,
  neg: plain,
  abs: plain,
  sign: plain,
  square: anyNumber,
  reciprocal: anyNumber,
  bitAnd: plain,
  bitOr: plain,
  bitXor: plain,
  greatest: plain,
  least: plain,
  clip: plain,
  floor: anyNumber,
  ceil: anyNumber,
  trunc: anyNumber,
  rint: anyNumber,
  round: anyNumber,
  roundTo: each(decimal, digits),
};

export const logic: Generators = {
  eq: plain,
  ne: plain,
  lt: plain,
  le: plain,
  gt: plain,
  ge: plain,
  between: plain,
  isIn: unary(listed("values"), (rng, types) => ({ values: distinctValues(rng, types[0] ?? "", 12) })),
  not: plain,
  and: plain,
  or: plain,
  xor: plain,
  if: plain,
  isNull: plain,
  isNotNull: plain,
  coalesce: plain,
  nullIf: plain,
  nanToNull: unary((rng) => (rng.chance(0.3) ? NaN : float64Trouble(rng))),
  nullToNaN: anyNumber,
  fillNaN: each((rng) => (rng.chance(0.5) ? NaN : float64Trouble(rng)), float64Trouble),
};

export const casts: Generators = {
  toFloat64: plain,
  toInt64: generator((rng, [type = ""]) => [
    type === "float64" && rng.chance(0.6) ? Number(int64Trouble(rng)) : randomValue(rng, type),
  ]),
  toInt32: unary((rng) =>
    rng.chance(0.5)
      ? (rng.chance(0.5) ? 2n ** 31n : -(2n ** 31n)) + BigInt(rng.int(-2, 2))
      : BigInt.asIntN(rng.pick([32, 64]), int64Trouble(rng)),
  ),
  toBool: generator((rng, [type = ""]) => [
    type === "float64" && rng.chance(0.3) ? rng.pick([0, -0, NaN]) : randomValue(rng, type),
  ]),
  toUtf8: plain,
  toFloat32: unary((rng) => {
    const x = float64Trouble(rng);
    return rng.chance(0.5) ? neighbour(Math.fround(x), rng.int(-1, 1)) : x;
  }),
  epoch: unary(timestampTrouble, (rng) => ({ unit: rng.pick(units) })),
  toTimestamp: unary(int64Trouble, (rng) => ({ unit: rng.pick(units) })),
  castUnit: unary(timestampTrouble, (rng) => ({ from: rng.pick(units), to: rng.pick(units) })),
};

export const elementary: Generators = {
  exp: around(-760, 720),
  exp2: around(-1080, 1030),
  expm1: around(-40, 710),
  log: around(0, 3),
  log2: around(0, 3),
  log10: around(0, 1001),
  log1p: around(-1, 2),
  pow: generator(powArgs),
  sqrt: around(0, 100),
  cbrt: around(-30, 30),
  hypot: plain,
  sin: unary(angle),
  cos: unary(angle),
  tan: unary(angle),
  asin: around(-1, 1),
  acos: around(-1, 1),
  atan: around(-3, 3),
  atan2: plain,
  sinh: around(-712, 712),
  cosh: around(-712, 712),
  tanh: around(-23, 23),
  asinh: around(-5, 5),
  acosh: around(1, 3),
  atanh: around(-1, 1),
  erf: around(-6.5, 6.5),
  erfc: around(-6.5, 28),
  sigmoid: around(-750, 40),
  logit: unary((rng) => (rng.chance(0.2) ? neighbour(0.5, rng.int(-50, 50)) : mostly(probability)(rng))),
  softplus: around(-745, 40),
  degrees: anyNumber,
  radians: anyNumber,
  isNaN: notOrdinary,
  isFinite: notOrdinary,
  isInfinite: notOrdinary,
};

export const fitted: Generators = {
  standardize: eachWith((rng) => ({ mean: finiteFloat64(rng), scale: nonZero(rng) }), float64Trouble),
  minMaxScale: eachWith((rng) => ({ min: finiteFloat64(rng), scale: nonZero(rng) }), float64Trouble),
  categoryIndex: unary(listed("categories"), (rng, types) => ({
    categories: distinctValues(rng, types[0] ?? "", 20),
  })),
  bucketIndex: unary(listed("edges"), (rng) => ({ edges: edges(rng) })),
  lookupFloat64: unary(listed("keys"), (rng, types) => {
    const keys = distinctValues(rng, types[0] ?? "", 20);
    return { keys, values: keys.map(() => float64Trouble(rng)), fallback: float64Trouble(rng) };
  }),
  categoryValue: unary(listed("categories"), (rng, types) => {
    const categories = distinctValues(rng, types[0] ?? "", 20);
    const perhaps = (): number[] => (rng.chance(0.6) ? [float64Trouble(rng)] : []);
    return { categories, values: categories.map(() => float64Trouble(rng)), missing: perhaps(), unknown: perhaps() };
  }),
  quantileRank: unary(listed("quantiles"), (rng) => {
    const drawn = rng.many(rng.int(1, 12), () => (rng.chance(0.7) ? rng.int(-20, 20) / 2 : finiteFloat64(rng)));
    const quantiles = drawn.sort((a, b) => a - b);
    return { quantiles, references: quantiles.map((_, i) => i / quantiles.length), margin: rng.pick([0, 0, 1e-7, 0.5]) };
  }),
  normalQuantile: unary(mostly(probability)),
  splineBasis: unary(listed("knots"), (rng) => {
    const degree = rng.int(0, 4);
    const extrapolation = rng.pick(["constant", "linear", "continue", "periodic"]);
    const count = rng.int(2 * degree + 2 + (extrapolation === "periodic" ? 1 : 0), 2 * degree + 9);
    // Some equal: pieces without width.
    const drawn = rng.many(count, () => (rng.chance(0.7) ? rng.int(-20, 20) / 2 : (rng.float() - 0.5) * 20));
    return { knots: drawn.sort((a, b) => a - b), degree: BigInt(degree), extrapolation };
  }),
};
