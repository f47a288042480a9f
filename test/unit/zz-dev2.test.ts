import { test } from "vitest";
import { runOrt } from "../reference/onnx-programs/compare.js";
import { doubles, floats, ints, makeModel } from "../reference/onnx-programs/models.js";
import { DataType } from "../../src/onnx/schema.js";
async function members(type: "float32" | "float64", list: number[], xs: number[]) {
  const tensor = type === "float32" ? floats : doubles;
  const model = makeModel({ inputs: [{ name: "x", type, dims: ["N", 1] }], outputs: [{ name: "y", type }], mlOpset: 5, nodes: [{ op: "TreeEnsemble", domain: "ai.onnx.ml", inputs: ["x"], outputs: ["y"], attributes: {
    n_targets: 1n, nodes_modes: { type: DataType.UINT8, dims: [1], values: Uint8Array.of(6) }, nodes_splits: tensor([0]), nodes_featureids: ints([0]), nodes_truenodeids: ints([0]), nodes_falsenodeids: ints([1]), nodes_trueleafs: ints([1]), nodes_falseleafs: ints([1]), tree_roots: ints([0]), leaf_targetids: ints([0, 0]), leaf_weights: tensor([1, 0]), membership_values: tensor([...list, NaN]) } }] });
  const out = await runOrt(model, { x: { type, dims: [xs.length, 1], cells: xs } });
  console.log(type, list.join(), "members:", "error" in out ? out.error.slice(-120) : xs.filter((_, i) => out.get("y")?.cells[i] === 1).join());
}
test("dev", async () => {
  const xs = [-3, -2.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 23, 23.5, 24, 24.5, 31, 31.5, 32, 32.5, 33, 33.5, 52, 52.5, 63, 63.5, 64, 64.5, 65, 65.5, 100, 100.5, NaN];
  for (const type of ["float32", "float64"] as const) {
    await members(type, [2], xs);
    await members(type, [2, 3], xs);
    await members(type, [2, -3, 3], xs);
    await members(type, [23, 24, 31, 32, 33], xs);
    await members(type, [31, 32, 33], xs);
    await members(type, [52, 63, 64, 65, 100], xs);
    await members(type, [100, 0, 2, 3], xs);
  }
});
