import type { FallbackReason, PredictionValue } from "../../scorer/predictor/prediction.js";
import type { Sources } from "../view/online-view.js";

/**
 * Why the answer is not the model's.
 * - "store": a store failed, and the policy of one of its features is "error".
 * - "deadline": a store or the model did not answer in time.
 * - "model-error": the model failed.
 * - "bad-input": a feature is missing, late or invalid under the policy "error", or a function of the features fails on it.
 */
export type ServiceFallbackReason = FallbackReason | "store";
export const SERVICE_FALLBACK_REASONS: readonly ServiceFallbackReason[] = ["store", "deadline", "model-error", "bad-input"];

export interface NameVersion {
  readonly name: string;
  readonly version: string;
}

interface Answer {
  readonly requestId: string;
  readonly prediction: PredictionValue;
  /** A score for each class, in the order of `classes`. */
  readonly probabilities: Float32Array | undefined;
  readonly classes: readonly (string | bigint)[] | undefined;
  /** Where each input came from, where that was asked for. */
  readonly sources: Sources | undefined;
  readonly model: NameVersion;
  readonly view: NameVersion;
}

/** An answer to a request; every key is always there. */
export type ServicePrediction =
  | (Answer & { readonly fallback: false; readonly reason: undefined })
  | (Answer & { readonly fallback: true; readonly reason: ServiceFallbackReason });
