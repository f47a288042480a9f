import { describe, expect, test } from "vitest";
import { createPredictor, guardStore, OnlineError, Scorer, SkewlessError, type OnlineStore, type ServiceFallbackReason, type Tensor } from "../../src/index.js";
import { failing, linear, slow } from "../support/predictor-models.js";
import { fill, fitted, formula, make, model, request } from "./service-support.js";
import { cards, places, TestStore } from "./view-support.js";

const code = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => "none", (error: unknown) => (error as { code?: unknown }).code);
const silent = (): TestStore => Object.assign(new TestStore(), { get: () => new Promise<never>(() => undefined) });
const failed = (error: Error, promised = false): TestStore => Object.assign(new TestStore(promised), { failure: error });
const unavailable = new OnlineError("STORE_UNAVAILABLE", "no store");

describe("predict", () => {
  test.each([false, true])("gives the model's answer on the view's vector (promised store: %s)", async (promised) => {
    await using service = await make({ store: fill(new TestStore(promised)), name: "trees", version: "7" });
    for (const card of [1, 7, 19]) {
      const answer = await service.predict(request(card));
      const vector = await service.getFeatureVector(request(card));
      expect(answer.prediction).toBeCloseTo(formula(vector), 4);
      expect(Object.keys(answer)).toEqual(["requestId", "prediction", "probabilities", "classes", "fallback", "reason", "sources", "model", "view"]);
      expect(answer).toMatchObject({ fallback: false, reason: undefined, sources: undefined, model: { name: "trees", version: "7" }, view: { name: "fraud", version: "3" } });
      expect(answer.requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    }
    expect(service.stats()).toMatchObject({ requests: 3, predictions: 3, featureVectors: 3, inFlight: 0, errors: {} });
  });

  test("keeps the caller's id and says where values came from", async () => {
    await using service = await make();
    const { requestId, sources } = await service.predict(request(), { requestId: "r-1", sources: true });
    expect(requestId).toBe("r-1");
    expect(sources).toMatchObject({ card_id: "key", amount_mean: "lookedUp", amount: "request", distance: "passed", ratio: "computed" });
    for (const bad of ["", "x".repeat(257), 7]) expect(await code(service.predict(request(), { requestId: bad as string }))).toBe("INVALID_REQUEST");
  });

  test("a wrong request is an error with its path, whatever the fallback", async () => {
    await using service = await make({ fallback: 0 });
    await expect(service.predict({ ...request(), requestParameters: { amount: "1", at: 0 } } as never)).rejects.toMatchObject({ code: "INVALID_REQUEST", path: ["requestParameters", "amount"] });
    await expect(service.predict(null as never)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(service.stats()).toMatchObject({ requests: 2, errors: { INVALID_REQUEST: 2 } });
    expect(service.stats().recentErrors.map((error) => error.code)).toEqual(["INVALID_REQUEST", "INVALID_REQUEST"]);
  });

  test("takes a Scorer, which stays open", async () => {
    const scorer = await Scorer.load(model);
    const service = await make({ model: scorer });
    await service.predict(request());
    await service.close();
    expect(scorer.score(new Float32Array(fitted.names.length))).toBeDefined();
    scorer.close();
  });
});

describe("fallbacks", () => {
  const reasons: [string, TestStore, object, ServiceFallbackReason, string][] = [
    ["a store that throws", failed(unavailable), request(), "store", "STORE_UNAVAILABLE"],
    ["a store that rejects", failed(new Error("broken"), true), request(), "store", "STORE_UNAVAILABLE"],
    ["a store that does not answer", silent(), request(), "deadline", "STORE_TIMEOUT"],
    ["a guard's time-out", guardStore(silent(), { timeoutMillis: 10 }) as unknown as TestStore, request(), "deadline", "STORE_TIMEOUT"],
    ["a key without a row", fill(new TestStore()), request(999), "bad-input", "MISSING_FEATURE"],
  ];
  test.each(reasons)("%s", async (_, store, wrong, reason, error) => {
    const seen: unknown[] = [];
    const budget = { totalMillis: 500, lookupMillis: 30 };
    await using service = await make({ store, budget, fallback: [(row, why) => (seen.push(row, why), undefined), 0.25] });
    const start = performance.now();
    const answer = await service.predict(wrong as never, { sources: true });
    expect(performance.now() - start).toBeLessThan(400);
    expect(answer).toMatchObject({ prediction: 0.25, fallback: true, reason });
    expect(seen[0]).toMatchObject({ place_id: "oslo", amount: 42 });
    expect(seen[1]).toBe(reason);
    expect(service.stats().fallbacks).toEqual({ store: 0, deadline: 0, "model-error": 0, "bad-input": 0, [reason]: 1 });
    await using without = await make({ store, budget });
    expect(await code(without.predict(wrong as never))).toBe(error);
    expect(without.stats().errors).toEqual({ [error]: 1 });
  });

  test("policies of the view come before the fallback", async () => {
    const policies = Object.fromEntries(["amount_mean", "count", "prev_at", "country", "place_risk", "place_open"].map((name) => [name, { storeFailure: { default: name === "country" ? "NO" : name === "place_open" ? true : name === "prev_at" ? 0 : 1 } }]));
    await using service = await make({ store: failed(unavailable), policies: policies as never, fallback: 9 });
    const answer = await service.predict(request(), { sources: true });
    expect(answer).toMatchObject({ fallback: false, sources: { amount_mean: "imputed: default" } });
    expect(answer.prediction).toBeCloseTo(formula(await service.getFeatureVector(request())), 4);
  });

  test("a model that fails, and one that is too slow", async () => {
    await using bad = await make({ model: failing(fitted.names.length), scorer: { backend: "onnxruntime" }, fallback: 3 });
    // The first feature is the scaled amount: far from 0 and 1 is no index of the model's table.
    expect(await bad.predict(request(1, 1e9))).toMatchObject({ prediction: 3, fallback: true, reason: "model-error" });
    await using late = await make({ model: slow(fitted.names.length, 200), scorer: { backend: "onnxruntime" }, budget: { scoreMillis: 1 }, fallback: 4 });
    const start = performance.now();
    expect(await late.predict(request())).toMatchObject({ prediction: 4, fallback: true, reason: "deadline" });
    expect(performance.now() - start).toBeLessThan(200);
  });

  test("no time left after the lookup", async () => {
    const slowly = fill(new TestStore());
    const get = slowly.get.bind(slowly);
    slowly.get = (lookups) => {
      const end = performance.now() + 12;
      while (performance.now() < end);
      return get(lookups);
    };
    await using service = await make({ store: slowly, fallback: 5 });
    expect(await service.predict(request(), { deadlineMillis: 10 })).toMatchObject({ prediction: 5, reason: "deadline" });
    await using without = await make({ store: slowly });
    expect(await code(without.predict(request(), { deadlineMillis: 10 }))).toBe("DEADLINE_EXCEEDED");
    expect(await code(without.predict(request(), { deadlineMillis: -1 }))).toBe("INVALID_PARAMETER");
  });

  test("the last answer of the request's keys", async () => {
    const store = fill(new TestStore());
    await using service = await make({ store, fallback: { last: true, otherwise: -1 } });
    const { prediction } = await service.predict(request(7));
    store.failure = unavailable;
    expect(await service.predict(request(7))).toMatchObject({ prediction, fallback: true, reason: "store" });
    expect(await service.predict(request(8))).toMatchObject({ prediction: -1, fallback: true });
  });

  test("a fallback that throws gives a clear error", async () => {
    await using service = await make({ store: failed(unavailable), fallback: () => { throw new TypeError("oops"); } });
    await expect(service.predict(request())).rejects.toMatchObject({ code: "RUNTIME_ERROR", message: expect.stringContaining("oops") as string });
  });
});

describe("many", () => {
  test.each([false, true])("each has its answer or its error, with one round trip (promised store: %s)", async (promised) => {
    const store = fill(new TestStore(promised));
    await using service = await make({ store });
    const wrong = { ...request(), requestParameters: { amount: NaN, at: 0 } };
    const answers = await service.predictMany([request(1), wrong, request(999), request(2)], { requestIds: ["a", undefined, "c", "d"], sources: true });
    expect(store.calls).toHaveLength(1);
    expect(answers.map((answer) => (answer instanceof SkewlessError ? answer.code : answer.requestId))).toEqual(["a", "INVALID_REQUEST", "MISSING_FEATURE", "d"]);
    expect(answers[3]).toMatchObject({ prediction: (await service.predict(request(2))).prediction, sources: { amount: "request" } });
    expect(await service.predictMany([])).toEqual([]);
    expect(await code(service.predictMany({} as never))).toBe("WRONG_TYPE");
    expect(service.stats()).toMatchObject({ requests: 5, predictions: 3, inFlight: 0, errors: { INVALID_REQUEST: 1, MISSING_FEATURE: 1 } });
  });

  test("a store that does not answer", async () => {
    await using service = await make({ store: silent(), fallback: 1, budget: { lookupMillis: 20 } });
    const answers = await service.predictMany([request(1), request(2)]);
    expect(answers).toMatchObject([{ prediction: 1, reason: "deadline" }, { prediction: 1, reason: "deadline" }]);
  });
});

describe("signals and draining", () => {
  test("an aborted request", async () => {
    await using service = await make({ store: silent() });
    expect(await code(service.predict(request(), { signal: AbortSignal.abort() }))).toBe("ABORTED");
    const controller = new AbortController();
    const waiting = code(service.predict(request(), { signal: controller.signal }));
    controller.abort();
    expect(await waiting).toBe("ABORTED");
    expect(service.stats().inFlight).toBe(0);
  });

  test("close answers what is under way, refuses what is new, and leaves the store open", async () => {
    let release = (): void => undefined;
    const inner = fill(new TestStore());
    let closed = 0;
    const gated: OnlineStore = {
      kind: "gated",
      get: (lookups) => new Promise((resolve) => (release = () => resolve(inner.get(lookups)))),
      put: inner.put.bind(inner),
      delete: inner.delete.bind(inner),
      ping: () => Promise.resolve(),
      close: () => Promise.resolve(void closed++),
    };
    const service = await make({ store: gated });
    const waiting = service.predict(request());
    const closing = service.close();
    expect(service.stats().inFlight).toBe(1);
    for (const late of [service.predict(request()), service.getFeatureVector(request()), service.predictMany([]), service.score(new Float32Array(1)), service.ready()]) expect(await code(late)).toBe("CLOSED");
    let isClosed = false;
    void closing.then(() => (isClosed = true));
    await new Promise((done) => setTimeout(done, 20));
    expect(isClosed).toBe(false);
    release();
    expect(await waiting).toMatchObject({ fallback: false });
    await closing;
    expect(service.close()).toBe(service.close());
    expect(closed).toBe(0);
    await (await make({ store: gated, closeStores: true })).close();
    expect(closed).toBe(1);
  });

  test("readiness asks the stores", async () => {
    const store = fill(new TestStore());
    await using service = await make({ store, budget: { lookupMillis: 30 } });
    await service.ready();
    store.ping = () => Promise.reject(unavailable);
    expect(await code(service.ready())).toBe("STORE_UNAVAILABLE");
    store.ping = () => new Promise(() => undefined);
    expect(await code(service.ready())).toBe("STORE_TIMEOUT");
  });
});

test("feature vectors as the view gives them, and errors counted", async () => {
  const store = fill(new TestStore(true));
  await using service = await make({ store });
  const online = fitted.connect({ store });
  expect(await service.getFeatureVector(request())).toEqual(await online.getFeatureVector(request()));
  expect(await service.getFeatureVector(request(), { transformed: false, helpers: true, sources: true })).toEqual(await online.getFeatureVector(request(), { transformed: false, helpers: true, sources: true }));
  expect(await code(service.getFeatureVector(request(999)))).toBe("MISSING_FEATURE");
  await using slowly = await make({ store: silent(), budget: { lookupMillis: 20 } });
  expect(await code(slowly.getFeatureVector(request()))).toBe("STORE_TIMEOUT");
  expect(service.stats()).toMatchObject({ featureVectors: 3, errors: { MISSING_FEATURE: 1 } });
});

test("score takes the model's own input", async () => {
  await using service = await make();
  const width = fitted.names.length;
  expect(service.inputs).toMatchObject([{ name: "x", type: "float32" }]);
  const scores = await service.score(new Float32Array(3 * width).fill(1));
  expect((scores["y"] as Tensor).dims).toEqual([3, 1]);
  expect(Array.from((scores["y"] as Tensor<"float32">).data)[0]).toBeCloseTo(formula(new Float32Array(width).fill(1)), 4);
  expect(await code(service.score(new Float32Array(width + 1)))).toBe("WRONG_SHAPE");
  expect(service.stats()).toMatchObject({ scoredRows: 3, errors: { WRONG_SHAPE: 1 } });
});

test("the steps are timed", async () => {
  await using service = await make();
  for (let i = 0; i < 50; i++) await service.predict(request(i % 20));
  const { lookup, transform, score, log, total } = service.stats().steps;
  for (const histogram of [lookup, transform, score, total]) expect(histogram.count).toBe(50);
  expect(log.count).toBe(0);
  expect(total.sum).toBeGreaterThan(lookup.sum + transform.sum + score.sum - 1);
});

test("breakers show in the statistics", async () => {
  const store = fill(new TestStore());
  await using service = await make({ store, fallback: 0, breaker: { failures: 2, windowMillis: 1000, openMillis: 60_000, halfOpenProbes: 1 } });
  store.failure = unavailable;
  for (let i = 0; i < 3; i++) expect(await service.predict(request())).toMatchObject({ reason: "store" });
  expect(service.stats().stores).toMatchObject([{ kind: "test", state: "open", counters: { calls: 3, failures: 2, refused: 1 } }]);
});

test("recent errors are bounded, the newest last", async () => {
  await using service = await make();
  for (let i = 0; i < 130; i++) await service.predict(request(1000 + i), { requestId: `r${i}` }).catch(() => undefined);
  const { recentErrors, errors } = service.stats();
  expect(errors).toEqual({ MISSING_FEATURE: 130 });
  expect(recentErrors.map(({ requestId }) => requestId)).toEqual(Array.from({ length: 100 }, (_, i) => `r${30 + i}`));
  expect(recentErrors[0]).toMatchObject({ code: "MISSING_FEATURE", message: expect.stringContaining("amount_mean") as string });
});

describe("options", () => {
  const base = { view: fitted, model, store: fill(new TestStore()) };
  test.each<[string, unknown, (string | number)[]]>([
    ["nothing", undefined, []],
    ["a misspelt name", { ...base, bugdet: {} }, ["bugdet"]],
    ["no view", { ...base, view: {} }, ["view"]],
    ["no model", { ...base, model: 7 }, ["model"]],
    ["a name", { ...base, name: "" }, ["name"]],
    ["a version", { ...base, version: 2 }, ["version"]],
    ["a budget", { ...base, budget: 5 }, ["budget"]],
    ["an unknown step", { ...base, budget: { lookup: 5 } }, ["budget", "lookup"]],
    ["a negative step", { ...base, budget: { lookupMillis: -5 } }, ["budget", "lookupMillis"]],
    ["steps beyond the total", { ...base, budget: { totalMillis: 5, lookupMillis: 4, scoreMillis: 2 } }, ["budget", "totalMillis"]],
    ["a time for features without one for the model", { ...base, budget: { transformMillis: 4 } }, ["budget", "scoreMillis"]],
    ["a store's time-out", { ...base, storeTimeoutMillis: 0 }, ["storeTimeoutMillis"]],
    ["a hedge", { ...base, hedgeAfterMillis: "1" }, ["hedgeAfterMillis"]],
    ["closing", { ...base, closeStores: 1 }, ["closeStores"]],
    ["an output", { ...base, output: "z" }, ["output"]],
    ["a fallback", { ...base, fallback: {} }, ["fallback"]],
    ["what is logged", { ...base, logFeatures: "none" }, ["logFeatures"]],
    ["a log", { ...base, log: 5 }, ["log"]],
    ["no store", { ...base, store: undefined }, ["store"]],
    ["a time that no model can keep", { ...base, budget: { scoreMillis: 1e-5 } }, ["budget", "scoreMillis"]],
  ])("%s", async (_, options, path) => {
    const error: unknown = await createPredictor(options as never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SkewlessError);
    expect((error as SkewlessError).path ?? []).toEqual(path);
  });

  test("a model of another width", async () => {
    expect(await code(createPredictor({ ...base, model: linear([[1], [2]], [0]) }))).toBe("WRONG_SHAPE");
  });
});

test("stores by group, each guarded once", async () => {
  const [first, second] = [fill(new TestStore()), fill(new TestStore(true))];
  await using service = await make({ store: undefined as never, stores: { [cards.name]: first, [places.name]: second }, storeTimeoutMillis: 50 });
  expect(await service.predict(request())).toMatchObject({ fallback: false });
  expect(service.stats().stores).toMatchObject([{ counters: { calls: 1 } }, { counters: { calls: 1 } }]);
});
