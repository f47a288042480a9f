import { call } from "../../expr/call.js";
import type { Expr } from "../../expr/expr.js";
import { choice, onlyOptions, optionsObject } from "../apply.js";
import { FeatureColumns, numericColumns } from "../columns.js";

export interface NormalizerOptions {
  /** The norm that each row is divided by: the Euclidean length ("l2", the default), the sum or the greatest of the absolute values. */
  readonly norm?: "l2" | "l1" | "max";
}

/** scikit-learn's rule for what it divides by: below ten machine epsilons it counts as 0, and the row stays as it is. */
const LEAST_NORM = 10 * Number.EPSILON;

function normOf(xs: readonly Expr[], norm: "l2" | "l1" | "max"): Expr {
  const parts = xs.map((x) => call(norm === "l2" ? "square" : "abs", [x]));
  const total = parts.reduce((left, right) => call(norm === "max" ? "greatest" : "add", [left, right]));
  return norm === "l2" ? call("sqrt", [total]) : total;
}

declare module "../columns.js" {
  interface FeatureColumns {
    /**
     * Each row divided by its norm, column by column under the same names. A row of zeros (a norm below 2.2e-15)
     * stays. Null or NaN in any column makes all of them null or NaN. Learns nothing, so it needs no fitting. As
     * scikit-learn's Normalizer, which however refuses NaN.
     */
    normalizer(options?: NormalizerOptions): FeatureColumns;
  }
}

FeatureColumns.prototype.normalizer = function (options) {
  const given = optionsObject("normalizer", options);
  onlyOptions("normalizer", given, ["norm"]);
  const xs = numericColumns("normalizer", this);
  const norm = normOf(xs, choice("normalizer", given, "norm", ["l2", "l1", "max"]));
  const divisor = call("if", [call("lt", [norm, LEAST_NORM]), 1, norm]);
  return new FeatureColumns(xs.map((x) => call("div", [x, divisor])), this.names, this.output);
};
