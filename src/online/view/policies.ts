import { DefinitionError, received } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import { formatInputType, type AnyInputType, type InputType } from "../../types/input-type.js";
import { onlyProperties } from "../names.js";
import { canonical, expectedValue, integerRange, mayBeInfinite, typeCheck, unitOf, type Check } from "./values.js";

export type Statistic = "mean" | "median" | "mode";

/**
 * What takes a feature's place: nothing ("error" fails the request), null, a value, or what `fit` learned from the
 * training data. Means and medians of integers are rounded to the nearest.
 */
export type FeaturePolicy<Value = unknown> = "error" | "null" | { readonly default: Value } | { readonly statistic: Statistic };

/** What a value must be besides its type; a value that is not is invalid. */
export interface ValueRule<Value = unknown> {
  readonly min?: Value;
  readonly max?: Value;
  readonly oneOf?: readonly Value[];
  /** No NaN, no infinity. Of request values true unless set to false, of looked-up ones false. */
  readonly finite?: boolean;
  /** A check of your own; kept by the declaration only, not by a saved view. */
  test?(value: Value): boolean;
}

export interface FeaturePolicies<Value = unknown> {
  /** No row of the key, no value in it, or no value in the request; "null" for nullable inputs, else "error". */
  readonly missing?: FeaturePolicy<Value>;
  /** A row older than the group's `maxAgeSeconds`; as `missing` by default. "keep" uses it all the same. */
  readonly late?: FeaturePolicy<Value> | "keep";
  /** A value of another type, or against `valid`; "error" by default. */
  readonly invalid?: FeaturePolicy<Value>;
  /**
   * The store failed or did not answer in time; as `missing` where that is given, else "error". "lastKnown" uses the
   * key's last answer that this process saw, and without one does as if `storeFailure` were left out.
   */
  readonly storeFailure?: FeaturePolicy<Value> | "lastKnown";
  readonly valid?: ValueRule<Value>;
}

type ValueOf<Type> = Type extends InputType<infer Value, string, boolean> ? NonNullable<Value> : never;
/** Policies by the view's input names; serving keys have none. */
export type PoliciesOf<I extends Inputs> = { readonly [Name in keyof I]?: FeaturePolicies<ValueOf<I[Name]>> };
export type Policies = Readonly<Record<string, FeaturePolicies>>;

export const STATISTICS: readonly Statistic[] = ["mean", "median", "mode"];
const SITUATIONS = ["missing", "late", "invalid", "storeFailure"] as const;
export type Situation = (typeof SITUATIONS)[number];
const RULES = ["min", "max", "oneOf", "finite", "test"];

type Path = readonly (string | number)[];

function bad(path: Path, expected: string, value: unknown): never {
  throw new DefinitionError("INVALID_DEFINITION", "policy", { path, expected, actual: received(value) });
}

/** Checks policies against the inputs and brings their values into one form. `inputs` are those that may have one. */
export function checkPolicies(inputs: Inputs, lookedUp: (name: string) => boolean, given: unknown, at = "policies"): Policies {
  // Without a prototype: an input may be named "constructor".
  const out = Object.create(null) as Record<string, FeaturePolicies>;
  if (given === undefined) return Object.freeze(out);
  if (typeof given !== "object" || given === null) return bad([at], "policies by input name", given);
  for (const [name, policies] of Object.entries(given as Record<string, unknown>)) {
    const path = [at, name];
    const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (input === undefined) return bad(path, `a looked-up feature, passed feature or request parameter: ${Object.keys(inputs).join(", ")}`, name);
    if (policies === undefined) continue;
    if (typeof policies !== "object" || policies === null) bad(path, "an object of policies", policies);
    onlyProperties(path, policies as object, [...SITUATIONS, "valid"]);
    const { valid } = policies as FeaturePolicies;
    const checked: Record<string, unknown> = {};
    for (const situation of SITUATIONS) {
      const policy = (policies as Record<string, unknown>)[situation];
      if (policy === undefined) continue;
      if ((situation === "late" || situation === "storeFailure") && !lookedUp(name)) {
        bad([...path, situation], "no such policy, as the value is never looked up", policy);
      }
      checked[situation] = checkPolicy([...path, situation], situation, input, policy);
    }
    if (valid !== undefined) checked["valid"] = checkRule([...path, "valid"], input, valid);
    out[name] = Object.freeze(checked as FeaturePolicies);
  }
  return Object.freeze(out);
}

function checkPolicy(path: Path, situation: Situation, input: AnyInputType, policy: unknown): unknown {
  const extra = situation === "late" ? "keep" : situation === "storeFailure" ? "lastKnown" : undefined;
  if (policy === "error" || (extra !== undefined && policy === extra)) return policy;
  if (policy === "null") {
    if (!input.isNullable) bad(path, '"null" for nullable inputs only: declare it nullable()', policy);
    return policy;
  }
  if (policy === "lastKnown") bad(path, "another policy: the last known value is for store failures only (storeFailure)", policy);
  if (typeof policy === "object" && policy !== null) {
    const keys = Object.keys(policy);
    const given = policy as { default?: unknown; statistic?: unknown };
    if (keys.length === 1 && keys[0] === "default") {
      if (given.default === null || given.default === undefined || !typeCheck(input)(given.default)) bad([...path, "default"], expectedValue(input), given.default);
      return { default: canonical(input, given.default) };
    }
    if (keys.length === 1 && keys[0] === "statistic") return { statistic: checkStatistic([...path, "statistic"], input, given.statistic) };
  }
  return bad(path, `"error", "null", ${extra === undefined ? "" : `"${extra}", `}{ default } or { statistic }`, policy);
}

function checkStatistic(path: Path, input: AnyInputType, statistic: unknown): Statistic {
  if (!STATISTICS.includes(statistic as Statistic)) return bad(path, STATISTICS.join(", "), statistic);
  const { kind } = input.type;
  const numeric = kind === "float64" || kind === "int64";
  if (statistic === "mode" ? !(numeric || kind === "bool" || kind === "utf8") : !numeric) {
    return bad(path, kind === "bool" || kind === "utf8" ? `"mode" for ${formatInputType(input)}` : `{ default } for ${formatInputType(input)}`, statistic);
  }
  return statistic as Statistic;
}

function checkRule(path: Path, input: AnyInputType, rule: unknown): ValueRule {
  if (typeof rule !== "object" || rule === null) return bad(path, "an object of rules", rule);
  onlyProperties(path, rule, RULES);
  const { min, max, oneOf, finite, test } = rule as ValueRule;
  const check = typeCheck(input);
  const ordered = input.type.kind === "float64" || input.type.kind === "int64" || input.type.kind === "timestamp";
  const bound = (key: string, value: unknown): unknown => {
    if (!ordered) bad([...path, key], "no bound: the type is not ordered by numbers", value);
    if (value === null || !check(value) || Number.isNaN(value)) bad([...path, key], expectedValue(input), value);
    return canonical(input, value);
  };
  const out: Record<string, unknown> = {};
  if (min !== undefined) out["min"] = bound("min", min);
  if (max !== undefined) out["max"] = bound("max", max);
  if (oneOf !== undefined) {
    if (!Array.isArray(oneOf) || oneOf.length === 0 || input.type.kind === "list") bad([...path, "oneOf"], "values of a type that is no list", oneOf);
    out["oneOf"] = (oneOf as readonly unknown[]).map((value, i) => {
      if (value === null || value === undefined || !check(value)) bad([...path, "oneOf", i], expectedValue(input), value);
      return canonical(input, value);
    });
  }
  if (finite !== undefined) {
    if (typeof finite !== "boolean" || !mayBeInfinite(input)) bad([...path, "finite"], "a boolean, for numbers with a fraction", finite);
    out["finite"] = finite;
  }
  if (test !== undefined) {
    if (typeof test !== "function") bad([...path, "test"], "a function", test);
    out["test"] = test;
  }
  return Object.freeze(out);
}

/** The rules as one check of values whose type is right; undefined where there is nothing to check. */
export function ruleCheck(input: AnyInputType, rule: ValueRule | undefined): Check | undefined {
  if (rule === undefined) return undefined;
  const checks: Check[] = [];
  const unit = unitOf(input);
  const min = rule.min as number | bigint | undefined;
  const max = rule.max as number | bigint | undefined;
  // Ticks are compared with ticks; a Date's milliseconds are brought to the unit first.
  const comparable = (value: unknown): number | bigint => (unit === undefined ? (value as number | bigint) : (canonical(input, value) as bigint));
  // NaN is outside of any bounds.
  if (min !== undefined) checks.push((value) => comparable(value) >= min);
  if (max !== undefined) checks.push((value) => comparable(value) <= max);
  if (rule.oneOf !== undefined) {
    const allowed = new Set(rule.oneOf);
    checks.push((value) => allowed.has(canonical(input, value)));
  }
  if (rule.test !== undefined) {
    const { test } = rule;
    checks.push((value) => test(value) === true);
  }
  if (checks.length === 0) return undefined;
  const [only] = checks;
  return checks.length === 1 ? only : (value) => checks.every((check) => check(value));
}

/** Which statistic of which input the policies need. */
export function neededStatistics(policies: Policies): { readonly name: string; readonly statistic: Statistic }[] {
  const out: { name: string; statistic: Statistic }[] = [];
  for (const [name, own] of Object.entries(policies)) {
    for (const situation of SITUATIONS) {
      const policy = own[situation];
      if (typeof policy !== "object" || !("statistic" in policy)) continue;
      if (!out.some((other) => other.name === name && other.statistic === policy.statistic)) out.push({ name, statistic: policy.statistic });
    }
  }
  return out;
}

/** A fitted statistic as a value of the input: integers are rounded to the nearest, ties away from zero. */
export function statisticValue(input: AnyInputType, value: unknown): unknown {
  const { storage } = input;
  if (storage === "int64" || storage === "uint64") return typeof value === "bigint" ? value : BigInt(roundHalfAway(value as number));
  return integerRange(input) === undefined ? value : roundHalfAway(value as number);
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}
