import { Field, Schema, TimestampMicrosecond, Bool, Float32, Utf8 } from "apache-arrow";
import { DefinitionError, received } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import { formatInputType, parseInputType, t, type AnyInputType, type ListItemKind, type InputType } from "../../types/input-type.js";
import { arrowTypeOf } from "./arrow-type.js";

/** What a column of the log is. */
export type LogRole = "meta" | "key" | "untransformed" | "transformed" | "prediction";

export interface NameAndVersion {
  readonly name: string;
  readonly version: string | number;
}

/** What a log holds of a request. */
export interface LogSchema {
  readonly view: NameAndVersion;
  /** Of records that name no model of their own. */
  readonly model?: NameAndVersion;
  /** Of the fitted features that made the transformed vector. */
  readonly fingerprint?: string;
  readonly keys: Inputs;
  /** Features before model-dependent transformations, in the view's order. */
  readonly untransformed: Inputs;
  /** Names of the transformed vector's elements, in its order. */
  readonly transformed: readonly string[];
  /** A number, or a label; float32 by default. */
  readonly prediction?: "float32" | "float64" | "int64" | "utf8";
  /** Logs probabilities too, as a list of this type a record. */
  readonly probabilities?: "float32" | "float64";
  /** Classes that the probabilities are of, in their order: kept in the schema's metadata. */
  readonly classes?: readonly string[];
}

/** The same as plain data, for the worker. */
export interface LogDefinition {
  readonly view: { readonly name: string; readonly version: string };
  readonly model: { readonly name: string; readonly version: string } | undefined;
  readonly fingerprint: string | undefined;
  /** Name, type in the plan's spelling. */
  readonly keys: readonly (readonly [string, string])[];
  readonly untransformed: readonly (readonly [string, string])[];
  /** Names of keys that are untransformed features too, and logged once, as keys. */
  readonly shared: readonly string[];
  readonly transformed: readonly string[];
  readonly prediction: "float32" | "float64" | "int64" | "utf8";
  readonly probabilities: "float32" | "float64" | undefined;
  readonly classes: readonly string[] | undefined;
}

/** Columns that are not the user's; transformed features have the prefix `transformed.`. */
export const TIME = "log.time";
export const REQUEST_ID = "log.request_id";
export const PREDICTION = "log.prediction";
export const MODEL = "log.model";
export const MODEL_VERSION = "log.model_version";
export const TRANSFORMED = "transformed.";

/** Keys of Arrow metadata: of a field, and of the schema. */
export const ROLE = "skewless.role";
/** "true" on a key that is an untransformed feature of the view too. */
export const ALSO_FEATURE = "skewless.untransformed";
export const LOG_FORMAT = "skewless.log";

/** Properties of a record that are logged under names of the log's own, by one marshaller. */
export const META_INPUTS = ["requestId", "modelName", "modelVersion", "fallback", "fallbackReason", "prediction", "probabilities"] as const;

export function logDefinition(schema: LogSchema): LogDefinition {
  const fail = (path: string, expected: string, actual: unknown): never => {
    throw new DefinitionError("INVALID_DEFINITION", "log schema", { path: ["schema", path], expected, actual: received(actual) });
  };
  const named = (path: string, value: NameAndVersion): { name: string; version: string } => {
    if (typeof value?.name !== "string" || (typeof value.version !== "string" && typeof value.version !== "number")) fail(path, "{ name, version }", value);
    return { name: value.name, version: String(value.version) };
  };
  const inputs = (path: string, given: Inputs): [string, string][] =>
    Object.entries(given ?? {}).map(([name, input]) => [name, typeof input?.storage === "string" ? formatInputType(input) : fail(path, "types such as t.float64()", input)]);
  const keys = inputs("keys", schema.keys);
  const untransformed = inputs("untransformed", schema.untransformed);
  const prediction = schema.prediction ?? "float32";
  if (!["float32", "float64", "int64", "utf8"].includes(prediction)) fail("prediction", '"float32", "float64", "int64" or "utf8"', prediction);
  if (schema.probabilities !== undefined && schema.probabilities !== "float32" && schema.probabilities !== "float64") fail("probabilities", '"float32" or "float64"', schema.probabilities);
  const types = new Map(keys);
  const shared: string[] = [];
  for (const [name, type] of untransformed) {
    const key = types.get(name);
    if (key === undefined) continue;
    if (key !== type) fail(name, `the key's type, ${key}`, type);
    shared.push(name);
  }
  const definition: LogDefinition = {
    view: named("view", schema.view),
    model: schema.model === undefined ? undefined : named("model", schema.model),
    fingerprint: schema.fingerprint,
    keys,
    untransformed: untransformed.filter(([name]) => !types.has(name)),
    shared,
    transformed: [...schema.transformed],
    prediction,
    probabilities: schema.probabilities,
    classes: schema.classes === undefined ? undefined : [...schema.classes],
  };
  const seen = new Set<string>();
  for (const { name } of arrowSchema(definition).fields) {
    if (seen.has(name)) fail(name, "names that differ; those that begin with log. or transformed. are the log's own", name);
    seen.add(name);
  }
  return definition;
}

/** The log's columns with their roles, and what they were made by. */
export function arrowSchema(definition: LogDefinition): Schema {
  const field = (name: string, type: ConstructorParameters<typeof Field>[1], role: LogRole, nullable = true, more: readonly [string, string][] = []): Field =>
    new Field(name, type, nullable, new Map([[ROLE, role], ...more]));
  const meta = (name: string, nullable: boolean): Field => field(name, new Utf8(), "meta", nullable);
  const declared = (columns: readonly (readonly [string, string])[], role: LogRole): Field[] =>
    columns.map(([name, type]) =>
      field(name, arrowTypeOf(parsed(type)), role, true, [["skewless.type", type], ...(definition.shared.includes(name) ? [[ALSO_FEATURE, "true"] as [string, string]] : [])]),
    );
  const { view, model, fingerprint, classes } = definition;
  const facts: [string, string | undefined][] = [
    [LOG_FORMAT, "1"],
    ["skewless.view", view.name],
    ["skewless.view_version", view.version],
    ["skewless.model", model?.name],
    ["skewless.model_version", model?.version],
    ["skewless.fingerprint", fingerprint],
    ["skewless.classes", classes === undefined ? undefined : JSON.stringify(classes)],
  ];
  return new Schema(
    [
      field(TIME, new TimestampMicrosecond("UTC"), "meta", false),
      meta(REQUEST_ID, false),
      meta("log.view", false),
      meta("log.view_version", false),
      meta(MODEL, true),
      meta(MODEL_VERSION, true),
      ...declared(definition.keys, "key"),
      ...declared(definition.untransformed, "untransformed"),
      ...definition.transformed.map((name) => field(TRANSFORMED + name, new Float32(), "transformed")),
      field(PREDICTION, arrowTypeOf(predictionInput(definition)), "prediction"),
      ...(definition.probabilities === undefined ? [] : [field("log.probabilities", arrowTypeOf(probabilitiesInput(definition)), "prediction")]),
      field("log.fallback", new Bool(), "meta", false),
      meta("log.fallback_reason", true),
    ],
    new Map(facts.filter((fact): fact is [string, string] => fact[1] !== undefined)),
  );
}

/** A type that {@link logDefinition} wrote. */
export function parsed(type: string): AnyInputType {
  const input = parseInputType(type);
  if (input === undefined) throw new DefinitionError("INVALID_DEFINITION", "log schema", { expected: "a type in the plan's spelling", actual: received(type) });
  return input;
}

export function predictionInput({ prediction }: LogDefinition): AnyInputType {
  return t[prediction]();
}

export function probabilitiesInput({ probabilities }: LogDefinition): AnyInputType {
  const item: InputType<unknown, ListItemKind, boolean> = t[probabilities ?? "float32"]();
  return t.list(item);
}
