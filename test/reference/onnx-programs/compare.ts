// One model by ONNX Runtime and by the compiled steps: the same tensors in, the same answers out.
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { compiledBackend } from "../../../src/scorer/compiled/backend.js";
import type { ModelProgram, ProgramOutput } from "../../../src/scorer/program.js";
import type { Tensor, TensorType } from "../../../src/scorer/tensor.js";
import { runRow, type Cell } from "./interpreter.js";
import { spread, type Jitter } from "./rounding.js";

/** A batch's cells of one input, row by row. */
export interface Column {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly cells: readonly Cell[];
}
export type Batch = Readonly<Record<string, Column>>;
export type Cells = readonly Cell[];
/** Of each output: cells in row-major order, or for maps key and value after each other. */
export type Answers = ReadonlyMap<string, { readonly dims: readonly number[]; readonly cells: Cells }>;

export function ortTensor({ type, dims, cells }: Column): OrtTensor {
  switch (type) {
    case "float32":
      return new OrtTensor("float32", Float32Array.from(cells, Number), dims);
    case "float64":
      return new OrtTensor("float64", Float64Array.from(cells, Number), dims);
    case "int64":
      return new OrtTensor("int64", BigInt64Array.from(cells, (cell) => BigInt(cell)), dims);
    case "int32":
      return new OrtTensor("int32", Int32Array.from(cells, Number), dims);
    case "bool":
      return new OrtTensor("bool", Uint8Array.from(cells, Number), dims);
    case "string":
      return new OrtTensor("string", cells as string[], dims);
    default:
      throw new TypeError(`no tensors of ${type} in this test`);
  }
}

/** ONNX Runtime's answers; an error is its message. Maps are not tensors, which onnxruntime-node cannot give. */
export async function runOrt(model: Uint8Array, batch: Batch, optimize = true): Promise<Answers | { readonly error: string }> {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(model, { logSeverityLevel: 4, intraOpNumThreads: 1, graphOptimizationLevel: optimize ? "all" : "disabled" });
    const feeds = Object.fromEntries(Object.entries(batch).map(([name, column]) => [name, ortTensor(column)]));
    const results = await session.run(feeds);
    return new Map(
      Object.entries(results).map(([name, tensor]) => {
        const data = tensor.data as ArrayLike<number | bigint | string | boolean>;
        return [name, { dims: tensor.dims, cells: Array.from(data, (cell) => (typeof cell === "boolean" ? Number(cell) : cell)) }];
      }),
    );
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  } finally {
    await session?.release();
  }
}

/** What a register's cell is in the output tensor. */
function outputCell({ type, labels }: ProgramOutput, cell: Cell): Cell {
  if (labels !== undefined) return labels[Number(cell)] as Cell;
  return typeof cell === "bigint" && type !== "int64" ? Number(cell) : cell;
}

/** The native kernels' answers. */
export function runNative(program: ModelProgram, batch: Batch): Answers {
  const backend = compiledBackend(program);
  try {
    const tensors = backend.inputs.map(({ name }) => ourTensor(batch[name] as Column));
    const values = backend.run(tensors);
    return new Map(
      backend.outputs.map(({ name }, i) => {
        const value = values[i] as Tensor;
        return [name, { dims: value.dims, cells: Array.from(value.data as ArrayLike<Cell>) }];
      }),
    );
  } finally {
    backend.close();
  }
}

function ourTensor({ type, dims, cells }: Column): Tensor {
  const { data } = ortTensor({ type, dims, cells });
  return { type, dims, data: type === "string" ? [...(data as readonly string[])] : data } as Tensor;
}

/** The oracle's answers. */
export function runProgram(program: ModelProgram, batch: Batch, jitter?: Jitter): Answers {
  const columns = program.inputs.map(({ name, type, register }) => {
    const column = batch[name] as Column;
    const width = program.registers[register]?.width as number;
    const wide = program.registers[register]?.element === "i64";
    return { width, cells: wide ? column.cells.map((cell) => BigInt(cell)) : type === "float32" ? column.cells.map((cell) => Math.fround(cell as number)) : column.cells };
  });
  const rows = (columns[0]?.cells.length ?? 0) / (columns[0]?.width ?? 1);
  const out = new Map(program.outputs.map((output) => [output.name, { dims: [] as number[], cells: [] as Cell[] }]));
  for (let row = 0; row < rows; row++) {
    const given = columns.map(({ width, cells }) => cells.slice(row * width, (row + 1) * width));
    for (const [i, cells] of runRow(program, given, jitter).entries()) {
      const output = program.outputs[i] as ProgramOutput;
      const answer = out.get(output.name);
      answer?.cells.push(...cells.map((cell) => outputCell(output, cell)));
      if (answer !== undefined) answer.dims = output.rank === 1 ? [rows] : [rows, cells.length];
    }
  }
  return out;
}

/** Numbers agree within 1e-6 relative or absolute; NaN is NaN, infinities and the greatest numbers are close. */
export function close(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Math.min(Math.abs(a), Math.abs(b)) > 3.4028e38 && Math.sign(a) === Math.sign(b);
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
}

/**
 * PROBIT is the root of a difference of numbers near 4.3, of which float32 has every 5e-7: not the results but their
 * squares agree.
 */
export function closeSquares(a: number, b: number): boolean {
  return close(a, b) || Math.abs(a * a - b * b) <= 2e-6;
}

/** The first difference in words; undefined where there is none. */
export function difference(expected: Answers, actual: Answers, agree: (a: number, b: number, name: string, i: number) => boolean = (a, b) => close(a, b)): string | undefined {
  for (const [name, { dims, cells }] of expected) {
    const mine = actual.get(name);
    if (mine === undefined) return `no output ${name}`;
    if (mine.dims.join() !== dims.join()) return `${name}: shape [${mine.dims.join()}], expected [${dims.join()}]`;
    for (const [i, cell] of cells.entries()) {
      const other = mine.cells[i] as Cell;
      const same = typeof cell === "number" && typeof other === "number" ? agree(cell, other, name, i) : cell === other;
      if (!same) return `${name}[${i}]: ${String(other)} (${typeof other}), expected ${String(cell)} (${typeof cell})`;
    }
  }
  return undefined;
}

/**
 * The first difference that is more than the program's roundings: where sums cancel, two right answers differ by what
 * the summands' roundings make of the result.
 */
export function differenceOf(program: ModelProgram, batch: Batch, expected: Answers, actual: Answers, agree: (a: number, b: number) => boolean = close): string | undefined {
  let distances: ReadonlyMap<string, readonly number[]> | undefined;
  return difference(expected, actual, (a, b, name, i) => {
    if (agree(a, b)) return true;
    distances ??= spread(program, batch);
    const distance = distances.get(name)?.[i] ?? 0;
    return Number.isFinite(distance) && Math.abs(a - b) <= 2 * distance;
  });
}
