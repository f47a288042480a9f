// Our kernels beside ONNX Runtime on what the compiler makes of random models: each operator and attribute, tree
// ensembles, small graphs.
import { describe, expect, test } from "vitest";
import { compiledBackend } from "../../src/scorer/compiled/backend.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
import type { ModelProgram } from "../../src/scorer/program.js";
import type { Tensor } from "../../src/scorer/tensor.js";
import { Rng } from "../equivalence/generators/index.js";
import type { Case } from "../reference/onnx-programs/cases.js";
import { differenceOf, runOrt, type Answers, type Batch } from "../reference/onnx-programs/compare.js";
import { graphCase } from "../reference/onnx-programs/random-graphs.js";
import { ML_DRAWS } from "../reference/onnx-programs/random-ml.js";
import { OPERATOR_DRAWS, operatorCase } from "../reference/onnx-programs/random-operators.js";
import { classifierCase, regressorCase, treeEnsembleCase } from "../reference/onnx-programs/random-trees.js";

/** Each test draws one case a seed from here on: the same in every run. SKEWLESS_SEED draws others. */
const SEED = Number(process.env["SKEWLESS_SEED"] ?? 20_000);
console.log(`compiled programs: SKEWLESS_SEED=${SEED}`);

function answers(program: ModelProgram, batch: Batch): Answers {
  const inputs = program.inputs.map(({ name, type }): Tensor => {
    const { dims, cells } = batch[name] as Batch[string];
    const numbers = (): number[] => cells.map(Number);
    switch (type) {
      case "float32":
        return { type, dims, data: Float32Array.from(numbers()) };
      case "float64":
        return { type, dims, data: Float64Array.from(numbers()) };
      case "int64":
        return { type, dims, data: BigInt64Array.from(cells, (cell) => BigInt(cell)) };
      case "int32":
        return { type, dims, data: Int32Array.from(numbers()) };
      case "bool":
        return { type, dims, data: Uint8Array.from(numbers()) };
      case "string":
        return { type, dims, data: cells as string[] };
      default:
        throw new TypeError(`no tensors of ${type} in this test`);
    }
  });
  const backend = compiledBackend(program);
  const values = backend.run(inputs) as Tensor[];
  backend.close();
  return new Map(program.outputs.map(({ name }, i) => [name, { dims: (values[i] as Tensor).dims, cells: Array.from((values[i] as Tensor).data as ArrayLike<number | bigint | string>) }]));
}

async function check(make: (rng: Rng) => Case, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { name, model, batch } = make(new Rng(SEED + i));
    const { compiled } = readOnnxModel(model);
    if ("reason" in compiled) continue;
    const expected = await runOrt(model, batch);
    if ("error" in expected) expect.fail(`ONNX Runtime: ${expected.error}`);
    const found = differenceOf(compiled.program, batch, expected, answers(compiled.program, batch));
    if (found !== undefined) expect.fail(`SKEWLESS_SEED=${SEED + i}: ${found}\n${name.slice(0, 1000)}`);
  }
}

describe("one operator", () => {
  test.each(Object.entries(OPERATOR_DRAWS))("%s", (op, draw) => check((rng) => operatorCase(rng, op, draw), 10));
  test.each(Object.entries(ML_DRAWS))("%s", (op, draw) => check((rng) => operatorCase(rng, op, draw, "ai.onnx.ml"), 15));
});

describe("tree ensembles", () => {
  test("TreeEnsembleRegressor", () => check(regressorCase, 60));
  test("TreeEnsembleClassifier", () => check(classifierCase, 80));
  test("TreeEnsemble", () => check(treeEnsembleCase, 60));
});

test("small graphs", () => check(graphCase, 60));
