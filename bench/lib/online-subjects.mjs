// Feature vectors and predictions in this process: over LMDB, and over Redis beside a bare client.
import { startRedis } from "./online-redis.mjs";
import { filledLmdb, makeRequests, onlineModel, onlineView, scratchFolder } from "./online-view.mjs";

const REQUESTS = 4096;

/** Awaits each call; nanoseconds a call of a block, and of single calls. */
async function timeAwaited(call, { blocks, callsPerBlock }) {
  const samples = [];
  const singles = [];
  for (let block = 0; block < blocks; block++) {
    const start = performance.now();
    for (let i = 0; i < callsPerBlock; i++) await call(block * callsPerBlock + i);
    samples.push(((performance.now() - start) * 1e6) / callsPerBlock);
    for (let i = 0; i < callsPerBlock; i++) {
      const single = performance.now();
      await call(block + i);
      singles.push((performance.now() - single) * 1e6);
    }
    // The event loop turns, as it does between requests: the store looks at its file anew.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { samples, singles };
}

/** Nanoseconds of getFeatureVector, and of a service's predict without a log. */
export const vectorSubject = (name) => ({
  prepare: async ({ quick }) => {
    const { createPredictor } = await import("../../dist/index.js");
    const { fitted, fill } = await onlineView();
    const store = await filledLmdb(fill);
    const requests = makeRequests(REQUESTS);
    const online = fitted.connect({ store });
    const service = await createPredictor({ view: fitted, store, model: onlineModel(fitted) });
    const calls = { getFeatureVector: online.getFeatureVector.bind(online), predict: service.predict.bind(service) };
    const one = (i) => calls[name](requests[i & (REQUESTS - 1)]);
    await timeAwaited(one, { blocks: quick ? 100 : 500, callsPerBlock: 100 });
    return { round: async () => [{ subject: name, ...(await timeAwaited(one, { blocks: quick ? 50 : 200, callsPerBlock: 100 })) }] };
  },
});

/** Microseconds of awaited calls, in blocks that alternate between the subjects. */
async function alternate(subjects, blocks, callsPerBlock) {
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, { samples: [], singles: [] }]));
  for (let block = 0; block < blocks; block++) {
    for (const [name, call] of Object.entries(subjects)) {
      const begin = performance.now();
      for (let i = 0; i < callsPerBlock; i++) {
        const start = performance.now();
        await call(block * callsPerBlock + i);
        times[name].singles.push((performance.now() - start) * 1000);
      }
      times[name].samples.push(((performance.now() - begin) * 1000) / callsPerBlock);
      // The event loop turns between blocks, as it does between requests.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return Object.entries(times).map(([subject, { samples, singles }]) => ({ subject, samples, singles }));
}

/** getFeatureVector over Redis, and what the `redis` client takes for the same two keys in one pipeline, one after the other. */
export const redisSubject = () => ({
  peer: "redis-server",
  prepare: async ({ quick }) => {
    const { redisStore } = await import("../../dist/index.js");
    const { createClient, RESP_TYPES } = await import("redis");
    const { url } = await startRedis();
    const { fitted, cards, shops, fill } = await onlineView();
    const store = await redisStore({ url });
    await fill(store);
    const online = fitted.connect({ store });
    const requests = makeRequests(REQUESTS);
    const client = createClient({ url });
    await client.connect();
    const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const keys = await keysOf({ cards, shops }, requests);
    const found = await bytes.multi().get(keys[0][0]).get(keys[0][1]).execAsPipeline();
    if (found.includes(null)) throw new Error("the bare client asks for keys that are not there");
    const bare = (own) => (i) => {
      const [card, shop] = keys[i & (REQUESTS - 1)];
      return own.multi().get(card).get(shop).execAsPipeline();
    };
    const subjects = {
      "bare client": bare(bytes),
      getFeatureVector: (i) => online.getFeatureVector(requests[i & (REQUESTS - 1)]),
    };
    await alternate(subjects, 10, quick ? 200 : 1000);
    return { round: () => alternate(subjects, quick ? 20 : 100, 100) };
  },
});

/** The keys of each request's rows, as the store writes them. */
async function keysOf({ cards, shops }, requests) {
  const { KeyCodec } = await import("../../dist/online/store/key.js");
  const [card, shop] = [new KeyCodec(cards), new KeyCodec(shops)];
  return requests.map(({ servingKeys: { card_id, shop_id } }) => [`skewless:${card.text({ card_id })}`, `skewless:${shop.text({ id: shop_id })}`]);
}

/** Microseconds of a service's predict with and without a log. "off again" is another service without: what differs from "off" is noise. */
export const logSubject = () => ({
  prepare: async ({ quick }) => {
    const { createPredictor } = await import("../../dist/index.js");
    const { fitted, fill } = await onlineView();
    const store = await filledLmdb(fill);
    const requests = makeRequests(REQUESTS);
    const make = async (options) => {
      const service = await createPredictor({ view: fitted, store, model: onlineModel(fitted), ...options });
      return { service, call: (i) => service.predict(requests[i & (REQUESTS - 1)]) };
    };
    const off = await make({});
    const again = await make({});
    const on = await make({ log: { path: scratchFolder() } });
    const subjects = { off: off.call, "off again": again.call, on: on.call };
    await alternate(subjects, quick ? 50 : 200, 200);
    return {
      round: async () => {
        const parts = await alternate(subjects, quick ? 50 : 200, 200);
        const { notLogged } = on.service.stats();
        if (notLogged > 0) throw new Error(`${notLogged} answers were not logged`);
        return parts;
      },
    };
  },
});
