// Deadlines while another thread keeps a core busy, and memory over many predictions.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { defineFeatures, Predictor, t } from "../../src/index.js";
import { linear, slow } from "../support/predictor-models.js";

const set = defineFeatures({
  inputs: { a: t.float64(), b: t.float64(), city: t.utf8() },
  features: ({ a, b, city }) => ({ a: a.log1p(), b, city: city.length() }),
});
const features = set.withoutFitting();
const WIDTH = 3;
const row = (i: number): { a: number; b: number; city: string } => ({ a: i % 1000, b: i % 7, city: "x".repeat(i % 5) });

const DEADLINE_MICROS = 1000;
const REQUESTS = 100_000;

/** 99.9th percentile of microseconds until a thread that only spins for the deadline goes on: what the scheduler adds. */
function spinning(spins: number): number {
  const micros = Float64Array.from({ length: spins }, () => {
    const start = performance.now();
    while ((performance.now() - start) * 1e3 < DEADLINE_MICROS);
    return (performance.now() - start) * 1e3;
  }).sort();
  return micros[Math.floor(0.999 * spins)] as number;
}

const models = {
  compiled: { model: linear([[1], [2], [3]], [0]), backend: "compiled" },
  "fast in ONNX Runtime": { model: linear([[1], [2], [3]], [0]), backend: "onnxruntime" },
  "slower than the deadline in ONNX Runtime": { model: slow(WIDTH, 500), backend: "onnxruntime" },
} as const;

describe.each(Object.entries(models))("a model that is %s", (name, { model, backend }) => {
  const requests = name.startsWith("slower") ? REQUESTS / 10 : REQUESTS;
  test(`answers ${requests} requests by the deadline and 200 µs while a core is busy`, async () => {
    const predictor = await Predictor.load({ features, model, scorer: { backend }, deadlineMicros: DEADLINE_MICROS, fallback: -1 });
    for (let i = 0; i < 5000; i++) predictor.predict(row(i), { deadlineMicros: 1e6 });
    predictor.resetStats();
    const busy = new Worker("for (;;);", { eval: true });
    await new Promise((resolve) => busy.once("online", resolve));
    const micros = new Float64Array(requests);
    let lost = 0;
    let fallbacks = 0;
    let alone = 0;
    try {
      alone = spinning(2000);
      for (let i = 0; i < requests; i++) {
        const request = row(i);
        const start = performance.now();
        const { prediction, fallback } = predictor.predict(request);
        micros[i] = (performance.now() - start) * 1e3;
        if (typeof prediction !== "number" || !Number.isFinite(prediction)) lost++;
        if (fallback) fallbacks++;
        // Requests come one by one, with the event loop between them.
        if ((i & 63) === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      await busy.terminate();
    }
    micros.sort();
    const at = (part: number): number => micros[Math.floor(part * requests)] as number;
    const stats = predictor.stats();
    console.log(`${name}: p50 ${at(0.5).toFixed(1)}, p99 ${at(0.99).toFixed(1)}, p99.9 ${at(0.999).toFixed(1)}, most ${(micros.at(-1) as number).toFixed(1)} µs; ${fallbacks} fallbacks`);
    expect(lost).toBe(0);
    expect(stats.predictions + stats.fallbacks.deadline).toBe(requests);
    expect(stats.total.count).toBe(requests);
    // Where other processes want the cores, no thread can keep a deadline.
    if (alone > DEADLINE_MICROS + 100) console.warn(`not judged: a spinning thread takes ${alone.toFixed(0)} µs for ${DEADLINE_MICROS} at p99.9 here; the machine is not quiet`);
    else expect(at(0.999)).toBeLessThan(DEADLINE_MICROS + 200);
  });
});

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

test("resident memory stays over ten million predictions", async () => {
  const total = Number(process.env["SKEWLESS_STRESS_PREDICTIONS"] ?? 10_000_000);
  const predictor = await Predictor.load({
    features,
    model: models.compiled.model,
    deadlineMicros: 1e6,
    fallback: { last: true, otherwise: -1, capacity: 1000 },
    onBadInput: { a: { missing: "lastKnown", invalid: { default: 0 }, valid: { min: 0 } }, city: { missing: { default: "" } } },
    lastKnownCapacity: 1000,
  });
  const step = total / 20;
  const resident: number[] = [];
  for (let i = 0; i < total; i++) {
    // One in a hundred is bad, one in ten has a key.
    const request = i % 100 === 0 ? { ...row(i), a: i % 200 === 0 ? undefined : -1 } : row(i);
    const { fallback } = i % 10 === 0 ? predictor.predict(request as never, { key: i % 5000 }) : predictor.predict(request as never);
    if (fallback && i % 100 !== 0) expect(predictor.stats().deadlinesMissed).toBeGreaterThan(0);
    if (i % step === 0) {
      // The remembered keys' old entries are garbage that only a full collection takes.
      gc();
      resident.push(process.memoryUsage().rss / 2 ** 20);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  console.log(`resident MiB: ${resident.map((mib) => mib.toFixed(0)).join(" ")}`);
  // The heap has its size after the first fifth; from then on nothing may grow.
  const [settled, last] = [Math.max(...resident.slice(4, 10)), Math.max(...resident.slice(15))];
  expect(last).toBeLessThan(settled * 1.05 + 8);
  expect(predictor.stats().badInputs["a"]?.missing).toBeDefined();
});
