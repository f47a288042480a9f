// The service: a process of its own that the example starts, loads with requests and stops. It reads what was saved before
// (the fitted view and the model), looks features up in stores that others write, and logs what it answers.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPredictor, createServer, lmdbStore, loadFeatureView, redisStore } from "skewless";
import { view } from "./features.mjs";
import { STORE_FILE, VIEW_FILE } from "./files.mjs";

const [folder, redisUrl] = process.argv.slice(2);
const shared = {
  view: await loadFeatureView(join(folder, VIEW_FILE), view),
  model: fileURLToPath(new URL("fraud.ubj", import.meta.url)),
  // An answer within 50 ms, whatever happens; the stores have 20 of them.
  budget: { totalMillis: 50, lookupMillis: 20 },
  // What a bank did before it had a model: a large amount is suspicious. The row has what is known of the request.
  fallback: ({ amount }) => (amount > 500 ? 0.5 : 0.01),
  closeStores: true,
};

const services = [
  await createPredictor({
    ...shared,
    name: "fraud",
    store: await lmdbStore({ path: join(folder, STORE_FILE), readOnly: true }),
    log: { path: join(folder, "log") },
  }),
];
if (redisUrl !== undefined) {
  services.push(
    await createPredictor({
      ...shared,
      name: "fraud-redis",
      store: await redisStore({ url: redisUrl, connect: "background" }),
      // After 5 failures within a second nobody waits for the store any more, until a request that is let through succeeds.
      breaker: { failures: 5, windowMillis: 1000, openMillis: 250, halfOpenProbes: 2 },
    }),
  );
}

const server = await createServer({ models: services });
const address = await server.listen({ port: 0, host: "127.0.0.1" });
process.send?.({ address });

// Answers what is under way, and writes the log.
const stop = async () => {
  await server.close();
  if (process.connected) process.disconnect();
};
process.once("SIGTERM", stop);
process.once("disconnect", stop);
