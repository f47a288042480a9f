import { Bool, Dictionary, Float64, Int32, Table, TimestampMillisecond, Utf8, vectorFromArray, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { defineFeatures, inputStatistics, Predictor, t, type BadInputOptions, type PredictorOptions } from "../../src/index.js";
import { errorOf, rejectionOf } from "../boundary/support.js";
import { linear } from "../support/predictor-models.js";

const set = defineFeatures({
  inputs: { distance: t.float64(), city: t.utf8(), paid: t.bool(), count: t.int32(), at: t.timestamp("ms"), delay: t.float64().nullable() },
  features: ({ distance, city, paid, count, at, delay }) => ({
    distance,
    city: city.length(),
    paid,
    count,
    hour: at.hour(),
    delay: delay.coalesce(-1),
  }),
});
type I = typeof set.inputs;
const features = set.withoutFitting();
/** The prediction shows the vector: digits of a number. */
const model = linear([[1], [100], [1000], [1e4], [1e6], [0]], [0]);
const shown = ({ prediction }: { prediction: unknown }): number => Math.round(prediction as number);
const good = { distance: 5, city: "ab", paid: true, count: 3, at: new Date("2026-01-01T04:00:00Z"), delay: null };
const GOOD = 5 + 200 + 1000 + 3e4 + 4e6;
type Loose = Record<string, unknown>;
const load = (onBadInput?: BadInputOptions<I>, options: Partial<PredictorOptions<I>> = {}): Promise<Predictor<I>> =>
  Predictor.load({ features, model, ...(onBadInput === undefined ? {} : { onBadInput }), ...options });
const call = (predictor: Predictor<I>, row: Loose, options = {}): ReturnType<Predictor<I>["predict"]> => predictor.predict(row as never, options);

describe("policies on a row", () => {
  test("a good row is as it was", async () => {
    const predictor = await load({ distance: { missing: { default: 9 }, invalid: { default: 8 }, valid: { min: 0, finite: true } } });
    expect(shown(predictor.predict(good))).toBe(GOOD);
    expect(predictor.stats().badInputs).toEqual({});
  });

  test("defaults take the place of missing and of invalid values", async () => {
    const predictor = await load({
      distance: { missing: { default: 9 }, invalid: { default: 8 } },
      city: { missing: { default: "abcd" }, invalid: { default: "abc" } },
      paid: { missing: { default: false } },
      count: { missing: { default: 1 }, invalid: { default: 2 } },
      at: { missing: { default: new Date(0) }, invalid: { default: 3_600_000 } },
    });
    const cases: [Loose, number][] = [
      [{ ...good, distance: undefined }, GOOD + 4],
      [{ ...good, distance: null }, GOOD + 4],
      [{ ...good, distance: "5" }, GOOD + 3],
      [{ ...good, city: undefined }, GOOD + 200],
      [{ ...good, city: 7 }, GOOD + 100],
      [{ ...good, city: "\ud800" }, GOOD + 100],
      [{ ...good, paid: undefined }, GOOD - 1000],
      [{ ...good, count: null }, GOOD - 2e4],
      [{ ...good, count: 1.5 }, GOOD - 1e4],
      [{ ...good, count: 2 ** 31 }, GOOD - 1e4],
      [{ ...good, at: null }, GOOD - 4e6],
      [{ ...good, at: new Date(NaN) }, GOOD - 3e6],
      [{}, 9 + 400 + 1e4],
      [{ distance: "x", city: {}, paid: true, count: NaN, at: "now" }, 8 + 300 + 1000 + 2e4 + 1e6],
    ];
    for (const [row, wanted] of cases) expect(shown(call(predictor, row)), JSON.stringify(row)).toBe(wanted);
    const { badInputs, predictions } = predictor.stats();
    expect(predictions).toBe(cases.length);
    expect(badInputs).toEqual({
      distance: { missing: { default: 3 }, invalid: { default: 2 } },
      city: { missing: { default: 2 }, invalid: { default: 3 } },
      paid: { missing: { default: 2 }, invalid: {} },
      count: { missing: { default: 2 }, invalid: { default: 3 } },
      at: { missing: { default: 2 }, invalid: { default: 2 } },
    });
    // A policy for missing says nothing of invalid.
    expect(errorOf(() => call(predictor, { ...good, paid: 1 })).code).toBe("WRONG_TYPE");
  });

  test("rules say what is valid", async () => {
    const predictor = await load({
      distance: { invalid: { default: 0 }, valid: { min: 1, max: 10, finite: true } },
      city: { invalid: { default: "" }, valid: { oneOf: ["ab", "abc"] } },
      count: { invalid: { default: 0 }, valid: { test: (count: number) => count % 2 === 1 } },
      at: { invalid: { default: new Date(0) }, valid: { min: new Date("2025-01-01"), max: new Date("2027-01-01") } },
    });
    const changes: [Loose, number][] = [
      [{ distance: 1 }, -4],
      [{ distance: 10 }, 5],
      [{ distance: 0.5 }, -5],
      [{ distance: 10.5 }, -5],
      [{ distance: NaN }, -5],
      [{ distance: Infinity }, -5],
      [{ city: "abc" }, 100],
      [{ city: "x" }, -200],
      [{ count: 4 }, -3e4],
      [{ count: 5 }, 2e4],
      [{ at: new Date("2020-01-01T09:00:00Z") }, -4e6],
      [{ at: Date.parse("2026-05-01T07:00:00Z") }, 3e6],
      [{ at: BigInt(Date.parse("2028-05-01T07:00:00Z")) }, -4e6],
    ];
    for (const [change, wanted] of changes) expect(shown(call(predictor, { ...good, ...change })), JSON.stringify(change, (_, v: unknown) => (typeof v === "bigint" ? `${v}` : v))).toBe(GOOD + wanted);
    const strict = await load({ distance: { valid: { min: 1, max: 10 } }, city: { valid: { oneOf: ["ab"] } } });
    const error = errorOf(() => call(strict, { ...good, distance: 11 }));
    expect([error.code, error.path]).toEqual(["OUT_OF_RANGE", ["distance"]]);
    expect(error.message).toMatch(/breaks the input's rule: expected at least 1, at most 10, received the number 11/);
    expect(errorOf(() => call(strict, { ...good, city: "zz" })).message).toMatch(/one of the allowed values/);
    // NaN breaks no bound.
    expect(call(strict, { ...good, distance: NaN }).prediction).toBeNaN();
  });

  test("nullable inputs lack nothing unless a policy says so", async () => {
    const plain = await load("error");
    expect(shown(call(plain, { ...good, delay: undefined }))).toBe(GOOD);
    const shows = linear([[0], [0], [0], [0], [0], [1]], [0]);
    const filled = await load({ delay: { missing: { default: 33 }, invalid: "null" } }, { model: shows });
    expect(shown(call(filled, good))).toBe(33);
    expect(shown(call(filled, { ...good, delay: 4 }))).toBe(4);
    expect(shown(call(filled, { ...good, delay: "late" }))).toBe(-1);
    const all = await load({ "*": { missing: "fallback" } }, { model: shows, fallback: 5 });
    expect(shown(call(all, good))).toBe(-1);
    expect(call(all, { ...good, city: null })).toEqual({ prediction: 5, fallback: true, reason: "bad-input" });
    const refused = await load({ delay: { missing: "error" } });
    expect(errorOf(() => call(refused, good)).code).toBe("NULL_INPUT");
    expect(errorOf(() => call(refused, { ...good, delay: undefined })).code).toBe("NULL_INPUT");
  });

  test("without a policy bad input goes to the fallback where there is one, else it is an error", async () => {
    const bare = await load();
    expect(errorOf(() => call(bare, { ...good, city: 5 })).code).toBe("WRONG_TYPE");
    expect(errorOf(() => call(bare, {})).code).toBe("MISSING_INPUT");
    const { city: _, ...without } = good;
    expect(errorOf(() => call(bare, without))).toMatchObject({ code: "MISSING_INPUT", path: ["city"] });
    expect(bare.stats()).toMatchObject({ errors: 3, predictions: 0 });
    const backed = await load(undefined, { fallback: (row: Loose) => String(row["city"]) });
    expect(call(backed, { ...good, city: 5 })).toEqual({ prediction: "5", fallback: true, reason: "bad-input" });
    const strict = await load("error", { fallback: 1 });
    expect(errorOf(() => call(strict, { ...good, city: 5 })).code).toBe("WRONG_TYPE");
    expect(backed.stats().badInputs).toEqual({ city: { missing: {}, invalid: { fallback: 1 } } });
    expect(strict.stats().badInputs).toEqual({ city: { missing: {}, invalid: { error: 1 } } });
  });

  test("a function that fails is bad input too", async () => {
    const overflowing = defineFeatures({ inputs: { x: t.int64() }, features: ({ x }) => ({ y: x.mul(2n) }) }).withoutFitting();
    const bare = await Predictor.load({ features: overflowing, model: linear([[1]], [0]) });
    expect(errorOf(() => bare.predict({ x: 2n ** 62n }))).toMatchObject({ code: "INTEGER_OVERFLOW", function: "mul" });
    const backed = await Predictor.load({ features: overflowing, model: linear([[1]], [0]), fallback: -1 });
    expect(backed.predict({ x: 2n ** 62n })).toEqual({ prediction: -1, fallback: true, reason: "bad-input" });
    expect(backed.predict({ x: 4 }).prediction).toBe(8);
  });

  test("the last valid value of a key", async () => {
    const predictor = await load(
      { distance: { missing: "lastKnown", invalid: { lastKnown: true, otherwise: { default: 1 } } }, at: { missing: { lastKnown: true, otherwise: "fallback" } } },
      { fallback: -1, lastKnownCapacity: 2 },
    );
    const at = new Date(good.at);
    call(predictor, { ...good, at, distance: 7 }, { key: "a" });
    at.setTime(0);
    expect(shown(call(predictor, { ...good, distance: undefined, at: undefined }, { key: "a" }))).toBe(GOOD + 2);
    expect(shown(call(predictor, { ...good, distance: "7" }, { key: "a" }))).toBe(GOOD + 2);
    expect(shown(call(predictor, { ...good, distance: "7" }, { key: "b" }))).toBe(GOOD - 4);
    expect(shown(call(predictor, { ...good, distance: "7" }))).toBe(GOOD - 4);
    expect(call(predictor, { ...good, distance: undefined }, { key: "b" })).toEqual({ prediction: -1, fallback: true, reason: "bad-input" });
    // A default is not a value of the key's, but its other values are; the oldest keys are forgotten.
    expect(call(predictor, { ...good, distance: undefined }, { key: "b" }).fallback).toBe(true);
    call(predictor, { ...good, distance: 6 }, { key: "b" });
    call(predictor, { ...good, distance: 6.25 }, { key: "c" });
    expect(shown(call(predictor, { ...good, distance: undefined }, { key: "b" }))).toBe(GOOD + 1);
    expect(call(predictor, { ...good, distance: undefined }, { key: "a" }).fallback).toBe(true);
    const many = predictor.predictMany([good, { ...good, distance: null }] as never, { keys: ["d", "d"], explainInputs: true });
    expect(many[1]?.inputs?.["distance"]).toEqual({ source: "lastKnown", reason: "missing", value: 5 });
  });

  test("explained", async () => {
    const predictor = await load({ distance: { missing: { default: 9 } }, city: { invalid: "lastKnown" }, delay: { invalid: "null" } });
    call(predictor, good, { key: 1 });
    const { inputs } = call(predictor, { city: 3, paid: true, count: 3, at: good.at, delay: "x" }, { key: 1, explainInputs: true });
    expect(inputs).toEqual({
      distance: { source: "default", reason: "missing", value: 9 },
      city: { source: "lastKnown", reason: "invalid", value: "ab" },
      paid: { source: "given", value: true },
      count: { source: "given", value: 3 },
      at: { source: "given", value: good.at },
      delay: { source: "null", reason: "invalid", value: null },
    });
    expect(call(predictor, good, { explainInputs: true }).inputs?.["delay"]).toEqual({ source: "null", reason: "missing", value: null });
    expect(call(predictor, good).inputs).toBeUndefined();
  });

  test("names that every object has", async () => {
    const odd = defineFeatures({ inputs: { toString: t.float64(), __proto__x: t.float64() }, features: (x) => ({ a: x.toString, b: x.__proto__x }) }).withoutFitting();
    const predictor = await Predictor.load({ features: odd, model: linear([[1], [10]], [0]), onBadInput: { "*": { missing: { default: 3 } } } as never });
    expect(shown(predictor.predict({ __proto__x: 1 } as never))).toBe(13);
    expect(shown(predictor.predict({ toString: 1, __proto__x: 1 } as never))).toBe(11);
    expect(shown(predictor.predict({} as never))).toBe(33);
  });

  test("a rule that throws, throws", async () => {
    const predictor = await load({ count: { valid: { test: () => { throw new RangeError("mine"); } } } }, { fallback: 1 });
    expect(() => predictor.predict(good)).toThrow(RangeError);
    expect(predictor.stats().errors).toBe(1);
  });
});

describe("policies that do not fit are refused at load", () => {
  test.each<[string, unknown, RegExp]>([
    ["no object", 5, /onBadInput: policies on bad input/],
    ["null for all", "null", /onBadInput: a policy for all inputs/],
    ["an input that there is not", { city2: {} }, /onBadInput\.city2: there is no such input: expected distance, city/],
    ["a policy that there is not", { city: { missing: "ignore" } }, /onBadInput\.city\.missing: not a policy/],
    ["two policies at once", { city: { missing: { default: "x", statistic: "mode" } } }, /not a policy/],
    ["a key that there is not", { city: { absent: "error" } }, /onBadInput\.city\.absent.*no such key/],
    ["a fallback without one", { city: { missing: "fallback" } }, /onBadInput\.city\.missing: the predictor has no fallback/],
    ["null for what is not nullable", { city: { missing: "null" } }, /the input is not nullable/],
    ["a default of another type", { city: { missing: { default: 5 } } }, /onBadInput\.city\.missing: the value of the policy "default" does not fit.*a string/],
    ["a default out of range", { count: { invalid: { default: 2 ** 40 } } }, /onBadInput\.count\.invalid.*does not fit/],
    ["a default behind lastKnown", { city: { invalid: { lastKnown: true, otherwise: { default: 5 } } } }, /onBadInput\.city\.invalid: the value/],
    ["lastKnown in lastKnown", { city: { invalid: { lastKnown: true, otherwise: "lastKnown" } } }, /otherwise: lastKnown once more/],
    ["a statistic that nobody learned", { distance: { missing: { statistic: "mean" } } }, /the mean of the input is not known.*inputStatistics/],
    ["a statistic that there is not", { distance: { missing: { statistic: "max" } } }, /not a statistic/],
    ["a bound of text", { city: { valid: { min: "a" } } }, /onBadInput\.city\.valid\.min.*no order/],
    ["a bound of another type", { distance: { valid: { max: "9" } } }, /valid\.max.*a value of float64/],
    ["a bound of NaN", { distance: { valid: { max: NaN } } }, /valid\.max/],
    ["finite integers", { count: { valid: { finite: true } } }, /only for floats/],
    ["no choice", { city: { valid: { oneOf: [] } } }, /valid\.oneOf/],
    ["a choice of another type", { city: { valid: { oneOf: [1] } } }, /valid\.oneOf/],
    ["a test that is no function", { city: { valid: { test: /x/ } } }, /valid\.test/],
    ["a rule that there is not", { city: { valid: { length: 3 } } }, /valid\.length/],
  ])("%s", async (_, onBadInput, message) => {
    const error = await rejectionOf(load(onBadInput as never));
    expect(error.code).toBe("INVALID_PARAMETER");
    expect(error.message).toMatch(message);
  });
});

describe("statistics", () => {
  const n = 101;
  const column = <T>(make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
  const training = new Table({
    distance: vectorFromArray(column((i) => (i === 7 ? null : i * i)), new Float64()),
    city: vectorFromArray(column((i) => (i % 3 === 0 ? "abc" : i % 3 === 1 ? "abc" : "x")), new Utf8()),
    paid: vectorFromArray(column((i) => i % 4 !== 0), new Bool()),
    count: vectorFromArray(column((i) => (i < 50 ? 4 : i)), new Int32()),
    at: vectorFromArray(column((i) => i), new TimestampMillisecond()),
    delay: vectorFromArray(column((i) => i), new Float64()),
  });
  const squares = column((i) => i * i).filter((_, i) => i !== 7);
  const mean = squares.reduce((a, b) => a + b, 0) / 100;
  const median = ((squares[49] as number) + (squares[50] as number)) / 2;

  test("of inputs over training data", async () => {
    const statistics = await inputStatistics(set.inputs, training);
    expect(statistics["distance"]?.mean).toBeCloseTo(mean, 9);
    expect(statistics["distance"]?.median).toBe(median);
    expect(statistics["distance"]).not.toHaveProperty("mode");
    expect(statistics["city"]).toEqual({ mode: "abc" });
    expect(statistics["paid"]?.mode).toBe(true);
    expect(statistics["count"]?.mode).toBe(4);
    expect(statistics["count"]?.median).toBe(50);
    expect(statistics).not.toHaveProperty("at");
    expect(await inputStatistics(set.inputs, training, { statistics: ["mode"] })).toEqual({ city: { mode: "abc" }, paid: { mode: true }, count: { mode: 4 } });
    const predictor = await load(
      { distance: { missing: { statistic: "median" } }, city: { missing: { statistic: "mode" } }, paid: { missing: { statistic: "mode" } }, count: { missing: { statistic: "mean" } } },
      { statistics },
    );
    const countMean = Math.round((50 * 4 + column((i) => i).slice(50).reduce((a, b) => a + b, 0)) / n);
    expect(call(predictor, { at: good.at }, { explainInputs: true }).inputs).toMatchObject({
      distance: { source: "statistic", reason: "missing", value: median },
      city: { value: "abc" },
      paid: { value: true },
      count: { value: countMean },
    });
    expect(predictor.stats().badInputs["count"]).toEqual({ missing: { statistic: 1 }, invalid: {} });
    expect((await rejectionOf(load({ at: { missing: { statistic: "mode" } } }, { statistics }))).message).toMatch(/the mode of the input is not known/);
  });

  test("of fitted transformations of the input itself", async () => {
    const fitted = await defineFeatures({
      inputs: { ...set.inputs, distance: t.float64().nullable() },
      features: ({ distance, city, delay, paid }) => ({
        a: distance.standardScaler(),
        b: distance.robustScaler(),
        c: city.ordinalEncoder(),
        d: delay.add(1).standardScaler(),
        e: delay.simpleImputer({ strategy: "median" }),
        f: paid.simpleImputer({ strategy: "most_frequent" }),
      }),
    }).fit(training);
    const six = linear(Array.from({ length: 6 }, () => [1]), [0]);
    const predictor = await Predictor.load({
      features: fitted,
      model: six,
      onBadInput: {
        distance: { missing: { statistic: "mean" }, invalid: { statistic: "median" } },
        city: { missing: { statistic: "mode" } },
        paid: { missing: { statistic: "mode" } },
        delay: { missing: { statistic: "median" } },
      },
    });
    const { inputs } = predictor.predict({} as never, { explainInputs: true });
    expect(inputs?.["distance"]?.value).toBeCloseTo(mean, 9);
    expect(inputs).toMatchObject({ city: { value: "abc" }, paid: { value: true }, delay: { value: 50, source: "statistic" } });
    expect(predictor.predict({ ...good, city: "x", distance: "far" } as never, { explainInputs: true }).inputs?.["distance"]?.value).toBe(median);
    // What was learned of an expression is not the input's.
    await rejectionOf(Predictor.load({ features: fitted, model: six, onBadInput: { delay: { missing: { statistic: "mean" } } } }));
  });
});

describe("policies on tables", () => {
  const cells = (changes: Readonly<Record<string, Vector>> = {}): Table =>
    new Table({
      distance: vectorFromArray([5, null, 20, NaN, 5], new Float64()),
      city: vectorFromArray(["ab", "ab", null, "ab", "x"], new Utf8()),
      paid: vectorFromArray([true, null, true, true, true], new Bool()),
      count: vectorFromArray([3, 3, 3, null, 3], new Int32()),
      at: vectorFromArray([good.at, null, good.at, good.at, new Date(0)], new TimestampMillisecond()),
      delay: vectorFromArray([null, null, null, null, null], new Float64()),
      ...changes,
    });
  const policies: BadInputOptions<I> = {
    distance: { missing: { default: 9 }, invalid: { default: 8 }, valid: { max: 10, finite: true } },
    city: { missing: { default: "abcd" }, invalid: { default: "abc" }, valid: { oneOf: ["ab"] } },
    paid: { missing: { default: false } },
    count: { missing: { lastKnown: true, otherwise: { default: 1 } } },
    at: { missing: { default: new Date(3_600_000) }, invalid: { default: 7_200_000n }, valid: { min: new Date("2025-01-01") } },
  };
  const wanted = [GOOD, 9 + 200 + 0 + 3e4 + 1e6, 8 + 400 + 1000 + 3e4 + 4e6, 8 + 200 + 1000 + 1e4 + 4e6, 5 + 300 + 1000 + 3e4 + 2e6];
  const column = (table: Table): number[] => Array.from(table.getChild("prediction")?.toArray() as Float32Array, Math.round);

  test("bad cells are replaced, the table's own columns are as they were", async () => {
    const predictor = await load(policies);
    const table = cells();
    const out = predictor.predictTable(table);
    expect(column(out)).toEqual(wanted);
    expect(out.getChild("distance")?.toArray()).toEqual(table.getChild("distance")?.toArray());
    expect(out.getChild("city")?.get(2)).toBeNull();
    expect(predictor.stats().badInputs).toEqual({
      distance: { missing: { default: 1 }, invalid: { default: 2 } },
      city: { missing: { default: 1 }, invalid: { default: 1 } },
      paid: { missing: { default: 1 }, invalid: {} },
      count: { missing: { default: 1 }, invalid: {} },
      at: { missing: { default: 1 }, invalid: { default: 1 } },
    });
    // Rows say the same.
    const rows = table.toArray().map((row) => ({ ...(row.toJSON() as Loose), at: row.at === null ? null : new Date(row.at as number) }));
    expect(predictor.predictMany(rows as never).map(shown)).toEqual(wanted);
    const parts: number[] = [];
    for await (const batch of predictor.predictAsync(table)) parts.push(...column(new Table([batch])));
    expect(parts).toEqual(wanted);
  });

  test("in slices, in batches and with dictionaries", async () => {
    const predictor = await load(policies);
    const whole = cells();
    for (const [begin, end] of [[1, 5], [2, 4], [3, 5], [4, 5]] as const) expect(column(predictor.predictTable(whole.slice(begin, end)))).toEqual(wanted.slice(begin, end));
    const city = vectorFromArray(["ab", "ab", null, "ab", "x"], new Dictionary(new Utf8(), new Int32()));
    expect(column(predictor.predictTable(cells({ city })))).toEqual(wanted);
    const many = new Table(Array.from({ length: 9 }, () => whole.batches).flat());
    expect(column(predictor.predictTable(many))).toEqual(Array.from({ length: 9 }, () => wanted).flat());
  });

  test("a cell whose policy is an error or a fallback is an error with its row", async () => {
    const none = await load();
    expect(errorOf(() => none.predictTable(cells()))).toMatchObject({ code: "NULL_INPUT", row: 1 });
    const backed = await load(undefined, { fallback: 3 });
    expect(errorOf(() => backed.predictTable(cells().slice(2)))).toMatchObject({ code: "NULL_INPUT", row: 0 });
    const ruled = await load({ ...policies, distance: { missing: { default: 1 }, valid: { max: 10 } } });
    expect(errorOf(() => ruled.predictTable(cells()))).toMatchObject({ code: "OUT_OF_RANGE", row: 2, column: "distance" });
    const full = await load({ ...policies, delay: { missing: "error" } });
    expect(errorOf(() => full.predictTable(cells()))).toMatchObject({ code: "NULL_INPUT", row: 0, column: "delay" });
  });

  test("null for nullable columns", async () => {
    const shows = linear([[0], [0], [0], [0], [0], [1]], [0]);
    const predictor = await load({ ...policies, delay: { invalid: "null", valid: { min: 0 } } }, { model: shows });
    const delay = vectorFromArray([-5, 2, null, 0, -0.5], new Float64());
    expect(column(predictor.predictTable(cells({ delay })))).toEqual([-1, 2, -1, 0, -1]);
  });

  test("lists", async () => {
    const lists = defineFeatures({ inputs: { x: t.list(t.float64()) }, features: ({ x }) => ({ sum: x.sum() }) }).withoutFitting();
    const predictor = await Predictor.load({ features: lists, model: linear([[1]], [0]), onBadInput: { x: { missing: { default: [1, 2, 3] }, invalid: { default: [] }, valid: { test: (x) => x.length < 3 } } } });
    expect(predictor.predict({ x: [4, 5] }).prediction).toBe(9);
    expect(predictor.predict({} as never).prediction).toBe(6);
    const { List, Field } = await import("apache-arrow");
    const x = vectorFromArray([[4, 5], null, [1]], new List(new Field("item", new Float64(), true)));
    const out = predictor.predictTable(new Table({ x })).getChild("prediction")?.toArray() as Float32Array;
    expect([...out]).toEqual([9, 6, 1]);
  });
});
