// Models run by ONNX Runtime through its C API, compared with onnxruntime-node bit by bit.
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scorer, type ModelValue, type Scores, type Tensor, type TensorType } from "../../src/index.js";
import { received } from "../../src/errors.js";
import { fromFloat16, toFloat16 } from "../../src/scorer/float16.js";
import { errorOf, rejectionOf } from "../boundary/support.js";
import { builder, bytesOf, classifier, convolution, dense, external, floats, identities, NUMBERS, TYPES } from "../support/onnx-models.js";
import type { GraphBuilder } from "../../src/onnx/builder.js";
import { addon } from "../../src/native.js";
import { onnxruntimeBackend } from "../../src/scorer/onnxruntime/backend.js";
import { readGraph } from "../../src/scorer/onnxruntime/graph.js";
import { writeModel } from "../../src/onnx/model.js";
import { DataType } from "../../src/onnx/schema.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skewless-scorer-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (model: Uint8Array | string, options: Parameters<typeof Scorer.loadSync>[1] = {}): Scorer => Scorer.loadSync(model, { backend: "onnxruntime", ...options });

function bitsOf(value: ModelValue | OrtTensor): string {
  if (Array.isArray(value)) throw new Error("maps");
  const { data } = value as Tensor;
  if (Array.isArray(data)) return JSON.stringify(data);
  const view = data as Exclude<typeof data, readonly string[]>;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");
}

const VALUES: { readonly [T in TensorType]: readonly (number | bigint | string | boolean)[] } = {
  float32: [0, -0, 1.5, NaN, Infinity, 1e-45],
  float64: [0, -0, Math.PI, NaN, -Infinity, 5e-324],
  float16: [0, -0, 1.5, 65504, Infinity, 6e-8],
  int8: [0, 1, -1, 127, -128, 5],
  uint8: [0, 1, 2, 127, 255, 5],
  int16: [0, 1, -1, 32767, -32768, 5],
  uint16: [0, 1, 2, 32767, 65535, 5],
  int32: [0, 1, -1, 2147483647, -2147483648, 5],
  uint32: [0, 1, 2, 2147483647, 4294967295, 5],
  int64: [0n, 1, -1n, 2n ** 63n - 1n, -(2n ** 63n), Number.MAX_SAFE_INTEGER],
  uint64: [0n, 1, 2n, 2n ** 63n, 2n ** 64n - 1n, Number.MAX_SAFE_INTEGER],
  bool: [true, false, true, 1, 0, false],
  string: ["", "a", "Zürich", "日本", "😀", "tab\tnew\nline"],
};

/** An array whose memory went elsewhere. */
function transferred(): Float32Array {
  const array = new Float32Array(4);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

describe("element types", () => {
  test("every type passes through as onnxruntime-node gives it", async () => {
    const model = identities(TYPES, ["N", 2]);
    const scorer = open(model);
    const session = await InferenceSession.create(model);
    const output = scorer.score(Object.fromEntries(TYPES.map((type) => [`in_${type}`, VALUES[type]])));
    const feeds: Record<string, OrtTensor> = {};
    for (const type of TYPES) {
      const { data } = output[`out_${type}`] as Tensor;
      feeds[`in_${type}`] = new OrtTensor(type, data as never, [3, 2]);
    }
    const wanted = await session.run(feeds);
    for (const type of TYPES) {
      const got = output[`out_${type}`] as Tensor;
      expect([type, got.type, got.dims], type).toEqual([type, wanted[`out_${type}`]?.type, [3, 2]]);
      expect(bitsOf(got), type).toBe(bitsOf(wanted[`out_${type}`] as OrtTensor));
      const numbers = type === "string" ? got.data : Array.from(got.data as ArrayLike<number | bigint>, (value) => (type === "float16" ? fromFloat16(value as number) : value));
      const given = VALUES[type].map((value) =>
        type === "int64" || type === "uint64" ? BigInt(value as number) : type === "float32" ? Math.fround(value as number) : type === "float16" ? fromFloat16(toFloat16(value as number)) : type === "bool" ? Number(value) : value,
      );
      expect(numbers, type).toEqual(given);
    }
    scorer.close();
  });
  test("scalars, empty tensors and many axes", () => {
    for (const type of TYPES) {
      const one = VALUES[type][1] as never;
      const scalar = open(identities([type], []));
      expect((scalar.score({ [`in_${type}`]: one })[`out_${type}`] as Tensor).dims, type).toEqual([]);
      const deep = open(identities([type], [1, "a", 1, 2, 1]));
      const tensor = deep.score({ [`in_${type}`]: VALUES[type] })[`out_${type}`] as Tensor;
      expect(tensor.dims, type).toEqual([1, 3, 1, 2, 1]);
      const empty = open(identities([type], ["N", 3]));
      const nothing = empty.score({ [`in_${type}`]: [] })[`out_${type}`] as Tensor;
      expect([nothing.dims, nothing.data.length], type).toEqual([[0, 3], 0]);
    }
  });
  test("text with U+0000 and of a megabyte", async () => {
    const scorer = open(identities(["string"], ["N"]));
    const texts = ["a\0b", "\0", "x".repeat(1_000_000), ""];
    expect((scorer.score(texts)["out_string"] as Tensor).data).toEqual(texts);
    expect(((await scorer.scoreAsync(texts))["out_string"] as Tensor).data).toEqual(texts);
  });
  test("halves round to the nearest, ties to even", () => {
    const float = new Float32Array(1);
    // Every half, and the halfway points above it.
    for (let half = 0; half < 0x7c00; half++) {
      const value = fromFloat16(half);
      const next = half === 0x7bff ? 65536 : fromFloat16(half + 1);
      expect(toFloat16(value)).toBe(half);
      expect(toFloat16(-value)).toBe(half | 0x8000);
      float[0] = (value + next) / 2;
      expect(toFloat16(float[0])).toBe(half % 2 === 0 ? half : half + 1);
      expect(toFloat16((value + next) / 2 + (next - value) / 1e6)).toBe(half + 1);
      expect(toFloat16((value + next) / 2 - (next - value) / 1e6)).toBe(half);
    }
    expect(toFloat16(NaN)).toBe(0x7e00);
  });
  test("complex numbers and bfloat16 are refused", () => {
    const graph = builder();
    graph.input(graph.unique("x"), DataType.BFLOAT16, [1]);
    graph.named(graph.unique("y"), "Identity", ["x"]);
    graph.output("y", DataType.BFLOAT16, [1]);
    expect(errorOf(() => open(bytesOf(graph))).code).toBe("UNSUPPORTED_MODEL");
  });
});

describe("inputs", () => {
  const rows = [
    [1, 2, 3, 4],
    [-1, 0.5, 0, 9],
  ];
  const flat = Float32Array.from(rows.flat());
  test("all spellings of a matrix give the same", async () => {
    const scorer = open(dense());
    const name = scorer.outputs[0]?.name ?? "";
    const wanted = bitsOf(scorer.score({ type: "float32", dims: [2, 4], data: flat })[name] as Tensor);
    const spellings = [flat, rows, rows.map((row) => Float32Array.from(row)), rows.flat(), { x: flat }, { x: rows }, { dims: [2, 4], data: flat } as unknown as Tensor, new OrtTensor("float32", flat, [2, 4]) as unknown as Tensor];
    for (const input of spellings) {
      expect(bitsOf(scorer.score(input)[name] as Tensor)).toBe(wanted);
      expect(bitsOf((await scorer.scoreAsync(input))[name] as Tensor)).toBe(wanted);
    }
    const one = scorer.score(flat.subarray(0, 4))[name] as Tensor;
    expect(one.dims).toEqual([1, 3]);
    expect(wanted.startsWith(bitsOf(one))).toBe(true);
    const reused = scorer.score(flat.subarray(4))[name] as Tensor;
    expect(bitsOf(one)).not.toBe(bitsOf(reused));
  });
  test("mistakes are told by path, expected and actual", async () => {
    const scorer = open(dense());
    const cases: [unknown, string, readonly (string | number)[]][] = [
      [new Float32Array(5), "WRONG_SHAPE", []],
      [new Float64Array(4), "WRONG_TYPE", []],
      [[[1, 2, 3]], "WRONG_SHAPE", []],
      [[[1, 2, 3, 4], [1, 2]], "WRONG_SHAPE", [1]],
      [[[1, 2, 3, 4], 5], "WRONG_SHAPE", [1]],
      [[1, 2, 3, "4"], "WRONG_TYPE", [3]],
      [{ type: "float64", dims: [1, 4], data: new Float64Array(4) }, "WRONG_TYPE", ["type"]],
      [{ type: "float32", dims: [1, 5], data: new Float32Array(5) }, "WRONG_SHAPE", ["dims"]],
      [{ type: "float32", dims: [2, 4], data: new Float32Array(4) }, "WRONG_SHAPE", []],
      [{ type: "float32", dims: [-1, 4], data: new Float32Array(4) }, "WRONG_TYPE", ["dims", 0]],
      [{ y: flat }, "WRONG_TYPE", ["y"]],
      [{}, "MISSING_INPUT", ["x"]],
      [null, "WRONG_TYPE", []],
      ["text", "WRONG_TYPE", []],
      [new DataView(new ArrayBuffer(16)), "WRONG_TYPE", []],
      [new Map([["x", flat]]), "WRONG_TYPE", []],
      [[[1, 2, 3, 4], [1, 2, 3, "4"]], "WRONG_TYPE", [1, 3]],
      [transferred(), "WRONG_TYPE", []],
      [Symbol("x"), "WRONG_TYPE", []],
    ];
    for (const [input, code, path] of cases) {
      const error = errorOf(() => scorer.score(input as never));
      expect([error.code, error.path], received(input)).toEqual([code, path]);
      expect((await rejectionOf(scorer.scoreAsync(input as never))).code).toBe(code);
    }
    const integers = open(identities(["int8", "uint64", "bool"], [1]));
    const good = { in_int8: [1], in_uint64: [1], in_bool: [true] };
    expect((integers.score(good)["out_bool"] as Tensor).data).toEqual(Uint8Array.of(1));
    for (const bad of [{ in_int8: [128] }, { in_int8: [1.5] }, { in_uint64: [-1n] }, { in_uint64: [2 ** 53] }, { in_bool: [2] }, { in_bool: Uint8Array.of(2) }, { in_bool: ["true"] }]) {
      expect(errorOf(() => integers.score({ ...good, ...bad } as never)).code, JSON.stringify(Object.keys(bad))).toBe("WRONG_TYPE");
    }
  });
  test("several inputs and outputs, free sizes", async () => {
    const graph = builder();
    graph.input(graph.unique("a"), DataType.FLOAT, ["N", "M"]);
    graph.input(graph.unique("b"), DataType.FLOAT, ["M", "K"]);
    graph.input(graph.unique("k"), DataType.INT64, []);
    graph.named(graph.unique("product"), "MatMul", ["a", "b"]);
    graph.named(graph.unique("cast"), "Cast", ["k"], { to: 1n });
    graph.named(graph.unique("scaled"), "Mul", ["product", "cast"]);
    graph.named(graph.unique("top"), "ReduceMax", ["scaled"], { keepdims: 0n });
    graph.output("product", DataType.FLOAT, ["N", "K"]);
    graph.output("scaled", DataType.FLOAT, ["N", "K"]);
    graph.output("top", DataType.FLOAT, []);
    const model = bytesOf(graph);
    const scorer = open(model);
    const session = await InferenceSession.create(model);
    for (const [n, m, k] of [[1, 1, 1], [3, 2, 5], [17, 9, 4]] as const) {
      const a = Float32Array.from({ length: n * m }, (_, i) => Math.sin(i));
      const b = Float32Array.from({ length: m * k }, (_, i) => Math.cos(i));
      const input = { a: { type: "float32", dims: [n, m], data: a }, b: { type: "float32", dims: [m, k], data: b }, k: 3n } as const;
      const wanted = await session.run({ a: new OrtTensor("float32", a, [n, m]), b: new OrtTensor("float32", b, [m, k]), k: new OrtTensor("int64", BigInt64Array.of(3n), []) });
      for (const got of [scorer.score(input), await scorer.scoreAsync(input)]) {
        for (const name of ["product", "scaled", "top"]) {
          expect((got[name] as Tensor).dims).toEqual([...(wanted[name]?.dims ?? [])]);
          expect(bitsOf(got[name] as Tensor)).toBe(bitsOf(wanted[name] as OrtTensor));
        }
      }
    }
    // What ONNX Runtime finds itself.
    expect(errorOf(() => scorer.score({ a: { type: "float32", dims: [1, 2], data: new Float32Array(2) }, b: { type: "float32", dims: [3, 1], data: new Float32Array(3) }, k: 1 })).code).toBe("RUNTIME_ERROR");
  });
  test("a convolution net takes flat rows", async () => {
    const model = convolution();
    const scorer = open(model);
    const session = await InferenceSession.create(model);
    const image = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i / 3));
    const wanted = bitsOf(Object.values(await session.run({ image: new OrtTensor("float32", image, [1, 1, 8, 8]) }))[0] as OrtTensor);
    const name = scorer.outputs[0]?.name ?? "";
    for (const input of [image, [image], { image: { type: "float32", dims: [1, 1, 8, 8], data: image } as const }]) expect(bitsOf(scorer.score(input)[name] as Tensor)).toBe(wanted);
  });
});

describe("what a model says of itself", () => {
  test("inputs, outputs, metadata, backend", async () => {
    const model = dense();
    const scorer = await Scorer.load(model, { backend: "onnxruntime" });
    expect(scorer.inputs).toEqual([{ name: "x", type: "float32", dims: ["N", 4] }]);
    expect(scorer.outputs).toEqual([{ name: "tanh", type: "float32", dims: ["N", 3] }]);
    expect(scorer.format).toBe("onnx");
    expect(scorer.metadata.get("owner")).toBe("tests");
    expect(scorer.featureNames).toBeUndefined();
    expect(scorer.backend).toMatchObject({ name: "onnxruntime", reason: "asked for" });
    expect(scorer.backend.version).toMatch(/^1\.\d+\.\d+/);
    expect(Buffer.from(scorer.toOnnx()).equals(model)).toBe(true);
  });
  test("paths, URLs and bytes", async () => {
    const path = join(folder, "dense näme.onnx");
    writeFileSync(path, dense());
    const vector = Float32Array.of(1, 2, 3, 4);
    const wanted = bitsOf(open(dense()).score(vector)["tanh"] as Tensor);
    for (const source of [path, pathToFileURL(path)]) {
      expect(bitsOf((await Scorer.load(source, { backend: "onnxruntime" })).score(vector)["tanh"] as Tensor)).toBe(wanted);
      expect(bitsOf(Scorer.loadSync(source, { backend: "onnxruntime" }).score(vector)["tanh"] as Tensor)).toBe(wanted);
    }
  });
});

describe("ZipMap", () => {
  test.each([
    ["text", ["setosa", "versicolor", "virginica"] as const],
    ["int64", [0n, 7n, -(2n ** 60n)] as const],
  ])("maps of %s keys", async (_, labels) => {
    const scorer = open(classifier(labels as readonly string[]));
    const session = await InferenceSession.create(classifier(labels as readonly string[], { zipMap: false }));
    expect(scorer.outputs.map(({ name }) => name)).toEqual(["label", "maps"]);
    expect(scorer.outputs[1]).toMatchObject({ type: "float32", map: { keys: labels } });
    const x = Float32Array.from({ length: 4 * 9 }, (_, i) => Math.sin(i * i));
    const check = async (scores: Scores, rows: Float32Array): Promise<void> => {
      // ONNX Runtime adds in another order for one row than for several.
      const wanted = await session.run({ x: new OrtTensor("float32", rows, [rows.length / 4, 4]) });
      const probabilities = wanted["probabilities"]?.data as Float32Array;
      expect(Array.from((scores["label"] as Tensor).data as ArrayLike<unknown>)).toEqual(Array.from(wanted["label"]?.data as ArrayLike<unknown>));
      const maps = scores["maps"] as readonly ReadonlyMap<string | bigint, number>[];
      expect(maps.map((map) => [...map])).toEqual(Array.from({ length: rows.length / 4 }, (_, row) => labels.map((label, i) => [label, probabilities[row * 3 + i]])));
    };
    await check(scorer.score(x), x);
    await check(await scorer.scoreAsync(x), x);
    for (let row = 0; row < 9; row++) {
      const one = x.slice(row * 4, row * 4 + 4);
      await check(scorer.score(one), one);
    }
  });
  test("sequences and optional values are refused with a reason", () => {
    const graph = builder();
    graph.input(graph.unique("x"), DataType.FLOAT, [2, 2]);
    const sequence = graph.node("SequenceConstruct", ["x"]);
    graph.output(sequence, DataType.FLOAT, []);
    const built = graph.build(new Map(), "1");
    const output = [{ name: sequence, type: { sequenceType: { elemType: { tensorType: { elemType: DataType.FLOAT, shape: {} } } } } }];
    const error = errorOf(() => open(writeModel({ ...built, graph: { ...built.graph, output } })));
    expect(error.code).toBe("UNSUPPORTED_MODEL");
    expect(error.message).toContain("a sequence");
  });
});

describe("row models", () => {
  test("hold outputs of every type, widened", () => {
    const graph = builder();
    graph.input(graph.unique("x"), DataType.FLOAT, ["N", 5]);
    const types = TYPES.filter((type) => type !== "string");
    for (const type of types) {
      graph.named(graph.unique(type), "Cast", ["x"], { to: BigInt(NUMBERS[type]) });
      graph.output(type, NUMBERS[type], ["N", 5]);
    }
    const backend = onnxruntimeBackend(bytesOf(graph));
    const model = backend.rowModel();
    if (model === undefined) throw new Error("no row model");
    const runner = addon().rowModelFunctions(model.handle);
    const input = new Float32Array(model.block, 0, 5);
    for (const values of [[0, 1, 2, 100, 77.5], [1e-7, 65504, 0.333, 3, 5e-8]]) {
      input.set(values);
      expect(runner.run()).toBe(0);
      const wanted = backend.run([{ type: "float32", dims: [1, 5], data: Float32Array.from(values) }]);
      for (const [i, type] of types.entries()) {
        const { element, width, offset } = model.outputs[i] as (typeof model.outputs)[number];
        const array = [Float32Array, Float64Array, BigInt64Array][element] as typeof Float32Array;
        const got = Array.from(new array(model.block, offset, width), Number);
        const { data } = wanted[i] as Tensor;
        // Numbers outside of the narrow types have no defined value.
        const exact = Array.from(data as ArrayLike<number | bigint>, (value) => (type === "float16" ? fromFloat16(value as number) : Number(value)));
        expect(got, type).toEqual(exact);
      }
    }
    backend.close();
  });
  test("give labels by index", () => {
    const labels = ["no", "yes", "perhaps"];
    const backend = onnxruntimeBackend(classifier(labels));
    const model = backend.rowModel();
    expect(backend.labels(0)).toEqual(labels);
    expect(backend.labels(1)).toBeUndefined();
    expect(model?.outputs.map(({ element, width, dims }) => ({ element, width, dims }))).toEqual([
      { element: 2, width: 1, dims: [1] },
      { element: 0, width: 3, dims: [1, 3] },
    ]);
    expect(backend.rowModel()).toBe(model);
    expect(backend.rowModel(4)).toBe(model);
    expect(backend.rowModel(5)).toBeUndefined();
  });
  test("of a free width", () => {
    const graph = builder();
    graph.input(graph.unique("x"), DataType.FLOAT, ["N", "M"]);
    graph.output(graph.node("ReduceSum", ["x"]), DataType.FLOAT, ["N", 1]);
    const backend = onnxruntimeBackend(bytesOf(graph));
    expect(backend.rowModel()).toBeUndefined();
    expect([3, 7].map((width) => backend.rowModel(width)?.width)).toEqual([3, 7]);
  });
  test("not where several inputs or other types are taken", () => {
    for (const model of [identities(["float32", "float64"], ["N", 2]), identities(["float64"], ["N", 2]), identities(["float32"], []), identities(["float32"], [2, 2]), identities(["string"], ["N", 1])]) {
      expect(onnxruntimeBackend(model).rowModel()).toBeUndefined();
    }
  });
});

describe("which models keep rows apart", () => {
  const c = floats([4], (i) => i);
  const cases: [string, boolean, (graph: GraphBuilder) => string][] = [
    ["a bias", true, (g) => g.node("Add", ["x", g.constant(c)])],
    ["a column of as many rows", false, (g) => g.node("Add", ["x", g.constant(floats([4, 1], (i) => i))])],
    ["softmax of rows", true, (g) => g.node("Softmax", ["x"])],
    ["softmax of columns", false, (g) => g.node("Softmax", ["x"], { axis: 0n })],
    ["softmax of columns, counted from the end", false, (g) => g.node("Softmax", ["x"], { axis: -2n })],
    ["a product", true, (g) => g.node("MatMul", ["x", g.constant(floats([4, 2], (i) => i))])],
    ["a product from the left", false, (g) => g.node("MatMul", [g.constant(floats([4, 4], (i) => i)), "x"])],
    ["transposed", false, (g) => g.node("Transpose", ["x"], { perm: [1n, 0n] })],
    ["Gemm of the transposed", false, (g) => g.node("Gemm", ["x", g.constant(floats([4, 4], (i) => i))], { transA: 1n })],
    ["the sum of rows", true, (g) => g.node("ReduceMean", ["x"], { axes: [1n] })],
    ["the sum of columns", false, (g) => g.node("ReduceMean", ["x"], { axes: [0n] })],
    ["the sum of everything", false, (g) => g.node("ReduceMean", ["x"])],
    ["side by side", true, (g) => g.node("Concat", ["x", "x"], { axis: 1n })],
    ["one below the other", false, (g) => g.node("Concat", ["x", "x"], { axis: 0n })],
    ["reshaped within rows", true, (g) => g.node("Reshape", ["x", g.constant({ type: DataType.INT64, dims: [3], values: BigInt64Array.of(-1n, 2n, 2n) })])],
    ["reshaped across rows", false, (g) => g.node("Reshape", ["x", g.constant({ type: DataType.INT64, dims: [2], values: BigInt64Array.of(-1n, 2n) })])],
    ["its own transposed", false, (g) => g.node("MatMul", ["x", g.node("Transpose", ["x"])])],
    ["a sum with what depends on all", false, (g) => g.node("Add", ["x", g.node("ReduceMean", ["x"], { axes: [0n] })])],
    ["running sums", false, (g) => g.node("CumSum", ["x", g.constant({ type: DataType.INT64, dims: [], values: BigInt64Array.of(0n) })])],
  ];
  test.each(cases)("%s: %s", (_, wanted, make) => {
    const graph = builder();
    graph.input(graph.unique("x"), DataType.FLOAT, ["N", 4]);
    graph.output(make(graph), DataType.FLOAT, ["N", "K"]);
    expect(readGraph(bytesOf(graph)).rowWise).toBe(wanted);
  });
  test("models of tests", () => {
    expect([dense(), convolution(), classifier(["a", "b"]), dense(4, 3, 5)].map((model) => readGraph(model).rowWise)).toEqual([true, true, true, false]);
  });
});

describe("scoreAsync", () => {
  test("ranges of rows give the bits of one run", async () => {
    const scorer = open(dense(20, 5));
    const rows = 200_000;
    const data = Float32Array.from({ length: rows * 20 }, (_, i) => Math.sin(i));
    const wanted = bitsOf(scorer.score(data)["tanh"] as Tensor);
    for (const threads of [1, 2, 5]) {
      const seen: number[] = [];
      const got = await scorer.scoreAsync(data, { threads, onProgress: (done, total) => seen.push(done / total) });
      expect((got["tanh"] as Tensor).dims).toEqual([rows, 5]);
      expect(bitsOf(got["tanh"] as Tensor)).toBe(wanted);
      expect(seen.at(-1)).toBe(1);
      expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    }
  });
  test("a model that mixes rows runs over all of them at once", async () => {
    const graph = builder();
    graph.input(graph.unique("x"), DataType.FLOAT, ["N", 4]);
    graph.named(graph.unique("y"), "Softmax", ["x"], { axis: 0n });
    graph.output("y", DataType.FLOAT, ["N", 4]);
    const scorer = open(bytesOf(graph));
    const data = Float32Array.from({ length: 400_000 }, (_, i) => Math.sin(i));
    expect(bitsOf((await scorer.scoreAsync(data, { threads: 2 }))["y"] as Tensor)).toBe(bitsOf(scorer.score(data)["y"] as Tensor));
  });
  test("abort", async () => {
    const scorer = open(dense(20, 64));
    const data = new Float32Array(20 * 2_000_000);
    const controller = new AbortController();
    const run = scorer.scoreAsync(data, { signal: controller.signal });
    setTimeout(() => {
      controller.abort(new Error("enough"));
    }, 5);
    const error = await rejectionOf(run);
    expect([error.code, (error.cause as Error).message]).toEqual(["ABORTED", "enough"]);
    expect((await rejectionOf(scorer.scoreAsync(data, { signal: AbortSignal.abort() }))).code).toBe("ABORTED");
    expect((scorer.score(new Float32Array(20))["tanh"] as Tensor).dims).toEqual([1, 64]);
  });
  test("close while it runs", async () => {
    const scorer = open(dense(20, 64));
    const data = Float32Array.from({ length: 20 * 100_000 }, (_, i) => i % 7);
    const wanted = bitsOf(scorer.score(data)["tanh"] as Tensor);
    const runs = [scorer.scoreAsync(data), scorer.scoreAsync(data, { threads: 2 })];
    scorer.close();
    for (const scores of await Promise.all(runs)) expect(bitsOf(scores["tanh"] as Tensor)).toBe(wanted);
    expect((await rejectionOf(scorer.scoreAsync(data))).code).toBe("CLOSED");
  });
  test("bad options", async () => {
    const scorer = open(dense());
    for (const threads of [0, 1.5, 257, "2"]) expect((await rejectionOf(scorer.scoreAsync(new Float32Array(4), { threads: threads as number }))).code).toBe("INVALID_PARAMETER");
  });
});

describe("closing", () => {
  test("use after close, and closing twice", async () => {
    const scorer = open(dense());
    scorer.score(new Float32Array(4));
    scorer.close();
    scorer.close();
    for (const input of [new Float32Array(4), new Float32Array(8), [[1, 2, 3, 4]]]) {
      expect(errorOf(() => scorer.score(input)).code).toBe("CLOSED");
      expect((await rejectionOf(scorer.scoreAsync(input))).code).toBe("CLOSED");
    }
    expect(scorer.inputs).toHaveLength(1);
  });
  test("using", () => {
    let kept: Scorer;
    {
      using scorer = open(dense());
      kept = scorer;
      scorer.score(new Float32Array(4));
    }
    expect(errorOf(() => kept.score(new Float32Array(4))).code).toBe("CLOSED");
  });
});

describe("external data", () => {
  test("beside a path, or in a folder that is named", async () => {
    const { model, data } = external("weights.bin", 6);
    writeFileSync(join(folder, "weights.bin"), data);
    const path = join(folder, "external.onnx");
    writeFileSync(path, model);
    const wanted = Array.from({ length: 6 }, (_, i) => Math.fround(1 + Math.fround(i / 3)));
    const x = new Float32Array(6).fill(1);
    for (const scorer of [open(path), await Scorer.load(pathToFileURL(path), { backend: "onnxruntime" }), open(model, { externalDataPath: folder })]) {
      expect([...((scorer.score(x)["y"] as Tensor).data as Float32Array)]).toEqual(wanted);
    }
  });
  test("missing", () => {
    const { model } = external("nowhere.bin", 6);
    const path = join(folder, "lost.onnx");
    writeFileSync(path, model);
    expect(["INVALID_MODEL", "RUNTIME_ERROR"]).toContain(errorOf(() => open(path)).code);
    const error = errorOf(() => open(model));
    expect([error.code, error.fix]).toEqual(["INVALID_MODEL", expect.stringContaining("externalDataPath")]);
  });
});

describe("session options", () => {
  test("all of them are taken", () => {
    const optimizedModelPath = join(folder, "optimized.onnx");
    const scorer = open(dense(), {
      session: {
        intraOpThreads: 2,
        interOpThreads: 2,
        executionMode: "parallel",
        graphOptimization: "extended",
        logSeverity: "error",
        logVerbosity: 1,
        logId: "tests",
        enableCpuMemArena: false,
        enableMemPattern: false,
        freeDimensionOverrides: { N: 3 },
        configEntries: { "session.intra_op.allow_spinning": "0" },
        optimizedModelPath,
        profile: join(folder, "profile"),
      },
    });
    expect(scorer.inputs[0]?.dims).toEqual([3, 4]);
    expect((scorer.score(new Float32Array(12))["tanh"] as Tensor).dims).toEqual([3, 3]);
    expect(errorOf(() => scorer.score(new Float32Array(8))).code).toBe("WRONG_SHAPE");
    scorer.close();
    expect(existsSync(optimizedModelPath)).toBe(true);
    expect(readdirSync(folder).some((name) => name.startsWith("profile"))).toBe(true);
  });
  test("each is checked", () => {
    const cases: [object, readonly string[]][] = [
      [{ intraOpThreads: -1 }, ["intraOpThreads"]],
      [{ interOpThreads: 1.5 }, ["interOpThreads"]],
      [{ executionMode: "both" }, ["executionMode"]],
      [{ graphOptimization: 99 }, ["graphOptimization"]],
      [{ logSeverity: "toString" }, ["logSeverity"]],
      [{ logId: "a\0b" }, ["logId"]],
      [{ enableCpuMemArena: 1 }, ["enableCpuMemArena"]],
      [{ enableMemPattern: "yes" }, ["enableMemPattern"]],
      [{ freeDimensionOverrides: { N: "3" } }, ["freeDimensionOverrides", "N"]],
      [{ configEntries: { a: 1 } }, ["configEntries", "a"]],
      [{ optimizedModelPath: 5 }, ["optimizedModelPath"]],
      [{ profile: "" }, ["profile"]],
      [{ threads: 2 }, ["threads"]],
    ];
    for (const [session, path] of cases) {
      const error = errorOf(() => open(dense(), { session: session as never }));
      expect([error.code, error.path]).toEqual(["INVALID_PARAMETER", ["session", ...path]]);
    }
    expect(errorOf(() => open(dense(), { colour: 1 } as never)).path).toEqual(["colour"]);
    expect(errorOf(() => open(dense(), { backend: "gpu" as never })).path).toEqual(["backend"]);
    expect(errorOf(() => open(dense(), { externalDataPath: 1 as never })).path).toEqual(["externalDataPath"]);
  });
});

describe("models that are none", () => {
  test("every truncation", () => {
    const model = dense();
    for (let length = 0; length < model.length; length += 7) {
      const error = errorOf(() => open(model.slice(0, length)));
      expect(["INVALID_MODEL", "UNSUPPORTED_MODEL"], `${length}: ${error.message}`).toContain(error.code);
    }
  });
  test("damaged bytes end in an error or a scorer", () => {
    const model = classifier(["a", "b"]);
    for (let at = 0; at < model.length; at += 3) {
      const damaged = model.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      try {
        open(damaged).close();
      } catch (error) {
        expect((error as { code?: string }).code, String(error)).toMatch(/^(INVALID_MODEL|UNSUPPORTED_MODEL|RUNTIME_ERROR)$/);
      }
    }
  });
  test("an operator that nobody has", () => {
    const graph = builder();
    graph.input(graph.unique("x"), DataType.FLOAT, [1]);
    graph.output(graph.node("Teleport", ["x"]), DataType.FLOAT, [1]);
    const error = errorOf(() => open(bytesOf(graph)));
    expect(error.code).toBe("UNSUPPORTED_MODEL");
    expect(error.message).toContain("Teleport");
    const auto = errorOf(() => Scorer.loadSync(bytesOf(graph)));
    expect(auto.code).toBe("UNSUPPORTED_MODEL");
    expect(auto.message).toContain("not compiled");
  });
  test("other files", async () => {
    for (const source of ["", 5, null, {}, new URL("https://example.com/model.onnx")]) {
      expect((await rejectionOf(Scorer.load(source as never))).code).toBe("WRONG_TYPE");
    }
    expect((await rejectionOf(Scorer.load(join(folder, "nothing.onnx")))).code).toBe("INVALID_MODEL");
    expect((await rejectionOf(Scorer.load(folder))).code).toBe("INVALID_MODEL");
    expect(errorOf(() => Scorer.loadSync(new Uint8Array(0))).code).toBe("INVALID_MODEL");
    expect(errorOf(() => Scorer.loadSync(new TextEncoder().encode("binf\0\0"))).code).toBe("UNSUPPORTED_MODEL");
    expect(errorOf(() => Scorer.loadSync(Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) & 255))).code).toBe("INVALID_MODEL");
  });
});

describe("the library", () => {
  test("a path that is none, a file that is none", () => {
    const text = join(folder, "library.so");
    writeFileSync(text, "not a library");
    for (const library of [join(folder, "missing.so"), text, folder]) {
      const error = errorOf(() => open(dense(), { library }));
      expect([error.code, error.name], error.message).toEqual(["RUNTIME_NOT_FOUND", "ModelError"]);
    }
    for (const library of ["", 5, "a\0b"]) expect(errorOf(() => open(dense(), { library: library as string })).code).toBe("INVALID_PARAMETER");
  });
  test("a library of another kind", () => {
    const other = join(import.meta.dirname, "../../build/Release/skewless.node");
    const error = errorOf(() => open(dense(), { library: other }));
    expect(error.code).toBe("RUNTIME_NOT_FOUND");
    expect(error.message).toContain("OrtGetApiBase");
  });
  test("a library that is too old, or has nothing to offer", () => {
    const source = (base: string): string => `
      static const void* get_api(unsigned version) { (void)version; return 0; }
      static const char* get_version(void) { return "1.9.0"; }
      static const struct { const void* (*api)(unsigned); const char* (*version)(void); } base = { get_api, get_version };
      const void* OrtGetApiBase(void) { (void)&base; return ${base}; }`;
    for (const [name, base, message] of [["old", "&base", "1.9.0, which is too old: 1.17"], ["none", "0", "of an unknown version"]] as const) {
      const library = join(folder, `${name}.so`);
      writeFileSync(`${library}.c`, source(base));
      const compiled = spawnSync("cc", ["-shared", "-fPIC", "-o", library, `${library}.c`], { encoding: "utf8" });
      if (compiled.error !== undefined) {
        console.warn("skipped: there is no C compiler to make an old library with");
        return;
      }
      expect(compiled.stderr).toBe("");
      const error = errorOf(() => open(dense(), { library }));
      expect(error.code).toBe("RUNTIME_NOT_FOUND");
      expect(error.message).toContain(message);
    }
  });
  test("a path to the right one", () => {
    const name = `../../node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime.so.1`;
    if (process.platform !== "linux") {
      console.warn("the library's path is tried on Linux only");
      return;
    }
    expect(open(dense(), { library: join(import.meta.dirname, name) }).backend.name).toBe("onnxruntime");
  });
});
