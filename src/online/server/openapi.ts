import type { JsonSchema } from "../view/schema.js";
import type { Deployment, Model } from "./deployments.js";
import { SCHEMAS } from "./openapi-schemas.js";
import type { ServerState } from "./server-state.js";

const TAGS = [
  { name: "Predictions", description: "Requests by the deployment schema of the model's feature view." },
  { name: "Open Inference Protocol", description: "Version 2 of the protocol, as KServe and others speak it." },
  { name: "Operation", description: "Metrics, status and this document." },
];

const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: JsonSchema): object => ({ "application/json": { schema } });

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: "The request does not fit; the path says where.",
  401: "No token, or an unknown one.",
  404: "There is no such model or version.",
  408: "The request did not arrive in time.",
  413: "The body is too large, or has too many instances.",
  415: "The body is not application/json.",
  422: "The request fits, but no answer can be computed from its values.",
  429: "Too many requests wait. Retry-After says when to come again.",
  500: "A failure of the server itself.",
  503: "A store failed, the server is overloaded or shuts down.",
  504: "No answer in time, and no fallback.",
};

interface OperationParts {
  readonly id: string;
  readonly tag: 0 | 1 | 2;
  readonly summary: string;
  readonly description?: string;
  readonly query?: readonly (readonly [name: string, schema: JsonSchema, description: string])[];
  readonly body?: JsonSchema;
  /** Of the answer: its schema, or its type of media. */
  readonly answer: JsonSchema | string;
  readonly failures: readonly number[];
  /** A route that needs no token. */
  readonly isOpen?: boolean;
  /** Statuses beside 200 that come with the answer's own schema. */
  readonly alike?: readonly number[];
}

/** The OpenAPI 3.1 document of a server: every route with requests, answers, errors and security. */
export function openApiDocument({ models, options, version }: ServerState): object {
  const hasTokens = options.tokens.length > 0;
  const schemas: Record<string, JsonSchema> = { ...SCHEMAS };
  for (const deployment of models.deployments) {
    schemas[requestName(deployment)] = { description: `A request to ${deployment.model} ${deployment.version}.`, ...deployment.requestSchema };
  }
  const operation = (parts: OperationParts): object => {
    const error = ref(parts.tag === 1 ? "InferenceError" : "Error");
    const failures = [...parts.failures, ...(hasTokens && parts.isOpen !== true ? [401] : [])].sort((a, b) => a - b);
    const content = typeof parts.answer === "string" ? { [parts.answer]: { schema: { type: "string" } } } : json(parts.answer);
    return {
      operationId: parts.id,
      tags: [(TAGS[parts.tag] as { name: string }).name],
      summary: parts.summary,
      ...(parts.description === undefined ? {} : { description: parts.description }),
      ...(parts.query === undefined ? {} : { parameters: parts.query.map(([name, schema, description]) => ({ name, in: "query", required: false, schema, description })) }),
      ...(parts.body === undefined ? {} : { requestBody: { required: true, content: json(parts.body) } }),
      responses: {
        200: { description: "The answer.", content },
        ...Object.fromEntries((parts.alike ?? []).map((status) => [status, { description: "Not ready.", content }])),
        ...Object.fromEntries(failures.map((status) => [status, { description: DESCRIPTIONS[status], content: json(error), ...(status === 401 ? { headers: { "WWW-Authenticate": { schema: { type: "string" } } } } : status === 429 ? { headers: { "Retry-After": { schema: { type: "integer" } } } } : {}) }])),
      },
      ...(parts.isOpen === true && hasTokens ? { security: [] } : {}),
    };
  };
  return {
    openapi: "3.1.0",
    info: { title: "skewless", version, description: `Models: ${[...models.byName.keys()].join(", ")}.` },
    tags: TAGS,
    ...(hasTokens ? { security: [{ bearer: [] }] } : {}),
    paths: { ...predictionPaths([...models.byName.values()], models.default, operation), ...inferencePaths([...models.byName.values()], operation), ...operationPaths(options.metrics, operation) },
    components: { schemas, ...(hasTokens ? { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } } : {}) },
  };
}

type Operation = (parts: OperationParts) => object;

function requestName({ model, version }: Deployment): string {
  return `Request.${model}.${version}`;
}

const FLAG = { type: "boolean", default: false };
const SOURCES = ["sources", FLAG, "Also gives where each input came from."] as const;
const SCORING_FAILURES = [400, 404, 408, 413, 415, 422, 429, 500, 503, 504];

function predictionPaths(models: readonly Model[], first: Model, operation: Operation): Record<string, object> {
  const out: Record<string, object> = {};
  const add = (base: string, id: string, deployments: readonly Deployment[], what: string, more: OperationParts["query"] = []): void => {
    const requests = deployments.map((deployment) => ref(requestName(deployment)));
    const request: JsonSchema = requests.length === 1 ? (requests[0] as JsonSchema) : { anyOf: requests };
    const instances = { type: "object", properties: { instances: { type: "array", items: request } }, required: ["instances"], additionalProperties: false };
    out[`${base}/predict`] = {
      post: operation({
        id: `predict${id}`,
        tag: 0,
        summary: `A prediction of ${what}`,
        description: "One request gives a Prediction; { instances: [...] } gives Predictions in their order.",
        query: [...more, SOURCES],
        body: { anyOf: [request, instances] },
        answer: { anyOf: [ref("Prediction"), ref("Predictions")] },
        failures: SCORING_FAILURES,
      }),
    };
    out[`${base}/feature-vector`] = {
      post: operation({
        id: `getFeatureVector${id}`,
        tag: 0,
        summary: `The feature vector of ${what}, without the model`,
        query: [...more, ["transformed", { type: "boolean", default: true }, "False gives the features before any fitted transformation."], ["helpers", FLAG, "Adds the helpers to untransformed features."], SOURCES],
        body: request,
        answer: ref("FeatureVector"),
        failures: SCORING_FAILURES,
      }),
    };
  };
  add("/v1", "", [...first.versions.values()], `the default model, ${first.name}`, [["model", { type: "string", enum: models.map(({ name }) => name), default: first.name }, "Another model, whose schema then holds."]]);
  for (const model of models) {
    add(`/v1/models/${model.name}`, `.${model.name}`, [...model.versions.values()], model.name);
    for (const deployment of model.versions.values()) {
      add(`/v1/models/${model.name}/versions/${deployment.version}`, `.${model.name}.${deployment.version}`, [deployment], `${model.name}, version ${deployment.version}`);
    }
  }
  return out;
}

function inferencePaths(models: readonly Model[], operation: Operation): Record<string, object> {
  const get = (id: string, summary: string, schema: string, more: Partial<OperationParts> = {}): object => ({ get: operation({ id, tag: 1, summary, answer: ref(schema), failures: [], ...more }) });
  const out: Record<string, object> = {
    "/v2": get("serverMetadata", "The server", "ServerMetadata"),
    "/v2/health/live": get("serverLive", "Whether the server runs", "ServerLive", { isOpen: true }),
    "/v2/health/ready": get("serverReady", "Whether all models answer", "ServerReady", { isOpen: true, alike: [503] }),
  };
  for (const model of models) {
    const bases = [["", model.name] as const, ...[...model.versions.keys()].map((version) => [`/versions/${version}`, `${model.name}.${version}`] as const)];
    for (const [rest, id] of bases) {
      const base = `/v2/models/${model.name}${rest}`;
      out[base] = get(`modelMetadata.${id}`, "The model's inputs and outputs", "ModelMetadata");
      out[`${base}/ready`] = get(`modelReady.${id}`, "Whether the model answers", "ModelReady", { alike: [503] });
      out[`${base}/infer`] = {
        post: operation({ id: `infer.${id}`, tag: 1, summary: "Scores tensors", body: ref("InferenceRequest"), answer: ref("InferenceResponse"), failures: SCORING_FAILURES }),
      };
    }
  }
  return out;
}

function operationPaths(hasMetrics: boolean, operation: Operation): Record<string, object> {
  const get = (id: string, summary: string, answer: JsonSchema | string): object => ({ get: operation({ id, tag: 2, summary, answer, failures: [] }) });
  return {
    ...(hasMetrics ? { "/metrics": get("metrics", "Metrics for Prometheus", "text/plain") } : {}),
    "/status": get("statusPage", "The status page", "text/html"),
    "/status.json": get("status", "What the status page shows", ref("Status")),
    "/docs": get("docs", "This document as a page", "text/html"),
    "/openapi.json": get("openapi", "This document", { type: "object" }),
  };
}
