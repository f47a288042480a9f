import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SkewlessError } from "../../../errors.js";
import type { ScorerInput } from "../../../scorer/input-tensors.js";
import type { Deployment } from "../deployments.js";
import { HttpError } from "../http-error.js";
import { answerTensors, fieldPlaces, requestsOf } from "../inference-columns.js";
import { modelTensor, readInference, refuse, type InferenceRequest } from "../inference-request.js";
import { outputTensor, tensorMetadata, type OutputTensor } from "../inference-types.js";
import { listJson } from "../json-writer.js";
import { scoringHandler, scoringOptions } from "../scoring.js";
import type { ServerState } from "../server-state.js";
import { targetOf } from "./predict.js";

/** The Open Inference Protocol v2 over HTTP (github.com/kserve/open-inference-protocol, inference_rest.md). */
export function addInference(app: FastifyInstance, state: ServerState): void {
  app.get("/v2", () => ({ name: "skewless", version: state.version, extensions: [] }));
  app.get("/v2/health/live", () => ({ live: true }));
  app.get("/v2/health/ready", async (_request, reply) => {
    const ready = !state.draining && (await allReady(state.models.services));
    return send(reply, ready, { ready, live: true });
  });
  const metadata = (request: FastifyRequest): unknown => {
    const { model, version } = targetOf(state, request);
    const { service } = version ?? model.default;
    return { name: model.name, versions: [...model.versions.keys()], platform: `skewless_${service.backend.name}`, inputs: service.inputs.map(tensorMetadata), outputs: service.outputs.map(tensorMetadata) };
  };
  const modelReady = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { model, version } = targetOf(state, request);
    const wanted = version === undefined ? [...model.versions.values()] : [version];
    const ready = !state.draining && (await allReady(wanted.map(({ service }) => service)));
    return send(reply, ready, { name: model.name, ready });
  };
  const infer = scoringHandler(state, "infer", async (request) => {
    const { model, version } = targetOf(state, request);
    // Its requests have no serving key: one version for all of them.
    return inferJson(state, request, version ?? model.default);
  });
  const options = scoringOptions(state);
  for (const base of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
    app.get(base, metadata);
    app.get(`${base}/ready`, modelReady);
    app.post(`${base}/infer`, options, infer);
  }
}

async function allReady(services: readonly { ready(): Promise<unknown> }[]): Promise<boolean> {
  const results = await Promise.allSettled(services.map((service) => service.ready()));
  return results.every(({ status }) => status === "fulfilled");
}

function send(reply: FastifyReply, ready: boolean, body: object): object {
  void reply.code(ready ? 200 : 503);
  return body;
}

async function inferJson(state: ServerState, request: FastifyRequest, deployment: Deployment): Promise<string> {
  const inference = readInference(request.body);
  const tensors = selected(inference, await run(state, request, deployment, inference));
  const outputs = tensors.map(({ name, datatype, shape, data }) => `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(",")}],"data":${listJson(data)}}`);
  const id = JSON.stringify(inference.id ?? request.id);
  return `{"model_name":${JSON.stringify(deployment.model)},"model_version":${JSON.stringify(deployment.version)},"id":${id},"outputs":[${outputs.join(",")}]}`;
}

function selected({ outputs }: InferenceRequest, tensors: readonly OutputTensor[]): readonly OutputTensor[] {
  if (outputs === undefined) return tensors;
  return outputs.map((name, i) => {
    const found = tensors.find((tensor) => tensor.name === name);
    if (found === undefined) throw refuse(["outputs", i, "name"], `there is no output ${JSON.stringify(name)}: expected ${tensors.map((tensor) => tensor.name).join(", ")}`);
    return found;
  });
}

/** Inputs with the model's names are its own tensors; with names of the view's fields they are columns of requests. */
async function run({ options }: ServerState, request: FastifyRequest, deployment: Deployment, { inputs }: InferenceRequest): Promise<OutputTensor[]> {
  const { service, requestSchema } = deployment;
  const isModel = service.inputs.some((info) => info.name === inputs[0]?.name);
  const places = fieldPlaces(requestSchema);
  for (const { name, path } of inputs) {
    if (isModel ? service.inputs.some((info) => info.name === name) : places.has(name)) continue;
    const names = isModel ? service.inputs.map((info) => info.name) : [...service.inputs.map((info) => info.name), ...places.keys()];
    throw refuse([...path, "name"], `there is no input ${JSON.stringify(name)}: expected ${names.join(", ")}`);
  }
  if (!isModel) {
    const requests = requestsOf(inputs, places);
    if (requests.length > options.maxInstances) throw new HttpError(413, "TOO_MANY_INSTANCES", `expected at most ${options.maxInstances} requests, received ${requests.length}`, "inputs");
    const values = requests.map((body, i) => deployment.read(request, body, [i]));
    return answerTensors(await service.predictMany(values as never, { requestIds: values.map((_, i) => `${request.id}/${i}`) }));
  }
  const named: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const info of service.inputs) {
    const given = inputs.find(({ name }) => name === info.name);
    if (given === undefined) throw refuse(["inputs"], `the model's input ${JSON.stringify(info.name)} is not given`);
    named[info.name] = modelTensor(given, info);
  }
  try {
    const scores = await service.score(named as ScorerInput);
    return service.outputs.map((info) => outputTensor(info, scores[info.name] as never));
  } catch (error) {
    // The model ran on nothing but the request's numbers: what it refuses is the request.
    if (error instanceof SkewlessError && error.code === "RUNTIME_ERROR") throw new HttpError(422, error.code, error.message);
    throw error;
  }
}
