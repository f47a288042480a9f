import { DefinitionError, received } from "../errors.js";
import { Expr } from "../expr/expr.js";
import { buildPlan } from "../plan/builder.js";
import type { Plan } from "../plan/plan.js";
import { optimize } from "../plan/rewrite/index.js";
import { nodesBelow, type Declaration } from "./definition.js";
import type { Inputs } from "./inputs.js";

/** The name of the one output of a filter's plan. */
export const WHERE_OUTPUT = "where";

/** Which rows are fitted on: an expression, and the same as a plan of one bool column. */
export interface RowFilter {
  readonly expr: Expr;
  readonly plan: Plan;
}

export function planInputs(inputs: Inputs): { name: string; input: Inputs[string] }[] {
  return Object.entries(inputs).map(([name, input]) => ({ name, input }));
}

/** Builds and checks the filter that `fit(data, { where })` names. */
export function rowFilter(declaration: Declaration, build: unknown): RowFilter | undefined {
  if (build === undefined) return undefined;
  if (typeof build !== "function") {
    throw new DefinitionError("INVALID_DEFINITION", "where", { expected: "a function from inputs to a bool expression", actual: received(build) });
  }
  const expr: unknown = (build as (inputs: Declaration["exprs"]) => unknown)(declaration.exprs);
  if (!(expr instanceof Expr) || expr.type.kind !== "bool") {
    throw new DefinitionError("INVALID_DEFINITION", "where", {
      expected: "a bool expression of the inputs",
      actual: expr instanceof Expr ? `an expression of type ${expr.type.kind}` : received(expr),
    });
  }
  const fitted = nodesBelow([expr.node]).find((node) => node.kind === "fitted");
  if (fitted?.kind === "fitted") {
    throw new DefinitionError("INVALID_DEFINITION", `where cannot use ${fitted.transform}, which is not fitted yet`, {
      fix: "Filter by the inputs and functions of them",
    });
  }
  const plan = optimize(buildPlan(planInputs(declaration.inputs), [{ name: WHERE_OUTPUT, node: expr.node, output: "bool" }]));
  return { expr, plan };
}
