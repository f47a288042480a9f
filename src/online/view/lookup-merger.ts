import { OnlineError, received, SkewlessError } from "../../errors.js";
import type { AnyInputType } from "../../types/input-type.js";
import type { KeyValues, StoredRow } from "../store/store.js";
import { ERROR, KEEP, LAST_KNOWN, type Action, type Actions } from "./actions.js";
import type { GroupJoin } from "./contract.js";
import type { LastKnown } from "./last-known.js";
import type { Outcome } from "./lookups.js";
import { impute, inheritedOf, put, type InputSource, type MutableRow, type RowState } from "./row-state.js";
import { expectedValue } from "./values.js";

/** A feature that is looked up. */
interface LookedUpField {
  /** In the store's row, and in the view. */
  readonly column: string;
  readonly name: string;
  readonly input: AnyInputType;
  readonly inherited: unknown;
  readonly actions: Actions;
}

export interface MergerOptions {
  /** Features to fill, by the view's names. */
  readonly wanted: ReadonlySet<string>;
  readonly actions: Readonly<Record<string, Actions>>;
  readonly lastKnown: LastKnown;
  readonly now: () => number;
}

/** Merges the answers to one join's lookups into rows, by the features' policies; compiled at connect(). */
export class LookupMerger {
  readonly #join: GroupJoin;
  /** Of the join among the view's: it keeps last known rows of joins apart. */
  readonly #place: number;
  readonly #fields: readonly LookedUpField[];
  readonly #maxAgeMs: number;
  readonly #ttlMs: number;
  /** Whether a key may be null: then nobody's row is looked up. */
  readonly #optional: boolean;
  readonly #remembers: boolean;
  readonly #lastKnown: LastKnown;
  readonly #now: () => number;

  constructor(join: GroupJoin, place: number, { wanted, actions, lastKnown, now }: MergerOptions) {
    const { features, keys, maxAgeSeconds = Infinity, ttlSeconds = Infinity } = join.group;
    this.#join = join;
    this.#place = place;
    this.#fields = Object.entries(features).flatMap(([column, input]): LookedUpField[] => {
      const name = join.prefix + column;
      return wanted.has(name) ? [{ column, name, input, inherited: inheritedOf(column), actions: actions[name] as Actions }] : [];
    });
    this.#maxAgeMs = maxAgeSeconds * 1000;
    this.#ttlMs = ttlSeconds * 1000;
    this.#optional = Object.values(keys).some((input) => input.isNullable);
    this.#remembers = this.#fields.some((field) => field.actions.storeFailure === LAST_KNOWN);
    this.#lastKnown = lastKnown;
    this.#now = now;
  }

  get join(): GroupJoin {
    return this.#join;
  }

  /** Columns to look up, in the group's order. */
  get columns(): readonly string[] {
    return this.#fields.map(({ column }) => column);
  }

  /** Names of the features in the view. */
  get names(): readonly string[] {
    return this.#fields.map(({ name }) => name);
  }

  /** The keys of a row by the group's names; undefined where one is null. */
  keysOf(row: MutableRow): KeyValues | undefined {
    const out: Record<string, unknown> = {};
    for (const { key, servingKey } of this.#join.keys) {
      const value = row[servingKey];
      if (value === null) return undefined;
      out[key] = value;
    }
    return out;
  }

  /** Puts what was looked up into a row that has the request's own values. */
  merge(state: RowState, outcome: Outcome): void {
    // A store that fails takes nothing from who has no row.
    const nobody = this.#optional && this.keysOf(state.row) === undefined;
    const failure = !nobody && outcome instanceof SkewlessError ? outcome : undefined;
    let found = outcome instanceof SkewlessError ? undefined : outcome;
    if (this.#remembers && !nobody) found = this.#recall(state.row, found, failure);
    const late = found !== undefined && this.#maxAgeMs !== Infinity && this.#now() - found.eventTime > this.#maxAgeMs;
    const { overridden } = state;
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as LookedUpField;
      if (overridden?.has(field.name) === true) continue;
      const { actions } = field;
      const last = failure !== undefined && actions.storeFailure === LAST_KNOWN;
      if (failure !== undefined && (!last || found === undefined)) this.#onFailure(state, field, last ? actions.withoutLastKnown : actions.storeFailure, failure);
      else if (found === undefined) this.#instead(state, field, actions.missing, undefined);
      else if (late && actions.late !== KEEP) this.#instead(state, field, actions.late, found);
      else this.#stored(state, field, found, last ? "lastKnown" : late ? "late" : "lookedUp");
    }
  }

  /** Remembers an answer; where there is none, gives the last one, unless its time is over. */
  #recall(row: MutableRow, found: StoredRow | undefined, failure: SkewlessError | undefined): StoredRow | undefined {
    const key = this.#cacheKey(row);
    if (failure === undefined) {
      this.#lastKnown.set(key, found);
      return found;
    }
    const last = this.#lastKnown.get(key);
    return last !== undefined && this.#now() - last.eventTime > this.#ttlMs ? undefined : last;
  }

  #cacheKey(row: MutableRow): string {
    let key = String(this.#place);
    for (const { servingKey } of this.#join.keys) {
      const value = row[servingKey] as string | number | bigint | boolean | Date;
      const text = value instanceof Date ? String(Math.floor(value.getTime() / 86_400_000)) : String(value);
      // The length keeps texts apart that hold the separator.
      key += `|${text.length}:${text}`;
    }
    return key;
  }

  #stored(state: RowState, field: LookedUpField, found: StoredRow, source: InputSource): void {
    const { name, actions } = field;
    const value = valueOf(found, field);
    if (value === undefined || value === null) {
      // A null that was stored is a value; only a row without the feature misses it.
      if (value === null && field.input.isNullable) put(state, name, null, source);
      else this.#instead(state, field, actions.missing, found);
    } else if (actions.check(value)) {
      put(state, name, value, source);
      if (source === "lastKnown") state.fallbacks++;
    } else if (actions.invalid !== ERROR) impute(state, name, actions.invalid);
    else throw this.#invalid(field, value);
  }

  /** What takes the place of a missing or late value. */
  #instead(state: RowState, field: LookedUpField, action: Action, found: StoredRow | undefined): void {
    if (action !== ERROR) {
      impute(state, field.name, action);
      return;
    }
    const value = found === undefined ? undefined : valueOf(found, field);
    throw found === undefined || value === undefined || value === null ? this.#missing(field, found) : this.#late(field, found);
  }

  #onFailure(state: RowState, { name }: LookedUpField, action: Action, failure: SkewlessError): void {
    if (action !== ERROR) {
      impute(state, name, action);
      return;
    }
    const fix = failure.fix === undefined ? {} : { fix: failure.fix };
    throw new OnlineError(failure.code, `the feature could not be looked up: ${failure.what}`, { path: [name], ...fix }, { cause: failure });
  }

  #missing({ name, input }: LookedUpField, found: StoredRow | undefined): OnlineError {
    const group = this.#join.group.name;
    const what = found === undefined ? `the group ${group} has no row of the key` : `the row of the group ${group} lacks the feature`;
    return new OnlineError("MISSING_FEATURE", what, { path: [name], expected: expectedValue(input), fix: "Declare it nullable(), or give a policy for missing" });
  }

  #late({ name }: LookedUpField, { eventTime }: StoredRow): OnlineError {
    return new OnlineError("LATE_FEATURE", `the row of the group ${this.#join.group.name} is too old`, {
      path: [name],
      expected: `at most ${this.#maxAgeMs / 1000} s`,
      actual: `${Math.round((this.#now() - eventTime) / 1000)} s`,
    });
  }

  #invalid({ name, input, actions }: LookedUpField, value: unknown): OnlineError {
    const group = this.#join.group.name;
    const typed = actions.typeCheck(value);
    return new OnlineError("INVALID_FEATURE", typed ? `the value in the group ${group} is against the feature's rule` : `the value in the group ${group} has another type`, {
      path: [name],
      expected: typed ? actions.ruleText : expectedValue(input),
      actual: received(value),
    });
  }
}

function valueOf({ values }: StoredRow, { column, inherited }: LookedUpField): unknown {
  const value = values[column];
  return value !== undefined && value === inherited ? undefined : value;
}
