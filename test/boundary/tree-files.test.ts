import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ModelError, OnnxError, formatPath } from "../../src/errors.js";
import type { ModelFile } from "../../src/scorer/backend.js";
import { readLightgbm, readXgboost } from "../../src/scorer/trees/index.js";
import { writeText } from "../unit/lightgbm-reference.js";
import { evaluate } from "../unit/naive-program.js";
import { programOf } from "../unit/tree-models.js";
import { SLOWDOWN, errorOf } from "./support.js";

/** Tree models that are truncated, contradict themselves or claim too much: an error with a code and a path, soon. */

const FOLDER = join(import.meta.dirname, "../reference/xgboost");
const text = new TextEncoder();
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, name)));
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Model = any;

function within<T>(milliseconds: number, body: () => T): T {
  const start = performance.now();
  try {
    return body();
  } finally {
    expect(performance.now() - start).toBeLessThan(milliseconds * SLOWDOWN);
  }
}

function expectInvalid(body: () => unknown, path?: string, code = "INVALID_MODEL"): ModelError {
  const error = within(2000, () => errorOf(body));
  expect(error).toBeInstanceOf(ModelError);
  expect(error.code, error.message).toBe(code);
  if (path !== undefined) expect(formatPath(error.path ?? []), error.message).toBe(path);
  return error as ModelError;
}

/** The model of a case with a change made to it. */
function changed(name: string, change: (model: Model) => void): () => ModelFile {
  const model = JSON.parse(new TextDecoder().decode(bytes(`${name}.json`)).replaceAll("NaN", "0")) as Model;
  change(model);
  return () => readXgboost(text.encode(JSON.stringify(model)));
}

const TREES = "learner.gradient_booster.model.trees";

describe("XGBoost", () => {
  test.each<[string, string, (model: Model) => void, string]>([
    ["a child out of range", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[3].left_children[0] = 1e6), `${TREES}[3].left_children[0]`],
    ["a negative child", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[3].right_children[0] = -7), `${TREES}[3].right_children[0]`],
    ["a loop", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[3].left_children[0] = 0), `${TREES}[3].left_children[0]`],
    ["two parents", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[2].right_children[0] = learner.gradient_booster.model.trees[2].left_children[0]), `${TREES}[2].left_children[0]`],
    ["a fractional child", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[1].left_children[0] = 1.5), `${TREES}[1].left_children[0]`],
    ["text for a child", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[1].left_children[0] = "1"), `${TREES}[1].left_children[0]`],
    ["a short array", "pruned", ({ learner }) => learner.gradient_booster.model.trees[1].right_children.pop(), `${TREES}[1].right_children`],
    ["a long array", "pruned", ({ learner }) => learner.gradient_booster.model.trees[1].split_conditions.push(0), `${TREES}[1].split_conditions`],
    ["no array", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[1].default_left = 5), `${TREES}[1].default_left`],
    ["no tree", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[1] = null), `${TREES}[1]`],
    ["an empty tree", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[1].left_children = []), `${TREES}[1].left_children`],
    ["a feature out of range", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[0].split_indices[0] = 4), `${TREES}[0].split_indices[0]`],
    ["a condition that is NaN", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[0].split_conditions[0] = "N"), `${TREES}[0].split_conditions[0]`],
    ["claimed nodes", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[0].tree_param.num_nodes = "1000000000"), `${TREES}[0].tree_param.num_nodes`],
    ["claimed trees", "pruned", ({ learner }) => (learner.gradient_booster.model.gbtree_model_param.num_trees = "1000000000"), "learner.gradient_booster.model.gbtree_model_param.num_trees"],
    ["a negative count", "pruned", ({ learner }) => (learner.gradient_booster.model.gbtree_model_param.num_trees = "-4"), "learner.gradient_booster.model.gbtree_model_param.num_trees"],
    ["an output out of range", "pruned", ({ learner }) => (learner.gradient_booster.model.tree_info[2] = 1), "learner.gradient_booster.model.tree_info[2]"],
    ["no outputs for some trees", "pruned", ({ learner }) => learner.gradient_booster.model.tree_info.pop(), "learner.gradient_booster.model.tree_info"],
    ["vector leaves of another size", "pruned", ({ learner }) => (learner.gradient_booster.model.trees[0].tree_param.size_leaf_vector = "900000000"), `${TREES}[0].tree_param.size_leaf_vector`],
    ["no features", "pruned", ({ learner }) => (learner.learner_model_param.num_feature = "0"), "learner.learner_model_param"],
    ["a base score that is no number", "pruned", ({ learner }) => (learner.learner_model_param.base_score = "[5E-1,x]"), "learner.learner_model_param.base_score"],
    ["too many base scores", "pruned", ({ learner }) => (learner.learner_model_param.base_score = "[1,2]"), "learner.learner_model_param.base_score"],
    ["a probability above 1", "binary-logistic", ({ learner }) => (learner.learner_model_param.base_score = "1.5"), "learner.learner_model_param.base_score"],
    ["names of another number", "dart", ({ learner }) => learner.feature_names.pop(), "learner.feature_names"],
    ["an attribute that is no text", "dart", ({ learner }) => (learner.attributes = { a: 1 }), "learner.attributes.a"],
    ["too few weights of DART", "dart", ({ learner }) => learner.gradient_booster.weight_drop.pop(), "learner.gradient_booster.weight_drop"],
    ["too few weights", "gblinear", ({ learner }) => learner.gradient_booster.model.weights.pop(), "learner.gradient_booster.model.weights"],
    ["no learner", "dart", (model) => delete model.learner, "learner"],
    ["no booster", "dart", ({ learner }) => delete learner.gradient_booster, "learner.gradient_booster"],
    ["a category out of range", "categories-partition", ({ learner }) => (learner.gradient_booster.model.trees[0].categories[3] = 1 << 24), `${TREES}[0].categories[3]`],
    ["a negative category", "categories-partition", ({ learner }) => (learner.gradient_booster.model.trees[0].categories[3] = -1), `${TREES}[0].categories[3]`],
    ["a segment out of range", "categories-partition", ({ learner }) => (learner.gradient_booster.model.trees[0].categories_sizes[0] = 1e6), `${TREES}[0].categories_segments[0]`],
    ["categories of no node", "categories-partition", ({ learner }) => (learner.gradient_booster.model.trees[0].categories_nodes[0] = 9999), `${TREES}[0].categories_nodes[0]`],
    ["no categories for a node", "categories-partition", ({ learner }) => { for (const key of ["nodes", "segments", "sizes"]) learner.gradient_booster.model.trees[0][`categories_${key}`] = []; }, `${TREES}[0].split_type[0]`],
  ])("%s", (_, name, change, path) => {
    expectInvalid(changed(name, change), path);
  });

  test.each<[string, string, (model: Model) => void, string]>([
    ["an objective nobody knows", "pruned", ({ learner }) => (learner.objective.name = "reg:mine"), "learner.objective.name"],
    ["a booster nobody knows", "pruned", ({ learner }) => (learner.gradient_booster.name = "gbforest"), "learner.gradient_booster.name"],
    ["1e9 classes", "multi-softprob", ({ learner }) => (learner.learner_model_param.num_class = "1000000000"), "learner.learner_model_param"],
    ["1e9 features", "pruned", ({ learner }) => (learner.learner_model_param.num_feature = "1000000000"), "learner.learner_model_param"],
  ])("%s", (_, name, change, path) => {
    expectInvalid(changed(name, change), path, "UNSUPPORTED_MODEL");
  });

  test("category sets that together claim gigabytes", () => {
    const many = Array.from({ length: 200 }, (_, i) => [i, 16777215]);
    const read = changed("categories-partition", ({ learner }) => {
      const { model } = learner.gradient_booster;
      const splits = many.length;
      model.trees = [
        {
          tree_param: { num_nodes: String(2 * splits + 1) },
          left_children: Array.from({ length: 2 * splits + 1 }, (_, i) => (i < splits ? splits + i : -1)),
          right_children: Array.from({ length: 2 * splits + 1 }, (_, i) => (i < splits - 1 ? i + 1 : i === splits - 1 ? 2 * splits : -1)),
          split_indices: new Array(2 * splits + 1).fill(2),
          split_conditions: new Array(2 * splits + 1).fill(0),
          default_left: new Array(2 * splits + 1).fill(0),
          split_type: Array.from({ length: 2 * splits + 1 }, (_, i) => Number(i < splits)),
          categories: many.flat(),
          categories_nodes: many.map((_, i) => i),
          categories_segments: many.map((_, i) => 2 * i),
          categories_sizes: many.map(() => 2),
        },
      ];
      model.tree_info = [0];
      model.gbtree_model_param.num_trees = "1";
    });
    expectInvalid(read, undefined, "UNSUPPORTED_MODEL");
  });

  test("no model at all", () => {
    for (const file of [new Uint8Array(0), text.encode("tree\nversion=v4\n"), text.encode("binf\0\0\0\0"), text.encode("[1]"), text.encode("null"), Uint8Array.of(0x7b), Uint8Array.of(0xff, 0xfe)]) expectInvalid(() => readXgboost(file));
  });

  test("deep nesting", () => {
    expectInvalid(() => readXgboost(text.encode(`{"learner":${"[".repeat(5e6)}`)));
    expectInvalid(() => readXgboost(text.encode(`{"learner":${'{"a":'.repeat(1e6)}`)));
    expectInvalid(() => readXgboost(text.encode(`{L\0\0\0\0\0\0\0\x07learner${"[".repeat(5e6)}`)));
    expectInvalid(() => readXgboost(text.encode(`{i\x01a${"{i\x01a".repeat(1e6)}`)));
  });

  test("megabytes of whitespace, of text without an end, of backslashes", () => {
    expectInvalid(() => readXgboost(text.encode(`{"learner":${" ".repeat(2e7)}`)));
    expectInvalid(() => readXgboost(text.encode(" ".repeat(2e7))));
    expectInvalid(() => readXgboost(text.encode(`{"${"a".repeat(2e7)}`)));
    expectInvalid(() => readXgboost(text.encode(`{"${"\\".repeat(2e7)}`)));
    expectInvalid(changed("pruned", ({ learner }) => (learner.learner_model_param.base_score = `[${" ".repeat(3e6)}`)), "learner.learner_model_param.base_score");
  });

  test("sizes that UBJSON claims", () => {
    const huge = (marker: string): Uint8Array => text.encode(`{L\0\0\0\0\0\0\0\x07learner${marker}`);
    const L = "L\0\0\0\0\x3b\x1a\x12\x34";
    for (const marker of [`[$d#${L}`, `[$L#${L}`, `[$U#${L}`, `[#${L}`, `[$T#${L}`, `[$Z#${L}`, `[$N#${L}`, `[$[#${L}`, `{#${L}`, `{$i#${L}`, `S${L}`, `[$d#i\x02`, "[$dd", "[#d\0\0\0\0", "S", "Si", "L\0", "x", "", "[", "{", "{i"]) {
      expectInvalid(() => readXgboost(huge(marker)));
    }
    // A negative size.
    const negative = huge("[$d#l....");
    negative.fill(0xff, negative.length - 4);
    expectInvalid(() => readXgboost(negative));
  });

  test("UBJSON no-ops, high-precision numbers and untyped containers are read", () => {
    const model = `{i\x07learnerN{i\x13learner_model_param{#i\x02i\x0bnum_featureSi\x012i\x0abase_scoreHi\x040.25Ni\x09objective{$S#i\x01i\x04namei\x10reg:squarederrori\x10gradient_booster{i\x04nameSi\x08gblineari\x05model{i\x07weights[N#i\x03d`;
    expectInvalid(() => readXgboost(text.encode(model)));
  });
});

/** A small LightGBM model with each kind of node. */
const TEXT = writeText({
  features: 3,
  perIteration: 1,
  objective: "binary sigmoid:1",
  trees: [
    { left: [1, -1], right: [-2, -3], feature: [0, 1], threshold: [0.5, 0], decision: [2, 1], leaves: [1, 2, 3], sets: [[5, 6]] },
    { left: [-1], right: [-2], feature: [2], threshold: [-0.5], decision: [6], leaves: [0.5, 0.25] },
  ],
});

describe("LightGBM", () => {
  const replaced = (from: string | RegExp, to: string) => (): ModelFile => {
    const file = TEXT.replace(from, to);
    expect(file).not.toBe(TEXT);
    return readLightgbm(text.encode(file));
  };

  test.each<[string, string | RegExp, string, string]>([
    ["a child out of range", "left_child=1 -1", "left_child=9 -1", "trees[0].left_child[0]"],
    ["a leaf out of range", "right_child=-2 -3", "right_child=-2 -9", "trees[0].right_child[1]"],
    ["a loop", "left_child=1 -1", "left_child=1 0", "trees[0].left_child"],
    ["a leaf twice", "right_child=-2 -3", "right_child=-2 -1", "trees[0].left_child"],
    ["a short array", "left_child=1 -1", "left_child=1", "trees[0].left_child"],
    ["a long array", "threshold=0.5 0", "threshold=0.5 0 1", "trees[0].threshold"],
    ["no number", "threshold=0.5 0", "threshold=0.5 zero", "trees[0].threshold[1]"],
    ["a hexadecimal number", "threshold=0.5 0", "threshold=0x5 0", "trees[0].threshold[0]"],
    ["a threshold that is NaN", "threshold=0.5 0", "threshold=nan 0", "trees[0].threshold[0]"],
    ["a set out of range", "threshold=0.5 0", "threshold=0.5 1", "trees[0].threshold[1]"],
    ["a fraction of a set", "threshold=0.5 0", "threshold=0.5 0.5", "trees[0].threshold[1]"],
    ["a feature out of range", "split_feature=0 1", "split_feature=0 3", "trees[0].split_feature[1]"],
    ["a decision type nobody knows", "decision_type=2 1", "decision_type=14 1", "trees[0].decision_type[0]"],
    ["claimed leaves", "num_leaves=3", "num_leaves=1000000000", "trees[0].leaf_value"],
    ["no leaves", "num_leaves=3", "num_leaves=0", "trees[0].num_leaves"],
    ["negative leaves", "num_leaves=3", "num_leaves=-3", "trees[0].num_leaves"],
    ["missing leaves", /leaf_value=1 2 3\n/, "", "trees[0].leaf_value"],
    ["claimed sets", "num_cat=1", "num_cat=1000000000", "trees[0].cat_boundaries"],
    ["boundaries that fall", "cat_boundaries=0 2", "cat_boundaries=2 2", "trees[0].threshold[1]"],
    ["a word of more than 32 bits", "cat_threshold=5 6", "cat_threshold=5 4294967296", "trees[0].cat_threshold[1]"],
    ["claimed trees", /tree_sizes=.*/, "tree_sizes=1 2 3", "tree_sizes"],
    ["trees of no iteration", "num_tree_per_iteration=1", "num_tree_per_iteration=3", "trees"],
    ["no outputs", "num_tree_per_iteration=1", "num_tree_per_iteration=0", "num_tree_per_iteration"],
    ["names of another number", "feature_names=Column_0 ", "feature_names=", "feature_names"],
    ["a sigmoid of 0", "sigmoid:1", "sigmoid:0", "objective"],
    ["no version", "version=v4\n", "", "version"],
    ["linear leaves without functions", /is_linear=0/, "is_linear=1", "trees[0].leaf_const"],
  ])("%s", (_, from, to, path) => {
    // Boundaries that fall leave an empty set, which is one: the next row of the table checks the rest.
    if (path === "trees[0].threshold[1]" && String(from).startsWith("cat_")) return void expectInvalid(replaced(from, "cat_boundaries=3 2"), "trees[0].cat_boundaries[1]");
    expectInvalid(replaced(from, to), path);
  });

  test.each([
    ["another version", "version=v4", "version=v9", "version"],
    ["an objective nobody knows", "objective=binary", "objective=mine", "objective"],
    ["1e9 features", "max_feature_idx=2", "max_feature_idx=999999999", "num_tree_per_iteration"],
  ])("%s", (_, from, to, path) => {
    expectInvalid(replaced(from, to), path, "UNSUPPORTED_MODEL");
  });

  test("no model at all", () => {
    for (const file of ["", "\n\n\n", "{}", "trees", "\0\0\0", "tree", "tree\n", "Tree=0\n"]) expectInvalid(() => readLightgbm(text.encode(file)));
    expectInvalid(() => readLightgbm(Uint8Array.of(0xff, 0xfe, 0)));
  });

  test("megabytes of whitespace, of lines, of digits", () => {
    expectInvalid(() => readLightgbm(text.encode(" ".repeat(2e7))));
    expectInvalid(() => readLightgbm(text.encode("\n".repeat(5e6))));
    expectInvalid(() => readLightgbm(text.encode(`tree\n${"a=\n".repeat(2e6)}`)));
    expectInvalid(replaced("threshold=0.5 0", `threshold=${"1".repeat(1e6)}x 0`), "trees[0].threshold[0]");
    within(2000, replaced("threshold=0.5 0", `threshold=0.5${" ".repeat(5e6)}0`));
  });
});

describe("files cut off or with bytes changed", () => {
  const files: [string, Uint8Array, (bytes: Uint8Array) => ModelFile][] = [
    ["JSON", bytes("categories-partition.json"), readXgboost],
    ["UBJSON", bytes("categories-partition.ubj"), readXgboost],
    ["UBJSON, DART", bytes("dart.ubj"), readXgboost],
    ["UBJSON, gblinear", bytes("gblinear.ubj"), readXgboost],
    ["LightGBM", text.encode(TEXT), readLightgbm],
  ];
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };

  function survives(read: (bytes: Uint8Array) => ModelFile, file: Uint8Array): boolean {
    let model: ModelFile;
    try {
      model = within(1000, () => read(file));
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      expect(["INVALID_MODEL", "UNSUPPORTED_MODEL"]).toContain(error.code);
      return false;
    }
    // What was read can be walked and written.
    const program = programOf(model);
    if (program.registers[program.inputs[0]!.register]!.width > 1000) return true;
    const { width } = program.registers[program.inputs[0]!.register]!;
    expect(evaluate(program, new Float32Array(width)).get("prediction")!.values.length).toBeGreaterThan(0);
    try {
      expect(model.toOnnx().length).toBeGreaterThan(0);
    } catch (error) {
      if (!(error instanceof OnnxError) || error.code !== "UNSUPPORTED_ONNX") throw error;
    }
    return true;
  }

  test.each(files)("%s, cut off", (name, file, read) => {
    for (let i = 0; i < 200 / SLOWDOWN; i++) {
      const size = random(name === "LightGBM" ? TEXT.indexOf("end of trees") - 40 : file.length);
      const survived = survives(read, file.slice(0, size));
      if (name !== "LightGBM") expect(survived).toBe(false);
    }
  });

  test.each(files)("%s, changed", (_, file, read) => {
    const changes = 400 / SLOWDOWN;
    let survivors = 0;
    for (let i = 0; i < changes; i++) {
      const copy = file.slice();
      for (let n = random(3); n >= 0; n--) copy[random(copy.length)] = random(4) === 0 ? random(256) : 32 + random(95);
      survivors += Number(survives(read, copy));
    }
    expect(survivors).toBeGreaterThan(0);
    expect(survivors).toBeLessThan(changes);
  });
});
