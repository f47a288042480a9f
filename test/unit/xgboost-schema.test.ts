import { describe, expect, test } from "vitest";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ModelFile } from "../../src/scorer/backend.js";
import { readXgboost } from "../../src/scorer/trees/index.js";
import { evaluate } from "./naive-program.js";
import { programOf } from "./tree-models.js";

/**
 * What the XGBoost that makes the references (1.7) cannot write: vector leaves (2.0, and as 3.2 writes them), base scores
 * as lists (3.1), files of 1.0. Written by hand after the published schema; the expected values are computed here.
 */

const text = new TextEncoder();
type Json = Record<string, unknown>;

interface Learner {
  readonly objective?: string;
  readonly parameters?: Json;
  readonly trees?: readonly Json[];
  readonly info?: readonly number[];
  readonly rest?: Json;
}

function modelOf({ objective = "reg:squarederror", parameters = {}, trees = [], info = trees.map(() => 0), rest = {} }: Learner): Json {
  return {
    learner: {
      attributes: {},
      feature_names: [],
      feature_types: [],
      gradient_booster: { model: { gbtree_model_param: { num_parallel_tree: "1", num_trees: String(trees.length) }, tree_info: info, trees }, name: "gbtree" },
      learner_model_param: { base_score: "5E-1", boost_from_average: "1", num_class: "0", num_feature: "2", num_target: "1", ...parameters },
      objective: { name: objective },
      ...rest,
    },
    version: [3, 2, 0],
  };
}

const read = (model: Json): ModelFile => readXgboost(text.encode(JSON.stringify(model)));

const answer = (file: ModelFile, rows: readonly number[], name = "prediction"): number[] => evaluate(programOf(file), Float32Array.from(rows)).get(name)!.values;

async function runOnnx(file: ModelFile, rows: readonly number[]): Promise<number[]> {
  const session = await InferenceSession.create(file.toOnnx());
  const out = await session.run({ input: new Tensor("float32", Float32Array.from(rows), [rows.length / 2, 2]) });
  return Array.from(out["prediction"]!.data as Float32Array);
}

/** x0 < 1 (NaN left) ? [1, 2, 3] : (x1 < 2 (NaN right) ? [10, 20, 30] : [100, 200, 300]) */
const vectorTree = {
  id: 0,
  base_weights: [0, 0, 0, 1, 2, 3, 9, 9, 9, 10, 20, 30, 100, 200, 300],
  left_children: [1, -1, 3, -1, -1],
  right_children: [2, -1, 4, -1, -1],
  parents: [2147483647, 0, 0, 2, 2],
  split_conditions: [1, 0, 2, 0, 0],
  split_indices: [0, 0, 1, 0, 0],
  default_left: [1, 0, 0, 0, 0],
  tree_param: { num_deleted: "0", num_feature: "2", num_nodes: "5", size_leaf_vector: "3" },
};
/** The same with weights of leaves alone; their numbers stand where their right children would. */
const compactTree = { ...vectorTree, base_weights: [0, 0, 9, 0, 0], leaf_weights: [100, 200, 300, 1, 2, 3, 10, 20, 30], right_children: [2, 1, 4, 2, 0] };
const rows = [0, 0, NaN, NaN, 1, 1, 1, 2, 1, NaN, Infinity, -Infinity];
const expected = [[1, 2, 3], [1, 2, 3], [10, 20, 30], [100, 200, 300], [100, 200, 300], [10, 20, 30]];

describe.each([
  ["2.0", vectorTree],
  ["3.2", compactTree],
])("vector leaves as %s writes them", (_, tree) => {
  const file = read(modelOf({ parameters: { num_target: "3", base_score: "[5E-1,1E0,-2E0]" }, trees: [tree, tree] }));
  const sums = expected.flatMap(([a, b, c]) => [0.5 + 2 * a!, 1 + 2 * b!, -2 + 2 * c!]);

  test("compiled", () => {
    expect(answer(file, rows)).toEqual(sums);
  });
  test("exported", async () => {
    expect(await runOnnx(file, rows)).toEqual(sums);
  });
});

const tree = { ...vectorTree, base_weights: [0, 0, 0, 0, 0], split_conditions: [1, 0.25, 2, -0.5, 4], tree_param: { num_nodes: "5", num_feature: "2" } };
const leaves = [0.25, 0.25, -0.5, 4, 4, -0.5];

test("version 1.0: booleans, no categories, no num_target", () => {
  const old = { ...tree, default_left: [true, false, false, false, false] };
  const model = modelOf({ trees: [old] });
  delete ((model["learner"] as Json)["learner_model_param"] as Json)["num_target"];
  expect(answer(read(model), rows)).toEqual(leaves.map((x) => x + 0.5));
});

test.each<[string, unknown, string, (margin: number) => number]>([
  ["reg:squarederror", "[2.5E-1]", "prediction", (x) => 0.25 + x],
  ["reg:squarederror", [0.25], "prediction", (x) => 0.25 + x],
  ["reg:squarederror", 0.25, "prediction", (x) => 0.25 + x],
  ["reg:squarederror", "-7", "prediction", (x) => -7 + x],
  ["binary:logistic", "0.25", "raw", (x) => Math.log(0.25 / 0.75) + x],
  ["binary:logistic", "1E-9", "raw", (x) => Math.log(1e-6 / (1 - 1e-6)) + x],
  ["binary:logistic", "[1]", "raw", (x) => -Math.log(1e-6 / (1 - 1e-6)) + x],
  ["count:poisson", "3E0", "raw", (x) => Math.log(3) + x],
  ["reg:gamma", "3E0", "prediction", (x) => 3 * Math.exp(x)],
  ["reg:quantileerror", "1", "prediction", (x) => 1 + x],
  ["binary:hinge", "0", "prediction", (x) => Number(x > 0)],
])("%s with the base score %s", (objective, base_score, output, formula) => {
  const values = answer(read(modelOf({ objective, parameters: { base_score }, trees: [tree] })), rows, output);
  // The clamped scores are rounded to float32 near 1: 6e-8 of 1e-6.
  for (const [i, value] of values.entries()) expect(Math.abs(value / formula(leaves[i]!) - 1 || 0)).toBeLessThan(objective === "binary:logistic" ? 1e-2 : 1e-6);
});

test("infinite conditions and leaves; a base score of 0 under a logarithm", async () => {
  const model = JSON.stringify(modelOf({ trees: [{ ...tree, split_conditions: ["+", "-", 2, -0.5, 4] }] })).replace('"+"', "Infinity").replace('"-"', "-Infinity");
  const file = readXgboost(text.encode(model));
  expect(answer(file, [1, 1, Infinity, 1])).toEqual([-Infinity, 0]);
  expect(await runOnnx(file, [1, 1, Infinity, 1])).toEqual([-Infinity, 0]);
  const poisson = read(modelOf({ objective: "count:poisson", parameters: { base_score: "0" }, trees: [tree] }));
  expect(answer(poisson, rows)).toEqual(leaves.map(() => 0));
});

test("names of numbers in strings stay as they are", () => {
  const model = modelOf({ trees: [tree], rest: { feature_names: ["NaN", 'a "Infinity" \\ NaN'], feature_types: ["float", "q"], attributes: { best_iteration: "3", note: "NaN [ {" } } });
  const file = readXgboost(text.encode(JSON.stringify(model).replace('"split_conditions":[1,', '"loss_changes":[NaN,-Infinity],"split_conditions":[1,')));
  expect(file.featureNames).toEqual(["NaN", 'a "Infinity" \\ NaN']);
  expect(Object.fromEntries(file.metadata)).toEqual({ best_iteration: "3", note: "NaN [ {", feature_types: '["float","q"]' });
});

test("10 MB of trees are read within seconds", () => {
  // A full tree of depth 9, numbers as long as XGBoost writes them.
  const size = 1023;
  const inner = (i: number): boolean => i < 511;
  const ids = Array.from({ length: size }, (_, i) => i);
  const big = {
    base_weights: ids.map(() => -0.12345678),
    loss_changes: ids.map(() => 12.345678),
    sum_hessian: ids.map(() => 123.45678),
    parents: ids.map((i) => (i === 0 ? 2147483647 : (i - 1) >> 1)),
    left_children: ids.map((i) => (inner(i) ? 2 * i + 1 : -1)),
    right_children: ids.map((i) => (inner(i) ? 2 * i + 2 : -1)),
    split_indices: ids.map((i) => i % 2),
    split_conditions: ids.map((i) => (i - 500) / 777),
    default_left: ids.map((i) => i % 2),
    tree_param: { num_nodes: String(size) },
  };
  const bytes = text.encode(JSON.stringify(modelOf({ trees: new Array(160).fill(big) })));
  expect(bytes.length).toBeGreaterThan(10e6);
  const start = performance.now();
  const file = readXgboost(bytes);
  expect(performance.now() - start).toBeLessThan(8000);
  expect(answer(file, [0, 0])).toHaveLength(1);
});
