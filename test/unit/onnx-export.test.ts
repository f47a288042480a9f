// Fitted features as ONNX: ONNX Runtime's matrix is the engine's, on the same data with NaN, nulls, unknown categories
// and extreme values; what cannot be expressed is listed whole.
import { makeVector, Table, vectorFromArray, Bool, Float64, Int64, TimestampMillisecond, Utf8, Uint64, Int32, Int8, Uint16, Float32, Float16, DateDay, type DataType, type Vector } from "apache-arrow";
import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { coalesce, defineFeatures, lit, t, when, type FittedFeatures } from "../../src/index.js";
import type { AnyInputType } from "../../src/types/input-type.js";
import { readModel } from "../../src/onnx/model.js";
import { Rng } from "../equivalence/generators/index.js";
import { close, feedsOf, run, type Cell, type Columns } from "../reference/onnx/ort.js";

const ROWS = 300;

function draw(make: (rng: Rng, i: number) => Cell, nulls: number, seed: number): Cell[] {
  const rng = new Rng(seed);
  return Array.from({ length: ROWS }, (_, i) => (nulls > 0 && rng.chance(nulls) ? null : make(rng, i)));
}

const EXTREMES = [0, -0, 1e-300, -1e300, 5e-324, 1.7976931348623157e308, 65_504, -1, 1];
/** The first rows, which are fitted on, have moderate values. */
const FITTED_ROWS = 40;
const number = (rng: Rng, i: number): number => (i >= FITTED_ROWS && rng.chance(0.1) ? rng.pick(EXTREMES) : (rng.float() - 0.4) * 50);
const CITIES = ["ATL", "LAS", "Zürich", "", "東京", "x y"];

function arrow(type: DataType, values: readonly Cell[]): Vector {
  return vectorFromArray(values as never[], type) as Vector;
}

/** The engine's matrix beside ONNX Runtime's. */
async function compare(fitted: FittedFeatures, table: Table, columns: Columns): Promise<{ readonly nodes: number }> {
  const { model, inputs, outputs } = await fitted.toOnnx();
  expect(outputs[0]).toMatchObject({ name: "features", type: "float", features: fitted.names });
  const results = await run(model, feedsOf(inputs, columns));
  const theirs = results["features"];
  const mine = fitted.compile().toMatrix(table);
  const width = fitted.names.length;
  expect(theirs?.dims).toEqual([table.numRows, width]);
  for (const [i, value] of (theirs?.data as Float32Array).entries()) {
    if (!close(mine[i] as number, value)) {
      const row = Math.floor(i / width);
      const given = Object.entries(columns).map(([name, cells]) => `${name} ${String(cells[row])}`);
      expect.fail(`${fitted.names[i % width]}: engine ${mine[i]}, ONNX Runtime ${value} (${given.join(", ")})`);
    }
  }
  return { nodes: readModel(model).graph.node?.length ?? 0 };
}

describe("fitted transformations", () => {
  const columns: Columns = {
    x: draw(number, 0, 1),
    y: draw((rng, i) => (rng.chance(0.5) ? Math.round(number(rng, i) / 10) : number(rng, i) / 7), 0.2, 2),
    positive: draw((rng) => rng.float() * 100 + 0.01, 0.1, 3),
    k: draw((rng) => BigInt(rng.int(-3, 3)), 0.2, 4),
    flag: draw((rng) => rng.chance(0.3), 0.2, 5),
    city: draw((rng) => rng.pick(CITIES), 0.2, 6),
    plain: draw((rng) => rng.pick(CITIES), 0, 7),
  };
  const table = new Table({
    x: arrow(new Float64(), columns["x"] as Cell[]),
    y: arrow(new Float64(), columns["y"] as Cell[]),
    positive: arrow(new Float64(), columns["positive"] as Cell[]),
    k: arrow(new Int64(), columns["k"] as Cell[]),
    flag: arrow(new Bool(), columns["flag"] as Cell[]),
    city: arrow(new Utf8(), columns["city"] as Cell[]),
    plain: arrow(new Utf8(), columns["plain"] as Cell[]),
  });
  // Fitted on a part: the rest has categories and values that fitting did not see.
  const some = table.slice(0, FITTED_ROWS);
  const inputs = {
    x: t.float64(),
    y: t.float64().nullable(),
    positive: t.float64().nullable(),
    k: t.int64().nullable(),
    flag: t.bool().nullable(),
    city: t.utf8().nullable(),
    plain: t.utf8(),
  };
  type Declared = Parameters<typeof defineFeatures<typeof inputs>>[0]["features"];

  test.each<[string, Declared]>([
    ["standardScaler", ({ y }) => ({ a: y.standardScaler(), b: y.standardScaler({ withMean: false }) })],
    ["minMaxScaler", ({ y }) => ({ a: y.minMaxScaler(), b: y.minMaxScaler({ clip: true, featureRange: [-1, 3] }) })],
    ["maxAbsScaler, robustScaler", ({ y, positive }) => ({ a: y.maxAbsScaler(), b: positive.robustScaler() })],
    ["binarizer, winsorizer", ({ y, positive }) => ({ a: y.binarizer({ threshold: 0.5 }), b: positive.winsorizer() })],
    ["kBinsDiscretizer", ({ y }) => ({ a: y.kBinsDiscretizer({ nBins: 6 }), b: y.kBinsDiscretizer({ encode: "ordinal", strategy: "uniform", nBins: 40 }) })],
    ["quantileTransformer", ({ y, positive }) => ({ a: y.quantileTransformer({ nQuantiles: 30 }), b: positive.quantileTransformer({ nQuantiles: 20, outputDistribution: "normal" }) })],
    ["powerTransformer", ({ y, positive }) => ({ a: y.powerTransformer(), b: positive.powerTransformer({ method: "box-cox" }) })],
    ["oneHotEncoder", ({ city, k, flag, y }) => ({
      a: city.oneHotEncoder({ handleUnknown: "ignore" }),
      b: k.oneHotEncoder({ handleUnknown: "ignore", drop: "first" }),
      c: flag.oneHotEncoder({ handleUnknown: "ignore" }),
      d: y.oneHotEncoder({ handleUnknown: "infrequent_if_exist", maxCategories: 5 }),
    })],
    ["ordinalEncoder, frequencyEncoder", ({ city, k, plain }) => ({
      a: city.ordinalEncoder({ handleUnknown: "use_encoded_value", unknownValue: -1 }),
      b: k.ordinalEncoder({ handleUnknown: "use_encoded_value", unknownValue: -1 }),
      c: plain.frequencyEncoder(),
      d: k.frequencyEncoder({ normalize: false }),
    })],
    ["simpleImputer", ({ y, k, city, flag }) => ({
      a: y.simpleImputer({ strategy: "median", addIndicator: true }),
      b: k.simpleImputer({ strategy: "most_frequent" }),
      c: city.simpleImputer({ strategy: "constant", fillValue: "nowhere" }).oneHotEncoder({ handleUnknown: "ignore" }),
      d: flag.simpleImputer({ strategy: "most_frequent" }),
    })],
    ["chains", ({ x, positive }) => ({ a: x.abs().log1p().standardScaler(), b: positive.simpleImputer().log().minMaxScaler() })],
  ])("%s", async (_, features) => {
    const fitted = await defineFeatures({ inputs, features }).fit(some);
    // Unread inputs are no part of the plan.
    await compare(fitted as unknown as FittedFeatures, table, columns);
  });

  test("null logic, choices and constants", async () => {
    const set = defineFeatures({
      inputs,
      features: ({ x, y, k, flag, city, plain }) => ({
        sum: y.add(x).mul(2),
        choice: when(flag).then(x).otherwise(y.neg()),
        three: flag.and(y.gt(0)).or(k.isNull()),
        some: coalesce(y, x),
        same: city.eq(plain),
        isNull: city.isNull(),
        text: coalesce(city, plain).eq("ATL"),
        five: lit(5).add(x.mul(0)),
        nothing: lit(7.5),
      }),
    });
    await compare(set.withoutFitting() as unknown as FittedFeatures, table, columns);
  });

  test("one-hot columns are one comparison", async () => {
    const fitted = await defineFeatures({ inputs, features: ({ plain }) => ({ a: plain.oneHotEncoder({ handleUnknown: "ignore" }) }) }).fit(some);
    expect(fitted.names.length).toBe(CITIES.length);
    const { nodes } = await compare(fitted as unknown as FittedFeatures, table, columns);
    expect(nodes).toBeLessThanOrEqual(6);
  });

  test("one row, and none of the optional", async () => {
    const fitted = await defineFeatures({ inputs, features: ({ x, city }) => ({ a: x.standardScaler(), b: city.oneHotEncoder({ handleUnknown: "ignore" }) }) }).fit(some);
    const first = Object.fromEntries(Object.entries(columns).map(([name, cells]) => [name, cells.slice(0, 1)]));
    await compare(fitted as unknown as FittedFeatures, table.slice(0, 1), first);
  });
});

describe("inputs", () => {
  const cases: readonly [name: string, input: AnyInputType, type: DataType, values: readonly Cell[], onnx: string][] = [
    ["int8", t.int8(), new Int8(), [-128, 0, 127], "int8"],
    ["uint16", t.uint16(), new Uint16(), [0, 65_535, 7], "uint16"],
    ["int32", t.int32(), new Int32(), [-5, 2 ** 31 - 1, 0], "int32"],
    ["int32 nullable", t.int32().nullable(), new Int32(), [-5, null, 0], "double"],
    ["float32", t.float32(), new Float32(), [1.5, NaN, -0], "float"],
    ["float16", t.float16(), new Float16(), [1.5, -0.25, 65_504, 0], "float16"],
    ["uint64", t.uint64(), new Uint64(), [1n, 2n ** 61n, 0n], "uint64"],
  ];
  test.each(cases)("%s", async (_, input, type, values, onnx) => {
    const set = defineFeatures({ inputs: { v: input as ReturnType<typeof t.float64> }, features: ({ v }) => ({ double: v.mul(2), isNull: v.isNull() }) });
    const fitted = set.withoutFitting() as unknown as FittedFeatures;
    expect((await fitted.toOnnx()).inputs[0]).toEqual({ name: "v", type: onnx, input: "v", role: "values" });
    await compare(fitted, new Table({ v: arrow(type, values) }), { v: values });
  });

  test("timestamps are ticks, dates days, with nulls beside them", async () => {
    const set = defineFeatures({
      inputs: { at: t.timestamp("ms", "America/New_York").nullable(), on: t.date32() },
      features: ({ at, on }) => ({ hour: at.hour(), day: at.dayOfWeek(), month: on.month(), missing: at.isNull(), weekend: on.isWeekend() }),
    });
    const fitted = set.withoutFitting() as unknown as FittedFeatures;
    const rng = new Rng(9);
    const at = Array.from({ length: 50 }, (_, i) => (i % 7 === 3 ? null : BigInt(rng.int(-1e12, 4e12))));
    const on = Array.from({ length: 50 }, () => BigInt(rng.int(-200_000, 200_000)));
    const table = new Table({
      at: arrow(new TimestampMillisecond(), at.map((ticks) => (ticks === null ? null : Number(ticks)))),
      on: makeVector({ type: new DateDay(), data: Int32Array.from(on, Number) } as never) as Vector,
    });
    const { inputs } = await fitted.toOnnx();
    expect(inputs.map(({ name, type, role }) => `${name} ${type} ${role}`)).toEqual(["at int64 values", "at_isNull bool nulls", "on int64 values"]);
    await compare(fitted, table, { at, on });
  });

  test("a NaN in a nullable number is its null", async () => {
    const set = defineFeatures({ inputs: { x: t.float64().nullable() }, features: ({ x }) => ({ missing: x.isNull(), filled: coalesce(x, lit(3)) }) });
    const { model } = await set.withoutFitting().toOnnx();
    const outputs = await run(model, { x: new Tensor("float64", Float64Array.of(NaN, 2), [2, 1]) });
    expect([...(outputs["features"]?.data as Float32Array)]).toEqual([1, 3, 0, 2]);
  });
});

describe("outputs", () => {
  const set = defineFeatures({
    inputs: { x: t.float64().nullable(), name: t.utf8().nullable(), at: t.timestamp("s") },
    features: ({ x, name, at }) => ({
      x: x.mul(2),
      precise: x.div(3).as("float64"),
      whole: x.floor().as("int64"),
      small: x.floor().as("int32"),
      positive: x.gt(0).as("bool"),
      name: coalesce(name, lit("?")).as("utf8"),
      start: at.truncate("day").as("timestamp"),
    }),
  });
  const fitted = set.withoutFitting();

  test("every feature by name, of its own type, beside the matrix of the numbers", async () => {
    const { model, inputs, outputs } = await fitted.toOnnx({ columns: true, output: "matrix" });
    expect(outputs.map(({ name, type, features }) => `${name} ${type} ${features.join("+")}`)).toEqual([
      "matrix float x+precise+whole+small+positive",
      "x_2 float x", // x is the input
      "precise double precise",
      "whole int64 whole",
      "small int32 small",
      "positive bool positive",
      "name_2 string name",
      "start int64 start",
    ]);
    const results = await run(model, feedsOf(inputs, { x: [1.5, null], name: ["a", null], at: [86_401n, -1n] }));
    expect([...(results["matrix"]?.data as Float32Array)]).toEqual([3, 0.5, 1, 1, 1, NaN, NaN, NaN, NaN, NaN]);
    expect(results["precise"]?.data).toEqual(Float64Array.of(0.5, NaN));
    expect(results["whole"]?.data).toEqual(BigInt64Array.of(1n, 0n));
    expect(results["small"]?.data).toEqual(Int32Array.of(1, 0));
    expect([...(results["positive"]?.data as Uint8Array)].map(Boolean)).toEqual([true, false]);
    expect(results["name_2"]?.data).toEqual(["a", "?"]);
    expect(results["start"]?.data).toEqual(BigInt64Array.of(86_400n, -86_400n));
  });

  test("without columns, text and times are outputs beside the matrix", async () => {
    const { outputs } = await fitted.toOnnx();
    expect(outputs.map(({ name }) => name)).toEqual(["features", "name_2", "start"]);
  });

  test("the least opset that the operators need", async () => {
    const one = async (set: { toOnnx(options?: { maxOpset?: number }): Promise<{ opset: number }> }, options = {}): Promise<number> => (await set.toOnnx(options)).opset;
    const plain = defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ a: x.log1p() }) }).withoutFitting();
    const texts = defineFeatures({ inputs: { a: t.utf8(), b: t.utf8() }, features: ({ a, b }) => ({ same: a.eq(b) }) }).withoutFitting();
    expect(await one(plain)).toBe(17);
    expect(await one(texts)).toBe(19);
    await expect(texts.toOnnx({ maxOpset: 18 })).rejects.toMatchObject({ code: "UNSUPPORTED_ONNX", message: expect.stringMatching(/eq \(it needs opset 19/) as string });
  });
});

describe("what cannot be expressed", () => {
  const set = defineFeatures({
    inputs: { name: t.utf8(), values: t.list(t.float64()), x: t.float64() },
    features: ({ name, values, x }) => ({
      bucket: name.lower().hashBucket(10),
      length: name.lower().length(),
      mean: values.mean(),
      fine: x.log(),
      whole: x.toInt64(),
    }),
  });

  test("is listed whole, each function with its features", async () => {
    const support = await set.withoutFitting().onnxSupport();
    expect(support.supported).toBe(false);
    expect(support.unsupported.map((entry) => `${entry.function}: ${entry.features.join()}`).sort()).toEqual(["hashBucket: bucket", "length: length", "lower: bucket,length", "mean: mean"]);
    expect(support.unsupported.find((entry) => entry.function === "mean")?.reason).toMatch(/lists/);
    expect(support.notes.map((entry) => entry.function)).toEqual(["toInt64"]);
    const error: unknown = await set.withoutFitting().toOnnx().catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "OnnxError", code: "UNSUPPORTED_ONNX" });
    for (const name of ["hashBucket", "length", "lower", "mean", "bucket"]) expect((error as Error).message).toContain(name);
  });

  test("nothing is left to say of features that ONNX can express", async () => {
    const { supported, unsupported } = await defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ a: x.log() }) }).withoutFitting().onnxSupport();
    expect({ supported, unsupported }).toEqual({ supported: true, unsupported: [] });
  });
});
