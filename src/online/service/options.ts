import { DefinitionError, received } from "../../errors.js";
import type { RowOf } from "../../features/inputs.js";
import type { ModelSource } from "../../scorer/load-model.js";
import type { Fallback } from "../../scorer/predictor/fallback.js";
import { Scorer, type ScorerOptions } from "../../scorer/scorer.js";
import type { FeatureLog } from "../log/feature-log.js";
import type { FeatureLogOptions } from "../log/options.js";
import type { BreakerOptions } from "../store/breaker.js";
import { FittedView } from "../view/fitted-view.js";
import type { ConnectOptions } from "../view/online-view.js";
import type { InputsOf, ViewShape } from "../view/types.js";
import type { LatencyBudget } from "./budget.js";
import type { LoggedFeatures } from "./logged-features.js";
import type { ServiceFallbackReason } from "./prediction.js";

/** What a fallback sees of a request: its own values, and what was looked up before it came to the fallback; else null. */
export type FallbackRow<Shape extends ViewShape> = { readonly [Name in keyof RowOf<InputsOf<Shape>>]: RowOf<InputsOf<Shape>>[Name] | null };

/** Of a log that the service opens and closes; the schema is the service's. */
export type ServiceLogOptions = Omit<FeatureLogOptions, "schema">;

export interface PredictorServiceOptions<Shape extends ViewShape = ViewShape> extends ConnectOptions<Shape> {
  /** Of the model, in answers, logs and metrics; the view's by default. */
  readonly name?: string;
  /** "1" by default. */
  readonly version?: string;
  readonly view: FittedView<Shape>;
  /** A model file's path or bytes (ONNX, XGBoost, LightGBM), or a Scorer, which stays the caller's to close. */
  readonly model: ModelSource | Scorer;
  readonly budget?: LatencyBudget;
  /** What answers where store or model do not, or a feature is bad under the policy "error". Wrong requests are errors. */
  readonly fallback?: Fallback<FallbackRow<Shape>, ServiceFallbackReason>;
  /** Time-out of each store that is not guarded already; `budget.lookupMillis` by default, else none of its own. */
  readonly storeTimeoutMillis?: number;
  /** A second lookup after this time; as of `guardStore`. */
  readonly hedgeAfterMillis?: number;
  /** A circuit breaker of each store that is not guarded already. */
  readonly breaker?: BreakerOptions;
  /** Closes the stores with the service; false by default. */
  readonly closeStores?: boolean;
  /** A log, which stays the caller's to close, or options of one of the service's own. */
  readonly log?: FeatureLog | ServiceLogOptions;
  /** What is logged of a request beside its keys, vector and answer; "all" by default. */
  readonly logFeatures?: LoggedFeatures;
  /** The model's output that is the prediction; its first one by default. */
  readonly output?: string;
  /** Compare the names of the model's columns with the features' names; true by default. */
  readonly checkNames?: boolean;
  /** How a model given by path or bytes is loaded. */
  readonly scorer?: ScorerOptions;
}

/** The terms of one call. */
export interface ServiceCallOptions {
  /** In the answer and the log; a random UUID by default. At most 256 characters. */
  readonly requestId?: string;
  /** Also gives where each input came from; false by default. */
  readonly sources?: boolean;
  /** Less than the budget's total for this call. */
  readonly deadlineMillis?: number;
  /** Rejects with ABORTED while the stores are waited for. */
  readonly signal?: AbortSignal;
}

export interface ServiceManyOptions extends Omit<ServiceCallOptions, "requestId"> {
  readonly requestIds?: readonly (string | undefined)[];
}

const OPTIONS = [
  ..."name version view model budget fallback store stores policies lastKnown now storeTimeoutMillis hedgeAfterMillis breaker".split(" "),
  ..."closeStores log logFeatures output checkNames scorer".split(" "),
];

export function fail(path: readonly (string | number)[], expected: string, value: unknown): never {
  throw new DefinitionError("INVALID_PARAMETER", "createPredictor", { path, expected, actual: received(value) });
}

/** Refuses what no option is: a misspelt one must not pass silently. */
export function checkServiceOptions(options: unknown): asserts options is PredictorServiceOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options)) fail([], "an object of options", options);
  for (const key of Object.keys(options)) if (!OPTIONS.includes(key)) fail([key], OPTIONS.join(", "), (options as Record<string, unknown>)[key]);
  const { name, version, view, model, closeStores, checkNames, output, log } = options as Partial<PredictorServiceOptions>;
  for (const [key, value] of Object.entries({ name, version })) {
    if (value !== undefined && (typeof value !== "string" || value === "" || !value.isWellFormed())) fail([key], "text that is not empty", value);
  }
  if (!(view instanceof FittedView)) fail(["view"], "a fitted view", view);
  if (typeof model !== "string" && !(model instanceof Uint8Array) && !(model instanceof URL) && !(model instanceof Scorer)) fail(["model"], "a model's path or bytes, or a Scorer", model);
  for (const [key, value] of Object.entries({ closeStores, checkNames })) if (value !== undefined && typeof value !== "boolean") fail([key], "a boolean", value);
  if (output !== undefined && typeof output !== "string") fail(["output"], "a name", output);
  if (log !== undefined && (typeof log !== "object" || log === null)) fail(["log"], "a feature log or its options", log);
}
