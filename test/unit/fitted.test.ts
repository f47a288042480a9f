import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bool, Float64, Int64, RecordBatch, Table, Utf8, tableFromArrays, vectorFromArray, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { defineFeatures, loadFeatures, t, type FitProgress, type SkewlessError } from "../../src/index.js";
import { Float64Expr } from "../../src/expr/functions.gen.js";
import { MAX_DISTINCT } from "../../src/features/fitted/statistics/categories.js";

const floats = (values: readonly (number | null)[]): Vector => vectorFromArray(values as number[], new Float64());
const texts = (values: readonly (string | null)[]): Vector => vectorFromArray(values as string[], new Utf8());
const a = (values: readonly (number | null)[]): Table => new Table({ a: floats(values) });
const s = (values: readonly (string | null)[]): Table => new Table({ s: texts(values) });

const NUMBER = { a: t.float64().nullable() };
const TEXT = { s: t.utf8().nullable() };

function failing(code: string, ...words: readonly string[]): SkewlessError {
  const message = expect.stringMatching(new RegExp(words.map((word) => `(?=.*${word})`).join(""), "s")) as string;
  return expect.objectContaining({ code, message }) as SkewlessError;
}

/** Rows of a table as arrays, null where null. */
function rowsOf(table: Table): unknown[][] {
  return Array.from({ length: table.numRows }, (_, i) => table.schema.fields.map((_field, c) => table.getChildAt(c)?.get(i) as unknown));
}

describe("bad options", () => {
  type Name =
    | "standardScaler" | "minMaxScaler" | "maxAbsScaler" | "robustScaler" | "kBinsDiscretizer" | "binarizer" | "winsorizer" | "quantileTransformer" | "powerTransformer" | "topKCategorical"
    | "simpleImputer" | "oneHotEncoder" | "ordinalEncoder" | "frequencyEncoder";
  /** The methods as JavaScript sees them: with any options. */
  type Loose = Readonly<Record<Name, (options?: unknown) => unknown>>;
  type Inputs = Readonly<Record<"a" | "s" | "k" | "b", Loose>>;
  function all(features: (inputs: Inputs) => unknown): () => void {
    return () => {
      defineFeatures({
        inputs: { a: t.float64(), s: t.utf8(), k: t.int64(), b: t.bool() },
        features: (inputs) => ({ f: features(inputs as unknown as Inputs) }) as never,
      });
    };
  }
  const cases: [string, (inputs: Inputs) => unknown, string, string[]][] = [
    ["an unknown option", ({ a }) => a.standardScaler({ with_mean: true }), "INVALID_PARAMETER", ["with_mean", "withMean"]],
    ["options of another type", ({ a }) => a.standardScaler(3), "INVALID_PARAMETER", ["an object", "the number 3"]],
    ["a string for a boolean", ({ a }) => a.standardScaler({ withMean: "yes" }), "INVALID_PARAMETER", ["withMean", "a boolean"]],
    ["a range upside down", ({ a }) => a.minMaxScaler({ featureRange: [1, 0] }), "INVALID_PARAMETER", ["featureRange", "low < high"]],
    ["a range of three", ({ a }) => a.minMaxScaler({ featureRange: [0, 1, 2] }), "INVALID_PARAMETER", ["array of 3"]],
    ["a range with NaN", ({ a }) => a.minMaxScaler({ featureRange: [NaN, 1] }), "INVALID_PARAMETER", ["featureRange"]],
    ["maxAbsScaler has no options", ({ a }) => a.maxAbsScaler({ clip: true }), "INVALID_PARAMETER", ["clip", "none"]],
    ["percentages above 100", ({ a }) => a.robustScaler({ quantileRange: [25, 101] }), "INVALID_PARAMETER", ["quantileRange", "100"]],
    ["unit variance of all data", ({ a }) => a.robustScaler({ quantileRange: [0, 100], unitVariance: true }), "INVALID_PARAMETER", ["unitVariance"]],
    ["one bin", ({ a }) => a.kBinsDiscretizer({ nBins: 1 }), "INVALID_PARAMETER", ["nBins", "from 2"]],
    ["an unknown strategy", ({ a }) => a.kBinsDiscretizer({ strategy: "k-means" }), "INVALID_PARAMETER", ["strategy", '"quantile", "uniform", "kmeans"']],
    ["a power of another kind", ({ a }) => a.powerTransformer({ method: "boxcox" }), "INVALID_PARAMETER", ["method", '"box-cox"']],
    ["no quantiles", ({ a }) => a.quantileTransformer({ nQuantiles: 0 }), "INVALID_PARAMETER", ["nQuantiles", "from 1"]],
    ["an infinite threshold", ({ a }) => a.binarizer({ threshold: Infinity }), "INVALID_PARAMETER", ["threshold"]],
    ["an unknown imputation", ({ a }) => a.simpleImputer({ strategy: "mode" }), "INVALID_PARAMETER", ["strategy", '"most_frequent"']],
    ["the mean of text", ({ s }) => s.simpleImputer({ strategy: "mean" }), "INVALID_PARAMETER", ["most_frequent", "utf8"]],
    ["the default strategy for text", ({ s }) => s.simpleImputer(), "INVALID_PARAMETER", ["most_frequent"]],
    ["the mean of int64", ({ k }) => k.simpleImputer({ strategy: "median" }), "INVALID_PARAMETER", ["int64", "toFloat64"]],
    ["a fill value of another type", ({ s }) => s.simpleImputer({ strategy: "constant", fillValue: 3 }), "INVALID_PARAMETER", ["fillValue", "utf8"]],
    ["a fraction for int64", ({ k }) => k.simpleImputer({ strategy: "constant", fillValue: 0.5 }), "INVALID_PARAMETER", ["fillValue", "int64"]],
    ["a fill value of NaN", ({ a }) => a.simpleImputer({ strategy: "constant", fillValue: NaN }), "INVALID_PARAMETER", ["fillValue"]],
    ["a fill value without its strategy", ({ a }) => a.simpleImputer({ fillValue: 3 }), "INVALID_PARAMETER", ["fillValue", "constant"]],
    ["an indicator beside text", ({ s }) => s.simpleImputer({ strategy: "constant", addIndicator: true }), "INVALID_PARAMETER", ["addIndicator", "isNull"]],
    ["a policy that is none", ({ s }) => s.oneHotEncoder({ handleUnknown: "skip" }), "INVALID_PARAMETER", ["handleUnknown", '"infrequent_if_exist"']],
    ["a frequency of 1.5", ({ s }) => s.oneHotEncoder({ minFrequency: 1.5 }), "INVALID_PARAMETER", ["minFrequency"]],
    ["a frequency of 0", ({ s }) => s.oneHotEncoder({ minFrequency: 0 }), "INVALID_PARAMETER", ["minFrequency"]],
    ["no categories at most", ({ s }) => s.oneHotEncoder({ maxCategories: 0 }), "INVALID_PARAMETER", ["maxCategories", "from 1"]],
    ["an empty list of categories", ({ s }) => s.oneHotEncoder({ categories: [] }), "INVALID_PARAMETER", ["categories"]],
    ["a category twice", ({ s }) => s.oneHotEncoder({ categories: ["a", "b", "a"] }), "INVALID_PARAMETER", ["categories\\[2\\]", "twice"]],
    ["a category of another type", ({ s }) => s.oneHotEncoder({ categories: ["a", 1] }), "INVALID_PARAMETER", ["categories\\[1\\]", "utf8"]],
    ["numbers that do not ascend", ({ a }) => a.oneHotEncoder({ categories: [1, 3, 2] }), "INVALID_PARAMETER", ["categories\\[2\\]", "ascend"]],
    ["both zeros as categories", ({ a }) => a.oneHotEncoder({ categories: [-0, 0] }), "INVALID_PARAMETER", ["twice"]],
    ["NaN as a category", ({ a }) => a.oneHotEncoder({ categories: [1, NaN] }), "INVALID_PARAMETER", ["categories\\[1\\]"]],
    ["missing before others", ({ s }) => s.oneHotEncoder({ categories: [null, "a"] }), "INVALID_PARAMETER", ["null", "last"]],
    ["a lone surrogate", ({ s }) => s.oneHotEncoder({ categories: ["\ud800"] }), "INVALID_PARAMETER", ["categories\\[0\\]"]],
    ["a number past int64", ({ k }) => k.oneHotEncoder({ categories: [2n ** 63n] }), "INVALID_PARAMETER", ["categories\\[0\\]"]],
    ["an unknown value without its policy", ({ s }) => s.ordinalEncoder({ unknownValue: -1 }), "INVALID_PARAMETER", ["unknownValue", "use_encoded_value"]],
    ["the policy without a value", ({ s }) => s.ordinalEncoder({ handleUnknown: "use_encoded_value" }), "INVALID_PARAMETER", ["unknownValue"]],
    ["an unknown value of 0.5", ({ s }) => s.ordinalEncoder({ handleUnknown: "use_encoded_value", unknownValue: 0.5 }), "INVALID_PARAMETER", ["an integer or NaN"]],
    ["percentages as text", ({ a }) => a.winsorizer({ quantileRange: ["1", "99"] }), "INVALID_PARAMETER", ["quantileRange"]],
    ["half a text", ({ s }) => s.topKCategorical({ k: 0.5 }), "INVALID_PARAMETER", ["k", "from 1"]],
    ["a label that is no text", ({ s }) => s.topKCategorical({ otherLabel: "\ud800" }), "INVALID_PARAMETER", ["otherLabel"]],
    ["a text to count", ({ a }) => a.frequencyEncoder({ normalize: 1 }), "INVALID_PARAMETER", ["normalize", "a boolean"]],
  ];
  test.each(cases)("%s", (_name, features, code, words) => {
    expect(all(features)).toThrow(failing(code, ...words));
  });

  test("an unknown value that is a category's number", async () => {
    const set = defineFeatures({
      inputs: TEXT,
      features: ({ s }) => ({ s: s.ordinalEncoder({ handleUnknown: "use_encoded_value", unknownValue: 1 }) }),
    });
    await expect(set.fit(s(["a", "b"]))).rejects.toThrow(failing("INVALID_PARAMETER", "unknownValue", "from 2"));
    await expect(set.fit(s(["a"]))).resolves.toBeDefined();
  });
});

describe("bad data", () => {
  const scaled = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.standardScaler() }) });

  test("no rows", async () => {
    await expect(scaled.fit(a([]))).rejects.toThrow(failing("NO_ROWS"));
    await expect(scaled.fit([])).rejects.toThrow(failing("NO_ROWS"));
  });

  test("nothing but null and NaN", async () => {
    const sets = {
      standardScaler: scaled,
      minMaxScaler: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.minMaxScaler() }) }),
      maxAbsScaler: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.maxAbsScaler() }) }),
      robustScaler: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.robustScaler() }) }),
      winsorizer: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.winsorizer() }) }),
      kBinsDiscretizer: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.kBinsDiscretizer() }) }),
      simpleImputer: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.simpleImputer() }) }),
      median: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.simpleImputer({ strategy: "median" }) }) }),
      mode: defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.simpleImputer({ strategy: "most_frequent" }) }) }),
    };
    for (const set of Object.values(sets)) await expect(set.fit(a([null, NaN, null]))).rejects.toThrow(failing("NO_VALUES", "fitting", "null or NaN"));
    const constant = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.simpleImputer({ strategy: "constant", fillValue: 3 }) }) });
    expect((await constant.fit(a([null]))).compile().row({})).toEqual(Float32Array.of(3));
  });

  test("an infinite value names its row, counted over batches", async () => {
    const features = [
      defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.standardScaler() }) }),
      defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.minMaxScaler() }) }),
      defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.robustScaler() }) }),
      defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.oneHotEncoder() }) }),
    ];
    const batches = [...a([1, 2, 3]).batches, ...a([null, 4, NaN, -Infinity]).batches];
    for (const set of features) {
      await expect(set.fit(batches)).rejects.toThrow(
        expect.objectContaining({ code: "OUT_OF_RANGE", row: 6, actual: "-Infinity" }) as SkewlessError,
      );
    }
    // Behind a null anything may stand.
    const data = floats([1, 2, 4]).data[0];
    const garbage = new Float64Array([1, Infinity, 4]);
    const hidden = new Table({ a: floats([1, null, 4]) });
    (hidden.batches[0]?.data.children[0]?.values as Float64Array).set(garbage);
    expect(data?.length).toBe(3);
    expect((await scaled.fit(hidden)).steps[0]?.state["mean"]).toBe(2.5);
  });

  test("values whose sum or spread is no float64", async () => {
    await expect(scaled.fit(a([1e308, 1e308, 1e308]))).rejects.toThrow(failing("OUT_OF_RANGE", "too large"));
    await expect(scaled.fit(a([1e200, -1e200]))).rejects.toThrow(failing("OUT_OF_RANGE", "too large"));
    const ranged = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.minMaxScaler() }) });
    await expect(ranged.fit(a([1.7e308, -1.7e308]))).rejects.toThrow(failing("OUT_OF_RANGE", "too large"));
  });

  test("a column of the wrong type", async () => {
    await expect(scaled.fit(new Table({ a: texts(["1"]) }))).rejects.toThrow(failing("SCHEMA_MISMATCH", "Utf8", "float64"));
    const scaler = Float64Expr.prototype.standardScaler as unknown as (this: unknown) => never;
    const wrong = (): unknown => defineFeatures({ inputs: TEXT, features: ({ s }) => ({ s: scaler.call(s) }) });
    expect(wrong).toThrow(failing("WRONG_TYPE", "standardScaler", "expected float64, received utf8"));
  });

  test("more than 10,000 categories", async () => {
    const set = defineFeatures({ inputs: TEXT, features: ({ s }) => ({ s: s.oneHotEncoder() }) });
    const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`);
    expect((await set.fit(s(many(10_000)))).names.length).toBe(10_000);
    await expect(set.fit(s(many(10_001)))).rejects.toThrow(
      expect.objectContaining({ code: "TOO_MANY_CATEGORIES", row: 10_000, message: expect.stringMatching(/minFrequency.*maxCategories.*hashBucket/) as string }) as SkewlessError,
    );
    const grouped = defineFeatures({ inputs: TEXT, features: ({ s }) => ({ s: s.oneHotEncoder({ maxCategories: 3, handleUnknown: "infrequent_if_exist" }) }) });
    const fitted = await grouped.fit(s([...many(10_001), "c5000", "c7"]));
    expect(fitted.names).toEqual(["s_c5000", "s_c7", "s_infrequent"]);
    expect(fitted.steps[0]?.state["infrequentCategories"]).toBe(9_999);
  });

  test("a million distinct values end the fit early", async () => {
    let rows = 0;
    const stream = function* (): Generator<RecordBatch> {
      for (let from = 0; from < 1e6; from += 50_000) {
        rows += 50_000;
        yield* tableFromArrays({ k: BigInt64Array.from({ length: 50_000 }, (_, i) => BigInt(from + i)) }).batches as RecordBatch[];
      }
    };
    const set = defineFeatures({ inputs: { k: t.int64() }, features: ({ k }) => ({ k: k.oneHotEncoder({ maxCategories: 5 }) }) });
    await expect(set.fit(stream)).rejects.toThrow(
      expect.objectContaining({ code: "TOO_MANY_CATEGORIES", row: MAX_DISTINCT, fix: expect.stringContaining("hashBucket") as string }) as SkewlessError,
    );
    expect(rows).toBeLessThan(MAX_DISTINCT + 3 * 50_000);
  });

  test("a value that is not among the given categories", async () => {
    const set = defineFeatures({ inputs: TEXT, features: ({ s }) => ({ s: s.oneHotEncoder({ categories: ["x", "y"] }) }) });
    await expect(set.fit(s(["x", "y", "z"]))).rejects.toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY", row: 2 }) as SkewlessError);
    await expect(set.fit(s(["x", null]))).rejects.toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY", row: 1 }) as SkewlessError);
    const known = defineFeatures({ inputs: { b: t.bool() }, features: ({ b }) => ({ b: b.ordinalEncoder({ categories: [true] }) }) });
    const bools = new Table({ b: vectorFromArray([true, false], new Bool()) });
    await expect(known.fit(bools)).rejects.toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY", row: 1 }) as SkewlessError);
  });

  test("Box-Cox of zero", async () => {
    const set = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.powerTransformer({ method: "box-cox" }) }) });
    await expect(set.fit(a([1, null, NaN, 2, 0]))).rejects.toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", row: 4, actual: "0" }) as SkewlessError);
    const constant = await set.fit(a([5, 5, null]));
    expect(constant.steps[0]?.state["lambda"]).toBe(1);
    expect(constant.compile().row({ a: 5 })[0]).toBeCloseTo(0, 12);
  });

  test("bins too narrow for float64", async () => {
    const set = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.kBinsDiscretizer({ strategy: "uniform", nBins: 10 }) }) });
    await expect(set.fit(a([1, 1 + 2 ** -51]))).rejects.toThrow(failing("OUT_OF_RANGE", "too close", "fewer bins"));
  });
});

describe("one-hot columns", () => {
  const fit = async (values: readonly (string | null)[], options = {}): Promise<readonly string[]> =>
    (await defineFeatures({ inputs: TEXT, features: ({ s }) => ({ s: s.oneHotEncoder(options) }) }).fit(s(values))).names;

  test("are named by their categories, whatever these are", async () => {
    expect(await fit(["", " ", "a b", "_", "é", "\u0000"])).toEqual(["s_", "s_\u0000", "s_ ", "s__", "s_a b", "s_é"]);
    expect(await fit(["missing", "missing_", null])).toEqual(["s_missing", "s_missing_", "s_missing__"]);
    expect(await fit(["infrequent", "infrequent", "b", "c"], { minFrequency: 2 })).toEqual(["s_infrequent", "s_infrequent_"]);
  });

  test("may not have the name of another feature's", async () => {
    const set = defineFeatures({
      inputs: { s: t.utf8(), r: t.utf8() },
      features: ({ s, r }) => ({ a: s.oneHotEncoder(), a_b: r.oneHotEncoder() }),
    });
    const data = new Table({ s: texts(["b_c"]), r: texts(["c"]) });
    await expect(set.fit(data)).rejects.toThrow(failing("INVALID_DEFINITION", "a_b_c"));
  });

  test("may be as few as one: scikit-learn 1.2 ignores max_categories=1", async () => {
    expect(await fit(["a", "b", "b"], { maxCategories: 1 })).toEqual(["s_infrequent"]);
    expect(await fit(["a", "b", "b"], { maxCategories: 2 })).toEqual(["s_b", "s_infrequent"]);
  });

  test("cannot be computed with", () => {
    const set = (): unknown =>
      defineFeatures({ inputs: TEXT, features: ({ s }) => ({ s: (s.oneHotEncoder() as never as { add(x: number): never }).add(1) }) });
    expect(set).toThrow(TypeError);
  });

  test("of int64 beyond 2^53 and of booleans", async () => {
    const set = defineFeatures({
      inputs: { k: t.int64(), b: t.bool().nullable() },
      features: ({ k, b }) => ({ k: k.oneHotEncoder(), b: b.oneHotEncoder(), n: b.frequencyEncoder({ normalize: false }) }),
    });
    const data = new Table({
      k: vectorFromArray([2n ** 62n + 1n, -(2n ** 62n), 2n ** 62n + 1n], new Int64()),
      b: vectorFromArray([true, null, true], new Bool()),
    });
    const fitted = await set.fit(data);
    expect(fitted.names).toEqual(["k_-4611686018427387904", "k_4611686018427387905", "b_true", "b_missing", "n"]);
    expect(rowsOf(fitted.compile().batch(data))).toEqual([
      [0, 1, 1, 0, 2],
      [1, 0, 0, 1, 1],
      [0, 1, 1, 0, 2],
    ]);
    expect(() => fitted.compile().row({ k: 2n ** 62n, b: true })).toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY", path: ["k_-4611686018427387904"] }));
    expect(() => fitted.compile().row({ k: -(2n ** 62n), b: false })).toThrow(failing("UNKNOWN_CATEGORY", "categoryValue"));
  });

  test("an unknown value in a batch names its row", async () => {
    const fitted = await defineFeatures({ inputs: TEXT, features: ({ s }) => ({ s: s.oneHotEncoder() }) }).fit(s(["a", "b"]));
    const engine = fitted.compile();
    expect(() => engine.batch(s(["a", "b", "b", "q"]))).toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY", row: 3, function: "categoryValue" }));
    expect(() => engine.row({ s: null })).toThrow(expect.objectContaining({ code: "UNKNOWN_CATEGORY" }));
    expect(engine.row({ s: "b" })).toEqual(Float32Array.of(0, 1));
  });
});

test("the most frequent texts stay, and can be encoded", async () => {
  const set = defineFeatures({
    inputs: TEXT,
    features: ({ s }) => ({
      text: s.topKCategorical({ k: 2, otherLabel: "?" }).as("utf8"),
      code: s.topKCategorical({ k: 2 }).oneHotEncoder({ handleUnknown: "ignore" }),
      missing: s.missingIndicator(),
    }),
  });
  // b: 3, then a, c and d twice each: a is the first in order.
  const fitted = await set.fit(s(["d", "c", "b", "a", "b", "a", null, "d", "c", "b"]));
  expect(fitted.names).toEqual(["text", "code_Other", "code_a", "code_b", "code_missing", "missing"]);
  expect(rowsOf(fitted.compile().batch(s(["a", "b", "c", "unseen", null])))).toEqual([
    ["a", 0, 1, 0, 0, 0],
    ["b", 0, 0, 1, 0, 0],
    ["?", 1, 0, 0, 0, 0],
    ["?", 1, 0, 0, 0, 0],
    [null, 0, 0, 0, 1, 1],
  ]);
});

test("missing numbers are null and NaN", () => {
  const set = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.missingIndicator() }) });
  expect(rowsOf(set.compile().batch(a([1, null, NaN, Infinity])))).toEqual([[0], [1], [1], [0]]);
});

describe("imputers", () => {
  test("keep the type of text, int64 and bool", async () => {
    const set = defineFeatures({
      inputs: { s: t.utf8().nullable(), k: t.int64().nullable(), b: t.bool().nullable() },
      features: ({ s, k, b }) => ({
        s: s.simpleImputer({ strategy: "constant", fillValue: "?" }).oneHotEncoder(),
        length: s.simpleImputer({ strategy: "most_frequent" }).length(),
        k: k.simpleImputer({ strategy: "most_frequent", addIndicator: true }).as("int64"),
        b: b.simpleImputer({ strategy: "most_frequent" }).as("bool"),
        z: k.simpleImputer({ strategy: "constant" }).add(1n).as("int64"),
      }),
    });
    const data = new Table({
      s: texts(["bb", null, "bb", "a"]),
      k: vectorFromArray([2n ** 60n, null, 7n, 2n ** 60n], new Int64()),
      b: vectorFromArray([null, true, false, null], new Bool()),
    });
    const fitted = await set.fit(data);
    expect(fitted.names).toEqual(["s_?", "s_a", "s_bb", "length", "k", "k_missing", "b", "z"]);
    expect(rowsOf(fitted.compile().batch(data))).toEqual([
      [0, 0, 1, 2, 2n ** 60n, 0n, false, 2n ** 60n + 1n],
      [1, 0, 0, 2, 2n ** 60n, 1n, true, 1n],
      [0, 0, 1, 2, 7n, 0n, false, 8n],
      [0, 1, 0, 1, 2n ** 60n, 0n, false, 2n ** 60n + 1n],
    ]);
  });

  test("have no indicator where fitting saw nothing missing", async () => {
    const set = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.simpleImputer({ addIndicator: true }) }) });
    expect((await set.fit(a([1, 2]))).names).toEqual(["a"]);
    expect((await set.fit(a([1, NaN]))).names).toEqual(["a", "a_missing"]);
  });
});

test("a constant column whose square no float64 holds has the variance 0", async () => {
  const fitted = await defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.standardScaler() }) }).fit(a([1e200, null, 1e200]));
  expect(fitted.steps[0]?.state).toEqual({ count: 2, mean: 1e200, variance: 0, scale: 1 });
});

describe("chains and streams", () => {
  const chain = defineFeatures({
    inputs: NUMBER,
    features: ({ a }) => ({ a: a.log1p().simpleImputer().standardScaler().as("float64"), b: a.robustScaler().as("float64") }),
  });
  const values = [0, 1, null, 3, NaN, 7];

  test("fit in as many passes as there are links", async () => {
    const seen: FitProgress[] = [];
    const fitted = await chain.fit(a(values), { onProgress: (progress) => void seen.push(progress) });
    expect(seen).toEqual([
      { rows: 6, pass: 1, passes: 2 },
      { rows: 6, pass: 2, passes: 2 },
    ]);
    // By hand: the logarithms of 1, 2, 4, 8 are 0, 1, 2, 3 times log 2; their mean, 1.5, fills the two gaps.
    const logarithms = [0, 1, 1.5, 2, 1.5, 3];
    const scale = Math.sqrt(logarithms.reduce((sum, x) => sum + (x - 1.5) ** 2, 0) / 6);
    const column = rowsOf(fitted.compile().batch(a(values))).map(([x]) => x as number);
    for (const [i, x] of column.entries()) expect(x).toBeCloseTo(((logarithms[i] as number) - 1.5) / scale, 12);
  });

  test("need data that can be read again", async () => {
    const once = (): Iterable<RecordBatch> => a(values).batches.values();
    await expect(chain.fit(once())).rejects.toThrow(failing("READ_ONCE", "2 passes", "function"));
    await expect(chain.fit(once)).resolves.toBeDefined();
    const single = defineFeatures({ inputs: NUMBER, features: ({ a }) => ({ a: a.standardScaler() }) });
    expect((await single.fit(once())).steps[0]?.state["count"]).toBe(4);
  });

  test("in batches equal one batch", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => (i % 17 === 0 ? null : Math.sin(i) * 1000 + 1e5));
    const whole = await chain.fit(a(rows));
    const parts = [0, 1, 1000, 1001, 2500].map((from, i, all) => a(rows.slice(from, all[i + 1] ?? rows.length)));
    const split = await chain.fit(parts.flatMap((part) => part.batches));
    const sliced = await chain.fit([a([null, ...rows]).slice(1).batches[0] as RecordBatch]);
    for (const [i, { state }] of whole.steps.entries()) {
      for (const [key, value] of Object.entries(state)) {
        expect(sliced.steps[i]?.state[key]).toBe(value);
        const other = split.steps[i]?.state[key] as number;
        expect(Math.abs(other - (value as number)), key).toBeLessThanOrEqual(1e-13 * Math.abs(value as number));
      }
    }
  });

  test("end with the user's signal", async () => {
    const controller = new AbortController();
    const fit = chain.fit(a(values), { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(fit).rejects.toThrow(failing("ABORTED"));
  });

  test("give the same spec with one thread and with two", async () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => Math.cos(i) * 10);
    const one = await chain.fit(a(rows));
    const two = await chain.fit(a(rows), { threads: 2 });
    expect(two.fingerprint).toBe(one.fingerprint);
  });
});

describe("every transformation", () => {
  const set = defineFeatures({
    inputs: { a: t.float64().nullable(), s: t.utf8().nullable(), k: t.int64().nullable(), b: t.bool().nullable() },
    features: ({ a, s, k, b }) => ({
      standard: a.standardScaler(),
      minMax: a.minMaxScaler({ clip: true }),
      maxAbs: a.maxAbsScaler(),
      robust: a.robustScaler(),
      winsorized: a.winsorizer({ quantileRange: [10, 90] }),
      rank: a.quantileTransformer({ nQuantiles: 5 }),
      power: a.powerTransformer(),
      normal: a.quantileTransformer({ outputDistribution: "normal" }),
      binary: a.binarizer({ threshold: 1 }),
      bins: a.kBinsDiscretizer({ nBins: 4 }),
      bin: a.kBinsDiscretizer({ nBins: 4, encode: "ordinal", strategy: "uniform" }),
      imputed: a.simpleImputer({ strategy: "median", addIndicator: true }),
      chained: a.simpleImputer({ strategy: "constant", fillValue: 3 }).standardScaler().minMaxScaler(),
      oneHot: s.oneHotEncoder({ handleUnknown: "ignore", minFrequency: 2 }),
      number: s.ordinalEncoder({ handleUnknown: "use_encoded_value", unknownValue: -1 }),
      frequency: s.frequencyEncoder(),
      key: k.oneHotEncoder({ handleUnknown: "ignore", maxCategories: 3 }),
      keyNumber: k.ordinalEncoder({ handleUnknown: "use_encoded_value", unknownValue: NaN, encodedMissingValue: -5 }),
      flag: b.oneHotEncoder({ drop: "if_binary", handleUnknown: "ignore" }),
    }),
  });
  const numbers = [1, 2, null, NaN, 5, 7, -3, 0, -0, 1e9, 2, null];
  const train = new Table({
    a: floats(numbers),
    s: texts(["b", "a", null, "b", "", "c d", "b", "a", "é", "日本", "b", null]),
    k: vectorFromArray([1n, 1n, null, 2n, 2n, 3n, 2n ** 60n, 1n, 2n, 3n, -9n, null], new Int64()),
    b: vectorFromArray([true, false, null, true, true, true, false, false, true, true, false, true], new Bool()),
  });
  const score = [
    { a: 4.5, s: "b", k: 1, b: true },
    { a: NaN, s: "unseen", k: 77, b: false },
    { a: Infinity, s: "", k: 2n ** 60n, b: null },
    { a: -Infinity, s: null, k: null, b: true },
    { a: -0, s: "日本", k: -9n, b: false },
    {},
  ];

  test("gives the same bits by row, in a batch, and saved and loaded", async () => {
    const fitted = await set.fit(train);
    const folder = await mkdtemp(join(tmpdir(), "skewless-fitted-"));
    try {
      await fitted.save(join(folder, "spec.json"));
      const loaded = await loadFeatures(join(folder, "spec.json"));
      expect(loaded.fingerprint).toBe(fitted.fingerprint);
      expect(loaded.describe()).toEqual(fitted.describe());
      const engines = [fitted.compile(), loaded.compile() as ReturnType<typeof fitted.compile>];
      const table = new Table({
        a: floats(score.map((row) => row.a ?? null)),
        s: texts(score.map((row) => row.s ?? null)),
        k: vectorFromArray(score.map((row) => (row.k === null || row.k === undefined ? null : BigInt(row.k))), new Int64()),
        b: vectorFromArray(score.map((row) => row.b ?? null), new Bool()),
      });
      const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
      const matrices = engines.map((engine) => bits(engine.toMatrix(table)));
      expect(matrices[1]).toEqual(matrices[0]);
      const width = fitted.names.length;
      for (const engine of engines) {
        for (const [i, row] of score.entries()) expect(bits(engine.row(row))).toEqual(matrices[0]?.subarray(i * width, (i + 1) * width));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("is described in readable rows", async () => {
    const fitted = await set.fit(train);
    const rows = fitted.describe();
    const of = (feature: string, statistic: string): unknown => rows.find((row) => row.feature === feature && row.statistic === statistic)?.value;
    expect(of("standard", "count")).toBe(9);
    expect(of("minMax", "max")).toBe(1e9);
    expect(of("robust", "median")).toBe(2);
    expect(of("oneHot", "rows of b")).toBe(4);
    expect(of("oneHot", "rows of missing")).toBe(2);
    expect(of("oneHot", "infrequent categories")).toBe(4);
    expect(of("flag", "dropped column")).toBeUndefined(); // false, true and missing are three
    expect(of("number", "number of c d")).toBe(3);
    expect(of("imputed", "missing")).toBe(3);
    for (const row of rows) expect(row.value).not.toBeUndefined();
  });
});
