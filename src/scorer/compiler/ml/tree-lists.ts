import type { Node } from "../node.js";
import type { NodeMode } from "../../program.js";
import type { Rows } from "../value.js";
import { tensorType } from "../value.js";
import type { TreeSource } from "./ensemble.js";

/** The lists of TreeEnsembleClassifier and TreeEnsembleRegressor: a node for each place, leaves' weights in lists of their own. */
export interface TreeLists {
  readonly source: TreeSource;
  /** One for each weight in the file, in the file's order. */
  readonly weightTargets: readonly number[];
  readonly weights: ArrayLike<number>;
  readonly base: ArrayLike<number>;
}

const MODES: Readonly<Record<string, NodeMode>> = {
  LEAF: "leaf",
  BRANCH_LEQ: "le",
  BRANCH_LT: "lt",
  BRANCH_GTE: "ge",
  BRANCH_GT: "gt",
  BRANCH_EQ: "eq",
  BRANCH_NEQ: "ne",
};

/** Numbers as an attribute of float or, since version 3, as a tensor of the input's own precision. */
function readNumbers(node: Node, name: string, input: Rows): ArrayLike<number> {
  const floats = node.attributes.floats(name);
  const tensor = node.version >= 3 ? node.attributes.tensor(`${name}_as_tensor`) : undefined;
  if (tensor === undefined) return floats ?? new Float32Array(0);
  if (floats !== undefined && floats.length > 0) throw node.invalid(`${name} is given twice`);
  const type = tensorType(tensor.type);
  if (type !== (input.type === "float64" ? "float64" : "float32")) throw node.refuse(`${name}_as_tensor of ${type ?? "another type"} for an input of ${input.type}`);
  return tensor.values as Float32Array;
}

/** `prefix`: what the lists of weights are named by, "class" or "target". */
export function readTreeLists(node: Node, prefix: "class" | "target", input: Rows): TreeLists {
  const { attributes } = node;
  attributes.ignore("nodes_hitrates", "nodes_hitrates_as_tensor");
  const list = (name: string): readonly number[] => attributes.ints(name) ?? [];
  const trees = list("nodes_treeids");
  const ids = list("nodes_nodeids");
  const features = list("nodes_featureids");
  const yes = list("nodes_truenodeids");
  const no = list("nodes_falsenodeids");
  const missing = list("nodes_missing_value_tracks_true");
  const modes = (attributes.strings("nodes_modes") ?? []).map((name) => {
    const mode = Object.hasOwn(MODES, name) ? MODES[name] : undefined;
    if (mode === undefined) throw node.refuse(`the mode ${JSON.stringify(name)}`);
    return mode;
  });
  const thresholds = readNumbers(node, "nodes_values", input);
  const base = readNumbers(node, "base_values", input);
  const lengths: Readonly<Record<string, number>> = {
    nodes_nodeids: ids.length,
    nodes_featureids: features.length,
    nodes_truenodeids: yes.length,
    nodes_falsenodeids: no.length,
    nodes_modes: modes.length,
    nodes_values: thresholds.length,
  };
  for (const [name, length] of Object.entries(lengths)) {
    if (length !== trees.length) throw node.invalid(`${length} ${name} for ${trees.length} nodes_treeids`);
  }
  if (trees.length === 0) throw node.refuse("it has no nodes");
  if (missing.length > trees.length) throw node.invalid(`${missing.length} nodes_missing_value_tracks_true for ${trees.length} nodes`);
  const places = new Places(node, trees, ids);
  const child = (from: readonly number[], at: number): number => {
    const found = places.find(trees[at] as number, from[at] as number);
    if (found === undefined) throw node.invalid(`${places.name(at)} leads to node ${from[at]}, which is not there`);
    return found;
  };
  const weights = readNumbers(node, `${prefix}_weights`, input);
  const weightTargets = list(`${prefix}_ids`);
  const leaves = sortWeights(node, {
    trees: list(`${prefix}_treeids`),
    nodes: list(`${prefix}_nodeids`),
    targets: weightTargets,
    weights,
    places,
    modes,
    prefix,
  });
  return {
    weightTargets,
    weights,
    base,
    source: {
      nodes: trees.length,
      roots: places.roots,
      mode: (at) => modes[at] as NodeMode,
      feature: (at) => features[at] as number,
      threshold: (at) => thresholds[at] as number,
      missingYes: (at) => missing[at] === 1,
      yes: (at) => child(yes, at),
      no: (at) => child(no, at),
      leaf: (at) => {
        const range = [leaves.starts[at], leaves.starts[at + 1]] as [number, number];
        if (range[0] === range[1]) throw node.refuse(`${places.name(at)} is a leaf without a weight`);
        return range;
      },
      targets: leaves.targets,
      values: leaves.values,
      name: (at) => places.name(at),
      sharedLeaves: false,
    },
  };
}

/** Finds nodes by tree and number. A tree's nodes stand together, mostly numbered 0, 1, 2, … */
class Places {
  readonly roots: number[] = [];
  readonly #starts = new Map<number, number>();
  readonly #byId: (Map<number, number> | undefined)[] = [];
  readonly #lengths: number[] = [];
  readonly #trees: readonly number[];
  readonly #ids: readonly number[];

  constructor(node: Node, trees: readonly number[], ids: readonly number[]) {
    this.#trees = trees;
    this.#ids = ids;
    for (let start = 0; start < trees.length; ) {
      const tree = trees[start] as number;
      let end = start + 1;
      while (end < trees.length && trees[end] === tree) end++;
      if (this.#starts.has(tree)) throw node.refuse(`the nodes of tree ${tree} do not stand together`);
      this.#starts.set(tree, this.roots.length);
      this.roots.push(start);
      this.#lengths.push(end - start);
      this.#byId.push(this.#index(node, start, end));
      start = end;
    }
  }

  #index(node: Node, start: number, end: number): Map<number, number> | undefined {
    let consecutive = true;
    for (let at = start; at < end && consecutive; at++) consecutive = this.#ids[at] === at - start;
    if (consecutive) return undefined;
    const byId = new Map<number, number>();
    for (let at = start; at < end; at++) {
      const id = this.#ids[at] as number;
      if (byId.has(id)) throw node.invalid(`${this.name(at)} is there twice`);
      byId.set(id, at);
    }
    return byId;
  }

  find(tree: number, id: number): number | undefined {
    const order = this.#starts.get(tree);
    if (order === undefined) return undefined;
    const byId = this.#byId[order];
    if (byId !== undefined) return byId.get(id);
    return id >= 0 && id < (this.#lengths[order] as number) ? (this.roots[order] as number) + id : undefined;
  }

  name(at: number): string {
    return `node ${this.#ids[at]} of tree ${this.#trees[at]}`;
  }
}

interface Weights {
  readonly trees: readonly number[];
  readonly nodes: readonly number[];
  readonly targets: readonly number[];
  readonly weights: ArrayLike<number>;
  readonly places: Places;
  readonly modes: readonly NodeMode[];
  readonly prefix: string;
}

/** Weights by the node they belong to, in the file's order within a node. Those of inner nodes count for nothing. */
function sortWeights(node: Node, { trees, nodes, targets, weights, places, modes, prefix }: Weights): { readonly starts: Int32Array; readonly targets: Int32Array; readonly values: Float64Array } {
  const count = targets.length;
  if (trees.length !== count || nodes.length !== count || weights.length !== count) {
    throw node.invalid(`${trees.length} ${prefix}_treeids, ${nodes.length} ${prefix}_nodeids and ${weights.length} ${prefix}_weights for ${count} ${prefix}_ids`);
  }
  const owners = new Int32Array(count);
  const starts = new Int32Array(modes.length + 1);
  for (let i = 0; i < count; i++) {
    const owner = places.find(trees[i] as number, nodes[i] as number);
    if (owner === undefined) throw node.invalid(`a weight of node ${nodes[i]} of tree ${trees[i]}, which is not there`);
    owners[i] = modes[owner] === "leaf" ? owner : -1;
    if (modes[owner] === "leaf") starts[owner + 1] = (starts[owner + 1] as number) + 1;
  }
  for (let at = 0; at < modes.length; at++) starts[at + 1] = (starts[at + 1] as number) + (starts[at] as number);
  const next = starts.slice();
  const sorted = { starts, targets: new Int32Array(count), values: new Float64Array(count) };
  for (let i = 0; i < count; i++) {
    const owner = owners[i] as number;
    if (owner < 0) continue;
    const place = next[owner] as number;
    next[owner] = place + 1;
    sorted.targets[place] = Math.max(-1, Math.min(targets[i] as number, 2 ** 31 - 1));
    sorted.values[place] = weights[i] as number;
  }
  return sorted;
}
