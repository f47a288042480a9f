import { call } from "../../../expr/call.js";
import type { Expr } from "../../../expr/expr.js";
import type { Category } from "./categories.js";

/**
 * The number of x's category; null in the map stands for missing values. A missing x without an entry is
 * unknown, and an unknown x has the number `unknown`, or fails where that is undefined.
 */
export function categoryValue(x: Expr, numbers: ReadonlyMap<Category | null, number>, unknown: number | undefined): Expr {
  const missing = numbers.get(null);
  const known = [...numbers].filter((entry): entry is [Category, number] => entry[0] !== null);
  const bool = x.type.kind === "bool";
  return call("categoryValue", [bool ? call("toInt64", [x]) : x], {
    categories: known.map(([value]) => (bool ? Number(value) : value)),
    values: known.map(([, number]) => number),
    missing: missing === undefined ? [] : [missing],
    unknown: unknown === undefined ? [] : [unknown],
  });
}
