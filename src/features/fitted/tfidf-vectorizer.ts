import { FitError } from "../../errors.js";
import { call } from "../../expr/call.js";
import type { ColumnsExpr } from "../../expr/expr.js";
import { Utf8Expr } from "../../expr/functions.gen.js";
import { applyColumns, choice, isBoolean, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { TERM_OPTIONS, termsOf } from "./statistics/term-options.js";
import { vectorColumns } from "./statistics/vector-columns.js";
import {
  VOCABULARY_OPTIONS,
  VocabularyFit,
  vocabularyOptions,
  type CheckedVocabularyOptions,
  type Vocabulary,
  type VocabularyOptions,
} from "./statistics/vocabulary.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface TfidfVectorizerOptions extends VocabularyOptions {
  /** Divides by the sum of absolute values ("l1") or the root of the sum of squares ("l2", the default); or null. */
  readonly norm?: "l2" | "l1" | null;
  /** Multiplies counts by the terms' inverse document frequency; true by default. */
  readonly useIdf?: boolean;
  /** Counts one text more that has every term; true by default. */
  readonly smoothIdf?: boolean;
  /** log(count) + 1 in place of counts; false by default. */
  readonly sublinearTf?: boolean;
}

type Options = CheckedVocabularyOptions & Required<TfidfVectorizerOptions>;

type State = Vocabulary & {
  /** A weight a term; none without useIdf. */
  readonly idf: readonly number[];
};

class TfidfFit extends StatisticFit<VocabularyFit, State> {
  readonly #options: Options;
  protected readonly statistic: VocabularyFit;

  constructor(options: Options) {
    super();
    this.#options = options;
    this.statistic = new VocabularyFit(options);
  }

  finish(): State {
    const vocabulary = this.statistic.finish();
    const { documents, terms, documentCounts } = vocabulary;
    if (!this.#options.useIdf) return { ...vocabulary, idf: [] };
    const more = this.#options.smoothIdf ? 1 : 0;
    const absent = documentCounts.indexOf(0);
    if (more === 0 && absent !== -1) {
      throw new FitError("NO_VALUES", `no text has the term ${JSON.stringify(terms[absent])}, so its weight would be infinite`, {
        fix: "Leave the term out of the vocabulary, or set smoothIdf",
      });
    }
    return { ...vocabulary, idf: documentCounts.map((count) => Math.log((documents + more) / (count + more)) + 1) };
  }
}

const tfidfVectorizer = defineTransform<Options, State>({
  name: "tfidfVectorizer",
  version: 1,
  accepts: ["utf8"],
  options(given) {
    onlyOptions("tfidfVectorizer", given, [...TERM_OPTIONS, ...VOCABULARY_OPTIONS, "norm", "useIdf", "smoothIdf", "sublinearTf"]);
    return {
      ...vocabularyOptions("tfidfVectorizer", given),
      norm: choice("tfidfVectorizer", given, "norm", ["l2", "l1", null]),
      useIdf: option("tfidfVectorizer", given, "useIdf", true, "a boolean", isBoolean),
      smoothIdf: option("tfidfVectorizer", given, "smoothIdf", true, "a boolean", isBoolean),
      sublinearTf: option("tfidfVectorizer", given, "sublinearTf", false, "a boolean", isBoolean),
    };
  },
  fitInput: (x, options) => call("pack", [termsOf(x, options)]),
  begin: (options) => new TfidfFit(options),
  lower(x, { terms, idf }, options) {
    const vector = call("termVector", [termsOf(x, options)], {
      vocabulary: terms,
      weights: idf,
      binary: Number(options.binary),
      sublinear: Number(options.sublinearTf),
      norm: options.norm ?? "none",
    });
    return vectorColumns(vector, terms);
  },
  describe: ({ documents, terms, documentCounts, idf }) => [
    ["texts", documents],
    ["terms", terms.length],
    ...terms.flatMap((term, i) => [
      [`texts with ${term}`, documentCounts[i] as number] as const,
      ...(idf.length > 0 ? [[`weight of ${term}`, idf[i] as number] as const] : []),
    ]),
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr {
    /**
     * The text's terms, each counted, weighted by how few texts of the training data have it, and divided by the
     * text's norm: a column a term, `<feature>_<term>`. The weight is log((1 + texts) / (1 + texts with the term)) + 1,
     * without `smoothIdf` log(texts / texts with the term) + 1. Terms, nulls and limits are those of countVectorizer.
     * As scikit-learn's TfidfVectorizer.
     */
    tfidfVectorizer(options?: TfidfVectorizerOptions): ColumnsExpr;
  }
}

Utf8Expr.prototype.tfidfVectorizer = function (options) {
  return applyColumns(tfidfVectorizer, this, options);
};
