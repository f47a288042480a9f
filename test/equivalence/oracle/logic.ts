// Comparison, three-valued logic, null handling.
import {
  bool,
  compareText,
  define,
  float,
  listParam,
  listTypes,
  scalarTypes,
  type Family,
  type OracleFunction,
  type Value,
} from "./value.js";

const everyType = [...scalarTypes, ...listTypes];
const orderedTypes = ["float64", "int64", "utf8", "timestamp"];

/** Negative, zero or positive; NaN where float64s are unordered, for which every order test is false. */
function order(x: Value | undefined, y: Value | undefined): number {
  if (typeof x === "string" && typeof y === "string") return compareText(x, y);
  if (typeof x === "bigint" && typeof y === "bigint") return x < y ? -1 : x > y ? 1 : 0;
  if (typeof x === "boolean" && typeof y === "boolean") return Number(x) - Number(y);
  const [a, b] = [float(x), float(y)];
  if (Number.isNaN(a) || Number.isNaN(b)) return NaN;
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparison(
  test: (order: number) => boolean,
  types: readonly string[] = orderedTypes,
): OracleFunction {
  return define(
    types.map((type) => `${type} ${type} -> bool`),
    ([x, y]) => test(order(x, y)),
  );
}

/** Equality as `eq` sees it: NaN equals nothing, -0 equals 0. */
export function equal(x: Value | undefined, y: Value | undefined): boolean {
  return order(x, y) === 0;
}

export const comparisons: Family = {
  eq: comparison((o) => o === 0, [...orderedTypes, "bool"]),
  ne: comparison((o) => o !== 0, [...orderedTypes, "bool"]),
  lt: comparison((o) => o < 0),
  le: comparison((o) => o <= 0),
  gt: comparison((o) => o > 0),
  ge: comparison((o) => o >= 0),
  between: define(
    orderedTypes.map((type) => `${type} ${type} ${type} -> bool`),
    ([x, low, high]) => order(low, x) <= 0 && order(x, high) <= 0,
  ),
  isIn: define(["float64 -> bool", "int64 -> bool", "utf8 -> bool"], ([x], params, types) =>
    listParam(params, "values", types[0] ?? "").some((value) => equal(x, value)),
  ),
};

export const logic: Family = {
  not: define("bool -> bool", ([x]) => !bool(x)),
  and: define(
    "bool bool -> bool",
    ([x, y]) => {
      if (x === false || y === false) return false;
      return x === null || y === null ? null : true;
    },
    { handlesNull: true },
  ),
  or: define(
    "bool bool -> bool",
    ([x, y]) => {
      if (x === true || y === true) return true;
      return x === null || y === null ? null : false;
    },
    { handlesNull: true },
  ),
  xor: define("bool bool -> bool", ([x, y]) => bool(x) !== bool(y)),
  if: define(
    everyType.map((type) => `bool ${type} ${type} -> ${type}`),
    ([condition, then, otherwise]) => (condition === true ? then : otherwise) ?? null,
    { handlesNull: true },
  ),
};

export const nulls: Family = {
  isNull: define(
    everyType.map((type) => `${type} -> bool`),
    ([x]) => x === null,
    { handlesNull: true },
  ),
  isNotNull: define(
    everyType.map((type) => `${type} -> bool`),
    ([x]) => x !== null,
    { handlesNull: true },
  ),
  coalesce: define(
    everyType.map((type) => `${type} ${type} -> ${type}`),
    ([x, y]) => x ?? y ?? null,
    { handlesNull: true },
  ),
  nullIf: define(
    ["float64", "int64", "utf8"].map((type) => `${type} ${type} -> ${type}`),
    ([x, y]) => {
      if (x === null || x === undefined || y === null) return x ?? null;
      return equal(x, y) ? null : x;
    },
    { handlesNull: true },
  ),
  nanToNull: define("float64 -> float64", ([x]) => (Number.isNaN(float(x)) ? null : float(x))),
  nullToNaN: define("float64 -> float64", ([x]) => x ?? NaN, { handlesNull: true }),
  fillNaN: define("float64 float64 -> float64", ([x, y]) => (Number.isNaN(float(x)) ? float(y) : float(x))),
};
