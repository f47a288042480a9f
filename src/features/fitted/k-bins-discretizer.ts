import { FitError } from "../../errors.js";
import { call } from "../../expr/call.js";
import type { ColumnsExpr, Expr } from "../../expr/expr.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyColumns, applyTransform, choice, onlyOptions, option } from "../apply.js";
import { defineTransform, type Accumulator, type FitColumn, type Lowered, type StateValue } from "../transform.js";
import { noValues, tooLarge, Extremes } from "./statistics/numbers.js";
import { kMeansCenters } from "./statistics/k-means.js";
import { linspace, Quantiles } from "./statistics/quantiles.js";

export interface KBinsDiscretizerOptions {
  /** Number of bins, from 2; 5 by default. */
  readonly nBins?: number;
  /** A column a bin ("onehot", the default), or the bin's number. */
  readonly encode?: "onehot" | "ordinal";
  /** Bins of equally many rows ("quantile", the default), of equal width, or around the centers of k clusters ("kmeans"). */
  readonly strategy?: "quantile" | "uniform" | "kmeans";
}

type Options = Required<KBinsDiscretizerOptions>;

type State = {
  readonly count: number;
  /** From the least to the greatest value; [-Infinity, Infinity] of a constant column. */
  readonly binEdges: readonly number[];
  /** 0: exact. */
  readonly rankError: number;
};

/** Narrower bins are dropped, as scikit-learn does. */
const LEAST_WIDTH = 1e-8;

class KBinsFit implements Accumulator<State> {
  readonly #options: Options;
  readonly #extremes = new Extremes();
  readonly #quantiles = new Quantiles();

  constructor(options: Options) {
    this.#options = options;
  }

  update(column: FitColumn): void {
    this.#extremes.update(column);
    if (this.#options.strategy !== "uniform") this.#quantiles.update(column);
  }

  merge(other: this): void {
    this.#extremes.merge(other.#extremes);
    this.#quantiles.merge(other.#quantiles);
  }

  save(): StateValue {
    return { extremes: this.#extremes.save(), quantiles: this.#quantiles.save() };
  }

  restore(saved: StateValue): void {
    const { extremes, quantiles } = saved as { extremes: StateValue; quantiles: StateValue };
    this.#extremes.restore(extremes);
    this.#quantiles.restore(quantiles);
  }

  finish(): State {
    const { nBins, strategy } = this.#options;
    const { count, min, max } = this.#extremes;
    if (count === 0) throw noValues();
    if (!Number.isFinite(max - min)) throw tooLarge();
    if (min === max) return { count, binEdges: [-Infinity, Infinity], rankError: 0 };
    if (strategy === "uniform") {
      const binEdges = linspace(min, max, nBins + 1);
      if (binEdges.some((edge, i) => i > 0 && !(edge > (binEdges[i - 1] as number)))) {
        throw new FitError("OUT_OF_RANGE", `the values from ${min} to ${max} are too close together for ${nBins} bins`, {
          fix: "Use fewer bins",
        });
      }
      return { count, binEdges, rankError: 0 };
    }
    const { values, rankError } = strategy === "kmeans" ? this.#clusters(min, max) : this.#quantiles.at(linspace(0, 100, nBins + 1).map((percent) => percent / 100));
    const binEdges = values.filter((edge, i) => i === 0 || edge - (values[i - 1] as number) > LEAST_WIDTH);
    return { count, binEdges, rankError };
  }

  /** The ends of the values, and between them the middles of neighbouring clusters' centers. */
  #clusters(min: number, max: number): { values: readonly number[]; rankError: number } {
    const { nBins } = this.#options;
    const { values, rankError } = this.#quantiles.sample();
    if (values.length < nBins) {
      throw new FitError("OUT_OF_RANGE", `${values.length} values cannot make ${nBins} clusters`, { fix: "Use fewer bins" });
    }
    const edges = linspace(min, max, nBins + 1);
    const sorted = values.slice().sort();
    const distinct = Array.from(sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]).subarray(0, nBins));
    // Fewer values than clusters: each is one. (scikit-learn warns and leaves it to rounding which.)
    const centers = distinct.length < nBins ? distinct : kMeansCenters(sorted, edges.slice(1).map((edge, i) => (edge + (edges[i] as number)) * 0.5));
    return { values: [min, ...centers.slice(1).map((center, i) => (center + (centers[i] as number)) * 0.5), max], rankError };
  }
}

function lower(x: Expr, state: State, options: Options): Lowered {
  const bin = call("toFloat64", [call("bucketIndex", [x], { edges: state.binEdges.slice(1, -1) })]);
  // bucketIndex gives null for NaN; NaN stays NaN here.
  if (options.encode === "ordinal") return call("if", [call("isNaN", [x]), x, bin]);
  const bins = Math.max(1, state.binEdges.length - 1);
  return Array.from({ length: bins }, (_, i) => ({ suffix: String(i), expr: call("eq", [bin, i]) }));
}

const kBinsDiscretizer = defineTransform<Options, State>({
  name: "kBinsDiscretizer",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("kBinsDiscretizer", given, ["nBins", "encode", "strategy"]);
    const isBins = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 2 && (value as number) <= 65_536;
    return {
      nBins: option("kBinsDiscretizer", given, "nBins", 5, "an integer from 2 to 65536", isBins),
      encode: choice("kBinsDiscretizer", given, "encode", ["onehot", "ordinal"]),
      strategy: choice("kBinsDiscretizer", given, "strategy", ["quantile", "uniform", "kmeans"]),
    };
  },
  begin: (options) => new KBinsFit(options),
  lower,
  describe: (state) => [
    ["count", state.count],
    ["bins", Math.max(1, state.binEdges.length - 1)],
    ...state.binEdges.map((edge, i) => [`edge ${i}`, edge] as const),
    ["rank error", state.rankError],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * The bin that holds the value, from 0: bins of equally many training rows, of equal width or nearest to one
     * of k clusters' centers, closed on the
     * left; values beyond the training data's are in the first or last bin. As columns `<feature>_<bin>`, or as
     * a number with `encode: "ordinal"`. Bins not wider than 1e-8 are merged into the next; a constant column
     * has one bin. Null and NaN are in no bin: they stay in the number and are null in every column. As
     * scikit-learn's KBinsDiscretizer, which refuses NaN.
     */
    kBinsDiscretizer(options: KBinsDiscretizerOptions & { readonly encode: "ordinal" }): Float64Expr;
    kBinsDiscretizer(options?: KBinsDiscretizerOptions & { readonly encode?: "onehot" }): ColumnsExpr;
  }
}

Float64Expr.prototype.kBinsDiscretizer = function (this: Float64Expr, options?: KBinsDiscretizerOptions) {
  if (options?.encode === "ordinal") return applyTransform(kBinsDiscretizer, this, options);
  return applyColumns(kBinsDiscretizer, this, options);
} as Float64Expr["kBinsDiscretizer"];
