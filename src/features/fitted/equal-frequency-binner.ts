import { Float64Expr } from "../../expr/functions.gen.js";
import { onlyOptions, optionsObject } from "../apply.js";
import "./k-bins-discretizer.js";

export interface EqualFrequencyBinnerOptions {
  /** Number of bins, from 2; 4 by default. */
  readonly nBins?: number;
}

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * The number of the value's bin, from 0, of `nBins` bins that hold equally many rows of the training data:
     * `kBinsDiscretizer({ strategy: "quantile", encode: "ordinal" })`, and so its rules. Null and NaN stay. As
     * Hopsworks' equal_frequency_binner, which however closes bins on the right.
     */
    equalFrequencyBinner(options?: EqualFrequencyBinnerOptions): Float64Expr;
  }
}

Float64Expr.prototype.equalFrequencyBinner = function (options) {
  const { nBins = 4, ...others } = optionsObject("equalFrequencyBinner", options);
  onlyOptions("equalFrequencyBinner", others, []);
  return this.kBinsDiscretizer({ nBins: nBins as number, strategy: "quantile", encode: "ordinal" });
};
