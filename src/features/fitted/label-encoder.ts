import { call } from "../../expr/call.js";
import type { Expr } from "../../expr/expr.js";
import { BoolExpr, Float64Expr, Int64Expr, Utf8Expr } from "../../expr/functions.gen.js";
import { DefinitionError } from "../../errors.js";
import { applyTransform, choice, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { CATEGORY_KINDS, categoryName } from "./statistics/categories.js";
import { categoryValue } from "./statistics/category-value.js";
import { AllCategoriesFit, type AllCategories } from "./statistics/all-categories-fit.js";

export interface LabelEncoderOptions {
  /** What a label does that fitting did not see: fail, or become `unknownValue`. */
  readonly handleUnknown?: "error" | "use_encoded_value";
  /** A negative integer; -1 by default. Only with handleUnknown "use_encoded_value". */
  readonly unknownValue?: number;
}

type Options = Required<LabelEncoderOptions>;

const labelEncoder = defineTransform<Options, AllCategories>({
  name: "labelEncoder",
  version: 1,
  accepts: CATEGORY_KINDS,
  result: () => ({ kind: "int64" }),
  options(given) {
    onlyOptions("labelEncoder", given, ["handleUnknown", "unknownValue"]);
    const handleUnknown = choice("labelEncoder", given, "handleUnknown", ["error", "use_encoded_value"]);
    if (handleUnknown === "error" && given["unknownValue"] !== undefined) {
      throw new DefinitionError("INVALID_PARAMETER", 'labelEncoder: option unknownValue belongs to handleUnknown "use_encoded_value"', {
        path: ["unknownValue"],
        expected: "no unknownValue",
      });
    }
    const isCode = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) < 0;
    return { handleUnknown, unknownValue: option("labelEncoder", given, "unknownValue", -1, "a negative integer", isCode) };
  },
  begin: (_options, type) => new AllCategoriesFit(type),
  lower(x, state, options) {
    const numbers = new Map(state.categories.map((value, i) => [value, i]));
    return call("toInt64", [categoryValue(x, numbers, options.handleUnknown === "error" ? undefined : options.unknownValue)]);
  },
  describe: (state) => [
    ["rows", state.rows],
    ...state.categories.map((value, i) => [`number of ${value === null ? "missing" : categoryName(value)}`, i] as const),
  ],
});

interface LabelEncoding {
  /**
   * The number of the value's class as int64, from 0 in sorted order: text by code points, numbers ascending, false
   * before true. Missing values (null, NaN) are a class of their own, the last, if fitting saw any; else they are
   * unknown labels. An unknown label fails with UNKNOWN_CATEGORY unless `handleUnknown` says otherwise. As
   * scikit-learn's LabelEncoder, which always fails. At most 262,144 classes.
   */
  labelEncoder(options?: LabelEncoderOptions): Int64Expr;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr extends LabelEncoding {}
  interface Float64Expr extends LabelEncoding {}
  interface Int64Expr extends LabelEncoding {}
  interface BoolExpr extends LabelEncoding {}
}

for (const { prototype } of [Utf8Expr, Float64Expr, Int64Expr, BoolExpr]) {
  (prototype as LabelEncoding).labelEncoder = function (this: Expr, options) {
    return applyTransform(labelEncoder, this, options);
  };
}
