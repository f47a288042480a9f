// Random tree ensembles in the two ways that ONNX writes them.
import type { AttributeValue } from "../../../src/onnx/builder.js";
import { DataType } from "../../../src/onnx/schema.js";
import type { TensorType } from "../../../src/scorer/tensor.js";
import type { Rng } from "../../equivalence/generators/index.js";
import { doubles, floats, ints, makeModel } from "./models.js";
import { randomCells, type Case } from "./cases.js";
import type { Column } from "./compare.js";

const MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"] as const;
const TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"] as const;
type Attributes = Record<string, AttributeValue>;

interface Tree {
  readonly modes: string[];
  readonly features: number[];
  readonly values: number[];
  readonly yes: number[];
  readonly no: number[];
  readonly missing: number[];
}

/** A value that float32 holds, near those that the inputs take. */
function threshold(rng: Rng): number {
  return rng.chance(0.4) ? rng.int(-3, 3) : Math.fround((rng.float() - 0.5) * 6);
}

function grow(rng: Rng, features: number, modes: readonly string[], depth: number): Tree {
  const tree: Tree = { modes: [], features: [], values: [], yes: [], no: [], missing: [] };
  const add = (left: number): number => {
    const at = tree.modes.length;
    const leaf = left === 0 || (left < depth && rng.chance(0.2));
    tree.modes.push(leaf ? "LEAF" : rng.pick(modes));
    tree.features.push(leaf ? 0 : rng.int(0, features - 1));
    tree.values.push(leaf ? 0 : threshold(rng));
    tree.yes.push(0);
    tree.no.push(0);
    tree.missing.push(leaf ? 0 : rng.int(0, 1));
    if (!leaf) {
      tree.yes[at] = add(left - 1);
      tree.no[at] = add(left - 1);
    }
    return at;
  };
  add(depth);
  return tree;
}

interface Ensemble {
  readonly attributes: Attributes;
  readonly leaves: readonly (readonly [tree: number, node: number])[];
}

function lists(rng: Rng, features: number, double: boolean): Ensemble {
  const count = rng.int(1, 6);
  const modes = rng.chance(0.5) ? [rng.pick(MODES)] : MODES;
  const trees = Array.from({ length: count }, () => grow(rng, features, modes, rng.int(0, 4)));
  const nodes = trees.flatMap((tree, t) => tree.modes.map((_, node) => [t, node] as const));
  const all = <K extends keyof Tree>(key: K): Tree[K][number][] => trees.flatMap((tree) => tree[key] as Tree[K][number][]);
  const attributes: Attributes = {
    nodes_treeids: ints(nodes.map(([tree]) => tree)),
    nodes_nodeids: ints(nodes.map(([, node]) => node)),
    nodes_featureids: ints(all("features")),
    nodes_modes: all("modes"),
    nodes_truenodeids: ints(all("yes")),
    nodes_falsenodeids: ints(all("no")),
    ...(double ? { nodes_values_as_tensor: doubles(all("values").map((value) => value + (rng.chance(0.3) ? 1e-12 : 0))) } : { nodes_values: all("values") }),
    ...(rng.chance(0.6) ? { nodes_missing_value_tracks_true: ints(all("missing")) } : {}),
  };
  return { attributes, leaves: nodes.filter(([tree, node]) => trees[tree]?.modes[node] === "LEAF") };
}

function weights(rng: Rng, count: number, positive: boolean): number[] {
  return Array.from({ length: count }, () => Math.fround(positive ? rng.float() * 0.4 : (rng.float() - 0.5) * 2));
}

const INPUT_TYPES: readonly TensorType[] = ["float32", "float32", "float32", "float64", "int64", "int32"];

export function regressorCase(rng: Rng): Case {
  const type: TensorType = rng.chance(0.7) ? "float32" : "float64";
  const features = rng.int(1, 5);
  const mlOpset = rng.pick([1, 3]);
  const double = type === "float64" && mlOpset === 3 && rng.chance(0.6);
  const { attributes, leaves } = lists(rng, features, double);
  const targets = rng.pick([1, 1, 2, 3]);
  const owners = leaves.flatMap(([tree, node]) => {
    const chosen = Array.from({ length: targets }, (_, target) => target).filter(() => rng.chance(0.7));
    return (chosen.length === 0 ? [rng.int(0, targets - 1)] : chosen).map((target) => ({ tree, node, target }));
  });
  const values = weights(rng, owners.length, false);
  const base = weights(rng, rng.pick([0, targets]), false);
  const spec = {
    ...attributes,
    n_targets: BigInt(targets),
    target_treeids: ints(owners.map(({ tree }) => tree)),
    target_nodeids: ints(owners.map(({ node }) => node)),
    target_ids: ints(owners.map(({ target }) => target)),
    ...(double ? { target_weights_as_tensor: doubles(values) } : { target_weights: values }),
    ...(base.length === 0 ? {} : double ? { base_values_as_tensor: doubles(base) } : { base_values: base }),
    ...(rng.chance(0.7) ? { aggregate_function: rng.pick(["SUM", "AVERAGE", "MIN", "MAX"]) } : {}),
    ...(rng.chance(0.5) ? { post_transform: rng.pick(TRANSFORMS) } : {}),
  };
  return ensembleCase(rng, { name: "TreeEnsembleRegressor", type, features, spec, mlOpset, outputs: [["scores", "float32"]] });
}

export function classifierCase(rng: Rng): Case {
  const type = rng.pick(INPUT_TYPES);
  const features = rng.int(1, 5);
  const mlOpset = rng.pick([1, 3]);
  const double = type === "float64" && mlOpset === 3 && rng.chance(0.6);
  const { attributes, leaves } = lists(rng, features, double);
  const classes = rng.pick([2, 2, 2, 3, 4]);
  const oneColumn = classes === 2 && rng.chance(0.6);
  const only = rng.int(0, 1);
  const all = rng.chance(0.5);
  const owners = leaves.flatMap(([tree, node]) => {
    const chosen = oneColumn ? [only] : Array.from({ length: classes }, (_, target) => target).filter(() => all || rng.chance(0.6));
    return (chosen.length === 0 ? [rng.int(0, classes - 1)] : chosen).map((target) => ({ tree, node, target }));
  });
  const values = weights(rng, owners.length, rng.chance(0.5));
  const base = weights(rng, rng.pick([0, 0, classes === 2 ? 1 : 0, classes]), rng.chance(0.5));
  const strings = rng.chance(0.4);
  const labels = strings ? ["no", "yes", "möglich", ""].slice(0, classes) : rng.chance(0.5) ? [0, 1, 2, 3].slice(0, classes) : [7, -3, 12, 5].slice(0, classes);
  const spec = {
    ...attributes,
    class_treeids: ints(owners.map(({ tree }) => tree)),
    class_nodeids: ints(owners.map(({ node }) => node)),
    class_ids: ints(owners.map(({ target }) => target)),
    ...(double ? { class_weights_as_tensor: doubles(values) } : { class_weights: values }),
    ...(base.length === 0 ? {} : double ? { base_values_as_tensor: doubles(base) } : { base_values: base }),
    ...(strings ? { classlabels_strings: labels as string[] } : { classlabels_int64s: ints(labels as number[]) }),
    ...(rng.chance(0.6) ? { post_transform: rng.pick(TRANSFORMS) } : {}),
  };
  const outputs: [string, TensorType][] = [
    ["label", strings ? "string" : "int64"],
    ["scores", "float32"],
  ];
  return ensembleCase(rng, { name: "TreeEnsembleClassifier", type, features, spec, mlOpset, outputs });
}

/** Inner nodes and leaves apart, with sets of members. */
export function treeEnsembleCase(rng: Rng): Case {
  const type: TensorType = rng.chance(0.7) ? "float32" : "float64";
  const tensor = type === "float32" ? floats : doubles;
  const features = rng.int(1, 5);
  const targets = rng.pick([1, 1, 2, 3]);
  const trees = Array.from({ length: rng.int(1, 5) }, () => grow(rng, features, [...MODES, "BRANCH_MEMBER"], rng.int(1, 4)));
  const out = { modes: [] as number[], splits: [] as number[], features: [] as number[], yes: [] as number[], no: [] as number[], yesLeaf: [] as number[], noLeaf: [] as number[], missing: [] as number[], members: [] as number[], roots: [] as number[], targets: [] as number[], weights: [] as number[] };
  for (const tree of trees) {
    const places = tree.modes.map((mode) => (mode === "LEAF" ? out.targets.push(rng.int(0, targets - 1)) - 1 : -1));
    let inner = out.modes.length;
    for (const [node, mode] of tree.modes.entries()) if (mode !== "LEAF") places[node] = inner++;
    out.roots.push(places[0] as number);
    for (const [node, mode] of tree.modes.entries()) {
      if (mode === "LEAF") continue;
      out.modes.push([...MODES, "BRANCH_MEMBER"].indexOf(mode));
      out.splits.push(mode === "BRANCH_MEMBER" ? 0 : (tree.values[node] as number));
      out.features.push(tree.features[node] as number);
      out.missing.push(tree.missing[node] as number);
      for (const [to, leaf, from] of [[out.yes, out.yesLeaf, tree.yes], [out.no, out.noLeaf, tree.no]] as const) {
        const child = from[node] as number;
        to.push(places[child] as number);
        leaf.push(tree.modes[child] === "LEAF" ? 1 : 0);
      }
      if (mode === "BRANCH_MEMBER") out.members.push(...Array.from({ length: rng.int(1, 5) }, () => rng.int(-3, 3)), NaN);
    }
  }
  out.weights.push(...weights(rng, out.targets.length, false));
  const spec: Attributes = {
    n_targets: BigInt(targets),
    nodes_modes: { type: DataType.UINT8, dims: [out.modes.length], values: Uint8Array.from(out.modes) },
    nodes_splits: tensor(out.splits),
    nodes_featureids: ints(out.features),
    nodes_truenodeids: ints(out.yes),
    nodes_falsenodeids: ints(out.no),
    nodes_trueleafs: ints(out.yesLeaf),
    nodes_falseleafs: ints(out.noLeaf),
    tree_roots: ints(out.roots),
    leaf_targetids: ints(out.targets),
    leaf_weights: tensor(out.weights),
    ...(out.members.length > 0 ? { membership_values: tensor(out.members) } : {}),
    ...(rng.chance(0.6) ? { nodes_missing_value_tracks_true: ints(out.missing) } : {}),
    ...(rng.chance(0.7) ? { aggregate_function: BigInt(rng.int(0, 3)) } : {}),
    ...(rng.chance(0.5) ? { post_transform: BigInt(rng.int(0, 4)) } : {}),
  };
  const made = ensembleCase(rng, { name: "TreeEnsemble", type, features, spec, mlOpset: 5, outputs: [["scores", type]] });
  if (out.members.length === 0) return made;
  // ONNX Runtime 1.30 cuts a value's fraction off before it asks some sets, so members are asked of whole numbers only.
  const x = made.batch["x"] as Column;
  return { ...made, batch: { x: { ...x, cells: x.cells.map((cell) => Math.trunc(cell as number)) } } };
}

interface EnsembleSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly features: number;
  readonly spec: Attributes;
  readonly mlOpset: number;
  readonly outputs: readonly (readonly [string, TensorType])[];
}

function ensembleCase(rng: Rng, { name, type, features, spec, mlOpset, outputs }: EnsembleSpec): Case {
  const rows = 12;
  return {
    name: `${name} ${JSON.stringify(spec, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value instanceof Float64Array || value instanceof Float32Array ? Array.from(value) : value))}`,
    model: makeModel({
      inputs: [{ name: "x", type, dims: ["N", features] }],
      outputs: outputs.map(([output, outputType]) => ({ name: output, type: outputType })),
      nodes: [{ op: name, domain: "ai.onnx.ml", inputs: ["x"], outputs: outputs.map(([output]) => output), attributes: spec }],
      mlOpset,
    }),
    batch: { x: { type, dims: [rows, features], cells: randomCells(rng, type, rows * features) } },
  };
}
