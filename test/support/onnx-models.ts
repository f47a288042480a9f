// Small ONNX models for tests.
import { DataType, type NodeProto, type TensorProto } from "../../src/onnx/schema.js";
import { GraphBuilder, makeAttribute, makeValueInfo, type Dim } from "../../src/onnx/builder.js";
import { writeModel } from "../../src/onnx/model.js";
import { makeTensor, type Tensor } from "../../src/onnx/tensor.js";
import type { TensorType } from "../../src/index.js";

export const NUMBERS: Readonly<Record<TensorType, number>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
  int16: DataType.INT16,
  uint16: DataType.UINT16,
  int32: DataType.INT32,
  uint32: DataType.UINT32,
  int64: DataType.INT64,
  uint64: DataType.UINT64,
  bool: DataType.BOOL,
  string: DataType.STRING,
};
export const TYPES = Object.keys(NUMBERS) as TensorType[];

export const builder = (opset = 17): GraphBuilder => new GraphBuilder({ name: "test", opset, mlOpset: 3 });
export const bytesOf = (graph: GraphBuilder, metadata = new Map<string, string>()): Uint8Array => writeModel(graph.build(metadata, "1"));

export const floats = (dims: readonly number[], f: (i: number) => number): Tensor => ({
  type: DataType.FLOAT,
  dims,
  values: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => f(i)),
});

/** One input and output of each type and these sizes, passed through. */
export function identities(types: readonly TensorType[], dims: readonly Dim[]): Uint8Array {
  const graph = builder();
  for (const type of types) {
    const input = graph.unique(`in_${type}`);
    const output = graph.unique(`out_${type}`);
    graph.input(input, NUMBERS[type], dims);
    graph.named(output, "Identity", [input]);
    graph.output(output, NUMBERS[type], dims);
  }
  return bytesOf(graph);
}

/** tanh(x W + b): [N, width] to [N, outputs]. */
export function dense(width = 4, outputs = 3, rows: Dim = "N"): Uint8Array {
  const graph = builder();
  const input = graph.unique("x");
  graph.input(input, DataType.FLOAT, [rows, width]);
  const out = graph.node("Tanh", [
    graph.node("Gemm", [input, graph.constant(floats([width, outputs], (i) => Math.sin(i + 1))), graph.constant(floats([outputs], (i) => i / 10))]),
  ]);
  graph.output(out, DataType.FLOAT, [rows, outputs]);
  return bytesOf(graph, new Map([["owner", "tests"]]));
}

/** A linear classifier, with a ZipMap behind it as scikit-learn's converter writes it. */
export function classifier(labels: readonly string[] | readonly bigint[], { width = 4, zipMap = true } = {}): Uint8Array {
  const graph = builder();
  const text = typeof labels[0] === "string";
  const classes = labels.length;
  const input = graph.unique("x");
  graph.input(input, DataType.FLOAT, ["N", width]);
  const nodes: NodeProto[] = [
    {
      opType: "LinearClassifier",
      domain: "ai.onnx.ml",
      input: [input],
      output: ["label", "scores"],
      attribute: [
        makeAttribute("coefficients", Float32Array.from({ length: classes * width }, (_, i) => Math.cos(i))),
        makeAttribute("intercepts", Float32Array.from({ length: classes }, (_, i) => i / 5)),
        makeAttribute("post_transform", "SOFTMAX"),
        makeAttribute("multi_class", 1n),
        makeAttribute(text ? "classlabels_strings" : "classlabels_ints", labels),
      ],
    },
    { opType: "Normalizer", domain: "ai.onnx.ml", input: ["scores"], output: ["probabilities"], attribute: [makeAttribute("norm", "L1")] },
    { opType: "ZipMap", domain: "ai.onnx.ml", input: ["probabilities"], output: ["maps"], attribute: [makeAttribute(text ? "classlabels_strings" : "classlabels_int64s", labels)] },
  ];
  if (!zipMap) nodes.pop();
  const base = graph.build(new Map(), "1");
  const key = text ? DataType.STRING : DataType.INT64;
  return writeModel({
    ...base,
    opsetImport: [{ domain: "ai.onnx.ml", version: 2n }],
    graph: {
      ...base.graph,
      node: nodes,
      input: [makeValueInfo(input, DataType.FLOAT, ["N", width])],
      output: [
        makeValueInfo("label", key, ["N"]),
        zipMap ? { name: "maps", type: { sequenceType: { elemType: { mapType: { keyType: key, valueType: { tensorType: { elemType: DataType.FLOAT, shape: {} } } } } } } } : makeValueInfo("probabilities", DataType.FLOAT, ["N", classes]),
      ],
    },
  });
}

/** Images through convolution and pooling, [N, 1, 8, 8] to [N, 2]. */
export function convolution(): Uint8Array {
  const graph = builder();
  const input = graph.unique("image");
  graph.input(input, DataType.FLOAT, ["N", 1, 8, 8]);
  const conv = graph.node("Relu", [graph.node("Conv", [input, graph.constant(floats([4, 1, 3, 3], (i) => Math.sin(i)))], { kernel_shape: [3n, 3n] })]);
  const pooled = graph.node("Flatten", [graph.node("MaxPool", [conv], { kernel_shape: [2n, 2n], strides: [2n, 2n] })]);
  graph.output(graph.node("Gemm", [pooled, graph.constant(floats([36, 2], (i) => Math.cos(i) / 6))]), DataType.FLOAT, ["N", 2]);
  return bytesOf(graph);
}

/** Multiplies a matrix of this size by itself: one node that takes long, [N, 1] to [1, 1]. */
export function heavy(size: number): Uint8Array {
  const graph = builder();
  const input = graph.unique("x");
  graph.input(input, DataType.FLOAT, ["N", 1]);
  // [size, 1] x [1, size]: large only when it runs.
  const column = graph.node("MatMul", [graph.constant(floats([size, 1], (i) => 1 / (i + 1))), graph.node("Reshape", [input, graph.constant({ type: DataType.INT64, dims: [2], values: BigInt64Array.of(1n, 1n) })])]);
  const matrix = graph.node("MatMul", [column, graph.constant(floats([1, size], () => 1))]);
  const product = graph.node("MatMul", [matrix, matrix]);
  const sum = graph.node("ReduceMax", [product], { axes: [0n, 1n], keepdims: 1n });
  graph.output(sum, DataType.FLOAT, [1, 1]);
  return bytesOf(graph);
}

/** Counts to 1000 x by a Loop that adds 1: [N, 1] to [1, 1]. */
export function loop(): Uint8Array {
  const graph = builder();
  const input = graph.unique("x");
  graph.input(input, DataType.FLOAT, ["N", 1]);
  const scaled = graph.node("Mul", [input, graph.constant(floats([1], () => 1000))]);
  const count = graph.node("Cast", [graph.node("Reshape", [scaled, graph.constant({ type: DataType.INT64, dims: [1], values: BigInt64Array.of(1n) })])], { to: 7n });
  const condition = graph.constant({ type: DataType.BOOL, dims: [], values: Uint8Array.of(1) });
  const zero = graph.constant(floats([1, 1], () => 0));
  graph.output(count, DataType.INT64, [1]);
  const built = graph.build(new Map(), "1");
  const body = {
    name: "body",
    node: [
      { opType: "Identity", input: ["condition_in"], output: ["condition_out"] },
      { opType: "Add", input: ["sum_in", "one"], output: ["sum_out"] },
    ],
    initializer: [makeTensor("one", floats([1, 1], () => 1))],
    input: [makeValueInfo("iteration", DataType.INT64, []), makeValueInfo("condition_in", DataType.BOOL, []), makeValueInfo("sum_in", DataType.FLOAT, [1, 1])],
    output: [makeValueInfo("condition_out", DataType.BOOL, []), makeValueInfo("sum_out", DataType.FLOAT, [1, 1])],
  };
  return writeModel({
    ...built,
    graph: {
      ...built.graph,
      node: [
        ...(built.graph?.node ?? []),
        { opType: "Loop", input: [count, condition, zero], output: ["sum"], attribute: [{ name: "body", type: 5, g: body }] },
      ],
      initializer: [...(built.graph?.initializer ?? []), makeTensor(condition, { type: DataType.BOOL, dims: [], values: Uint8Array.of(1) }), makeTensor(zero, floats([1, 1], () => 0))],
      output: [makeValueInfo("sum", DataType.FLOAT, [1, 1])],
    },
  });
}

/** x + w, with w in another file. */
export function external(location: string, length: number): { readonly model: Uint8Array; readonly data: Uint8Array } {
  const w = Float32Array.from({ length }, (_, i) => i / 3);
  const initializer: TensorProto = {
    name: "w",
    dataType: DataType.FLOAT,
    dims: BigInt64Array.of(BigInt(length)),
    dataLocation: 1,
    externalData: [
      { key: "location", value: location },
      { key: "offset", value: "0" },
      { key: "length", value: String(w.byteLength) },
    ],
  };
  const model = writeModel({
    irVersion: 8n,
    opsetImport: [{ domain: "", version: 17n }],
    graph: {
      name: "external",
      node: [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
      initializer: [initializer],
      input: [makeValueInfo("x", DataType.FLOAT, ["N", length])],
      output: [makeValueInfo("y", DataType.FLOAT, ["N", length])],
    },
  });
  return { model, data: new Uint8Array(w.buffer) };
}
