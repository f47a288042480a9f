/** A number, a class label, or the numbers of several targets in their order. */
export type PredictionValue = number | bigint | string | Float32Array | Float64Array | BigInt64Array | readonly string[];

/** Why the answer is not the model's. */
export type FallbackReason = "deadline" | "model-error" | "bad-input";
export const FALLBACK_REASONS: readonly FallbackReason[] = ["deadline", "model-error", "bad-input"];

/** Where a value that the model saw came from, in a call with `explainInputs`. */
export interface InputExplanation {
  readonly source: "given" | "default" | "statistic" | "lastKnown" | "null";
  /** Why the row's own value was not taken. */
  readonly reason?: "missing" | "invalid";
  readonly value: unknown;
}
export type InputExplanations = Readonly<Record<string, InputExplanation>>;

interface Answer {
  readonly prediction: PredictionValue;
  /** A score for each class, in the order of `classes`. */
  readonly probabilities: Float32Array | undefined;
  readonly classes: readonly (string | bigint)[] | undefined;
  /** Of calls with `explainInputs`. */
  readonly inputs: InputExplanations | undefined;
}

export interface ModelPrediction extends Answer {
  readonly fallback: false;
  readonly reason: undefined;
}

export interface FallbackPrediction extends Answer {
  readonly fallback: true;
  readonly reason: FallbackReason;
}

/** What `predict` returns; every key is always there, so that all results have one hidden class. */
export type Prediction = ModelPrediction | FallbackPrediction;

export interface AnswerParts {
  readonly prediction: PredictionValue;
  readonly probabilities?: Float32Array | undefined;
  readonly classes?: readonly (string | bigint)[] | undefined;
}

export function fallbackPrediction(answer: AnswerParts, reason: FallbackReason, inputs: InputExplanations | undefined): FallbackPrediction {
  const { prediction, probabilities, classes } = answer;
  return { prediction, probabilities, classes, fallback: true, reason, inputs };
}
