// A server of the http cases, in a process of its own: predictions over LMDB, or bare Fastify with bodies of the same size.
// Tells its address, and on each message the processor time that it has used.
import { randomUUID } from "node:crypto";

const listen = { port: 0, host: "127.0.0.1" };

async function skewless() {
  const { createPredictor, createServer } = await import("../../dist/index.js");
  const { filledLmdb, onlineModel, onlineView } = await import("./online-view.mjs");
  const { fitted, fill } = await onlineView();
  const service = await createPredictor({ view: fitted, store: await filledLmdb(fill), model: onlineModel(fitted) });
  const server = await createServer({ models: service });
  return server.listen(listen);
}

async function fastify() {
  const { fastify: create } = await import("fastify");
  const server = create();
  // What a service answers, made of the parsed body so that it is not left unread.
  server.post("/v1/predict", async ({ body: { requestParameters } }) => ({
    requestId: randomUUID(),
    prediction: Math.fround(requestParameters.amount / 97),
    fallback: false,
    model: { name: "bench", version: "1" },
    view: { name: "bench", version: "1" },
  }));
  return server.listen(listen);
}

const address = await { skewless, fastify }[process.argv[2]]();
process.on("message", () => process.send({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit(0));
process.send({ address });
