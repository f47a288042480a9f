import { nodesBelow, type Declaration } from "../../features/definition.js";
import { planInputs } from "../../features/where.js";
import type { Node } from "../../expr/node.js";
import { buildPlan, type PlannedFeature } from "../../plan/builder.js";
import type { Plan } from "../../plan/plan.js";
import { optimize } from "../../plan/rewrite/index.js";
import { kernelType, type OutputType } from "../../types/data-type.js";

/** An untransformed feature: an output of the plan, or an input as it came (lists, which no plan puts out). */
export interface UntransformedColumn {
  readonly name: string;
  /** The input that is copied; undefined for an output of the plan. */
  readonly input?: string;
}

/** The features before any fitted transformation. */
export interface Untransformed {
  readonly columns: readonly UntransformedColumn[];
  /** Undefined where every column is copied. */
  readonly plan: Plan | undefined;
}

const NATURAL: Readonly<Record<string, OutputType>> = { float64: "float64", int64: "int64", bool: "bool", utf8: "utf8", timestamp: "timestamp" };

/**
 * The largest parts of each feature's expression that no fitted transformation is in: the feature itself where there
 * is none, else what its first fitted transformations take. Several parts are called `<feature>_<input>` or
 * `<feature>_x<place>`. What depends on a label is left out; a computed list gives what it is computed from.
 */
export function untransformedOf(declaration: Declaration, labels: ReadonlySet<string>): Untransformed {
  const facts = new Map<Node, { fitted: boolean; label: boolean }>();
  for (const node of nodesBelow(declaration.features.map((feature) => feature.node))) {
    const below = node.kind === "call" || node.kind === "fitted" ? node.args.map((arg) => facts.get(arg)) : [];
    facts.set(node, {
      fitted: node.kind === "fitted" || below.some((fact) => fact?.fitted === true),
      label: (node.kind === "input" && labels.has(node.name)) || below.some((fact) => fact?.label === true),
    });
  }
  const taken = new Set<string>();
  const columns: UntransformedColumn[] = [];
  const outputs: PlannedFeature[] = [];
  for (const feature of declaration.features) {
    const parts = partsOf(feature.node, (node) => facts.get(node) ?? { fitted: false, label: false });
    const plain = parts.length === 1 && parts[0] === feature.node;
    for (const [i, node] of parts.entries()) {
      let name = parts.length === 1 ? feature.name : `${feature.name}_${node.kind === "input" ? node.name : `x${i}`}`;
      while (taken.has(name)) name += "_";
      taken.add(name);
      if (node.type.kind === "list") {
        columns.push({ name, input: (node as Extract<Node, { kind: "input" }>).name });
        continue;
      }
      const natural = NATURAL[kernelType(node.type)] as OutputType;
      columns.push({ name });
      outputs.push({ name, node, output: plain && feature.output !== "float32" ? feature.output : natural });
    }
  }
  return { columns, plan: outputs.length === 0 ? undefined : optimize(buildPlan(planInputs(declaration.inputs), outputs)) };
}

/** Without recursion: graphs may be deep. */
function partsOf(root: Node, factsOf: (node: Node) => { fitted: boolean; label: boolean }): Node[] {
  const out: Node[] = [];
  const seen = new Set<Node>();
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    const { fitted, label } = factsOf(node);
    const computedList = node.type.kind === "list" && node.kind !== "input";
    if (fitted || label || computedList) {
      if (node.kind === "call" || node.kind === "fitted") stack.push(...node.args.toReversed());
    } else if (node.kind !== "literal" || node === root) out.push(node);
  }
  return out;
}
