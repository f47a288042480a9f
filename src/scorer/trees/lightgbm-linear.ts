import { Forest, type Leaf, type Split, type TreeSource } from "./forest.js";
import type { LightgbmTree } from "./lightgbm-tree.js";
import type { LinearTreeMargin, TreeMargin } from "./model.js";

/**
 * Linear trees as trees of coefficients: a row's constants and coefficients are summed over the trees, then multiplied
 * with its columns. A leaf with NaN among its features gives its plain value instead (LightGBM's Tree::Predict), so a
 * leaf of n features becomes n tests for NaN.
 */
export function linearForest(trees: readonly LightgbmTree[], outputs: number): LinearTreeMargin | TreeMargin {
  const terms: { readonly output: number; readonly column: number }[] = [];
  const targets = new Map<string, number>();
  const target = (output: number, column: number): number => {
    const key = `${output} ${column}`;
    const known = targets.get(key);
    if (known !== undefined) return known;
    targets.set(key, outputs + terms.length);
    return outputs + terms.push({ output, column }) - 1;
  };
  const forest = new Forest();
  for (const [i, tree] of trees.entries()) forest.add(withTests(tree, i % outputs, target));
  const ensemble = forest.build({ targets: outputs + terms.length, compare: "f64", accumulate: "f64", base: new Float64Array(outputs + terms.length), baseFirst: true });
  if (terms.length === 0) return { kind: "trees", ensemble, floored: [] };
  return { kind: "linearTrees", ensemble, terms };
}

/** The tree's nodes, and after them for each leaf its tests, their plain leaves and the linear leaf. */
function withTests(tree: LightgbmTree, output: number, target: (output: number, column: number) => number): TreeSource {
  const { splits, leafValues, linear } = tree;
  const extra: (Split | Leaf)[] = [];
  const first = splits + leafValues.length;
  const leaves = leafValues.map((value, i): Split | Leaf => {
    const leaf = linear?.[i];
    if (leaf === undefined) return { targets: [output], values: [value] };
    let next: Split | Leaf = {
      targets: [output, ...leaf.features.map((column) => target(output, column))],
      values: [leaf.constant, ...leaf.coefficients],
    };
    for (const feature of leaf.features) {
      const no: number = first + extra.push(next) - 1;
      const yes: number = first + extra.push({ targets: [output], values: [value] }) - 1;
      // Nothing is below -Infinity: NaN alone says yes.
      next = { mode: "lt", feature, threshold: -Infinity, yes, no, missingYes: true };
    }
    return next;
  });
  return {
    size: first + extra.length,
    root: 0,
    node: (id) => (id >= first ? (extra[id - first] as Split | Leaf) : id >= splits ? (leaves[id - splits] as Split | Leaf) : tree.split(id)),
    fail: (id) => tree.fail(id),
  };
}
