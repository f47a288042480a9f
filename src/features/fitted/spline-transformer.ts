import { call } from "../../expr/call.js";
import type { Expr } from "../../expr/expr.js";
import { Float64Expr, type Float64ListExpr } from "../../expr/functions.gen.js";
import { applyTransform, choice, isBoolean, onlyOptions, option, optionsObject } from "../apply.js";
import { FeatureColumns } from "../columns.js";
import { defineTransform, type Accumulator, type FitColumn, type StateValue } from "../transform.js";
import { Extremes, noValues, tooLarge } from "./statistics/numbers.js";
import { linspace, Quantiles } from "./statistics/quantiles.js";

export interface SplineTransformerOptions {
  /** Number of knots, from 2; 5 by default. */
  readonly nKnots?: number;
  /** Degree of the polynomials, from 0 to 15; 3 by default. */
  readonly degree?: number;
  /** Knots at equal distances ("uniform", the default) or at quantiles of the training data. */
  readonly knots?: "uniform" | "quantile";
  /** Beyond the training data: the value at the end ("constant", the default), the tangent, the last polynomial, or the whole range again. */
  readonly extrapolation?: "constant" | "linear" | "continue" | "periodic";
  /** Whether the last spline is a column too: all together add up to 1; true by default. */
  readonly includeBias?: boolean;
}

type Options = Required<Omit<SplineTransformerOptions, "includeBias">>;

type State = {
  readonly count: number;
  /** From the least to the greatest value. */
  readonly baseKnots: readonly number[];
  /** 0: exact. */
  readonly rankError: number;
};

class SplineFit implements Accumulator<State> {
  readonly #options: Options;
  readonly #extremes = new Extremes();
  readonly #quantiles = new Quantiles();

  constructor(options: Options) {
    this.#options = options;
  }

  update(column: FitColumn): void {
    if (this.#options.knots === "quantile") this.#quantiles.update(column);
    else this.#extremes.update(column);
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
    const { nKnots, knots } = this.#options;
    if (knots === "quantile") {
      const { values, rankError } = this.#quantiles.at(linspace(0, 1, nKnots));
      return checked({ count: this.#quantiles.count, baseKnots: values, rankError });
    }
    const { count, min, max } = this.#extremes;
    if (count === 0) throw noValues();
    return checked({ count, baseKnots: linspace(min, max, nKnots), rankError: 0 });
  }
}

function checked(state: State): State {
  if (!state.baseKnots.every(Number.isFinite)) throw tooLarge();
  return state;
}

/** The base knots and, on either side, as many more as the degree: scikit-learn's places for them. */
function allKnots(base: readonly number[], { degree, extrapolation }: Options): number[] {
  const last = base.length - 1;
  const at = (i: number): number => base[i] as number;
  if (extrapolation === "periodic") {
    const period = at(last) - at(0);
    return [...base.slice(last - degree, last).map((knot) => knot - period), ...base, ...base.slice(1, degree + 1).map((knot) => knot + period)];
  }
  if (degree === 0) return [...base];
  const first = at(1) - at(0);
  const final = at(last) - at(last - 1);
  const spread = (from: number, to: number): number[] => (degree === 1 ? [from] : linspace(from, to, degree));
  return [...spread(at(0) - degree * first, at(0) - first), ...base, ...spread(at(last) + final, at(last) + degree * final)];
}

function readOptions(given: Readonly<Record<string, unknown>>): Options {
  const integer = (low: number, high: number) => (value: unknown) =>
    Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high;
  const degree = option("splineTransformer", given, "degree", 3, "an integer from 0 to 15", integer(0, 15));
  const extrapolation = choice("splineTransformer", given, "extrapolation", ["constant", "linear", "continue", "periodic"]);
  // scikit-learn's rule: a period must hold the splines that cross its end.
  const least = extrapolation === "periodic" ? Math.max(2, degree + 1) : 2;
  return {
    nKnots: option("splineTransformer", given, "nKnots", 5, `an integer from ${least} to 1000`, integer(least, 1000)),
    degree,
    knots: choice("splineTransformer", given, "knots", ["uniform", "quantile"]),
    extrapolation,
  };
}

const splineTransformer = defineTransform<Options, State>({
  name: "splineTransformer",
  version: 1,
  accepts: ["float64"],
  result: () => ({ kind: "list", item: { kind: "float64" } }),
  options: readOptions,
  begin: (options) => new SplineFit(options),
  lower: (x, state, options) =>
    call("splineBasis", [x], { knots: allKnots(state.baseKnots, options), degree: options.degree, extrapolation: options.extrapolation }),
  describe: (state) => [
    ["count", state.count],
    ...state.baseKnots.map((knot, i) => [`knot ${i}`, knot] as const),
    ["rank error", state.rankError],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * The values of nKnots + degree - 1 B-splines (nKnots - 1 if periodic), as columns `<feature>_sp_0` and so on:
     * a smooth curve as a linear function of them. Nulls and NaN are left out of fitting and stay in every column.
     * As scikit-learn's SplineTransformer, which however refuses NaN.
     */
    splineTransformer(options?: SplineTransformerOptions): FeatureColumns;
  }
}

Float64Expr.prototype.splineTransformer = function (this: Float64Expr, options?: SplineTransformerOptions) {
  const { includeBias: bias, ...given } = optionsObject("splineTransformer", options);
  onlyOptions("splineTransformer", { ...given }, ["nKnots", "degree", "knots", "extrapolation"]);
  const includeBias = option("splineTransformer", { includeBias: bias }, "includeBias", true, "a boolean", isBoolean);
  const { nKnots, degree, extrapolation } = readOptions(given);
  const basis: Expr = applyTransform<Float64ListExpr, Options, State>(splineTransformer, this, given);
  const count = (extrapolation === "periodic" ? nKnots - 1 : nKnots + degree - 1) - (includeBias ? 0 : 1);
  const places = Array.from({ length: count }, (_, i) => i);
  return new FeatureColumns(
    places.map((i) => call("element", [basis, i])),
    places.map((i) => `sp_${i}`),
  );
};
