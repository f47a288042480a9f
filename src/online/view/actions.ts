import { DefinitionError } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import type { AnyInputType } from "../../types/input-type.js";
import type { ViewContract } from "./contract.js";
import { inputsOf } from "./contract.js";
import { ruleCheck, type FeaturePolicies, type Policies, type FeaturePolicy, type ValueRule } from "./policies.js";
import type { Statistics } from "./statistics.js";
import { isFiniteValue, typeCheck, type Check } from "./values.js";
import { lostRule } from "./view-json.js";

/** A policy ready to be applied. */
export interface Action {
  readonly kind: "error" | "null" | "default" | "mean" | "median" | "mode" | "keep" | "lastKnown";
  readonly value: unknown;
}

export const ERROR: Action = { kind: "error", value: undefined };
export const KEEP: Action = { kind: "keep", value: undefined };
export const LAST_KNOWN: Action = { kind: "lastKnown", value: undefined };
const NULL: Action = { kind: "null", value: null };

/** What happens to an input in each situation, and what its values are checked by. */
export interface Actions {
  readonly typeCheck: Check;
  /** Type and rules. */
  readonly check: Check;
  readonly finite: boolean | undefined;
  /** The rules in words. */
  readonly ruleText: string;
  readonly missing: Action;
  readonly late: Action;
  readonly invalid: Action;
  readonly storeFailure: Action;
  /** Where the last known value is wanted and there is none. */
  readonly withoutLastKnown: Action;
}

function text(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function ruleText(rule: ValueRule): string {
  const parts: string[] = [];
  if (rule.min !== undefined) parts.push(`at least ${text(rule.min)}`);
  if (rule.max !== undefined) parts.push(`at most ${text(rule.max)}`);
  if (rule.oneOf !== undefined) parts.push(`one of ${rule.oneOf.slice(0, 10).map(text).join(", ")}${rule.oneOf.length > 10 ? ", …" : ""}`);
  if (rule.finite === true) parts.push("finite");
  if (rule.test !== undefined) parts.push("what valid.test takes");
  return parts.join(", ");
}

/** Compiles the policies of every input. `overrides` are those given to connect(), checked already. */
export function actionsOf(contract: ViewContract, overrides: Policies, statistics: Statistics): Readonly<Record<string, Actions>> {
  const inputs: Inputs = inputsOf(contract);
  const out: Record<string, Actions> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const policies: FeaturePolicies = { ...contract.policies[name], ...overrides[name] };
    out[name] = actionsOfInput(name, input, policies, statistics);
  }
  return out;
}

function actionsOfInput(name: string, input: AnyInputType, policies: FeaturePolicies, statistics: Statistics): Actions {
  const { valid } = policies;
  if (valid?.test === lostRule) {
    throw new DefinitionError("INVALID_DEFINITION", "the rule is a function, which a saved view cannot hold", {
      path: ["policies", name, "valid", "test"],
      fix: "Load the view with its declaration, or give connect() the feature's `valid` anew",
    });
  }
  const action = (policy: FeaturePolicy | "keep" | "lastKnown", situation: string): Action => {
    if (policy === "error") return ERROR;
    if (policy === "null") return NULL;
    if (policy === "keep") return KEEP;
    if (policy === "lastKnown") return LAST_KNOWN;
    if ("default" in policy) return { kind: "default", value: policy.default };
    const value = statistics[name]?.[policy.statistic];
    if (value === undefined) {
      throw new DefinitionError("NOT_FITTED", `the ${policy.statistic} was not fitted`, {
        path: ["policies", name, situation],
        fix: "Name the statistic in the view's own policies, and fit again",
      });
    }
    return { kind: policy.statistic, value };
  };
  const missing = policies.missing === undefined ? (input.isNullable ? NULL : ERROR) : action(policies.missing, "missing");
  const withoutLastKnown = policies.missing === undefined ? ERROR : missing;
  const byType = typeCheck(input);
  const byRule = ruleCheck(input, valid);
  const finite = valid?.finite;
  const checks = finite === true ? [byType, isFiniteOf(byRule)] : byRule === undefined ? [byType] : [byType, byRule];
  return {
    typeCheck: byType,
    check: checks.length === 1 ? byType : (value) => (checks[0] as Check)(value) && (checks[1] as Check)(value),
    finite,
    ruleText: valid === undefined ? "" : ruleText(valid),
    missing,
    late: policies.late === undefined ? missing : action(policies.late, "late"),
    invalid: policies.invalid === undefined ? ERROR : action(policies.invalid, "invalid"),
    storeFailure: policies.storeFailure === undefined ? withoutLastKnown : action(policies.storeFailure, "storeFailure"),
    withoutLastKnown,
  };
}

function isFiniteOf(rule: Check | undefined): Check {
  return rule === undefined ? isFiniteValue : (value) => isFiniteValue(value) && rule(value);
}
