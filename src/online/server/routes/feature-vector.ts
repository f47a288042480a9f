import type { FastifyInstance } from "fastify";
import type { InputSource } from "../../view/row-state.js";
import { listJson, recordJson, sourcesJson } from "../json-writer.js";
import { flag, scoringHandler, scoringOptions } from "../scoring.js";
import type { ServerState } from "../server-state.js";
import { targetOf } from "./predict.js";

interface Parts {
  readonly vector?: ArrayLike<number>;
  readonly features?: Readonly<Record<string, unknown>>;
  readonly sources?: Readonly<Record<string, InputSource>>;
}

/**
 * `POST /v1/feature-vector` and the same of a model and version: the view's features for a request, without the model.
 * `?transformed=false` gives those before any fitted transformation, `&helpers=true` the helpers too.
 */
export function addFeatureVector(app: FastifyInstance, state: ServerState): void {
  const handler = scoringHandler(state, "feature-vector", async (request) => {
    const { model, version } = targetOf(state, request);
    const deployment = version ?? model.choose(request.body, request.id);
    const values = deployment.read(request, request.body);
    const transformed = flag(request, "transformed") ?? true;
    const [helpers, sources] = [flag(request, "helpers") ?? false, flag(request, "sources") ?? false];
    const result = await deployment.service.getFeatureVector(values as never, { requestId: request.id, transformed, helpers, sources });
    const parts = (sources ? result : transformed ? { vector: result } : { features: result }) as Parts;
    const head = `{"requestId":${JSON.stringify(request.id)}`;
    const own = parts.vector === undefined ? `"features":${recordJson(parts.features ?? {})}` : `"names":${JSON.stringify(deployment.service.view.names)},"vector":${listJson(parts.vector)}`;
    return `${head},${own}${sourcesJson(parts.sources)},${deployment.tail}}`;
  });
  const options = scoringOptions(state);
  app.post("/v1/feature-vector", options, handler);
  app.post("/v1/models/:model/feature-vector", options, handler);
  app.post("/v1/models/:model/versions/:version/feature-vector", options, handler);
}
