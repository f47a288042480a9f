import { call } from "../../expr/call.js";
import type { Expr } from "../../expr/expr.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyTransform, choice, onlyOptions, option } from "../apply.js";
import { defineTransform, type Accumulator, type FitColumn, type StateValue } from "../transform.js";
import { linspace, Quantiles } from "./statistics/quantiles.js";

export interface QuantileTransformerOptions {
  /** Number of quantiles, at most that of the rows; 1000 by default. */
  readonly nQuantiles?: number;
  /** What the training data are spread to: [0, 1] evenly ("uniform", the default), or a standard normal distribution. */
  readonly outputDistribution?: "uniform" | "normal";
}

type Options = Required<QuantileTransformerOptions>;

type State = {
  readonly count: number;
  readonly quantiles: readonly number[];
  /** 0: exact. */
  readonly rankError: number;
};

/** Nearer than this to either end counts as the end of a normal distribution; it also bounds the result. */
const MARGIN = 1e-7;
/** The normal quantiles of MARGIN and 1 - MARGIN, less and plus one epsilon, as scikit-learn has them. */
const LOWEST = -5.199337582605575;
const GREATEST = 5.19933758270342;

class QuantileTransformerFit implements Accumulator<State> {
  readonly #quantiles = new Quantiles();
  readonly #options: Options;
  #rows = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  update(column: FitColumn): void {
    this.#quantiles.update(column);
    this.#rows += column.length;
  }

  merge(other: this): void {
    this.#quantiles.merge(other.#quantiles);
    this.#rows += other.#rows;
  }

  save(): StateValue {
    return { rows: this.#rows, quantiles: this.#quantiles.save() };
  }

  restore(saved: StateValue): void {
    const { rows, quantiles } = saved as { rows: number; quantiles: StateValue };
    this.#rows = rows;
    this.#quantiles.restore(quantiles);
  }

  finish(): State {
    const { values, rankError } = this.#quantiles.at(
      // scikit-learn goes by percent and back; its rounding is kept.
      references(Math.min(this.#options.nQuantiles, this.#rows)).map((reference) => (reference * 100) / 100),
    );
    let greatest = -Infinity;
    const quantiles = values.map((value) => (greatest = Math.max(greatest, value)));
    return { count: this.#quantiles.count, quantiles, rankError };
  }
}

function references(count: number): number[] {
  return count === 1 ? [0] : linspace(0, 1, count);
}

function lower(x: Expr, state: State, options: Options): Expr {
  const normal = options.outputDistribution === "normal";
  const rank = call("quantileRank", [x], {
    quantiles: state.quantiles,
    references: references(state.quantiles.length),
    margin: normal ? MARGIN : 0,
  });
  return normal ? call("clip", [call("normalQuantile", [rank]), LOWEST, GREATEST]) : rank;
}

const quantileTransformer = defineTransform<Options, State>({
  name: "quantileTransformer",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("quantileTransformer", given, ["nQuantiles", "outputDistribution"]);
    const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 100_000;
    return {
      nQuantiles: option("quantileTransformer", given, "nQuantiles", 1000, "an integer from 1 to 100000", isNumber),
      outputDistribution: choice("quantileTransformer", given, "outputDistribution", ["uniform", "normal"]),
    };
  },
  begin: (options) => new QuantileTransformerFit(options),
  lower,
  describe: (state) => [
    ["count", state.count],
    ["quantiles", state.quantiles.length],
    ["min", state.quantiles[0] as number],
    ["median", state.quantiles[state.quantiles.length >> 1] as number],
    ["max", state.quantiles.at(-1) as number],
    ["rank error", state.rankError],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * The fraction of the training data below x (nulls and NaN left out), by linear interpolation between
     * quantiles; or with `outputDistribution: "normal"` the normal quantile of that fraction. Null and NaN stay.
     * As scikit-learn's QuantileTransformer, which however fits on 10,000 rows drawn by chance: here on all.
     * Exact up to 16,777,216 values.
     */
    quantileTransformer(options?: QuantileTransformerOptions): Float64Expr;
  }
}

Float64Expr.prototype.quantileTransformer = function (options) {
  return applyTransform(quantileTransformer, this, options);
};
