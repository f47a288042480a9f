import { DefinitionError } from "../errors.js";
import { wrap, type Expr } from "../expr/expr.js";
import { formatNode, type FittedNode, type Node } from "../expr/node.js";
import type { PlannedFeature } from "../plan/builder.js";
import type { DeclaredFeature } from "./definition.js";
import { findTransform, type Lowered, type StateObject } from "./transform.js";

export type States = ReadonlyMap<FittedNode, StateObject>;

/** Replaces fitted nodes by the expressions that apply their states. Memoized: shared nodes stay shared. */
export class Resolver {
  readonly #states: States;
  readonly #nodes = new Map<Node, Node>();
  readonly #lowered = new Map<FittedNode, Lowered>();

  constructor(states: States) {
    this.#states = states;
  }

  /** What a fitted node becomes: one expression or several columns. */
  lowered(node: FittedNode): Lowered {
    const known = this.#lowered.get(node);
    if (known !== undefined) return known;
    const state = this.#states.get(node);
    const transform = findTransform(node.transform);
    if (state === undefined || transform === undefined) {
      throw new DefinitionError("NOT_FITTED", `${node.transform} has not been fitted`, { fix: "Call fit() first" });
    }
    const arg = node.args[0] as Node;
    const lowered = transform.lower(wrap(this.node(arg)), state, node.options);
    this.#lowered.set(node, lowered);
    return lowered;
  }

  /** The graph without fitted nodes. */
  node(root: Node): Node {
    const known = this.#nodes.get(root);
    if (known !== undefined) return known;
    let out: Node = root;
    if (root.kind === "fitted") {
      const lowered = this.lowered(root);
      if (Array.isArray(lowered)) {
        throw new DefinitionError("INVALID_DEFINITION", `${formatNode(root, 1)} has several columns and can only be a feature of its own`);
      }
      out = (lowered as Expr).node;
    } else if (root.kind === "call") {
      const args = root.args.map((arg) => this.node(arg));
      if (args.some((arg, i) => arg !== root.args[i])) out = Object.freeze({ ...root, args: Object.freeze(args) });
    }
    this.#nodes.set(root, out);
    return out;
  }

  /** A declared feature as the columns of the plan. */
  feature(feature: DeclaredFeature): PlannedFeature[] {
    if (feature.node.kind !== "fitted") return [{ name: feature.name, node: this.node(feature.node), output: feature.output }];
    const lowered = this.lowered(feature.node);
    if (!Array.isArray(lowered)) return [{ name: feature.name, node: (lowered as Expr).node, output: feature.output }];
    return (lowered as Exclude<Lowered, Expr>).map(({ suffix, expr }) => ({
      name: suffix === null ? feature.name : `${feature.name}_${suffix}`,
      node: expr.node,
      output: feature.output,
    }));
  }
}
