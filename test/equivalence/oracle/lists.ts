// Aggregates of one list. Sums are added in eight lanes, whose order is part of the contract.
import { equal } from "./logic.js";
import { requireTextSize } from "./text.js";
import {
  define,
  elements,
  float,
  floats,
  int,
  int64,
  ints,
  list,
  listTypes,
  text,
  textParam,
  type Family,
  type OracleFunction,
  type Value,
} from "./value.js";

export function laneSum(values: readonly number[]): number {
  const lanes = [0, 0, 0, 0, 0, 0, 0, 0];
  values.forEach((value, i) => (lanes[i % 8] = (lanes[i % 8] ?? 0) + value));
  const [l0 = 0, l1 = 0, l2 = 0, l3 = 0, l4 = 0, l5 = 0, l6 = 0, l7 = 0] = lanes;
  return l0 + l4 + (l2 + l6) + (l1 + l5 + (l3 + l7));
}

/** Ascending, -0 before 0, NaN last. */
export function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (a === 0 && b === 0) return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
    return a < b ? -1 : a > b ? 1 : 0;
  });
}

export function mean(values: readonly number[]): number {
  return laneSum(values) / values.length;
}

function variance(values: readonly number[], ddof: bigint): number | null {
  const degrees = BigInt(values.length) - ddof;
  if (degrees <= 0n) return null;
  const center = mean(values);
  return laneSum(values.map((x) => (x - center) * (x - center))) / Number(degrees);
}

/** The least (direction -1) or greatest (1) of the elements. */
function extreme(x: Value | undefined, direction: 1 | -1): Value {
  const [first, ...rest] = elements(x);
  if (first === undefined) return null;
  if (typeof first === "bigint") {
    return rest.map(int).reduce((best, y) => (y > best === (direction === 1) ? y : best), first);
  }
  const pickOne = direction === 1 ? Math.max : Math.min;
  return rest.map(float).reduce((best, y) => pickOne(best, y), float(first));
}

/** Linear interpolation between order statistics, the default of NumPy. */
function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0 || !(q >= 0 && q <= 1)) return null;
  if (values.some(Number.isNaN)) return NaN;
  const sorted = ascending(values);
  const h = (values.length - 1) * q;
  const below = Math.floor(h);
  const a = sorted[below] ?? NaN;
  // On an element there is nothing to interpolate, not even with an infinite neighbour.
  if (h === below) return a;
  const b = sorted[Math.min(below + 1, values.length - 1)] ?? NaN;
  return a === b ? a : a + (h - below) * (b - a);
}

function topK(values: readonly number[], k: bigint): readonly number[] {
  if (k <= 0n) return [];
  const numbers = ascending(values.filter((x) => !Number.isNaN(x))).reverse();
  const ordered = [...numbers, ...values.filter(Number.isNaN)];
  return k >= BigInt(ordered.length) ? ordered : ordered.slice(0, Number(k));
}

/** What makes two elements the same: -0 is 0, every NaN is NaN. Map and Set compare keys just so. */
function distinct(x: Value | undefined): ReadonlySet<Value> {
  return new Set(elements(x));
}

function mode(x: Value | undefined): Value {
  const all = elements(x);
  const counts = new Map<Value, number>();
  for (const value of all) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return all.find((value) => counts.get(value) === most) ?? null;
}

function slope(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 2) return null;
  const center = (n - 1) / 2;
  return laneSum(values.map((value, i) => (i - center) * value)) / ((n * (n * n - 1)) / 12);
}

function element(values: readonly Value[], index: bigint): Value {
  const at = index < 0n ? index + BigInt(values.length) : index;
  return at < 0n ? null : (values[Number(at)] ?? null);
}

const tests: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
  lt: (x, y) => x < y,
  le: (x, y) => x <= y,
  gt: (x, y) => x > y,
  ge: (x, y) => x >= y,
};

function countWhere(x: Value | undefined, v: Value | undefined, op: string): bigint {
  const test = tests[op];
  if (test === undefined) throw new RangeError(`no such comparison: ${op}`);
  const holds = (item: Value): boolean =>
    typeof item === "string" ? (item === v) === (op === "eq") : test(float(item), float(v));
  return BigInt(elements(x).filter(holds).length);
}

function difference(values: readonly number[]): readonly number[] {
  return values.slice(1).map((value, i) => value - (values[i] ?? NaN));
}

function join(parts: readonly string[], separator: string): string {
  const joined = parts.join(separator);
  requireTextSize(joined);
  return joined;
}

function elementOf(read: (values: readonly Value[]) => Value | undefined): OracleFunction {
  return define(
    listTypes.map((type) => `${type} -> ${type.slice(5, -1)}`),
    ([x]) => read(elements(x)) ?? null,
  );
}

function counting(count: (x: readonly Value[]) => number): OracleFunction {
  return define(
    listTypes.map((type) => `${type} -> int64`),
    ([x]) => BigInt(count(list(x))),
  );
}

function ofFloats(f: (values: readonly number[]) => Value, result = "float64"): OracleFunction {
  return define(`list<float64> -> ${result}`, ([x]) => f(floats(x)));
}

const minimum = ["list<float64> -> float64", "list<int64> -> int64", "list<timestamp> -> timestamp"];

export const lists: Family = {
  count: counting((x) => x.filter((item) => item !== null).length),
  size: counting((x) => x.length),
  nullCount: counting((x) => x.filter((item) => item === null).length),
  sum: define(["list<float64> -> float64", "list<int64> -> int64"], ([x], _, types) =>
    types[0] === "list<int64>" ? int64(ints(x).reduce((sum, y) => sum + y, 0n)) : laneSum(floats(x)),
  ),
  mean: ofFloats((values) => (values.length === 0 ? null : mean(values))),
  min: define(minimum, ([x]) => extreme(x, -1)),
  max: define(minimum, ([x]) => extreme(x, 1)),
  var: define("list<float64> int64 -> float64", ([x, ddof]) => variance(floats(x), int(ddof))),
  std: define("list<float64> int64 -> float64", ([x, ddof]) => {
    const v = variance(floats(x), int(ddof));
    return v === null ? null : Math.sqrt(v);
  }),
  first: elementOf((values) => values[0]),
  last: elementOf((values) => values[values.length - 1]),
  element: define(
    listTypes.map((type) => `${type} int64 -> ${type.slice(5, -1)}`),
    ([x, index]) => element(list(x), int(index)),
  ),
  quantile: define("list<float64> float64 -> float64", ([x, q]) => quantile(floats(x), float(q))),
  median: ofFloats((values) => quantile(values, 0.5)),
  topK: define("list<float64> int64 -> list<float64>", ([x, k]) => topK(floats(x), int(k))),
  sort: ofFloats(ascending, "list<float64>"),
  nUnique: define(["list<float64> -> int64", "list<int64> -> int64", "list<utf8> -> int64"], ([x]) =>
    BigInt(distinct(x).size),
  ),
  slope: ofFloats(slope),
  countWhere: define(["list<float64> float64 -> int64", "list<utf8> utf8 -> int64"], ([x, v], params) =>
    countWhere(x, v, textParam(params, "op")),
  ),
  has: define(
    ["list<float64> float64 -> bool", "list<int64> int64 -> bool", "list<utf8> utf8 -> bool"],
    ([x, v]) => elements(x).some((item) => equal(item, v)),
  ),
  mode: define(["list<utf8> -> utf8", "list<int64> -> int64", "list<float64> -> float64"], ([x]) => mode(x)),
  join: define("list<utf8> utf8 -> utf8", ([x, separator]) => join(elements(x).map(text), text(separator))),
  diffs: ofFloats(difference, "list<float64>"),
};
