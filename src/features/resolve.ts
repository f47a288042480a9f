import { DefinitionError } from "../errors.js";
import { call } from "../expr/call.js";
import { wrap, type Expr } from "../expr/expr.js";
import { formatNode, type FittedNode, type Node } from "../expr/node.js";
import type { PlannedFeature } from "../plan/builder.js";
import type { DeclaredFeature } from "./definition.js";
import { findAnyTransform, type Lowered, type StateObject } from "./transform.js";

export type States = ReadonlyMap<FittedNode, StateObject>;

/** Replaces fitted nodes by the expressions that apply their states. Memoized: shared nodes stay shared. */
export class Resolver {
  readonly #states: States;
  readonly #mask: Expr | undefined;
  readonly #nodes = new Map<Node, Node>();
  readonly #lowered = new Map<FittedNode, Lowered>();

  /** With a mask, every input is null in rows where the mask is not true: they cannot make a function fail. */
  constructor(states: States, mask?: Expr) {
    this.#states = states;
    this.#mask = mask;
  }

  /** What a fitted node becomes: one expression or several columns. */
  lowered(node: FittedNode): Lowered {
    const known = this.#lowered.get(node);
    if (known !== undefined) return known;
    const state = this.#states.get(node);
    const transform = findAnyTransform(node.transform);
    if (state === undefined || transform === undefined) {
      throw new DefinitionError("NOT_FITTED", `${node.transform} has not been fitted`, { fix: "Call fit() first" });
    }
    const lowered = transform.lower(this.args(node), state, node.options);
    this.#lowered.set(node, lowered);
    return lowered;
  }

  /** A fitted node's arguments as expressions without fitted nodes. */
  args(node: FittedNode): Expr[] {
    return node.args.map((arg) => wrap(this.node(arg)));
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
    if (node.kind === "input" && this.#mask !== undefined) return call("if", [this.#mask, wrap(node), null]).node;
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
