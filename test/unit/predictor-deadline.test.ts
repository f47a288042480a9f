import { describe, expect, test } from "vitest";
import { DeadlineExceeded, defineFeatures, Predictor, Scorer, t, type Fallback, type FallbackReason, type PredictorOptions } from "../../src/index.js";
import { errorOf, rejectionOf } from "../boundary/support.js";
import { failing, linear, slow } from "../support/predictor-models.js";

const set = defineFeatures({ inputs: { a: t.float64(), b: t.float64() }, features: ({ a, b }) => ({ a, b }) });
const features = set.withoutFitting();
type I = typeof set.inputs;
type Row = { readonly a: number; readonly b: number };
const row: Row = { a: 1, b: 2 };
const fast = linear([[2], [3]], [0.5]);
/** Some milliseconds a row, by ONNX Runtime. */
const slowly = { model: slow(2, 500), scorer: { backend: "onnxruntime" } } as const;
const load = (options: Partial<PredictorOptions<I>> = {}): Promise<Predictor<I>> => Predictor.load({ features, model: fast, ...options });

describe("a deadline", () => {
  test("that holds changes nothing", async () => {
    const predictor = await load({ deadlineMicros: 1e6 });
    expect(predictor.predict(row)).toEqual({ prediction: 8.5, fallback: false });
    expect(predictor.predict(row, { deadlineMicros: 2e6 }).prediction).toBe(8.5);
    expect(predictor.predictMany([row, row], { deadlineMicros: 1e6 })).toHaveLength(2);
    expect(predictor.stats()).toMatchObject({ predictions: 4, deadlinesMissed: 0, errors: 0 });
  });

  test("below what a compiled model is known to take is refused, with the figures", async () => {
    const predictor = await load();
    expect(predictor.backend.name).toBe("compiled");
    const { transform, score, total } = predictor.cost;
    expect(total).toBeCloseTo(transform.p99 + score.p99, 9);
    for (const cost of [transform, score]) {
      expect(cost.median).toBeGreaterThan(0);
      expect(cost.median).toBeLessThanOrEqual(cost.p99);
      expect(cost.p99).toBeLessThan(1000);
    }
    const atLoad = await rejectionOf(load({ deadlineMicros: 0.01 }));
    expect(atLoad.code).toBe("DEADLINE_TOO_SHORT");
    expect(atLoad.message).toMatch(/more than \d+\.\d\d µs \(features \d+\.\d\d µs, model \d+\.\d\d µs; medians .*\), received 0\.01 µs/);
    const atCall = errorOf(() => predictor.predict(row, { deadlineMicros: total / 2 }));
    expect(atCall.code).toBe("DEADLINE_TOO_SHORT");
    expect(atCall.message).toContain(total.toFixed(2));
    expect(errorOf(() => predictor.predictMany([row], { deadlineMicros: total / 2 })).code).toBe("DEADLINE_TOO_SHORT");
  });

  test("of a call below the known cost is the fallback's where there is one; the model is not run", async () => {
    const predictor = await load({ fallback: -1 });
    expect(predictor.predict(row, { deadlineMicros: 0.02 })).toEqual({ prediction: -1, fallback: true, reason: "deadline" });
    const stats = predictor.stats();
    expect(stats).toMatchObject({ predictions: 0, deadlinesMissed: 1, fallbacks: { deadline: 1, "model-error": 0, "bad-input": 0 } });
    expect(stats.score.count).toBe(0);
    expect(stats.total.count).toBe(1);
  });

  test("counts the time that the row's own getters take", async () => {
    const predictor = await load({ deadlineMicros: 2000, fallback: -1 });
    const lazy = {
      get a() {
        const end = performance.now() + 3;
        while (performance.now() < end);
        return 1;
      },
      b: 2,
    };
    expect(predictor.predict(lazy)).toMatchObject({ prediction: -1, reason: "deadline" });
    expect(predictor.predict(row).prediction).toBe(8.5);
  });

  test("ends a run of ONNX Runtime, and is kept", async () => {
    const without = await load({ ...slowly });
    const free = Date.now();
    expect(without.predict(row).prediction).toBeCloseTo(3, 3);
    const took = Date.now() - free;
    if (took < 2) console.warn(`the slow model took only ${took} ms`);
    const predictor = await load({ ...slowly, deadlineMicros: 1500 });
    expect(predictor.backend.name).toBe("onnxruntime");
    for (let i = 0; i < 3; i++) expect(() => predictor.predict(row)).toThrow(DeadlineExceeded);
    const { message, code } = errorOf(() => predictor.predict(row));
    expect(code).toBe("DEADLINE_EXCEEDED");
    expect(message).toMatch(/expected an answer within 1500 µs, received none after \d+\.\d µs\. Give more time/);
    const bounded = await load({ ...slowly, deadlineMicros: 1500, fallback: 0 });
    const times: number[] = [];
    for (let i = 0; i < 100; i++) {
      const start = performance.now();
      expect(bounded.predict(row)).toMatchObject({ prediction: 0, reason: "deadline" });
      times.push(performance.now() - start);
    }
    // The best of them: on a busy machine a thread may be set aside for longer than that.
    expect(Math.min(...times)).toBeLessThan(1.7);
    expect(Math.min(...times)).toBeGreaterThan(1);
    expect(bounded.stats()).toMatchObject({ predictions: 0, deadlinesMissed: 100, fallbacks: { deadline: 100 } });
    // A call that has the time still gets the model's answer.
    expect(bounded.predict(row, { deadlineMicros: 5e6 }).prediction).toBeCloseTo(3, 3);
  });

  test("of ONNX Runtime below the fallback's own time is refused", async () => {
    const error = await rejectionOf(load({ ...slowly, deadlineMicros: 5, fallback: 1 }));
    expect(error.code).toBe("DEADLINE_TOO_SHORT");
  });

  test("of a list is for all of it", async () => {
    const predictor = await load({ ...slowly, fallback: -1, deadlineMicros: 1e6 });
    const start = performance.now();
    const out = predictor.predictMany(Array.from({ length: 200 }, () => row), { deadlineMicros: 40_000 });
    expect(performance.now() - start).toBeLessThan(100);
    expect(out).toHaveLength(200);
    expect(out[0]?.fallback).toBe(false);
    const first = out.findIndex(({ fallback }) => fallback);
    expect(first).toBeGreaterThan(0);
    expect(out.slice(first).every(({ fallback, reason }) => fallback && reason === "deadline")).toBe(true);
    const bare = await load({ ...slowly });
    const error = errorOf(() => bare.predictMany(Array.from({ length: 200 }, () => row), { deadlineMicros: 40_000 }));
    expect(error.code).toBe("DEADLINE_EXCEEDED");
    expect(error.row).toBeGreaterThan(0);
    expect(error.message).toMatch(/row \d+: the model did not answer by the deadline/);
  });
});

describe("a fallback", () => {
  const late = { deadlineMicros: 0.02 };
  test.each<[string, Fallback<Row>, unknown]>([
    ["a number", 0.25, 0.25],
    ["a text", "unknown", "unknown"],
    ["a bigint", 3n, 3n],
    ["an array of numbers", Float32Array.of(1, 2), Float32Array.of(1, 2)],
    ["a function", ({ a, b }: Row, reason: FallbackReason) => `${a}${b}${reason}`, "12deadline"],
    ["a chain", [() => undefined, () => { throw new Error("no"); }, 5, 6], 5],
    ["last answers without any", { last: true, otherwise: 9 }, 9],
    ["a nested chain", [[() => undefined], { last: true, otherwise: [() => undefined, 4] }], 4],
  ])("%s", async (_, fallback, wanted) => {
    const predictor = await load({ fallback });
    expect(predictor.predict(row, late)).toEqual({ prediction: wanted, fallback: true, reason: "deadline" });
  });

  test("array is not shared between results", async () => {
    const predictor = await load({ fallback: Float32Array.of(1, 2) });
    (predictor.predict(row, late).prediction as Float32Array)[0] = 99;
    expect(predictor.predict(row, late).prediction).toEqual(Float32Array.of(1, 2));
  });

  test("by a second predictor with features of its own", async () => {
    const simple = defineFeatures({ inputs: { a: t.float64() }, features: ({ a }) => ({ a }) }).withoutFitting();
    const second = await Predictor.load({ features: simple, model: linear([[100]], [0]) });
    const predictor = await load({ ...slowly, fallback: second, deadlineMicros: 1000 });
    expect(predictor.predict(row)).toEqual({ prediction: 100, fallback: true, reason: "deadline" });
    expect(second.stats().predictions).toBe(1);
  });

  test("by a second model of the same vector, which a bad row does not have", async () => {
    const second = await Scorer.load(linear([[10], [20]], [0]));
    const predictor = await load({ ...slowly, fallback: [second, -1], deadlineMicros: 1000 });
    expect(predictor.predict(row)).toEqual({ prediction: 50, fallback: true, reason: "deadline" });
    expect(predictor.predict({ a: 1 } as unknown as Row)).toEqual({ prediction: -1, fallback: true, reason: "bad-input" });
    const alone = await load({ ...slowly, fallback: second, deadlineMicros: 1000 });
    expect(errorOf(() => alone.predict({ a: 1 } as unknown as Row)).code).toBe("MISSING_INPUT");
    const wide = await Scorer.load(linear([[1], [1], [1]], [0]));
    expect((await rejectionOf(load({ fallback: wide }))).message).toMatch(/fallback.*one float32 input of 2 columns.*3 columns/);
    second.close();
    expect(predictor.predict(row)).toEqual({ prediction: -1, fallback: true, reason: "deadline" });
  });

  test("by the last answer for a key, of the most recent keys", async () => {
    const predictor = await load({ fallback: { last: true, otherwise: -1, capacity: 2 } });
    expect(predictor.predict({ a: 1, b: 0 }, { key: "u1" }).prediction).toBe(2.5);
    expect(predictor.predict({ a: 2, b: 0 }, { key: 2n }).prediction).toBe(4.5);
    expect(predictor.predict(row, { key: "u1", ...late })).toEqual({ prediction: 2.5, fallback: true, reason: "deadline" });
    expect(predictor.predict(row, { key: 2n, ...late }).prediction).toBe(4.5);
    expect(predictor.predict(row, { key: 2, ...late }).prediction).toBe(-1);
    expect(predictor.predict(row, late).prediction).toBe(-1);
    predictor.predict({ a: 3, b: 0 }, { key: "u3" });
    expect(predictor.predict(row, { key: "u1", ...late }).prediction).toBe(-1);
    expect(predictor.predict(row, { key: "u3", ...late }).prediction).toBe(6.5);
    // Fallback answers are not remembered.
    predictor.predict(row, { key: "u9", ...late });
    expect(predictor.predict(row, { key: "u9", ...late }).prediction).toBe(-1);
  });

  test("answers where the model fails", async () => {
    const bare = await load({ model: failing(2) });
    expect(bare.predict({ a: 1, b: 0 }).prediction).toBe(20);
    const error = errorOf(() => bare.predict({ a: 7, b: 0 }));
    expect([error.name, error.code]).toEqual(["ModelError", "RUNTIME_ERROR"]);
    expect(error.message).toMatch(/the model failed: .+/);
    expect(bare.stats()).toMatchObject({ predictions: 1, errors: 1 });
    const predictor = await load({ model: failing(2), fallback: 0 });
    expect(predictor.predict({ a: 7, b: 0 })).toEqual({ prediction: 0, fallback: true, reason: "model-error" });
    expect(predictor.predict({ a: 0, b: 0 }).prediction).toBe(10);
    expect(predictor.stats().fallbacks).toEqual({ deadline: 0, "model-error": 1, "bad-input": 0 });
  });

  test("that throws or answers nothing ends in an error that is counted", async () => {
    const throwing = await load({ fallback: () => { throw new RangeError("mine"); } });
    expect(() => throwing.predict(row, late)).toThrow(RangeError);
    const silent = await load({ fallback: () => undefined });
    expect(errorOf(() => silent.predict(row, late)).code).toBe("DEADLINE_EXCEEDED");
    const wrong = await load({ fallback: (() => ({})) as never });
    expect(errorOf(() => wrong.predict(row, late)).message).toMatch(/the fallback's answer/);
    for (const predictor of [throwing, silent, wrong]) expect(predictor.stats()).toMatchObject({ errors: 1, deadlinesMissed: 1, predictions: 0 });
  });

  test("that is late itself still answers, and is counted", async () => {
    const predictor = await load({
      deadlineMicros: 1000,
      fallback: () => {
        const end = performance.now() + 2;
        while (performance.now() < end);
        return 1;
      },
      ...slowly,
    });
    expect(predictor.predict(row).prediction).toBe(1);
    expect(predictor.stats().lateFallbacks).toBe(1);
  });
});

describe("statistics", () => {
  test("time each step of each call", async () => {
    const predictor = await load();
    const count = 5000;
    const begin = performance.now();
    for (let i = 0; i < count; i++) predictor.predict(row);
    const elapsed = (performance.now() - begin) * 1e3;
    const { marshal, transform, score, total, predictions } = predictor.stats();
    expect(predictions).toBe(count);
    for (const step of [marshal, transform, score, total]) {
      expect(step.count).toBe(count);
      expect(step.min).toBeLessThanOrEqual(step.p50);
      expect(step.p50).toBeLessThanOrEqual(step.p99);
      expect(step.p99).toBeLessThanOrEqual(step.max);
    }
    // The whole is the sum of its parts, and the calls' own time is at least that.
    expect(total.sum).toBeCloseTo(marshal.sum + transform.sum + score.sum, 3);
    expect(total.sum).toBeLessThanOrEqual(elapsed);
    // The two clocks are one: a call takes some time before the native part and not more than a few microseconds.
    expect(marshal.p50).toBeGreaterThan(0);
    expect(marshal.p50).toBeLessThan(10);
    predictor.resetStats();
    expect(predictor.stats()).toMatchObject({ predictions: 0, errors: 0, badInputs: {} });
    expect(predictor.stats().total.count).toBe(0);
  });
});
