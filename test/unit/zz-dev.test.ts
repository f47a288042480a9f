import { test } from "vitest";
import { Rng } from "../equivalence/generators/index.js";
import { OPERATOR_DRAWS, operatorCase } from "../reference/onnx-programs/random-operators.js";
import { ML_DRAWS } from "../reference/onnx-programs/random-ml.js";
import { difference, runOrt, runProgram } from "../reference/onnx-programs/compare.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
test("dev", async () => {
  for (const [domain, draws] of [["", OPERATOR_DRAWS], ["ai.onnx.ml", ML_DRAWS]] as const)
  for (const [op, draw] of Object.entries(draws)) {
    let shown = 0; let ok = 0; let bad = 0; const reasons = new Map<string, number>(); const errors = new Map<string, number>();
    for (let seed = 1; seed <= 40; seed++) {
      const c = operatorCase(new Rng(seed), op, draw, domain);
      const ort = await runOrt(c.model, c.batch);
      let compiled;
      try { compiled = readOnnxModel(c.model).compiled; } catch (e) { if (!("error" in ort)) console.log("THROW", seed, String(e), c.name); continue; }
      if ("error" in ort) { const k = ort.error.slice(0, 250).replace(/\d+/g, "#"); errors.set(k, (errors.get(k) ?? 0) + 1); continue; }
      if ("reason" in compiled) { const k = compiled.reason.replace(/\d+/g, "#"); reasons.set(k, (reasons.get(k) ?? 0) + 1); continue; }
      let d; try { d = difference(ort, runProgram(compiled.program, c.batch)); } catch (e) { d = String(e) + JSON.stringify(compiled.program.steps); }
      if (d === undefined) ok++; else { bad++; if (shown++ < 3) console.log("BAD", seed, d, c.name.slice(0, 600)); }
    }
    if (bad > 0 || reasons.size > 0 || errors.size > 0) console.log("OP", op, JSON.stringify({ ok, bad }), JSON.stringify([...reasons]), JSON.stringify([...errors]));
  }
});
