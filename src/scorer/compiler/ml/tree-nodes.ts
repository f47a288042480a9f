import type { NodeMode } from "../../program.js";
import type { Node } from "../node.js";
import { tensorType, type Rows } from "../value.js";
import { numbers } from "../emitter.js";
import type { TreeSource } from "./ensemble.js";

/** TreeEnsemble of ai.onnx.ml 5: inner nodes and leaves in lists of their own. */

const MODES = ["le", "lt", "ge", "gt", "eq", "ne"] as const satisfies readonly NodeMode[];
const MEMBER = 6;

/** The trees, and the input with a column for each set of members that a node asks for. */
export function readMembers(node: Node, input: Rows): { readonly register: number; readonly source: TreeSource } {
  const { attributes } = node;
  attributes.ignore("nodes_hitrates");
  const tensor = (name: string, type: string): ArrayLike<number> => {
    const found = attributes.tensor(name);
    if (found === undefined) return [];
    if (tensorType(found.type) !== type) throw node.refuse(`${name} of another type than its input's`);
    return found.values as Float32Array;
  };
  const list = (name: string): readonly number[] => attributes.ints(name) ?? [];
  const modes = tensor("nodes_modes", "uint8");
  const splits = tensor("nodes_splits", input.type);
  const features = list("nodes_featureids");
  const missing = list("nodes_missing_value_tracks_true");
  const yes = list("nodes_truenodeids");
  const no = list("nodes_falsenodeids");
  const yesLeafs = list("nodes_trueleafs");
  const noLeafs = list("nodes_falseleafs");
  const roots = list("tree_roots");
  const targets = list("leaf_targetids");
  const weights = tensor("leaf_weights", input.type);
  const members = tensor("membership_values", input.type);
  const inner = modes.length;
  const lengths = { nodes_splits: splits, nodes_featureids: features, nodes_truenodeids: yes, nodes_falsenodeids: no, nodes_trueleafs: yesLeafs, nodes_falseleafs: noLeafs };
  for (const [name, { length }] of Object.entries(lengths)) if (length !== inner) throw node.invalid(`${length} ${name} for ${inner} nodes_modes`);
  if (missing.length !== 0 && missing.length !== inner) throw node.invalid(`${missing.length} nodes_missing_value_tracks_true for ${inner} nodes_modes`);
  if (weights.length !== targets.length) throw node.invalid(`${weights.length} leaf_weights for ${targets.length} leaf_targetids`);
  if (roots.length === 0) throw node.refuse("it has no trees");
  for (const root of roots) {
    if (root < 0 || root >= inner) throw node.invalid(`tree root ${root} of ${inner} nodes`);
    // A node whose ways are one is how a tree of a single leaf is written; which leaf is meant is told in two ways.
    if (yes[root] === no[root] && (yesLeafs[root] !== noLeafs[root] || yesLeafs[root] === 0 || yes[root] !== root)) {
      throw node.refuse(`the root ${root} with one way for both answers`);
    }
  }
  const sets = membersByNode(node, modes, members);
  const { register, columns } = memberColumns(node, input, { sets, features, missing });
  const child = (to: readonly number[], leafs: readonly number[], at: number): number => {
    const leaf = leafs[at] !== 0;
    const index = to[at] as number;
    const limit = leaf ? targets.length : inner;
    if (index < 0 || index >= limit) throw node.invalid(`node ${at} leads to ${leaf ? "leaf" : "node"} ${index} of ${limit}`);
    return leaf ? inner + index : index;
  };
  const source: TreeSource = {
    nodes: inner + targets.length,
    roots,
    mode: (at) => {
      if (at >= inner) return "leaf";
      if (columns.has(at)) return "gt";
      const mode = MODES[modes[at] as number];
      if (mode === undefined) throw node.refuse(`the mode ${modes[at]}`);
      return mode;
    },
    feature: (at) => columns.get(at) ?? (features[at] as number),
    threshold: (at) => (columns.has(at) ? 0.5 : (splits[at] as number)),
    missingYes: (at) => missing[at] === 1,
    yes: (at) => child(yes, yesLeafs, at),
    no: (at) => child(no, noLeafs, at),
    leaf: (at) => [at - inner, at - inner + 1],
    targets: targets.map((target) => Math.max(-1, Math.min(target, 2 ** 31 - 1))),
    values: weights,
    name: (at) => (at < inner ? `node ${at}` : `leaf ${at - inner}`),
    sharedLeaves: true,
  };
  return { register, source };
}

/** The values of each node that asks for membership; a NaN ends a node's values. */
function membersByNode(node: Node, modes: ArrayLike<number>, members: ArrayLike<number>): ReadonlyMap<number, readonly number[]> {
  const sets = new Map<number, readonly number[]>();
  let next = 0;
  for (let at = 0; at < modes.length; at++) {
    if (modes[at] !== MEMBER) continue;
    const set: number[] = [];
    while (next < members.length && !Number.isNaN(members[next])) set.push(members[next++] as number);
    next++;
    if (set.length === 0) throw node.refuse(`node ${at} asks for no members`);
    sets.set(at, set);
  }
  return sets;
}

interface Asked {
  readonly sets: ReadonlyMap<number, readonly number[]>;
  readonly features: readonly number[];
  readonly missing: readonly number[];
}

/** Columns behind the input's: 1 where the value is a member, so that a node asks for more than 0.5. */
function memberColumns(node: Node, input: Rows, { sets, features, missing }: Asked): { readonly register: number; readonly columns: ReadonlyMap<number, number> } {
  const { emit } = node;
  const columns = new Map<number, number>();
  if (sets.size === 0) return { register: input.register, columns };
  const width = emit.width(input.register);
  const parts = [input.register];
  const known = new Map<string, number>();
  for (const [at, set] of sets) {
    const feature = features[at] as number;
    if (feature < 0 || feature >= width) throw node.invalid(`node ${at} asks for column ${feature} of ${width}`);
    const key = `${feature}:${missing[at]}:${set.join()}`;
    let column = known.get(key);
    if (column === undefined) {
      column = width + parts.length - 1;
      known.set(key, column);
      parts.push(membership(node, emit.select(input.register, [feature]), set, missing[at] === 1));
    }
    columns.set(at, column);
  }
  node.checkWidth(width + known.size);
  return { register: emit.concat(parts), columns };
}

/** 1 where a column's value equals a member; ONNX Runtime also takes some values whose whole part does. */
function membership(node: Node, column: number, set: readonly number[], missingIsMember: boolean): number {
  const element = node.emit.element(column) as "f32" | "f64";
  const keys = [...new Set(missingIsMember ? [...set, NaN] : set)];
  return node.emit.lookup(column, numbers(element, keys), numbers(element, keys.map(() => 1)), 0);
}
