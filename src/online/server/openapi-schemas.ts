import type { JsonSchema } from "../view/schema.js";
import { DATATYPES } from "./inference-types.js";

const object = (properties: Readonly<Record<string, unknown>>, required: readonly string[] = Object.keys(properties), description?: string): JsonSchema => ({
  type: "object",
  ...(description === undefined ? {} : { description }),
  properties,
  required,
});
const TEXT = { type: "string" };
const COUNT = { type: "integer", minimum: 0 };
const NUMBER_OR_NULL = { type: ["number", "null"], description: "null for NaN and the infinities" };
const LABEL = { type: ["number", "string"], description: "integers beyond 2^53 as their digits" };
const NAMED = object({ name: TEXT, version: TEXT });
const SOURCES = { type: "object", description: "Where each input came from, with ?sources=true.", additionalProperties: TEXT };
const ERROR = object({ code: TEXT, message: TEXT, path: { type: "string", description: "Of the value in the request." }, requestId: TEXT }, ["code", "message"]);
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
const DATATYPE = { type: "string", enum: Object.values(DATATYPES) };
const SHAPE = { type: "array", items: COUNT };
const PARAMETERS = { type: "object", description: "Accepted; change nothing." };
const DATA = { type: "array", description: "Elements in row-major order, flat or nested as the shape. null is NaN where the datatype is floating.", items: {} };
const METADATA_TENSOR = object({ name: TEXT, datatype: DATATYPE, shape: { type: "array", description: "-1 for a size that is free.", items: { type: "integer", minimum: -1 } } });

const COMMON = { requestId: TEXT, model: NAMED, view: NAMED };

/** Schemas that do not depend on the models. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Prediction: object(
    {
      requestId: TEXT,
      prediction: { description: "A number, a class label, or the values of several targets.", anyOf: [NUMBER_OR_NULL, TEXT, { type: "array", items: { type: ["number", "string", "null"] } }] },
      probabilities: { type: "array", description: "A score for each class.", items: NUMBER_OR_NULL },
      classes: { type: "array", items: LABEL },
      fallback: { type: "boolean", description: "Whether the answer is not the model's." },
      reason: { type: "string", description: "Why it is not." },
      sources: SOURCES,
      model: NAMED,
      view: NAMED,
    },
    ["requestId", "prediction", "fallback", "model", "view"],
    "An answer to a request.",
  ),
  Predictions: object({ requestId: TEXT, predictions: { type: "array", items: { anyOf: [ref("Prediction"), object({ error: ERROR })] } } }, undefined, "Answers in the order of the instances; one that failed is an error in its place."),
  FeatureVector: object(
    { ...COMMON, names: { type: "array", items: TEXT }, vector: { type: "array", items: NUMBER_OR_NULL }, features: { type: "object", description: "Untransformed features by name, with ?transformed=false, instead of names and vector." }, sources: SOURCES },
    ["requestId", "model", "view"],
  ),
  Error: object({ error: ERROR }, undefined, "Of /v1 and all other routes but /v2."),
  InferenceRequest: object(
    {
      id: TEXT,
      parameters: PARAMETERS,
      inputs: { type: "array", minItems: 1, items: object({ name: TEXT, shape: SHAPE, datatype: DATATYPE, parameters: PARAMETERS, data: DATA }, ["name", "shape", "datatype", "data"]) },
      outputs: { type: "array", description: "The outputs that are wanted; all where it is left out.", items: object({ name: TEXT, parameters: PARAMETERS }, ["name"]) },
    },
    ["inputs"],
    "Tensors of the model's own inputs, or columns of the view's fields.",
  ),
  InferenceResponse: object({ model_name: TEXT, model_version: TEXT, id: TEXT, outputs: { type: "array", items: object({ name: TEXT, shape: SHAPE, datatype: DATATYPE, data: DATA }) } }),
  InferenceError: object({ error: TEXT }, undefined, "Of /v2."),
  ServerMetadata: object({ name: TEXT, version: TEXT, extensions: { type: "array", items: TEXT } }),
  ModelMetadata: object({ name: TEXT, versions: { type: "array", items: TEXT }, platform: TEXT, inputs: { type: "array", items: METADATA_TENSOR }, outputs: { type: "array", items: METADATA_TENSOR } }),
  ServerLive: object({ live: { type: "boolean" } }),
  ServerReady: object({ ready: { type: "boolean" }, live: { type: "boolean" } }),
  ModelReady: object({ name: TEXT, ready: { type: "boolean" } }),
  Status: { type: "object", description: "What the status page shows." },
};
