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

  /** The graph without fitted nodes. Without recursion over calls: graphs may be deep. */
  node(root: Node): Node {
    const stack: Node[] = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (!this.#nodes.has(node) && node.kind === "call") {
        const missing = node.args.filter((arg) => !this.#nodes.has(arg));
        if (missing.length > 0) {
          stack.push(...missing);
          continue;
        }
      }
      stack.pop();
      if (!this.#nodes.has(node)) this.#nodes.set(node, this.#replace(node));
    }
    return this.#nodes.get(root) as Node;
  }

  /** One node whose arguments have been replaced. */
  #replace(node: Node): Node {
    if (node.kind === "fitted") {
      const lowered = this.lowered(node);
      if (Array.isArray(lowered)) {
        throw new DefinitionError("INVALID_DEFINITION", `${formatNode(node, 1)} has several columns and can only be a feature of its own`);
      }
      return (lowered as Expr).node;
    }
    if (node.kind !== "call") return node;
    const args = node.args.map((arg) => this.#nodes.get(arg) as Node);
    return args.some((arg, i) => arg !== node.args[i]) ? Object.freeze({ ...node, args: Object.freeze(args) }) : node;
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
