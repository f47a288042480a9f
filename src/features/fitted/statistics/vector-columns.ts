import { call } from "../../../expr/call.js";
import type { Expr } from "../../../expr/expr.js";
import type { Accumulator, FitColumn, LoweredColumn } from "../../transform.js";
import { option } from "../../apply.js";

/** Most columns of a hashed vector. */
export const MAX_HASHED = 4096;

/** The elements of a list<float64> of a known length as columns. */
export function vectorColumns(vector: Expr, suffixes: readonly string[]): LoweredColumn[] {
  return suffixes.map((suffix, i) => ({ suffix, expr: call("element", [vector, i]) }));
}

export function hashedColumns(vector: Expr, count: number): LoweredColumn[] {
  return vectorColumns(vector, Array.from({ length: count }, (_, i) => String(i)));
}

/** The number of places, which must be given: scikit-learn's default of 2^20 is for sparse matrices. */
export function nFeaturesOption(name: string, given: Readonly<Record<string, unknown>>): number {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_HASHED;
  // undefined is not a default but a mistake.
  return option(name, { nFeatures: given["nFeatures"] ?? null }, "nFeatures", 0, `an integer from 1 to ${MAX_HASHED}`, isCount);
}

/** The state of what learns nothing but is columns like the rest. */
export type RowCount = { readonly rows: number };

export class RowCounter implements Accumulator<RowCount> {
  #rows = 0;

  update(column: FitColumn): void {
    this.#rows += column.length;
  }

  merge(other: this): void {
    this.#rows += other.#rows;
  }

  finish(): RowCount {
    return { rows: this.#rows };
  }

  save(): number {
    return this.#rows;
  }

  restore(saved: number): void {
    this.#rows = saved;
  }
}
