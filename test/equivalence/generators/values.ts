// Random values of every type of a plan.
import type { Value } from "../oracle/value.js";
import { float64Trouble, int64Trouble, neighbour, ordinaryFloat64 } from "./numbers.js";
import type { Rng } from "./rng.js";
import { mutated, stretch, textTrouble } from "./texts.js";
import { timestampTrouble } from "./timestamps.js";

export function randomValue(rng: Rng, type: string): Value {
  switch (type) {
    case "float64":
      return float64Trouble(rng);
    case "int64":
      return int64Trouble(rng);
    case "bool":
      return rng.chance(0.5);
    case "utf8":
      return textTrouble(rng);
    case "timestamp":
      return timestampTrouble(rng);
    default:
      return randomList(rng, elementType(type));
  }
}

/** "float64" of "list<float64>". */
export function elementType(type: string): string {
  const match = /^list<(.+)>$/.exec(type);
  if (match?.[1] === undefined) throw new TypeError(`no such type: ${type}`);
  return match[1];
}

export function listLength(rng: Rng): number {
  return rng.choose(
    () => rng.int(0, 3),
    () => rng.int(1, 12),
    () => rng.int(0, 40),
    // About the eight lanes of a sum.
    () => rng.pick([7, 8, 9, 15, 16, 17]),
  );
}

/** One way for a whole list, so that lists of ordinary numbers exist and not only ones with a NaN. */
function elementMaker(rng: Rng, type: string): () => Value {
  if (type === "float64") {
    const few = rng.many(rng.int(1, 4), () => float64Trouble(rng));
    return rng.pick([
      () => float64Trouble(rng),
      () => ordinaryFloat64(rng),
      () => ordinaryFloat64(rng),
      () => rng.int(-3, 3),
      () => rng.pick(few),
      () => rng.pick([0, -0, NaN, 1, Infinity, -Infinity]),
    ]);
  }
  if (rng.chance(0.5)) return () => randomValue(rng, type);
  const few = rng.many(rng.int(1, 5), () =>
    type === "int64" && rng.chance(0.7) ? BigInt(rng.int(-9, 9)) : randomValue(rng, type),
  );
  return () => rng.pick(few);
}

export function listOf(rng: Rng, type: string, length: number, nullChance: number): Value[] {
  const make = elementMaker(rng, type);
  return rng.many(length, () => (rng.chance(nullChance) ? null : make()));
}

export function randomList(rng: Rng, type: string): Value[] {
  return listOf(rng, type, listLength(rng), rng.pick([0, 0, 0, 0.1, 0.1, 0.3, 0.3, 0.9, 1]));
}

/** A value that stands in some relation to another of its type: equal, next to it, opposite, a part of it. */
export function relative(rng: Rng, x: Value): Value {
  if (typeof x === "number") {
    return rng.choose(
      () => x,
      () => -x,
      () => neighbour(x, rng.int(-1, 1)),
      () => x + 1,
      () => x / 2,
      () => x * rng.int(-3, 3),
    );
  }
  if (typeof x === "bigint") {
    const other = rng.choose(
      () => x,
      () => -x,
      () => x + BigInt(rng.int(-1, 1)),
      () => ~x,
      () => x / 2n,
    );
    return BigInt.asIntN(64, other);
  }
  if (typeof x === "string") {
    return rng.choose(
      () => x,
      () => mutated(rng, x),
      () => stretch(rng, x),
      () => x.toUpperCase(),
      () => x + textTrouble(rng),
    );
  }
  return x;
}

/** Values for a list of types; one in three is related to an earlier value of the same type. */
export function randomValues(rng: Rng, types: readonly string[]): Value[] {
  const values: Value[] = [];
  types.forEach((type, i) => {
    const before = values.filter((_, j) => types[j] === type);
    const related = before.length > 0 && i > 0 && rng.chance(0.35);
    values.push(related ? relative(rng, rng.pick(before)) : randomValue(rng, type));
  });
  return values;
}
