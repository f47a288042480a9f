import { DefinitionError, FitError, received } from "../../errors.js";
import { call } from "../../expr/call.js";
import { Expr, wrap } from "../../expr/expr.js";
import { BoolExpr, Float64Expr, Int64Expr, Utf8Expr } from "../../expr/functions.gen.js";
import { formatType } from "../../types/data-type.js";
import { applyTogether, choice, isFiniteNumber, onlyOptions, option, optionsObject } from "../apply.js";
import { defineColumnsTransform, type ColumnsAccumulator, type FitColumn, type StateValue } from "../transform.js";
import type { Category } from "./statistics/categories.js";
import { categoryValue } from "./statistics/category-value.js";
import { Group, GroupMoments } from "./statistics/group-moments.js";

export interface TargetEncoderOptions {
  /** What the model is to predict: read in fitting only. Its rows that are missing are left out. */
  readonly target: Float64Expr | Int64Expr | BoolExpr;
  /** "binary": the target is 0 or 1 (or bool), anything else is an error. "auto" (the default) is binary for bool. */
  readonly targetType?: "auto" | "binary" | "continuous";
  /**
   * How strongly a category's mean is drawn to the mean of all: as by so many rows of it. "auto" (the default)
   * weighs the variance within the category against that of all rows (empirical Bayes).
   */
  readonly smooth?: "auto" | number;
}

type Options = {
  readonly binary: boolean;
  readonly smooth: "auto" | number;
};

type State = {
  /** Rows that have a target. */
  readonly rows: number;
  readonly targetMean: number;
  /** With null for missing values, the last, if fitting saw any. */
  readonly categories: readonly (Category | null)[];
  readonly counts: readonly number[];
  readonly encodings: readonly number[];
};

function encoding({ count, mean, squares }: Group, all: Group, smooth: "auto" | number): number {
  if (smooth !== "auto") return (smooth * all.mean + mean * count) / (smooth + count);
  const variance = all.squares / all.count;
  const weight = (variance * count) / (variance * count + squares / count);
  // A target that is constant: 0 by 0.
  return Number.isNaN(weight) ? all.mean : weight * mean + (1 - weight) * all.mean;
}

class TargetFit implements ColumnsAccumulator<State> {
  readonly #options: Options;
  readonly #moments = new GroupMoments();

  constructor(options: Options) {
    this.#options = options;
  }

  update([column, target]: readonly FitColumn[]): void {
    this.#moments.update(column as FitColumn, target as FitColumn, (y) =>
      this.#options.binary && y !== 0 && y !== 1
        ? new FitError("OUT_OF_RANGE", "the target is not binary", { expected: "0 or 1", actual: received(y), fix: 'Set targetType to "continuous"' })
        : undefined,
    );
  }

  merge(other: this): void {
    this.#moments.merge(other.#moments);
  }

  finish(): State {
    const { all, missing } = this.#moments;
    if (all.count === 0) throw new FitError("NO_VALUES", "no row has a target");
    const groups: (readonly [Category | null, Group])[] = this.#moments.sorted();
    if (missing.count > 0) groups.push([null, missing]);
    return {
      rows: all.count,
      targetMean: all.mean,
      categories: groups.map(([value]) => value),
      counts: groups.map(([, { count }]) => count),
      encodings: groups.map(([, group]) => encoding(group, all, this.#options.smooth)),
    };
  }

  save(): StateValue {
    return this.#moments.save();
  }

  restore(saved: StateValue): void {
    this.#moments.restore(saved);
  }
}

const targetEncoder = defineColumnsTransform<Options, State>({
  name: "targetEncoder",
  version: 1,
  crossFit: true,
  begin: (options) => new TargetFit(options),
  lower: ([x], state) => categoryValue(x as Expr, new Map(state.categories.map((value, i) => [value, state.encodings[i] as number])), state.targetMean),
  describe: (state) => [
    ["rows", state.rows],
    ["mean of the target", state.targetMean],
    ...state.categories.map((value, i): [string, StateValue] => [`encoding of ${value === null ? "missing" : String(value)}`, state.encodings[i] as number]),
  ],
});

interface TargetEncoding {
  /**
   * The mean of the target over the training rows of the same category, drawn to the mean of all rows the more the
   * fewer there are. Missing values (null, NaN) are a category of their own if fitting saw any; an unknown value
   * gets the mean of all rows. The target is read in fitting only. Encode training rows by `fitTransform`, which
   * leaves each row's own fold out. As scikit-learn's TargetEncoder (1.3 and later).
   */
  targetEncoder(options: TargetEncoderOptions): Float64Expr;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr extends TargetEncoding {}
  interface Float64Expr extends TargetEncoding {}
  interface Int64Expr extends TargetEncoding {}
  interface BoolExpr extends TargetEncoding {}
}

for (const { prototype } of [Utf8Expr, Float64Expr, Int64Expr, BoolExpr]) {
  (prototype as TargetEncoding).targetEncoder = function (this: Expr, options) {
    const given = optionsObject("targetEncoder", options);
    onlyOptions("targetEncoder", given, ["target", "targetType", "smooth"]);
    const target = given["target"];
    const kind = target instanceof Expr ? target.type.kind : undefined;
    if (!(target instanceof Expr) || (kind !== "float64" && kind !== "int64" && kind !== "bool")) {
      throw new DefinitionError("INVALID_PARAMETER", "targetEncoder: option target", {
        expected: "an expression of type float64, int64 or bool",
        actual: target instanceof Expr ? formatType(target.type) : received(target),
      });
    }
    const type = choice("targetEncoder", given, "targetType", ["auto", "binary", "continuous"]);
    const isSmooth = (value: unknown): boolean => value === "auto" || (isFiniteNumber(value) && value >= 0);
    const smooth = option<"auto" | number>("targetEncoder", given, "smooth", "auto", '"auto" or a number from 0', isSmooth);
    const y = kind === "float64" ? target : call("toFloat64", [target]);
    return wrap(applyTogether(targetEncoder, [this, y], { binary: type === "binary" || (type === "auto" && kind === "bool"), smooth })) as Float64Expr;
  };
}
