import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyTransform, isBoolean, isFiniteNumber, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { Extremes, noValues, nonZeroScale, tooLarge } from "./statistics/numbers.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface MinMaxScalerOptions {
  /** Where the training data's least and greatest value go; [0, 1] by default. */
  readonly featureRange?: readonly [low: number, high: number];
  /** Moves values beyond the training data's range into `featureRange`; false by default. */
  readonly clip?: boolean;
}

type Options = Required<MinMaxScalerOptions>;

type State = {
  readonly count: number;
  readonly dataMin: number;
  readonly dataMax: number;
  readonly scale: number;
  /** scikit-learn's min_: added after scaling. */
  readonly min: number;
};

class MinMaxScalerFit extends StatisticFit<Extremes, State> {
  protected readonly statistic = new Extremes();
  readonly #options: Options;

  constructor(options: Options) {
    super();
    this.#options = options;
  }

  finish(): State {
    const { count, min: dataMin, max: dataMax } = this.statistic;
    if (count === 0) throw noValues();
    const [low, high] = this.#options.featureRange;
    const scale = (high - low) / nonZeroScale(dataMax - dataMin);
    const min = low - dataMin * scale;
    if (!Number.isFinite(dataMax - dataMin) || !Number.isFinite(min)) throw tooLarge();
    return { count, dataMin, dataMax, scale, min };
  }
}

const minMaxScaler = defineTransform<Options, State>({
  name: "minMaxScaler",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("minMaxScaler", given, ["featureRange", "clip"]);
    const isRange = (value: unknown): boolean => {
      if (!Array.isArray(value) || value.length !== 2 || !value.every(isFiniteNumber)) return false;
      const [low, high] = value as [number, number];
      return low < high;
    };
    const range = option<readonly [number, number]>("minMaxScaler", given, "featureRange", [0, 1], "two numbers [low, high] with low < high", isRange);
    return {
      featureRange: Object.freeze([range[0], range[1]] as const),
      clip: option("minMaxScaler", given, "clip", false, "a boolean", isBoolean),
    };
  },
  begin: (options) => new MinMaxScalerFit(options),
  lower(x, state, { clip, featureRange: [low, high] }) {
    const scaled = call("minMaxScale", [x], { min: state.min, scale: state.scale });
    return clip ? call("clip", [scaled, low, high]) : scaled;
  },
  describe: (state) => [
    ["count", state.count],
    ["min", state.dataMin],
    ["max", state.dataMax],
    ["scale", state.scale],
    ["offset", state.min],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * Scaled so that the training data's least and greatest value go to the ends of `featureRange` (nulls and NaN
     * left out; a constant column goes to the lower end). Null and NaN stay. As scikit-learn's MinMaxScaler.
     */
    minMaxScaler(options?: MinMaxScalerOptions): Float64Expr;
  }
}

Float64Expr.prototype.minMaxScaler = function (options) {
  return applyTransform(minMaxScaler, this, options);
};
