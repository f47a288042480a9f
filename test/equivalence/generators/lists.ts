// Generators of the functions of lists and vectors.
import type { Value } from "../oracle/value.js";
import { generator, plain, type Generator, type Generators } from "./generator.js";
import { mostly, smallInt, within } from "./numbers.js";
import type { Rng } from "./rng.js";
import { space, word } from "./texts.js";
import { elementType, listLength, listOf, randomList, randomValue, relative } from "./values.js";

/** A list of the first argument's type and a second argument. */
function listAnd(second: (rng: Rng) => Value): Generator {
  return generator((rng, types) => [randomList(rng, elementType(types[0] ?? "")), second(rng)]);
}

/** A list and a value which is often one of its elements, or near one. */
function listAndElement(rng: Rng, types: readonly string[]): Value[] {
  const items = randomList(rng, elementType(types[0] ?? ""));
  const present = items.filter((item) => item !== null);
  if (present.length === 0 || rng.chance(0.3)) return [items, randomValue(rng, types[1] ?? "")];
  const item = rng.pick(present);
  return [items, rng.chance(0.7) ? item : relative(rng, item)];
}

function twoLists(rng: Rng, nullChance: number): Value[] {
  const length = listLength(rng);
  return [listOf(rng, "float64", length, nullChance), listOf(rng, "float64", length, nullChance)];
}

const vector = generator((rng) => [listOf(rng, "float64", listLength(rng), rng.pick([0, 0, 0, 0.1]))]);

/** Equal lengths but for a few; those have no nulls, since two troubles at once have two answers. */
const twoVectors = generator((rng) => {
  if (rng.chance(0.05))
    return [listOf(rng, "float64", 3, 0), listOf(rng, "float64", rng.pick([0, 2, 4, 11]), 0)];
  const [x = null, y = null] = twoLists(rng, rng.pick([0, 0, 0, 0.05]));
  return rng.chance(0.1) ? [x, x] : [x, y];
});

function pairedLists(rng: Rng): Value[] {
  if (rng.chance(0.05)) return [listOf(rng, "float64", 3, 0), listOf(rng, "float64", 4, 0)];
  return twoLists(rng, rng.pick([0, 0, 0.2, 0.9]));
}

const comparisons = ["eq", "ne", "lt", "le", "gt", "ge"];

export const lists: Generators = {
  count: plain,
  size: plain,
  nullCount: plain,
  sum: plain,
  mean: plain,
  min: plain,
  max: plain,
  var: listAnd(smallInt(0, 3)),
  std: listAnd(smallInt(0, 3)),
  first: plain,
  last: plain,
  element: listAnd(smallInt(-12, 12)),
  quantile: listAnd(mostly(within(0, 1))),
  median: plain,
  topK: listAnd(smallInt(-2, 12)),
  sort: plain,
  nUnique: plain,
  slope: plain,
  slopeOver: generator(pairedLists),
  countWhere: generator(listAndElement, (rng, types) => ({
    op: rng.pick(types[1] === "utf8" ? comparisons.slice(0, 2) : comparisons),
  })),
  has: generator(listAndElement),
  mode: plain,
  join: listAnd((rng) =>
    rng.choose(
      () => "",
      () => ",",
      () => space(rng),
      () => word(rng),
    ),
  ),
  diffs: plain,
};

export const vectors: Generators = {
  dot: twoVectors,
  l1Norm: vector,
  l2Norm: vector,
  maxNorm: vector,
  cosineSimilarity: twoVectors,
  euclideanDistance: twoVectors,
  manhattanDistance: twoVectors,
  squaredDistance: twoVectors,
};
