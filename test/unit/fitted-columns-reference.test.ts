// Transformations of several columns against the real scikit-learn: test/reference/make_columns.py made the files.
import { readFileSync, readdirSync } from "node:fs";
import { Float64, Table, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { columns, defineFeatures, featuresFromJson, t, type AnyInputType, type Expr, type FeatureColumns, type FeatureSet, type FeatureValue } from "../../src/index.js";
import type { Float64Expr, Utf8Expr } from "../../src/expr/functions.gen.js";

type Scalar = number | string | null;

interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly fit: number;
  readonly state: Readonly<Record<string, unknown>>;
  readonly categories?: readonly (string | null)[];
  readonly rows: number;
  readonly output: readonly (readonly Scalar[])[];
  /** Suffixes of the columns, null for the feature's own name. */
  readonly names: readonly (string | null)[];
  readonly absolute?: number;
  readonly stateAbsolute?: number;
}

interface Reference {
  readonly tables: readonly (readonly (readonly Scalar[])[])[];
  readonly cases: readonly Case[];
}

const folder = new URL("../reference/columns/", import.meta.url);
const LETTERS = ["a", "b", "c", "d"];

type Columns = Readonly<Record<string, readonly Scalar[]>>;

function tableOf(data: Columns): Table {
  return new Table(
    Object.fromEntries(
      Object.entries(data).map(([name, values]) => [
        name,
        typeof values.find((value) => value !== null) === "string"
          ? vectorFromArray(values as string[], new Utf8())
          : vectorFromArray(values as number[], new Float64()),
      ]),
    ),
  );
}

function byName(names: readonly string[], rows: readonly (readonly Scalar[])[]): Columns {
  return Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i] ?? null)]));
}

/** The declaration of a case, and the names of its inputs: those that are rows, then the target. */
function declared(transform: string, { options }: Case, width: number): { set: FeatureSet<Record<string, AnyInputType>>; names: readonly string[] } {
  if (transform === "targetEncoder") {
    const set = defineFeatures({
      inputs: { a: t.utf8().nullable(), y: t.float64().nullable() } as Record<string, AnyInputType>,
      features: (inputs) => {
        const { a, y } = inputs as unknown as { a: Utf8Expr; y: Float64Expr };
        return { x: a.targetEncoder({ ...options, target: y }).as("float64") };
      },
    });
    return { set, names: ["a", "y"] };
  }
  const names = LETTERS.slice(0, width);
  const single = transform === "splineTransformer" || transform === "kBinsDiscretizer";
  const set = defineFeatures({
    inputs: Object.fromEntries(names.map((name) => [name, t.float64().nullable()])) as Record<string, AnyInputType>,
    features: (inputs) => {
      const exprs = names.map((name) => (inputs as unknown as Record<string, Expr>)[name] as Expr);
      const on = single ? exprs[0] : columns(...(exprs as [Expr, ...Expr[]]));
      type Methods = Readonly<Record<string, (options: object) => FeatureColumns>>;
      const value = ((on as unknown as Methods)[transform] as Methods[string]).call(on, options);
      return { x: value.as("float64") as FeatureValue };
    },
  });
  return { set, names };
}

function near(actual: unknown, expected: unknown, relative: number, absolute: number, where: string): void {
  if (Array.isArray(expected)) {
    expect((actual as unknown[]).length, where).toBe(expected.length);
    for (const [i, item] of expected.entries()) near((actual as unknown[])[i], item, relative, absolute, `${where}[${i}]`);
    return;
  }
  if (typeof expected !== "number") {
    expect(actual, where).toStrictEqual(expected === "NaN" ? NaN : expected === "Infinity" ? Infinity : expected === "-Infinity" ? -Infinity : expected);
    return;
  }
  expect(Math.abs((actual as number) - expected), `${where}: ${String(actual)} is not ${expected}`).toBeLessThanOrEqual(Math.max(relative * Math.abs(expected), absolute));
}

for (const file of readdirSync(folder)) {
  const transform = file.replace(".json", "");
  const { tables, cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Reference;

  describe(`${transform} equals scikit-learn`, () => {
    test.each(cases.map((reference) => [reference.name, reference] as const))("%s", async (_name, reference) => {
      const training = tables[reference.fit] ?? [];
      const rows = tables[reference.rows] ?? [];
      const { set, names } = declared(transform, reference, training[0]?.length ?? 0);
      const fitted = await set.fit(tableOf(byName(names, training)));
      const state = fitted.steps.at(-1)?.state ?? {};
      for (const [key, expected] of Object.entries(reference.state)) near(state[key], expected, 1e-12, reference.stateAbsolute ?? 0, `${reference.name}: ${key}`);
      if (reference.categories !== undefined) expect(state["categories"]).toEqual(reference.categories);
      expect(fitted.names).toEqual(reference.names.map((name) => (name === null ? "x" : `x_${name.replace(/^f_sp/, "sp")}`)));

      const data = byName(transform === "targetEncoder" ? ["a"] : names, rows);
      const engine = fitted.compile();
      const output = engine.batch(tableOf(data));
      const loaded = featuresFromJson(JSON.parse(JSON.stringify(fitted.toJSON()))).compile();
      expect(loaded.fingerprint).toBe(engine.fingerprint);
      for (const [i, expected] of reference.output.entries()) {
        const actual = fitted.names.map((_, c) => output.getChildAt(c)?.get(i) as unknown);
        near(actual, expected, 1e-9, reference.absolute ?? 1e-12, `row ${i}`);
        const row = Object.fromEntries(Object.entries(data).map(([name, values]) => [name, values[i]]));
        const byRow = Object.values(loaded.values(row as never));
        for (const [c, value] of byRow.entries()) expect(Object.is(value, actual[c]), `row ${i}, column ${c}: ${String(value)}, ${String(actual[c])}`).toBe(true);
      }
    });
  });
}
