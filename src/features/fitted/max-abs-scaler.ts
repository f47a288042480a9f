import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyTransform, onlyOptions } from "../apply.js";
import { defineTransform } from "../transform.js";
import { Extremes, noValues, nonZeroScale } from "./statistics/numbers.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

type State = {
  readonly count: number;
  readonly maxAbs: number;
  readonly scale: number;
};

class MaxAbsScalerFit extends StatisticFit<Extremes, State> {
  protected readonly statistic = new Extremes();

  finish(): State {
    const { count, min, max } = this.statistic;
    if (count === 0) throw noValues();
    const maxAbs = Math.max(Math.abs(min), Math.abs(max));
    return { count, maxAbs, scale: nonZeroScale(maxAbs) };
  }
}

const maxAbsScaler = defineTransform<object, State>({
  name: "maxAbsScaler",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("maxAbsScaler", given, []);
    return {};
  },
  begin: () => new MaxAbsScalerFit(),
  lower: (x, state) => call("div", [x, state.scale]),
  describe: (state) => [
    ["count", state.count],
    ["max abs", state.maxAbs],
    ["scale", state.scale],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * Divided by the greatest absolute value of the training data (nulls and NaN left out; a column of zeros
     * stays). Null and NaN stay. As scikit-learn's MaxAbsScaler.
     */
    maxAbsScaler(options?: Readonly<Record<string, never>>): Float64Expr;
  }
}

Float64Expr.prototype.maxAbsScaler = function (options) {
  return applyTransform(maxAbsScaler, this, options);
};
