import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyTransform, onlyOptions, percentRange } from "../apply.js";
import { defineTransform } from "../transform.js";
import { Quantiles } from "./statistics/quantiles.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface WinsorizerOptions {
  /** The quantiles in percent beyond which values are moved in; [1, 99] by default. */
  readonly quantileRange?: readonly [low: number, high: number];
}

type Options = Required<WinsorizerOptions>;

type State = {
  readonly count: number;
  readonly low: number;
  readonly high: number;
  /** 0: exact. */
  readonly rankError: number;
};

class WinsorizerFit extends StatisticFit<Quantiles, State> {
  protected readonly statistic = new Quantiles();
  readonly #options: Options;

  constructor(options: Options) {
    super();
    this.#options = options;
  }

  finish(): State {
    const { values, rankError } = this.statistic.at(this.#options.quantileRange.map((percent) => percent / 100));
    const [low, high] = values as [number, number];
    return { count: this.statistic.count, low, high, rankError };
  }
}

const winsorizer = defineTransform<Options, State>({
  name: "winsorizer",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("winsorizer", given, ["quantileRange"]);
    return { quantileRange: percentRange("winsorizer", given, "quantileRange", [1, 99]) };
  },
  begin: (options) => new WinsorizerFit(options),
  lower: (x, state) => call("clip", [x, state.low, state.high]),
  describe: (state) => [
    ["count", state.count],
    ["low", state.low],
    ["high", state.high],
    ["rank error", state.rankError],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * Values beyond two quantiles of the training data (nulls and NaN left out, NumPy's linear interpolation)
     * become those quantiles. Null and NaN stay. Exact up to 16,777,216 values.
     */
    winsorizer(options?: WinsorizerOptions): Float64Expr;
  }
}

Float64Expr.prototype.winsorizer = function (options) {
  return applyTransform(winsorizer, this, options);
};
