// What no option is must not pass silently: a misspelt deadline would be none. And what a user sees of a wrong file.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Float64, Table, vectorFromArray } from "apache-arrow";
import { afterAll, describe, expect, test } from "vitest";
import { defineFeatures, Predictor, Scorer, t } from "../../src/index.js";
import { errorOf, rejectionOf } from "../boundary/support.js";
import { classifier, convolution, dense } from "../support/onnx-models.js";
import { linear } from "../support/predictor-models.js";

const features = defineFeatures({ inputs: { a: t.float64(), b: t.float64() }, features: ({ a, b }) => ({ a, b }) }).withoutFitting();
const model = linear([[2], [3]], [1]);
const row = { a: 1, b: 2 };
const table = new Table({ a: vectorFromArray([1], new Float64()), b: vectorFromArray([2], new Float64()) });
const folder = mkdtempSync(join(tmpdir(), "skewless-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Options that are wrong for every call, and the path of the error. */
const WRONG: readonly [unknown, readonly string[] | undefined][] = [
  [null, undefined],
  [5, undefined],
  ["x", undefined],
  [{ deadlineMicro: 5 }, ["deadlineMicro"]],
];
const WRONG_ASYNC: typeof WRONG = [...WRONG, [{ signal: 5 }, ["signal"]], [{ onProgress: 5 }, ["onProgress"]]];

describe("options of a call", () => {
  test("score and scoreAsync", async () => {
    for (const scorer of [Scorer.loadSync(dense()), Scorer.loadSync(dense(), { backend: "onnxruntime" })]) {
      for (const [options, path] of WRONG) expect(errorOf(() => scorer.score(new Float32Array(4), options as never))).toMatchObject({ code: "INVALID_PARAMETER", ...(path && { path }) });
      for (const [options, path] of WRONG_ASYNC) expect(await rejectionOf(scorer.scoreAsync(new Float32Array(4), options as never))).toMatchObject({ code: "INVALID_PARAMETER", ...(path && { path }) });
      // It would not be held.
      expect((await rejectionOf(scorer.scoreAsync(new Float32Array(4), { deadlineMicros: 5 } as never))).path).toEqual(["deadlineMicros"]);
    }
  });
  test("a predictor's calls", async () => {
    using predictor = await Predictor.load({ features, model });
    for (const [options, path] of WRONG) {
      const wanted = { name: "InputError", code: "INVALID_PARAMETER", ...(path && { path }) };
      expect(errorOf(() => predictor.predict(row, options as never))).toMatchObject(wanted);
      expect(errorOf(() => predictor.predictMany([row], options as never))).toMatchObject(wanted);
      expect(errorOf(() => predictor.predictTable(table, options as never))).toMatchObject(wanted);
    }
    for (const [options, path] of WRONG_ASYNC) {
      expect(await rejectionOf(predictor.predictAsync(table, options as never).next())).toMatchObject({ code: "INVALID_PARAMETER", ...(path && { path }) });
    }
  });
  test("session options are checked where no session is made too", () => {
    expect(errorOf(() => Scorer.loadSync(dense(), { session: { intraOpThread: 2 } as never }))).toMatchObject({ code: "INVALID_PARAMETER", path: ["session", "intraOpThread"] });
  });
});

describe("Predictor.load refuses", () => {
  test.each([
    ["what the last answer does not take", { fallback: { last: true, othervise: 3 } }, ["fallback", "othervise"]],
    ["a range that holds nothing", { onBadInput: { a: { valid: { min: 5, max: 1 } } } }, ["onBadInput", "a", "valid", "max"]],
  ])("%s", async (_, options, path) => {
    expect(await rejectionOf(Predictor.load({ features, model, ...options } as never))).toMatchObject({ code: "INVALID_PARAMETER", path });
  });
  test("a scorer's options beside a scorer that is loaded", async () => {
    using scorer = Scorer.loadSync(model);
    expect(await rejectionOf(Predictor.load({ features, model: scorer, scorer: { backend: "onnxruntime" } }))).toMatchObject({ code: "INVALID_PARAMETER", path: ["scorer"] });
  });
  test("a deadline below what is kept for ending a run, in these words", async () => {
    const error = await rejectionOf(Predictor.load({ features, model, scorer: { backend: "onnxruntime" }, deadlineMicros: 5 }));
    expect([error.code, error.expected]).toEqual(["DEADLINE_TOO_SHORT", "more than the 20.00 µs kept for ending a run and for the fallback"]);
  });
});

describe("a wrong file", () => {
  test("is named in the message", async () => {
    const path = join(folder, "half.onnx");
    writeFileSync(path, dense().subarray(0, 100));
    for (const error of [errorOf(() => Scorer.loadSync(path)), await rejectionOf(Scorer.load(path))]) {
      expect([error.code, error.message.includes(path), error.fix]).toEqual(["INVALID_MODEL", true, undefined]);
    }
    writeFileSync(path, "");
    expect(errorOf(() => Scorer.loadSync(path)).message).toContain(path);
  });
  test("of another format says what it was taken for", () => {
    for (const text of ["a,b\n1,2\n", "null", "PK\x03\x04"]) {
      expect(errorOf(() => Scorer.loadSync(new TextEncoder().encode(text)))).toMatchObject({ code: "INVALID_MODEL", fix: expect.stringContaining("taken for ONNX") as string });
    }
  });
});

test("inputs and outputs are what the model declares, frozen", () => {
  for (const bytes of [classifier(["a", "b"]), convolution()]) {
    const { inputs, outputs } = Scorer.loadSync(bytes);
    for (const info of [...inputs, ...outputs]) {
      expect(Object.keys(info).filter((key) => key !== "map")).toEqual(["name", "type", "dims"]);
      expect(Object.isFrozen(info)).toBe(true);
    }
    expect(Object.isFrozen(inputs)).toBe(true);
  }
});
