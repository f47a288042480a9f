import type { ModelFile } from "../../src/scorer/backend.js";
import type { ModelProgram } from "../../src/scorer/program.js";
import type { Scorer } from "../../src/scorer/scorer.js";
import type { Tensor } from "../../src/scorer/tensor.js";

export function programOf({ compiled }: ModelFile): ModelProgram {
  if (!("program" in compiled)) throw new Error(compiled.reason);
  return compiled.program;
}

/** Equal, or within the tolerance, relative above 1. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [actual[i]!, expected[i]!];
    if (!Object.is(x, y) && !(Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y)))) throw new Error(`at ${i}: ${x}, expected ${y}`);
  }
}

type Values = Record<string, readonly number[]>;

/** A scorer's outputs for all rows at once, and for each row alone, put together. */
export function scorerValues(scorer: Scorer, rows: Float32Array, width: number): { readonly values: Values; readonly single: Values } {
  const numbers = (scores: object): [string, number[]][] => Object.entries(scores as Record<string, Tensor>).map(([name, { data }]) => [name, Array.from(data as Float64Array)]);
  const values = Object.fromEntries(numbers(scorer.score(rows)));
  const single: Record<string, number[]> = {};
  for (let at = 0; at < rows.length; at += width) {
    for (const [name, data] of numbers(scorer.score(rows.slice(at, at + width)))) (single[name] ??= []).push(...data);
  }
  return { values, single };
}
