import { PlanError, type ErrorCode } from "../errors.js";
import { addon, type NativePlan } from "../native.js";
import { encodePlan } from "./encode.js";
import type { Plan } from "./plan.js";

/** The name of an output that the register's value reaches. */
function outputOf(plan: Plan, register: number): string | undefined {
  const base = plan.inputs.length;
  const reached = new Set([register]);
  for (const [i, node] of plan.nodes.entries()) {
    if (node.kind === "call" && node.args.some((arg) => reached.has(arg))) reached.add(base + i);
  }
  return plan.outputs.find((output) => reached.has(output.register))?.name;
}

/** The plan as the add-on holds it. What the add-on refuses (a parameter's value, say) is a PlanError with feature and function. */
export function compilePlan(plan: Plan, isa: string): NativePlan {
  try {
    return addon().compile(encodePlan(plan), isa);
  } catch (error) {
    const { code, node } = error as { code?: ErrorCode; node?: number };
    if (!(error instanceof Error) || code === undefined) throw error;
    const at = node === undefined ? undefined : plan.nodes[node - plan.inputs.length];
    const feature = node === undefined ? undefined : outputOf(plan, node);
    throw new PlanError(
      code,
      error.message,
      { ...(feature === undefined ? {} : { path: [feature] }), ...(at?.kind === "call" ? { function: at.name } : {}) },
      { cause: error },
    );
  }
}
