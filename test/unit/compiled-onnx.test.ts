// Our kernels beside ONNX Runtime on equal models: trees of every mode and dense layers.
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { compiledBackend } from "../../src/scorer/compiled/backend.js";
import type { ModelProgram, Register, Step, TreeEnsemble } from "../../src/scorer/program.js";
import type { Tensor } from "../../src/scorer/tensor.js";
import { GraphBuilder, type AttributeValue } from "../../src/onnx/builder.js";
import { writeModel } from "../../src/onnx/model.js";
import { DataType } from "../../src/onnx/schema.js";
import { Random } from "./compiled/random.js";
import { randomTrees } from "./compiled/generate.js";

interface Runtime {
  readonly InferenceSession: { create(bytes: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<Record<string, { data: Float32Array }>> }> };
  readonly Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => object;
}

function loadRuntime(): Runtime | undefined {
  try {
    return createRequire(import.meta.url)("onnxruntime-node") as Runtime;
  } catch (error) {
    console.warn(`compiled models are not compared with ONNX Runtime: onnxruntime-node could not be loaded (${String(error)})`);
    return undefined;
  }
}
const runtime = loadRuntime();

async function runOnnx(graph: GraphBuilder, x: Float32Array, width: number): Promise<Float32Array> {
  const ort = runtime as Runtime;
  const session = await ort.InferenceSession.create(writeModel(graph.build(new Map(), "0")), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const result = await session.run({ x: new ort.Tensor("float32", x, [x.length / width, width]) });
  return (Object.values(result)[0] as { data: Float32Array }).data;
}

function graphOf(width: number, build: (graph: GraphBuilder) => string, outputs: number): GraphBuilder {
  const graph = new GraphBuilder({ name: "test", opset: 17, mlOpset: 3 });
  graph.unique("x");
  graph.input("x", DataType.FLOAT, ["N", width]);
  graph.output(build(graph), DataType.FLOAT, ["N", outputs]);
  return graph;
}

function runCompiled(registers: readonly Register[], steps: readonly Step[], x: Float32Array): Float32Array {
  const last = registers.length - 1;
  const width = (registers[0] as Register).width;
  const program: ModelProgram = {
    source: "onnx", registers, steps, inputs: [{ name: "x", type: "float32", dims: ["N", width], register: 0 }],
    outputs: [{ name: "y", type: "float32", dims: ["N", null], register: last, rank: 2 }],
  };
  return (compiledBackend(program).run([{ type: "float32", dims: [x.length / width, width], data: x }])[0] as Tensor<"float32">).data;
}

const ONNX_MODES = ["LEAF", "BRANCH_LT", "BRANCH_LEQ", "BRANCH_GT", "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"];

/** The attributes of a TreeEnsembleRegressor: nodes are numbered anew in each tree. */
function regressor(t: TreeEnsemble): Record<string, AttributeValue> {
  const columns = { tree: [] as bigint[], node: [] as bigint[], feature: [] as bigint[], mode: [] as string[], value: [] as number[], yes: [] as bigint[], no: [] as bigint[], missing: [] as bigint[] };
  const targets = { tree: [] as bigint[], node: [] as bigint[], id: [] as bigint[], weight: [] as number[] };
  for (const [tree, root] of t.roots.entries()) {
    const open = [root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const leaf = t.modes[node] === 0;
      columns.tree.push(BigInt(tree));
      columns.node.push(BigInt(node - root));
      columns.feature.push(BigInt(t.features[node] as number));
      columns.mode.push(ONNX_MODES[t.modes[node] as number] as string);
      columns.value.push(t.thresholds[node] as number);
      columns.yes.push(leaf ? 0n : BigInt((t.yes[node] as number) - root));
      columns.no.push(leaf ? 0n : BigInt((t.no[node] as number) - root));
      columns.missing.push(BigInt(t.missingYes[node] as number));
      if (!leaf) open.push(t.no[node] as number, t.yes[node] as number);
      for (let k = t.leafStarts[node] as number; k < (t.leafStarts[node + 1] as number); k++) {
        targets.tree.push(BigInt(tree));
        targets.node.push(BigInt(node - root));
        targets.id.push(BigInt(t.leafTargets[k] as number));
        targets.weight.push(t.leafValues[k] as number);
      }
    }
  }
  return {
    n_targets: BigInt(t.targets), aggregate_function: { sum: "SUM", average: "AVERAGE", min: "MIN", max: "MAX" }[t.aggregate], base_values: Float32Array.from(t.base),
    nodes_treeids: columns.tree, nodes_nodeids: columns.node, nodes_featureids: columns.feature, nodes_modes: columns.mode, nodes_values: Float32Array.from(columns.value),
    nodes_truenodeids: columns.yes, nodes_falsenodeids: columns.no, nodes_missing_value_tracks_true: columns.missing,
    target_treeids: targets.tree, target_nodeids: targets.node, target_ids: targets.id, target_weights: Float32Array.from(targets.weight),
  };
}

/** ONNX Runtime refuses what it cannot mean: empty leaves and NaN or infinite numbers in the model. */
function fitForOnnx(t: TreeEnsemble): boolean {
  const used = t.modes.every((mode, i) => mode !== 0 || t.leafStarts[i + 1] !== t.leafStarts[i]);
  return used && t.roots.length > 1 && [...t.thresholds, ...t.leafValues].every((v) => Math.abs(v) < 1e30);
}

describe.skipIf(runtime === undefined)("beside ONNX Runtime", () => {
  it.each(["shallow", "deep", "mixed"] as const)("%s trees agree within 1e-6", async (shape) => {
    let compared = 0;
    for (let seed = 0; compared < 12; seed++) {
      const rng = new Random(seed * 3 + 1);
      const width = 1 + rng.below(8);
      const { zeroMissing: _, ...random } = randomTrees(rng, width, shape);
      // ONNX has no sets here; NaN differs from every threshold, whatever the missing branch is.
      const modes = random.modes.map((mode) => (mode === 7 ? 6 : mode));
      const t = { ...random, modes, missingYes: random.missingYes.map((yes, i) => (modes[i] === 6 ? 1 : yes)) };
      if (!fitForOnnx(t)) continue;
      compared++;
      const ensemble: TreeEnsemble = { ...t, compare: "f32", accumulate: "f32", baseFirst: false };
      const x = Float32Array.from({ length: width * 300 }, () => rng.real());
      const wanted = await runOnnx(graphOf(width, (g) => g.node("TreeEnsembleRegressor", ["x"], regressor(ensemble), "ai.onnx.ml"), t.targets), x, width);
      const got = runCompiled([{ element: "f32", width }, { element: "f32", width: t.targets }], [{ op: "trees", input: 0, output: 1, ensemble }], x);
      for (const [i, y] of wanted.entries()) {
        if (Math.abs((got[i] as number) - y) > 1e-6 * Math.max(1, Math.abs(y))) throw new Error(`seed ${seed}, element ${i}: ${y} by ONNX Runtime, ${got[i]} by us`);
      }
    }
  });
  it("a network agrees within 1e-6", async () => {
    const rng = new Random(7);
    const sizes = [20, 64, 64, 1];
    const layers = sizes.slice(1).map((to, i) => {
      const list = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.normal() / 8);
      return { to, from: sizes[i] as number, weights: list(to * (sizes[i] as number)), bias: list(to) };
    });
    const graph = graphOf(20, (g) => {
      let value = "x";
      for (const [i, { from, to, weights, bias }] of layers.entries()) {
        const constant = (dims: number[], values: Float32Array): string => g.constant({ type: DataType.FLOAT, dims, values });
        value = g.node("Gemm", [value, constant([from, to], weights), constant([to], bias)]);
        if (i < 2) value = g.node("Relu", [value]);
      }
      return value;
    }, 1);
    const registers: Register[] = [20, 64, 64, 64, 64, 1].map((width) => ({ element: "f32", width }));
    const steps = layers.flatMap(({ weights, bias }, i): Step[] => [
      { op: "dense", input: 2 * i, output: 2 * i + 1, weights, bias },
      ...(i < 2 ? [{ op: "unary", fn: "relu", input: 2 * i + 1, output: 2 * i + 2 } as const] : []),
    ]);
    const x = Float32Array.from({ length: 20 * 200 }, () => rng.normal());
    const wanted = await runOnnx(graph, x, 20);
    for (const [i, y] of runCompiled(registers, steps, x).entries()) expect(Math.abs(y - (wanted[i] as number))).toBeLessThanOrEqual(1e-6);
  });
});
