// What the compiler makes of random models beside ONNX Runtime: each operator and attribute, tree ensembles, small graphs.
import { describe, expect, test } from "vitest";
import { operatorNames } from "../../src/scorer/compiler/operators.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
import { Rng } from "../equivalence/generators/index.js";
import type { Case } from "../reference/onnx-programs/cases.js";
import { close, closeSquares, differenceOf, runNative, runOrt, runProgram } from "../reference/onnx-programs/compare.js";
import { graphCase } from "../reference/onnx-programs/random-graphs.js";
import { ML_DRAWS } from "../reference/onnx-programs/random-ml.js";
import { OPERATOR_DRAWS, operatorCase } from "../reference/onnx-programs/random-operators.js";
import { classifierCase, regressorCase, treeEnsembleCase } from "../reference/onnx-programs/random-trees.js";

/** Each test draws one case a seed from here on: the same in every run. SKEWLESS_SEED draws others. */
const SEED = Number(process.env["SKEWLESS_SEED"] ?? 10_000);
console.log(`compiler beside ONNX Runtime: SKEWLESS_SEED=${SEED}`);

/** What may go to ONNX Runtime although the generator drew it. */
const LEFT = [/: PROBIT of one column for two classes$/, /: a class that only some rows reach$/, /: the root \d+ with one way for both answers$/];

async function check(make: (rng: Rng) => Case, count: number): Promise<void> {
  let compared = 0;
  for (let i = 0; i < count; i++) {
    const seed = SEED + i;
    const { name, model, batch } = make(new Rng(seed));
    const where = (what: string): string => `SKEWLESS_SEED=${seed}: ${what}\n${name.slice(0, 2000)}`;
    const expected = await runOrt(model, batch);
    if ("error" in expected) expect.fail(where(`ONNX Runtime: ${expected.error}`));
    const { compiled } = readOnnxModel(model);
    if ("reason" in compiled) {
      if (!LEFT.some((reason) => reason.test(compiled.reason))) expect.fail(where(compiled.reason));
      continue;
    }
    compared++;
    const agree = /"PROBIT"|"post_transform":4/.test(name) ? closeSquares : close;
    const oracle = differenceOf(compiled.program, batch, expected, runProgram(compiled.program, batch), agree);
    if (oracle !== undefined) expect.fail(where(`oracle: ${oracle}`));
    const native = differenceOf(compiled.program, batch, expected, runNative(compiled.program, batch), agree);
    if (native !== undefined) expect.fail(where(`kernels: ${native}`));
  }
  expect(compared).toBeGreaterThan(count / 2);
}

describe("one operator", () => {
  test.each(Object.entries(OPERATOR_DRAWS))("%s", (op, draw) => check((rng) => operatorCase(rng, op, draw), 25));
  test.each(Object.entries(ML_DRAWS))("%s", (op, draw) => check((rng) => operatorCase(rng, op, draw, "ai.onnx.ml"), 40));

  test("every operator has a case", () => {
    const trees = ["TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"];
    // Of constants alone, and of no tensor: tested in compiler.test.ts.
    const elsewhere = ["Constant", "ConstantOfShape", "Shape", "ZipMap"];
    const tested = new Set([...Object.keys(OPERATOR_DRAWS), ...Object.keys(ML_DRAWS), ...trees, ...elsewhere]);
    expect([...operatorNames(""), ...operatorNames("ai.onnx.ml")].filter((name) => !tested.has(name))).toEqual([]);
  });
});

describe("tree ensembles", () => {
  test("TreeEnsembleRegressor", () => check(regressorCase, 300));
  test("TreeEnsembleClassifier", () => check(classifierCase, 400));
  test("TreeEnsemble", () => check(treeEnsembleCase, 300));
});

test("small graphs", () => check(graphCase, 300));
