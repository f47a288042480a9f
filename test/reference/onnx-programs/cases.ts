import type { TensorType } from "../../../src/scorer/tensor.js";
import type { Rng } from "../../equivalence/generators/index.js";
import type { Batch } from "./compare.js";
import type { Cell } from "./interpreter.js";

/** A model and tensors for it. */
export interface Case {
  readonly name: string;
  readonly model: Uint8Array;
  readonly batch: Batch;
}

export const WORDS = ["red", "green", "blue", "", "Zürich", "東京"];

/** Moderate numbers, a tenth of them trouble. `tame` leaves out what is not finite or large. */
export function randomCells(rng: Rng, type: TensorType, count: number, tame = false): Cell[] {
  return Array.from({ length: count }, (): Cell => {
    switch (type) {
      case "float32":
      case "float64": {
        if (!tame && rng.chance(0.12)) return rng.pick([NaN, Infinity, -Infinity, 0, -0, 1e-7, 1e10, -3e38]);
        if (rng.chance(0.4)) return rng.int(-3, 3);
        const value = (rng.float() - 0.5) * 6;
        return type === "float32" ? Math.fround(value) : value;
      }
      case "int64":
        return !tame && rng.chance(0.1) ? BigInt(rng.int(-100_000, 100_000)) : BigInt(rng.int(-3, 3));
      case "int32":
        return !tame && rng.chance(0.1) ? rng.int(-100_000, 100_000) : rng.int(-3, 3);
      case "bool":
        return rng.int(0, 1);
      case "string":
        return rng.pick(WORDS);
      default:
        throw new TypeError(`no cells of ${type}`);
    }
  });
}
