import { expect, test } from "vitest";
import { murmur3 } from "../../src/online/server/murmur.js";
import { TrafficSplit } from "../../src/online/server/traffic.js";
import { get, HeldModel, make, post, request, serve } from "./server-support.js";

test("MurmurHash3 gives the published values", () => {
  // From the reference implementation's well-known vectors.
  expect(murmur3("", 0)).toBe(0);
  expect(murmur3("", 1)).toBe(0x514e28b7);
  expect(murmur3("", 0xffffffff)).toBe(0x81f16f39);
  expect(murmur3("test", 0)).toBe(0xba6bd213);
  expect(murmur3("test", 0x9747b28c)).toBe(0x704b81dc);
  expect(murmur3("Hello, world!", 0)).toBe(0xc0363e43);
  expect(murmur3("Hello, world!", 0x9747b28c)).toBe(0x24884cba);
  expect(murmur3("The quick brown fox jumps over the lazy dog", 0)).toBe(0x2e4ff723);
});

test("a split follows its weights, keeps keys, and moves few when a weight changes", () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => String(i));
  const split = new TrafficSplit("m", { "1": 90, "2": 10 });
  const first = keys.map((key) => split.versionOf(key));
  expect(first.filter((version) => version === "2").length / keys.length).toBeCloseTo(0.1, 2);
  expect(keys.map((key) => new TrafficSplit("m", { "2": 1, "1": 9 }).versionOf(key))).toEqual(first);
  const wider = new TrafficSplit("m", { "1": 80, "2": 20 });
  const moved = keys.filter((key, i) => wider.versionOf(key) !== first[i]);
  expect(moved.length / keys.length).toBeCloseTo(0.1, 2);
  expect(moved.every((key) => wider.versionOf(key) === "2")).toBe(true);
  expect(new TrafficSplit("m", { "1": 0, "2": 1 }).versionOf("x")).toBe("2");
});

test("one key always gets one version, single or among many, as a number or as digits", async () => {
  const real = await make();
  const [a, b] = [new HeldModel(real, "1", 1), new HeldModel(real, "2", 2)];
  const app = await serve({ models: [{ name: "fraud", versions: { "1": a, "2": b }, traffic: { "1": 50, "2": 50 }, stickyBy: "card_id" }] });
  const versions = new Map<number, string>();
  for (let card = 0; card < 40; card++) {
    const { json } = await post(app, "/v1/predict", request(card));
    versions.set(card, json.model.version);
    expect(json.prediction).toBe(Number(json.model.version));
    const other = { ...request(card, 7), servingKeys: { card_id: String(card), place_id: `p${card}` } };
    expect((await post(app, "/v1/predict", other)).json.model.version).toBe(json.model.version);
  }
  expect(new Set(versions.values()).size).toBe(2);
  const many = await post(app, "/v1/predict", { instances: [...versions.keys()].map((card) => request(card)) });
  expect(many.json.predictions.map((one: { model: { version: string } }) => one.model.version)).toEqual([...versions.values()]);
  // A version that is asked for is the one that answers.
  for (const version of ["1", "2"]) expect((await post(app, `/v1/models/fraud/versions/${version}/predict`, request(3))).json.model.version).toBe(version);
  await app.close();
  await real.close();
});

test("a shadow sees what is returned, and can neither delay nor fail it", async () => {
  const real = await make();
  const [main, shadow] = [new HeldModel(real, "1", 1), new HeldModel(real, "3", 1)];
  const app = await serve({ models: [{ name: "fraud", versions: { "1": main, "3": shadow }, default: "1", shadow: "3" }] });
  const counts = async (): Promise<unknown> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return (await get(app, "/status.json")).json.models[0].versions[1].shadow;
  };
  let open = (): void => undefined;
  shadow.held = new Promise<void>((resolve) => (open = resolve));
  for (let i = 0; i < 70; i++) expect((await post(app, "/v1/predict", request())).json).toMatchObject({ prediction: 1, model: { version: "1" } });
  // It is held: the requests beyond its bound are missed, and counted.
  expect(await counts()).toMatchObject({ requests: 64, missed: 6, equal: 0 });
  open();
  expect(await counts()).toMatchObject({ requests: 64, missed: 6, equal: 64, different: 0, meanDifference: 0 });
  shadow.prediction = 4;
  await post(app, "/v1/predict", { instances: [request(), request(2)] });
  await counts();
  shadow.failure = new Error("broken");
  expect((await post(app, "/v1/predict", request())).status).toBe(200);
  expect((await post(app, "/v1/models/fraud/versions/1/predict", request())).status).toBe(200);
  expect(await counts()).toMatchObject({ requests: 67, equal: 64, different: 2, errors: 1, meanDifference: 6 / 66 });
  await app.close();
  await real.close();
});

test("requests beyond the concurrency wait in order, beyond the queue they are 429, and after the time 503", async () => {
  const real = await make();
  const held = new HeldModel(real, "1", 1);
  const app = await serve({ models: held, concurrency: 2, queue: 3, requestTimeoutMillis: 300 });
  let open = (): void => undefined;
  held.held = new Promise<void>((resolve) => (open = resolve));
  const waiting = Array.from({ length: 5 }, (_, i) => post(app, "/v1/predict", request(i)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await get(app, "/status.json")).json.gate).toMatchObject({ active: 2, waiting: 3 });
  const refused = await post(app, "/v1/predict", request(9));
  expect(refused).toMatchObject({ status: 429, json: { error: { code: "OVERLOADED" } } });
  expect(refused.headers["retry-after"]).toBe("1");
  expect((await get(app, "/v2/health/live")).status).toBe(200);
  open();
  for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(200);
  expect(held.seen.map((one) => (one as { servingKeys: { card_id: number } }).servingKeys.card_id)).toEqual([0, 1, 2, 3, 4]);
  held.held = new Promise<void>((resolve) => (open = resolve));
  const late = Array.from({ length: 3 }, (_, i) => post(app, "/v1/predict", request(i)));
  expect(await late[2]).toMatchObject({ status: 503, json: { error: { code: "OVERLOADED" } } });
  open();
  for (const answer of await Promise.all(late.slice(0, 2))) expect(answer.status).toBe(200);
  expect((await get(app, "/status.json")).json.gate).toMatchObject({ active: 0, waiting: 0 });
  await app.close();
  await real.close();
});

test("a late event loop and draining refuse new requests with 503", async () => {
  const app = await serve({ maxLoopDelayMillis: 100 });
  expect((await post(app, "/v1/predict", request())).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const until = performance.now() + 400;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await post(app, "/v1/predict", request())).toMatchObject({ status: 503, json: { error: { code: "OVERLOADED" } } });
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect((await post(app, "/v1/predict", request())).status).toBe(200);
  expect((await get(app, "/v2/health/ready")).status).toBe(200);
  app.drain();
  expect(await post(app, "/v1/predict", request())).toMatchObject({ status: 503, json: { error: { code: "CLOSED" } } });
  expect(await get(app, "/v2/health/ready")).toMatchObject({ status: 503, json: { ready: false, live: true } });
  expect((await get(app, "/v2/health/live")).status).toBe(200);
  await app.close();
});

test("closing answers what is under way and what waits, then closes the services", async () => {
  const real = await make();
  const held = new HeldModel(real, "1", 1);
  const app = await serve({ models: held, concurrency: 1 });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  let open = (): void => undefined;
  held.held = new Promise<void>((resolve) => (open = resolve));
  const send = (card: number): Promise<number> =>
    fetch(`${url}/v1/predict`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request(card)) }).then(({ status }) => status, () => 0);
  const answers = [send(1), send(2), send(3)];
  while (held.seen.length === 0 || (await get(app, "/status.json")).json.gate.waiting < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const closed = app.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(held.isClosed).toBe(false);
  expect(await send(4)).not.toBe(200);
  open();
  expect(await Promise.all(answers)).toEqual([200, 200, 200]);
  const began = performance.now();
  await closed;
  // Connections that clients keep alive are not waited for.
  expect(performance.now() - began).toBeLessThan(2000);
  expect(held.isClosed).toBe(true);
  await real.close();
});
