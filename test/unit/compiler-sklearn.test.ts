// Graphs as skl2onnx writes them, compiled, beside scikit-learn's own predictions.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readOnnxModel } from "../../src/scorer/compiler/index.js";
import { difference, runNative, runProgram, type Batch } from "../reference/onnx-programs/compare.js";
import type { Cell } from "../reference/onnx-programs/interpreter.js";

type Stored = readonly (number | string | readonly (number | string | null)[])[];
interface Pipeline {
  readonly name: string;
  readonly model: string;
  readonly inputs: Readonly<Record<string, Stored>>;
  readonly outputs: Readonly<Record<string, Stored>>;
}

const pipelines = JSON.parse(readFileSync(new URL("../reference/sklearn-pipelines/pipelines.json", import.meta.url), "utf8")) as readonly Pipeline[];

function shape(rows: Stored): { readonly dims: number[]; readonly cells: (number | string)[] } {
  const [first] = rows;
  const dims = Array.isArray(first) ? [rows.length, first.length] : [rows.length];
  return { dims, cells: rows.flat().map((cell) => (cell as number | string | null) ?? NaN) };
}

describe("scikit-learn pipelines", () => {
  test.each(pipelines.map((pipeline) => [pipeline.name, pipeline] as const))("%s", (_, { model, inputs, outputs }) => {
    const { compiled } = readOnnxModel(new Uint8Array(Buffer.from(model, "base64")));
    if ("reason" in compiled) expect.fail(compiled.reason);
    const { program } = compiled;
    const typed = (type: string, cell: number | string): Cell => (type === "int64" ? BigInt(cell) : cell);
    const batch: Batch = Object.fromEntries(
      program.inputs.map(({ name, type }) => {
        const { dims, cells } = shape(inputs[name] as Stored);
        return [name, { type, dims, cells: cells.map((cell) => typed(type, cell)) }];
      }),
    );
    const expected = new Map(
      program.outputs.map(({ name, type }) => {
        const { dims, cells } = shape(outputs[name] as Stored);
        return [name, { dims, cells: cells.map((cell) => typed(type, cell)) }];
      }),
    );
    expect(difference(expected, runProgram(program, batch))).toBeUndefined();
    expect(difference(expected, runNative(program, batch))).toBeUndefined();
  });
});
