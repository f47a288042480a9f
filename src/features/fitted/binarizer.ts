import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { isFiniteNumber, onlyOptions, option } from "../apply.js";

export interface BinarizerOptions {
  /** Greater values become 1, the others 0; 0 by default. */
  readonly threshold?: number;
}

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * 1 where x is greater than the threshold, else 0. Null and NaN stay. Learns nothing, so it needs no fitting.
     * As scikit-learn's Binarizer, which however refuses NaN.
     */
    binarizer(options?: BinarizerOptions): Float64Expr;
  }
}

Float64Expr.prototype.binarizer = function (options = {}) {
  const given = options as Readonly<Record<string, unknown>>;
  onlyOptions("binarizer", given, ["threshold"]);
  const threshold = option("binarizer", given, "threshold", 0, "a finite number", isFiniteNumber);
  const above = call("toFloat64", [call("gt", [this, threshold])]);
  return call("if", [call("isNaN", [this]), this, above]) as Float64Expr;
};
