import type { DataType } from "../../../types/data-type.js";
import { Categories, MAX_DISTINCT, type Category } from "./categories.js";
import { StatisticFit } from "./statistic-fit.js";

export type AllCategories = {
  readonly rows: number;
  /** In order; null, the last, is missing. */
  readonly categories: readonly (Category | null)[];
  readonly counts: readonly number[];
};

/** Every category with its count, in the categories' order. */
export class AllCategoriesFit extends StatisticFit<Categories, AllCategories> {
  protected readonly statistic: Categories;

  constructor(type: DataType) {
    super();
    this.statistic = new Categories(type, { limit: MAX_DISTINCT });
  }

  finish(): AllCategories {
    const all = this.statistic.sorted();
    return { rows: this.statistic.rows, categories: all.map(({ value }) => value), counts: all.map(({ count }) => count) };
  }
}
