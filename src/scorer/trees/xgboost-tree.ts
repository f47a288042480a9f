import type { Leaf, Split, TreeSource } from "./forest.js";
import { invalid, unsupported, type Path, type Value } from "./value.js";

/** Categories are below 2^24, the last float32 with a neighbour 1 away (XGBoost's src/common/categorical.h). */
const MOST_CATEGORY = 1 << 24;
/** Words of category sets in one model: 64 MB. */
const MOST_SET_WORDS = 1 << 24;
const LEAF = -1;

/** What the trees of one model share. */
export interface XgboostTrees {
  readonly features: number;
  readonly outputs: number;
  /** Column of the rounded-down copy of a categorical feature; asking for one adds it. */
  floored(feature: number): number;
  /** Words of category sets so far. */
  setWords: number;
}

interface Categories {
  readonly single: number;
  readonly set: Uint32Array | undefined;
}

/**
 * A tree as XGBoost's RegTree (and MultiTargetTree, where leaves are vectors) reads it. A value below the condition goes
 * left; a category of the node's set goes right, every other one left; NaN goes where default_left says.
 */
export function xgboostTree(tree: Value, trees: XgboostTrees, output: number, weight: number): TreeSource {
  const { path } = tree;
  const parameters = tree.field("tree_param");
  const vector = parameters.optional("size_leaf_vector")?.count() ?? 0;
  const left = tree.field("left_children").integers();
  const size = left.length;
  if (size === 0) throw invalid([...path, "left_children"], "a tree without nodes");
  const claimed = parameters.field("num_nodes");
  if (claimed.count() !== size) throw invalid(claimed.path, "the tree has another number of nodes", { expected: String(size), actual: String(claimed.count()) });
  const right = tree.field("right_children").integers(size);
  const features = tree.field("split_indices");
  const splitFeatures = featureNumbers(features, size);
  const conditions = tree.field("split_conditions").floats(size);
  const defaultLeft = tree.field("default_left").integers(size);
  const leaf = vector > 1 ? vectorLeaves(tree, vector, right, trees) : scalarLeaves(conditions, output, weight);
  const categories = readCategories(tree, size, trees);
  const child = (list: Int32Array, key: string, id: number): number => {
    const next = list[id] as number;
    if (next < 0 || next >= size) throw invalid([...path, key, id], "no node of the tree", { expected: `0 to ${size - 1}`, actual: String(next) });
    return next;
  };
  return {
    size,
    root: 0,
    node(id): Split | Leaf {
      if (left[id] === LEAF) return leaf(id);
      const feature = splitFeatures[id] as number;
      if (!(feature >= 0 && feature < trees.features)) {
        throw invalid([...features.path, id], "no feature of the model", { expected: `0 to ${trees.features - 1}`, actual: String(feature) });
      }
      const lower = child(left, "left_children", id);
      const other = child(right, "right_children", id);
      const missingLeft = defaultLeft[id] !== 0;
      const category = categories.get(id);
      if (category !== undefined) {
        const { single, set } = category;
        return { mode: set === undefined ? "eq" : "in", feature: trees.floored(feature), threshold: single, set, yes: other, no: lower, missingYes: !missingLeft };
      }
      const threshold = conditions[id] as number;
      if (Number.isNaN(threshold)) throw invalid([...path, "split_conditions", id], "a condition that is NaN");
      return { mode: "lt", feature, threshold, yes: lower, no: other, missingYes: missingLeft };
    },
    fail(id): never {
      const at = left.lastIndexOf(id);
      throw invalid(at >= 0 ? [...path, "left_children", at] : [...path, "right_children", Math.max(right.lastIndexOf(id), 0)], `node ${id} is reached twice`);
    },
  };
}

/** Features are unsigned; the marker of a deleted node is 2^32 - 1. */
function featureNumbers(features: Value, size: number): ArrayLike<number> {
  const { value } = features;
  if (Array.isArray(value) && value.length === size && value.every((item) => Number.isInteger(item))) return value as number[];
  if (value instanceof Float64Array && value.length === size) return value;
  return features.integers(size);
}

function scalarLeaves(conditions: Float32Array, output: number, weight: number): (id: number) => Leaf {
  const targets = [output];
  // DART multiplies the tree's value, in float32.
  return (id) => ({ targets, values: [weight === 1 ? (conditions[id] as number) : Math.fround((conditions[id] as number) * weight)] });
}

/**
 * Vector leaves: up to version 3.1 the node's base weights; later leaf_weights, where the place of a leaf's right child
 * holds its number among the leaves.
 */
function vectorLeaves(tree: Value, vector: number, right: Int32Array, { outputs }: XgboostTrees): (id: number) => Leaf {
  if (vector !== outputs) {
    throw invalid([...tree.path, "tree_param", "size_leaf_vector"], "leaves of another size than the model's outputs", { expected: String(outputs), actual: String(vector) });
  }
  const targets = Int32Array.from({ length: outputs }, (_, i) => i);
  const compact = tree.optional("leaf_weights");
  const weights = compact === undefined ? tree.field("base_weights").floats(right.length * outputs) : compact.floats();
  return (id) => {
    const place = compact === undefined ? id : (right[id] as number);
    if (place < 0 || (place + 1) * outputs > weights.length) {
      throw invalid([...tree.path, "right_children", id], "no leaf of the tree", { expected: `0 to ${Math.floor(weights.length / outputs) - 1}`, actual: String(place) });
    }
    return { targets, values: weights.subarray(place * outputs, (place + 1) * outputs) };
  };
}

function readCategories(tree: Value, size: number, trees: XgboostTrees): ReadonlyMap<number, Categories> {
  const out = new Map<number, Categories>();
  const types = tree.optional("split_type")?.integers(size);
  if (types === undefined || !types.some((type) => type !== 0)) return out;
  const nodes = tree.field("categories_nodes").integers();
  const starts = tree.field("categories_segments").integers(nodes.length);
  const sizes = tree.field("categories_sizes").integers(nodes.length);
  const all = tree.field("categories").integers();
  for (const [i, node] of nodes.entries()) {
    const nodePath: Path = [...tree.path, "categories_nodes", i];
    if (node < 0 || node >= size || types[node] === 0) throw invalid(nodePath, "no categorical node of the tree", { actual: String(node) });
    if (out.has(node)) throw invalid(nodePath, `categories of node ${node} again`);
    const start = starts[i] as number;
    const count = sizes[i] as number;
    if (start < 0 || count < 0 || start + count > all.length) {
      throw invalid([...tree.path, "categories_segments", i], "outside of the categories", { expected: `within ${all.length}`, actual: `${count} from ${start}` });
    }
    const members = all.subarray(start, start + count);
    let greatest = 0;
    for (const [at, category] of members.entries()) {
      if (category < 0 || category >= MOST_CATEGORY) {
        throw invalid([...tree.path, "categories", start + at], "no category", { expected: `0 to ${MOST_CATEGORY - 1}`, actual: String(category) });
      }
      greatest = Math.max(greatest, category);
    }
    if (count === 1) {
      out.set(node, { single: greatest, set: undefined });
      continue;
    }
    const set = new Uint32Array(count === 0 ? 0 : (greatest >> 5) + 1);
    trees.setWords += set.length;
    if (trees.setWords > MOST_SET_WORDS) throw unsupported(nodePath, "category sets of more than 64 MB");
    for (const category of members) set[category >> 5] = (set[category >> 5] as number) | (1 << (category & 31));
    out.set(node, { single: 0, set });
  }
  const bare = types.findIndex((type, node) => type !== 0 && !out.has(node));
  if (bare >= 0) throw invalid([...tree.path, "split_type", bare], "a categorical node without categories");
  return out;
}
