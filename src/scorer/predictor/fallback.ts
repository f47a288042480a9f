import type { RowObject } from "../../engine/row-engine.js";
import { DefinitionError, received, type SkewlessError } from "../../errors.js";
import { addon, type NativeRowModel } from "../../native.js";
import { Scorer } from "../scorer.js";
import { LruCache, type Key } from "./lru.js";
import { measureModel } from "./cost.js";
import { chooseOutputs, OutputReader } from "./model-outputs.js";
import type { AnswerParts, FallbackReason, Prediction, PredictionValue } from "./prediction.js";

/** A model behind its own features, such as another Predictor. */
export interface RowPredictor {
  predict(row: never, options?: { readonly key?: Key }): Pick<Prediction, "prediction" | "probabilities" | "classes">;
}

/** The last answer that the model gave for the call's key. */
export interface LastAnswer<Row = never, Reason extends string = FallbackReason> {
  readonly last: true;
  /** Of a key without one, and of calls without a key. */
  readonly otherwise?: Fallback<Row, Reason>;
  /** Most keys that are remembered, the most recently used; 10,000 by default. */
  readonly capacity?: number;
}

/**
 * What answers instead of the model.
 * - a number, bigint, text or typed array: itself
 * - a function of the row and the reason; undefined passes on to the next of a chain
 * - another Predictor, with features of its own
 * - a Scorer of the same feature vector; passes on where the row has none
 * - { last: true }: the last answer for the call's key
 * - a list: the first of it that answers
 */
export type Fallback<Row = never, Reason extends string = FallbackReason> =
  | Exclude<PredictionValue, readonly string[]>
  | ((row: Row, reason: Reason) => PredictionValue | undefined)
  | RowPredictor
  | Scorer
  | LastAnswer<Row, Reason>
  | readonly Fallback<Row, Reason>[];

/** A call that the model did not answer. */
export interface FallbackCall {
  readonly row: RowObject;
  /** "store" comes from the predictor service. */
  readonly reason: FallbackReason | "store";
  readonly key: Key | undefined;
  /** The feature vector; undefined where the row has none. */
  readonly vector: Float32Array | undefined;
}

export interface FallbackStep {
  /** Nanoseconds that it is known to take. */
  readonly cost: number;
  answer(call: FallbackCall): AnswerParts | undefined;
  /** The model's own answer to a call with a key. */
  remember?(key: Key, answer: AnswerParts): void;
}

export const DEFAULT_CAPACITY = 10_000;

export function checkCapacity(value: unknown, path: readonly (string | number)[]): number {
  if (value === undefined) return DEFAULT_CAPACITY;
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 2 ** 24) return value as number;
  throw new DefinitionError("INVALID_PARAMETER", "a number of keys", { path, expected: "an integer from 1 to 16,777,216", actual: received(value) });
}

const isConstant = (value: unknown): boolean =>
  typeof value === "number" || typeof value === "bigint" || typeof value === "string" || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** `width` is that of the feature vector. */
export function compileFallback(fallback: unknown, width: number, path: readonly (string | number)[] = ["fallback"]): FallbackStep {
  if (isConstant(fallback)) {
    const prediction = fallback as PredictionValue;
    // A caller may write to the result.
    return { cost: 0, answer: () => ({ prediction: ArrayBuffer.isView(prediction) ? prediction.slice() : prediction }) };
  }
  if (typeof fallback === "function") return fromFunction(fallback as (row: RowObject, reason: FallbackCall["reason"]) => unknown, path);
  if (Array.isArray(fallback)) {
    if (fallback.length === 0) throw notAFallback(fallback, path);
    return chain(fallback.map((one, i) => compileFallback(one, width, [...path, i])));
  }
  if (fallback instanceof Scorer) return fromScorer(fallback, width, path);
  if (typeof fallback === "object" && fallback !== null) {
    if (typeof (fallback as { predict?: unknown }).predict === "function") return fromPredictor(fallback as RowPredictor);
    if ((fallback as { last?: unknown }).last === true) return lastAnswer(fallback as LastAnswer, width, path);
  }
  throw notAFallback(fallback, path);
}

function notAFallback(value: unknown, path: readonly (string | number)[]): DefinitionError {
  return new DefinitionError("INVALID_PARAMETER", "not a fallback", {
    path,
    expected: "a number, bigint, text, typed array, function, Predictor, Scorer, { last: true } or a list of them",
    actual: received(value),
  });
}

function fromFunction(call: (row: RowObject, reason: FallbackCall["reason"]) => unknown, path: readonly (string | number)[]): FallbackStep {
  return {
    cost: 0,
    answer({ row, reason }) {
      const prediction = call(row, reason);
      if (prediction === undefined) return undefined;
      if (!isConstant(prediction) && !Array.isArray(prediction)) {
        throw new DefinitionError("WRONG_TYPE", "the fallback's answer", { path, expected: "a number, bigint, text or list of them", actual: received(prediction) });
      }
      return { prediction: prediction as PredictionValue };
    },
  };
}

function fromPredictor(predictor: RowPredictor): FallbackStep {
  const { cost } = predictor as { cost?: { total?: unknown } };
  return {
    cost: typeof cost?.total === "number" ? cost.total * 1e3 : 0,
    answer: ({ row, key }) => predictor.predict(row as never, key === undefined ? {} : { key }),
  };
}

/** A second model of the same vector. */
function fromScorer(scorer: Scorer, width: number, path: readonly (string | number)[]): FallbackStep {
  const backend = scorer.internals;
  const model: NativeRowModel | undefined = backend.rowModel() ?? backend.rowModel(width);
  if (model?.width !== width) {
    throw new DefinitionError("WRONG_SHAPE", "the fallback's model does not take the feature vector", {
      path,
      expected: `one float32 input of ${width} columns`,
      actual: model === undefined ? "another kind of input" : `${model.width} columns`,
      fix: "Give a Predictor, which has features of its own",
    });
  }
  const runner = addon().rowModelFunctions(model.handle);
  const reader = new OutputReader(backend, model, chooseOutputs(backend, undefined));
  const input = new Float32Array(model.block, 0, width);
  return {
    cost: measureModel(model).p99 * 1e3,
    answer({ vector }) {
      if (vector === undefined) return undefined;
      input.set(vector);
      return runner.run() === 0 ? reader.answer() : undefined;
    },
  };
}

function lastAnswer(options: LastAnswer, width: number, path: readonly (string | number)[]): FallbackStep {
  for (const key of Object.keys(options)) {
    if (key !== "last" && key !== "otherwise" && key !== "capacity") {
      throw new DefinitionError("INVALID_PARAMETER", "not an option of the last answer", { path: [...path, key], expected: "last, otherwise, capacity" });
    }
  }
  const { otherwise, capacity } = options;
  const answers = new LruCache<AnswerParts>(checkCapacity(capacity, [...path, "capacity"]));
  const next = otherwise === undefined ? undefined : compileFallback(otherwise, width, [...path, "otherwise"]);
  return {
    cost: next?.cost ?? 0,
    answer: (call) => (call.key === undefined ? undefined : answers.get(call.key)) ?? next?.answer(call),
    remember(key, answer) {
      answers.set(key, answer);
      next?.remember?.(key, answer);
    },
  };
}

function chain(steps: readonly FallbackStep[]): FallbackStep {
  const remembering = steps.filter((step) => step.remember !== undefined);
  return {
    // Those before the one that answers take their time too.
    cost: steps.reduce((sum, step) => sum + step.cost, 0),
    answer(call) {
      let failure: unknown;
      for (const step of steps) {
        try {
          const answer = step.answer(call);
          if (answer !== undefined) return answer;
        } catch (error) {
          failure = error;
        }
      }
      if (failure !== undefined) throw failure as SkewlessError;
      return undefined;
    },
    ...(remembering.length === 0
      ? {}
      : {
          remember(key: Key, answer: AnswerParts) {
            for (const step of remembering) step.remember?.(key, answer);
          },
        }),
  };
}
