import { DefinitionError, received } from "../../errors.js";
import { call } from "../../expr/call.js";
import type { ColumnsExpr, Expr } from "../../expr/expr.js";
import { BoolExpr, Float64Expr, Int64Expr, Utf8Expr } from "../../expr/functions.gen.js";
import { formatType, type DataType } from "../../types/data-type.js";
import { applyColumns, applyTransform, choice, isBoolean, onlyOptions, option } from "../apply.js";
import { defineTransform, type Accumulator, type FitColumn, type Lowered, type StateValue } from "../transform.js";
import { CATEGORY_KINDS, readCategory, type Category, type CategoryKind } from "./statistics/categories.js";
import { ConstantSource, MeanSource, MedianSource, ModeSource, type FillSource } from "./statistics/fill-sources.js";

export type ImputerStrategy = "mean" | "median" | "most_frequent" | "constant";

export interface SimpleImputerOptions<T> {
  /** Where the value comes from that takes the place of missing ones; "mean" by default. */
  readonly strategy?: ImputerStrategy;
  /** The value of strategy "constant"; by default 0, false or "missing_value". */
  readonly fillValue?: T;
  /** Adds a column `<feature>_missing` of 0 and 1, if fitting saw missing values; false by default. */
  readonly addIndicator?: boolean;
}

type Options = {
  readonly strategy: ImputerStrategy;
  readonly fillValue: Category | null;
  readonly addIndicator: boolean;
};

type State = {
  readonly rows: number;
  readonly missing: number;
  /** Takes the place of missing values. */
  readonly fill: Category;
  /** 0: exact. */
  readonly rankError: number;
};

function source({ strategy, fillValue }: Options, type: DataType): FillSource<never> {
  switch (strategy) {
    case "mean":
      return new MeanSource();
    case "median":
      return new MedianSource();
    case "most_frequent":
      return new ModeSource(type);
    case "constant":
      return new ConstantSource(fillValue as Category);
  }
}

class SimpleImputerFit implements Accumulator<State> {
  readonly #source: FillSource<never>;
  #rows = 0;

  constructor(options: Options, type: DataType) {
    this.#source = source(options, type);
  }

  update(column: FitColumn): void {
    this.#source.update(column);
    this.#rows += column.length;
  }

  merge(other: this): void {
    this.#source.merge(other.#source as never);
    this.#rows += other.#rows;
  }

  save(): StateValue {
    return { rows: this.#rows, source: this.#source.save() };
  }

  restore(saved: StateValue): void {
    const { rows, source } = saved as { rows: number; source: StateValue };
    this.#rows = rows;
    this.#source.restore(source);
  }

  finish(): State {
    const { fill, rankError } = this.#source.value();
    return { rows: this.#rows, missing: this.#rows - this.#source.count, fill, rankError };
  }
}

const DEFAULT_FILL: Record<CategoryKind, Category> = { float64: 0, int64: 0n, bool: false, utf8: "missing_value" };

function readOptions(given: Readonly<Record<string, unknown>>, type: DataType): Options {
  onlyOptions("simpleImputer", given, ["strategy", "fillValue", "addIndicator"]);
  const kind = type.kind as CategoryKind;
  const strategy = choice("simpleImputer", given, "strategy", ["mean", "median", "most_frequent", "constant"]);
  if (kind !== "float64" && (strategy === "mean" || strategy === "median")) {
    throw new DefinitionError("INVALID_PARAMETER", "simpleImputer: option strategy", {
      expected: `"most_frequent" or "constant" for ${formatType(type)}`,
      actual: received(strategy),
      ...(kind === "utf8" ? {} : { fix: "Compute with toFloat64() for a mean or median" }),
    });
  }
  const value = given["fillValue"];
  let fillValue: Category | null = null;
  if (strategy === "constant") {
    const read = value === undefined ? DEFAULT_FILL[kind] : readCategory(kind, value);
    if (read === undefined) {
      throw new DefinitionError("INVALID_PARAMETER", "simpleImputer: option fillValue", { expected: formatType(type), actual: received(value) });
    }
    fillValue = read;
  } else if (value !== undefined) {
    throw new DefinitionError("INVALID_PARAMETER", 'simpleImputer: option fillValue belongs to strategy "constant"', { actual: received(strategy) });
  }
  const addIndicator = option("simpleImputer", given, "addIndicator", false, "a boolean", isBoolean);
  if (addIndicator && kind === "utf8") {
    throw new DefinitionError("INVALID_PARAMETER", "simpleImputer: option addIndicator cannot stand beside text, which is no column of a vector", {
      fix: "Declare the indicator as a feature of its own: isNull()",
    });
  }
  return { strategy, fillValue, addIndicator };
}

function lower(x: Expr, state: State, options: Options): Lowered {
  const float = x.type.kind === "float64";
  const filled = call("coalesce", [x, state.fill]);
  const expr = float ? call("fillNaN", [filled, state.fill]) : filled;
  if (!options.addIndicator) return expr;
  const indicator = call("isNull", [float ? call("nanToNull", [x]) : x]);
  return [{ suffix: null, expr }, ...(state.missing > 0 ? [{ suffix: "missing", expr: indicator }] : [])];
}

const simpleImputer = defineTransform<Options, State>({
  name: "simpleImputer",
  version: 1,
  accepts: CATEGORY_KINDS,
  result: (type) => type,
  options: readOptions,
  begin: (options, type) => new SimpleImputerFit(options, type),
  lower,
  describe: (state) => [
    ["rows", state.rows],
    ["missing", state.missing],
    ["fill value", state.fill],
    ...(state.rankError > 0 ? [["rank error", state.rankError] as const] : []),
  ],
});

interface NumberImputation {
  /**
   * Missing values (null, and NaN of numbers) replaced by the mean, the median (the mean of the two middle values
   * of an even number), the most frequent value (the least of several) or a constant; the strategies "mean", the
   * default, and "median" are for float64. With `addIndicator` a second column `<feature>_missing` tells where,
   * unless fitting saw no missing value. As scikit-learn's SimpleImputer, which however drops a column that is
   * all missing: here that is NO_VALUES unless the strategy is "constant".
   */
  simpleImputer(options: SimpleImputerOptions<number> & { readonly addIndicator: true }): ColumnsExpr;
  simpleImputer(options?: SimpleImputerOptions<number> & { readonly addIndicator?: false }): Float64Expr;
}

/** Without mean and median, so there is no default: the strategy must be named. */
interface DiscreteImputation<T, Result> {
  /**
   * Nulls replaced by the most frequent value (the least of several) or a constant. With `addIndicator` a second
   * column `<feature>_missing` tells where, unless fitting saw no missing value. As scikit-learn's SimpleImputer.
   */
  simpleImputer(options: DiscreteOptions<T> & { readonly addIndicator: true }): ColumnsExpr;
  simpleImputer(options: DiscreteOptions<T> & { readonly addIndicator?: false }): Result;
}
type DiscreteOptions<T> = SimpleImputerOptions<T> & { readonly strategy: "most_frequent" | "constant" };

/** Text has no indicator beside it; use isNull(). */
interface TextImputation {
  /** Nulls replaced by the most frequent text (the first in order of several) or a constant. As scikit-learn's SimpleImputer. */
  simpleImputer(options: DiscreteOptions<string> & { readonly addIndicator?: false }): Utf8Expr;
}

declare module "../../expr/functions.gen.js" {
  interface Float64Expr extends NumberImputation {}
  interface Int64Expr extends DiscreteImputation<bigint | number, Int64Expr> {}
  interface BoolExpr extends DiscreteImputation<boolean, BoolExpr> {}
  interface Utf8Expr extends TextImputation {}
}

for (const { prototype } of [Float64Expr, Int64Expr, BoolExpr, Utf8Expr]) {
  (prototype as { simpleImputer: unknown }).simpleImputer = function (this: Expr, options?: { readonly addIndicator?: boolean }) {
    return options?.addIndicator === true ? applyColumns(simpleImputer, this, options) : applyTransform(simpleImputer, this, options);
  };
}
