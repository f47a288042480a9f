import { call } from "../../expr/call.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyTransform, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { Quantiles } from "./statistics/quantiles.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface RankNormalizerOptions {
  /** Number of quantiles, and so of the steps between 0 and 1; 100 (percentiles) by default. */
  readonly nQuantiles?: number;
}

type Options = Required<RankNormalizerOptions>;

type State = {
  readonly count: number;
  /** Below which 1/n, 2/n, … n/n of the training data lie; the last is the greatest value. */
  readonly quantiles: readonly number[];
  /** 0: exact. */
  readonly rankError: number;
};

class RankFit extends StatisticFit<Quantiles, State> {
  protected readonly statistic = new Quantiles();
  readonly #options: Options;

  constructor(options: Options) {
    super();
    this.#options = options;
  }

  finish(): State {
    const n = this.#options.nQuantiles;
    const { values, rankError } = this.statistic.at(Array.from({ length: n }, (_, i) => (i + 1) / n));
    let greatest = -Infinity;
    return { count: this.statistic.count, quantiles: values.map((value) => (greatest = Math.max(greatest, value))), rankError };
  }
}

const rankNormalizer = defineTransform<Options, State>({
  name: "rankNormalizer",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("rankNormalizer", given, ["nQuantiles"]);
    const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 100_000;
    return { nQuantiles: option("rankNormalizer", given, "nQuantiles", 100, "an integer from 1 to 100000", isNumber) };
  },
  begin: (options) => new RankFit(options),
  lower(x, { quantiles }) {
    const n = quantiles.length;
    const edges = quantiles.filter((edge, i) => i === n - 1 || edge < (quantiles[i + 1] as number));
    // Of equal quantiles the last one's rank counts.
    const ranks = edges.map((edge) => (quantiles.lastIndexOf(edge) + 1) / n);
    const rank = call("lookupFloat64", [call("bucketIndex", [x], { edges })], { keys: edges.map((_, i) => i + 1), values: ranks, fallback: 0 });
    // bucketIndex gives null for NaN; NaN stays NaN here.
    return call("if", [call("isNaN", [x]), x, rank]);
  },
  describe: ({ count, quantiles, rankError }) => [
    ["count", count],
    ["quantiles", quantiles.length],
    ["least quantile", quantiles[0] as number],
    ["max", quantiles.at(-1) as number],
    ["rank error", rankError],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * The value's percentile rank: the fraction of the training data (nulls and NaN left out) that is not above it, in
     * steps of 1 / nQuantiles, from 0 below the first quantile to 1 at the greatest value and above. Null and NaN
     * stay. As Hopsworks' rank_normalizer. Exact up to 16,777,216 values.
     */
    rankNormalizer(options?: RankNormalizerOptions): Float64Expr;
  }
}

Float64Expr.prototype.rankNormalizer = function (options) {
  return applyTransform(rankNormalizer, this, options);
};
