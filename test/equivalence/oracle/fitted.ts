// The kernels that fitted transformations lower to.
// The normal quantile of fitting solves for it by series, continued fraction and Newton's method: another way
// than the kernel's.
import { normalQuantile } from "../../../src/features/fitted/statistics/normal.js";
import { define, float, floatParam, listParam, OracleFailure, type Family, type Params, type Value } from "./value.js";

/** Position of x in a list, -1 if absent. Here NaN is NaN, and -0 is 0. */
function position(x: Value | undefined, items: readonly Value[]): number {
  return items.findIndex((item) => item === x || (Number.isNaN(item) && Number.isNaN(x)));
}

function lookup(x: Value | undefined, params: Params, type: string): number {
  const at = position(x, listParam(params, "keys", type));
  const values = listParam(params, "values", "float64").map(float);
  return values[at] ?? floatParam(params, "fallback");
}

const keyTypes = ["utf8", "float64", "int64"];

export const fitted: Family = {
  standardize: define(
    "float64 -> float64",
    ([x], params) => (float(x) - floatParam(params, "mean")) / floatParam(params, "scale"),
  ),
  minMaxScale: define(
    "float64 -> float64",
    ([x], params) => float(x) * floatParam(params, "scale") + floatParam(params, "min"),
  ),
  categoryIndex: define(
    keyTypes.map((type) => `${type} -> int64`),
    ([x], params, types) => BigInt(position(x, listParam(params, "categories", types[0] ?? ""))),
  ),
  bucketIndex: define("float64 -> int64", ([x], params) => {
    if (Number.isNaN(float(x))) return null;
    return BigInt(listParam(params, "edges", "float64").filter((edge) => float(edge) <= float(x)).length);
  }),
  lookupFloat64: define(
    keyTypes.map((type) => `${type} -> float64`),
    ([x], params, types) => lookup(x, params, types[0] ?? ""),
  ),
  categoryValue: define(
    keyTypes.map((type) => `${type} -> float64`),
    ([x], params, types) => {
      const given = (name: string): readonly number[] => listParam(params, name, "float64").map(float);
      const missing = x === null || Number.isNaN(x);
      const at = missing ? -1 : position(x, listParam(params, "categories", types[0] ?? ""));
      const answer = at >= 0 ? given("values")[at] : ((missing ? given("missing")[0] : undefined) ?? given("unknown")[0]);
      if (answer === undefined) throw new OracleFailure("UNKNOWN_CATEGORY");
      return answer;
    },
    { handlesNull: true },
  ),
  quantileRank: define("float64 -> float64", ([x], params) => rank(float(x), params)),
  normalQuantile: define(
    "float64 -> float64",
    ([x]) => {
      const p = float(x);
      if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
      return p > 0 && p < 1 ? normalQuantile(p) : NaN;
    },
    { ulps: 40, absolute: 1e-15 },
  ),
};

/** The mean of NumPy's interp from the left and from the right, as scikit-learn's QuantileTransformer. */
function rank(x: number, params: Params): number {
  const quantiles = listParam(params, "quantiles", "float64").map(float);
  const references = listParam(params, "references", "float64").map(float);
  const margin = floatParam(params, "margin");
  const low = quantiles[0] ?? NaN;
  const high = quantiles.at(-1) ?? NaN;
  if (margin > 0 ? x - margin < low : x === low) return 0;
  if (margin > 0 ? x + margin > high : x === high) return 1;
  const mirror = (values: readonly number[]): number[] => values.map((value) => -value).reverse();
  return 0.5 * (interpolate(x, quantiles, references) - interpolate(-x, mirror(quantiles), mirror(references)));
}

function interpolate(x: number, xs: readonly number[], ys: readonly number[]): number {
  const at = xs.findLastIndex((value) => value <= x);
  const [x0 = NaN, x1 = NaN] = [xs[at], xs[at + 1]];
  const [y0 = NaN, y1 = NaN] = [ys[at], ys[at + 1]];
  if (Number.isNaN(x)) return x;
  if (at === -1) return ys[0] ?? NaN;
  if (at === xs.length - 1 || x0 === x) return y0;
  return ((y1 - y0) / (x1 - x0)) * (x - x0) + y0;
}
