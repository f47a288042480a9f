// Vectorizers, hashers and label encoders: what scikit-learn cannot say (nulls, errors, limits, shards), by hand.
import { Bool, Field, Float64, Int64, List, Table, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { DefinitionError, FitError, columns, defineFeatures, t, type AnyInputType, type ColumnsExpr, type Expr, type FittedFeatures } from "../../src/index.js";
import { fitColumn } from "../../src/features/fit-column.js";
import { findTransform, stateFromJson, stateToJson, type Accumulator, type FitColumn, type StateObject } from "../../src/features/transform.js";
import { TermCounts } from "../../src/features/fitted/statistics/term-counts.js";

const texts = (values: readonly (string | null)[]): Table => new Table({ x: vectorFromArray(values, new Utf8()) });
const lists = (values: readonly (readonly (string | null)[] | null)[]): Table =>
  new Table({ x: vectorFromArray(values as never, new List(new Field("item", new Utf8(), true))) as never });
const numbers = (values: readonly (number | null)[]): Table => new Table({ x: vectorFromArray(values, new Float64()) });

const KINDS = { utf8: t.utf8().nullable(), list: t.list(t.utf8()).nullable(), ints: t.list(t.int64()).nullable(), float64: t.float64().nullable() };

/** Fits one transformation of a nullable input x. */
function fit(kind: keyof typeof KINDS, transform: string, options: object | undefined, table: Table): Promise<FittedFeatures> {
  return defineFeatures({
    inputs: { x: KINDS[kind] as AnyInputType },
    features: ({ x }) => ({ x: (x as unknown as Record<string, (options?: object) => Expr | ColumnsExpr>)[transform]?.call(x, options)?.as("float64") as ColumnsExpr }),
  }).fit(table) as unknown as Promise<FittedFeatures>;
}

const rowOf = (fitted: FittedFeatures, x: unknown): Record<string, unknown> => fitted.compile().values({ x } as never);

describe("texts", () => {
  test("columns are named by their terms and may be stored as integers", async () => {
    const fitted = await defineFeatures({
      inputs: { note: t.utf8() },
      features: ({ note }) => ({ note: note.countVectorizer({ ngramRange: [1, 2] }).as("int64") }),
    }).fit(new Table({ note: vectorFromArray(["to be or", "not to be"], new Utf8()) }));
    expect(fitted.names).toEqual(["note_be", "note_be or", "note_not", "note_not to", "note_or", "note_to", "note_to be"]);
    expect(fitted.compile().values({ note: "be be or To BE" })).toEqual({
      note_be: 3n, "note_be or": 1n, note_not: 0n, "note_not to": 0n, note_or: 1n, note_to: 1n, "note_to be": 1n,
    });
    expect(fitted.describe().filter(({ statistic }) => /texts|terms/.test(statistic)).slice(0, 3)).toMatchObject([
      { statistic: "texts", value: 2 },
      { statistic: "terms", value: 7 },
      { statistic: "texts with be", value: 2 },
    ]);
  });

  test("null texts are left out of fitting and null in every column; empty ones count", async () => {
    const fitted = await fit("utf8", "tfidfVectorizer", { norm: null }, texts([null, "aa", "", null, "aa bb"]));
    const { documents, idf } = fitted.steps[0]?.state as { documents: number; idf: number[] };
    expect(documents).toBe(3);
    // log((1 + 3) / (1 + 2)) + 1 and log((1 + 3) / (1 + 1)) + 1
    expect(idf[0]).toBeCloseTo(1.2876820724517808, 14);
    expect(idf[1]).toBeCloseTo(1.6931471805599454, 14);
    expect(rowOf(fitted, null)).toEqual({ x_aa: null, x_bb: null });
    expect(rowOf(fitted, "")).toEqual({ x_aa: 0, x_bb: 0 });
    expect(rowOf(fitted, "cc")).toEqual({ x_aa: 0, x_bb: 0 });
  });

  test("of equally frequent terms the first in order stay", async () => {
    const fitted = await fit("utf8", "countVectorizer", { maxFeatures: 2 }, texts(["dd cc bb aa", "dd"]));
    expect(fitted.names).toEqual(["x_aa", "x_dd"]);
  });

  test("a byte order mark, a tab and a 0 are characters like others", async () => {
    const fitted = await fit("utf8", "countVectorizer", { analyzer: "char", lowercase: false }, texts(["\ufeffa\u001f:\u0000", "3:😀"]));
    expect(fitted.steps[0]?.state["terms"]).toEqual(["\u0000", "\u001f", "3", ":", "a", "\ufeff", "😀"]);
    expect(Object.values(rowOf(fitted, "\ufeff::"))).toEqual([0, 0, 0, 2, 0, 1, 0]);
  });

  test("no term, none left, and an infinite weight are errors", async () => {
    const error = (code: string): unknown => expect.objectContaining({ name: "FitError", code });
    await expect(fit("utf8", "countVectorizer", {}, texts(["", "a", null]))).rejects.toEqual(error("NO_VALUES"));
    await expect(fit("utf8", "countVectorizer", {}, texts([null, null]))).rejects.toEqual(error("NO_VALUES"));
    await expect(fit("utf8", "countVectorizer", {}, texts([]))).rejects.toEqual(error("NO_ROWS"));
    await expect(fit("utf8", "countVectorizer", { minDf: 2 }, texts(["aa", "bb"]))).rejects.toEqual(error("NO_VALUES"));
    await expect(fit("utf8", "countVectorizer", { minDf: 3, maxDf: 2 }, texts(["aa", "bb"]))).rejects.toEqual(error("NO_VALUES"));
    await expect(fit("utf8", "tfidfVectorizer", { vocabulary: ["zz"], smoothIdf: false }, texts(["aa"]))).rejects.toEqual(error("NO_VALUES"));
  });

  test("too many terms stop fitting at the row, unless rare ones are left out", async () => {
    const many = texts(Array.from({ length: 2000 }, (_, i) => Array.from({ length: 6 }, (_, k) => `w${6 * i + k} same`).join(" ")));
    // Terms 0 to 9,999 are "same" and w0 to w9998: w9999 is in row 1666.
    await expect(fit("utf8", "countVectorizer", {}, many)).rejects.toMatchObject({ code: "TOO_MANY_CATEGORIES", row: 1666 });
    await expect(fit("utf8", "countVectorizer", { minDf: 1, maxFeatures: null }, many)).rejects.toMatchObject({ code: "TOO_MANY_CATEGORIES" });
    expect((await fit("utf8", "countVectorizer", { minDf: 2 }, many)).names).toEqual(["x_same"]);
    // All 12,000 are counted before those in most texts are left out, and then no row is to blame.
    const error = await fit("utf8", "countVectorizer", { maxDf: 0.9 }, many).catch((reason: unknown) => reason as FitError);
    expect(error).toMatchObject({ code: "TOO_MANY_CATEGORIES" });
    expect((error as FitError).row).toBeUndefined();
  });

  test("a table of terms does not grow past its limits", () => {
    const counts = new TermCounts(3);
    for (const term of ["a", "b", "c", "a"]) counts.add({ term, documents: 1, count: 1 });
    expect(() => counts.add({ term: "d", documents: 1, count: 1 })).toThrow(FitError);
    const long = new TermCounts(1000);
    const mebibyte = "x".repeat(2 ** 20 - 4);
    expect(() => {
      for (let i = 0; i < 300; i++) long.add({ term: `${1000 + i}${mebibyte}`, documents: 1, count: 1 });
    }).toThrow(expect.objectContaining({ code: "TOO_MANY_CATEGORIES" }) as Error);
    expect(long.size).toBe(256);
  });
});

describe("lists", () => {
  test("labels: unseen ones and nulls are left out", async () => {
    const fitted = await fit("list", "multiLabelBinarizer", undefined, lists([["b", "a", null], null, [], ["b", "b"]]));
    expect(fitted.names).toEqual(["x_a", "x_b"]);
    expect(fitted.steps[0]?.state).toEqual({ rows: 3, classes: ["a", "b"], counts: [1, 2] });
    expect(rowOf(fitted, ["c", "b", null, "b"])).toEqual({ x_a: 0, x_b: 1 });
    expect(rowOf(fitted, null)).toEqual({ x_a: null, x_b: null });
    await expect(fit("list", "multiLabelBinarizer", undefined, lists([[], null, [null]]))).rejects.toMatchObject({ code: "NO_VALUES" });
    const many = lists(Array.from({ length: 5001 }, (_, i) => [`${i}`, `_${i}`]));
    await expect(fit("list", "multiLabelBinarizer", undefined, many)).rejects.toMatchObject({ code: "TOO_MANY_CATEGORIES", row: 5000 });
  });

  test("labels that are integers are sorted as numbers", async () => {
    const table = new Table({ x: vectorFromArray([[10n, -2n], [9n]] as never, new List(new Field("item", new Int64(), true))) as never });
    const fitted = await fit("ints", "multiLabelBinarizer", undefined, table);
    expect(fitted.names).toEqual(["x_-2", "x_9", "x_10"]);
    const given = await fit("ints", "multiLabelBinarizer", { classes: [9, 7n] }, table);
    expect(rowOf(given, [7n, 10n])).toEqual({ x_9: 0, x_7: 1 });
  });
});

describe("hashing", () => {
  test("rows of columns, as scikit-learn's dictionaries", () => {
    const engine = defineFeatures({
      inputs: { origin: t.utf8().nullable(), delay: t.float64().nullable(), n: t.int64().nullable(), late: t.bool().nullable() },
      features: (row) => ({ h: columns(row.origin, row.delay, row.n, row.late).featureHasher({ nFeatures: 6 }).as("float64") }),
    }).compile();
    // By FeatureHasher(6, input_type="dict"); keys that it does not have are null here.
    const rows = [
      [{ origin: "JFK", delay: 12.5, n: 3n, late: true }, [-3, 1, 0, 0, 1, 12.5]],
      [{ origin: "é=", delay: -1, n: 0n, late: false }, [0, 0, 0, 1, 0, -1]],
      [{ origin: "", delay: 0.25, n: null, late: null }, [0, 0, 0, 0, -1, 0.25]],
      [{ origin: null, delay: null, n: 7n, late: null }, [-7, 0, 0, 0, 0, 0]],
      [{ origin: null, delay: null, n: null, late: null }, [0, 0, 0, 0, 0, 0]],
    ] as const;
    expect(engine.names).toEqual(["h_0", "h_1", "h_2", "h_3", "h_4", "h_5"]);
    for (const [row, expected] of rows) expect(Object.values(engine.values(row))).toEqual(expected);
    const { origin, delay, n, late } = Object.fromEntries(
      (["origin", "delay", "n", "late"] as const).map((name) => [name, rows.map(([row]) => row[name])]),
    ) as Record<string, never[]>;
    const batch = engine.batch({
      origin: vectorFromArray(origin ?? [], new Utf8()),
      delay: vectorFromArray(delay ?? [], new Float64()),
      n: vectorFromArray(n ?? [], new Int64()),
      late: vectorFromArray(late ?? [], new Bool()),
    });
    expect(rows.map((_, i) => engine.names.map((_name, c) => batch.getChildAt(c)?.get(i) as unknown))).toEqual(rows.map(([, expected]) => expected));
  });

  test("pairs of features and values", () => {
    const engine = defineFeatures({
      inputs: { names: t.list(t.utf8()), weights: t.list(t.float64()) },
      features: ({ names, weights }) => ({ h: names.featureHasher({ nFeatures: 5, alternateSign: false, values: weights }).as("float64") }),
    }).compile();
    // By FeatureHasher(5, input_type="pair", alternate_sign=False)
    const run = (names: string[], weights: number[]): unknown[] => Object.values(engine.values({ names, weights }));
    expect(run(["a", "b", "a"], [1.5, -2, 1])).toEqual([2.5, -2, 0, 0, 0]);
    expect(run([], [])).toEqual([0, 0, 0, 0, 0]);
    expect(run(["é", ""], [0, 4])).toEqual([4, 0, 0, 0, 0]);
    expect(() => run(["a"], [])).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", function: "hashVector" }) as Error);
  });

  test("hashing needs no fitting", () => {
    const engine = defineFeatures({ inputs: { x: t.utf8() }, features: ({ x }) => ({ x: x.hashingVectorizer({ nFeatures: 1, norm: null }) }) }).compile();
    expect(engine.row({ x: "aa bb aa" })).toHaveLength(1);
  });

  test("what is not a number, a text or a list of weights is refused", () => {
    const inputs = { tags: t.list(t.utf8()), x: t.float64() };
    expect(() => defineFeatures({ inputs, features: ({ tags }) => ({ h: columns(tags).featureHasher({ nFeatures: 2 }) }) })).toThrow(
      expect.objectContaining({ code: "WRONG_TYPE", path: ["tags"] }) as Error,
    );
    // @ts-expect-error a number is no list of weights
    expect(() => defineFeatures({ inputs, features: ({ tags, x }) => ({ h: tags.featureHasher({ nFeatures: 2, values: x }) }) })).toThrow(DefinitionError);
  });
});

describe("shards", () => {
  const packed = (values: readonly (string | null)[]): FitColumn => {
    const [batch] = new Table({ x: vectorFromArray(values, new Utf8()) }).batches;
    if (batch === undefined) throw new Error("no batch");
    return fitColumn(batch, 0, { kind: "utf8" });
  };
  const pack = (...items: readonly string[]): string => items.map((item) => `${new TextEncoder().encode(item).length}:${item}`).join("");

  test.each([
    ["countVectorizer", "utf8", { minDf: 0.3 }],
    ["tfidfVectorizer", "utf8", {}],
    ["tfidfVectorizer", "utf8", { vocabulary: ["b", "zz", "a"] }],
    ["multiLabelBinarizer", "list", {}],
    ["multiLabelBinarizer", "list", { classes: ["b", "zz"] }],
  ] as const)("%s of %s %j: merged, or written down and read again, is as if fitted at once", (name, kind, given) => {
    const transform = findTransform(name);
    const type = KINDS[kind].type;
    if (transform === undefined) throw new Error(name);
    const options = transform.options(given, type);
    const begin = (): Accumulator<StateObject> => transform.begin(options, { kind: "utf8" });
    const first = packed([pack("b", "a", "b"), null, pack("é", "b"), ""]);
    const second = packed([pack("a"), pack("😀", "b"), null]);
    const whole = begin();
    whole.update(first);
    whole.update(second);
    const [left, right] = [begin(), begin()];
    left.update(first);
    right.update(second);
    left.merge(right);
    expect(left.finish()).toEqual(whole.finish());
    const again = begin();
    again.restore?.(stateFromJson(JSON.parse(JSON.stringify(stateToJson(right.save?.() ?? null)))));
    expect(again.finish()).toEqual(right.finish());
    const other = begin();
    other.update(first);
    again.merge(other);
    expect(again.finish()).toEqual(whole.finish());
  });

  test("any split into batches gives the same state", async () => {
    const rows = Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? null : `w${i % 5} w${i % 3} w${i % 11}`));
    const whole = await fit("utf8", "tfidfVectorizer", { minDf: 20 }, texts(rows));
    const parts = [0, 1, 100, 101, 299].map((from, i, all) => texts(rows.slice(from, all[i + 1] ?? rows.length)));
    const split = await fit("utf8", "tfidfVectorizer", { minDf: 20 }, new Table(parts.flatMap(({ batches }) => batches)));
    expect(split.fingerprint).toBe(whole.fingerprint);
  });
});

describe("numbers", () => {
  test("logTransformer", async () => {
    const fitted = await fit("float64", "logTransformer", undefined, numbers([1]));
    const log1p = await fit("float64", "logTransformer", { function: "log1p" }, numbers([1]));
    const run = (features: FittedFeatures, x: number | null): unknown => rowOf(features, x)["x"];
    expect([1, Math.E, 0, -1, NaN, null, Infinity].map((x) => run(fitted, x))).toEqual([0, 1, NaN, NaN, NaN, null, Infinity]);
    expect([0, Math.E - 1, -1, -2, NaN, null].map((x) => run(log1p, x))).toEqual([0, 1, NaN, NaN, NaN, null]);
  });

  test("labelEncoder: missing values are the last class if fitting saw any, else unknown", async () => {
    const seen = await fit("float64", "labelEncoder", undefined, numbers([2, null, -1, NaN]));
    expect([-1, 2, null, NaN].map((x) => rowOf(seen, x)["x"])).toEqual([0, 1, 2, 2]);
    const unseen = await fit("float64", "labelEncoder", { handleUnknown: "use_encoded_value" }, numbers([2, -1]));
    expect([2, 3, null].map((x) => rowOf(unseen, x)["x"])).toEqual([1, -1, -1]);
    const other = await fit("float64", "labelEncoder", { handleUnknown: "use_encoded_value", unknownValue: -9 }, numbers([2]));
    expect(rowOf(other, 0)["x"]).toBe(-9);
  });

  test("labelEncoder: a byte order mark is part of a label", async () => {
    const fitted = await fit("utf8", "labelEncoder", undefined, texts(["a", "\ufeffa", "b"]));
    expect(fitted.steps[0]?.state["categories"]).toEqual(["a", "b", "\ufeffa"]);
    expect(rowOf(fitted, "\ufeffa")["x"]).toBe(2);
  });

  test("an all-null column has no ranks and no bins", async () => {
    for (const name of ["rankNormalizer", "equalWidthBinner", "equalFrequencyBinner"]) {
      await expect(fit("float64", name, undefined, numbers([null, NaN]))).rejects.toMatchObject({ code: "NO_VALUES" });
      await expect(fit("float64", name, undefined, numbers([1, Infinity]))).rejects.toMatchObject({ code: "OUT_OF_RANGE", row: 1 });
    }
  });
});

describe("options that are wrong", () => {
  const cases: readonly (readonly [kind: keyof typeof KINDS, transform: string, options: unknown, message: RegExp])[] = [
    ["utf8", "countVectorizer", { nGramRange: [1, 2] }, /no option "nGramRange"/],
    ["utf8", "countVectorizer", { ngramRange: [2, 1] }, /ngramRange/],
    ["utf8", "countVectorizer", { ngramRange: [0, 1] }, /ngramRange/],
    ["utf8", "countVectorizer", { ngramRange: [1, 65] }, /ngramRange/],
    ["utf8", "countVectorizer", { ngramRange: [1.5, 2] }, /ngramRange/],
    ["utf8", "countVectorizer", { tokenPattern: "[a-z]+" }, /tokenPattern.*\\\\S\+/],
    ["utf8", "countVectorizer", { analyzer: "char", tokenPattern: "\\S+" }, /tokenPattern belongs to analyzer "word"/],
    ["utf8", "countVectorizer", { analyzer: "char_wb", stopWords: ["a"] }, /stopWords belongs/],
    ["utf8", "countVectorizer", { analyzer: "sentence" }, /analyzer/],
    ["utf8", "countVectorizer", { stopWords: "english" }, /stopWords/],
    ["utf8", "countVectorizer", { stopWords: ["a", "a"] }, /stopWords names one twice/],
    ["utf8", "countVectorizer", { stopWords: ["\ud800"] }, /stopWords/],
    ["utf8", "countVectorizer", { minDf: -1 }, /minDf/],
    ["utf8", "countVectorizer", { minDf: 1.5 }, /minDf/],
    ["utf8", "countVectorizer", { maxDf: "all" }, /maxDf/],
    ["utf8", "countVectorizer", { maxFeatures: 0 }, /maxFeatures/],
    ["utf8", "countVectorizer", { maxFeatures: 10_001 }, /maxFeatures/],
    ["utf8", "countVectorizer", { vocabulary: [] }, /vocabulary/],
    ["utf8", "countVectorizer", { vocabulary: ["a", 1] }, /vocabulary/],
    ["utf8", "countVectorizer", { vocabulary: Array.from({ length: 10_001 }, String) }, /vocabulary.*10,000/],
    ["utf8", "countVectorizer", { vocabulary: ["a"], minDf: 2 }, /minDf belongs/],
    ["utf8", "countVectorizer", { norm: "l2" }, /no option "norm"/],
    ["utf8", "tfidfVectorizer", { norm: "max" }, /norm/],
    ["utf8", "tfidfVectorizer", { useIdf: 1 }, /useIdf/],
    ["utf8", "hashingVectorizer", undefined, /nFeatures/],
    ["utf8", "hashingVectorizer", { nFeatures: 4097 }, /nFeatures.*4096/],
    ["utf8", "hashingVectorizer", { nFeatures: 2 ** 20 }, /nFeatures/],
    ["list", "featureHasher", {}, /nFeatures/],
    ["list", "featureHasher", { nFeatures: 0 }, /nFeatures/],
    ["list", "multiLabelBinarizer", { classes: ["a", "a"] }, /classes/],
    ["list", "multiLabelBinarizer", { classes: [1] }, /classes/],
    ["list", "multiLabelBinarizer", { classes: "a" }, /classes/],
    ["ints", "multiLabelBinarizer", { classes: [1, 1n] }, /classes/],
    ["ints", "multiLabelBinarizer", { classes: [1.5] }, /classes/],
    ["utf8", "labelEncoder", { unknownValue: -1 }, /unknownValue belongs/],
    ["utf8", "labelEncoder", { handleUnknown: "use_encoded_value", unknownValue: 0 }, /unknownValue/],
    ["float64", "rankNormalizer", { nQuantiles: 0 }, /nQuantiles/],
    ["float64", "equalWidthBinner", { nBins: 1 }, /nBins/],
    ["float64", "equalWidthBinner", { strategy: "quantile" }, /equalWidthBinner has no option "strategy"/],
    ["float64", "equalFrequencyBinner", 4, /options/],
    ["float64", "logTransformer", { function: "log2" }, /function/],
  ];

  test.each(cases.map((row, i) => [`${i}: ${row[1]} ${String(row[3])}`, row] as const))("%s", async (_name, [kind, transform, options, message]) => {
    const attempt = (): unknown => fit(kind, transform, options as object, texts(["a"]));
    await expect((async () => attempt())()).rejects.toThrow(message);
    await expect((async () => attempt())()).rejects.toBeInstanceOf(DefinitionError);
  });

  test("several columns end a chain, and types are checked by the compiler", () => {
    defineFeatures({
      inputs: { x: t.utf8(), tags: t.list(t.utf8()), ids: t.list(t.int64()) },
      features: ({ x, tags, ids }) => {
        // @ts-expect-error: nFeatures has no default
        expect(() => x.hashingVectorizer()).toThrow(DefinitionError);
        // @ts-expect-error: columns are no expression
        expect(x.countVectorizer().length).toBeUndefined();
        // @ts-expect-error: a list of texts has texts as classes
        expect(() => tags.multiLabelBinarizer({ classes: [1] })).toThrow(DefinitionError);
        // @ts-expect-error: a list is no text
        expect(() => tags.tfidfVectorizer()).toThrow(TypeError);
        return { x: x.tfidfVectorizer(), label: x.labelEncoder().as("int64"), tags: tags.featureHasher({ nFeatures: 2 }), ids: ids.multiLabelBinarizer({ classes: [1, 2n] }) };
      },
    });
  });
});
