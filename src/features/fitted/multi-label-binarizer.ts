import { DefinitionError, FitError, received } from "../../errors.js";
import { call } from "../../expr/call.js";
import type { ColumnsExpr, Expr } from "../../expr/expr.js";
import { Int64ListExpr, Utf8ListExpr } from "../../expr/functions.gen.js";
import { kernelType } from "../../types/data-type.js";
import { applyColumns, onlyOptions } from "../apply.js";
import { defineTransform, type Accumulator, type FitColumn, type StateValue } from "../transform.js";
import { MAX_CATEGORIES, compareCategories, readCategory } from "./statistics/categories.js";
import { TermCounts } from "./statistics/term-counts.js";
import { vectorColumns } from "./statistics/vector-columns.js";

export interface MultiLabelBinarizerOptions<T = string | bigint | number> {
  /** The classes in the order of their columns; null (the default) takes those of the data, sorted. */
  readonly classes?: readonly T[] | null;
}

type Label = string | bigint;

type Options = {
  readonly classes: readonly Label[] | null;
  /** What the lists hold. */
  readonly items: "utf8" | "int64";
};

type State = {
  /** Lists that are not null. */
  readonly rows: number;
  readonly classes: readonly Label[];
  /** How many lists have each class. */
  readonly counts: readonly number[];
};

class MultiLabelFit implements Accumulator<State> {
  readonly #options: Options;
  readonly #counts: TermCounts;

  constructor(options: Options) {
    this.#options = options;
    this.#counts = new TermCounts(MAX_CATEGORIES, options.classes?.map(String));
  }

  update(column: FitColumn): void {
    this.#counts.update(column);
  }

  merge(other: this): void {
    this.#counts.merge(other.#counts);
  }

  save(): StateValue {
    const all = this.#counts.entries();
    return { rows: this.#counts.documents, classes: all.map(({ term }) => term), counts: all.map(({ documents }) => documents) };
  }

  restore(saved: StateValue): void {
    const { rows, classes, counts } = saved as { rows: number; classes: string[]; counts: number[] };
    for (const [i, term] of classes.entries()) this.#counts.add({ term, documents: counts[i] as number, count: 0 });
    this.#counts.documents += rows;
  }

  finish(): State {
    const read = this.#options.items === "int64" ? BigInt : String;
    const all = this.#counts.entries().map(({ term, documents }) => ({ label: read(term) as Label, documents }));
    if (all.length === 0) {
      throw new FitError("NO_VALUES", "no list has any element", { fix: "Give the classes, or leave the feature out" });
    }
    if (this.#options.classes === null) all.sort((a, b) => compareCategories(a.label, b.label));
    return { rows: this.#counts.documents, classes: all.map(({ label }) => label), counts: all.map(({ documents }) => documents) };
  }
}

function readClasses(given: unknown, items: Options["items"]): readonly Label[] | null {
  if (given === null || given === undefined) return null;
  const wrong = (details: { path: readonly (string | number)[]; expected: string; actual: string }): never => {
    throw new DefinitionError("INVALID_PARAMETER", "multiLabelBinarizer: option classes", details);
  };
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_CATEGORIES) {
    return wrong({ path: ["classes"], expected: `a list of 1 to ${MAX_CATEGORIES} classes`, actual: Array.isArray(given) ? `a list of ${given.length}` : received(given) });
  }
  const seen = new Set<Label>();
  for (const [i, item] of (given as readonly unknown[]).entries()) {
    const label = readCategory(items, item) as Label | undefined;
    if (label === undefined || seen.has(label)) {
      return wrong({ path: ["classes", i], expected: label === undefined ? items : "distinct classes", actual: received(item) });
    }
    seen.add(label);
  }
  return Object.freeze([...seen]);
}

const multiLabelBinarizer = defineTransform<Options, State>({
  name: "multiLabelBinarizer",
  version: 1,
  accepts: ["list<utf8>", "list<int64>"],
  options(given, type) {
    onlyOptions("multiLabelBinarizer", given, ["classes"]);
    const items = kernelType(type) === "list<int64>" ? "int64" : "utf8";
    return { classes: readClasses(given["classes"], items), items };
  },
  fitInput: (x) => call("pack", [x]),
  begin: (options) => new MultiLabelFit(options),
  lower(x, { classes }) {
    const vector = call("termVector", [x], { vocabulary: classes, weights: [], binary: 1, sublinear: 0, norm: "none" });
    return vectorColumns(vector, classes.map(String));
  },
  describe: ({ rows, classes, counts }) => [
    ["lists", rows],
    ["classes", classes.length],
    ...classes.map((label, i) => [`lists with ${label}`, counts[i] as number] as const),
  ],
});

interface MultiLabelBinarizing<T> {
  /**
   * A column a class, named `<feature>_<class>`: 1 where the list holds it, else 0. Classes that fitting did not see
   * (or that are not among `classes`) and null elements are left out; a null list is null in every column. As
   * scikit-learn's MultiLabelBinarizer, which also warns of unknown classes. At most 10,000 classes, beyond which
   * fitting fails with TOO_MANY_CATEGORIES.
   */
  multiLabelBinarizer(options?: MultiLabelBinarizerOptions<T>): ColumnsExpr;
}

declare module "../../expr/functions.gen.js" {
  interface Utf8ListExpr extends MultiLabelBinarizing<string> {}
  interface Int64ListExpr extends MultiLabelBinarizing<bigint | number> {}
}

for (const { prototype } of [Utf8ListExpr, Int64ListExpr]) {
  (prototype as MultiLabelBinarizing<string>).multiLabelBinarizer = function (this: Expr, options) {
    return applyColumns(multiLabelBinarizer, this, options);
  };
}
