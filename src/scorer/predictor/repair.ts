import type { RowObject } from "../../engine/row-engine.js";
import { InputError, received } from "../../errors.js";
import { formatInputType } from "../../types/input-type.js";
import { LruCache, type Key } from "./lru.js";
import { withoutKey, type Action, type InputRule } from "./policies.js";
import type { InputExplanation, InputExplanations } from "./prediction.js";
import type { BadReason, StatsRecorder } from "./stats.js";

/** A row that can be computed, or the error for which the fallback answers. */
export interface Repaired {
  readonly error: InputError | undefined;
  /** By input, where a value was replaced. */
  readonly replaced: Readonly<Record<string, InputExplanation>>;
}

type Writer = (row: RowObject) => void;

/**
 * Applies the policies on bad input. A good row costs the calls of its `valid` rules and nothing else; a bad one is
 * copied, what is missing or breaks a rule is replaced, and what the marshaller still refuses after it, one at a time.
 */
export class RowRepair {
  readonly #rules: readonly InputRule[];
  /** Those that the marshaller does not check. */
  readonly #checked: readonly InputRule[];
  readonly #remembered: readonly InputRule[];
  readonly #lastKnown: LruCache<unknown[]>;
  readonly #stats: StatsRecorder;

  constructor(rules: readonly InputRule[], stats: StatsRecorder, capacity: number) {
    this.#rules = rules;
    this.#stats = stats;
    this.#checked = rules.filter((rule) => rule.check !== undefined || (rule.nullIsMissing && rule.input.isNullable));
    this.#remembered = rules.filter((rule) => rule.missing.policy === "lastKnown" || rule.invalid.policy === "lastKnown");
    this.#lastKnown = new LruCache(capacity);
  }

  /** Whether no rule that the marshaller does not know is broken. */
  passes(row: RowObject): boolean {
    for (const rule of this.#checked) {
      const value = valueOf(row, rule);
      if (value === undefined || value === null ? rule.nullIsMissing : rule.check !== undefined && !rule.check(value)) return false;
    }
    return true;
  }

  /** Keeps a good row's values for its key; of a repaired row those that were its own. */
  remember(row: RowObject, key: Key | undefined, replaced?: Repaired["replaced"]): void {
    if (key === undefined || this.#remembered.length === 0) return;
    let values = this.#lastKnown.get(key);
    if (values === undefined) this.#lastKnown.set(key, (values = []));
    for (const [i, rule] of this.#remembered.entries()) {
      const value = valueOf(row, rule);
      if (value !== undefined && value !== null && (replaced === undefined || !Object.hasOwn(replaced, rule.name))) values[i] = frozenCopy(value);
    }
  }

  forget(): void {
    this.#lastKnown.clear();
  }

  /** Writes the row with its bad values replaced. Throws the InputError of a value whose policy is "error". */
  write(row: RowObject, key: Key | undefined, write: Writer): Repaired {
    const copy = Object.create(null) as Record<string, unknown>;
    const replaced = Object.create(null) as Record<string, InputExplanation>;
    const apply = (rule: InputRule, reason: BadReason, error: () => InputError): InputError | undefined => {
      const explained = this.#apply(rule, reason, key);
      if (explained === "fallback") return error();
      if (explained === "error") throw error();
      copy[rule.name] = explained.value;
      replaced[rule.name] = explained;
      return undefined;
    };
    for (const rule of this.#rules) {
      const value = valueOf(row, rule);
      if (value !== undefined || Object.hasOwn(row, rule.name)) copy[rule.name] = value;
      const reason = value === undefined || value === null ? (rule.nullIsMissing ? "missing" : undefined) : rule.check?.(value) === false ? "invalid" : undefined;
      if (reason === undefined) continue;
      const error = apply(rule, reason, () => (reason === "missing" ? missing(rule, value, copy) : broken(rule, value)));
      if (error !== undefined) return { error, replaced };
    }
    // One round for each value that is still refused.
    for (;;) {
      try {
        write(copy);
        return { error: undefined, replaced };
      } catch (error) {
        const rule = error instanceof InputError ? this.#rules.find(({ name }) => name === error.path?.[0]) : undefined;
        if (rule === undefined || Object.hasOwn(replaced, rule.name)) throw error;
        const refused = apply(rule, "invalid", () => error as InputError);
        if (refused !== undefined) return { error: refused, replaced };
      }
    }
  }

  #apply(rule: InputRule, reason: BadReason, key: Key | undefined): InputExplanation | "error" | "fallback" {
    const action: Action = rule[reason];
    if (action.policy === "lastKnown") {
      const at = this.#remembered.indexOf(rule);
      const value = key === undefined ? undefined : this.#lastKnown.get(key)?.[at];
      if (value !== undefined) {
        this.#stats.badInput(rule.index, reason, "lastKnown");
        return { source: "lastKnown", reason, value };
      }
    }
    const applied = withoutKey(action);
    this.#stats.badInput(rule.index, reason, applied.policy);
    switch (applied.policy) {
      case "default":
      case "statistic":
        return { source: applied.policy, reason, value: applied.value };
      case "null":
        return { source: "null", reason, value: null };
      default:
        return applied.policy;
    }
  }

  /** Where each value came from that the model saw. */
  explain(row: RowObject, replaced: Repaired["replaced"] | undefined): InputExplanations {
    const out = Object.create(null) as Record<string, InputExplanation>;
    for (const rule of this.#rules) {
      const value = valueOf(row, rule);
      const own = replaced !== undefined && Object.hasOwn(replaced, rule.name) ? replaced[rule.name] : undefined;
      if (own !== undefined) out[rule.name] = own;
      else if (value === undefined || value === null) out[rule.name] = { source: "null", reason: "missing", value: null };
      else out[rule.name] = { source: "given", value };
    }
    return out;
  }
}

function valueOf(row: RowObject, rule: InputRule): unknown {
  const value = row[rule.name];
  return value === rule.inherited ? undefined : value;
}

/** The row's own objects may change after the call. */
function frozenCopy(value: unknown): unknown {
  if (value instanceof Date) return new Date(value.getTime());
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return (value as Float64Array).slice();
  return value;
}

function missing(rule: InputRule, value: unknown, row: object): InputError {
  const absent = value === undefined && !Object.hasOwn(row, rule.name);
  return new InputError(absent ? "MISSING_INPUT" : "NULL_INPUT", absent ? "the row lacks a value" : "null counts as missing here", {
    path: [rule.name],
    expected: formatInputType(rule.input),
    ...(absent ? {} : { actual: received(value) }),
    fix: "Give a value, or another policy in onBadInput",
  });
}

function broken(rule: InputRule, value: unknown): InputError {
  return new InputError("OUT_OF_RANGE", "the value breaks the input's rule", {
    path: [rule.name],
    expected: rule.expected,
    actual: value instanceof Date && Number.isFinite(value.getTime()) ? value.toISOString() : received(value),
  });
}
