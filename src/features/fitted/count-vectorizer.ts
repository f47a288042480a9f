import { call } from "../../expr/call.js";
import type { ColumnsExpr } from "../../expr/expr.js";
import { Utf8Expr } from "../../expr/functions.gen.js";
import { applyColumns, onlyOptions } from "../apply.js";
import { defineTransform } from "../transform.js";
import { TERM_OPTIONS, termsOf } from "./statistics/term-options.js";
import { vectorColumns } from "./statistics/vector-columns.js";
import {
  VOCABULARY_OPTIONS,
  VocabularyFit,
  describeVocabulary,
  vocabularyOptions,
  type CheckedVocabularyOptions,
  type Vocabulary,
  type VocabularyOptions,
} from "./statistics/vocabulary.js";

export interface CountVectorizerOptions extends VocabularyOptions {}

const countVectorizer = defineTransform<CheckedVocabularyOptions, Vocabulary>({
  name: "countVectorizer",
  version: 1,
  accepts: ["utf8"],
  options(given) {
    onlyOptions("countVectorizer", given, [...TERM_OPTIONS, ...VOCABULARY_OPTIONS]);
    return vocabularyOptions("countVectorizer", given);
  },
  fitInput: (x, options) => call("pack", [termsOf(x, options)]),
  begin: (options) => new VocabularyFit(options),
  lower(x, { terms }, options) {
    const vector = call("termVector", [termsOf(x, options)], {
      vocabulary: terms,
      weights: [],
      binary: Number(options.binary),
      sublinear: 0,
      norm: "none",
    });
    return vectorColumns(vector, terms);
  },
  describe: describeVocabulary,
});

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr {
    /**
     * How often the text has each term of the training data, a column a term: `<feature>_<term>`. Terms are words of
     * two letters and more in lower case, or what the options say. A null text is left out in fitting and null in
     * every column. As scikit-learn's CountVectorizer. At most 10,000 columns, and 2,097,152 distinct terms while
     * counting if minDf, maxDf or maxFeatures leave some out; beyond, fitting fails with TOO_MANY_CATEGORIES.
     */
    countVectorizer(options?: CountVectorizerOptions): ColumnsExpr;
  }
}

Utf8Expr.prototype.countVectorizer = function (options) {
  return applyColumns(countVectorizer, this, options);
};
