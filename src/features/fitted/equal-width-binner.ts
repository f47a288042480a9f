import { Float64Expr } from "../../expr/functions.gen.js";
import { onlyOptions, optionsObject } from "../apply.js";
import "./k-bins-discretizer.js";

export interface EqualWidthBinnerOptions {
  /** Number of bins, from 2; 10 by default. */
  readonly nBins?: number;
}

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * The number of the value's bin, from 0, of `nBins` bins of equal width between the training data's least and greatest value:
     * `kBinsDiscretizer({ strategy: "uniform", encode: "ordinal" })`, and so its rules. Null and NaN stay. As
     * Hopsworks' equal_width_binner, which however closes bins on the right.
     */
    equalWidthBinner(options?: EqualWidthBinnerOptions): Float64Expr;
  }
}

Float64Expr.prototype.equalWidthBinner = function (options) {
  const { nBins = 10, ...others } = optionsObject("equalWidthBinner", options);
  onlyOptions("equalWidthBinner", others, []);
  return this.kBinsDiscretizer({ nBins: nBins as number, strategy: "uniform", encode: "ordinal" });
};
