// What a service logs, read back from the files.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFeatureLog, readLog, trainingDataFromLog, OnlineError, type PredictorServiceOptions } from "../../src/index.js";
import { Table, Utf8, Bool, vectorFromArray } from "apache-arrow";
import { buildLogWorker, scratch, type BuiltWorker } from "./log-support.js";
import { classifier, linear } from "../support/predictor-models.js";
import { fill, fitted, make, request, type FraudShape } from "./service-support.js";
import { fraud, TestStore } from "./view-support.js";

let built: BuiltWorker;
beforeAll(async () => {
  built = await buildLogWorker();
});
afterAll(() => built.remove());

type Row = Readonly<Record<string, unknown>>;
const rowsOf = async (path: string): Promise<Row[]> => (await readLog(path).table()).toArray().map((row) => (row as { toJSON(): Row }).toJSON());
type LogOption = NonNullable<PredictorServiceOptions["log"]>;
const logOf = (path: string, options: object = {}): LogOption => ({ path, worker: built.file, ...options });
const vectorOf = (row: Row): number[] => fitted.names.map((name) => row[`transformed.${name}`] as number);

describe("a record", () => {
  test.each([false, true])("has the inputs, the untransformed and transformed features and the answer (promised store: %s)", async (promised) => {
    const path = scratch(built);
    const service = await make({ store: fill(new TestStore(promised)), name: "trees", version: "7", log: logOf(path) });
    const before = Date.now();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => service.predict(request(i, i + 1), i === 3 ? { requestId: "own" } : undefined)));
    const vectors = await Promise.all(answers.map((_, i) => service.getFeatureVector(request(i, i + 1))));
    const untransformed = await Promise.all(answers.map((_, i) => service.getFeatureVector(request(i, i + 1), { transformed: false })));
    await service.close();
    const rows = await rowsOf(path);
    expect(rows).toHaveLength(20);
    for (const [i, row] of rows.entries()) {
      expect(row).toMatchObject({
        "log.request_id": answers[i]?.requestId,
        "log.view": "fraud",
        "log.view_version": "3",
        "log.model": "trees",
        "log.model_version": "7",
        "log.prediction": answers[i]?.prediction,
        "log.fallback": false,
        "log.fallback_reason": null,
        card_id: BigInt(i),
        place_id: "oslo",
        amount: i + 1,
        amount_mean: 10 + i,
        prev_at: 1_700_000_000_000,
        distance: 3,
      });
      expect(Math.abs(Number(row["log.time"]) - before)).toBeLessThan(10_000);
      expect(vectorOf(row)).toEqual(Array.from(vectors[i] as Float32Array));
      // The view's own untransformed features, under their names or, where an input has the name, behind a prefix.
      const wanted = untransformed[i] as Row;
      for (const [name, value] of Object.entries(wanted)) {
        const logged = Object.hasOwn(row, `untransformed.${name}`) ? row[`untransformed.${name}`] : row[name];
        expect([name, logged]).toEqual([name, value]);
      }
      expect(row["untransformed.amount"]).toBe(Math.log1p(i + 1));
    }
    expect(service.stats()).toMatchObject({ notLogged: 0, log: { written: 20, dropped: 0 } });
    expect(service.stats().steps.log.count).toBe(20);
  });

  test("has less where less is asked for", async () => {
    const path = scratch(built);
    const inputs = await make({ log: logOf(path, { name: "inputs" }), logFeatures: "inputs" });
    const untransformed = await make({ log: logOf(path, { name: "untransformed" }), logFeatures: "untransformed" });
    await inputs.predict(request());
    await untransformed.predict(request());
    const wanted = await inputs.getFeatureVector(request(), { transformed: false });
    await Promise.all([inputs.close(), untransformed.close()]);
    const [first] = await rowsOf(`${path}/inputs-*`);
    expect(first).toMatchObject({ amount: 42, amount_mean: 17 });
    expect(Object.keys(first as Row).filter((name) => name.startsWith("untransformed."))).toEqual([]);
    const [second] = await rowsOf(`${path}/untransformed-*`);
    for (const [name, value] of Object.entries(wanted)) expect([name, (second as Row)[name]]).toEqual([name, value]);
    expect(Object.keys(second as Row)).not.toContain("prev_at");
  });

  test("of a fallback has what there was", async () => {
    const path = scratch(built);
    const store = fill(new TestStore());
    const service = await make({ store, fallback: 0.5, log: logOf(path) });
    await service.predict(request(999));
    store.failure = new OnlineError("STORE_UNAVAILABLE", "down");
    const answer = await service.predict(request());
    await service.close();
    const rows = await rowsOf(path);
    expect(rows.map((row) => row["log.fallback_reason"])).toEqual(["bad-input", "store"]);
    expect(rows[1]).toMatchObject({ "log.request_id": answer.requestId, "log.prediction": 0.5, "log.fallback": true, card_id: 7n, amount: 42, amount_mean: null });
    expect(vectorOf(rows[1] as Row).every((value) => value === null)).toBe(true);
  });

  test("of a classifier has its label and probabilities; a fallback's other answer is null or text", async () => {
    const weights = [fitted.names.map((_, i) => i / 100), fitted.names.map((_, i) => -i / 100)];
    const path = scratch(built);
    const store = fill(new TestStore());
    const service = await make({ store, model: classifier(weights, { labels: ["no", "yes"], zipMap: false }), fallback: 1, log: logOf(path) });
    const answer = await service.predict(request());
    store.failure = new Error("down");
    await service.predict(request());
    await service.close();
    const [row, fallback] = (await rowsOf(path)) as [Row, Row];
    expect(row["log.prediction"]).toBe(answer.prediction);
    expect(Array.from(row["log.probabilities"] as Iterable<number>)).toEqual(Array.from(answer.probabilities as Float32Array));
    expect(fallback).toMatchObject({ "log.prediction": "1", "log.probabilities": null, "log.fallback": true });
  });

  test("of a model of several targets has them", async () => {
    const path = scratch(built);
    const service = await make({ model: linear(fitted.names.map((_, i) => [i, -i]), [1, 2]), log: logOf(path) });
    const { prediction } = await service.predict(request());
    await service.close();
    const [row] = (await rowsOf(path)) as [Row];
    expect(Array.from(row["log.probabilities"] as Iterable<number>)).toEqual(Array.from(prediction as Float32Array));
    expect(row["log.prediction"]).toBeNull();
  });
});

test("what was logged is what the view is fitted on again", async () => {
  const path = scratch(built);
  const service = await make({ log: logOf(path) });
  const ids = Array.from({ length: 60 }, (_, i) => `r${i}`);
  for (const [i, requestId] of ids.entries()) await service.predict(request(i % 20, i), { requestId });
  await service.close();
  const labels = new Table({ request_id: vectorFromArray(ids, new Utf8()), is_fraud: vectorFromArray(ids.map((_, i) => i % 3 === 0), new Bool()) });
  const data = await trainingDataFromLog(path, labels, { key: "requestId", label: "is_fraud" }).table();
  const again = await fraud.fit(data);
  expect((await again.transform(data)).numRows).toBe(60);
});

describe("the queue", () => {
  const slowSink = (millis: number): string => `data:text/javascript,export default async () => ({ write: () => new Promise((done) => setTimeout(done, ${millis})) , close: async () => {} })`;
  const sink = (millis: number, more: object): LogOption => ({ sink: { module: slowSink(millis) }, worker: built.file, queueRows: 4, flushRows: 2, flushMillis: 1, ...more });

  test("that drops loses records, not requests", async () => {
    const service = await make({ log: sink(100, { whenFull: "dropNewest" }) });
    const answers = await Promise.all(Array.from({ length: 50 }, () => service.predict(request())));
    expect(answers).toHaveLength(50);
    const { notLogged, log, predictions } = service.stats();
    expect(predictions).toBe(50);
    expect(notLogged).toBeGreaterThan(0);
    expect(log?.dropped).toBe(notLogged);
    await service.close();
  });

  test("that blocks makes requests wait without blocking the thread, and keeps every record whole", async () => {
    const path = scratch(built);
    const service = await make({ log: logOf(path, { whenFull: "block", queueRows: 4, flushRows: 2, flushMillis: 1, blockMillis: 5000 }), budget: { totalMillis: 10_000 } });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => service.predict(request(i % 20, i))));
    const vectors = await Promise.all(answers.map((_, i) => service.getFeatureVector(request(i % 20, i))));
    await service.close();
    const rows = await rowsOf(path);
    expect(rows.map((row) => row["log.request_id"])).toEqual(answers.map(({ requestId }) => requestId));
    for (const [i, row] of rows.entries()) expect(vectorOf(row)).toEqual(Array.from(vectors[i] as Float32Array));
  });

  test("that stays full is LOG_FULL in time, the only failure to log that fails a request", async () => {
    const service = await make({ log: sink(400, { whenFull: "block", blockMillis: 60_000 }), budget: { totalMillis: 5000, logMillis: 30 }, fallback: 1 });
    const start = performance.now();
    const settled = await Promise.allSettled(Array.from({ length: 30 }, () => service.predict(request())));
    expect(performance.now() - start).toBeLessThan(350);
    const failures = settled.filter((outcome) => outcome.status === "rejected");
    expect(failures.length).toBeGreaterThan(0);
    for (const { reason } of failures) expect(reason).toMatchObject({ code: "LOG_FULL" });
    expect(service.stats()).toMatchObject({ predictions: 30 - failures.length, errors: { LOG_FULL: failures.length }, inFlight: 0 });
    const many = await service.predictMany([request(), request()]);
    expect(many.some((one) => one instanceof OnlineError && one.code === "LOG_FULL")).toBe(true);
    await service.close();
  });

  test("a record that does not fit fails no request", async () => {
    const service = await make({ log: logOf(scratch(built), { heapBytes: 64 }) });
    const long = { ...request(), servingKeys: { card_id: 7, place_id: "oslo" }, requestParameters: { ...request().requestParameters, note: "x".repeat(500) } };
    expect(await service.predict(long)).toMatchObject({ fallback: false });
    expect(service.stats()).toMatchObject({ notLogged: 1, predictions: 1, errors: {}, recentErrors: [{ code: "TOO_LARGE" }] });
    await service.close();
  });
});

describe("a log of the caller's", () => {
  test("stays open, with everything written, and may be shared by versions", async () => {
    const path = scratch(built);
    const first = await make({ log: logOf(path), version: "1" });
    const second = await make({ log: first.log as NonNullable<typeof first.log>, version: "2" });
    await first.predict(request());
    await second.predict(request());
    await second.close();
    expect(first.log?.stats()).toMatchObject({ written: 2 });
    await first.predict(request());
    await first.close();
    expect((await rowsOf(path)).map((row) => row["log.model_version"])).toEqual(["1", "2", "1"]);
  });

  test("must have the columns", async () => {
    const log = createFeatureLog({ path: scratch(built), worker: built.file, schema: { view: fitted, keys: {}, untransformed: {}, transformed: [] } });
    const options: Partial<PredictorServiceOptions<FraudShape>> = { log };
    await expect(make(options)).rejects.toMatchObject({ code: "INVALID_PARAMETER", path: ["log", "schema", "card_id"] });
    await log.close();
  });

  test("of bad options is refused with their path", async () => {
    await expect(make({ log: { path: "x", whenFull: "wait" as "block" } })).rejects.toMatchObject({ path: ["whenFull"] });
  });
});
