// The ONNX project's own node tests: each is compiled and gives the expected tensors, or is not and says why.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { TensorType } from "../../src/scorer/tensor.js";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
import { difference, runNative, runProgram, type Answers } from "../reference/onnx-programs/compare.js";
import type { Cell } from "../reference/onnx-programs/interpreter.js";

interface StoredTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly at?: readonly [number, number];
  readonly texts?: readonly string[];
}
interface StoredCase {
  readonly name: string;
  readonly model: readonly [number, number];
  readonly inputs: readonly StoredTensor[];
  readonly outputs: readonly StoredTensor[];
}

const folder = new URL("../reference/onnx-nodes/", import.meta.url);
const cases = JSON.parse(readFileSync(new URL("cases.json", folder), "utf8")) as readonly StoredCase[];
const blob = readFileSync(new URL("cases.bin", folder));

function piece([start, length]: readonly [number, number]): ArrayBuffer {
  return new Uint8Array(blob.subarray(start, start + length)).buffer;
}

function cellsOf({ type, at, texts }: StoredTensor): readonly Cell[] {
  if (texts !== undefined) return texts;
  const buffer = piece(at as readonly [number, number]);
  switch (type) {
    case "float32":
      return Array.from(new Float32Array(buffer));
    case "float64":
      return Array.from(new Float64Array(buffer));
    case "int64":
      return Array.from(new BigInt64Array(buffer));
    case "int32":
      return Array.from(new Int32Array(buffer));
    case "bool":
      return Array.from(new Uint8Array(buffer));
    default:
      throw new TypeError(type);
  }
}

describe("ONNX node tests", () => {
  const reasons = new Map<string, string>();
  const compiled = new Set<string>();
  test.each(cases.map((stored) => [stored.name, stored] as const))("%s", (name, { model, inputs, outputs }) => {
    const file = readOnnxModel(new Uint8Array(piece(model)));
    if ("reason" in file.compiled) {
      reasons.set(name, file.compiled.reason);
      return;
    }
    compiled.add(name);
    const batch = Object.fromEntries(inputs.map((input) => [input.name, { type: input.type, dims: input.dims, cells: cellsOf(input) }]));
    const expected: Answers = new Map(outputs.map((output) => [output.name, { dims: output.dims, cells: cellsOf(output) }]));
    const { program } = file.compiled;
    expect(difference(expected, runProgram(program, batch))).toBeUndefined();
    expect(difference(expected, runNative(program, batch))).toBeUndefined();
  });

  test("what is not compiled is listed", () => {
    const listed = JSON.parse(readFileSync(new URL("not-compiled.json", folder), "utf8")) as Readonly<Record<string, readonly string[]>>;
    const expected = new Map(Object.entries(listed).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)));
    // Node titles are the operator and the output's name; the list has what comes behind them.
    const actual = new Map([...reasons].map(([name, reason]) => [name, reason.replace(/^\w+ "[^"]*": /, "")]));
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
    expect(compiled.size + actual.size).toBe(cases.length);
    expect(compiled.size).toBeGreaterThan(230);
  });
});
