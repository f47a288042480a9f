import { test } from "vitest";
import { Rng } from "../equivalence/generators/index.js";
import { treeEnsembleCase } from "../reference/onnx-programs/random-trees.js";
import { difference, runOrt, runProgram } from "../reference/onnx-programs/compare.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
test("dev", async () => {
  for (const seed of [62, 47, 26]) {
  const c = treeEnsembleCase(new Rng(seed));
  const ort = await runOrt(c.model, c.batch);
  const compiled = readOnnxModel(c.model).compiled;
  if (!("program" in compiled) || "error" in ort) continue;
  const mine = runProgram(compiled.program, c.batch);
  const w = c.batch["x"]!.dims[1]!;
  const o = ort.get("scores")!, m = mine.get("scores")!;
  const k = o.dims[1]!;
  for (let r = 0; r < 12; r++) console.log("R", c.batch["x"]!.cells.slice(r*w, r*w+w).join(" "), "| ort", o.cells.slice(r*k,r*k+k).join(" "), "| mine", m.cells.slice(r*k,r*k+k).join(" "));
  console.log("M", c.name);
  }
});
