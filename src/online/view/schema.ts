import type { Inputs } from "../../features/inputs.js";
import type { OutputType } from "../../types/data-type.js";
import { formatInputType, type AnyInputType } from "../../types/input-type.js";
import { inputsOf, type ViewContract } from "./contract.js";
import type { ValueRule } from "./policies.js";
import { sectionInputs } from "./request.js";
import type { Untransformed } from "./untransformed.js";
import { integerRange, unitOf } from "./values.js";

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * JSON Schemas (2020-12; only keywords that draft 7 has too, so that Fastify and Ajv take them as they are, and hence
 * without "$schema").
 */
export interface ViewSchema {
  /** Of a request: servingKeys, passedFeatures, requestParameters. */
  readonly request: JsonSchema;
  /** `{ requests: [...] }`, for many at once. */
  readonly requests: JsonSchema;
  /** `{ names, vector, sources? }`; a null feature, NaN and the infinities are null in JSON. */
  readonly response: JsonSchema;
  /** `{ features, sources? }` of untransformed features; without a fitted view of unknown names. */
  readonly untransformed: JsonSchema;
}

/** What a fitted view adds. */
export interface FittedNames {
  readonly names: readonly string[];
  readonly untransformed: Untransformed;
}

const UNIT_NAMES = { s: "seconds", ms: "milliseconds", us: "microseconds", ns: "nanoseconds", d: "days" } as const;
const INT64: JsonSchema = { anyOf: [{ type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }, { type: "string", pattern: "^-?[0-9]{1,19}$" }] };
const UINT64: JsonSchema = { anyOf: [{ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, { type: "string", pattern: "^[0-9]{1,19}$" }] };
const DAY_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const INSTANT_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$";

function valueSchema(input: AnyInputType): JsonSchema {
  const range = integerRange(input);
  if (range !== undefined) return { type: "integer", minimum: range[0], maximum: range[1] };
  const unit = unitOf(input);
  if (unit !== undefined) {
    const ticks = { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    return { anyOf: [{ type: "string", pattern: unit === "d" ? DAY_PATTERN : INSTANT_PATTERN }, ticks] };
  }
  switch (input.storage) {
    case "int64":
      return INT64;
    case "uint64":
      return UINT64;
    case "bool":
      return { type: "boolean" };
    case "utf8":
      return { type: "string" };
    case "list":
    case "fixedSizeList": {
      const items = { anyOf: [valueSchema(input.item as AnyInputType), { type: "null" }] };
      return { type: "array", items, ...(input.size === undefined ? {} : { minItems: input.size, maxItems: input.size }) };
    }
    default:
      return { type: "number" };
  }
}

/** The type's name, and how an instant is written. */
function describe(input: AnyInputType): string {
  const unit = unitOf(input.item ?? input);
  const type = formatInputType(input);
  if (unit === undefined) return type;
  return unit === "d" ? `${type}: a day such as "2024-05-31", or days since 1970-01-01` : `${type}: RFC 3339 text with a zone, or ${UNIT_NAMES[unit]} since 1970-01-01T00:00:00Z`;
}

/** A finite bound of a plain number; others are checked by the view only. */
function ruleKeywords(input: AnyInputType, rule: ValueRule | undefined): JsonSchema {
  if (rule === undefined || input.type.kind === "timestamp" || input.type.kind === "int64") return {};
  const out: Record<string, unknown> = {};
  if (typeof rule.min === "number" && Number.isFinite(rule.min)) out["minimum"] = rule.min;
  if (typeof rule.max === "number" && Number.isFinite(rule.max)) out["maximum"] = rule.max;
  if (rule.oneOf !== undefined) out["enum"] = rule.oneOf;
  return out;
}

function inputSchema(contract: ViewContract, name: string, input: AnyInputType): JsonSchema {
  const policies = contract.policies[name];
  // A value that a policy replaces is no mistake of the request.
  const strict = policies?.invalid === undefined || policies.invalid === "error";
  const value = strict ? { ...valueSchema(input), ...ruleKeywords(input, policies?.valid) } : {};
  // Not a keyword of our own: strict validators refuse those.
  const description = describe(input);
  if (!strict) return { description };
  return input.isNullable ? { description, anyOf: [value, { type: "null" }] } : { description, ...value };
}

/** Values that a request must have: nothing else gives them. */
function requiredNames(contract: ViewContract, inputs: Inputs): string[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    const missing = contract.policies[name]?.missing;
    return input.isNullable || Object.hasOwn(contract.lookedUp, name) || (missing !== undefined && missing !== "error") ? [] : [name];
  });
}

function requestSchema(contract: ViewContract): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [section, inputs] of Object.entries(sectionInputs(contract))) {
    const own = requiredNames(contract, inputs);
    if (own.length > 0) required.push(section);
    properties[section] = {
      type: "object",
      properties: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, inputSchema(contract, name, input)])),
      ...(own.length > 0 ? { required: own } : {}),
      additionalProperties: false,
    };
  }
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

const NUMBER_OR_NULL: JsonSchema = { anyOf: [{ type: "number" }, { type: "null" }] };
const SOURCES: JsonSchema = { type: "object", description: "Where each input came from.", additionalProperties: { type: "string" } };
const OUTPUTS: Readonly<Record<OutputType, JsonSchema>> = {
  float32: { type: "number" },
  float64: { type: "number" },
  int32: { type: "integer" },
  int64: INT64,
  bool: { type: "boolean" },
  utf8: { type: "string" },
  timestamp: { description: "Ticks in the input's unit.", ...INT64 },
};

function untransformedSchema(contract: ViewContract, fitted: FittedNames | undefined): JsonSchema {
  const inputs = inputsOf(contract);
  const properties: Record<string, JsonSchema> = {};
  for (const { name, input } of fitted?.untransformed.columns ?? []) {
    const output = fitted?.untransformed.plan?.outputs.find((other) => other.name === name);
    const value = input !== undefined ? valueSchema(inputs[input] as AnyInputType) : OUTPUTS[output?.type ?? "float64"];
    properties[name] = { anyOf: [value, { type: "null" }] };
  }
  for (const name of contract.helpers) if (!Object.hasOwn(properties, name)) properties[name] = { anyOf: [valueSchema(inputs[name] as AnyInputType), { type: "null" }] };
  const features = fitted === undefined ? { type: "object" } : { type: "object", properties, additionalProperties: false };
  return { type: "object", properties: { features, sources: SOURCES }, required: ["features"], additionalProperties: false };
}

export function viewSchema(contract: ViewContract, fitted?: FittedNames): ViewSchema {
  const request = requestSchema(contract);
  const size = fitted === undefined ? {} : { minItems: fitted.names.length, maxItems: fitted.names.length };
  return {
    request,
    requests: { type: "object", properties: { requests: { type: "array", items: request } }, required: ["requests"], additionalProperties: false },
    response: {
      type: "object",
      properties: {
        names: { type: "array", items: { type: "string" }, ...size },
        vector: { type: "array", items: NUMBER_OR_NULL, ...size },
        sources: SOURCES,
      },
      required: ["names", "vector"],
      additionalProperties: false,
    },
    untransformed: untransformedSchema(contract, fitted),
  };
}

export interface OpenApiOptions {
  readonly title?: string;
  readonly description?: string;
  readonly servers?: readonly { readonly url: string; readonly description?: string }[];
  /** Path of the operation that answers with the feature vector; "/v1/feature-vector" by default. */
  readonly path?: string;
  /** Path items of other operations, which may refer to #/components/schemas/Request. */
  readonly paths?: Readonly<Record<string, unknown>>;
}

const ERROR_SCHEMA: JsonSchema = {
  type: "object",
  properties: { code: { type: "string" }, message: { type: "string" }, path: { type: "string" } },
  required: ["code", "message"],
};

/** The OpenAPI 3.1 document of a deployment that answers requests with feature vectors. */
export function openApi(contract: ViewContract, options: OpenApiOptions, fitted?: FittedNames): Readonly<Record<string, unknown>> {
  const { request, response, untransformed } = viewSchema(contract, fitted);
  const content = (name: string): unknown => ({ "application/json": { schema: { $ref: `#/components/schemas/${name}` } } });
  const operation = {
    operationId: "getFeatureVector",
    summary: `The feature vector of ${contract.name}`,
    requestBody: { required: true, content: content("Request") },
    responses: {
      "200": { description: "The vector in the order of its names.", content: content("FeatureVector") },
      "400": { description: "The request does not fit; the path says where.", content: content("Error") },
      "503": { description: "A store failed, and no policy says what to do without it.", content: content("Error") },
    },
  };
  return {
    openapi: "3.1.0",
    info: {
      title: options.title ?? contract.name,
      version: String(contract.version),
      ...(options.description === undefined ? {} : { description: options.description }),
    },
    ...(options.servers === undefined ? {} : { servers: options.servers }),
    paths: { [options.path ?? "/v1/feature-vector"]: { post: operation }, ...options.paths },
    components: { schemas: { Request: request, FeatureVector: response, UntransformedFeatures: untransformed, Error: ERROR_SCHEMA } },
  };
}
