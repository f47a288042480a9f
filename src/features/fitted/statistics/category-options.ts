import { DefinitionError, received } from "../../../errors.js";
import type { DataType } from "../../../types/data-type.js";
import { option } from "../../apply.js";
import { describeCategory, readCategory, type Category, type CategoryKind } from "./categories.js";

type Given = Readonly<Record<string, unknown>>;

/** The option `categories`: "auto", or the categories in order with null last for missing. */
export function categoriesOption(name: string, given: Given, type: DataType): "auto" | readonly (Category | null)[] {
  const list = given["categories"] ?? "auto";
  if (list === "auto") return "auto";
  const wrong = (what: string, path: readonly (string | number)[], actual: string): never => {
    throw new DefinitionError("INVALID_PARAMETER", `${name}: option ${what}`, { path, actual });
  };
  if (!Array.isArray(list) || list.length === 0) {
    throw new DefinitionError("INVALID_PARAMETER", `${name}: option categories`, {
      expected: '"auto" or a list of categories',
      actual: received(list),
    });
  }
  const kind = type.kind as CategoryKind;
  const seen = new Set<Category>();
  let before: Category | undefined;
  const out = (list as readonly unknown[]).map((item, i): Category | null => {
    const path = ["categories", i];
    if (item === null) return i === list.length - 1 ? null : wrong("categories: null (missing) stands last", path, "null");
    const value = readCategory(kind, item);
    if (value === undefined) {
      throw new DefinitionError("INVALID_PARAMETER", `${name}: option categories`, { path, expected: kind, actual: received(item) });
    }
    if (seen.has(value)) wrong("categories names one twice", path, describeCategory(item));
    // scikit-learn's rule; a list in another order is a mistake more often than a wish.
    if (typeof value !== "string" && before !== undefined && value < before) {
      wrong("categories must ascend where they are numbers", path, describeCategory(item));
    }
    seen.add(value);
    before = value;
    return value;
  });
  return Object.freeze(out);
}

export interface Grouping {
  /** Categories seen fewer times (a count), or by a smaller fraction of the rows (below 1), are infrequent. */
  readonly minFrequency: number | null;
  /** The most columns, the one of the infrequent categories included. */
  readonly maxCategories: number | null;
}

export function groupingOptions(name: string, given: Given): Grouping {
  const isFrequency = (value: unknown): boolean =>
    value === null || (typeof value === "number" && ((Number.isSafeInteger(value) && value >= 1) || (value > 0 && value < 1)));
  const isMaximum = (value: unknown): boolean => value === null || (Number.isSafeInteger(value) && (value as number) >= 1);
  return {
    minFrequency: option<number | null>(name, given, "minFrequency", null, "a count from 1 or a fraction between 0 and 1", isFrequency),
    maxCategories: option<number | null>(name, given, "maxCategories", null, "an integer from 1", isMaximum),
  };
}

/** Which of the counted categories are infrequent, by scikit-learn's rules. */
export function infrequent(counts: readonly number[], rows: number, { minFrequency, maxCategories }: Grouping): boolean[] {
  const least = minFrequency === null ? 0 : minFrequency < 1 ? rows * minFrequency : minFrequency;
  const rare = counts.map((count) => count < least);
  const columns = rare.filter((isRare) => !isRare).length + 1;
  if (maxCategories !== null && maxCategories < columns) {
    // The smallest counts; of equal ones those that come first in the categories' order.
    const order = counts.map((_, i) => i).sort((a, b) => (counts[a] as number) - (counts[b] as number) || a - b);
    for (const i of order.slice(0, counts.length - (maxCategories - 1))) rare[i] = true;
  }
  return rare;
}
