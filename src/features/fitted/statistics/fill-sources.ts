import type { DataType } from "../../../types/data-type.js";
import type { FitColumn, StateValue } from "../../transform.js";
import { Categories, MAX_DISTINCT, type Category } from "./categories.js";
import { Moments } from "./moments.js";
import { noValues } from "./numbers.js";
import { Quantiles } from "./quantiles.js";

/** What an imputer's strategy gathers, and the value that it comes to. */
export interface FillSource<Self> {
  /** Rows that are not missing. */
  readonly count: number;
  update(column: FitColumn): void;
  merge(other: Self): void;
  save(): StateValue;
  restore(saved: StateValue): void;
  value(): { readonly fill: Category; readonly rankError: number };
}

export class MeanSource implements FillSource<MeanSource> {
  readonly #moments = new Moments();
  get count(): number {
    return this.#moments.count;
  }
  update(column: FitColumn): void {
    this.#moments.update(column);
  }
  merge(other: MeanSource): void {
    this.#moments.merge(other.#moments);
  }
  save(): StateValue {
    return this.#moments.save();
  }
  restore(saved: StateValue): void {
    this.#moments.restore(saved);
  }
  value(): { fill: number; rankError: number } {
    if (this.count === 0) throw noValues();
    return { fill: this.#moments.mean, rankError: 0 };
  }
}

export class MedianSource implements FillSource<MedianSource> {
  readonly #quantiles = new Quantiles();
  get count(): number {
    return this.#quantiles.count;
  }
  update(column: FitColumn): void {
    this.#quantiles.update(column);
  }
  merge(other: MedianSource): void {
    this.#quantiles.merge(other.#quantiles);
  }
  save(): StateValue {
    return this.#quantiles.save();
  }
  restore(saved: StateValue): void {
    this.#quantiles.restore(saved);
  }
  value(): { fill: number; rankError: number } {
    const { median, rankError } = this.#quantiles.at([]);
    return { fill: median, rankError };
  }
}

export class ModeSource implements FillSource<ModeSource> {
  readonly #categories: Categories;
  constructor(type: DataType) {
    this.#categories = new Categories(type, { limit: MAX_DISTINCT });
  }
  get count(): number {
    return this.#categories.rows - this.#categories.missing;
  }
  update(column: FitColumn): void {
    this.#categories.update(column);
  }
  merge(other: ModeSource): void {
    this.#categories.merge(other.#categories);
  }
  save(): StateValue {
    return this.#categories.save();
  }
  restore(saved: StateValue): void {
    this.#categories.restore(saved);
  }
  value(): { fill: Category; rankError: number } {
    let best: { value: Category; count: number } | undefined;
    for (const { value, count } of this.#categories.sorted()) {
      // Of equally frequent values the least one: they come in ascending order.
      if (value !== null && count > (best?.count ?? 0)) best = { value, count };
    }
    if (best === undefined) throw noValues();
    return { fill: best.value, rankError: 0 };
  }
}

export class ConstantSource implements FillSource<ConstantSource> {
  count = 0;
  readonly #fill: Category;
  constructor(fill: Category) {
    this.#fill = fill;
  }
  update(column: FitColumn): void {
    const numbers = column.type.kind === "float64" ? column.numbers : undefined;
    let missing = column.nullCount;
    if (numbers !== undefined) for (let i = 0; i < column.length; i++) if (Number.isNaN(numbers[i]) && !column.isNull(i)) missing++;
    this.count += column.length - missing;
  }
  merge(other: ConstantSource): void {
    this.count += other.count;
  }
  save(): StateValue {
    return this.count;
  }
  restore(saved: StateValue): void {
    this.count = saved as number;
  }
  value(): { fill: Category; rankError: number } {
    return { fill: this.#fill, rankError: 0 };
  }
}
