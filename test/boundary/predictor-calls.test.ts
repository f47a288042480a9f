// The add-on's functions of the predictor called directly, as nobody should.
import { describe, expect, test } from "vitest";
import { defineFeatures, Scorer, t } from "../../src/index.js";
import { addon, type Addon } from "../../src/native.js";
import { compilePlan } from "../../src/plan/compile.js";
import { linear } from "../support/predictor-models.js";
import { SLOWDOWN } from "./support.js";

const native = addon();
const loose = native as unknown as Record<keyof Addon, (...args: unknown[]) => unknown>;
const { plan } = defineFeatures({ inputs: { a: t.float64(), b: t.utf8() }, features: ({ a, b }) => ({ a, b: b.length() }) }).compile();
const compiled = compilePlan(plan, "baseline");
const scorer = await Scorer.load(linear([[2], [3]], [1]));
const model = scorer.internals.rowModel()!;
const wide = (await Scorer.load(linear([[2], [3], [4]], [1]))).internals.rowModel()!;
const junk: readonly unknown[] = [undefined, null, 0, -1, NaN, 10n, "x", true, {}, [], () => 1, new Float32Array(2), compiled, model];

describe("predictor", () => {
  test("refuses what are no plan and no model", () => {
    for (const value of junk) {
      if (value !== compiled) expect(() => loose.predictor(value, model.handle)).toThrow(Error);
      expect(() => loose.predictor(compiled, value)).toThrow(Error);
    }
    expect(() => loose.predictor()).toThrow(Error);
    expect(() => loose.predictor(model.handle, compiled)).toThrow(Error);
  });

  test("refuses a model of another width and a plan that makes no vector", () => {
    expect(() => native.predictor(compiled, wide.handle)).toThrow(/the model takes 3 numbers, the plan gives 2/);
    const { plan: text } = defineFeatures({ inputs: { b: t.utf8() }, features: ({ b }) => ({ b: b.as("utf8"), c: b.length() }) }).compile();
    expect(() => native.predictor(compilePlan(text, "baseline"), model.handle)).toThrow(/must be float32/);
  });

  test("answers with a status whatever the control says", () => {
    const predictor = native.predictor(compiled, model.handle);
    const control = new Float64Array(predictor.control);
    for (const value of [NaN, Infinity, -Infinity, -1, 1e308, -1e308, 0, 1e-320, 2 ** 63]) {
      for (let at = 0; at < 5; at++) {
        control.fill(0);
        control[at] = value;
        expect(predictor.predict()).toBeOneOf([0, 2, 4]);
        control[1] = value;
        expect(predictor.predict()).toBeOneOf([0, 2, 4]);
      }
      control.fill(value);
      expect(predictor.predict()).toBeOneOf([0, 2, 4]);
    }
    // A text that lies beyond the heap.
    new Uint32Array(predictor.exchange).fill(0xffffffff, predictor.layout.rows / 4, predictor.layout.rows / 4 + 8);
    control.fill(0);
    expect(predictor.predict()).toBeOneOf([0, 1]);
    new Float64Array(predictor.stats).fill(NaN);
    expect(predictor.predict()).toBeOneOf([0, 1]);
    expect(predictor.message()).toBeTypeOf("string");
  });
});

describe("timeModel", () => {
  test("refuses wrong arguments", () => {
    for (const value of junk) {
      expect(() => loose.timeModel(value, new Float32Array(4), 1, 1)).toThrow(Error);
      if (!(value instanceof Float32Array)) expect(() => loose.timeModel(model.handle, value, 1, 1)).toThrow(Error);
      if (typeof value !== "number") {
        expect(() => loose.timeModel(model.handle, new Float32Array(4), value, 1)).toThrow(Error);
        expect(() => loose.timeModel(model.handle, new Float32Array(4), 1, value)).toThrow(Error);
      }
    }
    expect(() => loose.timeModel(model.handle, new Float64Array(4), 1, 1)).toThrow(Error);
  });

  test("times whole vectors only, and stops in time", () => {
    expect(native.timeModel(model.handle, new Float32Array(0), 5, 10)).toHaveLength(0);
    expect(native.timeModel(model.handle, new Float32Array(5), 5, 10)).toHaveLength(2);
    expect(native.timeModel(model.handle, new Float32Array(2000), NaN, NaN)).toHaveLength(1000);
    expect(native.timeModel(model.handle, new Float32Array(2000), 2, 0)).toHaveLength(1);
    const start = performance.now();
    expect(native.timeModel(model.handle, new Float32Array(2e6), 1e9, 20).length).toBeGreaterThan(0);
    expect(performance.now() - start).toBeLessThan(1000 * SLOWDOWN);
    for (const nanoseconds of native.timeModel(model.handle, new Float32Array(64), 5, 50)) expect(nanoseconds).toBeGreaterThan(0);
  });
});
