// The models of the score suite, made from a seed: every process makes the same ones.
import { GraphBuilder } from "../../dist/onnx/builder.js";
import { writeModel } from "../../dist/onnx/model.js";
import { DataType } from "../../dist/onnx/schema.js";
import { randomNumbers } from "./random.mjs";

export const FEATURES = 20;
const OPSETS = { name: "bench", opset: 17, mlOpset: 3 };

/** Normally distributed (Box and Muller), as float32. */
function normals(seed) {
  const random = randomNumbers(seed);
  return () => Math.fround(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

/** Row-major matrix of standard normal features. */
export function makeMatrix(rows, features = FEATURES, seed = 7) {
  const next = normals(seed);
  return Float32Array.from({ length: rows * features }, next);
}

/** Complete trees: node i of a tree has the children 2 i + 1 and 2 i + 2. */
export function makeTrees({ trees = 100, depth = 6, features = FEATURES, seed = 1 } = {}) {
  const random = randomNumbers(seed);
  const normal = normals(seed + 1);
  const inner = 2 ** depth - 1;
  const nodes = 2 * inner + 1;
  return Array.from({ length: trees }, () => ({
    inner,
    nodes,
    feature: Int32Array.from({ length: nodes }, (_, i) => (i < inner ? Math.floor(random() * features) : 0)),
    // A threshold of an inner node, the value of a leaf.
    value: Float32Array.from({ length: nodes }, (_, i) => (i < inner ? normal() : normal() * 0.1)),
  }));
}

/** The trees as a TreeEnsembleRegressor of [N, features] -> [N, 1]. */
export function treesOnnx(trees, features = FEATURES) {
  const builder = new GraphBuilder(OPSETS);
  const input = builder.unique("input");
  builder.input(input, DataType.FLOAT, ["N", features]);
  const ids = { tree: [], node: [], feature: [], mode: [], value: [], yes: [], no: [] };
  const leaves = { tree: [], node: [], target: [], weight: [] };
  trees.forEach(({ inner, nodes, feature, value }, t) => {
    for (let i = 0; i < nodes; i++) {
      const leaf = i >= inner;
      ids.tree.push(BigInt(t));
      ids.node.push(BigInt(i));
      ids.feature.push(BigInt(feature[i]));
      ids.mode.push(leaf ? "LEAF" : "BRANCH_LT");
      ids.value.push(leaf ? 0 : value[i]);
      ids.yes.push(leaf ? 0n : BigInt(2 * i + 1));
      ids.no.push(leaf ? 0n : BigInt(2 * i + 2));
      if (!leaf) continue;
      leaves.tree.push(BigInt(t));
      leaves.node.push(BigInt(i));
      leaves.target.push(0n);
      leaves.weight.push(value[i]);
    }
  });
  const attributes = {
    n_targets: 1n,
    nodes_treeids: ids.tree,
    nodes_nodeids: ids.node,
    nodes_featureids: ids.feature,
    nodes_modes: ids.mode,
    nodes_values: Float32Array.from(ids.value),
    nodes_truenodeids: ids.yes,
    nodes_falsenodeids: ids.no,
    target_treeids: leaves.tree,
    target_nodeids: leaves.node,
    target_ids: leaves.target,
    target_weights: Float32Array.from(leaves.weight),
  };
  builder.output(builder.node("TreeEnsembleRegressor", [input], attributes, "ai.onnx.ml"), DataType.FLOAT, ["N", 1]);
  return writeModel(builder.build(new Map(), "bench"));
}

/** The same trees as an XGBoost model, which compares by < too. */
export function treesXgboost(trees, features = FEATURES) {
  // XGBoost refuses an integer where it wants a real number: 0 must be spelled 0E0.
  const real = (value) => `real ${Number.isInteger(value) ? `${value}E0` : value}`;
  const tree = ({ inner, nodes, feature, value }, id) => {
    const each = (f) => Array.from({ length: nodes }, (_, i) => f(i));
    const reals = (f) => each((i) => real(f(i)));
    return {
      base_weights: reals((i) => (i < inner ? 0 : value[i])),
      categories: [],
      categories_nodes: [],
      categories_segments: [],
      categories_sizes: [],
      default_left: each(() => 0),
      id,
      left_children: each((i) => (i < inner ? 2 * i + 1 : -1)),
      loss_changes: reals(() => 0),
      parents: each((i) => (i === 0 ? 2147483647 : (i - 1) >> 1)),
      right_children: each((i) => (i < inner ? 2 * i + 2 : -1)),
      split_conditions: reals((i) => value[i]),
      split_indices: each((i) => feature[i]),
      split_type: each(() => 0),
      sum_hessian: reals(() => 1),
      tree_param: { num_deleted: "0", num_feature: String(features), num_nodes: String(nodes), size_leaf_vector: "0" },
    };
  };
  const model = {
    version: [1, 7, 4],
    learner: {
      attributes: {},
      feature_names: [],
      feature_types: [],
      gradient_booster: {
        name: "gbtree",
        model: {
          gbtree_model_param: { num_parallel_tree: "1", num_trees: String(trees.length), size_leaf_vector: "0" },
          tree_info: trees.map(() => 0),
          trees: trees.map(tree),
        },
      },
      learner_model_param: { base_score: "0E0", boost_from_average: "1", num_class: "0", num_feature: String(features), num_target: "1" },
      objective: { name: "reg:squarederror", reg_loss_param: { scale_pos_weight: "1" } },
    },
  };
  return JSON.stringify(model).replace(/"real ([^"]*)"/g, "$1");
}

function weights(seed, dims, scale) {
  const next = normals(seed);
  const count = dims.reduce((a, b) => a * b, 1);
  return { type: DataType.FLOAT, dims, values: Float32Array.from({ length: count }, () => next() * scale) };
}

/** Dense layers of 20, 64, 64 and 1 with relu between and a sigmoid at the end. */
export function networkOnnx() {
  const builder = new GraphBuilder(OPSETS);
  const input = builder.unique("input");
  builder.input(input, DataType.FLOAT, ["N", FEATURES]);
  const layer = (x, seed, from, to) =>
    builder.node("Gemm", [x, builder.constant(weights(seed, [from, to], 1 / Math.sqrt(from))), builder.constant(weights(seed + 1, [to], 0.1))]);
  const first = builder.node("Relu", [layer(input, 11, FEATURES, 64)]);
  const second = builder.node("Relu", [layer(first, 21, 64, 64)]);
  builder.output(builder.node("Sigmoid", [layer(second, 31, 64, 1)]), DataType.FLOAT, ["N", 1]);
  return writeModel(builder.build(new Map(), "bench"));
}

/** The 20 features as an image of 4 by 5, two convolutions, the mean of each channel, a dense layer. */
export function convolutionOnnx() {
  const builder = new GraphBuilder(OPSETS);
  const input = builder.unique("input");
  builder.input(input, DataType.FLOAT, ["N", FEATURES]);
  const shape = builder.constant({ type: DataType.INT64, dims: [4], values: BigInt64Array.of(-1n, 1n, 4n, 5n) });
  const convolve = (x, seed, from, to) =>
    builder.node("Relu", [
      builder.node("Conv", [x, builder.constant(weights(seed, [to, from, 3, 3], 1 / Math.sqrt(9 * from)))], { kernel_shape: [3n, 3n], pads: [1n, 1n, 1n, 1n] }),
    ]);
  const image = convolve(convolve(builder.node("Reshape", [input, shape]), 41, 1, 8), 51, 8, 16);
  const means = builder.node("Flatten", [builder.node("GlobalAveragePool", [image])]);
  builder.output(builder.node("Gemm", [means, builder.constant(weights(61, [16, 1], 0.3))]), DataType.FLOAT, ["N", 1]);
  return writeModel(builder.build(new Map(), "bench"));
}
