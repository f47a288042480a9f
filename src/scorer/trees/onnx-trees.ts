import { OnnxError } from "../../errors.js";
import type { AttributeValue, GraphBuilder } from "../../onnx/builder.js";
import { DataType } from "../../onnx/schema.js";
import { NODE_MODES, type NodeMode, type TreeEnsemble } from "../program.js";
import type { OnnxColumns } from "./onnx-columns.js";

const MODES: Readonly<Record<Exclude<NodeMode, "in">, string>> = {
  leaf: "LEAF",
  lt: "BRANCH_LT",
  le: "BRANCH_LEQ",
  gt: "BRANCH_GT",
  ge: "BRANCH_GTE",
  eq: "BRANCH_EQ",
  ne: "BRANCH_NEQ",
};
/** TreeEnsemble's numbers of them. */
const MODE_NUMBERS: Readonly<Record<string, number>> = { BRANCH_LEQ: 0, BRANCH_LT: 1, BRANCH_GTE: 2, BRANCH_GT: 3, BRANCH_EQ: 4, BRANCH_NEQ: 5 };

/** A node as ONNX has it: sets and zeros that are missing became columns of their own. */
interface OnnxNode {
  readonly mode: string;
  readonly feature: number;
  readonly threshold: number;
  readonly yes: number;
  readonly no: number;
  readonly missingYes: number;
}

/**
 * The trees as one operator over [N, columns]; the result is [N, targets] of the input's type. float32 becomes a
 * TreeEnsembleRegressor, which every runtime has. float64 becomes a TreeEnsemble (ai.onnx.ml 5), the only one that
 * answers in float64.
 */
export function writeTrees(graph: GraphBuilder, columns: OnnxColumns, ensemble: TreeEnsemble): string {
  // No runtime takes an ensemble without trees.
  if (ensemble.roots.length === 0) return writeTrees(graph, columns, { ...ensemble, ...NO_TREES });
  const nodes = Array.from({ length: ensemble.modes.length }, (_, i) => onnxNode(ensemble, i, columns));
  return ensemble.compare === "f32" ? writeRegressor(graph, columns.matrix, ensemble, nodes) : writeEnsemble(graph, columns.matrix, ensemble, nodes);
}

function onnxNode(ensemble: TreeEnsemble, i: number, columns: OnnxColumns): OnnxNode {
  const mode = NODE_MODES[ensemble.modes[i] as number] as NodeMode;
  const threshold = ensemble.thresholds[i] as number;
  const feature = ensemble.features[i] as number;
  const [yes, no] = [ensemble.yes[i] as number, ensemble.no[i] as number];
  const missingYes = ensemble.missingYes[i] as number;
  if (mode === "in") {
    // Below 0.5: not in the set. One mode for all nodes keeps the runtime's fast path.
    const column = columns.members[threshold] as number;
    return { mode: ensemble.compare === "f32" ? "BRANCH_LT" : "BRANCH_LEQ", feature: column, threshold: 0.5, yes: no, no: yes, missingYes: 1 - missingYes };
  }
  return { mode: MODES[mode], feature: ensemble.zeroMissing?.[i] === 1 ? (columns.zeroMissing.get(feature) as number) : feature, threshold, yes, no, missingYes };
}

/** One leaf of value 0. */
const NO_TREES = {
  roots: Int32Array.of(0),
  modes: Uint8Array.of(0),
  features: Int32Array.of(0),
  thresholds: Float64Array.of(0),
  yes: Int32Array.of(0),
  no: Int32Array.of(0),
  missingYes: Uint8Array.of(0),
  leafStarts: Int32Array.of(0, 1),
  leafTargets: Int32Array.of(0),
  leafValues: Float64Array.of(0),
};

/** Named, so that millions of attribute values are not spelled to be compared. */
function namedTrees(graph: GraphBuilder, opType: string, input: string, attributes: Readonly<Record<string, AttributeValue>>): string {
  const output = graph.unique("trees");
  graph.named(output, opType, [input], attributes, "ai.onnx.ml");
  return output;
}

const ints = (values: ArrayLike<number>): bigint[] => Array.from(values, BigInt);

function writeRegressor(graph: GraphBuilder, input: string, ensemble: TreeEnsemble, nodes: readonly OnnxNode[]): string {
  const trees: number[] = [];
  const ids: number[] = [];
  // Trees lie one after the other, each beginning with its root.
  for (const [tree, root] of ensemble.roots.entries()) {
    for (let i = root; i < (ensemble.roots[tree + 1] ?? nodes.length); i++) {
      trees.push(tree);
      ids.push(i - root);
    }
  }
  const own = (i: number, to: number): number => (nodes[i]?.mode === "LEAF" ? 0 : to - (i - (ids[i] as number)));
  const leaves = nodes.flatMap((_, i) => new Array<number>((ensemble.leafStarts[i + 1] as number) - (ensemble.leafStarts[i] as number)).fill(i));
  return namedTrees(
    graph,
    "TreeEnsembleRegressor",
    input,
    {
      n_targets: BigInt(ensemble.targets),
      aggregate_function: "SUM",
      post_transform: "NONE",
      base_values: Float32Array.from(ensemble.base),
      nodes_treeids: ints(trees),
      nodes_nodeids: ints(ids),
      nodes_modes: nodes.map(({ mode }) => mode),
      nodes_featureids: ints(nodes.map(({ feature }) => feature)),
      nodes_values: Float32Array.from(nodes, ({ threshold }) => threshold),
      nodes_truenodeids: ints(nodes.map(({ yes }, i) => own(i, yes))),
      nodes_falsenodeids: ints(nodes.map(({ no }, i) => own(i, no))),
      nodes_missing_value_tracks_true: ints(nodes.map(({ missingYes }) => missingYes)),
      target_treeids: ints(leaves.map((i) => trees[i] as number)),
      target_nodeids: ints(leaves.map((i) => ids[i] as number)),
      target_ids: ints(ensemble.leafTargets),
      target_weights: Float32Array.from(ensemble.leafValues),
    },
  );
}

/** TreeEnsemble has no base values (ours are 0) and one target a leaf, and its trees begin with a split. */
function writeEnsemble(graph: GraphBuilder, input: string, ensemble: TreeEnsemble, nodes: readonly OnnxNode[]): string {
  const splits: (Omit<OnnxNode, "yes" | "no"> & { yes: number; no: number; yesLeaf: boolean; noLeaf: boolean })[] = [];
  const place = new Int32Array(nodes.length);
  const leafTargets: number[] = [];
  const leafValues: number[] = [];
  for (const [i, node] of nodes.entries()) {
    if (node.mode !== "LEAF") {
      place[i] = splits.push({ ...node, yesLeaf: nodes[node.yes]?.mode === "LEAF", noLeaf: nodes[node.no]?.mode === "LEAF" }) - 1;
      continue;
    }
    const start = ensemble.leafStarts[i] as number;
    if (ensemble.leafStarts[i + 1] !== start + 1) throw new OnnxError("UNSUPPORTED_ONNX", "a leaf of several values in a float64 tree");
    place[i] = leafTargets.push(ensemble.leafTargets[start] as number) - 1;
    leafValues.push(ensemble.leafValues[start] as number);
  }
  const roots = Array.from(ensemble.roots, (root) => {
    const leaf = place[root] as number;
    if (nodes[root]?.mode !== "LEAF") return leaf;
    const copy = leafTargets.push(leafTargets[leaf] as number) - 1;
    leafValues.push(leafValues[leaf] as number);
    return splits.push({ mode: "BRANCH_LEQ", feature: 0, threshold: 0, missingYes: 0, yes: -1 - leaf, no: -1 - copy, yesLeaf: true, noLeaf: true }) - 1;
  });
  const to = (id: number): number => (id < 0 ? -1 - id : (place[id] as number));
  return namedTrees(
    graph,
    "TreeEnsemble",
    input,
    {
      n_targets: BigInt(ensemble.targets),
      aggregate_function: 1n,
      post_transform: 0n,
      tree_roots: ints(roots),
      nodes_featureids: ints(splits.map(({ feature }) => feature)),
      nodes_modes: { type: DataType.UINT8, dims: [splits.length], values: Uint8Array.from(splits, ({ mode }) => MODE_NUMBERS[mode] as number) },
      nodes_splits: { type: DataType.DOUBLE, dims: [splits.length], values: Float64Array.from(splits, ({ threshold }) => threshold) },
      nodes_truenodeids: ints(splits.map(({ yes }) => to(yes))),
      nodes_falsenodeids: ints(splits.map(({ no }) => to(no))),
      nodes_trueleafs: ints(splits.map(({ yesLeaf }) => Number(yesLeaf))),
      nodes_falseleafs: ints(splits.map(({ noLeaf }) => Number(noLeaf))),
      nodes_missing_value_tracks_true: ints(splits.map(({ missingYes }) => missingYes)),
      leaf_targetids: ints(leafTargets),
      leaf_weights: { type: DataType.DOUBLE, dims: [leafValues.length], values: Float64Array.from(leafValues) },
    },
  );
}
