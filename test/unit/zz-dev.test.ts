import { test } from "vitest";
import { Rng } from "../equivalence/generators/index.js";
import { classifierCase, regressorCase, treeEnsembleCase } from "../reference/onnx-programs/random-trees.js";
import { difference, runOrt, runProgram } from "../reference/onnx-programs/compare.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
test("dev", async () => {
  for (const make of [classifierCase]) {
    let shown = 0; let ok = 0; let bad = 0; const reasons = new Map<string, number>(); const errors = new Map<string, number>();
    for (let seed = 1; seed <= 3000; seed++) {
      const c = make(new Rng(seed));
      const ort = await runOrt(c.model, c.batch);
      let compiled;
      try { compiled = readOnnxModel(c.model).compiled; } catch (e) { if (!("error" in ort)) console.log("THROW", seed, String(e)); continue; }
      if ("error" in ort) { const k = ort.error.slice(0, 150).replace(/\d+/g, "#"); errors.set(k, (errors.get(k) ?? 0) + 1); continue; }
      if ("reason" in compiled) { const k = compiled.reason.replace(/\d+/g, "#"); reasons.set(k, (reasons.get(k) ?? 0) + 1); continue; }
      const d = difference(ort, runProgram(compiled.program, c.batch));
      if (d === undefined) ok++; else { bad++; if (shown++ < 12) console.log(seed, d, c.name.replace(/"nodes_[a-z_]*":(\[[^\]]*\]|\{[^}]*\}),?/g, "").slice(0, 700)); }
    }
    console.log(make.name, { ok, bad }, reasons, errors);
  }
});
