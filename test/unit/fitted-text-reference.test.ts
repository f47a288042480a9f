// Vectorizers, hashers, label encoders and binners against the real scikit-learn: test/reference/make_text.py made
// the files.
import { readFileSync, readdirSync } from "node:fs";
import { Bool, Field, Float64, Int64, List, Table, Utf8, vectorFromArray, type DataType, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { defineFeatures, featuresFromJson, t, type AnyInputType, type ColumnsExpr, type Expr, type FeatureSet, type SkewlessError } from "../../src/index.js";

type Kind = "utf8" | "int64" | "float64" | "bool" | "list<utf8>" | "list<int64>";

interface Case {
  readonly name: string;
  readonly type: Kind;
  readonly options: Readonly<Record<string, unknown>>;
  readonly fit: string;
  readonly rows: string;
  readonly state: Readonly<Record<string, unknown>>;
  /** Suffixes of the columns. Else they are numbers up to `width`, or one column has the feature's name. */
  readonly names?: readonly string[];
  readonly width?: number;
  readonly unknown?: readonly unknown[];
  /** A row as numbers, as a map from places to what is not 0, or null. */
  readonly output: readonly (readonly unknown[] | Readonly<Record<string, number>> | null)[];
}

interface Reference {
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  readonly cases: readonly Case[];
}

const folder = new URL("../reference/text/", import.meta.url);

const INPUTS: Record<Kind, AnyInputType> = {
  utf8: t.utf8().nullable(),
  int64: t.int64().nullable(),
  float64: t.float64().nullable(),
  bool: t.bool().nullable(),
  "list<utf8>": t.list(t.utf8()).nullable(),
  "list<int64>": t.list(t.int64()).nullable(),
};
const ARROW: Record<Kind, () => DataType> = {
  utf8: () => new Utf8(),
  int64: () => new Int64(),
  float64: () => new Float64(),
  bool: () => new Bool(),
  "list<utf8>": () => new List(new Field("item", new Utf8(), true)),
  "list<int64>": () => new List(new Field("item", new Int64(), true)),
};

function read(type: string, value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => read(type.slice(5, -1), item));
  if (type === "int64") return BigInt(value as number | string);
  if (type === "float64" && typeof value === "string") return Number(value);
  return value;
}

const table = (type: Kind, values: readonly unknown[]): Table => new Table({ x: vectorFromArray(values as never, ARROW[type]()) as Vector });

function declared(transform: string, { type, options }: Case, output: "float64" | "float32"): FeatureSet<{ readonly x: AnyInputType }> {
  return defineFeatures({
    inputs: { x: INPUTS[type] },
    features: ({ x }) => {
      const apply = (x as unknown as Record<string, (options: object) => Expr | ColumnsExpr>)[transform];
      if (apply === undefined) throw new Error(`${type} has no ${transform}`);
      return { x: apply.call(x, options).as(output) };
    },
  });
}

function near(actual: unknown, expected: unknown, relative: number, where: string): void {
  if (typeof expected !== "number" || typeof actual !== "number" || !Number.isFinite(expected) || expected === 0) {
    expect(actual, where).toStrictEqual(expected);
    return;
  }
  expect(Math.abs(actual - expected), `${where}: ${actual} is not ${expected}`).toBeLessThanOrEqual(relative * Math.abs(expected));
}

function expectedNames({ names, width }: Case): string[] {
  if (names !== undefined) return names.map((name) => `x_${name}`);
  return width === undefined ? ["x"] : Array.from({ length: width }, (_, i) => `x_${i}`);
}

/** A row of the output as numbers. */
function dense(row: Case["output"][number], width: number): unknown[] {
  if (row === null) return Array.from({ length: width }, () => null);
  if (Array.isArray(row)) return row.map((value) => read("float64", value));
  return Array.from({ length: width }, (_, i) => (row as Record<string, number>)[i] ?? 0);
}

for (const file of readdirSync(folder)) {
  const transform = file.replace(".json", "");
  const { columns, cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Reference;

  describe(`${transform} equals scikit-learn`, () => {
    test.each(cases.map((reference) => [reference.name, reference] as const))("%s", async (_name, reference) => {
      const { type } = reference;
      const column = (name: string): unknown[] => (columns[name] ?? []).map((value) => read(type, value));
      const rows = column(reference.rows);
      const training = table(type, column(reference.fit));
      const fitted = await declared(transform, reference, "float64").fit(training);

      const state = fitted.steps[0]?.state ?? {};
      for (const [key, raw] of Object.entries(reference.state)) {
        const actual = state[key] as readonly unknown[];
        if (key === "idf" || key === "quantiles" || key === "binEdges") {
          expect(actual.length, key).toBe((raw as unknown[]).length);
          for (const [i, value] of (raw as unknown[]).entries()) near(actual[i], read("float64", value), 1e-12, `${key}[${i}]`);
        } else {
          const item = type.startsWith("list") ? type.slice(5, -1) : type;
          expect(actual, key).toStrictEqual((raw as unknown[]).map((value) => read(item, value)));
        }
      }
      const width = fitted.names.length;
      expect(fitted.names).toEqual(expectedNames(reference));

      const engine = fitted.compile();
      const output = engine.batch(table(type, rows));
      const children = fitted.names.map((_, c) => output.getChildAt(c));
      expect(reference.output.length).toBe(rows.length);
      for (const [i, row] of reference.output.entries()) {
        for (const [c, expected] of dense(row, width).entries()) near(children[c]?.get(i), expected, 1e-9, `row ${i}, column ${fitted.names[c]}`);
      }
      for (const raw of reference.unknown ?? []) {
        const x = read(type, raw);
        for (const run of [() => engine.values({ x } as never), () => engine.batch(table(type, [x]))]) {
          expect(run, String(x)).toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY", function: "categoryValue" }) as SkewlessError);
        }
      }

      // Row mode, and a spec that was saved and loaded, give the same bits.
      const again = featuresFromJson(JSON.parse(JSON.stringify(fitted.toJSON())));
      expect(again.fingerprint).toBe(fitted.fingerprint);
      expect(again.steps).toStrictEqual(fitted.steps);
      const loaded = again.compile();
      for (const [i, x] of rows.entries()) {
        const byRow = Object.values(loaded.values({ x } as never));
        const differs = byRow.findIndex((value, c) => !Object.is(value, children[c]?.get(i) ?? null));
        expect(differs, `row ${i}`).toBe(-1);
      }

      const matrix = (await declared(transform, reference, "float32").fit(training)).compile().toMatrix(table(type, rows));
      for (const [i, row] of reference.output.entries()) {
        for (const [c, expected] of dense(row, width).entries()) near(matrix[i * width + c], expected ?? NaN, 1e-6, `float32 of row ${i}, column ${c}`);
      }
    });
  });
}
