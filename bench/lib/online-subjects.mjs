// Feature vectors and predictions in this process: over LMDB, and over Redis beside a bare client.
import { timeBlocks, timeSingleCalls, warmUp } from "./measure.mjs";
import { startRedis } from "./online-redis.mjs";
import { filledLmdb, makeRequests, onlineModel, onlineView } from "./online-view.mjs";

const REQUESTS = 4096;

/** Nanoseconds of getFeatureVector, and of the same with a prediction on top. */
export const vectorSubject = (name) => ({
  prepare: async ({ quick }) => {
    const { Predictor } = await import("../../dist/index.js");
    const { fitted, fill } = await onlineView();
    const store = await filledLmdb(fill);
    const online = fitted.connect({ store });
    const requests = makeRequests(REQUESTS);
    let sink = 0;
    let one = (i) => {
      sink += online.getFeatureVector(requests[i & (REQUESTS - 1)])[0];
    };
    if (name === "predict") {
      const predictor = await Predictor.load({ features: fitted.features, model: onlineModel(fitted) });
      one = (i) => {
        sink += predictor.predict(online.retrieve(requests[i & (REQUESTS - 1)]).row).prediction;
      };
    }
    warmUp(one, quick ? 200 : 1000);
    timeSingleCalls(one, 2000);
    return {
      facts: { features: online.names.length },
      round: async () => {
        const samples = [];
        const singles = [];
        // The event loop turns between blocks, as it does between requests: the store looks at its file anew.
        for (let block = 0; block < (quick ? 50 : 200); block++) {
          samples.push(...timeBlocks(one, { blocks: 1, callsPerBlock: 64 }));
          singles.push(...timeSingleCalls(one, 200));
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (Number.isNaN(sink)) throw new Error("a result is NaN");
        return [{ subject: name, samples, singles }];
      },
    };
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
