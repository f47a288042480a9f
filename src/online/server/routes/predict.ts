import type { FastifyInstance, FastifyRequest } from "fastify";
import type { SkewlessError } from "../../../errors.js";
import type { Deployment, Model } from "../deployments.js";
import { failureOf, HttpError } from "../http-error.js";
import { isRecord } from "../json-body.js";
import { predictionJson } from "../json-writer.js";
import { flag, scoringHandler, scoringOptions } from "../scoring.js";
import type { ServedOptions, ServedPrediction } from "../served-model.js";
import type { ServerState } from "../server-state.js";

/** The model and, where it is given, the version of a request. */
export interface Target {
  readonly model: Model;
  readonly version: Deployment | undefined;
}

/** From the path or, on routes without a model, the query string. */
export function targetOf({ models }: ServerState, request: FastifyRequest): Target {
  const { model: named, version } = request.params as { readonly model?: string; readonly version?: string };
  const asked = named ?? (request.query as { readonly model?: unknown }).model;
  if (asked !== undefined && typeof asked !== "string") throw new HttpError(400, "INVALID_REQUEST", "expected one model", "model");
  const model = asked === undefined ? models.default : models.get(asked);
  return { model, version: version === undefined ? undefined : model.version(version) };
}

/** `POST /v1/predict`, `/v1/models/{model}/predict`, `/v1/models/{model}/versions/{version}/predict`. */
export function addPredict(app: FastifyInstance, state: ServerState): void {
  const handler = scoringHandler(state, "predict", async (request) => {
    const { body } = request;
    const target = targetOf(state, request);
    const options: ServedOptions = { requestId: request.id, sources: flag(request, "sources") ?? false };
    if (isRecord(body) && Object.hasOwn(body, "instances")) return predictMany(state, request, target, body, options);
    const deployment = target.version ?? target.model.choose(body, request.id);
    const values = deployment.read(request, body);
    const answer = await deployment.service.predict(values as never, options);
    if (target.version === undefined) target.model.shadow?.follow(body, answer);
    return predictionJson(answer, deployment.tail);
  });
  const options = scoringOptions(state);
  app.post("/v1/predict", options, handler);
  app.post("/v1/models/:model/predict", options, handler);
  app.post("/v1/models/:model/versions/:version/predict", options, handler);
}

/** `{ instances: [...] }`: one call of each version that instances fall to; an instance that fails is an error in its place. */
async function predictMany(state: ServerState, request: FastifyRequest, { model, version }: Target, body: Readonly<Record<string, unknown>>, options: ServedOptions): Promise<string> {
  const { instances } = body;
  const other = Object.keys(body).find((key) => key !== "instances");
  if (other !== undefined) throw new HttpError(400, "INVALID_REQUEST", "there is no such field beside instances", other);
  if (!Array.isArray(instances)) throw new HttpError(400, "INVALID_REQUEST", "expected a list of requests", "instances");
  const { maxInstances } = state.options;
  if (instances.length > maxInstances) throw new HttpError(413, "TOO_MANY_INSTANCES", `expected at most ${maxInstances} requests, received ${instances.length}`, "instances");
  const shares = new Map<Deployment, { readonly places: number[]; readonly values: unknown[] }>();
  for (const [i, instance] of (instances as readonly unknown[]).entries()) {
    const deployment = version ?? model.choose(instance, `${request.id}/${i}`);
    let share = shares.get(deployment);
    if (share === undefined) shares.set(deployment, (share = { places: [], values: [] }));
    share.places.push(i);
    share.values.push(deployment.read(request, instance, ["instances", i]));
  }
  const out = new Array<string>(instances.length);
  await Promise.all(
    [...shares].map(async ([deployment, { places, values }]) => {
      const answers = await deployment.service.predictMany(values as never, { requestIds: places.map((i) => `${request.id}/${i}`), sources: options.sources === true });
      for (const [k, i] of places.entries()) {
        const answer = answers[k] as ServedPrediction | SkewlessError;
        if (answer instanceof Error) {
          const { code, message, path } = failureOf(answer);
          out[i] = JSON.stringify({ error: { code, message, ...(path === undefined ? {} : { path }) } });
          continue;
        }
        if (version === undefined) model.shadow?.follow(instances[i], answer);
        out[i] = predictionJson(answer, deployment.tail);
      }
    }),
  );
  return `{"requestId":${JSON.stringify(request.id)},"predictions":[${out.join(",")}]}`;
}
