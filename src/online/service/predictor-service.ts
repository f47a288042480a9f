import type { Registry } from "prom-client";
import { AbortedError, DeadlineExceeded, InputError, OnlineError, received, SkewlessError } from "../../errors.js";
import type { Predictor } from "../../scorer/predictor.js";
import { now } from "../../scorer/predictor/clock.js";
import type { ScorerInput } from "../../scorer/input-tensors.js";
import type { Scorer, ScorerBackend, Scores } from "../../scorer/scorer.js";
import type { TensorInfo } from "../../scorer/tensor.js";
import type { FeatureLog } from "../log/feature-log.js";
import { isPromise } from "../view/lookups.js";
import type { FeaturesWithSources, OnlineView, Retrieved, UntransformedFeatures, VectorOptions, VectorResult, VectorWithSources } from "../view/online-view.js";
import type { FittedView } from "../view/fitted-view.js";
import type { AnyRequest, FeatureRequest, ViewShape } from "../view/types.js";
import { isMillis, type Budget } from "./budget.js";
import { InFlight } from "./in-flight.js";
import { hideMetrics, showMetrics } from "./metrics.js";
import type { ServiceCallOptions, ServiceManyOptions } from "./options.js";
import type { NameVersion, ServicePrediction } from "./prediction.js";
import { asLogError, type RequestLog } from "./request-log.js";
import { RequestPath } from "./request-path.js";
import { ServiceRecorder, type ServiceStats } from "./statistics.js";
import { storeStats } from "./stores.js";
import { within } from "./within.js";

/** What createPredictor puts together. */
export interface ServiceParts<Shape extends ViewShape> {
  readonly model: NameVersion;
  readonly online: OnlineView<Shape>;
  readonly predictor: Predictor;
  readonly budget: Budget;
  readonly log: RequestLog | undefined;
  readonly closeStores: boolean;
}

type CallTerms = Pick<ServiceCallOptions, "deadlineMillis" | "signal">;

/** A view over its stores, a model behind it, a time for the answer and a log. Made by `createPredictor`; belongs to its thread. */
export class PredictorService<Shape extends ViewShape = ViewShape> {
  /** Of the model. */
  readonly name: string;
  readonly version: string;
  readonly view: FittedView<Shape>;
  /** What runs the model, and why. */
  readonly backend: ScorerBackend;
  /** Of the model, as it declares them. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #online: OnlineView<Shape>;
  readonly #predictor: Predictor;
  readonly #scorer: Scorer;
  readonly #budget: Budget;
  readonly #log: RequestLog | undefined;
  readonly #closeStores: boolean;
  readonly #recorder = new ServiceRecorder();
  readonly #inFlight = new InFlight(this.#recorder);
  readonly #path: RequestPath;
  readonly #registries = new Set<Registry>();
  #registry: Promise<Registry> | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor({ model, online, predictor, budget, log, closeStores }: ServiceParts<Shape>) {
    this.name = model.name;
    this.version = model.version;
    this.view = online.fitted;
    this.#online = online;
    this.#predictor = predictor;
    this.#budget = budget;
    this.#log = log;
    this.#closeStores = closeStores;
    const assembled = predictor.internals;
    this.#scorer = assembled.scorer;
    this.backend = this.#scorer.backend;
    this.inputs = this.#scorer.inputs;
    this.outputs = this.#scorer.outputs;
    const viewVersion = Object.freeze({ name: online.name, version: String(online.version) });
    const view = online as unknown as OnlineView;
    this.#path = new RequestPath({ view, assembled, budget, log, recorder: this.#recorder, inFlight: this.#inFlight, model: Object.freeze({ ...model }), viewVersion });
  }

  /** The log that answers go to. */
  get log(): FeatureLog | undefined {
    return this.#log?.log;
  }

  /**
   * The answer to a request, within the budget: the model's, or the fallback's with its reason. Rejects with
   * INVALID_REQUEST and the path of what is wrong; without a fallback with STORE_TIMEOUT, STORE_UNAVAILABLE,
   * STORE_CORRUPT, MISSING_FEATURE, LATE_FEATURE, INVALID_FEATURE (as the view's policies say), DEADLINE_EXCEEDED or
   * RUNTIME_ERROR; LOG_FULL where the log's policy is "block"; ABORTED; CLOSED after close().
   */
  predict(request: FeatureRequest<Shape>, options?: ServiceCallOptions): Promise<ServicePrediction> {
    // Not an async function: stores that answer at once cost this one promise.
    try {
      this.#checkOpen();
      const answer = this.#path.predict(request as AnyRequest, options);
      return isPromise(answer) ? answer : Promise.resolve(answer);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Several requests with one round trip a store: each one's answer, or its error. Time and signal are the whole list's. */
  async predictMany(requests: readonly FeatureRequest<Shape>[], options: ServiceManyOptions = {}): Promise<(ServicePrediction | SkewlessError)[]> {
    this.#checkOpen();
    if (!Array.isArray(requests)) throw new InputError("WRONG_TYPE", "not a list of requests", { expected: "an array", actual: received(requests) });
    return this.#path.predictMany(requests as readonly AnyRequest[], options);
  }

  /** As the view's, within the budget's time for lookups, and counted. */
  getFeatureVector(request: FeatureRequest<Shape>, options?: CallTerms & { readonly transformed?: true; readonly sources?: false }): Promise<Float32Array>;
  getFeatureVector(request: FeatureRequest<Shape>, options: CallTerms & { readonly transformed?: true; readonly sources: true }): Promise<VectorWithSources>;
  getFeatureVector(request: FeatureRequest<Shape>, options: CallTerms & { readonly transformed: false; readonly helpers?: boolean; readonly sources?: false }): Promise<UntransformedFeatures>;
  getFeatureVector(request: FeatureRequest<Shape>, options: CallTerms & { readonly transformed: false; readonly helpers?: boolean; readonly sources: true }): Promise<FeaturesWithSources>;
  getFeatureVector(request: FeatureRequest<Shape>, options: CallTerms & VectorOptions): Promise<VectorResult>;
  getFeatureVector(request: FeatureRequest<Shape>, options: CallTerms & VectorOptions = {}): Promise<VectorResult> {
    const start = now();
    try {
      this.#checkOpen();
      this.#recorder.featureVectors++;
      const terms = this.#terms(options);
      const retrieved = this.#path.retrieve(request as AnyRequest, options.sources === true, start, terms);
      if (isPromise(retrieved)) return this.#waiting(retrieved.then((own) => this.#vector(own, options)));
      return Promise.resolve(this.#vector(retrieved, options));
    } catch (error) {
      return Promise.reject(this.#failed(error));
    }
  }

  #vector(retrieved: Retrieved, options: VectorOptions): VectorResult {
    const start = now();
    const result = this.#online.result(retrieved, options);
    if (options.transformed !== false) this.#recorder.transform.record((now() - start) * 1e6);
    return result;
  }

  /** The model alone, on its own input: rows of features as it takes them. No policies, no log. */
  async score(input: ScorerInput, options: CallTerms = {}): Promise<Scores> {
    this.#checkOpen();
    const { deadlineMillis = Infinity, signal } = this.#terms(options);
    const abort = new AbortController();
    const late = (): never => {
      abort.abort();
      throw new DeadlineExceeded("the model did not answer in time", { expected: `an answer within ${deadlineMillis} ms` });
    };
    const stop = (): void => abort.abort(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const scores = await this.#waiting(within(this.#scorer.scoreAsync(input, { signal: abort.signal }), deadlineMillis, late, signal));
      this.#recorder.scoredRows += rowsOf(scores);
      return scores;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  #terms({ deadlineMillis, signal }: CallTerms): CallTerms {
    if (deadlineMillis !== undefined && !isMillis(deadlineMillis)) {
      throw new OnlineError("INVALID_PARAMETER", "a call's options", { path: ["deadlineMillis"], expected: "milliseconds above 0, at most an hour", actual: received(deadlineMillis) });
    }
    if (signal?.aborted === true) throw new AbortedError("the request was aborted", signal.reason);
    return { deadlineMillis: Math.min(deadlineMillis ?? Infinity, this.#budget.total), ...(signal === undefined ? {} : { signal }) };
  }

  async #waiting<T>(promise: Promise<T>): Promise<T> {
    this.#inFlight.enter();
    try {
      return await promise;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#inFlight.leave();
    }
  }

  #failed(error: unknown): Error {
    if (error instanceof SkewlessError) this.#recorder.error(error, undefined);
    return error as Error;
  }

  /** A copy of what was done since the service was made. */
  stats(): ServiceStats {
    const recorder = this.#recorder;
    return {
      steps: {
        lookup: recorder.lookup.snapshot(),
        transform: recorder.transform.snapshot(),
        score: this.#predictor.stats().score,
        log: recorder.log.snapshot(),
        total: recorder.total.snapshot(),
      },
      requests: recorder.requests,
      inFlight: recorder.inFlight,
      predictions: recorder.predictions,
      fallbacks: recorder.fallbacks,
      errors: recorder.errors,
      featureVectors: recorder.featureVectors,
      scoredRows: recorder.scoredRows,
      stores: this.#online.stores.map(storeStats),
      notLogged: recorder.notLogged,
      log: this.#log?.log.stats(),
      recentErrors: recorder.recentErrors,
    };
  }

  /** A registry of prom-client (MISSING_PEER without it) with the service's metrics. */
  async metrics(): Promise<{ readonly registry: Registry }> {
    this.#registry ??= showMetrics(this);
    const registry = await this.#registry;
    this.#registries.add(registry);
    return { registry };
  }

  /** Shows the metrics in a registry of the caller's, beside those of other models, until close(). */
  async register(registry: Registry): Promise<void> {
    await showMetrics(this, registry);
    this.#registries.add(registry);
  }

  /** Resolves when requests can be answered: every store answers, and the service is not closing. */
  async ready(): Promise<void> {
    this.#checkOpen();
    const millis = Math.min(this.#budget.lookup, this.#budget.total);
    await within(this.#online.ping(), millis, () => {
      throw new OnlineError("STORE_TIMEOUT", `a store did not answer within ${millis} ms`);
    });
    this.#checkOpen();
  }

  /**
   * Refuses new requests (CLOSED), answers those under way, writes the log, and closes what is the service's own. Rejects
   * where the log could not be written. Further calls give the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#inFlight.drained();
    for (const registry of this.#registries) hideMetrics(this, registry);
    try {
      await this.#log?.end();
    } catch (error) {
      throw asLogError(error);
    } finally {
      this.#predictor.close();
      if (this.#closeStores) await Promise.all(this.#online.stores.map((store) => store.close()));
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new OnlineError("CLOSED", "the predictor service is closed");
  }
}

/** Of the first output. */
function rowsOf(scores: Scores): number {
  const [first] = Object.values(scores);
  if (first === undefined) return 0;
  return Array.isArray(first) ? first.length : ((first as { dims: readonly number[] }).dims[0] ?? 1);
}
