import { NODE_MODES, type NodeMode, type TreeEnsemble } from "../../program.js";
import type { Node } from "../node.js";

/** Nodes of trees by index, however a model writes them down. */
export interface TreeSource {
  readonly nodes: number;
  readonly roots: readonly number[];
  readonly mode: (node: number) => NodeMode;
  readonly feature: (node: number) => number;
  readonly threshold: (node: number) => number;
  readonly missingYes: (node: number) => boolean;
  readonly yes: (node: number) => number;
  readonly no: (node: number) => number;
  /** First and last but one entry of a leaf in `targets` and `values`. */
  readonly leaf: (node: number) => readonly [start: number, end: number];
  readonly targets: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** For messages. */
  readonly name: (node: number) => string;
  /** Whether several nodes may lead to one leaf. */
  readonly sharedLeaves: boolean;
}

export type Trees = Pick<
  TreeEnsemble,
  "roots" | "modes" | "features" | "thresholds" | "yes" | "no" | "missingYes" | "sets" | "leafStarts" | "leafTargets" | "leafValues"
>;

const MODE_CODE: Readonly<Record<NodeMode, number>> = Object.fromEntries(NODE_MODES.map((mode, i) => [mode, i])) as Record<NodeMode, number>;
const LEAF = MODE_CODE.leaf;

/**
 * Lays trees out depth first, each node before its children. Nodes that no root reaches are left out.
 * INVALID_MODEL for loops and for features that the input does not have.
 */
export function layOut(node: Node, source: TreeSource, width: number): Trees {
  const size = countReached(node, source);
  const out = {
    roots: new Int32Array(source.roots.length),
    modes: new Uint8Array(size.nodes),
    features: new Int32Array(size.nodes),
    thresholds: new Float64Array(size.nodes),
    yes: new Int32Array(size.nodes),
    no: new Int32Array(size.nodes),
    missingYes: new Uint8Array(size.nodes),
    sets: [],
    leafStarts: new Int32Array(size.nodes + 1),
    leafTargets: new Int32Array(size.leafEntries),
    leafValues: new Float64Array(size.leafEntries),
  };
  let next = 0;
  let entry = 0;
  // Pairs of a node and the place that waits for its number: 2 * parent + (1 for yes), -1 for roots.
  const stack: number[] = [];
  for (const [tree, root] of source.roots.entries()) {
    out.roots[tree] = next;
    stack.push(root, -1);
    while (stack.length > 0) {
      const waiting = stack.pop() as number;
      const at = stack.pop() as number;
      const index = next++;
      if (waiting >= 0) (waiting % 2 === 1 ? out.yes : out.no)[waiting >> 1] = index;
      out.leafStarts[index] = entry;
      const mode = source.mode(at);
      if (mode === "leaf") {
        const [start, end] = source.leaf(at);
        for (let i = start; i < end; i++, entry++) {
          out.leafTargets[entry] = source.targets[i] as number;
          out.leafValues[entry] = source.values[i] as number;
        }
        continue;
      }
      const feature = source.feature(at);
      if (feature < 0 || feature >= width) throw node.invalid(`${source.name(at)} asks for column ${feature} of ${width}`);
      out.modes[index] = MODE_CODE[mode];
      out.features[index] = feature;
      out.thresholds[index] = source.threshold(at);
      // A NaN differs from everything, so that it takes this branch whatever the flag says.
      out.missingYes[index] = source.missingYes(at) || mode === "ne" ? 1 : 0;
      stack.push(source.no(at), 2 * index, source.yes(at), 2 * index + 1);
    }
  }
  out.leafStarts[size.nodes] = entry;
  return out;
}

/** Walks all trees once, which shows loops and nodes that two others lead to, and how large the arrays become. */
function countReached(node: Node, source: TreeSource): { readonly nodes: number; readonly leafEntries: number } {
  const parents = new Int32Array(source.nodes).fill(-2);
  let nodes = 0;
  let leafEntries = 0;
  const stack: number[] = [];
  for (const root of source.roots) {
    stack.push(root, -1);
    while (stack.length > 0) {
      const parent = stack.pop() as number;
      const at = stack.pop() as number;
      const leaf = source.mode(at) === "leaf";
      if (parents[at] !== -2 && !(leaf && source.sharedLeaves)) throw reachedTwice(node, source, at, parent, parents);
      parents[at] = parent;
      nodes++;
      if (leaf) {
        const [start, end] = source.leaf(at);
        leafEntries += end - start;
      } else {
        stack.push(source.no(at), at, source.yes(at), at);
      }
    }
  }
  return { nodes, leafEntries };
}

function reachedTwice(node: Node, source: TreeSource, at: number, from: number, parents: Int32Array): Error {
  for (let up = from; up >= 0; up = parents[up] as number) {
    if (up === at) return node.invalid(`${source.name(at)} is reached from itself`);
  }
  return node.refuse(`${source.name(at)} is reached by two ways`);
}

/** For each target: whether every row, no row or some rows reach a leaf that adds to it. */
export function reach(trees: Trees, targets: number): readonly ("always" | "sometimes" | "never")[] {
  const out = new Array<"always" | "sometimes" | "never">(targets).fill("never");
  const { roots, modes, leafStarts, leafTargets } = trees;
  const seen = new Map<number, number>();
  for (let tree = 0; tree < roots.length; tree++) {
    seen.clear();
    let leaves = 0;
    const end = tree + 1 < roots.length ? (roots[tree + 1] as number) : modes.length;
    for (let at = roots[tree] as number; at < end; at++) {
      if (modes[at] !== LEAF) continue;
      leaves++;
      const own = new Set<number>();
      for (let i = leafStarts[at] as number; i < (leafStarts[at + 1] as number); i++) own.add(leafTargets[i] as number);
      for (const target of own) seen.set(target, (seen.get(target) ?? 0) + 1);
    }
    for (const [target, count] of seen) {
      if (count === leaves) out[target] = "always";
      else if (out[target] === "never") out[target] = "sometimes";
    }
  }
  return out;
}
