import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defineFeatureView, featureGroup, guardStore, lmdbStore, redisStore, t, type OnlineStore } from "../../src/index.js";
import { hasRedis, RedisServer } from "./redis-server.js";

const recent = featureGroup({ name: "recent", keys: { card: t.int64() }, features: { spent: t.float64(), count: t.int32(), last: t.float64().nullable() } });
const places = featureGroup({ name: "places", keys: { place: t.utf8() }, features: { risk: t.float64() } });
const view = defineFeatureView({
  name: "v",
  version: 1,
  groups: [recent, places],
  requestParameters: { amount: t.float64() },
  policies: { spent: { storeFailure: "lastKnown", missing: { default: -1 } }, count: { storeFailure: { default: 0 } }, last: { storeFailure: "null" } },
  features: ({ spent, count, last, risk, amount }) => ({ spent, count, last, risk, ratio: amount.div(spent) }),
}).withoutFitting();
const request = (card: number) => ({ servingKeys: { card, place: "p" }, requestParameters: { amount: 10 } });

describe.skipIf(!hasRedis)("a Redis server that fails", () => {
  let server: RedisServer;
  let redis: OnlineStore;
  let lmdb: OnlineStore;
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = guardStore(await redisStore({ url: server.url }), { timeoutMillis: 50 });
    lmdb = await lmdbStore({ path: join(await mkdtemp(join(tmpdir(), "view-")), "store.mdb") });
    await redis.put(recent, [1, 2].map((card) => ({ keys: { card }, values: { spent: card * 5, count: card, last: 0.5 } })));
    await lmdb.put(places, [{ keys: { place: "p" }, values: { risk: 0.25 } }]);
  });
  afterAll(async () => {
    await server.stop();
    await redis.close();
    await lmdb.close();
  });

  test("takes its own features to their policies and leaves the other store's alone; then it is asked again", async () => {
    const online = view.connect({ stores: { recent: redis, places: lmdb } });
    const healthy = await online.getFeatureVector(request(1), { sources: true });
    expect([...healthy.vector]).toEqual([5, 1, 0.5, 0.25, 2]);
    expect(healthy.sources).toMatchObject({ spent: "lookedUp", risk: "lookedUp" });

    server.signal("SIGSTOP");
    const start = performance.now();
    const paused = await online.getFeatureVector(request(1), { sources: true });
    expect(performance.now() - start).toBeLessThan(2000);
    expect([...paused.vector]).toEqual([5, 0, NaN, 0.25, 2]);
    expect(paused.sources).toMatchObject({ spent: "lastKnown", count: "imputed: default", last: "imputed: null", risk: "lookedUp" });
    server.signal("SIGCONT");
    // Card 2 was not seen yet.
    server.signal("SIGKILL");
    await expect.poll(async () => (await online.getFeatureVector(request(2), { sources: true })).sources["spent"], { timeout: 5000 }).toBe("imputed: default");
    const strict = view.connect({ stores: { recent: redis, places: lmdb }, policies: { count: { storeFailure: "error" } } });
    await expect(strict.getFeatureVector(request(2))).rejects.toMatchObject({ name: "OnlineError", code: expect.stringMatching(/^STORE_/) as unknown, path: ["count"] });

    await server.stop();
    await server.start();
    await expect
      .poll(
        async () => {
          await redis.put(recent, [{ keys: { card: 1 }, values: { spent: 20, count: 9, last: null } }]).catch(() => undefined);
          return [...(await online.getFeatureVector(request(1)))];
        },
        { timeout: 10_000, interval: 100 },
      )
      .toEqual([20, 9, NaN, 0.25, 0.5]);
    // The new server has no row of card 2: missing, not failing.
    expect((await online.getFeatureVectors([request(1), request(1)], { sources: true })).map(({ sources }) => sources["count"])).toEqual(["lookedUp", "lookedUp"]);
    await expect(online.getFeatureVector(request(2))).rejects.toMatchObject({ code: "MISSING_FEATURE", path: ["count"] });
  });
});
