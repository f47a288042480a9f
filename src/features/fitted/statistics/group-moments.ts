import { FitError } from "../../../errors.js";
import type { FitColumn, StateValue } from "../../transform.js";
import { compareCategories, MAX_DISTINCT, MAX_DISTINCT_BYTES, type Category } from "./categories.js";
import { infinite } from "./numbers.js";

/** Count, mean and sum of squared deviations of a target in the rows of one category. */
export class Group {
  count = 0;
  mean = 0;
  squares = 0;

  add(y: number): void {
    this.count++;
    const delta = y - this.mean;
    this.mean += delta / this.count;
    this.squares += delta * (y - this.mean);
  }

  merge({ count, mean, squares }: Pick<Group, "count" | "mean" | "squares">): void {
    if (count === 0) return;
    const total = this.count + count;
    const delta = mean - this.mean;
    if (this.count > 0) this.squares += delta * delta * ((this.count * count) / total);
    this.squares += squares;
    this.mean += delta * (count / total);
    this.count = total;
  }
}

/** A target's moments in each category of a column. Rows without a target are left out. */
export class GroupMoments {
  readonly all = new Group();
  readonly missing = new Group();
  readonly #groups = new Map<Category, Group>();
  #bytes = 0;

  /** `check` refuses a target: it returns what is wrong with it. */
  update(column: FitColumn, target: FitColumn, check: (y: number) => FitError | undefined): void {
    const valueAt = reader(column);
    for (let row = 0; row < column.length; row++) {
      const y = target.numbers[row] as number;
      if (target.isNull(row) || y !== y) continue;
      if (y - y !== 0) throw infinite(y, row);
      const wrong = check(y);
      if (wrong !== undefined) throw wrong.with({ row });
      this.all.add(y);
      this.#group(valueAt(row), row).add(y);
    }
  }

  merge(other: GroupMoments): void {
    this.all.merge(other.all);
    this.missing.merge(other.missing);
    for (const [value, group] of other.#groups) this.#group(value, undefined).merge(group);
  }

  /** Text by code points, numbers ascending. */
  sorted(): (readonly [Category, Group])[] {
    return [...this.#groups].sort(([a], [b]) => compareCategories(a, b));
  }

  save(): StateValue {
    const plain = ({ count, mean, squares }: Group): StateValue => [count, mean, squares];
    return { all: plain(this.all), missing: plain(this.missing), groups: this.sorted().map(([value, group]) => [value, plain(group)]) };
  }

  restore(saved: StateValue): void {
    type Plain = readonly [count: number, mean: number, squares: number];
    const { all, missing, groups } = saved as unknown as { all: Plain; missing: Plain; groups: readonly (readonly [Category, Plain])[] };
    const into = (group: Group, [count, mean, squares]: Plain): void => void Object.assign(group, { count, mean, squares });
    into(this.all, all);
    into(this.missing, missing);
    for (const [value, group] of groups) into(this.#group(value, undefined), group);
  }

  #group(value: Category | null, row: number | undefined): Group {
    if (value === null) return this.missing;
    const known = this.#groups.get(value);
    if (known !== undefined) return known;
    this.#bytes += typeof value === "string" ? value.length : 0;
    if (this.#groups.size >= MAX_DISTINCT || this.#bytes > MAX_DISTINCT_BYTES) {
      throw new FitError("TOO_MANY_CATEGORIES", "the column has too many distinct values", {
        ...(row === undefined ? {} : { row }),
        expected: `at most ${MAX_DISTINCT.toLocaleString("en-US")}, of ${MAX_DISTINCT_BYTES.toLocaleString("en-US")} bytes in all`,
        fix: "Hash them with hashBucket()",
      });
    }
    const group = new Group();
    this.#groups.set(value, group);
    return group;
  }
}

/** A row's category; null for null and NaN. */
function reader(column: FitColumn): (row: number) => Category | null {
  switch (column.type.kind) {
    case "utf8": {
      const { bytes, offsets } = column;
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return (row) => (column.isNull(row) ? null : text.toString("utf8", offsets[row], offsets[row + 1]));
    }
    case "int64": {
      const { integers } = column;
      return (row) => (column.isNull(row) ? null : (integers[row] as bigint));
    }
    case "bool": {
      const { bytes } = column;
      return (row) => (column.isNull(row) ? null : (((bytes[row >> 3] as number) >> (row & 7)) & 1) === 1);
    }
    default: {
      const { numbers } = column;
      return (row) => {
        const x = numbers[row] as number;
        if (column.isNull(row) || x !== x) return null;
        if (x - x !== 0) throw infinite(x, row);
        return x + 0; // one zero
      };
    }
  }
}
