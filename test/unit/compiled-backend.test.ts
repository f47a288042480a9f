import { describe, expect, it } from "vitest";
import { addon } from "../../src/native.js";
import { compiledBackend } from "../../src/scorer/compiled/backend.js";
import type { ModelProgram, ProgramInput, ProgramOutput, Register, Step, TreeEnsemble } from "../../src/scorer/program.js";
import type { Tensor } from "../../src/scorer/tensor.js";

const input = (name: string, type: Tensor["type"], register: number, dims: readonly (number | string | null)[]): ProgramInput => ({ name, type, register, dims });
const output = (name: string, type: Tensor["type"], register: number, more: Partial<ProgramOutput> = {}): ProgramOutput => ({
  name, type, register, dims: ["N", null], rank: 2, ...more,
});
function program(registers: readonly Register[], inputs: readonly ProgramInput[], steps: readonly Step[], outputs: readonly ProgramOutput[]): ModelProgram {
  return { source: "onnx", registers, inputs, steps, outputs };
}

const DOUBLES = program(
  [{ element: "f32", width: 3 }, { element: "f32", width: 3 }],
  [input("x", "float32", 0, ["N", 3])],
  [{ op: "binary", fn: "add", left: 0, right: 0, output: 1 }],
  [output("y", "float32", 1)],
);
const matrix = (rows: number, width: number): Tensor => ({ type: "float32", dims: [rows, width], data: Float32Array.from({ length: rows * width }, (_, i) => i) });

function facts(body: () => unknown): Record<string, unknown> {
  try {
    body();
  } catch (error) {
    const { name, code, path, expected, actual, row, message } = error as Record<string, unknown>;
    return { name, code, path, expected, actual, row, message };
  }
  throw new Error("nothing was thrown");
}

describe("shapes and types", () => {
  const backend = compiledBackend(DOUBLES);
  it("says what was expected and what came", () => {
    expect(facts(() => backend.run([matrix(2, 4)]))).toMatchObject({ name: "ModelError", code: "WRONG_SHAPE", path: ["x"], expected: "[N, 3]", actual: "[2, 4]" });
    expect(facts(() => backend.run([{ type: "float32", dims: [3], data: new Float32Array(3) }]))).toMatchObject({ code: "WRONG_SHAPE", actual: "[3]" });
    expect(facts(() => backend.run([{ type: "float32", dims: [2, 3], data: new Float32Array(5) }]))).toMatchObject({ code: "WRONG_SHAPE", actual: "5" });
    expect(facts(() => backend.run([{ type: "float64", dims: [1, 3], data: new Float64Array(3) }]))).toMatchObject({ code: "WRONG_TYPE", expected: "float32", actual: "float64" });
    expect(facts(() => backend.run([]))).toMatchObject({ code: "WRONG_SHAPE", expected: "x" });
  });
  it("takes any number of rows, none too", () => {
    expect(backend.run([matrix(0, 3)])).toEqual([{ type: "float32", dims: [0, 3], data: new Float32Array(0) }]);
    expect((backend.run([matrix(2, 3)])[0] as Tensor).data).toEqual(Float32Array.of(0, 2, 4, 6, 8, 10));
  });
  it("takes a declared vector as one row, a column as many", () => {
    const vector = compiledBackend({ ...DOUBLES, inputs: [input("x", "float32", 0, [3])], outputs: [output("y", "float32", 1, { rank: 1 })] });
    expect(vector.run([{ type: "float32", dims: [3], data: Float32Array.of(1, 2, 3) }])).toEqual([{ type: "float32", dims: [3], data: Float32Array.of(2, 4, 6) }]);
    expect(facts(() => vector.run([{ type: "float32", dims: [4], data: new Float32Array(4) }]))).toMatchObject({ code: "WRONG_SHAPE", expected: "[3]" });
    const one: Register = { element: "f32", width: 1 };
    const column = compiledBackend({ ...DOUBLES, registers: [one, one], inputs: [input("x", "float32", 0, ["N"])], outputs: [output("y", "float32", 1, { rank: 1 })] });
    expect(column.run([{ type: "float32", dims: [2], data: Float32Array.of(1, 2) }])).toEqual([{ type: "float32", dims: [2], data: Float32Array.of(2, 4) }]);
  });
  it("wants as many rows of each input", () => {
    const two = compiledBackend(
      program([{ element: "f32", width: 1 }, { element: "i64", width: 1 }], [input("a", "float32", 0, ["N", 1]), input("b", "int32", 1, ["N", 1])], [], [output("y", "float32", 0)]),
    );
    expect(facts(() => two.run([matrix(2, 1), { type: "int32", dims: [3, 1], data: new Int32Array(3) }]))).toMatchObject({ code: "WRONG_SHAPE", path: ["b"], expected: "2 rows", actual: "3 rows" });
  });
  it("refuses a program whose map does not fit", () => {
    const bad = { ...DOUBLES, outputs: [output("y", "float32", 1, { map: { keys: [1n] } })] };
    expect(facts(() => compiledBackend(bad))).toMatchObject({ code: "INVALID_MODEL", path: ["y"], expected: "3 keys" });
  });
});

describe("values of every type", () => {
  it("goes in and out as the tensor types say", () => {
    const types = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool", "float16", "float64"] as const;
    const data = {
      int8: Int8Array.of(-128, 127), uint8: Uint8Array.of(0, 255), int16: Int16Array.of(-32768, 32767), uint16: Uint16Array.of(0, 65535),
      int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1), uint32: Uint32Array.of(0, 2 ** 32 - 1), int64: BigInt64Array.of(-(2n ** 63n), 5n),
      uint64: BigUint64Array.of(2n ** 64n - 1n, 1n), bool: Uint8Array.of(0, 1), float16: Uint16Array.of(0x3c00, 0x8001), float64: Float64Array.of(1e300, -0),
    };
    const registers: Register[] = types.map((type) => ({ element: type === "float16" ? "f32" : type === "float64" ? "f64" : "i64", width: 1 }));
    const backend = compiledBackend(program(registers, types.map((type, i) => input(type, type, i, ["N", 1])), [], types.map((type, i) => output(type, type, i))));
    const values = backend.run(types.map((type) => ({ type, dims: [2, 1], data: data[type] }) as Tensor));
    for (const [i, type] of types.entries()) expect(values[i], type).toEqual({ type, dims: [2, 1], data: data[type] });
  });
  it("rounds to float16 to the nearest even", () => {
    const cases: [value: number, bits: number][] = [
      [1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02], [65519, 0x7bff], [65520, 0x7c00], [2 ** -24, 1], [2 ** -25, 0], [3 * 2 ** -25, 2], [-(2 ** -14), 0x8400],
      [-Infinity, 0xfc00], [NaN, 0x7e00], [1e-8, 0],
    ];
    const backend = compiledBackend(program([{ element: "f32", width: 1 }], [input("x", "float32", 0, ["N", 1])], [], [output("y", "float16", 0)]));
    const [y] = backend.run([{ type: "float32", dims: [cases.length, 1], data: Float32Array.from(cases, ([x]) => x) }]) as Tensor[];
    expect([...(y?.data as Uint16Array)]).toEqual(cases.map(([, bits]) => bits));
  });
  it("gives labels and maps", () => {
    const p = program(
      [{ element: "f32", width: 2 }, { element: "i64", width: 1 }],
      [input("x", "float32", 0, ["N", 2])],
      [{ op: "argmax", kind: "max", last: false, input: 0, output: 1 }],
      [
        output("text", "string", 1, { rank: 1, labels: ["no", "yes"] }),
        output("number", "int64", 1, { rank: 1, labels: BigInt64Array.of(-5n, 7n) }),
        output("scores", "float32", 0, { map: { keys: ["no", "yes"] } }),
      ],
    );
    const backend = compiledBackend(p);
    const x: Tensor = { type: "float32", dims: [2, 2], data: Float32Array.of(1, 2, 4, 3) };
    expect(backend.run([x])).toEqual([
      { type: "string", dims: [2], data: ["yes", "no"] },
      { type: "int64", dims: [2], data: BigInt64Array.of(7n, -5n) },
      [new Map([["no", 1], ["yes", 2]]), new Map([["no", 4], ["yes", 3]])],
    ]);
    expect([0, 1, 2].map((i) => backend.labels(i))).toEqual([["no", "yes"], undefined, undefined]);
    const row = backend.rowModel();
    if (row === undefined) throw new Error("no row model");
    new Float32Array(row.block, 0, 2).set([1, 2]);
    expect(addon().rowModelFunctions(row.handle).run()).toBe(0);
    expect(row.outputs.map(({ element, width }) => [element, width])).toEqual([[2, 1], [2, 1], [0, 2]]);
    expect(row.outputs.slice(0, 2).map(({ offset }) => new BigInt64Array(row.block, offset, 1)[0])).toEqual([1n, 7n]);
  });
  it("reports a label that does not exist", () => {
    const backend = compiledBackend(program([{ element: "i64", width: 1 }], [input("x", "int64", 0, ["N", 1])], [], [output("y", "string", 0, { labels: ["a"] })]));
    expect(facts(() => backend.run([{ type: "int64", dims: [3, 1], data: BigInt64Array.of(0n, 1n, -1n) }]))).toMatchObject({ code: "INVALID_MODEL", row: 1 });
  });
});

describe("unknown categories", () => {
  const registers: Register[] = [{ element: "text", width: 2 }, { element: "f32", width: 4 }, { element: "i64", width: 1 }, { element: "f64", width: 2 }];
  const steps: Step[] = [
    { op: "oneHot", input: 2, output: 3, categories: BigInt64Array.of(1n, 2n), unknown: "error" },
    { op: "oneHot", input: 0, output: 1, categories: ["a", "ü"], unknown: "error" },
  ];
  const backend = compiledBackend(program(registers, [input("t", "string", 0, ["N", 2]), input("k", "int64", 2, ["N", 1])], steps, [output("y", "float32", 1), output("z", "float64", 3)]));
  const call = (texts: string[], numbers: bigint[]): Tensor[] => [
    { type: "string", dims: [texts.length / 2, 2], data: texts },
    { type: "int64", dims: [numbers.length, 1], data: BigInt64Array.from(numbers) },
  ];
  it("are named with their row, the first of them wherever chunks end", () => {
    expect((backend.run(call(["a", "ü"], [2n]))[0] as Tensor).data).toEqual(Float32Array.of(1, 0, 0, 1));
    for (const before of [0, 1, 15, 16, 700]) {
      const texts = Array.from({ length: before * 2 }, () => "a").concat("ü", "Zürich", "a", "a");
      const numbers = Array.from({ length: before + 1 }, () => 1n).concat(9n);
      expect(facts(() => backend.run(call(texts, numbers)))).toMatchObject({ name: "ModelError", code: "UNKNOWN_CATEGORY", row: before });
      expect(facts(() => backend.run(call(texts, numbers)))["message"]).toContain('"Zürich" in column 1');
    }
  });
  it("fail a row model with a message", () => {
    const one = compiledBackend(
      program([{ element: "f32", width: 1 }, { element: "f32", width: 1 }], [input("x", "float32", 0, ["N", 1])],
        [{ op: "oneHot", input: 0, output: 1, categories: Float32Array.of(2), unknown: "error" }], [output("y", "float32", 1)]),
    );
    const row = one.rowModel();
    if (row === undefined) throw new Error("no row model");
    const { run, message } = addon().rowModelFunctions(row.handle);
    new Float32Array(row.block, 0, 1)[0] = 3.5;
    expect(run()).toBe(1);
    expect(message()).toContain("3.5 in column 0");
    new Float32Array(row.block, 0, 1)[0] = 2;
    expect([run(), message()]).toEqual([0, ""]);
  });
});

describe("running off the event loop", () => {
  const trees = manyTrees(20, 200);
  const backend = compiledBackend(trees);
  const rows = 200_000;
  const x = matrix(rows, 20);
  it("gives the same, and reports progress", async () => {
    const seen: [number, number][] = [];
    const wanted = backend.run([x]);
    expect(await backend.runAsync([x], { threads: 2, onProgress: (done, total) => void seen.push([done, total]) })).toEqual(wanted);
    expect(seen.at(-1)).toEqual([rows, rows]);
    expect(seen.every(([done], i) => i === 0 || done >= (seen[i - 1] as [number, number])[0])).toBe(true);
  });
  it("ends when its signal says so", async () => {
    const control = new AbortController();
    const run = backend.runAsync([x], { signal: control.signal });
    control.abort(new Error("enough"));
    await expect(run).rejects.toMatchObject({ name: "AbortedError", code: "ABORTED" });
    await expect(backend.runAsync([x], { signal: control.signal })).rejects.toMatchObject({ code: "ABORTED" });
  });
  it("misses a deadline that has passed", () => {
    expect(facts(() => backend.run([x], { deadlineMicros: 100 }))).toMatchObject({ name: "DeadlineExceeded", code: "DEADLINE_EXCEEDED" });
    expect(backend.run([matrix(1, 20)], { deadlineMicros: 10_000_000 })).toHaveLength(1);
  });
  it("ends well when the model is closed meanwhile", async () => {
    const other = compiledBackend(trees);
    const run = other.runAsync([x], { threads: 2 });
    other.close();
    other.close();
    expect(await run).toEqual(backend.run([x]));
    expect(facts(() => other.run([x]))).toMatchObject({ name: "ModelError", code: "CLOSED" });
    expect(facts(() => other.rowModel())).toMatchObject({ code: "CLOSED" });
    await expect(other.runAsync([x])).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("row models", () => {
  it("exist for one float32 input, and of its size", () => {
    const backend = compiledBackend(DOUBLES);
    expect(backend.rowModel(3)).toBe(backend.rowModel());
    expect(facts(() => backend.rowModel(4))).toMatchObject({ code: "WRONG_SHAPE", expected: "3", actual: "4" });
    const wide = compiledBackend({ ...DOUBLES, registers: [{ element: "f64", width: 3 }, { element: "f64", width: 3 }], inputs: [input("x", "float64", 0, ["N", 3])], outputs: [output("y", "float64", 1)] });
    expect(wide.rowModel()).toBeUndefined();
  });
  it("answer that they are closed, and outlive their backend", () => {
    const backend = compiledBackend(DOUBLES);
    const row = backend.rowModel();
    if (row === undefined) throw new Error("no row model");
    const { run } = addon().rowModelFunctions(row.handle);
    expect(run()).toBe(0);
    backend.close();
    expect(run()).toBe(3);
  });
});

/** Trees of depth 8 over `columns`, each node comparing with its own number. */
function manyTrees(columns: number, count: number): ModelProgram {
  const nodes = 2 ** 8 - 1;
  const inner = 2 ** 7 - 1;
  const at = (f: (i: number, tree: number) => number): number[] => Array.from({ length: nodes * count }, (_, k) => f(k % nodes, Math.floor(k / nodes)));
  const leaf = (i: number): boolean => i >= inner;
  const leafStarts = [0];
  for (const is of at((i) => (leaf(i) ? 1 : 0))) leafStarts.push((leafStarts.at(-1) as number) + is);
  const leaves = leafStarts.at(-1) as number;
  const ensemble: TreeEnsemble = {
    targets: 1, roots: Int32Array.from({ length: count }, (_, t) => t * nodes), modes: Uint8Array.from(at((i) => (leaf(i) ? 0 : 1))),
    features: Int32Array.from(at((i, t) => (leaf(i) ? 0 : (i * 7 + t) % columns))), thresholds: Float64Array.from(at((i, t) => (i * 1237 + t * 17) * 100)),
    yes: Int32Array.from(at((i, t) => (leaf(i) ? 0 : t * nodes + 2 * i + 1))), no: Int32Array.from(at((i, t) => (leaf(i) ? 0 : t * nodes + 2 * i + 2))),
    missingYes: new Uint8Array(nodes * count), sets: [], leafStarts: Int32Array.from(leafStarts), leafTargets: new Int32Array(leaves),
    leafValues: Float64Array.from({ length: leaves }, (_, i) => i % 11), compare: "f32", aggregate: "sum", accumulate: "f32", base: Float64Array.of(0), baseFirst: false,
  };
  return program(
    [{ element: "f32", width: columns }, { element: "f32", width: 1 }], [input("x", "float32", 0, ["N", columns])],
    [{ op: "trees", input: 0, output: 1, ensemble }], [output("y", "float32", 1)],
  );
}
