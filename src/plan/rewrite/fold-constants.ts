import { PlanError } from "../../errors.js";
import { addon, chosenIsa, type NativePlan } from "../../native.js";
import type { LiteralValue } from "../../expr/node.js";
import type { OutputType } from "../../types/data-type.js";
import { compilePlan } from "../compile.js";
import type { Plan, PlanConstant, PlanNode } from "../plan.js";

/**
 * Replaces calls of constants by their values. The native kernels compute them, so that folding cannot change a
 * bit. A call that fails, or whose result is a list, stays as it is: the failure belongs to the rows it reaches.
 */
export function foldConstants(plan: Plan): Plan {
  const base = plan.inputs.length;
  const nodes: PlanNode[] = [...plan.nodes];
  for (const [i, node] of nodes.entries()) {
    if (node.kind !== "call" || node.type.kind === "list") continue;
    const args: PlanConstant[] = [];
    for (const arg of node.args) {
      const constant = nodes[arg - base];
      if (arg < base || constant?.kind !== "constant") break;
      args.push(constant);
    }
    if (args.length !== node.args.length) continue;
    const value = evaluate(plan, node, args);
    if (value !== undefined) nodes[i] = { kind: "constant", type: node.type, value };
  }
  return { ...plan, nodes };
}

/** The value of one call of constants, computed by the add-on; undefined when it fails. */
function evaluate(plan: Plan, node: Extract<PlanNode, { kind: "call" }>, args: readonly PlanConstant[]): LiteralValue | undefined {
  const output = node.type.kind as OutputType;
  const single: Plan = {
    inputs: [],
    nodes: [...args, { ...node, args: args.map((_, i) => i) }],
    outputs: [{ name: "value", register: args.length, type: output, dataType: node.type }],
    zones: plan.zones,
  };
  const isa = chosenIsa();
  let native: NativePlan;
  try {
    native = compilePlan(single, isa);
  } catch (error) {
    // Refused parameters are reported when the whole plan is compiled, which knows the feature.
    if (error instanceof PlanError) return undefined;
    throw error;
  }
  const runner = addon().rowRunner(native, 1);
  if (!runner.runValues()) return undefined;
  const { exchange, layout } = runner;
  if (new Uint8Array(exchange)[layout.outputStates] !== 0) return null;
  const view = new DataView(exchange);
  switch (node.type.kind) {
    case "float64":
      return view.getFloat64(layout.values, true);
    case "int64":
    case "timestamp":
      return view.getBigInt64(layout.values, true);
    case "bool":
      return view.getFloat64(layout.values, true) !== 0;
    case "utf8":
      return runner.text(0);
    default:
      return undefined;
  }
}
