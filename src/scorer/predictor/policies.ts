import { DefinitionError, received } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import type { Plan } from "../../plan/plan.js";
import { formatInputType, type AnyInputType, type InputType } from "../../types/input-type.js";
import type { StatisticName, StatisticSource } from "./statistics.js";
import type { PolicyName } from "./stats.js";
import { compileValidity, type Check, type Validity } from "./validity.js";

type ValueOf<T> = T extends InputType<infer Value, string, boolean> ? Exclude<Value, null | undefined> : never;

/**
 * What to do about a bad value.
 * - "error": the call throws an InputError.
 * - "fallback": the predictor's fallback answers, with reason "bad-input".
 * - { default }: this value instead.
 * - { statistic }: the mean, median or mode that fitting learned of the input, or of the option `statistics`.
 * - "lastKnown": the last valid value of the call's key, else what `otherwise` says.
 * - "null": null, for nullable inputs.
 */
export type Policy<V = unknown> =
  | "error"
  | "fallback"
  | "null"
  | "lastKnown"
  | { readonly default: V }
  | { readonly statistic: StatisticName }
  | { readonly lastKnown: true; readonly otherwise?: Policy<V> };

export interface InputPolicy<V = unknown> {
  /** The key is absent, or its value null or undefined. For a nullable input nothing is missing unless this is given. */
  readonly missing?: Policy<V>;
  /** Of another type, out of the type's range, or against `valid`. */
  readonly invalid?: Policy<V>;
  readonly valid?: Validity<V>;
}

/** Policies by input, "*" for all that are not named; or one of the plain policies for all. */
export type BadInputOptions<I extends Inputs = Inputs> =
  | "error"
  | "fallback"
  | "lastKnown"
  | ({ readonly [Name in keyof I]?: InputPolicy<ValueOf<I[Name]>> } & { readonly "*"?: InputPolicy });

/** A policy, ready to be applied. */
export type Action =
  | { readonly policy: Exclude<PolicyName, "default" | "statistic" | "lastKnown"> }
  | { readonly policy: "default" | "statistic"; readonly value: unknown }
  | { readonly policy: "lastKnown"; readonly otherwise: Action };

export interface InputRule {
  readonly name: string;
  /** Index among the plan's inputs. */
  readonly index: number;
  readonly input: AnyInputType;
  readonly missing: Action;
  readonly invalid: Action;
  /** Whether null counts as missing. */
  readonly nullIsMissing: boolean;
  readonly check: Check | undefined;
  /** What `check` wants, in words. */
  readonly expected: string;
  /** What every object inherits under the name, which is no value of a row's. */
  readonly inherited: unknown;
}

const STATISTICS: readonly StatisticName[] = ["mean", "median", "mode"];
const KEYS = ["missing", "invalid", "valid"] as const;

interface Context {
  readonly name: string;
  readonly input: AnyInputType;
  readonly path: readonly (string | number)[];
  readonly hasFallback: boolean;
  readonly statistics: StatisticSource;
}

function bad(path: readonly (string | number)[], what: string, expected: string, actual: unknown, fix?: string): never {
  throw new DefinitionError("INVALID_PARAMETER", what, { path, expected, actual: received(actual), ...(fix === undefined ? {} : { fix }) });
}

function action(policy: unknown, context: Context): Action {
  const { name, input, path, hasFallback, statistics } = context;
  const usual: Action = { policy: hasFallback ? "fallback" : "error" };
  switch (policy) {
    case undefined:
      return usual;
    case "error":
      return { policy };
    case "fallback":
      if (!hasFallback) bad(path, "the predictor has no fallback", "another policy", policy, "Give the option fallback");
      return { policy };
    case "null":
      if (!input.isNullable) bad(path, "the input is not nullable", "another policy", policy);
      return { policy };
    case "lastKnown":
      return { policy, otherwise: usual };
    default:
  }
  const expected = '"error", "fallback", "null", "lastKnown", { default }, { statistic } or { lastKnown: true, otherwise }';
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) return bad(path, "not a policy", expected, policy);
  const given = policy as Readonly<Record<string, unknown>>;
  const keys = Object.keys(given).sort().join();
  if (keys === "default") return { policy: "default", value: given["default"] };
  if (keys === "statistic") {
    const wanted = given["statistic"] as StatisticName;
    if (!STATISTICS.includes(wanted)) bad([...path, "statistic"], "not a statistic", '"mean", "median" or "mode"', wanted);
    const value = statistics(name, input, wanted);
    if (value === undefined) {
      bad(
        path,
        `the ${wanted} of the input is not known: no fitted transformation of the input itself learned it`,
        `another policy for ${formatInputType(input)}`,
        policy,
        "Give the option statistics: await inputStatistics(features.inputs, data)",
      );
    }
    return { policy: "statistic", value };
  }
  if ((keys === "lastKnown" || keys === "lastKnown,otherwise") && given["lastKnown"] === true) {
    const otherwise = action(given["otherwise"], { ...context, path: [...path, "otherwise"] });
    if (otherwise.policy === "lastKnown") bad([...path, "otherwise"], "lastKnown once more", "another policy", given["otherwise"]);
    return { policy: "lastKnown", otherwise };
  }
  return bad(path, "not a policy", expected, policy);
}

/**
 * The rules of a plan's inputs, in the plan's order. Without a policy a bad value goes to the fallback where there is
 * one, else it is an error. `statistics` tells what is known of an input.
 */
export function compilePolicies(plan: Plan, declared: Inputs, options: unknown, hasFallback: boolean, statistics: StatisticSource): InputRule[] {
  const path = ["onBadInput"];
  let byName: Readonly<Record<string, unknown>> = {};
  if (typeof options === "string") byName = { "*": { missing: options, invalid: options } };
  else if (typeof options === "object" && options !== null && !Array.isArray(options)) byName = options as typeof byName;
  else if (options !== undefined) bad(path, "policies on bad input", "an object of policies by input, or a policy", options);
  if (typeof options === "string" && !["error", "fallback", "lastKnown"].includes(options)) {
    bad(path, "a policy for all inputs", '"error", "fallback" or "lastKnown"', options);
  }
  for (const name of Object.keys(byName)) {
    if (name !== "*" && !Object.hasOwn(declared, name)) bad([...path, name], "there is no such input", Object.keys(declared).join(", "), byName[name]);
  }
  return plan.inputs.map(({ name, input }, index) => {
    const own = Object.hasOwn(byName, name) ? byName[name] : undefined;
    const of = policyObject(own, [...path, name]);
    const all = policyObject(byName["*"], [...path, "*"]);
    const at = own === undefined ? "*" : name;
    const make = (reason: "missing" | "invalid"): Action => {
      const chosen = of[reason] ?? all[reason];
      return action(chosen, { name, input, path: [...path, of[reason] === undefined ? "*" : name, reason], hasFallback, statistics });
    };
    const validity = compileValidity(of.valid === undefined ? "*" : at, input, of.valid ?? all.valid);
    return {
      name,
      index,
      input,
      missing: make("missing"),
      invalid: make("invalid"),
      nullIsMissing: !input.isNullable || (of.missing !== undefined && of.missing !== "null"),
      check: validity?.check,
      expected: validity?.expected ?? "",
      inherited: ({} as Readonly<Record<string, unknown>>)[name],
    };
  });
}

function policyObject(value: unknown, path: readonly (string | number)[]): InputPolicy {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) return bad(path, "policies of an input", "an object: missing, invalid, valid", value);
  for (const key of Object.keys(value)) {
    if (!(KEYS as readonly string[]).includes(key)) bad([...path, key], "an input's policies have no such key", KEYS.join(", "), (value as Record<string, unknown>)[key]);
  }
  return value as InputPolicy;
}

/** The policy that a table's cell or a call without a key gets. */
export function withoutKey(action: Action): Exclude<Action, { readonly policy: "lastKnown" }> {
  return action.policy === "lastKnown" ? withoutKey(action.otherwise) : action;
}
