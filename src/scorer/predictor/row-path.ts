import { failureError } from "../../engine/failure.js";
import { Marshaller } from "../../engine/marshaller.js";
import type { RowObject } from "../../engine/row-engine.js";
import { DeadlineExceeded, InputError, ModelError, type SkewlessError } from "../../errors.js";
import { addon, type NativePlan, type NativePredictor, type NativeRowModel } from "../../native.js";
import type { Plan } from "../../plan/plan.js";
import { clockOffset, now } from "./clock.js";
import type { FallbackStep } from "./fallback.js";
import type { Key } from "./lru.js";
import type { OutputReader } from "./model-outputs.js";
import { fallbackPrediction, type FallbackReason, type Prediction } from "./prediction.js";
import type { Repaired, RowRepair } from "./repair.js";
import type { StatsRecorder } from "./stats.js";

/** Doubles of the native call's `control` (native/addon/predictor.cc). */
const START = 0;
const DEADLINE = 1;
const OFFSET = 2;
const COST = 3;
const RESERVE = 4;
const MARSHAL = 5;
const TRANSFORM = 6;
const CONTROL_DOUBLES = 9;

/** What the native call returns. */
const DONE = 0;
const TRANSFORM_FAILED = 1;
const MODEL_FAILED = 5;
const MODEL_CLOSED = 6;

/** One call's terms. */
export interface RowCall {
  /** Of performance.now(). */
  readonly start: number;
  /** Microseconds from the start; 0: none. */
  readonly deadlineMicros: number;
  readonly key: Key | undefined;
  readonly explain: boolean;
}

export interface RowPathParts {
  readonly repair: RowRepair;
  readonly fallback: FallbackStep | undefined;
  readonly reader: OutputReader;
  readonly stats: StatsRecorder;
}

/** A row model behind the transformation; nothing of policies and fallbacks yet. */
export class NativeRows {
  readonly plan: Plan;
  readonly native: NativePredictor;
  readonly control: Float64Array;
  readonly #marshaller: Marshaller;

  constructor(plan: Plan, compiled: NativePlan, model: NativeRowModel) {
    this.plan = plan;
    this.native = addon().predictor(compiled, model.handle);
    this.#marshaller = new Marshaller(plan, this.native);
    this.control = new Float64Array(this.native.control, 0, CONTROL_DOUBLES);
    this.calibrate();
  }

  readonly write = (row: RowObject): void => this.#marshaller.write(row);

  calibrate(): void {
    this.control[OFFSET] = clockOffset(this.native.clock);
  }

  /** Nanoseconds that must be left for the model, and that it must leave. */
  setTimes(cost: number, reserve: number): void {
    this.control[COST] = cost;
    this.control[RESERVE] = reserve;
  }
}

/** From a row object to a prediction. Not re-entrant while the row is read; no caller's code runs after that until the answer is read. */
export class RowPath {
  readonly #rows: NativeRows;
  readonly #native: NativePredictor;
  readonly #control: Float64Array;
  /** The last call's feature vector, where its transformation succeeded; the next call writes over it. */
  readonly vector: Float32Array;
  readonly #header: Int32Array;
  readonly #repair: RowRepair;
  readonly #fallback: FallbackStep | undefined;
  readonly #reader: OutputReader;
  readonly #stats: StatsRecorder;

  constructor(rows: NativeRows, { repair, fallback, reader, stats }: RowPathParts) {
    const { native } = rows;
    this.#rows = rows;
    this.#native = native;
    this.#control = rows.control;
    this.vector = new Float32Array(native.exchange, native.layout.vector, rows.plan.outputs.length);
    this.#header = new Int32Array(native.exchange, 0, 8);
    this.#repair = repair;
    this.#fallback = fallback;
    this.#reader = reader;
    this.#stats = stats;
  }

  /** Nanoseconds that the last native call took from the call's start to the feature vector. */
  get transformNanos(): number {
    return (this.#control[MARSHAL] as number) + (this.#control[TRANSFORM] as number);
  }

  predict(row: RowObject, call: RowCall): Prediction {
    let repaired: Repaired | undefined;
    if (!this.#write(row)) {
      repaired = this.#writeRepaired(row, call);
      const { error } = repaired;
      if (error !== undefined) return this.#fallBack("bad-input", row, call, repaired, false, () => error);
    }
    const control = this.#control;
    control[START] = call.start;
    control[DEADLINE] = call.deadlineMicros;
    const status = this.#native.predict();
    if (status !== DONE) return this.#unanswered(status, row, call, repaired);
    this.#stats.prediction();
    const result = this.#reader.result(call.explain ? this.#repair.explain(row, repaired?.replaced) : undefined);
    if (call.key !== undefined) {
      this.#repair.remember(row, call.key, repaired?.replaced);
      this.#fallback?.remember?.(call.key, result);
    }
    return result;
  }

  /** Whether the row was good; one that is no row at all throws. */
  #write(row: RowObject): boolean {
    try {
      if (row === null || typeof row !== "object" || this.#repair.passes(row)) {
        this.#rows.write(row);
        return true;
      }
      return false;
    } catch (error) {
      // Only what concerns an input is a matter of policies.
      if (error instanceof InputError && error.path !== undefined) return false;
      this.#stats.error();
      throw error;
    }
  }

  #writeRepaired(row: RowObject, { key }: RowCall): Repaired {
    try {
      return this.#repair.write(row, key, this.#rows.write);
    } catch (error) {
      this.#stats.error();
      throw error;
    }
  }

  #unanswered(status: number, row: RowObject, call: RowCall, repaired: Repaired | undefined): Prediction {
    switch (status) {
      case TRANSFORM_FAILED: {
        const [output, node, outcome, input] = this.#header as unknown as [number, number, number, number];
        const failure = { row: 0, aborted: false, output: output - 1, node, outcome, input: input - 1 };
        return this.#fallBack("bad-input", row, call, repaired, false, () => failureError(this.#rows.plan, failure, undefined));
      }
      case MODEL_FAILED: {
        const message = this.#native.message();
        return this.#fallBack("model-error", row, call, repaired, true, () => new ModelError("RUNTIME_ERROR", `the model failed: ${message}`));
      }
      case MODEL_CLOSED:
        this.#stats.error();
        throw new ModelError("CLOSED", "the predictor's model was closed");
      default:
        // A clock that was set apart from the other (a machine that slept) would make every call late.
        if ((this.#control[MARSHAL] as number) > 1e9) this.#rows.calibrate();
        return this.#fallBack("deadline", row, call, repaired, true, () => deadlineExceeded(call));
    }
  }

  /** The answer of a call whose deadline passed before it began: the row is not looked at. */
  tooLate(row: RowObject, call: RowCall): Prediction {
    return this.#fallBack("deadline", row, call, undefined, false, () => deadlineExceeded(call));
  }

  #fallBack(reason: FallbackReason, row: RowObject, call: RowCall, repaired: Repaired | undefined, hasVector: boolean, error: () => SkewlessError): Prediction {
    if (reason === "deadline") this.#stats.deadlineMissed();
    try {
      const answer = this.#fallback?.answer({ row, reason, key: call.key, vector: hasVector ? this.vector : undefined });
      if (answer === undefined) throw error();
      const micros = (now() - call.start) * 1e3;
      this.#stats.fallback(reason, micros * 1e3, call.deadlineMicros > 0 && micros > call.deadlineMicros);
      return fallbackPrediction(answer, reason, call.explain ? this.#repair.explain(row, repaired?.replaced) : undefined);
    } catch (failure) {
      this.#stats.error();
      throw failure;
    }
  }
}

function deadlineExceeded({ start, deadlineMicros }: RowCall): DeadlineExceeded {
  return new DeadlineExceeded("the model did not answer by the deadline", {
    expected: `an answer within ${deadlineMicros} µs`,
    actual: `none after ${((now() - start) * 1e3).toFixed(1)} µs`,
    fix: "Give more time, or the option fallback",
  });
}
