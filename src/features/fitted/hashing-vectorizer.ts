import { call } from "../../expr/call.js";
import { Utf8Expr } from "../../expr/functions.gen.js";
import { choice, isBoolean, onlyOptions, option, optionsObject } from "../apply.js";
import type { FeatureColumns } from "../columns.js";
import { TERM_OPTIONS, termOptions, termsOf, type TermOptions } from "./statistics/term-options.js";
import { hashedColumns, nFeaturesOption } from "./statistics/vector-columns.js";

export interface HashingVectorizerOptions extends TermOptions {
  /** Number of columns, from 1 to 4,096. */
  readonly nFeatures: number;
  /** Whether half of all terms count -1 (true, the default), so that collisions cancel out on average. */
  readonly alternateSign?: boolean;
  /** 1 in every column that some term falls into; false by default. */
  readonly binary?: boolean;
  /** Divides by the sum of absolute values ("l1") or the root of the sum of squares ("l2", the default); or null. */
  readonly norm?: "l2" | "l1" | null;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr {
    /**
     * The text's terms counted in `nFeatures` columns `<feature>_0`, `<feature>_1`, and so on, then divided by their
     * norm: which column, and with which sign, the MurmurHash3 of the term decides. A null text is null in every
     * column. Needs no fitting. As scikit-learn's HashingVectorizer.
     */
    hashingVectorizer(options: HashingVectorizerOptions): FeatureColumns;
  }
}

Utf8Expr.prototype.hashingVectorizer = function (options) {
  const given = optionsObject("hashingVectorizer", options);
  onlyOptions("hashingVectorizer", given, [...TERM_OPTIONS, "nFeatures", "alternateSign", "binary", "norm"]);
  const nFeatures = nFeaturesOption("hashingVectorizer", given);
  const vector = call("hashVector", [termsOf(this, termOptions("hashingVectorizer", given))], {
    nFeatures,
    alternateSign: Number(option("hashingVectorizer", given, "alternateSign", true, "a boolean", isBoolean)),
    binary: Number(option("hashingVectorizer", given, "binary", false, "a boolean", isBoolean)),
    norm: choice("hashingVectorizer", given, "norm", ["l2", "l1", null]) ?? "none",
  });
  return hashedColumns(vector, nFeatures);
};
