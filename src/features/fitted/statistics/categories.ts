import { FitError, received } from "../../../errors.js";
import type { DataType } from "../../../types/data-type.js";
import type { FitColumn, StateValue } from "../../transform.js";
import { TextCounts } from "./text-counts.js";
import { WordCounts } from "./word-counts.js";

/** A category of a column of text, numbers or booleans. */
export type Category = string | number | bigint | boolean;
export type CategoryKind = "utf8" | "float64" | "int64" | "bool";
export const CATEGORY_KINDS: readonly CategoryKind[] = ["utf8", "int64", "float64", "bool"];

/** Most distinct values that a fitted encoder keeps where none are grouped as infrequent. */
export const MAX_CATEGORIES = 10_000;
/** Most distinct values while counting, and most bytes of their text: what bounds the memory of fitting. */
export const MAX_DISTINCT = 2 ** 18;
export const MAX_DISTINCT_BYTES = 2 ** 28;

/** A table of counts. `grow` is asked before a new value is taken in and may refuse it or throw. */
export interface Tally<T extends Category = Category> {
  readonly size: number;
  /** Memory of the distinct values. */
  readonly bytes: number;
  /** Adds a batch; returns how many rows were missing (null or NaN). */
  update(column: FitColumn, grow: (row: number) => boolean): number;
  add(value: T, count: number): void;
  merge(other: this, grow: () => boolean): void;
  entries(): { value: T; count: number }[];
}

class BoolCounts implements Tally<boolean> {
  /** Counts of false and true; undefined until seen. */
  readonly #counts: [no: number | undefined, yes: number | undefined] = [undefined, undefined];

  get size(): number {
    return this.entries().length;
  }

  get bytes(): number {
    return this.size;
  }

  update(column: FitColumn, grow: (row: number) => boolean): number {
    let missing = 0;
    for (let i = 0; i < column.length; i++) {
      const value = (((column.bytes[i >> 3] as number) >> (i & 7)) & 1) as 0 | 1;
      if (column.isNull(i)) missing++;
      else if (this.#counts[value] !== undefined || grow(i)) this.#counts[value] = (this.#counts[value] ?? 0) + 1;
    }
    return missing;
  }

  add(value: boolean, count: number): void {
    const at = value ? 1 : 0;
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  merge(other: this, grow: () => boolean): void {
    for (const { value, count } of other.entries()) {
      if (this.#counts[value ? 1 : 0] !== undefined || grow()) this.add(value, count);
    }
  }

  entries(): { value: boolean; count: number }[] {
    return [false, true].flatMap((value) => {
      const count = this.#counts[value ? 1 : 0];
      return count === undefined ? [] : [{ value, count }];
    });
  }
}

function tally(kind: CategoryKind): Tally {
  switch (kind) {
    case "utf8":
      return new TextCounts() as Tally;
    case "float64":
    case "int64":
      return new WordCounts(kind) as unknown as Tally;
    case "bool":
      return new BoolCounts() as unknown as Tally;
  }
}

export interface CategoryCount {
  /** null stands for missing: null and NaN. */
  readonly value: Category | null;
  readonly count: number;
}

export interface CategoriesOptions {
  readonly limit: number;
  /** The categories there are, null for missing; else those that the data have. */
  readonly known?: readonly (Category | null)[] | undefined;
  /** Whether a value that is not known is an error or left out. */
  readonly strict?: boolean;
}

/** Counts a column's categories. Missing values are one category of their own. */
export class Categories {
  rows = 0;
  #missing = 0;
  readonly #tally: Tally;
  readonly #options: CategoriesOptions;

  constructor(type: DataType, options: CategoriesOptions) {
    this.#tally = tally(type.kind as CategoryKind);
    this.#options = options;
    for (const value of options.known ?? []) if (value !== null) this.#tally.add(value, 0);
  }

  update(column: FitColumn): void {
    const { known, strict } = this.#options;
    const missing = this.#tally.update(column, (row) => this.#grow(row));
    if (missing > 0 && known !== undefined && strict === true && !known.includes(null)) {
      let row = 0;
      while (!column.isNull(row) && !(column.type.kind === "float64" && Number.isNaN(column.numbers[row]))) row++;
      throw unknown(row);
    }
    this.#missing += missing;
    this.rows += column.length;
  }

  /** Rows that are null or NaN. */
  get missing(): number {
    return this.#missing;
  }

  merge(other: Categories): void {
    this.#tally.merge(other.#tally, () => this.#grow(undefined));
    this.#missing += other.#missing;
    this.rows += other.rows;
  }

  save(): StateValue {
    return { rows: this.rows, missing: this.#missing, counts: this.#tally.entries().map(({ value, count }) => [value, count]) };
  }

  /** Of one that holds nothing yet. */
  restore(saved: StateValue): void {
    const { rows, missing, counts } = saved as { rows: number; missing: number; counts: readonly (readonly [Category, number])[] };
    this.rows = rows;
    this.#missing = missing;
    for (const [value, count] of counts) this.#tally.add(value, count);
  }

  /**
   * Known categories in the order given; else those seen, text by its code points and numbers ascending, with
   * missing last.
   */
  sorted(): CategoryCount[] {
    const { known } = this.#options;
    const counted: CategoryCount[] = this.#tally.entries();
    if (known !== undefined) {
      const counts = new Map<Category | null, number>(counted.map(({ value, count }) => [value, count]));
      counts.set(null, this.#missing);
      return known.map((value) => ({ value, count: counts.get(value) ?? 0 }));
    }
    counted.sort((a, b) => compareCategories(a.value as Category, b.value as Category));
    if (this.#missing > 0) counted.push({ value: null, count: this.#missing });
    return counted;
  }

  #grow(row: number | undefined): boolean {
    const { known, strict, limit } = this.#options;
    if (known !== undefined) {
      if (strict === true) throw unknown(row);
      return false;
    }
    if (this.#tally.size < limit && this.#tally.bytes < MAX_DISTINCT_BYTES) return true;
    throw new FitError("TOO_MANY_CATEGORIES", "the column has too many distinct values", {
      ...(row === undefined ? {} : { row }),
      expected: `at most ${limit.toLocaleString("en-US")}, of ${MAX_DISTINCT_BYTES.toLocaleString("en-US")} bytes in all`,
      fix:
        limit < MAX_DISTINCT
          ? "Group the rare ones by minFrequency or maxCategories, or hash them with hashBucket()"
          : "Hash them with hashBucket(), or give the categories of interest",
    });
  }
}

function unknown(row: number | undefined): FitError {
  return new FitError("UNKNOWN_CATEGORY", "the column has a value that is not among the given categories", {
    ...(row === undefined ? {} : { row }),
    fix: 'Add it to categories, or set handleUnknown to "ignore"',
  });
}

export function compareCategories(a: Category, b: Category): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By code points, which is the order of UTF-8 bytes; JavaScript's own order is that of UTF-16 units. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates are units below U+E000 … U+FFFF, and parts of code points above them.
    const high = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
    return high(x) - high(y);
  }
  return a.length - b.length;
}

/** A category as the part of a column's name. */
export function categoryName(value: Category): string {
  return String(value);
}

/** Checks a category that a user wrote: numbers are taken for int64 columns while they are safe integers. */
export function readCategory(kind: CategoryKind, value: unknown): Category | undefined {
  switch (kind) {
    case "utf8":
      return typeof value === "string" && value.isWellFormed() ? value : undefined;
    case "float64":
      return typeof value === "number" && Number.isFinite(value) ? value + 0 : undefined;
    case "int64":
      if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
      return typeof value === "bigint" && BigInt.asIntN(64, value) === value ? value : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
  }
}

export function describeCategory(value: unknown): string {
  return value === null ? "null (missing)" : received(value);
}
