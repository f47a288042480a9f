/**
 * LightGBM's prediction from the text of a model, row by row, written from its tree.h (NumericalDecision,
 * CategoricalDecision, Predict) and gbdt_prediction.cpp, and a writer of such texts. Shares nothing with the reader.
 */

/** One tree as the file has it. */
export interface TextTree {
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly decision: readonly number[];
  readonly leaves: readonly number[];
  /** Bitsets; the threshold of a categorical node is the index of one. */
  readonly sets?: readonly (readonly number[])[];
  readonly linear?: { readonly constants: readonly number[]; readonly features: readonly (readonly number[])[]; readonly coefficients: readonly (readonly number[])[] };
}

export interface TextModel {
  readonly features: number;
  readonly perIteration: number;
  readonly objective?: string;
  readonly average?: boolean;
  readonly trees: readonly TextTree[];
}

/** %.17g, as LightGBM writes doubles; shorter where that reads back the same. */
const spell = (value: number): string => (Number.isNaN(value) ? "nan" : Object.is(value, -0) ? "-0" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value));
const list = (values: readonly number[]): string => values.map(spell).join(" ");

export function writeText(model: TextModel, version = "v4"): string {
  const trees = model.trees.map((tree, i) => {
    const lines = [`Tree=${i}`, `num_leaves=${tree.leaves.length}`, `num_cat=${tree.sets?.length ?? 0}`];
    if (tree.leaves.length > 1) {
      lines.push(`split_feature=${list(tree.feature)}`, `split_gain=${list(tree.feature.map(() => 1))}`, `threshold=${list(tree.threshold)}`);
      lines.push(`decision_type=${list(tree.decision)}`, `left_child=${list(tree.left)}`, `right_child=${list(tree.right)}`);
    }
    lines.push(`leaf_value=${list(tree.leaves)}`);
    if (tree.sets !== undefined && tree.sets.length > 0) {
      const boundaries = [0];
      for (const set of tree.sets) boundaries.push(boundaries.at(-1)! + set.length);
      lines.push(`cat_boundaries=${list(boundaries)}`, `cat_threshold=${list(tree.sets.flat())}`);
    }
    lines.push(`is_linear=${tree.linear === undefined ? 0 : 1}`);
    if (tree.linear !== undefined) {
      const { constants, features, coefficients } = tree.linear;
      // LightGBM writes a space after each group and one more for an empty one.
      lines.push(`leaf_const=${list(constants)}`, `num_features=${list(features.map(({ length }) => length))}`);
      lines.push(`leaf_features=${features.map((group) => `${list(group)} `).join("")}`, `leaf_coeff=${coefficients.map((group) => `${list(group)} `).join("")}`);
    }
    lines.push("shrinkage=0.1", "", "");
    return `${lines.join("\n")}\n`;
  });
  const names = Array.from({ length: model.features }, (_, i) => `Column_${i}`);
  return [
    "tree",
    `version=${version}`,
    `num_class=${model.perIteration}`,
    `num_tree_per_iteration=${model.perIteration}`,
    "label_index=0",
    `max_feature_idx=${model.features - 1}`,
    ...(model.objective === undefined ? [] : [`objective=${model.objective}`]),
    ...(model.average === true ? ["average_output"] : []),
    `feature_names=${names.join(" ")}`,
    `feature_infos=${names.map(() => "[-1:1]").join(" ")}`,
    `tree_sizes=${list(trees.map(({ length }) => length))}`,
    "",
    `${trees.join("")}end of trees`,
    "",
    "feature_importances:",
    "Column_0=3",
    "",
    "parameters:",
    "[boosting: gbdt]",
    "[objective: regression]",
    "[learning_rate: 0.1]",
    "",
    "end of parameters",
    "",
    "pandas_categorical:[[\"a\", \"b\"]]",
    "",
  ].join("\n");
}

function leafOf(tree: TextTree, row: ArrayLike<number>): number {
  if (tree.leaves.length === 1) return 0;
  let node = 0;
  while (node >= 0) node = goesLeft(tree, node, row[tree.feature[node]!]!) ? tree.left[node]! : tree.right[node]!;
  return ~node;
}

const ZERO = 1.0000000180025095e-35;

function goesLeft(tree: TextTree, node: number, value: number): boolean {
  const decision = tree.decision[node]!;
  const threshold = tree.threshold[node]!;
  if (decision % 2 === 1) {
    if (Number.isNaN(value)) return false;
    // static_cast<int>, which x86 makes the least int where it does not fit.
    const category = Math.abs(value) < 2147483648 ? Math.trunc(value) : -2147483648;
    if (category < 0) return false;
    const set = tree.sets![threshold]!;
    const word = Math.floor(category / 32);
    return word < set.length && Math.floor(set[word]! / 2 ** (category % 32)) % 2 === 1;
  }
  const defaultLeft = Math.floor(decision / 2) % 2 === 1;
  const missing = ["none", "zero", "nan"][Math.floor(decision / 4)]!;
  let x = value;
  if (Number.isNaN(x) && missing !== "nan") x = 0;
  if (missing === "zero" && x >= -ZERO && x <= ZERO) return defaultLeft;
  if (missing === "nan" && Number.isNaN(x)) return defaultLeft;
  return x <= threshold;
}

/** Sums of one row, an entry a tree of an iteration: LightGBM's raw score. */
export function rawScores(model: TextModel, values: ArrayLike<number>): number[] {
  // The C API hands the trees what is larger than kZeroThreshold, or NaN; the rest is 0.
  const row = Array.from(values, (value) => (Math.abs(value) > ZERO || Number.isNaN(value) ? value : 0));
  const sums = new Array<number>(model.perIteration).fill(0);
  for (const [i, tree] of model.trees.entries()) sums[i % model.perIteration]! += outputOf(tree, row);
  return sums;
}

function outputOf(tree: TextTree, row: ArrayLike<number>): number {
  const leaf = leafOf(tree, row);
  if (tree.linear === undefined) return tree.leaves[leaf]!;
  let output = tree.linear.constants[leaf]!;
  for (const [i, feature] of tree.linear.features[leaf]!.entries()) {
    if (Number.isNaN(row[feature])) return tree.leaves[leaf]!;
    output += tree.linear.coefficients[leaf]![i]! * row[feature]!;
  }
  return output;
}
