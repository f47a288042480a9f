import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readLightgbm } from "../../src/scorer/trees/index.js";
import { evaluate } from "./naive-program.js";
import { expectClose, programOf } from "./tree-models.js";

/** Models and predictions of the real LightGBM: test/reference/make_lightgbm.py. */
const FOLDER = join(import.meta.dirname, "../reference/lightgbm");
const { cases } = JSON.parse(readFileSync(join(FOLDER, "cases.json"), "utf8")) as {
  cases: readonly { readonly name: string; readonly rows: number; readonly features: number; readonly width: number }[];
};
const contents = (name: string): ArrayBuffer => new Uint8Array(readFileSync(join(FOLDER, name))).buffer;

describe.each(cases)("$name", ({ name, rows, features, width }) => {
  const bytes = new Uint8Array(contents(`${name}.txt`));
  const model = readLightgbm(bytes);
  const input = new Float32Array(contents(`${name}.f32`));
  const answers = new Float64Array(contents(`${name}.f64`));
  const raw = answers.subarray(0, rows * width);
  const prediction = answers.subarray(rows * width);
  const linear = name === "linear";

  test("raw scores are LightGBM's doubles, predictions within 1e-14", () => {
    const outputs = evaluate(programOf(model), input);
    const own = (outputs.get("raw") ?? outputs.get("prediction"))!.values;
    if (linear) expectClose(own, raw, 1e-12);
    else expect(own).toEqual(Array.from(raw));
    expectClose(outputs.get("prediction")!.values, prediction, 1e-14 + Number(linear) * 1e-12);
  });

  test("ONNX Runtime answers the same to the export", async () => {
    if (linear) return void expect(() => model.toOnnx()).toThrow(/linear functions/);
    const session = await InferenceSession.create(model.toOnnx());
    const answer = await session.run({ input: new Tensor("float32", input, [rows, features]) });
    expectClose((answer["raw"] ?? answer["prediction"])!.data as Float64Array, raw, 1e-12);
    expectClose(answer["prediction"]!.data as Float64Array, prediction);
  });
});
