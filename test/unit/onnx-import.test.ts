// Graphs as skl2onnx writes them, read into features: the same answers as ONNX Runtime's to the same graph, and as
// scikit-learn's, which fitted their parameters (test/reference/onnx/make_graphs.py).
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { fromOnnx } from "../../src/features/onnx/import/from-onnx.js";
import { featuresFromJson } from "../../src/features/spec.js";
import { GraphBuilder } from "../../src/onnx/builder.js";
import { writeModel } from "../../src/onnx/model.js";
import { DataType, type ModelProto } from "../../src/onnx/schema.js";
import { close, feedsOf, run, type Cell } from "../reference/onnx/ort.js";

const folder = new URL("../reference/onnx/", import.meta.url);
const file = (name: string): string => fileURLToPath(new URL(name, folder));

interface Case {
  readonly inputs: Readonly<Record<string, { readonly type: string; readonly rows: readonly (readonly (number | string | boolean)[])[] }>>;
  readonly sklearn?: readonly (readonly (number | string)[])[];
}

const read = (name: string): { readonly bytes: Uint8Array; readonly data: Case } => ({
  bytes: readFileSync(file(`${name}.onnx`)),
  data: JSON.parse(readFileSync(file(`${name}.json`), "utf8")) as Case,
});

const NUMBERS: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const toNumber = (cell: unknown): number => (typeof cell === "string" ? (NUMBERS[cell] ?? NaN) : Number(cell));

function feeds({ inputs }: Case): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { type, rows }]) => {
      const flat = rows.flat();
      const dims = [rows.length, rows[0]?.length ?? 0];
      if (type === "string") return [name, new Tensor("string", flat as string[], dims)];
      if (type === "int64") return [name, new Tensor("int64", BigInt64Array.from(flat, BigInt), dims)];
      if (type === "double") return [name, new Tensor("float64", Float64Array.from(flat, toNumber), dims)];
      return [name, new Tensor("float32", Float32Array.from(flat, toNumber), dims)];
    }),
  );
}

/** Row objects for the declared inputs, which come in the order of the graph's columns. */
function rowsOf({ inputs }: Case, names: readonly string[]): Record<string, unknown>[] {
  const all = Object.values(inputs);
  return Array.from({ length: all[0]?.rows.length ?? 0 }, (_, at) => {
    const cells = all.flatMap(({ type, rows }) => (rows[at] ?? []).map((cell) => (type === "string" ? cell : type === "int64" ? BigInt(cell as number) : toNumber(cell))));
    return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
  });
}

const names = readdirSync(folder)
  .filter((name) => name.endsWith(".onnx") && !name.startsWith("pipeline"))
  .map((name) => name.slice(0, -5));

/** Sums of products, which runtimes add in an order of their own: relative to the terms, not to their sum. */
const SUMS: Readonly<Record<string, number>> = { pca: 0.02, gemm: 0.005, shapes: 0.002 };

describe("features read from ONNX", () => {
  test.each(names)("%s", async (name) => {
    const { bytes, data } = read(name);
    const fitted = await fromOnnx(bytes);
    const engine = fitted.compile();
    const inputNames = Object.keys(fitted.inputs);
    const rows = rowsOf(data, inputNames);
    const outputs = Object.values(await run(bytes, feeds(data)));
    for (const [at, row] of rows.entries()) {
      const values = engine.values(row as never);
      const mine = fitted.names.map((column) => values[column]);
      const theirs = outputs.flatMap((output) => {
        const width = output.data.length / rows.length;
        return Array.from({ length: width }, (_, i) => output.data[at * width + i] as number | bigint | string);
      });
      expect(mine.length).toBe(theirs.length);
      for (const [i, their] of theirs.entries()) {
        const my = mine[i];
        if (typeof their !== "number") expect(my, `${name} row ${at} ${fitted.names[i]}`).toBe(their);
        else if (!close(Number(my ?? NaN), their) && !(Math.abs(Number(my) - their) <= (SUMS[name] ?? 0))) {
          expect.fail(`${name}, row ${at}, ${fitted.names[i]}: ${String(my)}, ONNX Runtime ${their}, ${JSON.stringify(row, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))}`);
        }
        // scikit-learn computes in double.
        const expected = data.sklearn?.[at]?.[i];
        if (expected !== undefined) expect(Math.abs(Number(my) - toNumber(expected))).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(toNumber(expected))));
      }
    }
    expect(rows.length).toBeGreaterThan(5);
    // A spec like any other: saved and loaded it is the same.
    expect(featuresFromJson(JSON.parse(JSON.stringify(fitted.toJSON()))).fingerprint).toBe(fitted.fingerprint);
  });

  test.each(names)("%s exports again, with the same answers", async (name) => {
    const { bytes, data } = read(name);
    const fitted = await fromOnnx(bytes);
    const rows = rowsOf(data, Object.keys(fitted.inputs));
    const { model, inputs, outputs } = await fitted.toOnnx({ columns: true });
    const columns = Object.fromEntries(Object.keys(fitted.inputs).map((input) => [input, rows.map((row) => row[input] as Cell)]));
    const results = await run(model, feedsOf(inputs, columns));
    const engine = fitted.compile();
    for (const [at, row] of rows.entries()) {
      const values = engine.values(row as never);
      for (const { name: output, features } of outputs.slice(1)) {
        const [mine, theirs] = [values[features[0] as string], results[output]?.data[at]];
        if (typeof theirs === "number" && typeof mine !== "boolean") expect(close(Number(mine ?? NaN), theirs), `${output} row ${at}: ${String(mine)}, ${theirs}`).toBe(true);
        else expect(theirs).toEqual(mine);
      }
    }
  });
});

describe("names", () => {
  test("a matrix becomes f0, f1, … or the names given", async () => {
    const { bytes } = read("scaler-standard");
    expect(Object.keys((await fromOnnx(bytes)).inputs)).toEqual(["f0", "f1", "f2", "f3"]);
    const named = await fromOnnx(bytes, { names: ["a", "b", "c", "d"], featureNames: ["p", "q", "r", "s"] });
    expect(Object.keys(named.inputs)).toEqual(["a", "b", "c", "d"]);
    expect(named.names).toEqual(["p", "q", "r", "s"]);
    expect((await fromOnnx(bytes)).names).toEqual(["variable_0", "variable_1", "variable_2", "variable_3"]);
    expect((await fromOnnx(bytes, { names: { X: ["a", "b", "c", "d"] } })).inputs).toHaveProperty("d");
    await expect(fromOnnx(bytes, { names: ["a"] })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
    await expect(fromOnnx(bytes, { names: ["a", "a", "b", "c"] })).rejects.toMatchObject({ code: "UNSUPPORTED_ONNX" });
    await expect(fromOnnx(bytes, { featureNames: ["a"] })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
  });

  test("a null in a row is NaN to the graph", async () => {
    const fitted = await fromOnnx(file("column-transformer.onnx"));
    const row = { a: null, b: 50, c: 1, d: -3000, colour: "red", shape: "round" };
    const engine = fitted.compile();
    expect([...engine.row(row as never)]).toEqual([...engine.row({ ...row, a: NaN } as never)]);
    expect(engine.row(row as never).every(Number.isFinite)).toBe(true);
  });
});

describe("what cannot be read", () => {
  test("an operator that is no preparation: node, operator and domain are named", async () => {
    const { bytes } = read("pipeline");
    await expect(fromOnnx(bytes)).rejects.toMatchObject({ name: "OnnxError", code: "UNSUPPORTED_ONNX", message: expect.stringMatching(/"LinearClassifier_label", operator LinearClassifier of ai\.onnx\.ml/) as string });
    const before = await fromOnnx(bytes, { outputs: ["scaled"] });
    expect([...before.compile().row({ f0: 1, f1: 2, f2: 3, f3: -4 } as never)]).toEqual([0.5, 1, 1.5, -2]);
  });

  /** A graph of one node over X: float [N, 3]. */
  function graphOf(op: string, attributes: Parameters<GraphBuilder["node"]>[2] = {}, domain = "", inputs = ["X"]): ModelProto {
    const graph = new GraphBuilder({ name: "g", opset: 17, mlOpset: 3 });
    graph.unique("X");
    graph.input("X", DataType.FLOAT, ["N", 3]);
    const out = graph.node(op, inputs, attributes, domain);
    graph.output(out, DataType.FLOAT, ["N", 3]);
    return graph.build(new Map(), "1");
  }

  test.each([
    ["an operator nobody has", graphOf("Frobnicate", {}, "com.example"), "UNSUPPORTED_ONNX", /Frobnicate of com\.example/],
    ["a sum over rows", graphOf("Concat", { axis: 0n }), "UNSUPPORTED_ONNX", /along the rows/],
    ["offsets of another number", graphOf("Scaler", { offset: [1.5, 2.5], scale: [1.5] }, "ai.onnx.ml"), "INVALID_ONNX", /2 offsets for 3 features/],
    ["an attribute of another type", graphOf("Binarizer", { threshold: "high" }, "ai.onnx.ml"), "INVALID_ONNX", /threshold/],
    ["an unknown norm", graphOf("Normalizer", { norm: "L7" }, "ai.onnx.ml"), "INVALID_ONNX", /L7/],
    ["a value that is not there", graphOf("Abs", {}, "", ["Y"]), "INVALID_ONNX", /"Y" before it is computed/],
    ["no operand", graphOf("Add"), "INVALID_ONNX", undefined],
    ["bool of floats", graphOf("Not"), "INVALID_ONNX", /not bool/],
    ["a cast that has no one meaning", graphOf("Cast", { to: BigInt(DataType.STRING) }), "UNSUPPORTED_ONNX", /from float to string/],
    ["categories of text for numbers", graphOf("OneHotEncoder", { cats_strings: ["a"] }, "ai.onnx.ml"), "UNSUPPORTED_ONNX", /categories/],
    ["a LabelEncoder without keys", graphOf("LabelEncoder", { values_floats: [1.5] }, "ai.onnx.ml"), "INVALID_ONNX", /no keys/],
  ] as const)("%s", async (_, model, code, message) => {
    const error: unknown = await fromOnnx(writeModel(model)).catch((e: unknown) => e);
    if (message === undefined) expect(["INVALID_ONNX", "UNSUPPORTED_ONNX"]).toContain((error as { code: string }).code);
    else expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  test("inputs whose columns are not known", async () => {
    const model = graphOf("Abs");
    const input = { name: "X", type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimParam: "N" }, { dimParam: "k" }] } } } };
    await expect(fromOnnx(writeModel({ ...model, graph: { ...model.graph, input: [input] } }))).rejects.toMatchObject({ code: "UNSUPPORTED_ONNX" });
    const huge = { name: "X", type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimParam: "N" }, { dimValue: 2n ** 40n }] } } } };
    await expect(fromOnnx(writeModel({ ...model, graph: { ...model.graph, input: [huge] } }))).rejects.toMatchObject({ code: "UNSUPPORTED_ONNX" });
  });

  test("a small file that asks for billions of expressions", async () => {
    const graph = new GraphBuilder({ name: "g", opset: 17, mlOpset: 3 });
    graph.unique("X");
    graph.input("X", DataType.FLOAT, ["N", 60_000]);
    let value = "X";
    for (let i = 0; i < 500; i++) value = graph.node("Abs", [value]);
    graph.output(value, DataType.FLOAT, ["N", 60_000]);
    const bytes = writeModel(graph.build(new Map(), "1"));
    expect(bytes.length).toBeLessThan(40_000);
    await expect(fromOnnx(bytes)).rejects.toMatchObject({ code: "UNSUPPORTED_ONNX", message: expect.stringMatching(/a million/) as string });
  });

  test("a cycle", async () => {
    const model = graphOf("Abs");
    const node = [
      { opType: "Abs", input: ["b"], output: ["a"] },
      { opType: "Abs", input: ["a"], output: ["b"] },
    ];
    const output = [{ name: "a" }];
    await expect(fromOnnx(writeModel({ ...model, graph: { ...model.graph, node, output } }))).rejects.toMatchObject({ code: "INVALID_ONNX" });
  });

  test("a path that is not there", async () => {
    await expect(fromOnnx("/nowhere/model.onnx")).rejects.toMatchObject({ code: "INVALID_ONNX", message: expect.stringMatching(/nowhere/) as string });
  });
});
