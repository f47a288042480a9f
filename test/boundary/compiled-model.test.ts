// Bytes of compiled models that lie, and the add-on's functions for them called as nobody should. Each must answer with
// an error; a crash ends the test run.
import { describe, expect, it } from "vitest";
import { addon, type NativeTensor } from "../../src/native.js";
import { compiledBackend } from "../../src/scorer/compiled/backend.js";
import { encodeModel } from "../../src/scorer/compiled/encode.js";
import type { ModelProgram, ProgramInput, ProgramOutput, Register, Step, TreeEnsemble } from "../../src/scorer/program.js";
import { randomProgram, randomTensors, STEP_OPS } from "../unit/compiled/generate.js";
import type { Tensor } from "../../src/scorer/tensor.js";

const native = addon();

const ENSEMBLE: TreeEnsemble = {
  targets: 1,
  roots: Int32Array.of(0),
  modes: Uint8Array.of(1, 0, 7, 0, 0),
  features: Int32Array.of(0, 0, 1, 0, 0),
  thresholds: Float64Array.of(0.5, 0, 0, 0, 0),
  yes: Int32Array.of(1, 0, 3, 0, 0),
  no: Int32Array.of(2, 0, 4, 0, 0),
  missingYes: new Uint8Array(5),
  zeroMissing: new Uint8Array(5),
  sets: [Uint32Array.of(5)],
  leafStarts: Int32Array.of(0, 0, 1, 1, 2, 3),
  leafTargets: Int32Array.of(0, 0, 0),
  leafValues: Float64Array.of(1, 2, 3),
  compare: "f32",
  aggregate: "sum",
  accumulate: "f32",
  base: Float64Array.of(0),
  baseFirst: false,
};

function treeProgram(change: Partial<Record<keyof TreeEnsemble, unknown>> = {}): ModelProgram {
  return {
    source: "onnx",
    registers: [{ element: "f32", width: 2 }, { element: "f32", width: 1 }],
    inputs: [{ name: "x", type: "float32", dims: ["N", 2], register: 0 }],
    outputs: [{ name: "y", type: "float32", dims: ["N", 1], register: 1, rank: 2 }],
    steps: [{ op: "trees", input: 0, output: 1, ensemble: { ...ENSEMBLE, ...change } as TreeEnsemble }],
  };
}

function refusal(program: ModelProgram): { code?: string; message: string; path?: unknown } {
  try {
    compiledBackend(program);
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error("the program was accepted");
}

describe("trees", () => {
  it("are accepted as they are", () => {
    const backend = compiledBackend(treeProgram());
    const x: Tensor = { type: "float32", dims: [4, 2], data: Float32Array.of(0, 0, 1, 0, 1, 1, 1, 2) };
    expect((backend.run([x])[0] as Tensor).data).toEqual(Float32Array.of(1, 2, 3, 2));
  });
  const cases: [what: string, change: Partial<Record<keyof TreeEnsemble, unknown>>, message: RegExp][] = [
    ["a loop", { yes: Int32Array.of(0, 0, 3, 0, 0) }, /reached twice/],
    ["a long loop", { no: Int32Array.of(2, 0, 0, 0, 0) }, /reached twice/],
    ["a shared branch", { no: Int32Array.of(1, 0, 4, 0, 0) }, /reached twice/],
    ["a shared root", { roots: Int32Array.of(0, 2) }, /reached twice/],
    ["a branch beyond the nodes", { yes: Int32Array.of(5, 0, 3, 0, 0) }, /does not exist/],
    ["a negative branch", { no: Int32Array.of(-1, 0, 4, 0, 0) }, /does not exist/],
    ["a root beyond the nodes", { roots: Int32Array.of(5) }, /root 5/],
    ["a column beyond the input", { features: Int32Array.of(2, 0, 1, 0, 0) }, /column 2 of 2/],
    ["a negative column", { features: Int32Array.of(-1, 0, 1, 0, 0) }, /column -1/],
    ["an unknown mode", { modes: Uint8Array.of(1, 0, 8, 0, 0) }, /mode 8/],
    ["a set beyond the sets", { thresholds: Float64Array.of(0, 0, 1, 0, 0) }, /category set/],
    ["a set that is no number", { thresholds: Float64Array.of(0, 0, NaN, 0, 0) }, /category set/],
    ["a target beyond the targets", { leafTargets: Int32Array.of(0, 1, 0) }, /target 1/],
    ["leaf values at an inner node", { leafStarts: Int32Array.of(0, 1, 1, 1, 2, 3) }, /no leaf/],
    ["leaf starts that fall", { leafStarts: Int32Array.of(0, 0, 2, 1, 2, 3) }, /negative/],
    ["leaf starts that end early", { leafStarts: Int32Array.of(0, 0, 1, 1, 2, 2) }, /do not cover/],
    ["too few thresholds", { thresholds: Float64Array.of(0) }, /thresholds are 1 for 5/],
    ["too few leaf starts", { leafStarts: Int32Array.of(0) }, /leaf starts/],
    ["no targets", { targets: 0, base: new Float64Array(0) }, /targets/],
    ["targets without base values", { targets: 2 }, /base values/],
    ["an average that begins with the base", { aggregate: "average", baseFirst: true }, /base values can come first/],
    ["an average of nothing", { aggregate: "average", roots: new Int32Array(0) }, /no trees/],
    ["an unknown aggregate", { aggregate: "median" }, /aggregate/],
    ["a flag of 2", { missingYes: Uint8Array.of(2, 0, 0, 0, 0) }, /flag/],
  ];
  it.each(cases)("with %s are refused", (_, change, message) => {
    const { code, message: text } = refusal(treeProgram(change));
    expect(code).toBe("INVALID_MODEL");
    expect(text).toMatch(message);
  });
});

describe("programs", () => {
  const f32 = (width: number): Register => ({ element: "f32", width });
  const base = treeProgram();
  const cases: [what: string, change: Partial<ModelProgram>][] = [
    ["a register read before it is written", { registers: [...base.registers, f32(1)], steps: [{ op: "unary", fn: "abs", input: 2, output: 1 }] }],
    ["a register that is never written", { registers: [...base.registers, f32(1)], outputs: [{ ...(base.outputs[0] as ProgramOutput), register: 2 }] }],
    ["a register written twice", { steps: [base.steps[0] as Step, base.steps[0] as Step] }],
    ["a step that writes its input", { steps: [{ op: "unary", fn: "abs", input: 0, output: 0 }] }],
    ["a step that reads itself", { steps: [{ op: "unary", fn: "abs", input: 1, output: 1 }] }],
    ["a register that does not exist", { steps: [{ op: "unary", fn: "abs", input: 0, output: 9 }] }],
    ["an input register that does not exist", { inputs: [{ ...(base.inputs[0] as ProgramInput), register: 9 }] }],
    ["an input of another type than its register", { inputs: [{ ...(base.inputs[0] as ProgramInput), type: "int64" }] }],
    ["an output of another type than its register", { outputs: [{ ...(base.outputs[0] as ProgramOutput), type: "float64" }] }],
    ["weights of another size", { steps: [{ op: "dense", input: 0, output: 1, weights: new Float32Array(3) }] }],
    ["weights of another type", { steps: [{ op: "dense", input: 0, output: 1, weights: new Float64Array(2) }] }],
    ["a bias of another size", { steps: [{ op: "dense", input: 0, output: 1, weights: new Float32Array(2), bias: new Float32Array(2) }] }],
    ["widths that do not go together", { registers: [f32(2), f32(3)], inputs: base.inputs, steps: [{ op: "unary", fn: "abs", input: 0, output: 1 }] }],
    ["a column that does not exist", { steps: [{ op: "select", columns: Int32Array.of(2), input: 0, output: 1 }] }],
    ["a negative column", { steps: [{ op: "select", columns: Int32Array.of(-1), input: 0, output: 1 }] }],
    ["an unknown function", { steps: [{ op: "unary", fn: "cosh" as "tanh", input: 0, output: 1 }] }],
    ["an unknown step", { steps: [{ op: "convolution" as "unary", fn: "abs", input: 0, output: 1 }] }],
    ["a constant of another width", { registers: [...base.registers, { element: "f32", width: 2, constant: Float32Array.of(1) }] }],
    ["a register without columns", { registers: [...base.registers, f32(0)] }],
    ["a register of a gigabyte", { registers: [...base.registers, f32(2 ** 28)] }],
    ["many wide registers", { registers: [...base.registers, ...Array.from({ length: 5 }, () => f32(2 ** 20))] }],
    ["logic of floats", { steps: [{ op: "binary", fn: "and", left: 0, right: 0, output: 1 }] }],
    ["no operands", { steps: [{ op: "concat", inputs: [], output: 1 }] }],
  ];
  it.each(cases)("with %s are refused", (_, change) => {
    expect(refusal({ ...base, ...change }).code).toBe("INVALID_MODEL");
  });
  it("say which step is wrong", () => {
    expect(refusal({ ...base, registers: [f32(2), f32(1), f32(9)], steps: [base.steps[0] as Step, { op: "unary", fn: "abs", input: 0, output: 2 }] })).toMatchObject({ path: ["steps", 1] });
  });
});

describe("bytes", () => {
  const tryBytes = (bytes: Uint8Array): string => {
    try {
      native.compileModel(bytes, "baseline");
      return "accepted";
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };
  it("cut anywhere are refused", () => {
    for (const seed of [1, 2, 3]) {
      const bytes = encodeModel(randomProgram(seed, STEP_OPS, true));
      const step = Math.max(1, Math.floor(bytes.length / 400));
      for (let size = 0; size < bytes.length; size += step) expect(tryBytes(bytes.slice(0, size))).toBe("INVALID_MODEL");
      expect(tryBytes(Uint8Array.of(...bytes, 0))).toBe("INVALID_MODEL");
    }
  });
  it("with a claim of gigabytes are refused at once", () => {
    const header = (...words: number[]): Uint8Array => new Uint8Array(Uint32Array.of(0x4d434b53, 1, ...words).buffer);
    const before = process.memoryUsage().rss;
    for (const bytes of [header(0xffffffff), header(0, 0xffffffff), header(0, 0, 0xffffffff), header(0, 0, 0, 0xffffffff), header(0x7fffffff, 0, 0)]) expect(tryBytes(bytes)).toBe("INVALID_MODEL");
    const bytes = encodeModel(treeProgram());
    for (let at = 8; at + 4 <= bytes.length; at++) {
      const copy = bytes.slice();
      new DataView(copy.buffer).setUint32(at, 0x3fffffff, true);
      tryBytes(copy);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
  });
  it("with any bit turned are refused or run", () => {
    for (const seed of [5, 6]) {
      const program = randomProgram(seed, STEP_OPS, true);
      const bytes = encodeModel(program);
      const [x] = randomTensors(seed, program, 3) as [Tensor];
      const stepBy = Math.max(1, Math.floor((bytes.length * 8) / 1500));
      for (let bit = 0; bit < bytes.length * 8; bit += stepBy) {
        const copy = bytes.slice();
        copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
        try {
          native.modelRun(native.compileModel(copy, "baseline"), [x.data as NativeTensor], 3, { threads: 1 });
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }
  });
});

describe("the add-on's functions", () => {
  const loose = native as unknown as Record<string, (...args: unknown[]) => unknown>;
  const junk: readonly unknown[] = [undefined, null, 0, -1, NaN, "", "model", true, Symbol("s"), {}, [], () => 1, new Uint8Array(0), new ArrayBuffer(8), new Proxy({}, {})];
  const bytes = encodeModel(treeProgram());
  const model = native.compileModel(bytes, "baseline");
  const x = new Float32Array(4);
  const refused = (body: () => unknown): void => {
    expect(() => body()).toThrow(Error);
  };
  it("refuse what they are not made for", () => {
    refused(() => loose["compileModel"]?.());
    for (const value of junk) {
      refused(() => loose["compileModel"]?.(value, "baseline"));
      refused(() => loose["compileModel"]?.(bytes, value));
      refused(() => loose["modelRun"]?.(value, [x], 2, { threads: 1 }));
      refused(() => loose["modelRun"]?.(model, value, 2, { threads: 1 }));
      refused(() => loose["modelRun"]?.(model, [value], 2, { threads: 1 }));
      if (value !== 2) refused(() => loose["modelRun"]?.(model, [x], value, { threads: 1 }));
      refused(() => loose["modelRun"]?.(model, [x], 2, value));
      refused(() => loose["modelRunAsync"]?.(model, [x], 2, { threads: 1 }, value));
      refused(() => loose["modelRowModel"]?.(value));
      refused(() => loose["modelClose"]?.(value));
      refused(() => loose["rowModelFunctions"]?.(value));
    }
    refused(() => native.rowModelFunctions(model as never));
    refused(() => native.modelRun(native.modelRowModel(model).handle as never, [x], 2, { threads: 1 }));
    for (const rows of [1, 3, 2 ** 31, 2 ** 40]) refused(() => native.modelRun(model, [x], rows, { threads: 1 }));
    for (const wrong of [new Float64Array(4), new Uint8Array(16), new Int32Array(4), new DataView(x.buffer) as unknown as Float32Array]) {
      refused(() => native.modelRun(model, [wrong], 2, { threads: 1 }));
    }
    refused(() => native.modelRun(model, [x, x], 2, { threads: 1 }));
    expect(native.modelRun(model, [x], 2, { threads: 255 }).outputs).toHaveLength(1);
  });
  it("check the offsets of texts", () => {
    const text: ModelProgram = {
      source: "onnx",
      registers: [{ element: "text", width: 1 }, { element: "f32", width: 1 }],
      inputs: [{ name: "x", type: "string", dims: ["N", 1], register: 0 }],
      outputs: [{ name: "y", type: "float32", dims: ["N", 1], register: 1, rank: 2 }],
      steps: [{ op: "oneHot", input: 0, output: 1, categories: ["ab"], unknown: "zeros" }],
    };
    const texts = native.compileModel(encodeModel(text), "baseline");
    const run = (offsets: number[]): unknown => native.modelRun(texts, [{ bytes: Uint8Array.of(97, 98, 97, 98), offsets: Uint32Array.from(offsets) }], 2, { threads: 1 });
    expect(run([0, 2, 4])).toMatchObject({ outputs: [Float32Array.of(1, 1).buffer] });
    for (const offsets of [[0, 2], [0, 2, 5], [0, 3, 2], [0, 2, 4, 4], [0, 0xffffffff, 4], []]) refused(() => run(offsets));
  });
  it("work no more once the model is closed", () => {
    const other = native.compileModel(bytes, "baseline");
    const run = native.rowModelFunctions(native.modelRowModel(other).handle).run;
    native.modelClose(other);
    native.modelClose(other);
    expect(run()).toBe(3);
    refused(() => native.modelRun(other, [x], 2, { threads: 1 }));
    refused(() => native.modelRowModel(other));
  });
});
