import { describe, expect, it } from "vitest";
import { addon } from "../../src/native.js";
import { compiledBackend } from "../../src/scorer/compiled/backend.js";
import type { Backend } from "../../src/scorer/backend.js";
import type { ModelProgram, Step } from "../../src/scorer/program.js";
import type { Tensor } from "../../src/scorer/tensor.js";
import { randomProgram, randomTensors, STEP_OPS } from "./compiled/generate.js";
import { expectStep, type Cell, type Row } from "./compiled/oracle.js";

const PROGRAMS = Number(process.env["SKEWLESS_PROGRAMS"] ?? 10);

function slice(tensor: Tensor, from: number, to: number): Tensor {
  const width = tensor.dims[1] as number;
  return { ...tensor, dims: [to - from, width], data: (tensor.data as Float32Array).slice(from * width, to * width) } as Tensor;
}

function bytesOf(values: readonly unknown[]): Buffer[] {
  return (values as Tensor[]).map(({ data }) => {
    const array = data as Float32Array;
    return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  });
}

function expectSame(actual: readonly unknown[], wanted: readonly unknown[], what: string): void {
  const left = bytesOf(actual);
  for (const [i, bytes] of bytesOf(wanted).entries()) expect(bytes.equals(left[i] as Buffer), `${what}: output ${i} has the same bits`).toBe(true);
}

/** Half precision by its bits, from the definition. */
function half(bits: number): number {
  const e = (bits >> 10) & 31;
  const m = bits & 1023;
  const size = e === 31 ? (m === 0 ? Infinity : NaN) : e === 0 ? m * 2 ** -24 : (1 + m / 1024) * 2 ** (e - 15);
  return bits >> 15 === 1 ? -size : size;
}

function inputRow(tensor: Tensor, row: number): Row {
  const width = tensor.dims[1] as number;
  return Array.from({ length: width }, (_, c): Cell => {
    const value = tensor.data[row * width + c] as Cell;
    if (tensor.type === "float16") return half(value as number);
    if (tensor.type === "uint64") return BigInt.asIntN(64, value as bigint);
    if (tensor.type === "string" || tensor.type.startsWith("float")) return value;
    return BigInt(value);
  });
}

function near(actual: Cell, wanted: Cell, exact: boolean, element: string): boolean {
  if (typeof actual !== "number" || typeof wanted !== "number") return actual === wanted;
  if (Object.is(actual, wanted) || (actual === 0 && wanted === 0)) return true;
  if (exact) return false;
  const relative = element === "f32" ? 1e-6 : 1e-12;
  const tiny = element === "f32" ? 1e-44 : 1e-320;
  return Math.abs(actual - wanted) <= relative * Math.abs(wanted) + tiny;
}

/** Each step against the oracle, which reads the registers that the model itself computed. */
function checkSteps(program: ModelProgram, inputs: readonly Tensor[], values: readonly Tensor[], rows: number, seed: number): void {
  for (let row = 0; row < rows; row++) {
    const registers = new Map<number, Row>();
    for (const [i, register] of program.registers.entries()) if (register.constant) registers.set(i, Array.from(register.constant as ArrayLike<Cell>));
    for (const [i, input] of program.inputs.entries()) registers.set(input.register, inputRow(inputs[i] as Tensor, row));
    for (const [o, output] of program.outputs.entries()) {
      const { width } = program.registers[output.register] as { width: number };
      const got = Array.from((values[o] as Tensor).data.slice(row * width, (row + 1) * width) as ArrayLike<Cell>);
      const before = registers.get(output.register);
      if (before !== undefined) expect(got, "an input or constant comes out as it went in").toEqual(before.map((x) => x));
      registers.set(output.register, got);
    }
    for (const step of program.steps) {
      const { row: wanted, exact } = expectStep(program, step, registers);
      const register = program.registers[step.output] as { element: string };
      if (register.element === "text") {
        registers.set(step.output, wanted);
        continue;
      }
      const got = registers.get(step.output) as Row;
      const bad = got.findIndex((x, i) => !near(x, wanted[i] as Cell, exact, register.element));
      if (bad >= 0 || got.length !== wanted.length) {
        const reads = "input" in step ? registers.get(step.input) : "left" in step ? [registers.get(step.left), registers.get(step.right)] : "";
        const detail = { ...step, ensemble: undefined, weights: undefined };
        throw new Error(`seed ${seed}, row ${row}, ${JSON.stringify(detail, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v))}: column ${bad}: expected ${String(wanted[bad])}, received ${String(got[bad])}; read ${String(reads)}`);
      }
    }
  }
}

const opened: Backend[] = [];
function open(program: ModelProgram, isa: string): Backend {
  const backend = compiledBackend(program, { isa });
  opened.push(backend);
  return backend;
}

describe.each(STEP_OPS.map((op) => [op] as const))("step %s", (op: Step["op"]) => {
  it("gives what the oracle does, and the same bits in every form", async () => {
    for (let n = 0; n < PROGRAMS; n++) {
      const seed = 1000 * STEP_OPS.indexOf(op) + n;
      const program = randomProgram(seed, [op], n % 2 === 0);
      const rows = [1, 5, 16, 17, 70, 600, 1100][n % 7] as number;
      const inputs = randomTensors(seed + 500, program, rows);
      const isas = addon().isas();
      const first = open(program, isas[0] as string);
      const wanted = first.run(inputs) as Tensor[];
      checkSteps(program, inputs, wanted, Math.min(rows, 80), seed);
      for (const isa of isas.slice(1)) expectSame(open(program, isa).run(inputs), wanted, `seed ${seed}, ${isa}`);
      const widest = opened.at(-1) as Backend;
      expectSame(await widest.runAsync(inputs, { threads: 3 }), wanted, `seed ${seed}, threads`);
      // A row by itself, and a part that starts within a chunk.
      for (const [from, to] of [[0, 1], [rows - 1, rows], [Math.floor(rows / 3), Math.ceil((2 * rows) / 3)]] as const) {
        const part = widest.run(inputs.map((tensor) => slice(tensor, from, to)));
        expectSame(part, wanted.map((tensor) => slice(tensor, from, to)), `seed ${seed}, rows ${from} to ${to}`);
      }
      if (n % 2 === 0) checkRowModels(isas, program, inputs[0] as Tensor, wanted, seed);
      for (const backend of opened.splice(0)) backend.close();
    }
  });
});

function checkRowModels(isas: readonly string[], program: ModelProgram, input: Tensor, wanted: readonly Tensor[], seed: number): void {
  for (const isa of isas) {
    const model = open(program, isa).rowModel();
    if (model === undefined) throw new Error("no row model");
    const { run } = addon().rowModelFunctions(model.handle);
    const vector = new Float32Array(model.block, 0, model.width);
    for (let row = 0; row < Math.min(input.dims[0] as number, 40); row++) {
      vector.set((input.data as Float32Array).subarray(row * model.width, (row + 1) * model.width));
      expect(run()).toBe(0);
      for (const [o, { element, width, offset }] of model.outputs.entries()) {
        const bytes = Buffer.from(model.block, offset, width * (element === 0 ? 4 : 8));
        const expected = bytesOf([slice(wanted[o] as Tensor, row, row + 1)])[0] as Buffer;
        expect(bytes.equals(expected), `seed ${seed}, ${isa}, row ${row}, output ${o}`).toBe(true);
      }
    }
  }
}
