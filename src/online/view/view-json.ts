/** The parts of a saved view as JSON and back. */

import { SpecError, received } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import { stateFromJson, stateToJson, type StateValue } from "../../features/transform.js";
import { planFromJson, planToJson, type Json } from "../../plan/json.js";
import { formatInputType, parseInputType, type AnyInputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";
import { declareContract, type ViewContract } from "./contract.js";
import type { FeaturePolicies, Policies } from "./policies.js";
import type { Statistics } from "./statistics.js";
import type { Untransformed, UntransformedColumn } from "./untransformed.js";

type Path = readonly (string | number)[];

function bad(path: Path, expected: string, value: unknown): never {
  throw new SpecError("INVALID_SPEC", "malformed view", { path, expected, actual: received(value) });
}

export function record(value: unknown, path: Path): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : bad(path, "an object", value);
}

function list(value: unknown, path: Path): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : bad(path, "an array", value);
}

function text(value: unknown, path: Path): string {
  return typeof value === "string" ? value : bad(path, "text", value);
}

export function texts(value: unknown, path: Path): readonly string[] {
  return list(value, path).map((item, i) => text(item, [...path, i]));
}

function typesToJson(types: Inputs): Json {
  return Object.entries(types).map(([name, input]) => ({ name, type: formatInputType(input), nullable: input.isNullable }));
}

function typesFromJson(value: unknown, path: Path): Inputs {
  const out: Record<string, AnyInputType> = {};
  for (const [i, item] of list(value, path).entries()) {
    const entry = record(item, [...path, i]);
    const type = parseInputType(text(entry["type"], [...path, i, "type"])) ?? bad([...path, i, "type"], "an input type", entry["type"]);
    out[text(entry["name"], [...path, i, "name"])] = entry["nullable"] === true ? type.nullable() : type;
  }
  return out;
}

function groupToJson({ name, keys, features, eventTime, ttlSeconds, maxAgeSeconds }: FeatureGroup): Json {
  return {
    name,
    keys: typesToJson(keys),
    features: typesToJson(features),
    ...(eventTime === undefined ? {} : { eventTime }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  };
}

function groupFromJson(value: unknown, path: Path): FeatureGroup {
  const { name, keys, features, eventTime, ttlSeconds, maxAgeSeconds } = record(value, path);
  const seconds = (given: unknown, key: string): number => (typeof given === "number" && given > 0 ? given : bad([...path, key], "a number above 0", given));
  return Object.freeze({
    name: text(name, [...path, "name"]),
    keys: typesFromJson(keys, [...path, "keys"]),
    features: typesFromJson(features, [...path, "features"]),
    ...(eventTime === undefined ? {} : { eventTime: text(eventTime, [...path, "eventTime"]) }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds: seconds(ttlSeconds, "ttlSeconds") }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds: seconds(maxAgeSeconds, "maxAgeSeconds") }),
  });
}

/** A rule's function cannot be written: that there is one is. */
function policiesToJson(policies: Policies): Json {
  const entries = Object.entries(policies).map(([name, { valid, ...rest }]): [string, Json] => {
    if (valid === undefined) return [name, stateToJson(rest as StateValue)];
    const { test, ...rules } = valid;
    const written = { ...rules, ...(test === undefined ? {} : { test: true }) };
    return [name, stateToJson({ ...rest, valid: written } as StateValue)];
  });
  return Object.fromEntries(entries);
}

/** Stands for a rule's function, which a file cannot hold: connect() refuses it. */
export function lostRule(): boolean {
  return false;
}

function policiesFromJson(value: unknown, path: Path): Policies {
  const policies: Record<string, FeaturePolicies> = {};
  for (const [name, json] of Object.entries(record(value, path))) {
    const own = record(stateFromJson(json), [...path, name]);
    const valid = own["valid"] as Record<string, unknown> | undefined;
    policies[name] = valid?.["test"] === true ? { ...own, valid: { ...valid, test: lostRule } } : own;
  }
  return policies;
}

export function contractToJson(contract: ViewContract): Json {
  return {
    name: contract.name,
    version: contract.version,
    groups: contract.joins.map(({ group, keys, prefix }) => ({
      group: groupToJson(group),
      keys: Object.fromEntries(keys.map(({ key, servingKey }) => [key, servingKey])),
      prefix,
    })),
    requestParameters: typesToJson(contract.requestParameters),
    overrides: contract.overrides,
    ownPassed: typesToJson(contract.ownPassed),
    helpers: contract.helpers,
    labels: contract.labels,
    labelTypes: typesToJson(contract.labelTypes),
    policies: policiesToJson(contract.policies),
  };
}

export function contractFromJson(value: unknown): ViewContract {
  const path = ["contract"];
  const root = record(value, path);
  const groups = new Map<string, FeatureGroup>();
  const joins = list(root["groups"], [...path, "groups"]).map((item, i) => {
    const at = [...path, "groups", i];
    const entry = record(item, at);
    const read = groupFromJson(entry["group"], [...at, "group"]);
    // One object for a group that is joined twice, as in a declaration.
    const group = groups.get(read.name) ?? read;
    groups.set(read.name, group);
    return { group, keys: record(entry["keys"], [...at, "keys"]) as Record<string, string>, prefix: text(entry["prefix"], [...at, "prefix"]) };
  });
  const policies = policiesFromJson(root["policies"], [...path, "policies"]);
  const labels = texts(root["labels"], [...path, "labels"]);
  const labelTypes = typesFromJson(root["labelTypes"], [...path, "labelTypes"]);
  try {
    return declareContract({
      name: root["name"],
      version: root["version"],
      groups: joins,
      requestParameters: typesFromJson(root["requestParameters"], [...path, "requestParameters"]),
      passedFeatures: {
        ...Object.fromEntries(texts(root["overrides"], [...path, "overrides"]).map((name) => [name, "lookedUp"])),
        ...typesFromJson(root["ownPassed"], [...path, "ownPassed"]),
      },
      helpers: texts(root["helpers"], [...path, "helpers"]),
      labels: Object.keys(labelTypes).length > 0 ? labelTypes : labels,
      policies,
    });
  } catch (error) {
    throw new SpecError("INVALID_SPEC", "malformed view", { path }, { cause: error });
  }
}

export function statisticsToJson(statistics: Statistics): Json {
  return stateToJson(statistics as unknown as StateValue);
}

export function statisticsFromJson(value: unknown): Statistics {
  const out = record(stateFromJson(record(value, ["statistics"])), ["statistics"]);
  for (const [name, values] of Object.entries(out)) record(values, ["statistics", name]);
  return Object.assign(Object.create(null) as object, out) as Statistics;
}

export function untransformedToJson({ columns, plan }: Untransformed): Json {
  return { columns: columns.map((column) => ({ ...column })), plan: plan === undefined ? null : planToJson(plan) };
}

export function untransformedFromJson(value: unknown, inputs: Inputs): Untransformed {
  const path = ["untransformed"];
  const root = record(value, path);
  const plan = root["plan"] === null ? undefined : planFromJson(root["plan"]);
  const columns = list(root["columns"], [...path, "columns"]).map((item, i): UntransformedColumn => {
    const entry = record(item, [...path, "columns", i]);
    const name = text(entry["name"], [...path, "columns", i, "name"]);
    if (entry["input"] === undefined) {
      if (plan?.outputs.some((output) => output.name === name) !== true) bad([...path, "columns", i], "an output of the plan", name);
      return { name };
    }
    const input = text(entry["input"], [...path, "columns", i, "input"]);
    if (!Object.hasOwn(inputs, input)) bad([...path, "columns", i, "input"], "an input of the view", input);
    return { name, input };
  });
  return { columns, plan };
}
