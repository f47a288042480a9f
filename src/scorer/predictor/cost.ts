import type { RowObject } from "../../engine/row-engine.js";
import { InputError, ModelError } from "../../errors.js";
import { addon, type NativePredictor, type NativeRowModel } from "../../native.js";
import { now } from "./clock.js";
import { syntheticVectors } from "./synthetic.js";

/** What a step takes, in microseconds: of each of many inputs the least of some runs, so that pauses do not count. */
export interface StepCost {
  readonly median: number;
  readonly p99: number;
}

/** What a call is known to take, measured at load. */
export interface PredictorCost {
  /** The row's values into the exchange buffer and the transformation. */
  readonly transform: StepCost;
  readonly score: StepCost;
  /** The sum of both p99: no deadline may be shorter where the model is compiled. */
  readonly total: number;
}

const VECTORS = 256;
const REPEATS = 7;
/** The most milliseconds of a measurement. */
const MOST_SCORING = 60;
const MOST_TRANSFORMING = 40;
const LEAST_ROUNDS = 5;

function summary(micros: number[]): StepCost {
  micros.sort((a, b) => a - b);
  const at = (part: number): number => micros[Math.min(micros.length - 1, Math.ceil(part * micros.length) - 1)] ?? 0;
  return { median: at(0.5), p99: at(0.99) };
}

/** Runs the model on random vectors and on some with NaN. */
export function measureModel(model: NativeRowModel): StepCost {
  const times = addon().timeModel(model.handle, syntheticVectors(model.width, VECTORS), REPEATS, MOST_SCORING);
  return summary(Array.from(times, (nanoseconds) => nanoseconds / 1e3));
}

/** Runs the transformation on the rows; a row that a function fails on counts until it fails. */
export function measureTransform(rows: readonly RowObject[], write: (row: RowObject) => void, native: Pick<NativePredictor, "runVector">): StepCost {
  const least = rows.map(() => Infinity);
  const begin = now();
  // The first rounds run in the interpreter: rounds go on while they get faster or time is left.
  for (let round = 0; round < LEAST_ROUNDS || now() - begin < MOST_TRANSFORMING; round++) {
    for (const [i, row] of rows.entries()) {
      const start = now();
      try {
        write(row);
        native.runVector();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      least[i] = Math.min(least[i] as number, now() - start);
    }
    if (now() - begin > 10 * MOST_TRANSFORMING) break;
  }
  return summary(least.map((milliseconds) => milliseconds * 1e3));
}

/** DEADLINE_TOO_SHORT where not even a call without any pause would be answered by the model. */
export function refuseShortDeadline(deadlineMicros: number, cost: PredictorCost, reserveMicros: number, compiled: boolean): void {
  const needed = (compiled ? cost.total : 0) + reserveMicros;
  if (deadlineMicros > needed) return;
  const figure = (micros: number): string => `${micros.toFixed(2)} µs`;
  throw new ModelError("DEADLINE_TOO_SHORT", "the deadline is shorter than what a call is known to take", {
    path: ["deadlineMicros"],
    expected: compiled
      ? `more than ${figure(needed)} (features ${figure(cost.transform.p99)}, model ${figure(cost.score.p99)}${reserveMicros > 0 ? `, fallback ${figure(reserveMicros)}` : ""}; medians ${figure(cost.transform.median)} and ${figure(cost.score.median)})`
      : `more than the ${figure(reserveMicros)} kept for ending a run and for the fallback`,
    actual: figure(deadlineMicros),
    fix: "Give more time, or a smaller model",
  });
}
