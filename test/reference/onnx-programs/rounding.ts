// How far right answers of one program may lie apart: what becomes of the results where every step rounds otherwise.
import type { ModelProgram, Step } from "../../../src/scorer/program.js";
import { Rng } from "../../equivalence/generators/index.js";
import { runProgram, type Answers, type Batch } from "./compare.js";
import type { Cell } from "./interpreter.js";

/** Moves a cell that a step computed; `terms` is the size of what was added up for it. */
export type Jitter = (value: number, terms: number) => number;

/** Two roundings to float32, relative to what was added up: sums of few terms in another order are within it. */
const ROUNDING = 2 ** -22;
const RUNS = 8;

const size = (cells: readonly Cell[]): number => cells.reduce<number>((sum, cell) => sum + Math.abs(Number(cell)), 0);

/** The sum of the magnitudes that a step adds up for cell `i`; of other steps the magnitude of the result. */
export function summands(step: Step, cells: readonly (readonly Cell[])[], i: number, value: number): number {
  const at = (register: number): number => {
    const row = cells[register] as readonly Cell[];
    return Math.abs(Number(row[row.length === 1 ? 0 : i]));
  };
  switch (step.op) {
    case "dense": {
      const row = cells[step.input] as readonly Cell[];
      const width = step.weights.length / row.length;
      return size(row.map((x, k) => Number(x) * (step.weights[k * width + i] as number))) + Math.abs(step.bias?.[i] ?? 0);
    }
    case "binary":
      return step.fn === "add" || step.fn === "sub" ? at(step.left) + at(step.right) : Math.abs(value);
    case "scale":
      return (at(step.input) + Math.abs(step.offset[i] as number)) * Math.abs(step.scale[i] as number);
    case "reduce": {
      const row = cells[step.input] as readonly Cell[];
      return step.fn === "sum" ? size(row) : step.fn === "mean" ? size(row) / row.length : Math.abs(value);
    }
    case "trees":
      return Math.abs(value) + Math.abs(step.ensemble.base[i] as number);
    default:
      return Math.abs(value);
  }
}

/** The greatest distance of each number from the oracle's own over some runs whose steps round up or down by chance. */
export function spread(program: ModelProgram, batch: Batch): ReadonlyMap<string, readonly number[]> {
  const exact = runProgram(program, batch);
  const rng = new Rng(1);
  const runs: Answers[] = Array.from({ length: RUNS }, () => runProgram(program, batch, (value, terms) => value + (rng.chance(0.5) ? 1 : -1) * ROUNDING * terms));
  return new Map(
    [...exact].map(([name, { cells }]) => {
      const distance = (i: number): number => Math.max(...runs.map((run) => Math.abs(Number(run.get(name)?.cells[i]) - Number(cells[i]))));
      return [name, cells.map((cell, i) => (typeof cell === "string" ? 0 : distance(i)))];
    }),
  );
}
