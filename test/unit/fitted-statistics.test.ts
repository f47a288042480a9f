// What fitted transformations gather: each against a plain computation, and merged against one run.
import { Bool, Float64, Int64, RecordBatch, Table, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import "../../src/features/define-features.js";
import { fitColumn } from "../../src/features/fit-column.js";
import { Categories, compareText, MAX_DISTINCT } from "../../src/features/fitted/statistics/categories.js";
import { infrequent } from "../../src/features/fitted/statistics/category-options.js";
import { Moments } from "../../src/features/fitted/statistics/moments.js";
import { normalQuantile } from "../../src/features/fitted/statistics/normal.js";
import { linspace, Quantiles } from "../../src/features/fitted/statistics/quantiles.js";
import { selectRanks } from "../../src/features/fitted/statistics/selection.js";
import { QuantileSketch } from "../../src/features/fitted/statistics/sketch.js";
import { findTransform, stateFromJson, stateToJson, transformNames, type FitColumn } from "../../src/features/transform.js";
import type { DataType } from "../../src/types/data-type.js";

function column(values: readonly (number | string | bigint | boolean | null)[], kind: "float64" | "utf8" | "int64" | "bool" = "float64"): FitColumn {
  const types = { float64: new Float64(), utf8: new Utf8(), int64: new Int64(), bool: new Bool() };
  const vector = vectorFromArray(values as never[], types[kind] as Float64);
  return fitColumn(new Table({ x: vector }).batches[0] as RecordBatch, 0, { kind });
}

/** A multiplicative generator modulo 2^31 - 1 (Park and Miller). */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe("selection", () => {
  const next = random(7);
  const shapes: Record<string, (i: number, n: number) => number> = {
    random: () => next(),
    "few values": () => Math.floor(next() * 3),
    ascending: (i) => i,
    descending: (i) => -i,
    constant: () => 4,
    "organ pipe": (i, n) => Math.min(i, n - i),
    sawtooth: (i) => i % 37,
    "greatest last": (i, n) => (i === n - 1 ? 9 : i % 2),
  };
  test.each(Object.keys(shapes))("of %s values equals sorting", (name) => {
    for (const n of [1, 2, 3, 47, 48, 49, 500, 8192, 8193, 40_000]) {
      const values = Float64Array.from({ length: n }, (_, i) => (shapes[name] as (i: number, n: number) => number)(i, n));
      const sorted = [...values].sort((x, y) => x - y);
      for (const ranks of [[0], [n - 1], [n >> 1, (n - 1) >> 1], linspace(0, n - 1, 40).map(Math.floor)]) {
        const copy = values.slice();
        const expected = ranks.map((rank) => sorted[rank]);
        expect(selectRanks([copy], ranks)).toEqual(expected);
        expect(selectRanks([copy.subarray(0, n >> 1), copy.subarray(n >> 1)], ranks)).toEqual(expected);
        expect(copy).toEqual(values);
      }
    }
  });
});

describe("selection of many values", () => {
  test.each([
    [300_000, 3],
    [2_600_000, 6000],
  ])("of %d at %d places equals sorting", (n, places) => {
    const next = random(3);
    const values = Float64Array.from({ length: n }, (_, i) => (i % 7 === 0 ? 1 : Math.log(next()) * 10 ** (i % 5)));
    const ranks = linspace(0, n - 1, places).map(Math.floor);
    const chunks = [values.subarray(0, 100_000), values.subarray(100_000, 100_000), values.subarray(100_000)];
    const sorted = values.slice().sort();
    expect(selectRanks(chunks, ranks)).toEqual(ranks.map((rank) => sorted[rank]));
  });

  test("refuses ranks that there are not", () => {
    expect(() => selectRanks([Float64Array.of(1, 2)], [2])).toThrow(/ranks must ascend below/);
    expect(() => selectRanks([Float64Array.of(1, NaN)], [0])).toThrow(/NaN/);
  });
});

describe("counts of texts", () => {
  test("of any length equal a Map's", () => {
    const next = random(5);
    const alphabet = ["a", "b", "\0", "é", "😀"];
    const text = (): string => Array.from({ length: Math.floor(next() ** 3 * 45) }, () => alphabet[Math.floor(next() * 5)]).join("");
    const texts = Array.from({ length: 9000 }, text);
    const rows = Array.from({ length: 40_000 }, () => (next() < 0.1 ? null : (texts[Math.floor(next() * 9000)] as string)));
    const expected = new Map<string | null, number>();
    for (const row of rows) expected.set(row, (expected.get(row) ?? 0) + 1);
    const parts = [new Categories({ kind: "utf8" }, { limit: MAX_DISTINCT }), new Categories({ kind: "utf8" }, { limit: MAX_DISTINCT })] as const;
    parts[0].update(column(rows.slice(0, 15_000), "utf8"));
    parts[0].update(column(rows.slice(15_000, 15_001), "utf8"));
    parts[1].update(column(rows.slice(15_001), "utf8"));
    parts[0].merge(parts[1]);
    expect(expected.size).toBeGreaterThan(4096);
    expect(new Map(parts[0].sorted().map(({ value, count }) => [value as string | null, count]))).toEqual(expected);
  });
});

describe("quantiles", () => {
  test("interpolate, and take the mean of the two middle values", () => {
    const quantiles = new Quantiles();
    quantiles.update(column([4, null, 1, NaN, 3, 2]));
    expect(quantiles.at([0, 0.5, 1, 1 / 3, 0.9])).toEqual({ values: [1, 2.5, 4, 2, 4 - (1 - 0.9) * 3], median: 2.5, rankError: 0 });
    quantiles.update(column([5]));
    expect(quantiles.at([]).median).toBe(3);
  });

  test("past the exact count stay within the error that they state", () => {
    const n = 700_000;
    const next = random(11);
    const values = Float64Array.from({ length: n }, () => Math.floor(next() * 1e6));
    const sorted = values.slice().sort();
    const fractions = [0, 0.001, 0.25, 0.5, 0.9, 0.999, 1];
    const parts = [new Quantiles(1000), new Quantiles(1000)];
    const whole = new Quantiles(1000);
    for (let from = 0, i = 0; from < n; from += 7001, i++) {
      const part = column([...values.subarray(from, from + 7001)]);
      whole.update(part);
      parts[i % 2]?.update(part);
    }
    const exactPart = new Quantiles(1000);
    exactPart.update(column([1, 2, 3]));
    const merged = parts[0] as Quantiles;
    merged.merge(parts[1] as Quantiles);
    expect(merged.count).toBe(n);
    for (const { values: found, rankError } of [whole.at(fractions), merged.at(fractions)]) {
      expect(rankError).toBeGreaterThan(0);
      expect(rankError).toBeLessThan(2e-4);
      for (const [i, value] of found.entries()) {
        const below = sorted.findIndex((v) => v >= value);
        const above = sorted.findLastIndex((v) => v <= value);
        const place = (n - 1) * (fractions[i] as number);
        expect(place).toBeGreaterThanOrEqual(Math.floor(below - rankError * n) - 1);
        expect(place).toBeLessThanOrEqual(Math.ceil(above + rankError * n) + 1);
      }
      expect(found[0]).toBe(sorted[0]);
      expect(found.at(-1)).toBe(sorted[n - 1]);
    }
    merged.merge(exactPart);
    exactPart.merge(whole);
    expect([merged.count, exactPart.count]).toEqual([n + 3, n + 3]);
  });

  test("of a sketch on adversarial orders keep the bound", () => {
    const n = 400_000;
    for (const order of [(i: number) => i, (i: number) => -i, (i: number) => (i % 2) * n + i]) {
      const sketch = new QuantileSketch();
      const values = Float64Array.from({ length: n }, (_, i) => order(i));
      sketch.add(values);
      const read = new QuantileSketch();
      read.restore(stateFromJson(JSON.parse(JSON.stringify(stateToJson(sketch.save())))));
      expect([read.count, read.rankError]).toEqual([n, sketch.rankError]);
      expect(read.ranks([0, 5000, n / 3, n - 1])).toEqual(sketch.ranks([0, 5000, n / 3, n - 1]));
      const sorted = values.slice().sort();
      for (const rank of [0, 1, 1000, n / 4, n / 2, n - 2, n - 1]) {
        const [value] = sketch.ranks([rank]) as [number];
        expect(Math.abs(sorted.indexOf(value) - rank)).toBeLessThanOrEqual(sketch.rankError + 2 ** 4);
      }
    }
  });

  test("linspace hits both ends", () => {
    expect(linspace(0, 1, 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(-0.1, 0.7, 8).at(-1)).toBe(0.7);
  });
});

test("the normal quantile agrees with SciPy's", () => {
  // scipy.stats.norm.ppf, SciPy 1.10.
  const expected: [number, number][] = [
    [1e-300, -37.0470962993612],
    [1e-12, -7.034483825301131],
    [1e-5, -4.264890793922825],
    [0.001, -3.090232306167813],
    [0.01, -2.3263478740408408],
    [0.25, -0.6744897501960817],
    [0.4, -0.2533471031357997],
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.995, 2.5758293035489004],
    [0.9999999, 5.199337582290661],
  ];
  for (const [p, x] of expected) expect(Math.abs(normalQuantile(p) - x), String(p)).toBeLessThanOrEqual(4e-15 * Math.abs(x));
});

test("moments of numbers far from zero keep their digits", () => {
  const moments = new Moments();
  // 0, 1, 2, … 9 around 2^40: mean 4.5, variance 8.25, all exact in float64.
  for (let batch = 0; batch < 10; batch++) moments.update(column([...Array(10).keys()].map((i) => 2 ** 40 + i)));
  expect(moments.count).toBe(100);
  expect(moments.mean).toBe(2 ** 40 + 4.5);
  expect(moments.variance).toBeCloseTo(8.25, 12);
});

describe("categories", () => {
  test("of many texts equal a Map's counts, in the order of their UTF-8 bytes", () => {
    const next = random(3);
    const alphabet = ["", "a", "b", "é", "日", "\u{1f600}", "\uffee", "\ue000", "\u0000", "longer than sixteen bytes, twice over"];
    const values = Array.from({ length: 30_000 }, () => {
      if (next() < 0.05) return null;
      return Array.from({ length: Math.floor(next() * 5) }, () => alphabet[Math.floor(next() * alphabet.length)]).join("");
    });
    const categories = new Categories({ kind: "utf8" }, { limit: MAX_DISTINCT });
    categories.update(column(values.slice(0, 12_345), "utf8"));
    categories.update(column(values.slice(12_345), "utf8"));
    const counts = new Map<string | null, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    const expected = [...counts].filter(([value]) => value !== null) as [string, number][];
    expected.sort(([x], [y]) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
    expect(expected.length).toBeGreaterThan(3000);
    expect(categories.sorted()).toEqual([
      ...expected.map(([value, count]) => ({ value, count })),
      { value: null, count: counts.get(null) },
    ]);
  });

  test("of numbers and int64 are told apart by value, with one zero", () => {
    const floats = new Categories({ kind: "float64" }, { limit: 100 });
    floats.update(column([0, -0, 1.5, null, NaN, -1, 1.5, 2 ** 60, 2 ** 60 + 2 ** 9]));
    expect(floats.sorted()).toEqual([
      { value: -1, count: 1 },
      { value: 0, count: 2 },
      { value: 1.5, count: 2 },
      { value: 2 ** 60, count: 1 },
      { value: 2 ** 60 + 2 ** 9, count: 1 },
      { value: null, count: 2 },
    ]);
    const ints = new Categories({ kind: "int64" }, { limit: 10_000 });
    const values = Array.from({ length: 5000 }, (_, i) => BigInt(i % 1000) * 2n ** 52n - 2n ** 61n);
    ints.update(column(values, "int64"));
    const found = ints.sorted();
    expect(found.length).toBe(1000);
    expect(found[1]).toEqual({ value: 2n ** 52n - 2n ** 61n, count: 5 });
    expect(found.every(({ count }) => count === 5)).toBe(true);
  });

  test("compareText is the order of code points", () => {
    const sorted = ["", "\u0000", "Z", "a", "ab", "é", "\ud7ff", "\ue000", "\uffee", "\u{10000}", "\u{1f600}", "\u{10ffff}"];
    expect([...sorted].reverse().sort(compareText)).toEqual(sorted);
  });

  test("the rare ones follow scikit-learn's rules", () => {
    const rules = { minFrequency: null, maxCategories: null };
    expect(infrequent([3, 1, 2], 6, rules)).toEqual([false, false, false]);
    expect(infrequent([3, 1, 2], 6, { ...rules, minFrequency: 2 })).toEqual([false, true, false]);
    expect(infrequent([3, 1, 2], 6, { ...rules, minFrequency: 0.5 })).toEqual([false, true, true]);
    expect(infrequent([2, 2, 2], 6, { ...rules, maxCategories: 2 })).toEqual([true, true, false]);
    expect(infrequent([2, 2, 2], 6, { ...rules, maxCategories: 3 })).toEqual([true, false, false]);
    expect(infrequent([2, 2, 2], 6, { ...rules, maxCategories: 4 })).toEqual([false, false, false]);
  });
});

describe("merging shards equals one run", () => {
  const next = random(5);
  const numbers = Array.from({ length: 400 }, () => (next() < 0.1 ? null : next() < 0.05 ? NaN : Math.round(next() * 40) / 4));
  const words = numbers.map((x) => (x === null || Number.isNaN(x) ? null : `w${x % 7}`));
  const CASES: [string, Record<string, unknown>, "float64" | "utf8"][] = [
    ["standardScaler", {}, "float64"],
    ["minMaxScaler", {}, "float64"],
    ["maxAbsScaler", {}, "float64"],
    ["robustScaler", {}, "float64"],
    ["winsorizer", {}, "float64"],
    ["kBinsDiscretizer", {}, "float64"],
    ["kBinsDiscretizer", { strategy: "kmeans" }, "float64"],
    ["splineTransformer", {}, "float64"],
    ["splineTransformer", { knots: "quantile" }, "float64"],
    ["rankNormalizer", {}, "float64"],
    ["labelEncoder", {}, "utf8"],
    ["quantileTransformer", {}, "float64"],
    ["powerTransformer", {}, "float64"],
    ["simpleImputer", {}, "float64"],
    ["simpleImputer", { strategy: "median" }, "float64"],
    ["simpleImputer", { strategy: "most_frequent" }, "utf8"],
    ["simpleImputer", { strategy: "constant" }, "utf8"],
    ["oneHotEncoder", { maxCategories: 3 }, "utf8"],
    ["oneHotEncoder", { minFrequency: 5 }, "float64"],
    ["ordinalEncoder", {}, "utf8"],
    ["frequencyEncoder", {}, "utf8"],
    ["topKCategorical", { k: 3 }, "utf8"],
  ];

  test("of every transformation", () => {
    // Those that read lists of terms need them as the engine packs them: see fitted-text.test.ts.
    const untested = transformNames().filter((name) => findTransform(name)?.fitInput === undefined && !CASES.some(([tested]) => tested === name));
    expect(untested).toEqual([]);
  });

  test.each(CASES)("%s %j", (name, given, kind) => {
    const transform = findTransform(name);
    if (transform === undefined) throw new Error(`no ${name}`);
    const type: DataType = { kind };
    const options = transform.options(given, type);
    const values = kind === "utf8" ? words : numbers;
    const parts = [column(values.slice(0, 150), kind), column(values.slice(150, 151), kind), column(values.slice(151), kind)];
    const whole = transform.begin(options, type);
    for (const part of parts) whole.update(part);
    const [first, ...others] = parts.map((part) => {
      const shard = transform.begin(options, type);
      shard.update(part);
      return shard;
    });
    for (const shard of others) first?.merge(shard as never);
    first?.merge(transform.begin(options, type) as never);
    const state = whole.finish();
    expect(first?.finish()).toEqual(state);
    expect(stateFromJson(JSON.parse(JSON.stringify(stateToJson(state))))).toEqual(state);
    // What was gathered goes through JSON, and can be added to.
    const saved = transform.begin(options, type);
    for (const part of parts.slice(0, 2)) saved.update(part);
    const restored = transform.begin(options, type);
    restored.restore?.(stateFromJson(JSON.parse(JSON.stringify(stateToJson(saved.save?.() ?? null)))));
    for (const part of parts.slice(2)) restored.update(part);
    expect(restored.finish()).toEqual(state);
  });
});

test("a state survives JSON with every bit", () => {
  const state = { a: [0.1, -0, NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308], b: 2n ** 63n - 1n, c: null, d: "NaN", e: { f: true } };
  const back = stateFromJson(JSON.parse(JSON.stringify(stateToJson(state)))) as typeof state;
  expect(back).toEqual(state);
  expect(Object.is(back.a[1], -0)).toBe(true);
});
