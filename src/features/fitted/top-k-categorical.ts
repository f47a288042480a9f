import { call } from "../../expr/call.js";
import { Utf8Expr } from "../../expr/functions.gen.js";
import type { DataType } from "../../types/data-type.js";
import { applyTransform, isCount, onlyOptions, option } from "../apply.js";
import { defineTransform } from "../transform.js";
import { Categories, MAX_DISTINCT } from "./statistics/categories.js";
import { StatisticFit } from "./statistics/statistic-fit.js";

export interface TopKCategoricalOptions {
  /** How many texts to keep; 10 by default. */
  readonly k?: number;
  /** What every other text becomes; "Other" by default. */
  readonly otherLabel?: string;
}

type Options = Required<TopKCategoricalOptions>;

type State = {
  readonly rows: number;
  /** The most frequent texts, sorted. */
  readonly categories: readonly string[];
  readonly counts: readonly number[];
};

class TopKFit extends StatisticFit<Categories, State> {
  protected readonly statistic: Categories;
  readonly #k: number;

  constructor({ k }: Options, type: DataType) {
    super();
    this.statistic = new Categories(type, { limit: MAX_DISTINCT });
    this.#k = k;
  }

  finish(): State {
    const all = this.statistic.sorted().filter(({ value }) => value !== null);
    // A stable sort: of equally frequent texts the first in order stay.
    const kept = new Set([...all].sort((a, b) => b.count - a.count).slice(0, this.#k));
    const top = all.filter((category) => kept.has(category));
    return { rows: this.statistic.rows, categories: top.map(({ value }) => value as string), counts: top.map(({ count }) => count) };
  }
}

const topKCategorical = defineTransform<Options, State>({
  name: "topKCategorical",
  version: 1,
  accepts: ["utf8"],
  result: (type) => type,
  options(given) {
    onlyOptions("topKCategorical", given, ["k", "otherLabel"]);
    const isText = (value: unknown): boolean => typeof value === "string" && value.isWellFormed();
    return {
      k: option("topKCategorical", given, "k", 10, "an integer from 1", isCount),
      otherLabel: option("topKCategorical", given, "otherLabel", "Other", "a string", isText),
    };
  },
  begin: (options, type) => new TopKFit(options, type),
  lower(x, state, { otherLabel }) {
    const kept = call("isIn", [x], { values: state.categories });
    return call("if", [call("or", [kept, call("isNull", [x])]), x, otherLabel]);
  },
  describe: (state) => [
    ["rows", state.rows],
    ...state.categories.map((value, i) => [`rows of ${value}`, state.counts[i] as number] as const),
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Utf8Expr {
    /**
     * The text where it is one of the k most frequent of the training data (of equally frequent ones the first in
     * order), else `otherLabel`. Null stays. An encoder may follow. scikit-learn has no such transformation. At
     * most 262,144 distinct texts.
     */
    topKCategorical(options?: TopKCategoricalOptions): Utf8Expr;
  }
}

Utf8Expr.prototype.topKCategorical = function (options) {
  return applyTransform(topKCategorical, this, options);
};
