import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyTransform, isBoolean, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { isConstant, Moments } from "./statistics/moments.js";
import { noValues } from "./statistics/numbers.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface StandardScalerOptions {
  /** Subtract the mean; true by default. */
  readonly withMean?: boolean;
  /** Divide by the standard deviation; true by default. */
  readonly withStd?: boolean;
}

type Options = Required<StandardScalerOptions>;

type State = {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
  readonly scale: number;
};

class StandardScalerFit extends StatisticFit<Moments, State> {
  protected readonly statistic = new Moments();
  readonly #options: Options;

  constructor(options: Options) {
    super();
    this.#options = options;
  }

  finish(): State {
    const { count, mean } = this.statistic;
    if (count === 0) throw noValues();
    const { variance } = this.statistic;
    return { count, mean, variance, scale: !this.#options.withStd || isConstant(count, mean, variance) ? 1 : Math.sqrt(variance) };
  }
}

const standardScaler = defineTransform<Options, State>({
  name: "standardScaler",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("standardScaler", given, ["withMean", "withStd"]);
    return {
      withMean: option("standardScaler", given, "withMean", true, "a boolean", isBoolean),
      withStd: option("standardScaler", given, "withStd", true, "a boolean", isBoolean),
    };
  },
  begin: (options) => new StandardScalerFit(options),
  lower: (x, state, options) => call("standardize", [x], { mean: options.withMean ? state.mean : 0, scale: state.scale }),
  describe: (state) => [
    ["count", state.count],
    ["mean", state.mean],
    ["variance", state.variance],
    ["scale", state.scale],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * (x - mean) / standard deviation, both of the training data (population variance; nulls and NaN left out; a
     * constant column is only centred). Null and NaN stay. As scikit-learn's StandardScaler.
     */
    standardScaler(options?: StandardScalerOptions): Float64Expr;
  }
}

Float64Expr.prototype.standardScaler = function (options) {
  return applyTransform(standardScaler, this, options);
};
