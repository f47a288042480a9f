import { DefinitionError, received } from "../../errors.js";
import { ticksPerSecond, type TimeUnit } from "../../types/data-type.js";
import { formatInputType, type AnyInputType } from "../../types/input-type.js";

/** Which values of an input are valid, beside being of its type. */
export interface Validity<V = unknown> {
  /** Numbers and times: at least, at most. NaN passes; `finite` refuses it. */
  readonly min?: V;
  readonly max?: V;
  /** Floats: neither NaN nor infinite. */
  readonly finite?: boolean;
  /** Not of lists. */
  readonly oneOf?: readonly V[];
  /** Any other rule. */
  readonly test?: (value: V) => boolean;
}

/** Whether a value that is neither null nor of another type than the input's is valid. What is of another type passes: it is refused when it is written. */
export type Check = (value: unknown) => boolean;

const OPTIONS = ["min", "max", "finite", "oneOf", "test"] as const;
const MS_A_DAY = 86_400_000;

/** Milliseconds of what a row may give for a time: a Date or ticks. */
function milliseconds(unit: TimeUnit): (value: unknown) => number {
  const scale = unit === "d" ? MS_A_DAY : 1000 / ticksPerSecond(unit);
  return (value) => (value instanceof Date ? value.getTime() : Number(value) * scale);
}

interface Domain {
  readonly is: (value: unknown) => boolean;
  /** Values that are equal or ordered by the input's meaning are so by this. */
  readonly comparable: (value: unknown) => unknown;
  readonly ordered: boolean;
}

const same = (value: unknown): unknown => value;

function domain(input: AnyInputType): Domain {
  const { type } = input;
  switch (type.kind) {
    case "float64":
      return { is: (value) => typeof value === "number", comparable: same, ordered: true };
    case "int64":
      // 5 and 5n are one key of a set; unsafe bigints stay.
      return {
        is: (value) => typeof value === "number" || typeof value === "bigint",
        comparable: (value) => (typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value),
        ordered: true,
      };
    case "timestamp":
      return {
        is: (value) => typeof value === "number" || typeof value === "bigint" || value instanceof Date,
        comparable: milliseconds(type.unit),
        ordered: true,
      };
    case "bool":
      return { is: (value) => typeof value === "boolean", comparable: same, ordered: false };
    case "utf8":
      return { is: (value) => typeof value === "string", comparable: same, ordered: false };
    case "list":
      return { is: (value) => Array.isArray(value) || ArrayBuffer.isView(value), comparable: same, ordered: false };
  }
}

/** The check of a rule; undefined where it allows everything. */
export function compileValidity(name: string, input: AnyInputType, valid: unknown): { readonly check: Check; readonly expected: string } | undefined {
  if (valid === undefined) return undefined;
  const path = (key: string): (string | number)[] => ["onBadInput", name, "valid", ...(key === "" ? [] : [key])];
  const refuse = (key: string, expected: string, actual: unknown): never => {
    throw new DefinitionError("INVALID_PARAMETER", "a rule for valid values", { path: path(key), expected, actual: received(actual) });
  };
  if (typeof valid !== "object" || valid === null || Array.isArray(valid)) return refuse("", "an object of rules", valid);
  const rule = valid as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(rule)) if (!(OPTIONS as readonly string[]).includes(key)) refuse(key, OPTIONS.join(", "), rule[key]);

  const { is, comparable, ordered } = domain(input);
  const { min, max, finite, oneOf, test } = rule;
  const words: string[] = [];
  const checks: Check[] = [];
  for (const [key, bound] of [["min", min], ["max", max]] as const) {
    if (bound === undefined) continue;
    if (!ordered) refuse(key, `no bound, as ${formatInputType(input)} has no order`, bound);
    if (!is(bound) || Number.isNaN(Number(comparable(bound)))) refuse(key, `a value of ${formatInputType(input)}`, bound);
    const limit = comparable(bound) as number;
    checks.push(key === "min" ? (value) => !((comparable(value) as number) < limit) : (value) => !((comparable(value) as number) > limit));
    words.push(`at ${key === "min" ? "least" : "most"} ${bound instanceof Date ? bound.toISOString() : String(bound)}`);
  }
  if (min !== undefined && max !== undefined && (comparable(min) as number) > (comparable(max) as number)) refuse("max", "not below min", max);
  if (finite !== undefined && typeof finite !== "boolean") refuse("finite", "a boolean", finite);
  if (finite === true) {
    if (!input.storage.startsWith("float")) refuse("finite", "only for floats", finite);
    checks.push((value) => Number.isFinite(value));
    words.push("finite");
  }
  if (oneOf !== undefined) {
    if (!Array.isArray(oneOf) || oneOf.length === 0 || input.type.kind === "list" || !oneOf.every(is)) {
      refuse("oneOf", input.type.kind === "list" ? "no choice, as the input is a list" : `a list of values of ${formatInputType(input)}`, oneOf);
    }
    const allowed = new Set((oneOf as readonly unknown[]).map(comparable));
    checks.push((value) => allowed.has(comparable(value)));
    words.push("one of the allowed values");
  }
  if (test !== undefined) {
    if (typeof test !== "function") refuse("test", "a function", test);
    checks.push((value) => Boolean((test as (value: unknown) => unknown)(value)));
    words.push("a value that the rule `test` takes");
  }
  if (checks.length === 0) return undefined;
  const [first, second] = checks as [Check, Check | undefined];
  const check: Check =
    second === undefined ? (value) => !is(value) || first(value) : (value) => !is(value) || checks.every((one) => one(value));
  return { check, expected: words.join(", ") };
}
