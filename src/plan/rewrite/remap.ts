import type { Plan, PlanNode } from "../plan.js";

/** Rebuilds a plan from a choice of its nodes: `keep(i)` says which survive, `target(register)` where reads of a register go. */
export function remap(plan: Plan, keep: (node: number) => boolean, target: (register: number) => number): Plan {
  const base = plan.inputs.length;
  const moved = new Map<number, number>();
  const nodes: PlanNode[] = [];
  const resolve = (register: number): number => {
    const to = target(register);
    return to < base ? to : (moved.get(to) as number);
  };
  for (const [i, node] of plan.nodes.entries()) {
    if (!keep(i)) continue;
    moved.set(base + i, base + nodes.length);
    nodes.push(node.kind === "call" ? { ...node, args: node.args.map(resolve) } : node);
  }
  return { ...plan, nodes, outputs: plan.outputs.map((output) => ({ ...output, register: resolve(output.register) })) };
}
