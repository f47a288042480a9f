import { call } from "../../../expr/call.js";
import type { Expr } from "../../../expr/expr.js";
import type { LoweredColumn } from "../../transform.js";
import { option } from "../../apply.js";
import { FeatureColumns } from "../../columns.js";

/** Most columns of a hashed vector. */
export const MAX_HASHED = 4096;

/** The elements of a list<float64> of a known length as columns. */
export function vectorColumns(vector: Expr, suffixes: readonly string[]): LoweredColumn[] {
  return suffixes.map((suffix, i) => ({ suffix, expr: call("element", [vector, i]) }));
}

/** The same as columns that need no fitting, with their places as names. */
export function hashedColumns(vector: Expr, count: number): FeatureColumns {
  const columns = vectorColumns(vector, Array.from({ length: count }, (_, i) => String(i)));
  return new FeatureColumns(columns.map(({ expr }) => expr), columns.map(({ suffix }) => suffix as string));
}

/** The number of places, which must be given: scikit-learn's default of 2^20 is for sparse matrices. */
export function nFeaturesOption(name: string, given: Readonly<Record<string, unknown>>): number {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_HASHED;
  // Left out is not a default but a mistake.
  return option(name, { nFeatures: given["nFeatures"] ?? null }, "nFeatures", 0, `an integer from 1 to ${MAX_HASHED}`, isCount);
}
