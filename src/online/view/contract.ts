import { DefinitionError, received } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import { formatInputType, type AnyInputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";
import { checkName, checkTypes, isInputType, onlyProperties } from "../names.js";
import { checkPolicies, type Policies } from "./policies.js";
import type { JoinedGroup, ViewGroup } from "./types.js";

/** A group as a view joins it. */
export interface GroupJoin {
  readonly group: FeatureGroup;
  /** The group's key → the view's serving key, in the group's order. */
  readonly keys: readonly { readonly key: string; readonly servingKey: string }[];
  readonly prefix: string;
}

/** Everything of a view but its expressions: what requests look like and where inputs come from. */
export interface ViewContract {
  readonly name: string;
  readonly version: number;
  readonly joins: readonly GroupJoin[];
  readonly servingKeys: Inputs;
  /** Looked-up features by the view's names. */
  readonly lookedUp: Inputs;
  /** Names of looked-up features that a request may override. */
  readonly overrides: readonly string[];
  /** Passed features that no group has. */
  readonly ownPassed: Inputs;
  readonly requestParameters: Inputs;
  readonly helpers: readonly string[];
  readonly labels: readonly string[];
  /** Labels with a type, which fitted transformations may learn from. */
  readonly labelTypes: Inputs;
  readonly policies: Policies;
}

/** A declaration before it is checked; every part may be anything. */
export interface ContractDeclaration {
  readonly name: unknown;
  readonly version: unknown;
  readonly groups: unknown;
  readonly requestParameters?: unknown;
  readonly passedFeatures?: unknown;
  readonly helpers?: unknown;
  readonly labels?: unknown;
  readonly policies?: unknown;
}

type Path = readonly (string | number)[];

function bad(path: Path, expected: string, value: unknown): never {
  throw new DefinitionError("INVALID_DEFINITION", "feature view", { path, expected, actual: received(value) });
}

/** Inputs from different sources must have names of their own. */
class Names {
  readonly #places = new Map<string, string>();

  take(name: string, place: string, path: Path): void {
    const other = this.#places.get(name);
    if (other !== undefined) {
      throw new DefinitionError("INVALID_DEFINITION", `${place} has the name of ${other}`, { path, actual: JSON.stringify(name), fix: "Rename one, or join the group with a prefix" });
    }
    this.#places.set(name, place);
  }
}

export function declareContract(declaration: ContractDeclaration): ViewContract {
  const { name, version } = declaration;
  checkName(["name"], name);
  if (!Number.isSafeInteger(version) || (version as number) < 1) bad(["version"], "an integer from 1", version);
  const names = new Names();
  const joins = readJoins(declaration.groups);
  const servingKeys = keysOf(joins, names);
  const lookedUp: Record<string, AnyInputType> = {};
  for (const [i, { group, prefix }] of joins.entries()) {
    for (const [feature, type] of Object.entries(group.features)) {
      checkName(["groups", i, "features", feature], prefix + feature);
      names.take(prefix + feature, `a feature of the group ${group.name}`, ["groups", i, "features", feature]);
      lookedUp[prefix + feature] = type;
    }
  }
  const requestParameters = declaration.requestParameters ?? {};
  checkTypes(["requestParameters"], requestParameters);
  for (const parameter of Object.keys(requestParameters)) names.take(parameter, "a request parameter", ["requestParameters", parameter]);
  const { overrides, ownPassed } = readPassed(declaration.passedFeatures, lookedUp, names);
  const inputs: Inputs = { ...lookedUp, ...ownPassed, ...requestParameters };
  const { labels, labelTypes } = readLabels(declaration.labels, names);
  return Object.freeze({
    name,
    version: version as number,
    joins,
    servingKeys,
    lookedUp: Object.freeze(lookedUp),
    overrides,
    ownPassed,
    requestParameters: Object.freeze({ ...requestParameters }),
    helpers: readHelpers(declaration.helpers, inputs),
    labels,
    labelTypes,
    policies: checkPolicies(inputs, (input) => Object.hasOwn(lookedUp, input), declaration.policies),
  });
}

function isGroup(value: unknown): value is FeatureGroup {
  if (typeof value !== "object" || value === null) return false;
  const { name, keys, features } = value as Partial<FeatureGroup>;
  return typeof name === "string" && typeof keys === "object" && typeof features === "object";
}

function readJoins(groups: unknown): GroupJoin[] {
  if (!Array.isArray(groups)) return bad(["groups"], "an array of feature groups", groups);
  const seen = new Map<string, FeatureGroup>();
  return (groups as readonly ViewGroup[]).map((given, i): GroupJoin => {
    const path = ["groups", i];
    const joined: JoinedGroup = isGroup(given) ? { group: given } : given;
    if (typeof joined !== "object" || joined === null || !isGroup(joined.group)) return bad(path, "a feature group, or { group, keys, prefix }", given);
    onlyProperties(path, joined, ["group", "keys", "prefix"]);
    const { group, keys = {}, prefix = "" } = joined;
    checkTypes([...path, "keys"], group.keys);
    checkTypes([...path, "features"], group.features);
    if (typeof prefix !== "string") bad([...path, "prefix"], "text", prefix);
    const other = seen.get(group.name);
    if (other !== undefined && other !== group) bad([...path, "name"], "a name that no other group has", group.name);
    seen.set(group.name, group);
    for (const [key, servingKey] of Object.entries(keys)) {
      if (!Object.hasOwn(group.keys, key)) bad([...path, "keys", key], `a key of the group: ${Object.keys(group.keys).join(", ")}`, key);
      checkName([...path, "keys", key], servingKey);
    }
    const mapped = Object.keys(group.keys).map((key) => ({ key, servingKey: Object.hasOwn(keys, key) ? (keys[key] as string) : key }));
    return Object.freeze({ group, keys: Object.freeze(mapped), prefix });
  });
}

/** A serving key may serve several groups, with one type in all. */
function keysOf(joins: readonly GroupJoin[], names: Names): Inputs {
  const out: Record<string, AnyInputType> = {};
  for (const [i, { group, keys }] of joins.entries()) {
    for (const { key, servingKey } of keys) {
      const type = group.keys[key] as AnyInputType;
      const path = ["groups", i, "keys", key];
      checkName(path, servingKey);
      const known = Object.hasOwn(out, servingKey) ? out[servingKey] : undefined;
      if (known === undefined) {
        names.take(servingKey, "a serving key", path);
        out[servingKey] = type;
      } else if (formatInputType(known) !== formatInputType(type) || known.isNullable !== type.isNullable) {
        bad(path, `the type that the serving key has in another group: ${formatInputType(known)}`, formatInputType(type));
      }
    }
  }
  return Object.freeze(out);
}

function readPassed(given: unknown, lookedUp: Inputs, names: Names): { overrides: readonly string[]; ownPassed: Inputs } {
  if (given === undefined) return { overrides: [], ownPassed: {} };
  if (typeof given !== "object" || given === null) return bad(["passedFeatures"], 'names, or an object of "lookedUp" and input types', given);
  const entries = Array.isArray(given) ? (given as readonly unknown[]).map((name) => [name, "lookedUp"] as const) : Object.entries(given);
  const overrides: string[] = [];
  const ownPassed: Record<string, AnyInputType> = {};
  for (const [name, what] of entries) {
    checkName(["passedFeatures"], name);
    const path = ["passedFeatures", name];
    if (what === "lookedUp") {
      if (!Object.hasOwn(lookedUp, name)) bad(path, `a feature of the groups: ${Object.keys(lookedUp).join(", ")}; give others a type`, name);
      if (overrides.includes(name)) bad(path, "each name once", name);
      overrides.push(name);
    } else if (isInputType(what)) {
      names.take(name, "a passed feature", path);
      ownPassed[name] = what;
    } else bad(path, '"lookedUp" or an input type', what);
  }
  return { overrides: Object.freeze(overrides), ownPassed: Object.freeze(ownPassed) };
}

function readHelpers(given: unknown, inputs: Inputs): readonly string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) return bad(["helpers"], "an array of input names", given);
  for (const [i, name] of (given as readonly unknown[]).entries()) {
    if (typeof name !== "string" || !Object.hasOwn(inputs, name)) bad(["helpers", i], `an input other than a serving key: ${Object.keys(inputs).join(", ")}`, name);
    if (given.indexOf(name) < i) bad(["helpers", i], "each name once", name);
  }
  return Object.freeze([...(given as readonly string[])]);
}

function readLabels(given: unknown, names: Names): { labels: readonly string[]; labelTypes: Inputs } {
  if (given === undefined) return { labels: [], labelTypes: {} };
  if (typeof given !== "object" || given === null) return bad(["labels"], "names of columns, or an object of input types", given);
  const labels = Array.isArray(given) ? (given as readonly unknown[]) : Object.keys(given);
  if (!Array.isArray(given)) checkTypes(["labels"], given);
  for (const label of labels) {
    checkName(["labels"], label);
    names.take(label, "a label", ["labels", label]);
  }
  return { labels: Object.freeze([...(labels as readonly string[])]), labelTypes: Object.freeze(Array.isArray(given) ? {} : { ...(given as Inputs) }) };
}

/** Every input of the view's expressions by name, without labels. */
export function inputsOf(contract: ViewContract): Inputs {
  const { servingKeys, lookedUp, ownPassed, requestParameters } = contract;
  return { ...servingKeys, ...lookedUp, ...ownPassed, ...requestParameters };
}
