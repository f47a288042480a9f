// Normalizer where a row has no ordinary norm: ONNX Runtime, the kernels and the oracle give the same.
import { expect, test } from "vitest";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
import { difference, runNative, runOrt, runProgram } from "../reference/onnx-programs/compare.js";
import { makeModel } from "../reference/onnx-programs/models.js";

const ROWS = [
  [NaN, 2, -4],
  [2, NaN, -4],
  [2, -4, NaN],
  [NaN, -2, -4],
  [-4, -2, NaN],
  [NaN, NaN, NaN],
  [-1, -2, -4],
  [0, -1, -3],
  [-0, -0, NaN],
  [Infinity, 1, 2],
  [-Infinity, -Infinity, -Infinity],
  [-Infinity, NaN, NaN],
  [-3e38, NaN, -Infinity],
];

test.each(["MAX", "L1"].flatMap((norm) => (["float32", "float64"] as const).map((type) => [norm, type] as const)))("%s of %s", async (norm, type) => {
  const model = makeModel({
    inputs: [{ name: "x", type, dims: ["N", 3] }],
    outputs: [{ name: "y", type: "float32" }],
    nodes: [{ op: "Normalizer", domain: "ai.onnx.ml", inputs: ["x"], outputs: ["y"], attributes: { norm } }],
    opset: 18,
    mlOpset: 1,
  });
  const { compiled } = readOnnxModel(model);
  if ("reason" in compiled) expect.fail(compiled.reason);
  // Rows alone and together: kernels take several at a time.
  for (const rows of [...ROWS.map((row) => [row]), ROWS]) {
    const batch = { x: { type, dims: [rows.length, 3], cells: rows.flat() } };
    const expected = await runOrt(model, batch);
    if ("error" in expected) expect.fail(expected.error);
    expect(difference(expected, runNative(compiled.program, batch)), `kernels: ${rows.join("; ")}`).toBeUndefined();
    expect(difference(expected, runProgram(compiled.program, batch)), `oracle: ${rows.join("; ")}`).toBeUndefined();
  }
});
