import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readXgboost } from "../../src/scorer/trees/index.js";
import type { ModelFile } from "../../src/scorer/backend.js";
import { evaluate } from "./naive-program.js";
import { expectClose, programOf } from "./tree-models.js";

/** Models and predictions of the real XGBoost: test/reference/make_xgboost.py. */
const FOLDER = join(import.meta.dirname, "../reference/xgboost");

interface Case {
  readonly name: string;
  readonly rows: number;
  readonly features: number;
  /** Bits of float32. */
  readonly margin: readonly number[];
  readonly prediction: readonly number[];
  readonly marginWidth: number;
  readonly predictionWidth: number;
}

const { cases } = JSON.parse(readFileSync(join(FOLDER, "cases.json"), "utf8")) as { cases: readonly Case[] };

function rowsOf({ name, rows, features }: Case): Float32Array {
  const bytes = readFileSync(join(FOLDER, `${name}.f32`));
  return new Float32Array(new Uint8Array(bytes).buffer, 0, rows * features);
}

const floats = (bits: readonly number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer);
const bitsOf = (values: ArrayLike<number>): number[] => Array.from(new Uint32Array(Float32Array.from(values).buffer));

function readCase(item: Case, kind: "json" | "ubj"): ModelFile {
  return readXgboost(readFileSync(join(FOLDER, `${item.name}.${kind}`)));
}

describe.each(cases)("$name", (item) => {
  const model = readCase(item, "json");
  const rows = rowsOf(item);
  // Older versions make the labels of multi:softmax a margin only where asked; these have it as they should.
  const labels = item.name === "multi-softmax";

  test("margins have XGBoost's bits, predictions are within 1e-6", () => {
    const program = programOf(model);
    const outputs = evaluate(program, rows);
    const raw = outputs.get("raw") ?? outputs.get("prediction")!;
    expect(raw.width).toBe(item.marginWidth);
    expect(bitsOf(raw.values)).toEqual(item.margin);
    const prediction = outputs.get("prediction")!;
    expect(prediction.width).toBe(item.predictionWidth);
    if (labels) expect(prediction.values).toEqual(Array.from(floats(item.prediction)));
    else expectClose(prediction.values, floats(item.prediction));
  });

  test("the UBJSON file gives the same program", () => {
    const other = readCase(item, "ubj");
    expect(other.compiled).toEqual(model.compiled);
    expect(other.metadata).toEqual(model.metadata);
    expect(other.featureNames).toEqual(model.featureNames);
  });

  test("ONNX Runtime answers the same to the export", async () => {
    const session = await InferenceSession.create(model.toOnnx());
    const answer = await session.run({ input: new Tensor("float32", rows, [item.rows, item.features]) });
    expect(answer["prediction"]!.dims).toEqual(item.predictionWidth === 1 ? [item.rows] : [item.rows, item.predictionWidth]);
    expectClose((answer["raw"] ?? answer["prediction"])!.data as Float32Array, floats(item.margin));
    expectClose(answer["prediction"]!.data as Float32Array, floats(item.prediction));
  });
});
