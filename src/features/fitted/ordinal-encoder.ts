import { DefinitionError, FitError } from "../../errors.js";
import type { Expr } from "../../expr/expr.js";
import { BoolExpr, Float64Expr, Int64Expr, Utf8Expr } from "../../expr/functions.gen.js";
import type { DataType } from "../../types/data-type.js";
import { applyTransform, choice, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { Categories, CATEGORY_KINDS, MAX_DISTINCT, categoryName, type Category } from "./statistics/categories.js";
import { categoriesOption } from "./statistics/category-options.js";
import { categoryValue } from "./statistics/category-value.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface OrdinalEncoderOptions<T = string | number | bigint | boolean> {
  /** The categories in order, null last for missing values; "auto" (the default) takes those of the data, sorted. */
  readonly categories?: "auto" | readonly (T | null)[];
  /** What a value does that fitting did not see: fail, or become `unknownValue`. */
  readonly handleUnknown?: "error" | "use_encoded_value";
  /** An integer that is no category's number, or NaN. Only with handleUnknown "use_encoded_value", which needs it. */
  readonly unknownValue?: number;
  /** What missing values (null, NaN) become if fitting saw any; NaN by default. Else they are unknown values. */
  readonly encodedMissingValue?: number;
}

type Options = {
  readonly categories: "auto" | readonly (Category | null)[];
  readonly handleUnknown: "error" | "use_encoded_value";
  readonly unknownValue: number | null;
  readonly encodedMissingValue: number;
};

type State = {
  readonly rows: number;
  /** In the order of their numbers; null, the last, is missing. */
  readonly categories: readonly (Category | null)[];
  readonly counts: readonly number[];
};

class OrdinalFit extends StatisticFit<Categories, State> {
  readonly #options: Options;
  protected readonly statistic: Categories;

  constructor(options: Options, type: DataType) {
    super();
    this.#options = options;
    this.statistic = new Categories(type, {
      limit: MAX_DISTINCT,
      known: options.categories === "auto" ? undefined : options.categories,
      strict: options.handleUnknown === "error",
    });
  }

  finish(): State {
    const all = this.statistic.sorted();
    const taken = (key: "unknownValue" | "encodedMissingValue"): void => {
      const value = this.#options[key];
      if (value === null || !(value >= 0 && value < all.length)) return;
      throw new FitError("INVALID_PARAMETER", `ordinalEncoder: option ${key} is the number of a category`, {
        path: [key],
        expected: `a number below 0 or from ${all.length}, or NaN`,
        actual: String(value),
      });
    };
    taken("unknownValue");
    if (all.at(-1)?.value === null) taken("encodedMissingValue");
    return { rows: this.statistic.rows, categories: all.map(({ value }) => value), counts: all.map(({ count }) => count) };
  }
}

const ordinalEncoder = defineTransform<Options, State>({
  name: "ordinalEncoder",
  version: 1,
  accepts: CATEGORY_KINDS,
  options(given, type) {
    onlyOptions("ordinalEncoder", given, ["categories", "handleUnknown", "unknownValue", "encodedMissingValue"]);
    const handleUnknown = choice("ordinalEncoder", given, "handleUnknown", ["error", "use_encoded_value"]);
    const isCode = (value: unknown): boolean => Number.isSafeInteger(value) || Number.isNaN(value);
    const unknownValue = option<number | null>("ordinalEncoder", given, "unknownValue", null, "an integer or NaN", isCode);
    if ((unknownValue === null) !== (handleUnknown === "error")) {
      throw new DefinitionError("INVALID_PARAMETER", 'ordinalEncoder: option unknownValue belongs to handleUnknown "use_encoded_value"', {
        expected: handleUnknown === "error" ? "no unknownValue" : "an integer or NaN",
        actual: unknownValue === null ? "undefined" : String(unknownValue),
      });
    }
    return {
      categories: categoriesOption("ordinalEncoder", given, type),
      handleUnknown,
      unknownValue,
      encodedMissingValue: option("ordinalEncoder", given, "encodedMissingValue", NaN, "a number", (value) => typeof value === "number"),
    };
  },
  begin: (options, type) => new OrdinalFit(options, type),
  lower(x, state, options) {
    const numbers = new Map(state.categories.map((value, i) => [value, value === null ? options.encodedMissingValue : i]));
    return categoryValue(x, numbers, options.unknownValue ?? undefined);
  },
  describe: (state) => [
    ["rows", state.rows],
    ...state.categories.map((value, i) => [`number of ${value === null ? "missing" : categoryName(value)}`, i] as const),
  ],
});

interface OrdinalEncoding<T> {
  /**
   * The number of the value's category, from 0 in sorted order: text by code points, numbers ascending. Missing
   * values (null, NaN) become `encodedMissingValue` if fitting saw any, else they are unknown. An unknown value
   * fails with UNKNOWN_CATEGORY unless `handleUnknown` says otherwise. As scikit-learn's OrdinalEncoder, whose
   * None however is a category with a number. At most 262,144 categories.
   */
  ordinalEncoder(options?: OrdinalEncoderOptions<T>): Float64Expr;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr extends OrdinalEncoding<string> {}
  interface Float64Expr extends OrdinalEncoding<number> {}
  interface Int64Expr extends OrdinalEncoding<bigint | number> {}
  interface BoolExpr extends OrdinalEncoding<boolean> {}
}

for (const { prototype } of [Utf8Expr, Float64Expr, Int64Expr, BoolExpr]) {
  (prototype as OrdinalEncoding<string>).ordinalEncoder = function (this: Expr, options) {
    return applyTransform(ordinalEncoder, this, options);
  };
}
