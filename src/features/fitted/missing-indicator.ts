import { call } from "../../expr/call.js";
import type { Expr } from "../../expr/expr.js";
import { BoolExpr, Float64Expr, Int64Expr, Utf8Expr } from "../../expr/functions.gen.js";

interface Indication {
  /**
   * True where x is missing: null, or NaN of float64. Learns nothing, so it needs no fitting. As scikit-learn's
   * MissingIndicator with `features="all"`.
   */
  missingIndicator(): BoolExpr;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr extends Indication {}
  interface Float64Expr extends Indication {}
  interface Int64Expr extends Indication {}
  interface BoolExpr extends Indication {}
}

for (const { prototype } of [Utf8Expr, Float64Expr, Int64Expr, BoolExpr]) {
  (prototype as Indication).missingIndicator = function (this: Expr) {
    return call("isNull", [this.type.kind === "float64" ? call("nanToNull", [this]) : this]) as BoolExpr;
  };
}
