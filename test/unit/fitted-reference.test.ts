// Fitted transformations against the real scikit-learn: test/reference/make_fitted.py made the files.
import { readFileSync, readdirSync } from "node:fs";
import { Bool, Float64, Int64, Table, Utf8, vectorFromArray, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { ColumnsExpr, defineFeatures, featuresFromJson, t, type AnyInputType, type Expr, type FeatureSet, type FittedFeatures, type SkewlessError } from "../../src/index.js";

type Scalar = number | bigint | string | boolean | null;

interface Case {
  readonly name: string;
  readonly type: "float64" | "int64" | "utf8" | "bool";
  readonly options: Readonly<Record<string, unknown>>;
  readonly fit: number;
  readonly state: Readonly<Record<string, unknown>>;
  /** Suffixes of the columns, null for the feature's own name. */
  readonly names?: readonly (string | null)[];
  readonly sklearnNames?: readonly string[];
  readonly width?: number;
  readonly rows: number;
  /** Rows that are unknown categories. */
  readonly unknown?: readonly unknown[];
  readonly output: readonly (readonly unknown[])[];
  /** Errors that the case allows where they are not 1e-12 of the state, 1e-9 of outputs, and none absolute. */
  readonly stateRelative?: number;
  readonly relative?: number;
  readonly absolute?: number;
}

interface Reference {
  readonly columns: readonly (readonly unknown[])[];
  readonly cases: readonly Case[];
}

const folder = new URL("../reference/fitted/", import.meta.url);
const SPECIAL: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };

function read(type: Case["type"], value: unknown): Scalar {
  if (value === null) return null;
  if (type === "float64") return typeof value === "string" ? (SPECIAL[value] as number) : (value as number);
  if (type === "int64") return BigInt(value as number | string);
  return value as string | boolean;
}

const INPUTS: Record<Case["type"], AnyInputType> = {
  float64: t.float64().nullable(),
  int64: t.int64().nullable(),
  utf8: t.utf8().nullable(),
  bool: t.bool().nullable(),
};
const VECTORS: Record<Case["type"], (values: readonly Scalar[]) => Vector> = {
  float64: (values) => vectorFromArray(values as (number | null)[], new Float64()),
  int64: (values) => vectorFromArray(values as (bigint | null)[], new Int64()),
  utf8: (values) => vectorFromArray(values as (string | null)[], new Utf8()),
  bool: (values) => vectorFromArray(values as (boolean | null)[], new Bool()),
};

function table(type: Case["type"], values: readonly Scalar[]): Table {
  return new Table({ x: VECTORS[type](values) });
}

/** The options with "NaN" as a number. */
function optionsOf(options: Case["options"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, value === "NaN" ? NaN : value]));
}

function declared(transform: string, { type, options }: Case, output: "float64" | "float32" | "utf8"): FeatureSet<{ readonly x: AnyInputType }> {
  return defineFeatures({
    inputs: { x: INPUTS[type] },
    features: ({ x }) => {
      const apply = (x as unknown as Record<string, (options: object) => Expr | ColumnsExpr>)[transform];
      if (apply === undefined) throw new Error(`${type} has no ${transform}`);
      return { x: apply.call(x, optionsOf(options)).as(output) };
    },
  });
}

function near(actual: unknown, expected: unknown, relative: number, absolute: number, where: string): void {
  if (typeof expected !== "number" || typeof actual !== "number" || !Number.isFinite(expected)) {
    expect(actual, where).toStrictEqual(expected);
    return;
  }
  const bound = Math.max(relative * Math.abs(expected), absolute);
  expect(Math.abs(actual - expected), `${where}: ${actual} is not ${expected}`).toBeLessThanOrEqual(bound);
}

/** A state's value as the reference spells it. */
function stateValue(type: Case["type"], value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => read(type, item)) : read(type === "utf8" ? "utf8" : "float64", value);
}

function checkState(reference: Case, fitted: Pick<FittedFeatures, "steps">): void {
  const state = fitted.steps.at(-1)?.state ?? {};
  for (const [key, raw] of Object.entries(reference.state)) {
    const expected = stateValue(reference.type, raw);
    const actual = state[key];
    const where = `${reference.name}: ${key}`;
    // Kept only where it matters: an unknown value goes to the infrequent column anyway.
    if (key === "infrequent" && reference.options["handleUnknown"] === "infrequent_if_exist") {
      expect(state["infrequentCategories"], where).toBe((expected as unknown[]).length);
      continue;
    }
    if (key === "categories" || key === "infrequent") expect(actual, where).toStrictEqual(expected);
    else if (Array.isArray(expected)) {
      expect((actual as unknown[]).length, where).toBe(expected.length);
      for (const [i, value] of expected.entries()) near((actual as unknown[])[i], value, reference.stateRelative ?? 1e-12, 0, `${where}[${i}]`);
    } else near(actual, expected, reference.stateRelative ?? 1e-12, 1e-300, where);
  }
}

/** scikit-learn's names without its prefix, as ours. */
function expectedNames(reference: Case): string[] | undefined {
  const { names, sklearnNames, type } = reference;
  if (names !== undefined) return names.map((suffix) => (suffix === null ? "x" : `x_${suffix}`));
  return sklearnNames?.map((name) => {
    if (name === "infrequent_sklearn") return "x_infrequent";
    if (name === "nan" || name === "None") return "x_missing";
    if (type === "float64") return `x_${String(Number(name))}`;
    if (type === "bool") return `x_${name.toLowerCase()}`;
    return `x_${name}`;
  });
}

for (const file of readdirSync(folder)) {
  const transform = file.replace(".json", "");
  const { columns, cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Reference;

  describe(`${transform} equals scikit-learn`, () => {
    test.each(cases.map((reference) => [reference.name, reference] as const))("%s", async (_name, reference) => {
      const { type } = reference;
      const values = (columns[reference.fit] ?? []).map((value) => read(type, value));
      const rows = (columns[reference.rows] ?? []).map((value) => read(type, value));
      const outputType = type === "utf8" && transform === "simpleImputer" ? "utf8" : "float64";
      const fitted = await declared(transform, reference, outputType).fit(table(type, values));
      checkState(reference, fitted);
      const names = expectedNames(reference);
      if (names !== undefined) expect(fitted.names).toEqual(names);

      const engine = fitted.compile();
      const output = engine.batch(table(type, rows));
      expect(output.numRows).toBe(reference.output.length);
      for (const [i, expected] of reference.output.entries()) {
        const row = rows[i] as Scalar;
        const actual = [...Array(fitted.names.length).keys()].map((c) => output.getChildAt(c)?.get(i) as unknown);
        for (const [c, raw] of expected.entries()) {
          const want = read(outputType === "utf8" ? "utf8" : "float64", raw);
          // Where scikit-learn, which has no null, answers NaN to a null, null stays null.
          const kept = row === null && Number.isNaN(want) && !/Encoder|Imputer/.test(transform);
          near(actual[c], kept ? null : want, reference.relative ?? 1e-9, reference.absolute ?? 0, `row ${i}, column ${c}`);
        }
        expect(actual.length).toBe(expected.length);
      }

      // A single category that is dropped leaves no column, and so nothing that could fail.
      for (const raw of fitted.names.length > 0 ? (reference.unknown ?? []) : []) {
        const x = read(type, raw);
        for (const run of [() => engine.values({ x } as never), () => engine.batch(table(type, [x]))]) {
          expect(run, String(x)).toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY", function: "categoryValue" }) as SkewlessError);
        }
      }

      // Row mode, and a spec that was saved and loaded, give the same bits.
      const again = featuresFromJson(JSON.parse(JSON.stringify(fitted.toJSON())));
      expect(again.fingerprint).toBe(fitted.fingerprint);
      const loaded = again.compile();
      for (const [i, x] of rows.entries()) {
        const byRow = Object.values(loaded.values({ x } as never));
        for (const [c, value] of byRow.entries()) expect(Object.is(value, output.getChildAt(c)?.get(i) ?? null), `row ${i}`).toBe(true);
      }

      if (outputType === "utf8") return;
      const vectors = (await declared(transform, reference, "float32").fit(table(type, values))).compile();
      const width = vectors.names.length;
      const matrix = vectors.toMatrix(table(type, rows));
      for (const [i, expected] of reference.output.entries()) {
        for (const [c, raw] of expected.entries()) {
          const want = read("float64", raw) as number;
          const actual = matrix[i * width + c] as number;
          if (Math.abs(want) > 3e38 || (want !== 0 && Math.abs(want) < 1e-30)) continue; // beyond float32
          near(actual, want, Math.max(1e-6, 2 * (reference.relative ?? 0)), reference.absolute ?? 0, `float32 of row ${i}, column ${c}`);
        }
      }
    });
  });
}
