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
  splineBasis: define("float64 -> list<float64>", ([x], params) => splines(float(x), params)),
};

/** The B-splines over knots by their definition, each by itself: the recurrence of de Boor and Cox. */
function splines(x: number, params: Params): number[] {
  const knots = listParam(params, "knots", "float64").map(float);
  const degree = Number(params["degree"]);
  const beyond = params["extrapolation"];
  const at = (i: number): number => knots[i] ?? NaN;
  const last = knots.length - degree - 1;
  const low = at(degree);
  const high = at(last);
  const count = beyond === "periodic" ? last - degree : last;
  if (Number.isNaN(x)) return Array.from({ length: count }, () => NaN);
  let from = x;
  if (beyond === "constant" || beyond === "linear") from = Math.min(Math.max(x, low), high);
  if (beyond === "periodic") {
    const rest = (x - low) % (high - low);
    from = low + (rest < 0 ? rest + (high - low) : rest);
  }
  const starts = knots.slice(degree, last).filter((knot) => knot <= from || Number.isNaN(from));
  const piece = Math.max(degree + starts.length - 1, degree);

  /** A spline's part without the factor of its end: its value over the width. */
  const share = (i: number, k: number, factor: number): number => {
    const width = at(i + k + 1) - at(i);
    return i < piece - k || i > piece || width === 0 ? 0 : (factor * spline(i, k)) / width;
  };
  const spline = (i: number, k: number): number => {
    if (k === 0) return 1;
    const rising = i < piece - k + 1 || i > piece ? 0 : share(i, k - 1, 1) * (from - at(i));
    const falling = i + 1 < piece - k + 1 || i + 1 > piece ? 0 : share(i + 1, k - 1, 1) * (at(i + k + 1) - from);
    return rising + falling;
  };
  const out = Array.from({ length: count }, () => 0);
  for (let i = piece - degree; i <= piece; i++) {
    const value = out[i % count] ?? NaN;
    out[i % count] = value + spline(i, degree);
    if (beyond !== "linear" || from === x || degree === 0) continue;
    const slope = share(i, degree - 1, degree) - share(i + 1, degree - 1, degree);
    out[i] = (out[i] ?? NaN) + (x - from) * slope;
  }
  return out;
}

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
