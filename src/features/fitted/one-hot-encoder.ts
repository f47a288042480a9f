import { call } from "../../expr/call.js";
import { ColumnsExpr, type Expr } from "../../expr/expr.js";
import { BoolExpr, Float64Expr, Int64Expr, Utf8Expr } from "../../expr/functions.gen.js";
import { FitError } from "../../errors.js";
import type { DataType } from "../../types/data-type.js";
import { applyColumns, choice, onlyOptions } from "../apply.js";
import { defineTransform, type LoweredColumn, type StateValue } from "../transform.js";
import { Categories, CATEGORY_KINDS, MAX_CATEGORIES, MAX_DISTINCT, categoryName, type Category } from "./statistics/categories.js";
import { categoriesOption, groupingOptions, infrequent, type Grouping } from "./statistics/category-options.js";
import { categoryValue } from "./statistics/category-value.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface OneHotEncoderOptions<T = string | number | bigint | boolean> {
  /** The categories in order, null last for missing values; "auto" (the default) takes those of the data, sorted. */
  readonly categories?: "auto" | readonly (T | null)[];
  /** Leaves out the first column, always ("first") or where there are two ("if_binary"). */
  readonly drop?: null | "first" | "if_binary";
  /** What a value does that fitting did not see: fail, give zeros, or count as infrequent (zeros where there is no such column). */
  readonly handleUnknown?: "error" | "ignore" | "infrequent_if_exist";
  /** Categories seen fewer times (an integer), or in a smaller fraction of the rows (below 1), share one column. */
  readonly minFrequency?: number | null;
  /** The most columns; the rarest categories share the last one. */
  readonly maxCategories?: number | null;
}

type Options = Grouping & {
  readonly categories: "auto" | readonly (Category | null)[];
  readonly drop: null | "first" | "if_binary";
  readonly handleUnknown: "error" | "ignore" | "infrequent_if_exist";
};

type State = {
  readonly rows: number;
  /** Categories with a column of their own; null is missing. */
  readonly categories: readonly (Category | null)[];
  readonly counts: readonly number[];
  /** Categories that share the last column, and their rows. Not kept where unknown values go there too. */
  readonly infrequent: readonly (Category | null)[];
  readonly infrequentCategories: number;
  readonly infrequentRows: number;
  /** Whether the first column is left out. */
  readonly dropFirst: boolean;
};

class OneHotFit extends StatisticFit<Categories, State> {
  readonly #options: Options;
  protected readonly statistic: Categories;

  constructor(options: Options, type: DataType) {
    super();
    const groups = options.minFrequency !== null || options.maxCategories !== null;
    this.#options = options;
    this.statistic = new Categories(type, {
      limit: groups ? MAX_DISTINCT : MAX_CATEGORIES,
      known: options.categories === "auto" ? undefined : options.categories,
      strict: options.handleUnknown === "error",
    });
  }

  finish(): State {
    const { rows } = this.statistic;
    const all = this.statistic.sorted();
    const rare = infrequent(all.map(({ count }) => count), rows, this.#options);
    const kept = all.filter((_, i) => rare[i] === false);
    const grouped = all.filter((_, i) => rare[i] === true);
    const columns = kept.length + (grouped.length > 0 ? 1 : 0);
    if (columns > MAX_CATEGORIES) {
      throw new FitError("TOO_MANY_CATEGORIES", `the column would become ${columns} columns`, {
        expected: `at most ${MAX_CATEGORIES}`,
        fix: "Raise minFrequency, set maxCategories, or use hashBucket()",
      });
    }
    return {
      rows,
      categories: kept.map(({ value }) => value),
      counts: kept.map(({ count }) => count),
      infrequent: this.#options.handleUnknown === "infrequent_if_exist" ? [] : grouped.map(({ value }) => value),
      infrequentCategories: grouped.length,
      infrequentRows: grouped.reduce((sum, { count }) => sum + count, 0),
      dropFirst: this.#options.drop === "first" || (this.#options.drop === "if_binary" && columns === 2),
    };
  }
}

/** "missing" and "infrequent" with as many underscores behind them as keep them apart from the categories' names. */
function columnNames(state: State): string[] {
  const taken = new Set(state.categories.filter((value) => value !== null).map(categoryName));
  const free = (name: string): string => {
    while (taken.has(name)) name += "_";
    taken.add(name);
    return name;
  };
  const names = state.categories.map((value) => (value === null ? free("missing") : categoryName(value)));
  return state.infrequentCategories > 0 ? [...names, free("infrequent")] : names;
}

function lower(x: Expr, state: State, options: Options): LoweredColumn[] {
  const last = state.categories.length;
  const codes = new Map<Category | null, number>(state.categories.map((value, i) => [value, i]));
  for (const value of state.infrequent) codes.set(value, last);
  const shared = options.handleUnknown === "infrequent_if_exist" && state.infrequentCategories > 0;
  const code = categoryValue(x, codes, options.handleUnknown === "error" ? undefined : shared ? last : -1);
  const columns = columnNames(state).map((suffix, i) => ({ suffix, expr: call("eq", [code, i]) }));
  return state.dropFirst ? columns.slice(1) : columns;
}

const oneHotEncoder = defineTransform<Options, State>({
  name: "oneHotEncoder",
  version: 1,
  accepts: CATEGORY_KINDS,
  options(given, type) {
    onlyOptions("oneHotEncoder", given, ["categories", "drop", "handleUnknown", "minFrequency", "maxCategories"]);
    return {
      categories: categoriesOption("oneHotEncoder", given, type),
      drop: choice("oneHotEncoder", given, "drop", [null, "first", "if_binary"]),
      handleUnknown: choice("oneHotEncoder", given, "handleUnknown", ["error", "ignore", "infrequent_if_exist"]),
      ...groupingOptions("oneHotEncoder", given),
    };
  },
  begin: (options, type) => new OneHotFit(options, type),
  lower,
  describe(state) {
    const names = columnNames(state);
    const rows: [string, StateValue][] = [["rows", state.rows]];
    for (const [i, count] of state.counts.entries()) rows.push([`rows of ${names[i] as string}`, count]);
    if (state.infrequentCategories > 0) {
      rows.push([`rows of ${names.at(-1) as string}`, state.infrequentRows]);
      rows.push(["infrequent categories", state.infrequentCategories]);
    }
    if (state.dropFirst) rows.push(["dropped column", names[0] as string]);
    return rows;
  },
});

interface OneHotEncoding<T> {
  /**
   * A column a category, 1 in that of the value and 0 elsewhere, named `<feature>_<category>`. Missing values
   * (null, NaN) are a category of their own, the last, if fitting saw any; else they are unknown. Infrequent
   * categories share the column `<feature>_infrequent`. An unknown value fails with UNKNOWN_CATEGORY unless
   * `handleUnknown` says otherwise. As scikit-learn's OneHotEncoder. Fitting fails with TOO_MANY_CATEGORIES
   * above 10,000 categories.
   */
  oneHotEncoder(options?: OneHotEncoderOptions<T>): ColumnsExpr;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr extends OneHotEncoding<string> {}
  interface Float64Expr extends OneHotEncoding<number> {}
  interface Int64Expr extends OneHotEncoding<bigint | number> {}
  interface BoolExpr extends OneHotEncoding<boolean> {}
}

for (const { prototype } of [Utf8Expr, Float64Expr, Int64Expr, BoolExpr]) {
  (prototype as OneHotEncoding<string>).oneHotEncoder = function (this: Expr, options) {
    return applyColumns(oneHotEncoder, this, options);
  };
}
