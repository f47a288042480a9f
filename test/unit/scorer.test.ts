// The scorer over both backends: which one runs a model, and that the answer is the same.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Scorer, type ModelValue, type Tensor } from "../../src/index.js";
import { errorOf } from "../boundary/support.js";
import { classifier, convolution, dense, heavy } from "../support/onnx-models.js";

const XGBOOST = join(import.meta.dirname, "../reference/xgboost");

function numbers(value: ModelValue | undefined): number[] {
  if (value === undefined) throw new Error("no such output");
  if (Array.isArray(value)) return (value as readonly ReadonlyMap<unknown, number>[]).flatMap((map) => [...map.values()]);
  return Array.from((value as Tensor).data as ArrayLike<number | bigint>, Number);
}

function close(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  for (const [i, value] of actual.entries()) {
    const other = wanted[i] as number;
    if (!Object.is(value, other)) expect(Math.abs(value - other)).toBeLessThan(1e-6 * Math.max(1, Math.abs(other)));
  }
}

describe("which backend", () => {
  test("ours where it can, with the reason", () => {
    const scorer = Scorer.loadSync(dense());
    expect(scorer.backend).toEqual({ name: "compiled", reason: expect.any(String) as string });
    expect(Scorer.loadSync(dense(), { backend: "compiled" }).backend).toEqual({ name: "compiled", reason: "asked for" });
  });
  test("ONNX Runtime for the rest, with the reason", () => {
    for (const model of [convolution(), heavy(10)]) {
      const scorer = Scorer.loadSync(model);
      expect(scorer.backend.name).toBe("onnxruntime");
      expect(scorer.backend.reason).toMatch(/^not compiled: .+/);
      const error = errorOf(() => Scorer.loadSync(model, { backend: "compiled" }));
      expect([error.code, error.message.includes("cannot be compiled")]).toEqual(["UNSUPPORTED_MODEL", true]);
    }
  });
});

describe("both backends agree", () => {
  test.each([
    ["a network", dense(20, 5), 20],
    ["a classifier of text", classifier(["a", "b", "c"]), 4],
    ["a classifier of numbers", classifier([3n, -1n, 8n]), 4],
  ] as const)("%s", async (_, model, width) => {
    const compiled = Scorer.loadSync(model, { backend: "compiled" });
    const runtime = Scorer.loadSync(model, { backend: "onnxruntime" });
    expect(compiled.outputs.map(({ name, type, map }) => ({ name, type, map }))).toEqual(runtime.outputs.map(({ name, type, map }) => ({ name, type, map })));
    const rows = Float32Array.from({ length: width * 100 }, (__, i) => Math.sin(i * i));
    const inputs = [rows, rows.subarray(0, width), rows.subarray(width, 2 * width)];
    for (const input of inputs) {
      const answers = [compiled.score(input), await compiled.scoreAsync(input, { threads: 2 })];
      const wanted = runtime.score(input);
      for (const answer of answers) {
        expect(Object.keys(answer)).toEqual(Object.keys(wanted));
        for (const { name, type } of compiled.outputs) {
          const [a, b] = [answer[name], wanted[name]];
          if (type === "string") expect((a as Tensor).data).toEqual((b as Tensor).data);
          else close(numbers(a), numbers(b));
          if (!Array.isArray(a)) expect((a as Tensor).dims).toEqual((b as Tensor).dims);
        }
      }
    }
    for (const scorer of [compiled, runtime]) {
      scorer.close();
      expect(errorOf(() => scorer.score(rows)).code).toBe("CLOSED");
    }
  });
  test.each(["binary-logistic", "count-poisson"])("XGBoost's %s, compiled and as ONNX", (name) => {
    const bytes = new Uint8Array(readFileSync(join(XGBOOST, `${name}.f32`)));
    const rows = new Float32Array(bytes.buffer, 0, bytes.length / 4);
    const answers = ["json", "ubj"].flatMap((kind) =>
      (["compiled", "onnxruntime"] as const).map((backend) => {
        const scorer = Scorer.loadSync(join(XGBOOST, `${name}.${kind}`), { backend });
        expect([scorer.format, scorer.backend.name]).toEqual(["xgboost", backend]);
        const [first] = scorer.outputs;
        return numbers(scorer.score(rows)[first?.name ?? ""]);
      }),
    );
    for (const answer of answers.slice(1)) close(answer, answers[0] as number[]);
    expect(answers[0]?.length).toBeGreaterThan(10);
  });
});
