import { OnlineError, SkewlessError } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import type { AnyInputType } from "../../types/input-type.js";
import type { KeyValues, StoredRow } from "../store/store.js";
import type { GroupJoin, ViewContract } from "./contract.js";
import type { LastKnown } from "./last-known.js";
import type { Outcome } from "./lookups.js";
import { ERROR, KEEP, LAST_KNOWN, sourceOf, type Action, type Actions } from "./actions.js";
import { invalidRequest, sectionInputs, type SectionName } from "./request.js";
import type { AnyRequest } from "./types.js";
import { expectedValue, isFiniteValue, mayBeInfinite, type Check } from "./values.js";

/** Where an input's value came from. */
export type InputSource =
  | "key"
  | "lookedUp"
  | "passed"
  | "request"
  | "computed"
  | "late"
  | "lastKnown"
  | "imputed: null"
  | "imputed: default"
  | "imputed: mean"
  | "imputed: median"
  | "imputed: mode";

/** An input's value in a request: a serving key, a passed feature or a parameter. */
interface GivenField {
  readonly name: string;
  readonly path: readonly [SectionName, string];
  readonly input: AnyInputType;
  readonly check: Check;
  /** What every object inherits under the name (a method, for "toString"), which is no value of a request's. */
  readonly inherited: unknown;
  readonly source: InputSource;
  /** Whether it stands for a looked-up feature, which has policies of its own for what is missing. */
  readonly override: boolean;
  readonly actions: Actions;
}

/** A feature that is looked up. */
interface LookedUpField {
  /** In the store's row, and in the view. */
  readonly column: string;
  readonly name: string;
  readonly input: AnyInputType;
  readonly check: Check;
  /** What every object inherits under the column's name. */
  readonly inherited: unknown;
  readonly actions: Actions;
  /** Where a request may override it. */
  readonly passed: GivenField | undefined;
}

interface JoinFields {
  readonly join: GroupJoin;
  readonly keys: readonly { readonly key: string; readonly field: GivenField }[];
  readonly fields: readonly LookedUpField[];
  readonly maxAgeMs: number | undefined;
  readonly ttlMs: number | undefined;
  /** Whether last known rows are kept. */
  readonly remembers: boolean;
}

type MutableRow = Record<string, unknown>;
type Section = Readonly<Record<string, unknown>> | undefined;

/** A request that was checked, before its lookups are answered. */
export interface Pending {
  readonly request: AnyRequest;
  readonly row: MutableRow;
  readonly sources: Record<string, InputSource> | undefined;
  readonly fallbacks: number;
}

/** What an assembled request leaves: the row, and how many of its inputs a policy filled. */
export interface Assembled {
  readonly row: Readonly<Record<string, unknown>>;
  readonly sources: Record<string, InputSource> | undefined;
  readonly fallbacks: number;
}

export interface AssemblerOptions {
  readonly contract: ViewContract;
  /** Looked-up features to fill, by the view's names. */
  readonly wanted: ReadonlySet<string>;
  readonly actions: Readonly<Record<string, Actions>>;
  readonly lastKnown: LastKnown;
  readonly now: () => number;
}

function inheritedOf(name: string): unknown {
  return ({} as Readonly<Record<string, unknown>>)[name];
}

function givenField(section: SectionName, name: string, input: AnyInputType, source: InputSource, actions: Actions, override = false): GivenField {
  const { check } = actions;
  // Numbers of a request are finite unless a rule says otherwise: JSON has no others, and a client's NaN is a mistake.
  const finite = mayBeInfinite(input) && actions.finite !== false;
  return {
    name,
    path: [section, name],
    input,
    check: finite ? (value) => check(value) && isFiniteValue(value) : check,
    inherited: inheritedOf(name),
    source,
    override,
    actions,
  };
}

function known(inputs: Inputs): ReadonlySet<string> {
  return new Set(Object.keys(inputs));
}

/** Puts a request and what was looked up for it together to one row of the view's inputs, compiled at connect(). */
export class Assembler {
  readonly #keys: readonly GivenField[];
  readonly #own: readonly GivenField[];
  readonly #parameters: readonly GivenField[];
  readonly #overrides: readonly GivenField[];
  /** Overrides of features that nothing reads: their values are checked all the same. */
  readonly #unread: readonly GivenField[];
  readonly #joins: readonly JoinFields[];
  readonly #known: Readonly<Record<SectionName, ReadonlySet<string>>>;
  /** A row with every name, in the shape that all rows share. */
  readonly #template: MutableRow;
  readonly #lastKnown: LastKnown;
  readonly #now: () => number;
  // Of the request being assembled: no code of a caller's runs inside but rules' tests, which get no view.
  #sources: Record<string, InputSource> | undefined;
  #fallbacks = 0;

  constructor({ contract, wanted, actions, lastKnown, now }: AssemblerOptions) {
    const sections = sectionInputs(contract);
    this.#known = { servingKeys: known(sections.servingKeys), passedFeatures: known(sections.passedFeatures), requestParameters: known(sections.requestParameters) };
    this.#lastKnown = lastKnown;
    this.#now = now;
    const field = (section: SectionName, source: InputSource, inputs: Inputs, override = false): GivenField[] =>
      Object.entries(inputs).map(([name, input]) => givenField(section, name, input, source, actions[name] as Actions, override));
    this.#keys = field("servingKeys", "key", contract.servingKeys);
    this.#own = field("passedFeatures", "passed", contract.ownPassed);
    this.#parameters = field("requestParameters", "request", contract.requestParameters);
    const overridden = Object.fromEntries(contract.overrides.map((name) => [name, contract.lookedUp[name] as AnyInputType]));
    const overrides = new Map(field("passedFeatures", "passed", overridden, true).map((own) => [own.name, own]));
    const keys = new Map(this.#keys.map((own) => [own.name, own]));
    this.#joins = contract.joins.map((join): JoinFields => {
      const fields = Object.entries(join.group.features).flatMap(([column, input]): LookedUpField[] => {
        const name = join.prefix + column;
        if (!wanted.has(name)) return [];
        const own = actions[name] as Actions;
        return [{ column, name, input, check: own.check, inherited: inheritedOf(column), actions: own, passed: overrides.get(name) }];
      });
      const { maxAgeSeconds, ttlSeconds } = join.group;
      return {
        join,
        keys: join.keys.map(({ key, servingKey }) => ({ key, field: keys.get(servingKey) as GivenField })),
        fields,
        maxAgeMs: maxAgeSeconds === undefined ? undefined : maxAgeSeconds * 1000,
        ttlMs: ttlSeconds === undefined ? undefined : ttlSeconds * 1000,
        remembers: fields.some((field) => field.actions.storeFailure === LAST_KNOWN),
      };
    });
    this.#overrides = [...overrides.values()].filter(({ name }) => wanted.has(name));
    this.#unread = [...overrides.values()].filter(({ name }) => !wanted.has(name));
    const names = [...this.#keys.map(({ name }) => name), ...this.#joins.flatMap(({ fields }) => fields.map(({ name }) => name)), ...this.#own.map(({ name }) => name), ...this.#parameters.map(({ name }) => name)];
    // Parsed, an object keeps its properties in place; built name by name it would become a hash table.
    this.#template = JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null])))) as MutableRow;
  }

  /** Names of a row, in order. */
  get names(): readonly string[] {
    return Object.keys(this.#template);
  }

  /** Columns to look up of a join's group, in the group's order. */
  columns(join: number): readonly string[] {
    return (this.#joins[join] as JoinFields).fields.map(({ column }) => column);
  }

  /**
   * Checks a request and puts its own values into a new row, before anything is looked up: INVALID_REQUEST with the
   * path of what does not fit.
   */
  begin(request: AnyRequest, withSources: boolean): Pending {
    this.#checkSections(request);
    const row: MutableRow = { ...this.#template };
    const { servingKeys, passedFeatures, requestParameters } = request;
    this.#fallbacks = 0;
    this.#sources = undefined;
    for (let i = 0; i < this.#unread.length; i++) {
      const field = this.#unread[i] as GivenField;
      const value = this.#read(passedFeatures, field);
      if (value !== undefined) this.#givenValue({ ...this.#template }, field, value);
    }
    this.#fallbacks = 0;
    this.#sources = withSources ? {} : undefined;
    for (let i = 0; i < this.#keys.length; i++) this.#key(row, this.#keys[i] as GivenField, servingKeys);
    if (passedFeatures !== undefined) {
      for (let i = 0; i < this.#overrides.length; i++) {
        const field = this.#overrides[i] as GivenField;
        const value = this.#read(passedFeatures, field);
        if (value !== undefined) this.#givenValue(row, field, value);
      }
    }
    for (let i = 0; i < this.#own.length; i++) this.#fillGiven(row, this.#own[i] as GivenField, passedFeatures);
    for (let i = 0; i < this.#parameters.length; i++) this.#fillGiven(row, this.#parameters[i] as GivenField, requestParameters);
    return { request, row, sources: this.#sources, fallbacks: this.#fallbacks };
  }

  #checkSections(request: AnyRequest): void {
    if (typeof request !== "object" || request === null || Array.isArray(request)) throw invalidRequest([], "the request", "an object", request);
    for (const section in request) {
      if (section === "servingKeys" || section === "passedFeatures" || section === "requestParameters") this.#checkNames(section, request[section]);
      else throw invalidRequest([section], "there is no such field", "servingKeys, passedFeatures, requestParameters", (request as Record<string, unknown>)[section]);
    }
  }

  #checkNames(section: SectionName, given: unknown): void {
    if (given === undefined) return;
    if (typeof given !== "object" || given === null || Array.isArray(given)) throw invalidRequest([section], "wrong type", "an object", given);
    const names = this.#known[section];
    for (const name in given) {
      if (!names.has(name)) throw invalidRequest([section, name], "there is no such field", [...names].join(", ") || "no fields", (given as Record<string, unknown>)[name]);
    }
  }

  /** A join's keys by the group's names, checked before; undefined where a nullable one is null, as nobody's row is looked up. */
  keysOf(join: number, request: AnyRequest): KeyValues | undefined {
    const keys: Record<string, unknown> = {};
    for (const { key, field } of (this.#joins[join] as JoinFields).keys) {
      const value = this.#read(request.servingKeys, field);
      if (value === null || value === undefined) return undefined;
      keys[key] = value;
    }
    return keys;
  }

  #key(row: MutableRow, field: GivenField, servingKeys: Section): void {
    const value = this.#read(servingKeys, field) ?? null;
    if (value === null) {
      if (!field.input.isNullable) throw this.#lacking(field, this.#read(servingKeys, field));
    } else if (!field.check(value)) throw invalidRequest(field.path, "wrong type", expectedValue(field.input), value);
    this.#put(row, field.name, value, "key");
  }

  /** Puts what was looked up into a begun row; `outcomes[j]` is what join j's lookup gave. */
  finish({ request, row, sources, fallbacks }: Pending, outcomes: readonly Outcome[]): Assembled {
    this.#sources = sources;
    this.#fallbacks = fallbacks;
    for (let j = 0; j < this.#joins.length; j++) this.#join(row, j, request, outcomes[j]);
    return { row, sources, fallbacks: this.#fallbacks };
  }

  #read(section: Section, field: GivenField): unknown {
    if (section === undefined) return undefined;
    const value = section[field.name];
    return value !== undefined && value === field.inherited ? undefined : value;
  }

  #put(row: MutableRow, name: string, value: unknown, source: InputSource): void {
    row[name] = value;
    if (this.#sources !== undefined) this.#sources[name] = source;
  }

  #impute(row: MutableRow, name: string, action: Action): void {
    row[name] = action.value;
    this.#fallbacks++;
    if (this.#sources !== undefined) this.#sources[name] = sourceOf(action);
  }

  #lacking(field: GivenField, value: unknown): OnlineError {
    return invalidRequest(field.path, value === null ? "the value must not be null" : "the request lacks the value", expectedValue(field.input), value);
  }

  #fillGiven(row: MutableRow, field: GivenField, section: Section): void {
    const value = this.#read(section, field);
    if (value !== undefined) {
      this.#givenValue(row, field, value);
      return;
    }
    const action = field.actions.missing;
    if (action === ERROR) throw this.#lacking(field, value);
    // A nullable value that is left out is null, as in a row.
    if (action.kind === "null") this.#put(row, field.name, null, field.source);
    else this.#impute(row, field.name, action);
  }

  #givenValue(row: MutableRow, field: GivenField, value: unknown): void {
    const { missing, invalid } = field.actions;
    if (value === null) {
      if (field.input.isNullable) this.#put(row, field.name, null, field.source);
      else if (missing !== ERROR && !field.override) this.#impute(row, field.name, missing);
      else throw this.#lacking(field, value);
    } else if (field.check(value)) this.#put(row, field.name, value, field.source);
    else if (invalid === ERROR) throw this.#invalidGiven(field, value);
    else this.#impute(row, field.name, invalid);
  }

  #invalidGiven(field: GivenField, value: unknown): OnlineError {
    const { actions } = field;
    const typed = actions.typeCheck(value);
    const finite = typed && !isFiniteValue(value) && actions.finite !== false;
    const what = !typed ? "wrong type" : finite ? "the number is not finite" : "the value is against the feature's rule";
    return invalidRequest(field.path, what, finite ? "a finite number" : typed ? actions.ruleText : expectedValue(field.input), value);
  }

  #join(row: MutableRow, j: number, request: AnyRequest, outcome: Outcome): void {
    const { join, fields, maxAgeMs, ttlMs, remembers } = this.#joins[j] as JoinFields;
    const failure = outcome instanceof SkewlessError ? outcome : undefined;
    let found = outcome instanceof SkewlessError ? undefined : outcome;
    if (remembers) {
      const key = this.#cacheKey(j, request);
      if (key !== undefined) {
        if (failure === undefined) this.#lastKnown.set(key, found);
        else found = this.#lastKnown.get(key);
      }
      if (failure !== undefined && found !== undefined && ttlMs !== undefined && this.#now() - found.eventTime > ttlMs) found = undefined;
    }
    const late = found !== undefined && maxAgeMs !== undefined && this.#now() - found.eventTime > maxAgeMs;
    const { passedFeatures } = request;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as LookedUpField;
      if (passedFeatures !== undefined && field.passed !== undefined && this.#read(passedFeatures, field.passed) !== undefined) continue;
      const { actions } = field;
      if (failure === undefined) {
        if (found === undefined) this.#instead(row, field, actions.missing, join, undefined);
        else if (late && actions.late !== KEEP) this.#instead(row, field, actions.late, join, found);
        else this.#stored(row, field, found, late ? "late" : "lookedUp", join);
      } else if (actions.storeFailure !== LAST_KNOWN) this.#onFailure(row, field, actions.storeFailure, failure);
      else if (found === undefined) this.#onFailure(row, field, actions.withoutLastKnown, failure);
      else if (late && actions.late !== KEEP) this.#instead(row, field, actions.late, join, found);
      else this.#stored(row, field, found, "lastKnown", join);
    }
  }

  #stored(row: MutableRow, field: LookedUpField, found: StoredRow, source: InputSource, join: GroupJoin): void {
    const value = valueOf(found, field);
    if (value === undefined || value === null) {
      // A null that was stored is a value; only a row without the feature misses it.
      if (value === null && field.input.isNullable) this.#put(row, field.name, null, source);
      else this.#instead(row, field, field.actions.missing, join, found);
    } else if (field.check(value)) {
      row[field.name] = value;
      if (source === "lastKnown") this.#fallbacks++;
      if (this.#sources !== undefined) this.#sources[field.name] = source;
    } else if (field.actions.invalid !== ERROR) this.#impute(row, field.name, field.actions.invalid);
    else {
      const typed = field.actions.typeCheck(value);
      const expected = typed ? field.actions.ruleText : expectedValue(field.input);
      throw invalidFeature(field.name, join, typed, expected, value);
    }
  }

  /** What takes the place of a missing or late value. */
  #instead(row: MutableRow, field: LookedUpField, action: Action, join: GroupJoin, found: StoredRow | undefined): void {
    if (action === ERROR) throw found === undefined || (valueOf(found, field) ?? null) === null ? missing(field, join, found) : late(field, join, found, this.#now());
    this.#impute(row, field.name, action);
  }

  #onFailure(row: MutableRow, field: LookedUpField, action: Action, failure: SkewlessError): void {
    if (action !== ERROR) {
      this.#impute(row, field.name, action);
      return;
    }
    throw new OnlineError(failure.code, `the feature could not be looked up: ${failure.what}`, { path: [field.name], ...(failure.fix === undefined ? {} : { fix: failure.fix }) }, { cause: failure });
  }

  /** Of a join's row among the last known ones. */
  #cacheKey(j: number, request: AnyRequest): string | undefined {
    let key = String(j);
    for (const { field } of (this.#joins[j] as JoinFields).keys) {
      const value = this.#read(request.servingKeys, field);
      if (value === null || value === undefined) return undefined;
      // The length keeps texts apart that hold the separator.
      const text = value instanceof Date ? String(Math.floor(value.getTime() / 86_400_000)) : String(value as string | number | bigint | boolean);
      key += `|${text.length}:${text}`;
    }
    return key;
  }
}

function valueOf({ values }: StoredRow, { column, inherited }: LookedUpField): unknown {
  const value = values[column];
  return value !== undefined && value === inherited ? undefined : value;
}

function missing(field: LookedUpField, join: GroupJoin, found: StoredRow | undefined): OnlineError {
  const what = found === undefined ? `the group ${join.group.name} has no row of the key` : `the row of the group ${join.group.name} lacks the feature`;
  return new OnlineError("MISSING_FEATURE", what, { path: [field.name], expected: expectedValue(field.input), fix: "Declare it nullable(), or give a policy for missing" });
}

function late(field: LookedUpField, join: GroupJoin, found: StoredRow, now: number): OnlineError {
  return new OnlineError("LATE_FEATURE", `the row of the group ${join.group.name} is too old`, {
    path: [field.name],
    expected: `at most ${join.group.maxAgeSeconds} s`,
    actual: `${Math.round((now - found.eventTime) / 1000)} s`,
  });
}

function invalidFeature(name: string, join: GroupJoin, typed: boolean, expected: string, value: unknown): OnlineError {
  const { actual } = invalidRequest([], "", "", value);
  return new OnlineError("INVALID_FEATURE", typed ? `the value in the group ${join.group.name} is against the feature's rule` : `the value in the group ${join.group.name} has another type`, {
    path: [name],
    expected,
    ...(actual === undefined ? {} : { actual }),
  });
}
