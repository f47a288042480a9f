// Transformations of several columns, by hand and by the error.
import { Bool, Float64, Int64, Table, Utf8, vectorFromArray, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { columns, defineFeatures, featuresFromJson, t, type FeatureValue, type SkewlessError } from "../../src/index.js";
import { MAX_DISTINCT } from "../../src/features/fitted/statistics/categories.js";
import { symmetricEigen } from "../../src/features/fitted/statistics/eigen.js";

const floats = (values: readonly (number | null)[]): Vector => vectorFromArray(values as number[], new Float64());

function failing(code: string, ...words: readonly string[]): SkewlessError {
  const message = expect.stringMatching(new RegExp(words.map((word) => `(?=.*${word})`).join(""), "s")) as string;
  return expect.objectContaining({ code, message }) as SkewlessError;
}

function rowsOf(table: Table): unknown[][] {
  return Array.from({ length: table.numRows }, (_, i) => table.schema.fields.map((_field, c) => table.getChildAt(c)?.get(i) as unknown));
}

const PAIR = { a: t.float64().nullable(), b: t.float64().nullable() };
const pair = (a: readonly (number | null)[], b: readonly (number | null)[]): Table => new Table({ a: floats(a), b: floats(b) });

describe("columns", () => {
  test("have the inputs' names, their place, or names of one's own", () => {
    const set = defineFeatures({
      inputs: { ...PAIR, k: t.int64(), yes: t.bool() },
      features: ({ a, b, k, yes }) => ({
        p: columns(a, b.log1p()).polynomialFeatures({ includeBias: false }),
        q: columns({ left: a, right: k }).polynomialFeatures({ interactionOnly: true }).as("float64"),
        r: columns(k, yes).normalizer({ norm: "l1" }),
        s: columns(a, b).as("float64"),
      }),
    });
    expect(set.withoutFitting().names).toEqual([
      "p_a", "p_x1", "p_a^2", "p_a x1", "p_x1^2",
      "q_1", "q_left", "q_right", "q_left right",
      "r_k", "r_yes", "s_a", "s_b",
    ]);
    const values = set.compile().values({ a: 3, b: 0, k: -3n, yes: true });
    expect(values["q_left right"]).toBe(-9);
    expect([values["r_k"], values["r_yes"], values["s_a"]]).toEqual([-0.75, 0.25, 3]);
  });

  test("refuse what is no expression, and one name twice", () => {
    const all = (features: (inputs: { a: never; s: never }) => unknown): (() => unknown) => {
      return () => defineFeatures({ inputs: { a: t.float64(), s: t.utf8() }, features: (inputs) => ({ f: features(inputs as never) as FeatureValue }) });
    };
    expect(all(() => columns(3 as never))).toThrow(failing("INVALID_DEFINITION", "columns", "the number 3"));
    expect(all(() => columns({}))).toThrow(failing("INVALID_DEFINITION", "columns"));
    expect(all(({ a }) => columns(a, a))).toThrow(failing("INVALID_DEFINITION", '"a"', "columns\\({ a, b }\\)"));
    expect(all(({ a, s }) => columns(a, s).pca())).toThrow(failing("WRONG_TYPE", "s:", "pca", "utf8"));
    expect(all(({ a }) => columns(a).normalizer({ norm: "l3" as "l1" }))).toThrow(failing("INVALID_PARAMETER", "norm", '"max"'));
    expect(all(({ a }) => columns(a).normalizer(3 as never))).toThrow(failing("INVALID_PARAMETER", "an object"));
    expect(all(({ a }) => columns(a).polynomialFeatures({ degree: -1 }))).toThrow(failing("INVALID_PARAMETER", "degree"));
    expect(all(({ a }) => columns(a).polynomialFeatures({ degree: [3, 2] }))).toThrow(failing("INVALID_PARAMETER", "degree"));
    expect(all(({ a }) => columns(a).polynomialFeatures({ degree: 0, includeBias: false }))).toThrow(failing("INVALID_PARAMETER", "no column"));
    expect(all(({ a }) => columns({ a, b: a, c: a, d: a, e: a, f: a }).polynomialFeatures({ degree: 40 }))).toThrow(failing("INVALID_PARAMETER", "10000"));
    expect(all(({ a }) => columns(a).pca({ nComponents: 2 }))).toThrow(failing("INVALID_PARAMETER", "nComponents", "from 1 to 1"));
    expect(all(({ a }) => columns(a).pca({ components: [[1, 2]] }))).toThrow(failing("INVALID_PARAMETER", "components", "rows of 1 numbers"));
    expect(all(({ a }) => columns(a).pca({ components: [[1]], whiten: true }))).toThrow(failing("INVALID_PARAMETER", "explainedVariance"));
    expect(all(({ a }) => columns(a).pca({ mean: [1] } as never))).toThrow(failing("INVALID_PARAMETER", "mean"));
    expect(all(({ a }) => columns(a).truncatedSVD({ nComponents: 0 }))).toThrow(failing("INVALID_PARAMETER", "nComponents"));
    expect(all(({ a }) => (a as { splineTransformer(o: object): unknown }).splineTransformer({ extrapolation: "periodic", nKnots: 3 }))).toThrow(
      failing("INVALID_PARAMETER", "nKnots", "from 4"),
    );
    expect(all(({ a }) => (a as { splineTransformer(o: object): unknown }).splineTransformer({ knot: 3 }))).toThrow(failing("INVALID_PARAMETER", "knot"));
  });
});

test("a row with a missing value, of zeros, and of one", () => {
  const set = defineFeatures({ inputs: PAIR, features: ({ a, b }) => ({ n: columns(a, b).normalizer().as("float64") }) });
  expect(rowsOf(set.compile().batch(pair([3, null, NaN, 0, -2, 1e-16], [4, 1, 1, 0, null, 0])))).toEqual([
    [0.6, 0.8],
    [null, null],
    [NaN, NaN],
    [0, 0],
    [null, null],
    [1e-16, 0], // below scikit-learn's bound
  ]);
});

describe("projections", () => {
  const set = defineFeatures({ inputs: PAIR, features: ({ a, b }) => ({ p: columns(a, b).pca({ whiten: true }).as("float64"), s: columns(a, b).truncatedSVD({ nComponents: 1 }).as("float64") }) });

  test("by hand, and without rows that miss a value", async () => {
    // On the line b = 2a: the direction is (1, 2) / sqrt 5, and along it lie the deviations -1, 0, 1 times sqrt 5.
    const fitted = await set.fit(pair([0, 1, null, 2, 7, NaN], [1, 3, 9, 5, null, 4]));
    const state = fitted.steps[0]?.state as { mean: number[]; components: number[][]; explainedVariance: number[]; count: number };
    expect(state.count).toBe(3);
    expect(state.mean).toEqual([1, 3]);
    expect(state.components[0]?.[0]).toBeCloseTo(1 / Math.sqrt(5), 14);
    expect(state.components[0]?.[1]).toBeCloseTo(2 / Math.sqrt(5), 14);
    expect(state.explainedVariance[0]).toBeCloseTo(5, 13);
    const values = fitted.compile().values({ a: 2, b: 5 });
    expect(values["p_pca0"]).toBeCloseTo(1, 13);
    expect(fitted.compile().values({ a: 2 })["p_pca0"]).toBeNull();
    expect(fitted.names).toEqual(["p_pca0", "p_pca1", "s_truncatedsvd0"]);
    expect(fitted.describe().find((row) => row.statistic === "rows")?.value).toBe(3);
  });

  test("with components from outside need no fitting", () => {
    const given = defineFeatures({
      inputs: PAIR,
      features: ({ a, b }) => ({
        p: columns(a, b).pca({ components: [[0.6, 0.8]], mean: [1, 2], whiten: true, explainedVariance: [4] }).as("float64"),
        s: columns(a, b).truncatedSVD({ components: [[1, 0], [0.5, -0.5]] }).as("float64"),
        chained: columns(a, b).pca({ components: [[1, 0], [0, 1]] }).polynomialFeatures({ degree: [2, 2], includeBias: false, interactionOnly: true }),
      }),
    });
    expect(given.compile().values({ a: 6, b: 7 })).toEqual({ p_pca0: 3.5, s_truncatedsvd0: 6, s_truncatedsvd1: -0.5, "chained_pca0 pca1": 42 });
  });

  test("of too few rows and of infinite values", async () => {
    await expect(set.fit(pair([1], [2]))).rejects.toThrow(failing("NO_VALUES", "1 rows", "at least 2"));
    await expect(set.fit(pair([1, null], [null, 2]))).rejects.toThrow(failing("NO_VALUES", "0 rows"));
    await expect(set.fit(pair([1, 2, 3], [1, Infinity, 3]))).rejects.toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", row: 1 }) as SkewlessError);
    await expect(set.fit(pair([1e200, -1e200], [1, 2]))).rejects.toThrow(failing("OUT_OF_RANGE", "too large"));
    await expect(set.fit(pair([], []))).rejects.toThrow(failing("NO_ROWS"));
  });

  test("of many rows, some incomplete, satisfy the definition", async () => {
    const n = 10_000;
    const a = Array.from({ length: n }, (_, i) => (i % 17 === 0 ? null : i % 101 === 0 ? NaN : Math.sin(i) * 3 + 100));
    const b = Array.from({ length: n }, (_, i) => (i % 5003 === 1 ? null : Math.cos(i * 2.3) + Math.sin(i)));
    const state = (await set.fit(pair(a, b))).steps[0]?.state as { count: number; mean: number[]; components: number[][]; explainedVariance: number[] };
    const kept = a.flatMap((x, i) => (x === null || Number.isNaN(x) || b[i] === null ? [] : [[x, b[i] as number] as const]));
    expect(state.count).toBe(kept.length);
    const mean = [0, 1].map((j) => kept.reduce((sum, row) => sum + (row[j] as number), 0) / kept.length);
    for (const j of [0, 1]) expect(state.mean[j]).toBeCloseTo(mean[j] as number, 11);
    const covariance = [0, 1].map((i) =>
      [0, 1].map((j) => kept.reduce((sum, row) => sum + ((row[i] as number) - (mean[i] as number)) * ((row[j] as number) - (mean[j] as number)), 0) / (kept.length - 1)),
    );
    for (const [k, v] of state.components.entries()) {
      for (const i of [0, 1]) {
        const image = covariance[i]?.reduce((sum, c, j) => sum + c * (v[j] as number), 0) as number;
        expect(image).toBeCloseTo((state.explainedVariance[k] as number) * (v[i] as number), 11);
      }
      expect(Math.hypot(...v)).toBeCloseTo(1, 14);
    }
  });

  test("eigenvectors of a matrix with known ones", () => {
    // Q diag(9, 4, 1, 0) Q' with the orthogonal Q of Hadamard.
    const q = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]].map((row) => row.map((x) => x / 2));
    const values = [9, 4, 1, 0];
    const matrix = [0, 1, 2, 3].map((i) => Float64Array.from([0, 1, 2, 3], (j) => values.reduce((sum, value, k) => sum + value * (q[i]?.[k] as number) * (q[j]?.[k] as number), 0)));
    for (const [k, { value, vector }] of symmetricEigen(matrix).entries()) {
      expect(value).toBeCloseTo(values[k] as number, 13);
      const along = vector.reduce((sum, x, i) => sum + x * (q[i]?.[k] as number), 0);
      expect(Math.abs(along)).toBeCloseTo(1, 13);
    }
  });
});

test("k-means with fewer values than bins has a bin for each", async () => {
  const set = defineFeatures({ inputs: PAIR, features: ({ a }) => ({ a: a.kBinsDiscretizer({ strategy: "kmeans", nBins: 5, encode: "ordinal" }) }) });
  expect((await set.fit(pair([3, 1, 1, 8, 3, null], [0, 0, 0, 0, 0, 0]))).steps[0]?.state["binEdges"]).toEqual([1, 2, 5.5, 8]);
});

describe("target encoding", () => {
  const INPUTS = { s: t.utf8().nullable(), k: t.int64().nullable(), b: t.bool().nullable(), x: t.float64().nullable(), y: t.float64().nullable(), won: t.bool().nullable() };
  const set = defineFeatures({
    inputs: INPUTS,
    features: ({ s, k, b, x, y, won }) => ({
      s: s.targetEncoder({ target: y, smooth: 2 }).as("float64"),
      k: k.targetEncoder({ target: won, smooth: 0 }).as("float64"),
      b: b.targetEncoder({ target: y.isNull().toFloat64(), smooth: 0 }).as("float64"),
      x: x.targetEncoder({ target: k, smooth: 0 }).as("float64"),
    }),
  });
  const data = new Table({
    s: vectorFromArray(["u", "v", "u", null, "v"], new Utf8()),
    k: vectorFromArray([2n ** 60n, 7n, 2n ** 60n, 7n, null], new Int64()),
    b: vectorFromArray([true, false, true, true, null], new Bool()),
    x: floats([0, -0, NaN, 5, 5]),
    y: floats([1, 2, 3, 10, null]),
    won: vectorFromArray([true, false, false, null, true], new Bool()),
  });

  test("by hand, for every type of category and target", async () => {
    const fitted = await set.fit(data);
    // y: u 1, 3; v 2; missing 10; mean 4. (2 * 4 + 4) / 4, (2 * 4 + 2) / 3, (2 * 4 + 10) / 3.
    expect(fitted.steps[0]?.state).toEqual({ rows: 4, targetMean: 4, categories: ["u", "v", null], counts: [2, 1, 1], encodings: [3, 10 / 3, 6] });
    const engine = fitted.compile();
    expect(engine.values({ s: "u", k: 2n ** 60n, b: true, x: -0 })).toEqual({ s: 3, k: 0.5, b: 0, x: (2 ** 60 + 7) / 2 });
    expect(engine.values({ s: "new", k: 1n, b: false, x: NaN })).toEqual({ s: 4, k: 0.5, b: 0, x: 2 ** 60 });
    expect(engine.values({})["s"]).toBe(6);
    expect(fitted.describe().find((row) => row.feature === "s" && row.statistic === "encoding of missing")?.value).toBe(6);
    expect(fitted.steps[0]?.column).toBe("s, y");
  });

  test("reads the target in fitting only", async () => {
    const fitted = await set.fit(data);
    expect(fitted.plan.inputs.map(({ name }) => name)).toEqual(["s", "k", "b", "x"]);
    const loaded = featuresFromJson(JSON.parse(JSON.stringify(fitted.toJSON()))).compile();
    expect(rowsOf(loaded.batch(data.select(["s", "k", "b", "x"])))).toEqual(rowsOf(fitted.compile().batch(data)));
  });

  test("refuses other targets", async () => {
    const declare = (target: unknown, options = {}): (() => unknown) => () =>
      defineFeatures({ inputs: { s: t.utf8(), y: t.float64() }, features: (inputs) => ({ s: inputs.s.targetEncoder({ target: target === "s" ? inputs.s : target === "y" ? inputs.y : target, ...options } as never) }) });
    expect(declare(undefined)).toThrow(failing("INVALID_PARAMETER", "target", "undefined"));
    expect(declare("s")).toThrow(failing("INVALID_PARAMETER", "target", "utf8"));
    expect(declare("y", { smooth: -1 })).toThrow(failing("INVALID_PARAMETER", "smooth"));
    const binary = declare("y", { targetType: "binary" })() as ReturnType<typeof defineFeatures>;
    const rows = (y: readonly (number | null)[]): Table => new Table({ s: vectorFromArray(y.map(() => "a"), new Utf8()), y: floats(y) });
    await expect(binary.fit(rows([1, 0, 2]))).rejects.toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", row: 2, actual: "the number 2" }) as SkewlessError);
    await expect(binary.fit(rows([1, Infinity]))).rejects.toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", row: 1 }) as SkewlessError);
    await expect(binary.fit(rows([NaN]))).rejects.toThrow(failing("NO_VALUES", "target"));
  });

  test("of too many categories stops at the row", async () => {
    const declared = defineFeatures({ inputs: { x: t.float64(), y: t.float64() }, features: ({ x, y }) => ({ x: x.targetEncoder({ target: y }) }) });
    const x = Array.from({ length: MAX_DISTINCT + 10 }, (_, i) => Math.max(i, 5));
    const many = new Table({ x: floats(x), y: floats(x.map(() => 1)) });
    await expect(declared.fit(many)).rejects.toThrow(expect.objectContaining({ code: "TOO_MANY_CATEGORIES", row: MAX_DISTINCT + 5 }) as SkewlessError);
  });

  test("with a row filter learns nothing from the rows left out", async () => {
    const declared = defineFeatures({ inputs: { s: t.utf8(), y: t.float64() }, features: ({ s, y }) => ({ s: s.targetEncoder({ target: y, smooth: 0 }).as("float64") }) });
    // Each category's target is one number, and the outliers are left out: whatever the folds, it comes out again.
    const y = Array.from({ length: 200 }, (_, i) => (i % 10 === 3 ? 1e6 : i % 2));
    const table = new Table({ s: vectorFromArray(y.map((_, i) => (i % 2 === 0 ? "even" : "odd")), new Utf8()), y: floats(y) });
    const result = await declared.fitTransform(table, { where: ({ y }) => y.lt(10), seed: 3 });
    expect(rowsOf(result.table).map(([x]) => x)).toEqual(y.map((_, i) => i % 2));
    expect(result.fitted.steps[0]?.state["rows"]).toBe(180);
    expect(result.fitted.where).toBe("lt(y, 10)");
  });

  test("of training rows leaves each row's own fold out", async () => {
    const INPUTS = { s: t.utf8().nullable(), y: t.float64() };
    const cross = defineFeatures({
      inputs: INPUTS,
      features: ({ s, y }) => ({ s: s.targetEncoder({ target: y }).as("float64"), n: y.standardScaler().as("float64"), t: s.as("utf8"), m: s.isNull().as("bool") }),
    });
    const rows = Array.from({ length: 501 }, (_, i) => ({ s: i % 11 === 0 ? null : `c${(i * i) % 7}`, y: Math.sin(i) * 10 + (i % 7) }));
    const table = (some: typeof rows): Table => new Table({ s: vectorFromArray(some.map((row) => row.s), new Utf8()), y: floats(some.map((row) => row.y)) });
    const parts = [table(rows.slice(0, 200)), table(rows.slice(200))].flatMap((part) => part.batches);
    const { fitted, table: encoded, folds } = await cross.fitTransform(parts, { folds: 4, seed: 7 });
    expect(fitted.fingerprint).toBe((await cross.fit(parts)).fingerprint);
    expect([0, 1, 2, 3].map((fold) => folds.filter((f) => f === fold).length).sort()).toEqual([125, 125, 125, 126]);
    for (let fold = 0; fold < 4; fold++) {
      const others = await cross.fit(table(rows.filter((_, i) => folds[i] !== fold)));
      const engine = others.compile();
      for (const [i, row] of rows.entries()) {
        if (folds[i] !== fold) continue;
        const [s, n, text, missing] = rowsOf(encoded.slice(i, i + 1))[0] as [number, number, string | null, boolean];
        expect(Math.abs(s - (engine.values(row)["s"] as number)), `row ${i}`).toBeLessThan(1e-12);
        expect(n).toBe(fitted.compile().values(row)["n"]); // learns nothing from a target: as in fit
        expect(text).toBe(row.s);
        expect(missing).toBe(row.s === null);
      }
    }
    const again = await cross.fitTransform(table(rows), { folds: 4, seed: 7 });
    expect(again.folds).toEqual(folds);
    expect((await cross.fitTransform(table(rows), { folds: 4, seed: 8 })).folds).not.toEqual(folds);
    await expect(cross.fitTransform(table(rows), { folds: 1 })).rejects.toThrow(failing("INVALID_PARAMETER", "folds"));
    await expect(cross.fitTransform(table(rows).batches.values())).rejects.toThrow(failing("READ_ONCE"));
  });
});

test("splines of a constant column, and missing values", async () => {
  const set = defineFeatures({ inputs: PAIR, features: ({ a, b }) => ({ a: a.splineTransformer({ degree: 1, nKnots: 3 }).as("float64"), b: b.splineTransformer({ degree: 0, nKnots: 2 }).as("float64") }) });
  const fitted = await set.fit(pair([0, null, 2, NaN], [5, 5, 5, 5]));
  expect(fitted.names).toEqual(["a_sp_0", "a_sp_1", "a_sp_2", "b_sp_0"]);
  expect(rowsOf(fitted.compile().batch(pair([0.5, null, NaN, 9], [5, 4, null, 6])))).toEqual([
    [0.5, 0.5, 0, 1],
    [null, null, null, 1],
    [NaN, NaN, NaN, null],
    [0, 0, 1, 1],
  ]);
  await expect(set.fit(pair([null, NaN], [1, 2]))).rejects.toThrow(failing("NO_VALUES"));
});

test("a chain through several columns gives the same bits by row and in a batch", async () => {
  const set = defineFeatures({
    inputs: PAIR,
    features: ({ a, b }) => ({
      p: columns(a.simpleImputer().standardScaler(), b.simpleImputer({ strategy: "median" }).robustScaler()).polynomialFeatures({ degree: 3 }).pca({ nComponents: 4 }),
      n: columns(a.simpleImputer(), b.simpleImputer()).normalizer().truncatedSVD(),
      s: columns({ low: a.splineTransformer({ nKnots: 4 }).exprs[0] as never, b }).normalizer({ norm: "max" }),
    }),
  });
  const rows = Array.from({ length: 300 }, (_, i) => ({ a: i % 9 === 0 ? null : Math.cos(i) * 3, b: i % 13 === 0 ? null : Math.sin(i * 1.3) + i / 100 }));
  const data = pair(rows.map(({ a }) => a), rows.map(({ b }) => b));
  const fitted = await set.fit(data);
  const engine = fitted.compile();
  const matrix = engine.toMatrix(data);
  for (const [i, row] of rows.entries()) {
    const bits = (x: Float32Array): Uint32Array => new Uint32Array(x.slice().buffer);
    expect(bits(engine.row(row))).toEqual(bits(matrix.subarray(i * fitted.names.length, (i + 1) * fitted.names.length)));
  }
});
