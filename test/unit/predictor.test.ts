import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Float64, RecordBatch, Table, tableFromArrays, Utf8, vectorFromArray } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defineFeatures, mergeStats, Predictor, Scorer, t, type PredictorOptions } from "../../src/index.js";
import { errorOf, rejectionOf } from "../boundary/support.js";
import { classifier, linear, stumpXgboost, twoInputs } from "../support/predictor-models.js";

const set = defineFeatures({
  inputs: { distance: t.float64(), city: t.utf8(), delay: t.float64().nullable() },
  features: ({ distance, city, delay }) => ({ log: distance.log1p(), length: city.length(), delay: delay.coalesce(-1), late: delay.gt(15) }),
});
const features = set.withoutFitting();
const WEIGHTS = [[0.25], [-1.5], [0.125], [2]];
const row = (i: number): { distance: number; city: string; delay: number | null } => ({ distance: i * 1.7, city: "x".repeat(i % 7), delay: i % 3 === 0 ? null : i - 40 });
const rows = Array.from({ length: 700 }, (_, i) => row(i));
const table = new Table({
  distance: vectorFromArray(rows.map(({ distance }) => distance), new Float64()),
  city: vectorFromArray(rows.map(({ city }) => city), new Utf8()),
  delay: vectorFromArray(rows.map(({ delay }) => delay), new Float64()),
});

/** The model by hand, in the order of a Gemm. */
function byHand({ distance, city, delay }: ReturnType<typeof row>): number {
  const vector = [Math.log1p(distance), city.length, delay ?? -1, delay === null ? NaN : delay > 15 ? 1 : 0].map(Math.fround);
  return vector.reduce((sum, x, i) => sum + x * (WEIGHTS[i]?.[0] as number), 0.5);
}

const load = (options: Partial<PredictorOptions<typeof set.inputs>> = {}): Promise<Predictor<typeof set.inputs>> =>
  Predictor.load({ features, model: linear(WEIGHTS, [0.5]), ...options });

describe.each(["compiled", "onnxruntime"] as const)("by %s", (backend) => {
  const scorer = { backend };

  test("a row is the model of its features", async () => {
    const predictor = await load({ scorer });
    expect(predictor.backend.name).toBe(backend);
    expect(predictor.names).toEqual(["log", "length", "delay", "late"]);
    for (const one of rows) {
      const { prediction, fallback } = predictor.predict(one);
      expect(fallback).toBe(false);
      if (one.delay === null) expect(prediction).toBeNaN();
      else expect(prediction).toBeCloseTo(byHand(one), 4);
    }
    expect(predictor.stats().predictions).toBe(rows.length);
  });

  test("row, rows, table and stream give the same bits", async () => {
    // ONNX Runtime multiplies one row and many with other loops, whose sums differ in the last bit.
    const same = (a: number, b: number): boolean => Object.is(a, b) || (backend === "onnxruntime" && Math.abs(a - b) <= 1e-6 * Math.abs(a));
    const predictor = await load({ scorer });
    const single = rows.map((one) => predictor.predict(one).prediction as number);
    const many = predictor.predictMany(rows).map(({ prediction }) => prediction as number);
    expect(many).toEqual(single);
    const whole = predictor.predictTable(table);
    const column = whole.getChild("prediction")?.toArray() as Float32Array;
    expect(column).toHaveLength(rows.length);
    for (const [i, value] of single.entries()) expect(same(value, column[i] as number), `row ${i}: ${value} ${column[i]}`).toBe(true);
    for (const threads of [1, 2]) {
      const parts: number[] = [];
      const done: [number, number | undefined][] = [];
      for await (const batch of predictor.predictAsync(table.batches, { threads, onProgress: (n, total) => done.push([n, total]) })) parts.push(...(batch.getChild("prediction")?.toArray() as Float32Array));
      expect(parts).toHaveLength(rows.length);
      for (const [i, value] of single.entries()) expect(same(value, parts[i] as number)).toBe(true);
      expect(done.at(-1)).toEqual([rows.length, undefined]);
    }
    const sliced = predictor.predictTable(table.slice(3, 250));
    expect(Array.from(sliced.getChild("prediction")?.toArray() as Float32Array).every((value, i) => same(single[i + 3] as number, value))).toBe(true);
    expect(predictor.stats().batch).toMatchObject({ calls: 4, rows: 3 * rows.length + 247 });
  });

  test.each([
    ["text", false],
    ["text", true],
    ["int64", false],
    ["int64", true],
    ["places", false],
  ] as const)("a classifier with labels of %s, ZipMap %s", async (kind, zipMap) => {
    const labels = kind === "text" ? ["no", "perhaps", "yes"] : kind === "int64" ? [-7n, 3n, 900n] : [0n, 1n, 2n];
    const weights = [[1, 0, 0.01, 0], [0, 0.5, 0, 0], [0.3, 0.1, 0.02, 0.5]];
    const predictor = await load({ model: classifier(weights, { labels, zipMap }), scorer, checkNames: false });
    const whole = predictor.predictTable(table);
    // ONNX Runtime gives labels that are whole numbers as they are, without the list of them that text needs.
    const known = kind === "text" || zipMap || predictor.backend.name === "compiled";
    const names = known ? labels.map(String) : ["0", "1", "2"];
    expect(whole.schema.fields.map(({ name }) => name)).toEqual(["distance", "city", "delay", "prediction", ...names.map((name) => `probability_${name}`)]);
    let seen = new Set<unknown>();
    for (const [i, one] of rows.entries()) {
      if (one.delay === null) continue;
      const vector = [Math.log1p(one.distance), one.city.length, one.delay, one.delay > 15 ? 1 : 0].map(Math.fround);
      const raw = weights.map((w) => w.reduce((sum, x, j) => sum + x * (vector[j] as number), 0));
      const exps = raw.map((x) => Math.exp(x - Math.max(...raw)));
      const total = exps.reduce((a, b) => a + b, 0);
      const { prediction, probabilities, classes, fallback } = predictor.predict(one);
      expect(fallback).toBe(false);
      expect(classes).toEqual(known ? labels : undefined);
      expect(probabilities).toBeInstanceOf(Float32Array);
      for (const [k, e] of exps.entries()) expect(probabilities?.[k]).toBeCloseTo(e / total, 5);
      const best = raw.indexOf(Math.max(...raw));
      // Where two classes are as good as equal, rounding decides.
      if ([...raw].sort((a, b) => b - a)[0]! - [...raw].sort((a, b) => b - a)[1]! > 1e-4) expect(prediction).toBe(labels[best]);
      seen = seen.add(prediction);
      expect(whole.getChild("prediction")?.get(i)).toBe(prediction);
      for (const [k, name] of names.entries()) expect(whole.getChild(`probability_${name}`)?.get(i)).toBeCloseTo(probabilities?.[k] as number, 5);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test("several targets are a Float32Array, and a column each", async () => {
    const weights = [[1, 2], [0, 1], [0.5, 0], [0, 0]];
    const predictor = await load({ model: linear(weights, [10, 20]), scorer });
    const first = predictor.predict({ distance: 0, city: "ab", delay: 4 });
    expect(first.prediction).toEqual(Float32Array.of(12, 22));
    const kept = first.prediction;
    predictor.predict({ distance: 0, city: "", delay: 0 });
    expect(kept).toEqual(Float32Array.of(12, 22));
    const out = predictor.predictTable(table, { predictionColumn: "target" });
    expect(out.schema.fields.slice(3).map(({ name }) => name)).toEqual(["target_0", "target_1"]);
    expect(out.getChild("target_1")?.get(1)).toBeCloseTo((predictor.predict(rows[1]!).prediction as Float32Array)[1] as number, 4);
  });

  test("results have one hidden class: the same keys in one order", async () => {
    const predictor = await load({ scorer, deadlineMicros: 1e6, fallback: 7, onBadInput: { city: { invalid: "fallback" } } });
    const keys = ["prediction", "probabilities", "classes", "fallback", "reason", "inputs"];
    expect(Object.keys(predictor.predict(rows[1]!))).toEqual(keys);
    expect(Object.keys(predictor.predict(rows[1]!, { explainInputs: true }))).toEqual(keys);
    const bad = predictor.predict({ ...rows[1]!, city: 5 as unknown as string });
    expect(bad).toEqual({ prediction: 7, fallback: true, reason: "bad-input" });
    expect(Object.keys(bad)).toEqual(keys);
  });

  test("closes what it loaded, and only that", async () => {
    const own = await load({ scorer });
    own.close();
    own.close();
    for (const call of [() => own.predict(rows[0]!), () => own.predictMany(rows), () => own.predictTable(table)]) expect(errorOf(call).code).toBe("CLOSED");
    expect((await rejectionOf(own.predictAsync(table).next())).code).toBe("CLOSED");
    expect(own.stats().predictions).toBe(0);

    const given = await Scorer.load(linear(WEIGHTS, [0.5]), { backend });
    {
      using borrowed = await load({ model: given });
      expect(borrowed.predict(rows[1]!).fallback).toBe(false);
    }
    expect(given.score(new Float32Array(4))).toBeDefined();
    const again = await load({ model: given });
    given.close();
    expect(errorOf(() => again.predict(rows[1]!)).code).toBe("CLOSED");
    expect(errorOf(() => again.predictTable(table)).code).toBe("CLOSED");
  });

  test("two predictors of one scorer do not disturb each other", async () => {
    const given = await Scorer.load(linear(WEIGHTS, [0.5]), { backend });
    const [a, b] = [await load({ model: given }), await load({ model: given })];
    for (const i of [1, 2, 4, 5]) {
      const first = a.predict(rows[i]!).prediction;
      b.predict(rows[i + 3]!);
      given.score(new Float32Array(4));
      expect(a.predict(rows[i]!).prediction).toBe(first);
    }
    given.close();
  });
});

describe("loading", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "skewless-predictor-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("features by path, model by path and URL, features from the model itself", async () => {
    const spec = join(folder, "spec.json");
    const file = join(folder, "model.onnx");
    await features.save(spec);
    writeFileSync(file, linear(WEIGHTS, [0.5]));
    const wanted = (await load()).predict(rows[1]!).prediction;
    const byPath = await Predictor.load({ features: spec, model: file });
    expect(byPath.predict(rows[1]!).prediction).toBe(wanted);
    expect((await rejectionOf(Predictor.load({ model: file }))).message).toMatch(/carries none.*attachTo/);
    await features.attachTo(file);
    const whole = await Predictor.load({ model: file });
    expect(whole.features.fingerprint).toBe(features.fingerprint);
    expect(whole.predict(rows[1]!).prediction).toBe(wanted);
    expect((await load({ model: file })).predict(rows[1]!).prediction).toBe(wanted);
  });

  test("a model of other features is refused", async () => {
    const mismatch = await rejectionOf(load({ model: linear(WEIGHTS, [0.5], { "skewless.fingerprint": "0".repeat(64) }) }));
    expect(mismatch.code).toBe("FINGERPRINT_MISMATCH");
    expect(mismatch.expected).toContain(features.fingerprint);
    await load({ model: linear(WEIGHTS, [0.5], { "skewless.fingerprint": features.fingerprint }) });
  });

  test("a model of another width or kind is refused", async () => {
    const narrow = await rejectionOf(load({ model: linear([[1], [2]], [0]) }));
    expect(narrow.code).toBe("WRONG_SHAPE");
    expect(narrow.message).toContain("expected 2 features, received 4");
    const two = await rejectionOf(load({ model: twoInputs() }));
    expect(two.code).toBe("UNSUPPORTED_MODEL");
    expect(two.message).toContain("a: float32 [N, 2]");
    const text = defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ a: x, b: x.as("float64") }) }).withoutFitting();
    const type = await rejectionOf(Predictor.load({ features: text, model: linear([[1], [1]], [0]) }));
    expect([type.code, type.path]).toEqual(["WRONG_TYPE", ["features", "b"]]);
  });

  test("a model's column names are the features', in their order", async () => {
    const names = ["log", "length", "delay", "late"];
    const stump = (featureNames?: readonly string[], attributes = {}): Uint8Array => stumpXgboost(4, 1, 3, featureNames, attributes);
    for (const model of [stump(), stump(names), stump(["f0", "f1", "f2", "f3"]), stump(["Column_0", "Column_1", "Column_2", "Column_3"])]) {
      const predictor = await load({ model });
      expect(predictor.predict({ ...rows[1]!, city: "ab" }).prediction).toBe(-0.5);
      expect(predictor.predict({ ...rows[1]!, city: "abc" }).prediction).toBe(1.5);
    }
    const other = await rejectionOf(load({ model: stump(["log", "size", "delay", "late"]) }));
    expect([other.code, other.path]).toEqual(["WRONG_SHAPE", ["features", 1]]);
    expect(other.message).toMatch(/features of other names: expected "size", received "length"/);
    const moved = await rejectionOf(load({ model: stump(["log", "delay", "length", "late"]) }));
    expect(moved.message).toMatch(/in another order: expected "delay", received "length"/);
    expect((await load({ model: stump(["log", "size", "delay", "late"]), checkNames: false })).predict({ ...rows[1]!, city: "abc" }).prediction).toBe(1.5);
    // The fingerprint is looked at in every format.
    await load({ model: stump(names, { "skewless.fingerprint": features.fingerprint }) });
    expect((await rejectionOf(load({ model: stump(names, { "skewless.fingerprint": "1" }) }))).code).toBe("FINGERPRINT_MISMATCH");
  });

  test("outputs are chosen by name", async () => {
    const model = classifier([[1, 0, 0, 0], [0, 1, 0, 0]], { labels: ["a", "b"], zipMap: true });
    const predictor = await load({ model, output: "probabilities" });
    const { prediction, classes, probabilities } = predictor.predict(rows[1]!);
    expect(prediction).toBeInstanceOf(Float32Array);
    expect(prediction).toHaveLength(2);
    expect(classes).toEqual(["a", "b"]);
    expect(probabilities).toBeUndefined();
    expect(predictor.predictTable(table).schema.fields.slice(3).map(({ name }) => name)).toEqual(["prediction_a", "prediction_b"]);
    const wrong = await rejectionOf(load({ model, output: "label2" }));
    expect(wrong.message).toContain('expected "label", "probabilities"');
  });

  test.each<[string, object, RegExp]>([
    ["no options", undefined as unknown as object, /expected an object of options/],
    ["a misspelt option", { features, model: linear(WEIGHTS, [0]), dedline: 5 }, /no option "dedline"/],
    ["features that are not fitted", { features: set, model: linear(WEIGHTS, [0]) }, /fit\(\) the declaration first/],
    ["a deadline of 0", { features, model: linear(WEIGHTS, [0]), deadlineMicros: 0 }, /microseconds above 0/],
    ["a deadline of NaN", { features, model: linear(WEIGHTS, [0]), deadlineMicros: NaN }, /microseconds above 0/],
    ["a deadline of text", { features, model: linear(WEIGHTS, [0]), deadlineMicros: "1000" }, /microseconds above 0/],
    ["an endless deadline", { features, model: linear(WEIGHTS, [0]), deadlineMicros: Infinity }, /at most an hour/],
    ["a fallback of null", { features, model: linear(WEIGHTS, [0]), fallback: null }, /fallback: not a fallback/],
    ["an empty chain", { features, model: linear(WEIGHTS, [0]), fallback: [] }, /not a fallback/],
    ["a nested bad fallback", { features, model: linear(WEIGHTS, [0]), fallback: [1, { last: true, otherwise: {} }] }, /fallback\[1\]\.otherwise: not a fallback/],
    ["an output that is no name", { features, model: linear(WEIGHTS, [0]), output: 1 }, /output.*expected a name/],
    ["names unchecked by text", { features, model: linear(WEIGHTS, [0]), checkNames: "no" }, /checkNames.*boolean/],
    ["a cache of no keys", { features, model: linear(WEIGHTS, [0]), lastKnownCapacity: 0 }, /lastKnownCapacity.*integer from 1/],
    ["a cache of keys by Infinity", { features, model: linear(WEIGHTS, [0]), fallback: { last: true, capacity: Infinity } }, /fallback\.capacity.*integer from 1/],
    ["no model", { features, model: 5 }, /not a model/],
    ["an empty model", { features, model: new Uint8Array(0) }, /empty/],
    ["an unknown instruction set", { features, model: linear(WEIGHTS, [0]), isa: "mmx" }, /mmx/],
  ])("%s is refused", async (_, options, message) => {
    expect((await rejectionOf(Predictor.load(options as PredictorOptions))).message).toMatch(message);
  });
});

describe("calls", () => {
  test.each<[string, unknown, RegExp]>([
    ["a deadline below 0", { deadlineMicros: -1 }, /microseconds above 0/],
    ["a deadline of text", { deadlineMicros: "5" }, /microseconds above 0/],
    ["a key that is an object", { key: {} }, /expected a string, number or bigint/],
    ["a key that is null", { key: null }, /expected a string, number or bigint/],
  ])("%s is refused", async (_, options, message) => {
    const predictor = await load();
    expect(errorOf(() => predictor.predict(rows[1]!, options as object)).message).toMatch(message);
  });

  test("what is no row, rows or table is refused", async () => {
    const predictor = await load({ fallback: 1 });
    for (const bad of [undefined, null, 5, "row"]) expect(errorOf(() => predictor.predict(bad as never)).message).toMatch(/a row must be an object/);
    expect(errorOf(() => predictor.predictMany({} as never)).message).toMatch(/not a list of rows/);
    expect(errorOf(() => predictor.predictMany([rows[0], null] as never)).row).toBe(1);
    expect(errorOf(() => predictor.predictMany(rows, { keys: ["a"] })).message).toMatch(/an array of 700/);
    expect(errorOf(() => predictor.predictTable(rows as never)).message).toMatch(/not columnar data/);
    expect((await rejectionOf(predictor.predictAsync(5 as never).next())).message).toMatch(/not a stream/);
    expect((await rejectionOf(predictor.predictAsync([5] as never).next())).message).toMatch(/not a stream of record batches/);
    expect(errorOf(() => predictor.predictTable(table, { threads: 0 })).message).toMatch(/threads/);
  });

  test("a getter that calls the predictor is an error, and the next row is right", async () => {
    const predictor = await load();
    const wanted = predictor.predict(rows[1]!).prediction;
    const nested = { ...rows[1]!, get city() { predictor.predict(rows[2]!); return "x"; } };
    expect(errorOf(() => predictor.predict(nested)).message).toMatch(/a getter of the row called the engine/);
    expect(predictor.predict(rows[1]!).prediction).toBe(wanted);
    expect(() => predictor.predict({ ...rows[1]!, get city(): string { throw new RangeError("mine"); } })).toThrow(RangeError);
  });

  test("an error of a list names its row", async () => {
    const predictor = await load();
    const error = errorOf(() => predictor.predictMany([rows[0]!, { ...rows[1]!, distance: "far" as unknown as number }]));
    expect([error.code, error.row, error.path]).toEqual(["WRONG_TYPE", 1, ["distance"]]);
  });
});

test("statistics of several predictors add up", async () => {
  const [a, b] = [await load({ fallback: 1 }), await load({ onBadInput: { city: { missing: { default: "" } } } })];
  a.predict(rows[1]!);
  a.predict({ ...rows[1]!, city: 5 as never });
  b.predictMany([rows[1]!, { ...rows[1]!, city: null as never }]);
  b.predictTable(table);
  const all = mergeStats(a.stats(), b.stats(), a.stats());
  expect(all).toMatchObject({
    predictions: 4 + rows.length,
    fallbacks: { "bad-input": 2, deadline: 0, "model-error": 0 },
    badInputs: { city: { missing: { default: 1 }, invalid: { fallback: 2 } } },
    batch: { calls: 1, rows: rows.length },
  });
  expect(all.total.count).toBe(6);
  expect(all.score.count).toBe(4);
  expect(mergeStats(b.stats())).toEqual(b.stats());
});

describe("tables", () => {
  test("keep their columns and buffers", async () => {
    const predictor = await load();
    const out = predictor.predictTable(table);
    expect(out.schema.fields.map(({ name }) => name)).toEqual(["distance", "city", "delay", "prediction"]);
    expect(out.batches[0]?.data.children[0]?.values).toBe(table.batches[0]?.data.children[0]?.values);
    const batch = table.batches[0] as RecordBatch;
    expect(predictor.predictTable(batch)).toBeInstanceOf(RecordBatch);
    expect(predictor.predictTable(batch).numRows).toBe(rows.length);
  });

  test("of no rows, of several batches", async () => {
    const predictor = await load();
    const empty = predictor.predictTable(new Table(table.schema));
    expect([empty.numRows, empty.schema.fields.length]).toEqual([0, 4]);
    const parts = new Table([...table.slice(0, 300).batches, ...table.slice(300, 301).batches, ...table.slice(301).batches]);
    expect(parts.batches).toHaveLength(3);
    expect(predictor.predictTable(parts).getChild("prediction")?.toArray()).toEqual(predictor.predictTable(table).getChild("prediction")?.toArray());
  });

  test("beyond one chunk give what the rows give", async () => {
    const predictor = await load();
    const count = 40_000;
    const long = tableFromArrays({ distance: Float64Array.from({ length: count }, (_, i) => i), delay: Float64Array.from({ length: count }, (_, i) => i % 50) });
    const city = vectorFromArray(Array.from({ length: count }, (_, i) => "x".repeat(i % 5)), new Utf8());
    const out = predictor.predictTable(long.assign(new Table({ city })), { threads: 2 });
    const column = out.getChild("prediction")?.toArray() as Float32Array;
    for (const i of [0, 16_383, 16_384, 32_767, 32_768, 39_999]) {
      expect(column[i]).toBeCloseTo(predictor.predict({ distance: i, city: "x".repeat(i % 5), delay: i % 50 }).prediction as number, 4);
    }
  });

  test("with a column of the prediction's name are refused", async () => {
    const predictor = await load();
    const taken = table.assign(new Table({ prediction: vectorFromArray([1, 2], new Float64()) }).slice(0, 0));
    const again = predictor.predictTable(table);
    const error = errorOf(() => predictor.predictTable(again));
    expect([error.code, error.column]).toEqual(["SCHEMA_MISMATCH", "prediction"]);
    expect(predictor.predictTable(again, { predictionColumn: "second" }).schema.fields).toHaveLength(5);
    expect(errorOf(() => predictor.predictTable(taken)).column).toBe("prediction");
    expect((await rejectionOf(predictor.predictAsync(again).next())).column).toBe("prediction");
  });

  test("errors count rows from the table's start", async () => {
    const strict = defineFeatures({ inputs: { x: t.int64() }, features: ({ x }) => ({ y: x.mul(2n) }) }).withoutFitting();
    const predictor = await Predictor.load({ features: strict, model: linear([[1]], [0]) });
    const values = new BigInt64Array(50_000);
    values[40_001] = 2n ** 62n;
    const bad = tableFromArrays({ x: values });
    expect(errorOf(() => predictor.predictTable(bad))).toMatchObject({ code: "INTEGER_OVERFLOW", row: 40_001 });
    const iterate = async (): Promise<void> => {
      for await (const _ of predictor.predictAsync([...tableFromArrays({ x: new BigInt64Array(10) }).batches, ...bad.batches]));
    };
    expect(await rejectionOf(iterate())).toMatchObject({ code: "INTEGER_OVERFLOW", row: 40_011 });
  });

  test("a stream is ended by its signal", async () => {
    const predictor = await load();
    const controller = new AbortController();
    const stream = predictor.predictAsync([table.batches[0]!, table.batches[0]!], { signal: controller.signal });
    await stream.next();
    controller.abort(new Error("enough"));
    expect((await rejectionOf(stream.next())).code).toBe("ABORTED");
  });
});
