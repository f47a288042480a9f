import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { choice, onlyOptions, optionsObject } from "../apply.js";

export interface LogTransformerOptions {
  /** The natural logarithm of x ("log", the default) or of 1 + x ("log1p"). */
  readonly function?: "log" | "log1p";
}

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * The natural logarithm of positive numbers, or of 1 + x where that is positive; NaN for all others, where `log()`
     * would give -Infinity to one of them. Null and NaN stay. Learns nothing. As Hopsworks' log_transform.
     */
    logTransformer(options?: LogTransformerOptions): Float64Expr;
  }
}

Float64Expr.prototype.logTransformer = function (options) {
  const given = optionsObject("logTransformer", options);
  onlyOptions("logTransformer", given, ["function"]);
  const name = choice("logTransformer", given, "function", ["log", "log1p"]);
  return call("if", [call("isNull", [this]), this, call("if", [call("gt", [this, name === "log" ? 0 : -1]), call(name, [this]), NaN])]) as Float64Expr;
};
