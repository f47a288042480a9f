import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ModelFile } from "../../src/scorer/backend.js";
import { readLightgbm } from "../../src/scorer/trees/index.js";
import { rawScores, writeText, type TextModel, type TextTree } from "./lightgbm-reference.js";
import { evaluate } from "./naive-program.js";
import { expectClose, programOf } from "./tree-models.js";

const text = new TextEncoder();
const read = (model: TextModel, version?: string): ModelFile => readLightgbm(text.encode(writeText(model, version)));

/** A generator of numbers in [0, 1): mulberry32. */
function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const THRESHOLDS = [0, -0, 1e-35, -1e-35, 1e-300, -1e-300, 0.1, 0.30000001192092896, 1.7976931348623157e308, -3.5e38, Infinity, -Infinity];
const VALUES = [NaN, 0, -0, 1e-35, -1e-35, 2e-35, 1e-45, 1, -1, -0.5, 0.5, 2.999, 31, 32, 63, 64, 95, 1e10, 3.4028234663852886e38, -3.4028234663852886e38, Infinity, -Infinity];

function randomTree(random: () => number, features: number, leaves: number, linear: boolean): TextTree {
  const splits = leaves - 1;
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const left = new Array<number>(splits).fill(0);
  const right = new Array<number>(splits).fill(0);
  // As LightGBM grows it: a leaf becomes node i, its left child keeps its number, the right one is leaf i + 1.
  const places: [number[], number][] = [];
  for (let i = 0; i < splits; i++) {
    const leaf = Math.floor(random() * (i + 1));
    if (i > 0) places[leaf]![0][places[leaf]![1]] = i;
    left[i] = ~leaf;
    right[i] = ~(i + 1);
    places[leaf] = [left, i];
    places[i + 1] = [right, i];
  }
  const sets: number[][] = [];
  const decision: number[] = [];
  const threshold: number[] = [];
  for (let i = 0; i < splits; i++) {
    if (random() < 0.3) {
      decision.push(pick([1, 9]));
      threshold.push(sets.push(Array.from({ length: 1 + Math.floor(random() * 3) }, () => Math.floor(random() * 2 ** 32))) - 1);
    } else {
      decision.push(pick([0, 2, 4, 6, 8, 10]));
      threshold.push(random() < 0.5 ? pick(THRESHOLDS) : random() * 4 - 2);
    }
  }
  const groups = Array.from({ length: leaves }, () => Array.from({ length: Math.floor(random() * 3) }, () => Math.floor(random() * features)));
  return {
    left,
    right,
    decision,
    threshold,
    sets,
    feature: left.map(() => Math.floor(random() * features)),
    leaves: Array.from({ length: leaves }, () => random() - 0.5),
    ...(linear
      ? { linear: { constants: groups.map(() => random()), features: groups, coefficients: groups.map((group) => group.map(() => random() - 0.5)) } }
      : {}),
  };
}

function randomModel(seed: number, options: Partial<TextModel> & { readonly linear?: boolean } = {}): TextModel {
  const random = randomness(seed);
  const perIteration = options.perIteration ?? 1;
  const trees = Array.from({ length: perIteration * 6 }, () => randomTree(random, 4, 1 + Math.floor(random() * 12), options.linear === true && random() < 0.8));
  return { features: 4, perIteration, trees, ...options };
}

function randomRows(seed: number, features: number, rows: number, finite = false): Float32Array {
  const random = randomness(seed);
  const values = finite ? VALUES.filter((value) => Math.abs(value) !== Infinity && !(Math.abs(value) > 1e38)) : VALUES;
  return Float32Array.from({ length: rows * features }, () => (random() < 0.5 ? values[Math.floor(random() * values.length)]! : random() * 4 - 2));
}

function reference(model: TextModel, rows: Float32Array): number[] {
  return Array.from({ length: rows.length / model.features }, (_, i) => rawScores(model, rows.subarray(i * model.features, (i + 1) * model.features))).flat();
}

async function runOnnx(model: ModelFile, rows: Float32Array, features: number): Promise<Record<string, ArrayLike<number>>> {
  const session = await InferenceSession.create(model.toOnnx());
  const answer = await session.run({ input: new Tensor("float32", rows, [rows.length / features, features]) });
  return Object.fromEntries(Object.entries(answer).map(([name, { data }]) => [name, data as Float64Array]));
}

describe.each(Array.from({ length: 12 }, (_, seed) => seed))("random trees, seed %i", (seed) => {
  const model = randomModel(seed, { perIteration: seed % 3 === 2 ? 3 : 1 });
  const rows = randomRows(seed + 100, model.features, 400);
  const expected = reference(model, rows);

  test("sums are LightGBM's doubles", () => {
    expect(evaluate(programOf(read(model)), rows).get("prediction")!.values).toEqual(expected);
  });

  test("ONNX Runtime answers the same to the export", async () => {
    expectClose((await runOnnx(read(model), rows, model.features))["prediction"]!, expected, 1e-12);
  });
});

test.each([0, 1, 2])("linear trees, seed %i", (seed) => {
  const model = randomModel(seed, { linear: true, perIteration: 1 + (seed % 2) });
  const rows = randomRows(seed + 200, model.features, 300, true);
  const file = read(model);
  // Coefficients are added before they are multiplied: equal up to rounding.
  expectClose(evaluate(programOf(file), rows).get("prediction")!.values, reference(model, rows), 1e-9);
  expect(() => file.toOnnx()).toThrow(/linear functions/);
});

/** The conversions of LightGBM's objectives, from their documentation. */
const OBJECTIVES: readonly [string | undefined, number, (raw: readonly number[]) => number[]][] = [
  [undefined, 1, (raw) => [...raw]],
  ["none", 1, (raw) => [...raw]],
  ["custom", 1, (raw) => [...raw]],
  ["regression", 1, (raw) => [...raw]],
  ["regression sqrt", 1, ([x]) => [Math.sign(x!) * x! * x!]],
  ["regression_l1", 1, (raw) => [...raw]],
  ["huber", 1, (raw) => [...raw]],
  ["fair", 1, (raw) => [...raw]],
  ["quantile alpha:0.7", 1, (raw) => [...raw]],
  ["mape", 1, (raw) => [...raw]],
  ["poisson", 1, ([x]) => [Math.exp(x!)]],
  ["gamma", 1, ([x]) => [Math.exp(x!)]],
  ["tweedie tweedie_variance_power:1.5", 1, ([x]) => [Math.exp(x!)]],
  ["binary sigmoid:1", 1, ([x]) => [1 / (1 + Math.exp(-x!))]],
  ["binary sigmoid:0.7", 1, ([x]) => [1 / (1 + Math.exp(-0.7 * x!))]],
  ["cross_entropy", 1, ([x]) => [1 / (1 + Math.exp(-x!))]],
  ["cross_entropy_lambda", 1, ([x]) => [Math.log1p(Math.exp(x!))]],
  ["lambdarank", 1, (raw) => [...raw]],
  ["rank_xendcg", 1, (raw) => [...raw]],
  ["multiclassova num_class:3 sigmoid:2", 3, (raw) => raw.map((x) => 1 / (1 + Math.exp(-2 * x)))],
  [
    "multiclass num_class:3",
    3,
    (raw) => {
      const powers = raw.map((x) => Math.exp(x - Math.max(...raw)));
      return powers.map((x) => x / powers.reduce((sum, y) => sum + y));
    },
  ],
];

test.each(OBJECTIVES)("the objective %s", async (objective, perIteration, convert) => {
  for (const average of [false, true]) {
    const model = randomModel(77, { perIteration, average, ...(objective === undefined ? {} : { objective }) });
    const rows = randomRows(78, model.features, 60);
    const raw = reference(model, rows);
    const iterations = model.trees.length / perIteration;
    const expected: number[] = [];
    for (let i = 0; i < raw.length; i += perIteration) {
      const margins = raw.slice(i, i + perIteration);
      expected.push(...convert(average ? margins.map((x) => x / iterations) : margins));
    }
    const file = read(model);
    const outputs = evaluate(programOf(file), rows);
    expectClose(outputs.get("prediction")!.values, expected, 1e-14);
    const onnx = await runOnnx(file, rows, model.features);
    expectClose(onnx["prediction"]!, expected);
    expect(Object.keys(onnx).sort()).toEqual([...outputs.keys()].sort());
    if (outputs.has("raw")) expect(outputs.get("raw")!.values).toEqual(raw);
    if (onnx["raw"] !== undefined) expectClose(onnx["raw"], raw, 1e-12);
  }
});

/** A tree of the reference models that XGBoost trained, as LightGBM would write it. */
function converted(tree: Record<string, number[]>): TextTree {
  const { left_children: left, right_children: right, split_conditions: conditions, split_indices: features, default_left: defaults } = tree;
  const splits: number[] = [];
  const leaves: number[] = [];
  // Pruned nodes stay in XGBoost's arrays.
  for (const open = [0]; open.length > 0; ) {
    const id = open.shift()!;
    (left![id]! < 0 ? leaves : splits).push(id);
    if (left![id]! >= 0) open.push(left![id]!, right![id]!);
  }
  const number = (id: number): number => (left![id]! < 0 ? ~leaves.indexOf(id) : splits.indexOf(id));
  // Of float32 values, x < t are those up to the number before t.
  const before = (value: number): number => {
    const bits = new Int32Array(Float32Array.of(value).buffer);
    bits[0] = value > 0 ? bits[0]! - 1 : value < 0 ? bits[0]! + 1 : 0x80000001 | 0;
    return new Float32Array(bits.buffer)[0]!;
  };
  return {
    left: splits.map((id) => number(left![id]!)),
    right: splits.map((id) => number(right![id]!)),
    feature: splits.map((id) => features![id]!),
    threshold: splits.map((id) => before(Math.fround(conditions![id]!))),
    decision: splits.map((id) => 8 + 2 * defaults![id]!),
    leaves: leaves.map((id) => Math.fround(conditions![id]!)),
  };
}

test.each(["reg-squarederror", "parallel", "pruned", "targets"])("XGBoost's trees in LightGBM's format, %s", async (name) => {
  const folder = join(import.meta.dirname, "../reference/xgboost");
  const { cases } = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as { cases: { name: string; features: number; marginWidth: number; margin: number[] }[] };
  const { features, marginWidth, margin } = cases.find((item) => item.name === name)!;
  const { model } = (JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as { learner: { gradient_booster: { model: { trees: Record<string, number[]>[]; tree_info: number[] } } } }).learner.gradient_booster;
  // XGBoost may have several trees of one output in a row; LightGBM goes round the outputs.
  const groups = Array.from({ length: marginWidth }, (_, k) => model.trees.filter((_, i) => model.tree_info[i] === k).map(converted));
  const trees = groups[0]!.flatMap((_, i) => groups.map((group) => group[i]!));
  const bytes = readFileSync(join(folder, `${name}.f32`));
  const all = new Float32Array(new Uint8Array(bytes).buffer);
  // LightGBM takes tiny values for 0, XGBoost does not: such rows are left out.
  const tiny = (x: number): boolean => x !== 0 && Math.abs(x) <= Math.fround(1e-35);
  const picked = Array.from({ length: all.length / features }, (_, i) => i).filter((i) => !all.subarray(i * features, (i + 1) * features).some(tiny));
  const rows = Float32Array.from(picked.flatMap((i) => Array.from(all.subarray(i * features, (i + 1) * features))));
  const margins = new Float32Array(Uint32Array.from(margin).buffer);
  const file = read({ features, perIteration: marginWidth, trees });
  const expected = picked.flatMap((i) => Array.from(margins.subarray(i * marginWidth, (i + 1) * marginWidth), (x) => x - 0.5));
  expectClose(evaluate(programOf(file), rows).get("prediction")!.values, expected);
  expectClose((await runOnnx(file, rows, features))["prediction"]!, expected);
});

describe("the file", () => {
  const model = randomModel(5);

  test.each(["v2", "v3", "v4"])("version %s, Windows line ends too", (version) => {
    const plain = writeText(model, version);
    const windows = readLightgbm(text.encode(plain.replaceAll("\n", "\r\n")));
    expect(windows.compiled).toEqual(readLightgbm(text.encode(plain)).compiled);
  });

  test("without tree_sizes, without decision_type and with a missing leaf_value of a stump", () => {
    const bare = writeText({ features: 1, perIteration: 1, trees: [{ left: [-1], right: [-2], feature: [0], threshold: [0.5], decision: [0], leaves: [1, 2] }] })
      .replace(/tree_sizes=.*\n/, "")
      .replace(/decision_type=.*\n/, "");
    expect(evaluate(programOf(readLightgbm(text.encode(bare))), Float32Array.of(0, 1, NaN)).get("prediction")!.values).toEqual([1, 2, 1]);
  });

  test("names and parameters", () => {
    const file = read({ ...model, objective: "binary sigmoid:1" });
    expect(file.format).toBe("lightgbm");
    expect(file.featureNames).toEqual(["Column_0", "Column_1", "Column_2", "Column_3"]);
    expect(file.metadata.get("objective")).toBe("binary sigmoid:1");
    expect(file.metadata.get("boosting")).toBe("gbdt");
    expect(file.metadata.get("learning_rate")).toBe("0.1");
    expect(file.metadata.get("feature_infos")).toBe("[-1:1] [-1:1] [-1:1] [-1:1]");
    expect(file.metadata.get("pandas_categorical")).toBe('[["a", "b"]]');
  });

  test("no trees", async () => {
    const file = read({ features: 2, perIteration: 1, trees: [] });
    expect(evaluate(programOf(file), new Float32Array(4)).get("prediction")!.values).toEqual([0, 0]);
    expect(Array.from((await runOnnx(file, new Float32Array(4), 2))["prediction"]!)).toEqual([0, 0]);
  });
});
