// Hostile ONNX files: each is refused with a code and the node's name, or left to ONNX Runtime with a reason; none takes
// long, claims memory that it does not hold, or throws anything else.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SkewlessError } from "../../src/errors.js";
import { DataType } from "../../src/onnx/schema.js";
import type { ModelFile } from "../../src/scorer/backend.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
import { Rng } from "../equivalence/generators/index.js";
import { doubles, floats, int64s, ints, makeModel, texts, type ModelSpec, type NodeSpec } from "../reference/onnx-programs/models.js";
import { graphCase } from "../reference/onnx-programs/random-graphs.js";
import { ML_DRAWS } from "../reference/onnx-programs/random-ml.js";
import { OPERATOR_DRAWS, operatorCase } from "../reference/onnx-programs/random-operators.js";
import { classifierCase, regressorCase, treeEnsembleCase } from "../reference/onnx-programs/random-trees.js";
import { SLOWDOWN } from "./support.js";

const SEED = Number(process.env["SKEWLESS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`hostile ONNX graphs: SKEWLESS_SEED=${SEED}`);

type Outcome = { readonly code: string; readonly message: string } | ModelFile["compiled"];

function outcome(bytes: Uint8Array): Outcome {
  try {
    return readOnnxModel(bytes).compiled;
  } catch (error) {
    if (!(error instanceof SkewlessError)) throw error;
    return { code: error.code, message: error.message };
  }
}

function graph(nodes: readonly NodeSpec[], more: Partial<ModelSpec> = {}): Uint8Array {
  return makeModel({ inputs: [{ name: "x", type: "float32", dims: ["N", 3] }], outputs: [{ name: "y", type: "float32" }], nodes, ...more });
}

function invalid(bytes: Uint8Array, message: RegExp): void {
  const result = outcome(bytes);
  expect(result).toMatchObject({ code: "INVALID_MODEL" });
  expect((result as { message: string }).message).toMatch(message);
}

function left(bytes: Uint8Array, reason: RegExp): void {
  const result = outcome(bytes);
  expect(result).toHaveProperty("reason");
  expect((result as { reason: string }).reason).toMatch(reason);
}

const relu = (input: string, output: string, name = output): NodeSpec => ({ op: "Relu", inputs: [input], outputs: [output], name });

describe("graphs", () => {
  test("cycles", () => {
    invalid(graph([relu("y", "y", "self")]), /Relu "self": its input "y" depends on its own output/);
    invalid(graph([{ op: "Add", inputs: ["x", "b"], outputs: ["y"], name: "first" }, relu("y", "b", "second")]), /depends on its own output/);
    // What no output needs counts too.
    invalid(graph([relu("x", "y"), relu("c", "d"), relu("d", "c")]), /depends on its own output/);
  });
  test("names", () => {
    invalid(graph([relu("gone", "y", "reader")]), /Relu "reader": nothing makes its input "gone"/);
    invalid(graph([relu("x", "z")]), /nothing makes the output "y"/);
    invalid(graph([relu("x", "y"), relu("x", "y", "again")]), /Relu "again": its output "y" exists already/);
    invalid(graph([relu("x", "x"), relu("x", "y")]), /its output "x" exists already/);
    invalid(graph([relu("x", "y")], { inputs: [1, 2].map(() => ({ name: "x", type: "float32" as const, dims: ["N", 3] })) }), /two inputs are named "x"/);
    invalid(graph([relu("x", "y")], { outputs: [1, 2].map(() => ({ name: "y", type: "float32" as const })) }), /two outputs are named "y"/);
    invalid(graph([relu("x", "y")], { outputs: [] }), /no output/);
    invalid(graph([{ op: "Add", inputs: ["x"], outputs: ["y"], name: "half" }]), /Add "half": its input 1 is missing/);
  });
  test("nodes in any order", () => {
    expect(outcome(graph([relu("b", "y"), relu("a", "b"), relu("x", "a")]))).toHaveProperty("program");
  });
  test("operators that are not known", () => {
    left(graph([{ op: "Conv", inputs: ["x"], outputs: ["y"], name: "conv1" }]), /^Conv "conv1": not an operator that is compiled$/);
    left(graph([{ op: "Relu", domain: "constructor", inputs: ["x"], outputs: ["y"], name: "n" }]), /imports no version|not an operator/);
    left(graph([{ op: "toString", inputs: ["x"], outputs: ["y"], name: "n" }]), /^toString "n": not an operator that is compiled$/);
    left(graph([{ ...relu("x", "y"), attributes: { surprise: 1n } }]), /the attribute "surprise" is not known/);
    left(graph([relu("x", "y")], { opset: 1000 }), /version 1000 of the operators/);
  });
  test("attributes of another type", () => {
    invalid(graph([{ op: "LeakyRelu", inputs: ["x"], outputs: ["y"], name: "leaky", attributes: { alpha: "steep" } }]), /LeakyRelu "leaky": the attribute "alpha" is of type string where float is expected/);
    invalid(graph([{ op: "Cast", inputs: ["x"], outputs: ["y"], name: "to", attributes: { to: [1n] } }]), /is of type ints where int is expected/);
  });
  test("shapes and indices", () => {
    const gather = (index: number): Uint8Array => graph([{ op: "Gather", inputs: ["x", "i"], outputs: ["y"], name: "g", attributes: { axis: 1n } }], { constants: { i: int64s([index]) } });
    for (const index of [3, -4, Number.MAX_SAFE_INTEGER]) invalid(gather(index), /Gather "g": index -?\d+ of 3/);
    invalid(graph([{ op: "Gemm", inputs: ["x", "w"], outputs: ["y"], name: "g" }], { constants: { w: floats([1, 2], [2, 1]) } }), /weights of \[2, 1\] for 3 columns/);
    left(graph([{ op: "Reshape", inputs: ["x", "s"], outputs: ["y"] }], { constants: { s: int64s([-1]) } }), /mixes rows/);
    left(graph([{ op: "Softmax", inputs: ["x"], outputs: ["y"], attributes: { axis: 0n } }]), /mixes rows/);
    left(graph([{ op: "ReduceSum", inputs: ["x"], outputs: ["y"] }]), /reduces over rows/);
  });
  test("sizes that nobody holds", () => {
    const shape = int64s([1_000_000_000, 1_000_000]);
    left(graph([{ op: "ConstantOfShape", inputs: ["s"], outputs: ["c"] }, { op: "Add", inputs: ["x", "c"], outputs: ["y"] }], { constants: { s: shape } }), /elements/);
    left(graph([relu("x", "y")], { inputs: [{ name: "x", type: "float32", dims: ["N", 2 ** 40] }] }), /values a row/);
    left(graph([relu("x", "y")], { inputs: [{ name: "x", type: "float32", dims: ["N", "wide"] }] }), /how many columns/);
    left(graph([{ op: "Unsqueeze", inputs: ["x", "a"], outputs: ["y"] }], { constants: { a: int64s(Array.from({ length: 1000 }, (_, i) => i + 1)) } }), /1000 axes/);
    // Doubling the width over and over.
    const names = ["x", ...Array.from({ length: 60 }, (_, i) => `d${i}`), "y"];
    left(graph(names.slice(1).map((name, i) => ({ op: "Concat", inputs: [names[i] as string, names[i] as string], outputs: [name], attributes: { axis: 1n } }))), /values a row/);
  });
});

type Attributes = NonNullable<NodeSpec["attributes"]>;
const TREE: Attributes = {
  n_targets: 1n,
  nodes_treeids: ints([0, 0, 0]),
  nodes_nodeids: ints([0, 1, 2]),
  nodes_featureids: ints([0, 0, 0]),
  nodes_modes: ["BRANCH_LEQ", "LEAF", "LEAF"],
  nodes_values: [0.5, 0, 0],
  nodes_truenodeids: ints([1, 0, 0]),
  nodes_falsenodeids: ints([2, 0, 0]),
  target_treeids: ints([0, 0]),
  target_nodeids: ints([1, 2]),
  target_ids: ints([0, 0]),
  target_weights: [1, 2],
};
const tree = (changes: Attributes): Uint8Array =>
  graph([{ op: "TreeEnsembleRegressor", domain: "ai.onnx.ml", inputs: ["x"], outputs: ["y"], name: "trees", attributes: { ...TREE, ...changes } }]);

describe("trees", () => {
  test("a sound tree", () => expect(outcome(tree({}))).toHaveProperty("program"));
  test("lists of different lengths", () => {
    for (const name of Object.keys(TREE)) {
      if (name === "n_targets") continue;
      const list = TREE[name] as readonly bigint[];
      invalid(tree({ [name]: list.slice(0, -1) }), /TreeEnsembleRegressor "trees": \d+ /);
    }
    invalid(tree({ nodes_missing_value_tracks_true: ints([0, 0, 0, 0]) }), /4 nodes_missing_value_tracks_true for 3 nodes/);
  });
  test("loops and shared branches", () => {
    invalid(tree({ nodes_modes: ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF"], nodes_truenodeids: ints([1, 0, 0]), nodes_falsenodeids: ints([2, 2, 0]) }), /node \d of tree 0 is reached from itself/);
    invalid(tree({ nodes_truenodeids: ints([0, 0, 0]) }), /node 0 of tree 0 is reached from itself/);
    left(tree({ nodes_truenodeids: ints([2, 0, 0]) }), /node 2 of tree 0 is reached by two ways/);
  });
  test("nodes that are not there or there twice", () => {
    invalid(tree({ nodes_truenodeids: ints([9, 0, 0]) }), /leads to node 9, which is not there/);
    invalid(tree({ nodes_truenodeids: ints([-1, 0, 0]) }), /leads to node -1, which is not there/);
    invalid(tree({ nodes_nodeids: ints([0, 2, 2]) }), /node 2 of tree 0 is there twice/);
    invalid(tree({ target_nodeids: ints([1, 7]) }), /a weight of node 7 of tree 0, which is not there/);
    left(tree({ nodes_treeids: ints([0, 1, 0]), nodes_nodeids: ints([0, 1, 2]) }), /do not stand together/);
    left(tree({ target_nodeids: ints([1, 1]) }), /a leaf without a weight/);
  });
  test("features and targets outside", () => {
    for (const feature of [3n, -1n, 2n ** 40n]) invalid(tree({ nodes_featureids: [feature, 0n, 0n] }), /node 0 of tree 0 asks for column -?\d+ of 3/);
    invalid(tree({ n_targets: 2n, target_ids: ints([0, 2]) }), /a weight for target 2 of 2/);
    invalid(tree({ n_targets: 2n, target_ids: ints([0, -1]) }), /a weight for target -1 of 2/);
    invalid(tree({ n_targets: 0n }), /0 targets/);
  });
  test("claims", () => {
    left(tree({ n_targets: 1_000_000_000n }), /1000000000 values a row/);
    left(tree({ n_targets: 2n ** 62n }), /values a row/);
    left(tree({ nodes_modes: ["BRANCH_TELEPATHY", "LEAF", "LEAF"] }), /the mode "BRANCH_TELEPATHY"/);
    left(tree({ nodes_modes: ["__proto__", "LEAF", "LEAF"] }), /the mode "__proto__"/);
    left(tree({ base_values: [1, 2, 3] }), /3 base values for 1 targets/);
  });
  test("inner nodes and leaves apart", () => {
    const spec: Attributes = {
      n_targets: 1n,
      nodes_modes: { type: DataType.UINT8, dims: [1], values: Uint8Array.of(0) },
      nodes_splits: floats([1]),
      nodes_featureids: ints([0]),
      nodes_truenodeids: ints([0]),
      nodes_falsenodeids: ints([1]),
      nodes_trueleafs: ints([1]),
      nodes_falseleafs: ints([1]),
      tree_roots: ints([0]),
      leaf_targetids: ints([0, 0]),
      leaf_weights: floats([1, 2]),
    };
    const five = (changes: Attributes): Uint8Array =>
      graph([{ op: "TreeEnsemble", domain: "ai.onnx.ml", inputs: ["x"], outputs: ["y"], name: "t", attributes: { ...spec, ...changes } }], { mlOpset: 5 });
    expect(outcome(five({}))).toHaveProperty("program");
    invalid(five({ nodes_trueleafs: ints([0]) }), /node 0 is reached from itself/);
    invalid(five({ nodes_falsenodeids: ints([2]) }), /node 0 leads to leaf 2 of 2/);
    invalid(five({ tree_roots: ints([1]) }), /tree root 1 of 1 nodes/);
    invalid(five({ leaf_targetids: ints([0]) }), /2 leaf_weights for 1 leaf_targetids/);
    invalid(five({ nodes_featureids: ints([5]) }), /asks for column 5 of 3/);
    left(five({ nodes_modes: { type: DataType.UINT8, dims: [1], values: Uint8Array.of(6) } }), /asks for no members/);
    left(five({ nodes_splits: doubles([1]) }), /nodes_splits of another type/);
    left(five({ leaf_targetids: ints([0, 0]), nodes_modes: { type: DataType.UINT8, dims: [1], values: Uint8Array.of(99) } }), /the mode 99/);
  });
});

test("labels and encoders", () => {
  const ml = (op: string, attributes: Attributes): Uint8Array => graph([{ op, domain: "ai.onnx.ml", inputs: ["x"], outputs: ["y"], name: "n", attributes }], { mlOpset: 4 });
  invalid(ml("Scaler", { offset: [1, 2], scale: [1] }), /2 offsets and 1 scales/);
  invalid(ml("LinearRegressor", { coefficients: [1, 2], targets: 1n }), /2 coefficients for 1 targets of 3 columns/);
  left(ml("LinearRegressor", { coefficients: [1, 2, 3], targets: 2n ** 40n }), /values a row/);
  invalid(ml("LabelEncoder", { keys_floats: [1, 2], values_int64s: [1n] }), /2 keys and 1 values/);
  left(ml("LabelEncoder", { keys_floats: [1, 2], keys_tensor: texts(["a"]), values_int64s: [1n] }), /2 lists of keys/);
  invalid(ml("ZipMap", { classlabels_int64s: [1n] }), /1 keys for 3 columns/);
});

describe("speed", () => {
  const within = (milliseconds: number, run: () => Outcome): Outcome => {
    const start = performance.now();
    const result = run();
    const took = performance.now() - start;
    console.log(`read in ${took.toFixed(0)} ms`);
    expect(took).toBeLessThan(milliseconds * SLOWDOWN);
    return result;
  };
  test("50,000 nodes of trees", () => {
    const lists = { t: [] as number[], n: [] as number[], f: [] as number[], m: [] as string[], v: [] as number[], yes: [] as number[], no: [] as number[] };
    // A chain as deep as it is long, after 100 trees of depth 8.
    for (let t = 0; t < 100; t++) {
      for (let n = 0; n < 511; n++) {
        const leaf = n >= 255;
        for (const [list, value] of [[lists.t, t], [lists.n, n], [lists.f, 0], [lists.v, n], [lists.yes, leaf ? 0 : 2 * n + 1], [lists.no, leaf ? 0 : 2 * n + 2]] as const) list.push(value);
        lists.m.push(leaf ? "LEAF" : "BRANCH_LT");
      }
    }
    for (let n = 0; n < 20_001; n++) {
      const leaf = n % 2 === 1 || n === 20_000;
      for (const [list, value] of [[lists.t, 100], [lists.n, n], [lists.f, 1], [lists.v, n], [lists.yes, leaf ? 0 : n + 1], [lists.no, leaf ? 0 : n + 2]] as const) list.push(value);
      lists.m.push(leaf ? "LEAF" : "BRANCH_GT");
    }
    const leaves = lists.m.flatMap((mode, i) => (mode === "LEAF" ? [i] : []));
    const bytes = tree({
      nodes_treeids: ints(lists.t),
      nodes_nodeids: ints(lists.n),
      nodes_featureids: ints(lists.f),
      nodes_modes: lists.m,
      nodes_values: lists.v,
      nodes_truenodeids: ints(lists.yes),
      nodes_falsenodeids: ints(lists.no),
      target_treeids: ints(leaves.map((i) => lists.t[i] as number)),
      target_nodeids: ints(leaves.map((i) => lists.n[i] as number)),
      target_ids: ints(leaves.map(() => 0)),
      target_weights: leaves.map((i) => i / 1000),
    });
    expect(within(2000, () => outcome(bytes))).toHaveProperty("program");
  });
  test("a chain of 30,000 nodes and one node with 20,000 inputs", () => {
    const chain = Array.from({ length: 30_000 }, (_, i) => relu(i === 0 ? "x" : `v${i}`, i === 29_999 ? "y" : `v${i + 1}`));
    expect(within(3000, () => outcome(graph(chain)))).toHaveProperty("program");
    expect(within(3000, () => outcome(graph([{ op: "Concat", inputs: new Array<string>(20_000).fill("x"), outputs: ["y"], attributes: { axis: 1n } }])))).toHaveProperty("program");
  });
});

describe("damaged files", () => {
  const rng = new Rng(SEED);
  const draws = [...Object.entries(OPERATOR_DRAWS).map(([op, draw]) => ({ op, draw, domain: "" })), ...Object.entries(ML_DRAWS).map(([op, draw]) => ({ op, draw, domain: "ai.onnx.ml" }))];
  const models = (): Uint8Array => {
    switch (rng.int(0, 4)) {
      case 0:
        return regressorCase(rng).model;
      case 1:
        return classifierCase(rng).model;
      case 2:
        return treeEnsembleCase(rng).model;
      case 3:
        return graphCase(rng).model;
      default: {
        const { op, draw, domain } = rng.pick(draws);
        return operatorCase(rng, op, draw, domain).model;
      }
    }
  };
  const check = (bytes: Uint8Array): void => {
    const result = outcome(bytes);
    if ("code" in result) expect(result.code).toBe("INVALID_MODEL");
  };
  test("truncated", () => {
    const bytes = classifierCase(new Rng(1)).model;
    for (let length = 0; length < bytes.length; length += 3) check(bytes.slice(0, length));
  });
  test("random bytes changed", () => {
    for (let i = 0; i < 4000 / SLOWDOWN; i++) {
      const bytes = models().slice();
      for (let k = rng.int(1, 4); k > 0; k--) bytes[rng.int(0, bytes.length - 1)] = rng.chance(0.5) ? rng.int(0, 255) : rng.pick([0, 1, 127, 128, 255]);
      check(bytes);
    }
  });
  test("not a model", () => {
    check(new Uint8Array(0));
    check(readFileSync(new URL(import.meta.url)));
    expect(() => readOnnxModel("model.onnx" as never)).toThrow(expect.objectContaining({ code: "INVALID_MODEL" }));
  });
});
