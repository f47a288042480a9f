import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { DefinitionError } from "../../errors.js";
import { applyTransform, isBoolean, onlyOptions, option, percentRange } from "../apply.js";
import { defineTransform } from "../transform.js";
import { normalQuantile } from "./statistics/normal.js";
import { nonZeroScale, tooLarge } from "./statistics/numbers.js";
import { Quantiles } from "./statistics/quantiles.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface RobustScalerOptions {
  /** Subtract the median; true by default. */
  readonly withCentering?: boolean;
  /** Divide by the distance of the two quantiles; true by default. */
  readonly withScaling?: boolean;
  /** The quantiles in percent; [25, 75] by default. */
  readonly quantileRange?: readonly [low: number, high: number];
  /** Scale so that normally distributed data get variance 1; false by default. */
  readonly unitVariance?: boolean;
}

type Options = Required<RobustScalerOptions>;

type State = {
  readonly count: number;
  readonly center: number;
  readonly low: number;
  readonly high: number;
  readonly scale: number;
  /** 0: exact. */
  readonly rankError: number;
};

class RobustScalerFit extends StatisticFit<Quantiles, State> {
  protected readonly statistic = new Quantiles();
  readonly #options: Options;

  constructor(options: Options) {
    super();
    this.#options = options;
  }

  finish(): State {
    const { withScaling, unitVariance, quantileRange } = this.#options;
    const fractions = quantileRange.map((percent) => percent / 100) as [number, number];
    const { median: center, values, rankError } = this.statistic.at(fractions);
    const [low, high] = values as [number, number];
    if (!Number.isFinite(high - low)) throw tooLarge();
    const range = nonZeroScale(high - low);
    const unit = unitVariance ? normalQuantile(fractions[1]) - normalQuantile(fractions[0]) : 1;
    return { count: this.statistic.count, center, low, high, scale: withScaling ? range / unit : 1, rankError };
  }
}

const robustScaler = defineTransform<Options, State>({
  name: "robustScaler",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("robustScaler", given, ["withCentering", "withScaling", "quantileRange", "unitVariance"]);
    const quantileRange = percentRange("robustScaler", given, "quantileRange", [25, 75]);
    const unitVariance = option("robustScaler", given, "unitVariance", false, "a boolean", isBoolean);
    // A normal distribution has no quantile at 0 or 100, and no distance between equal ones.
    if (unitVariance && !(quantileRange[0] > 0 && quantileRange[0] < quantileRange[1] && quantileRange[1] < 100)) {
      throw new DefinitionError("INVALID_PARAMETER", "robustScaler: option unitVariance needs a quantileRange within (0, 100)", {
        expected: "0 < low < high < 100",
        actual: `[${quantileRange.join(", ")}]`,
      });
    }
    return {
      withCentering: option("robustScaler", given, "withCentering", true, "a boolean", isBoolean),
      withScaling: option("robustScaler", given, "withScaling", true, "a boolean", isBoolean),
      quantileRange,
      unitVariance,
    };
  },
  begin: (options) => new RobustScalerFit(options),
  lower: (x, state, options) => call("standardize", [x], { mean: options.withCentering ? state.center : 0, scale: state.scale }),
  describe: (state) => [
    ["count", state.count],
    ["median", state.center],
    ["lower quantile", state.low],
    ["upper quantile", state.high],
    ["scale", state.scale],
    ["rank error", state.rankError],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * (x - median) / (distance of two quantiles), of the training data (nulls and NaN left out; a distance of
     * zero counts as 1). Null and NaN stay. As scikit-learn's RobustScaler. Exact up to 16,777,216 values; past
     * them the state tells the rank error.
     */
    robustScaler(options?: RobustScalerOptions): Float64Expr;
  }
}

Float64Expr.prototype.robustScaler = function (options) {
  return applyTransform(robustScaler, this, options);
};
