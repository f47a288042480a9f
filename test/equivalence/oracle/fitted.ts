// The kernels that fitted transformations lower to.
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
};
