import type { PredictionValue } from "../../scorer/predictor/prediction.js";
import type { LatencyHistogram } from "../../scorer/predictor/histogram.js";
import type { ScorerInput } from "../../scorer/input-tensors.js";
import type { ModelValue, TensorInfo } from "../../scorer/tensor.js";
import type { JsonSchema } from "../view/schema.js";
import type { InputSource } from "../view/row-state.js";
import type { SkewlessError } from "../../errors.js";

/** A request's options, as the server gives them. */
export interface ServedOptions {
  readonly requestId?: string;
  readonly sources?: boolean;
}

export interface ServedManyOptions extends Omit<ServedOptions, "requestId"> {
  readonly requestIds?: readonly string[];
}

/** What the server reads of a service's answer. */
export interface ServedPrediction {
  readonly requestId: string;
  readonly prediction: PredictionValue;
  readonly probabilities?: ArrayLike<number> | undefined;
  readonly classes?: readonly (string | bigint)[] | undefined;
  readonly fallback: boolean;
  readonly reason?: string | undefined;
  readonly sources?: Readonly<Record<string, InputSource>> | undefined;
}

export interface ServedVectorOptions extends ServedOptions {
  readonly transformed?: boolean;
  readonly helpers?: boolean;
}

export interface ServedError {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | undefined;
}

/** What the status page shows of a service. */
export interface ServedStats {
  readonly requests: number;
  readonly predictions: number;
  /** By reason. */
  readonly fallbacks: Readonly<Record<string, number>>;
  /** By code. */
  readonly errors: Readonly<Record<string, number>>;
  /** By step: lookup, transform, score, log, total. */
  readonly steps: Readonly<Record<string, LatencyHistogram>>;
  readonly stores: readonly { readonly kind: string; readonly state: string; readonly counters?: object | undefined }[];
  readonly log?: object | undefined;
  readonly recentErrors: readonly ServedError[];
}

/** The view of a served model: the deployment schema and what reads a body by it. */
export interface ServedView {
  readonly name: string;
  readonly version: number;
  readonly names: readonly string[];
  /** Every input by name, with its type. */
  readonly inputs: Readonly<Record<string, unknown>>;
  schema(): { readonly request: JsonSchema; readonly response: JsonSchema; readonly untransformed: JsonSchema };
  parseRequest(json: unknown): unknown;
}

/**
 * A model behind the server: what `createPredictor` returns, or an object of the caller's own. Requests are what
 * `view.parseRequest` gives.
 */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly view: ServedView;
  readonly backend: { readonly name: string; readonly reason?: string };
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  predict(request: never, options?: ServedOptions): Promise<ServedPrediction>;
  predictMany(requests: never, options?: ServedManyOptions): Promise<readonly (ServedPrediction | SkewlessError)[]>;
  getFeatureVector(request: never, options?: ServedVectorOptions): Promise<unknown>;
  /** The model alone, on tensors by name. */
  score(input: ScorerInput): Promise<Readonly<Record<string, ModelValue>>> | Readonly<Record<string, ModelValue>>;
  stats(): ServedStats;
  /** Adds its metrics to a prom-client registry; several services share one. */
  register(registry: never): unknown;
  /** Rejects while it cannot answer. */
  ready(): Promise<unknown>;
  close(): Promise<unknown>;
}
