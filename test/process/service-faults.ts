// A service in a process of its own over a real Redis and a real LMDB file, which this process kills, pauses and restarts
// while requests run. Each request's outcome is compared with an independent formula and with the log.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { lmdbStore, readLog, redisStore, t, type FeatureGroup, type OnlineStore } from "../../src/index.js";
import { buildLogWorker } from "../unit/log-support.js";
import { linear } from "../support/predictor-models.js";
import { makeBundle } from "./child.js";
import { RedisServer } from "./redis-server.js";

export interface FaultRun {
  readonly requests: number;
  /** Requests under way at once, and the pause after each such burst in milliseconds. */
  readonly burst: number;
  readonly pauseMillis: number;
  readonly seed: number;
}

export interface FaultReport {
  readonly predictions: number;
  readonly fallbacks: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly logged: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Milliseconds: the longest time to an answer, and the longest that the event loop stood still. */
  readonly slowest: number;
  readonly stall: number;
  /** Growth in MiB since a fifth of the requests was done: of live memory after collection, and resident. */
  readonly heap: number;
  readonly resident: number;
  readonly seconds: number;
}

const KEYS = 200;
const TOTAL_MILLIS = 150;
const cards: FeatureGroup = { name: "cards", keys: { card: t.int64() }, features: { spend: t.float64() } };
const places: FeatureGroup = { name: "places", keys: { place: t.utf8() }, features: { risk: t.float64() } };
const pause = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis));

const cardRows = Array.from({ length: KEYS }, (_, card) => ({ keys: { card }, values: { spend: card * 2 }, eventTime: 1 }));
const placeRows = Array.from({ length: KEYS }, (_, place) => ({ keys: { place: `p${place}` }, values: { risk: place / 4 }, eventTime: 1 }));
/** What the model gives for request i: amount + 10 spend + 100 risk, exact in float32. */
const wanted = (i: number): number => (i % 100) + 10 * ((i % KEYS) * 2) + 100 * (((i * 7) % KEYS) / 4);

/** Requests of every tenth card have no fallback: their failures are errors. */
const SERVICE = `
import { createPredictor, defineFeatureView, lmdbStore, redisStore, t } from "./skewless.mjs";
import { readFileSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
const { requests, burst, pauseMillis, redis, lmdb, log, worker, model, outcomes } = JSON.parse(process.env.RUN);
const cards = { name: "cards", keys: { card: t.int64() }, features: { spend: t.float64() } };
const places = { name: "places", keys: { place: t.utf8() }, features: { risk: t.float64() } };
const view = defineFeatureView({
  name: "faults", version: 1, groups: [cards, places], requestParameters: { amount: t.float64() },
  features: ({ amount, spend, risk }) => ({ amount, spend, risk }),
}).withoutFitting();
const service = await createPredictor({
  view, model: new Uint8Array(readFileSync(model)),
  stores: { cards: await redisStore({ url: redis }), places: await lmdbStore({ path: lmdb, readOnly: true }) }, closeStores: true,
  budget: { totalMillis: ${TOTAL_MILLIS}, lookupMillis: 30 },
  breaker: { failures: 5, windowMillis: 1000, openMillis: 50, halfOpenProbes: 2 },
  fallback: ({ card }) => (Number(card) % 10 === 0 ? undefined : -1),
  log: { path: log, worker, whenFull: "block", flushMillis: 20 },
});
// A byte a request: 1 prediction, 2 fallback, 3 error, 4 anything else.
const outcome = new Uint8Array(requests);
const wrong = [];
let slowest = 0;
const wanted = (i) => (i % 100) + 10 * ((i % ${KEYS}) * 2) + 100 * (((i * 7) % ${KEYS}) / 4);
const ERRORS = new Set(["STORE_TIMEOUT", "STORE_UNAVAILABLE", "STORE_CORRUPT", "MISSING_FEATURE", "DEADLINE_EXCEEDED", "LOG_FULL"]);
async function one(i) {
  const start = performance.now();
  try {
    const answer = await service.predict(
      { servingKeys: { card: i % ${KEYS}, place: "p" + ((i * 7) % ${KEYS}) }, requestParameters: { amount: i % 100 } }, { requestId: "r" + i });
    const good = answer.requestId === "r" + i && (answer.fallback ? answer.prediction === -1 && answer.reason !== undefined && i % 10 !== 0 : answer.prediction === wanted(i));
    outcome[i] = good ? (answer.fallback ? 2 : 1) : 4;
    if (!good && wrong.length < 5) wrong.push(JSON.stringify(answer));
  } catch (error) {
    outcome[i] = ERRORS.has(error.code) && i % 10 === 0 || error.code === "LOG_FULL" ? 3 : 4;
    if (outcome[i] === 4 && wrong.length < 5) wrong.push(String(error.code) + ": " + error.message);
  }
  slowest = Math.max(slowest, performance.now() - start);
}
async function memory() {
  for (let i = 0; i < 4; i++) { gc(); await new Promise((done) => setTimeout(done, 10)); }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const begin = performance.now();
let before;
for (let i = 0; i < requests; i += burst) {
  await Promise.all(Array.from({ length: Math.min(burst, requests - i) }, (_, j) => one(i + j)));
  if (pauseMillis > 0) await new Promise((done) => setTimeout(done, pauseMillis));
  if (before === undefined && i >= requests / 5) before = await memory();
}
const seconds = (performance.now() - begin) / 1000;
delay.disable();
const after = await memory();
const { predictions, fallbacks, errors, inFlight } = service.stats();
await service.close();
writeFileSync(outcomes, outcome);
const MB = 2 ** 20;
console.log(JSON.stringify({ predictions, fallbacks, errors, inFlight, wrong, log: service.log.stats(), slowest, stall: delay.max / 1e6, heap: (after.heap - before.heap) / MB, resident: (after.rss - before.rss) / MB, seconds }));
`;

/** A generator of numbers in [0, 1) from a seed (xorshift32). */
function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Puts the rows as soon as the server takes them. */
async function refill(store: OnlineStore): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      await store.put(cards, cardRows);
      return;
    } catch (error) {
      if (i === 200) throw error;
      await pause(25);
    }
  }
}

export async function runFaults({ requests, burst, pauseMillis, seed }: FaultRun): Promise<FaultReport> {
  const folder = mkdtempSync(join(tmpdir(), "skewless-faults-"));
  const [bundle, worker, server] = await Promise.all([makeBundle(), buildLogWorker(), RedisServer.start()]);
  const path = (name: string): string => join(folder, name);
  const own = await redisStore({ url: server.url });
  try {
    await refill(own);
    const file = await lmdbStore({ path: path("places.mdb") });
    await file.put(places, placeRows);
    await file.close();
    writeFileSync(path("model.onnx"), linear([[1], [10], [100]], [0]));
    const run = { requests, burst, pauseMillis, redis: server.url, lmdb: path("places.mdb"), log: path("log"), worker: worker.file, model: path("model.onnx"), outcomes: path("outcomes") };
    let running = true;
    const child = bundle.run(SERVICE, { flags: ["--expose-gc"], env: { RUN: JSON.stringify(run) }, timeoutMillis: 60_000 + requests * 2 }).finally(() => (running = false));
    const faults = await inject(server, own, path("places.mdb"), random(seed), () => running);
    const { code, signal, stdout, stderr } = await child;
    expect({ code, signal }, stderr).toEqual({ code: 0, signal: null });
    const report = JSON.parse(stdout) as Omit<FaultReport, "logged" | "faults"> & { readonly inFlight: number; readonly wrong: string[]; readonly log: Record<string, number> };
    expect(report.wrong).toEqual([]);
    expect(report.inFlight).toBe(0);
    expect(report.log).toMatchObject({ queued: 0, dropped: 0 });
    const outcomes = readFileSync(path("outcomes"));
    const logged = await checkLog(path("log"), outcomes);
    const count = (what: number): number => outcomes.reduce((sum, outcome) => sum + (outcome === what ? 1 : 0), 0);
    const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
    expect([count(0), count(4)]).toEqual([0, 0]);
    expect([count(1), count(2), count(3)]).toEqual([report.predictions, total(report.fallbacks), total(report.errors)]);
    expect(report.slowest).toBeLessThan(TOTAL_MILLIS + report.stall + 50);
    return { ...report, logged, faults };
  } finally {
    server.signal("SIGCONT");
    await own.close();
    await server.stop();
    bundle.remove();
    worker.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Faults at random until the requests are done; everything works again afterwards. */
async function inject(server: RedisServer, store: OnlineStore, file: string, next: () => number, running: () => boolean): Promise<Record<string, number>> {
  const faults = { killed: 0, paused: 0, removed: 0 };
  // The child starts up first.
  await pause(600);
  while (running()) {
    await pause(50 + next() * 250);
    const which = next();
    const millis = 20 + next() * 200;
    if (which < 0.33) {
      faults.killed++;
      await server.stop();
      await pause(millis);
      await server.start();
      await refill(store);
    } else if (which < 0.67) {
      faults.paused++;
      server.signal("SIGSTOP");
      await pause(millis);
      server.signal("SIGCONT");
    } else {
      faults.removed++;
      renameSync(file, `${file}.away`);
      await pause(millis);
      renameSync(`${file}.away`, file);
    }
  }
  return faults;
}

/** The log has each answered request once, with its answer, and no other but those that the full queue failed. */
async function checkLog(path: string, outcomes: Uint8Array): Promise<number> {
  const seen = new Uint8Array(outcomes.length);
  let logged = 0;
  for await (const batch of readLog(path, { columns: ["log.request_id", "log.prediction", "log.fallback", "amount"] })) {
    const [ids, predictions, fallbacks] = ["log.request_id", "log.prediction", "log.fallback"].map((name) => batch.getChild(name));
    for (let row = 0; row < batch.numRows; row++) {
      const i = Number((ids?.get(row) as string).slice(1));
      if (seen[i] !== 0) throw new Error(`request ${i} was logged twice`);
      seen[i] = 1;
      logged++;
      const isFallback = fallbacks?.get(row) as boolean;
      if (outcomes[i] !== (isFallback ? 2 : 1) && outcomes[i] !== 3) throw new Error(`request ${i} was logged as ${isFallback ? "fallback" : "prediction"}, not as ${outcomes[i]}`);
      const prediction = predictions?.get(row) as number;
      if (prediction !== (isFallback ? -1 : wanted(i))) throw new Error(`request ${i} was logged with ${prediction}`);
    }
  }
  for (const [i, outcome] of outcomes.entries()) if ((outcome === 1 || outcome === 2) && seen[i] === 0) throw new Error(`the answered request ${i} is not in the log`);
  return logged;
}

export function describeRun({ predictions, fallbacks, errors, logged, faults, slowest, stall, heap, resident, seconds }: FaultReport): string {
  return `${predictions} predictions, fallbacks ${JSON.stringify(fallbacks)}, errors ${JSON.stringify(errors)}, ${logged} logged, faults ${JSON.stringify(faults)}; slowest ${slowest.toFixed(0)} ms (stall ${stall.toFixed(0)} ms), memory ${heap.toFixed(1)} MiB live and ${resident.toFixed(1)} MiB resident more, ${seconds.toFixed(1)} s`;
}
