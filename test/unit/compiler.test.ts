// What the compiler makes of graphs: labels, maps, several inputs and outputs, constants, what is left out and put together.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withMetadata } from "../../src/onnx/metadata.js";
import { readModel, writeModel } from "../../src/onnx/model.js";
import { DataType, type ValueInfoProto } from "../../src/onnx/schema.js";
import { compiledBackend } from "../../src/scorer/compiled/backend.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
import type { ModelProgram } from "../../src/scorer/program.js";
import type { Tensor } from "../../src/scorer/tensor.js";
import { floats, int64s, ints, makeModel, texts, type ModelSpec } from "../reference/onnx-programs/models.js";

function programOf(bytes: Uint8Array, path?: string): ModelProgram {
  const { compiled } = readOnnxModel(bytes, path);
  if ("reason" in compiled) expect.fail(compiled.reason);
  return compiled.program;
}

const matrix = (values: readonly number[], width: number): Tensor => ({ type: "float32", dims: [values.length / width, width], data: Float32Array.from(values) });
const X3: ModelSpec["inputs"] = [{ name: "x", type: "float32", dims: ["N", 3] }];
const program = (spec: Partial<ModelSpec>): ModelProgram => programOf(makeModel({ inputs: X3, outputs: [{ name: "y", type: "float32" }], nodes: [], ...spec }));

describe("labels and maps", () => {
  const map: ValueInfoProto = {
    name: "map",
    type: { sequenceType: { elemType: { mapType: { keyType: DataType.STRING, valueType: { tensorType: { elemType: DataType.FLOAT } } } } } },
  };
  const made = program({
    outputs: [{ name: "label", type: "string" }, { name: "map", raw: map }],
    nodes: [
      { op: "LinearClassifier", domain: "ai.onnx.ml", inputs: ["x"], outputs: ["label", "scores"], attributes: { coefficients: [1, 0, 0, 0, 1, 0], intercepts: [0, 0.5], classlabels_strings: ["no", "yes"], post_transform: "NONE" } },
      { op: "ZipMap", domain: "ai.onnx.ml", inputs: ["scores"], outputs: ["map"], attributes: { classlabels_strings: ["no", "yes"] } },
    ],
  });
  test("ZipMap is a map with keys", () => {
    expect(made.outputs.map(({ name, type, rank, labels, map: keys }) => ({ name, type, rank, labels, keys }))).toEqual([
      { name: "label", type: "string", rank: 1, labels: ["no", "yes"], keys: undefined },
      { name: "map", type: "float32", rank: 2, labels: undefined, keys: { keys: ["no", "yes"] } },
    ]);
    const backend = compiledBackend(made);
    const [label, maps] = backend.run([matrix([2, 1, 0, 0, 1, 0], 3)]);
    expect(label).toEqual({ type: "string", dims: [2], data: ["no", "yes"] });
    expect(maps).toEqual([new Map([["no", 2], ["yes", 1.5]]), new Map([["no", 0], ["yes", 1.5]])]);
    backend.close();
  });
  test("an encoder of labels that the model makes", () => {
    const encoded = program({
      outputs: [{ name: "code", type: "int64" }],
      nodes: [
        { op: "ArgMax", inputs: ["x"], outputs: ["best"], attributes: { axis: 1n, keepdims: 0n } },
        { op: "Gather", inputs: ["names", "best"], outputs: ["name"] },
        { op: "LabelEncoder", domain: "ai.onnx.ml", inputs: ["name"], outputs: ["code"], attributes: { keys_strings: ["c", "a"], values_int64s: ints([30, 10]), default_int64: -5n } },
      ],
      constants: { names: texts(["a", "b", "c"]) },
    });
    const backend = compiledBackend(encoded);
    expect(backend.run([matrix([9, 0, 0, 0, 9, 0, 0, 0, 9], 3)])).toEqual([{ type: "int64", dims: [3], data: BigInt64Array.of(10n, -5n, 30n) }]);
    backend.close();
  });
});

describe("graphs", () => {
  test("constants of constants are computed at load", () => {
    const made = program({
      opset: 13,
      nodes: [
        { op: "Constant", inputs: [], outputs: ["width"], attributes: { value_ints: ints([3]) } },
        { op: "ConstantOfShape", inputs: ["width"], outputs: ["ones"], attributes: { value: floats([1]) } },
        { op: "Shape", inputs: ["ones"], outputs: ["shape"] },
        { op: "Concat", inputs: ["free", "shape"], outputs: ["target"], attributes: { axis: 0n } },
        { op: "Reshape", inputs: ["x", "target"], outputs: ["same"] },
        { op: "Add", inputs: ["same", "ones"], outputs: ["y"] },
      ],
      constants: { free: int64s([-1]) },
    });
    expect(made.steps.map(({ op }) => op)).toEqual(["binary"]);
    expect(compiledBackend(made).run([matrix([1, 2, 3], 3)])).toEqual([matrix([2, 3, 4], 3)]);
  });
  test("an addition after a product is its bias; what nothing needs is left out", () => {
    const made = program({
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["product"] },
        { op: "Add", inputs: ["product", "b"], outputs: ["y"] },
        { op: "Exp", inputs: ["product"], outputs: ["unused"] },
      ],
      constants: { w: floats([1, 2, 3, 4, 5, 6], [3, 2]), b: floats([0.5], []) },
    });
    expect(made.steps).toMatchObject([{ op: "dense", bias: Float32Array.of(0.5, 0.5) }]);
    expect(made.registers).toHaveLength(2);
  });
  test("a product with two readers keeps its own value", () => {
    const made = program({
      outputs: [{ name: "y", type: "float32" }, { name: "product", type: "float32" }],
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["product"] },
        { op: "Add", inputs: ["product", "b"], outputs: ["y"] },
      ],
      constants: { w: floats([1, 2, 3], [3, 1]), b: floats([0.5]) },
    });
    expect(made.steps.map(({ op }) => op)).toEqual(["dense", "binary"]);
  });
  test("an input that is an output, and shapes as declared", () => {
    const made = program({ inputs: [{ name: "x", type: "float32", dims: ["rows", 3] }], outputs: [{ name: "x", type: "float32", dims: ["rows", 3] }, { name: "y", type: "float32" }], nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }] });
    expect(made.outputs.map(({ dims }) => dims)).toEqual([["rows", 3], ["rows", 3]]);
    expect(made.outputs[0]?.register).toBe(made.inputs[0]?.register);
  });
  test("an input with a default is a constant", () => {
    const made = program({
      inputs: [...X3, { name: "b", type: "float32", dims: [3] }],
      nodes: [{ op: "Add", inputs: ["x", "b"], outputs: ["y"] }],
      constants: { b: floats([1, 2, 3]) },
    });
    expect(made.inputs.map(({ name }) => name)).toEqual(["x"]);
  });
});

describe("files", () => {
  const bytes = makeModel({ inputs: X3, outputs: [{ name: "y", type: "float32" }], nodes: [{ op: "Add", inputs: ["x", "b"], outputs: ["y"] }], constants: { b: floats([1, 2, 3]) } });
  test("metadata and the file itself", () => {
    const named = withMetadata(bytes, new Map([["author", "me"]]));
    const file = readOnnxModel(named);
    expect(file).toMatchObject({ format: "onnx", metadata: new Map([["author", "me"]]) });
    expect(file.toOnnx()).toBe(named);
  });
  test("external data beside the file", () => {
    const model = readModel(bytes);
    const [constant] = model.graph.initializer ?? [];
    const { rawData, ...rest } = constant ?? {};
    const outside = writeModel({ ...model, graph: { ...model.graph, initializer: [{ ...rest, dataLocation: 1, externalData: [{ key: "location", value: "b.bin" }] }] } });
    const folder = mkdtempSync(join(tmpdir(), "skewless-compiler-"));
    try {
      writeFileSync(join(folder, "b.bin"), rawData ?? new Uint8Array(0));
      expect(programOf(outside, join(folder, "model.onnx")).registers).toHaveLength(3);
      expect(readOnnxModel(outside).compiled).toEqual({ reason: expect.stringContaining('"b.bin"') as string });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
