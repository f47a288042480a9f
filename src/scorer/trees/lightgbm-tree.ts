import type { Leaf, Split, TreeSource } from "./forest.js";
import type { Fields } from "./lightgbm-text.js";
import { invalid, type Path } from "./value.js";

/** Bits of decision_type (LightGBM's include/LightGBM/tree.h). */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
/** Its bits 2 and 3. */
const MISSING_ZERO = 1;
const MISSING_NAN = 2;

/** The functions in the leaves of a linear tree: constant + sum of coefficient x feature. */
export interface LinearLeaf {
  readonly constant: number;
  readonly features: readonly number[];
  readonly coefficients: readonly number[];
}

/** Node numbers: splits come first, then leaf i as `splits + i`. */
export interface LightgbmTree {
  readonly splits: number;
  split(id: number): Split;
  readonly leafValues: readonly number[];
  readonly linear: readonly LinearLeaf[] | undefined;
  fail(id: number): never;
}

/**
 * A tree as LightGBM's Tree::Decision walks it, over doubles; magnitudes up to 1e-35f are 0. A value up to the threshold goes left. NaN counts as 0 where
 * the node's missing type is none; where it is zero, NaN and 0 go to the default side; where it is NaN, NaN does. A category (truncated) of the node's set goes left, everything else right, NaN too.
 */
export function lightgbmTree(fields: Fields, features: number): LightgbmTree {
  const leaves = fields.count("num_leaves");
  const { path } = fields;
  if (leaves < 1) throw invalid([...path, "num_leaves"], "a tree without leaves");
  const leafValues = leaves === 1 && !fields.entries.has("leaf_value") ? [0] : fields.numbers("leaf_value", leaves);
  const splits = leaves - 1;
  return {
    splits,
    split: splits === 0 ? (id) => failAt(id) : splitReader(fields, splits, features),
    leafValues,
    linear: fields.count("is_linear", 0) > 0 ? readLinear(fields, leaves, features) : undefined,
    fail: failAt,
  };
  function failAt(id: number): never {
    throw invalid([...path, "left_child"], id < splits ? `node ${id} is reached twice` : `leaf ${id - splits} is reached twice`);
  }
}

/** The tree with its plain leaf values, all of one output. */
export function plainTree(tree: LightgbmTree, output: number): TreeSource {
  const { splits, leafValues } = tree;
  const targets = [output];
  return {
    size: splits + leafValues.length,
    root: 0,
    node: (id): Split | Leaf => (id < splits ? tree.split(id) : { targets, values: [leafValues[id - splits] as number] }),
    fail: (id) => tree.fail(id),
  };
}

function splitReader(fields: Fields, splits: number, features: number): (id: number) => Split {
  const { path } = fields;
  const left = fields.integers("left_child", splits);
  const right = fields.integers("right_child", splits);
  const feature = fields.integers("split_feature", splits);
  const threshold = fields.numbers("threshold", splits);
  const decision = fields.entries.has("decision_type") ? fields.integers("decision_type", splits) : new Array<number>(splits).fill(0);
  const sets = readSets(fields);
  const child = (list: readonly number[], key: string, id: number): number => {
    const next = list[id] as number;
    // Leaf i is ~i.
    if (next >= splits || ~next > splits) throw invalid([...path, key, id], "no node of the tree", { expected: `${~splits} to ${splits - 1}`, actual: String(next) });
    return next >= 0 ? next : splits + ~next;
  };
  return (id) => {
    const type = decision[id] as number;
    const column = feature[id] as number;
    const value = threshold[id] as number;
    if (!(column >= 0 && column < features)) throw invalid([...path, "split_feature", id], "no feature of the model", { expected: `0 to ${features - 1}`, actual: String(column) });
    const yes = child(left, "left_child", id);
    const no = child(right, "right_child", id);
    if ((type & CATEGORICAL) !== 0) {
      const set = sets[value];
      if (set === undefined) throw invalid([...path, "threshold", id], "no category set of the tree", { expected: `0 to ${sets.length - 1}`, actual: String(value) });
      return { mode: "in", feature: column, threshold: 0, set, yes, no, missingYes: false };
    }
    if (Number.isNaN(value)) throw invalid([...path, "threshold", id], "a threshold that is NaN");
    const missing = type >> 2;
    if (type < 0 || missing > MISSING_NAN) throw invalid([...path, "decision_type", id], "no decision type", { expected: "0 to 11", actual: String(type) });
    // NaN of missing type none is the value 0.
    const missingYes = missing === 0 ? 0 <= value : (type & DEFAULT_LEFT) !== 0;
    return { mode: "le", feature: column, threshold: beyondZero(value), yes, no, missingYes, zeroMissing: missing === MISSING_ZERO };
  };
}

/** LightGBM's kZeroThreshold, a float. */
const ZERO = Math.fround(1e-35);
/** A double between -ZERO and the float32 before it. */
const BELOW_ZERO = -ZERO * (1 + Number.EPSILON);

/**
 * The threshold that sends magnitudes up to 1e-35f where 0 goes: prediction makes such values 0 before any tree sees
 * them (RowPairFunctionFromDenseMatric in LightGBM's src/c_api.cpp).
 */
function beyondZero(threshold: number): number {
  if (threshold >= 0 && threshold < ZERO) return ZERO;
  return threshold < 0 && threshold >= -ZERO ? BELOW_ZERO : threshold;
}

function readSets(fields: Fields): Uint32Array[] {
  const sets = fields.count("num_cat", 0);
  if (sets === 0) return [];
  const path: Path = [...fields.path, "cat_boundaries"];
  const starts = fields.integers("cat_boundaries", sets + 1);
  const words = fields.integers("cat_threshold", starts[sets] as number);
  const wrong = words.findIndex((word) => word < 0 || word > 0xffffffff);
  if (wrong >= 0) throw invalid([...fields.path, "cat_threshold", wrong], "no word of 32 bits", { actual: String(words[wrong]) });
  const all = Uint32Array.from(words);
  return Array.from({ length: sets }, (_, i) => {
    const [start, end] = [starts[i] as number, starts[i + 1] as number];
    if (start < 0 || end < start) throw invalid([...path, i + 1], "boundaries that do not rise", { actual: `${end} after ${start}` });
    return all.subarray(start, end);
  });
}

function readLinear(fields: Fields, leaves: number, features: number): LinearLeaf[] {
  const constants = fields.numbers("leaf_const", leaves);
  const counts = fields.integers("num_features", leaves);
  const negative = counts.findIndex((count) => count < 0);
  if (negative >= 0) throw invalid([...fields.path, "num_features", negative], "a negative count");
  const total = counts.reduce((sum, count) => sum + count, 0);
  const all = fields.integers("leaf_features", total);
  const coefficients = fields.numbers("leaf_coeff", total);
  const wrong = all.findIndex((feature) => feature < 0 || feature >= features);
  if (wrong >= 0) throw invalid([...fields.path, "leaf_features", wrong], "no feature of the model", { expected: `0 to ${features - 1}`, actual: String(all[wrong]) });
  let at = 0;
  return constants.map((constant, i) => {
    const end = at + (counts[i] as number);
    const leaf = { constant, features: all.slice(at, end), coefficients: coefficients.slice(at, end) };
    at = end;
    return leaf;
  });
}
