import type { OnlineError } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import type { AnyInputType } from "../../types/input-type.js";
import { ERROR, type Actions } from "./actions.js";
import type { ViewContract } from "./contract.js";
import { invalidRequest, sectionInputs, type SectionName } from "./request.js";
import { impute, inheritedOf, put, type InputSource, type MutableRow, type RowState } from "./row-state.js";
import type { AnyRequest } from "./types.js";
import { expectedValue, isFiniteValue, mayBeInfinite, type Check } from "./values.js";

/** An input's value in a request: a serving key, a passed feature or a parameter. */
interface GivenField {
  readonly name: string;
  readonly path: readonly [SectionName, string];
  readonly input: AnyInputType;
  readonly check: Check;
  readonly inherited: unknown;
  readonly source: InputSource;
  /** Whether it stands for a looked-up feature, which has policies of its own for what is missing. */
  readonly override: boolean;
  readonly actions: Actions;
}

type Section = Readonly<Record<string, unknown>> | undefined;

function givenField(section: SectionName, name: string, input: AnyInputType, source: InputSource, actions: Actions, override: boolean): GivenField {
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

function namesOf(inputs: Inputs): ReadonlySet<string> {
  return new Set(Object.keys(inputs));
}

function read(section: Section, field: GivenField): unknown {
  if (section === undefined) return undefined;
  const value = section[field.name];
  return value !== undefined && value === field.inherited ? undefined : value;
}

function lacking(field: GivenField, value: unknown): OnlineError {
  return invalidRequest(field.path, value === null ? "the value must not be null" : "the request lacks the value", expectedValue(field.input), value);
}

function invalid({ path, input, actions }: GivenField, value: unknown): OnlineError {
  if (!actions.typeCheck(value)) return invalidRequest(path, "wrong type", expectedValue(input), value);
  if (actions.finite !== false && !isFiniteValue(value)) return invalidRequest(path, "the number is not finite", "a finite number", value);
  return invalidRequest(path, "the value is against the feature's rule", actions.ruleText, value);
}

/** Parsed, an object keeps its properties in place; built name by name it would become a hash table. */
function templateOf(names: readonly string[]): MutableRow {
  return JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null])))) as MutableRow;
}

function fill(state: RowState, field: GivenField, section: Section): void {
  const value = read(section, field);
  if (value !== undefined) {
    take(state, field, value);
    return;
  }
  const { missing } = field.actions;
  if (missing === ERROR) throw lacking(field, value);
  // A nullable value that is left out is null, as in a row.
  if (missing.kind === "null") put(state, field.name, null, field.source);
  else impute(state, field.name, missing);
}

function take(state: RowState, field: GivenField, value: unknown): void {
  const { actions } = field;
  if (value === null) {
    if (field.input.isNullable) put(state, field.name, null, field.source);
    else if (actions.missing !== ERROR && !field.override) impute(state, field.name, actions.missing);
    else throw lacking(field, value);
  } else if (field.check(value)) put(state, field.name, value, field.source);
  else if (actions.invalid !== ERROR) impute(state, field.name, actions.invalid);
  else throw invalid(field, value);
}

function takeKey(state: RowState, field: GivenField, servingKeys: Section): void {
  const value = read(servingKeys, field);
  if (value === undefined || value === null) {
    if (!field.input.isNullable) throw lacking(field, value);
  } else if (!field.check(value)) throw invalid(field, value);
  put(state, field.name, value ?? null, "key");
}

/** Checks requests and puts their values into rows, before anything is looked up; compiled at connect(). */
export class RequestReader {
  readonly #keys: readonly GivenField[];
  readonly #own: readonly GivenField[];
  readonly #parameters: readonly GivenField[];
  /** Looked-up features that a request may override; those that nothing reads are checked all the same. */
  readonly #overrides: readonly GivenField[];
  readonly #unread: readonly GivenField[];
  readonly #names: Readonly<Record<SectionName, ReadonlySet<string>>>;
  /** A row with every name, in the shape that all rows share. */
  #template: MutableRow;

  /** `wanted`: the looked-up features that a row has, in order. */
  constructor(contract: ViewContract, wanted: readonly string[], actions: Readonly<Record<string, Actions>>) {
    const sections = sectionInputs(contract);
    this.#names = { servingKeys: namesOf(sections.servingKeys), passedFeatures: namesOf(sections.passedFeatures), requestParameters: namesOf(sections.requestParameters) };
    const fields = (section: SectionName, source: InputSource, inputs: Inputs, override = false): GivenField[] =>
      Object.entries(inputs).map(([name, input]) => givenField(section, name, input, source, actions[name] as Actions, override));
    this.#keys = fields("servingKeys", "key", contract.servingKeys);
    this.#own = fields("passedFeatures", "passed", contract.ownPassed);
    this.#parameters = fields("requestParameters", "request", contract.requestParameters);
    const overridden = Object.fromEntries(contract.overrides.map((name) => [name, contract.lookedUp[name] as AnyInputType]));
    const overrides = fields("passedFeatures", "passed", overridden, true);
    this.#overrides = overrides.filter(({ name }) => wanted.includes(name));
    this.#unread = overrides.filter(({ name }) => !wanted.includes(name));
    const nameOf = ({ name }: GivenField): string => name;
    const names = [...this.#keys.map(nameOf), ...wanted, ...this.#own.map(nameOf), ...this.#parameters.map(nameOf)];
    this.#template = templateOf(names);
  }

  /** Gives all rows more names, null at first, for what is computed beside their inputs. */
  reserve(names: readonly string[]): void {
    this.#template = templateOf([...Object.keys(this.#template), ...names]);
  }

  /** Names of a row, in order. */
  get rowNames(): readonly string[] {
    return Object.keys(this.#template);
  }

  /** A request's own values in a new row: INVALID_REQUEST with the path of what does not fit. */
  read(request: AnyRequest, withSources: boolean): RowState {
    this.#checkSections(request);
    const { servingKeys, passedFeatures, requestParameters } = request;
    const state: RowState = { row: { ...this.#template }, sources: withSources ? {} : undefined, fallbacks: 0, overridden: undefined };
    for (const field of this.#keys) takeKey(state, field, servingKeys);
    if (passedFeatures !== undefined) this.#override(state, passedFeatures);
    for (const field of this.#own) fill(state, field, passedFeatures);
    for (const field of this.#parameters) fill(state, field, requestParameters);
    return state;
  }

  #override(state: RowState, passedFeatures: NonNullable<Section>): void {
    for (const field of this.#overrides) {
      const value = read(passedFeatures, field);
      if (value === undefined) continue;
      (state.overridden ??= new Set()).add(field.name);
      take(state, field, value);
    }
    for (const field of this.#unread) {
      const value = read(passedFeatures, field);
      if (value !== undefined) take({ row: {}, sources: undefined, fallbacks: 0, overridden: undefined }, field, value);
    }
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
    const names = this.#names[section];
    for (const name in given) {
      if (!names.has(name)) throw invalidRequest([section, name], "there is no such field", [...names].join(", ") || "no fields", (given as Record<string, unknown>)[name]);
    }
  }
}
