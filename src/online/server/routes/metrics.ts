import type { FastifyInstance } from "fastify";
import { importPeer } from "../../../peer.js";
import { metricsText } from "../metrics-text.js";
import type { ServerState } from "../server-state.js";

/** `GET /metrics`: the services' metrics and the server's own, for Prometheus. MISSING_PEER without prom-client. */
export async function addMetrics(app: FastifyInstance, state: ServerState): Promise<void> {
  const { Registry } = await importPeer("prom-client", "/metrics of the server", () => import("prom-client"));
  const registry = new Registry();
  for (const service of state.models.services) await service.register(registry as never);
  app.get("/metrics", async (_request, reply) => {
    void reply.header("content-type", registry.contentType);
    return `${metricsText(state)}${await registry.metrics()}`;
  });
}
