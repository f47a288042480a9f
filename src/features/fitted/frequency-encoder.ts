import type { Expr } from "../../expr/expr.js";
import { BoolExpr, Float64Expr, Int64Expr, Utf8Expr } from "../../expr/functions.gen.js";
import { applyTransform, isBoolean, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { CATEGORY_KINDS, categoryName } from "./statistics/categories.js";
import { categoryValue } from "./statistics/category-value.js";
import { AllCategoriesFit, type AllCategories } from "./statistics/all-categories-fit.js";

export interface FrequencyEncoderOptions {
  /** Fractions of the rows (true, the default) or counts. */
  readonly normalize?: boolean;
  /** What a value becomes that fitting did not see; 0 by default. */
  readonly unknownValue?: number;
}

type Options = Required<FrequencyEncoderOptions>;

const frequencyEncoder = defineTransform<Options, AllCategories>({
  name: "frequencyEncoder",
  version: 1,
  accepts: CATEGORY_KINDS,
  options(given) {
    onlyOptions("frequencyEncoder", given, ["normalize", "unknownValue"]);
    return {
      normalize: option("frequencyEncoder", given, "normalize", true, "a boolean", isBoolean),
      unknownValue: option("frequencyEncoder", given, "unknownValue", 0, "a number", (value) => typeof value === "number"),
    };
  },
  begin: (_options, type) => new AllCategoriesFit(type),
  lower(x, state, options) {
    const divisor = options.normalize ? state.rows : 1;
    const numbers = new Map(state.categories.map((value, i) => [value, (state.counts[i] as number) / divisor]));
    return categoryValue(x, numbers, options.unknownValue);
  },
  describe: (state) => [
    ["rows", state.rows],
    ...state.categories.map((value, i) => [`rows of ${value === null ? "missing" : categoryName(value)}`, state.counts[i] as number] as const),
  ],
});

interface FrequencyEncoding {
  /**
   * How frequent the value was in the training data: its fraction of the rows, or with `normalize: false` their
   * number. Missing values (null, NaN) are one more category. A value that fitting did not see becomes
   * `unknownValue`. scikit-learn has no such encoder. At most 262,144 distinct values.
   */
  frequencyEncoder(options?: FrequencyEncoderOptions): Float64Expr;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr extends FrequencyEncoding {}
  interface Float64Expr extends FrequencyEncoding {}
  interface Int64Expr extends FrequencyEncoding {}
  interface BoolExpr extends FrequencyEncoding {}
}

for (const { prototype } of [Utf8Expr, Float64Expr, Int64Expr, BoolExpr]) {
  (prototype as FrequencyEncoding).frequencyEncoder = function (this: Expr, options) {
    return applyTransform(frequencyEncoder, this, options);
  };
}
