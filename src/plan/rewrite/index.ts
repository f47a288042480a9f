import type { Plan } from "../plan.js";
import { commonSubexpressions } from "./common-subexpressions.js";
import { deadCode } from "./dead-code.js";
import { foldConstants } from "./fold-constants.js";

/** In order: dead code first spares the others work; folding makes new equal constants and dead arguments. */
const REWRITES: readonly ((plan: Plan) => Plan)[] = [deadCode, commonSubexpressions, foldConstants, commonSubexpressions, deadCode];

export function optimize(plan: Plan): Plan {
  return REWRITES.reduce((current, rewrite) => rewrite(current), plan);
}
