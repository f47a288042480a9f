import type { ErrorCode, SkewlessError } from "../../errors.js";
import { HistogramRecorder, type LatencyHistogram } from "../../scorer/predictor/histogram.js";
import type { LogStats } from "../log/feature-log.js";
import type { ServiceFallbackReason } from "./prediction.js";
import type { StoreStats } from "./stores.js";

export interface RecentError {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly requestId: string | undefined;
}

export type ServiceStep = "lookup" | "transform" | "score" | "log" | "total";
export const SERVICE_STEPS: readonly ServiceStep[] = ["lookup", "transform", "score", "log", "total"];

/** What a service has done since it was made. */
export interface ServiceStats {
  /**
   * `lookup`: reading the request, the stores, merging. `transform`: to the feature vector. `score`: the model. `log`: the
   * append to the log's queue. `total`: from the call to the answer, of answered requests.
   */
  readonly steps: Readonly<Record<ServiceStep, LatencyHistogram>>;
  /** Calls of predict, and elements of predictMany. */
  readonly requests: number;
  /** Requests under way. */
  readonly inFlight: number;
  /** Answers of the model. */
  readonly predictions: number;
  readonly fallbacks: Readonly<Record<ServiceFallbackReason, number>>;
  /** Requests that ended in an error, by its code; those of getFeatureVector and score too. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Calls of getFeatureVector. */
  readonly featureVectors: number;
  /** Rows that `score` was given. */
  readonly scoredRows: number;
  readonly stores: readonly StoreStats[];
  /** Answers that the log did not take: dropped from a full queue, or records that do not fit it. */
  readonly notLogged: number;
  readonly log: LogStats | undefined;
  /** The last errors and failures to log, the oldest first. */
  readonly recentErrors: readonly RecentError[];
}

const RECENT = 100;
const LONGEST_MESSAGE = 500;

/** Counts what a service does. */
export class ServiceRecorder {
  readonly lookup = new HistogramRecorder();
  readonly transform = new HistogramRecorder();
  readonly log = new HistogramRecorder();
  readonly total = new HistogramRecorder();
  requests = 0;
  inFlight = 0;
  predictions = 0;
  featureVectors = 0;
  scoredRows = 0;
  notLogged = 0;
  readonly #fallbacks: Record<ServiceFallbackReason, number> = { store: 0, deadline: 0, "model-error": 0, "bad-input": 0 };
  readonly #errors = new Map<ErrorCode, number>();
  readonly #recent: RecentError[] = [];
  #oldest = 0;

  fallback(reason: ServiceFallbackReason): void {
    this.#fallbacks[reason]++;
  }

  error(error: SkewlessError, requestId: string | undefined): void {
    this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1);
    this.remember(error, requestId);
  }

  /** Among the recent errors only. */
  remember({ code, message }: SkewlessError, requestId: string | undefined): void {
    const entry: RecentError = { time: Date.now(), code, message: message.slice(0, LONGEST_MESSAGE), requestId };
    if (this.#recent.length < RECENT) this.#recent.push(entry);
    else {
      this.#recent[this.#oldest] = entry;
      this.#oldest = (this.#oldest + 1) % RECENT;
    }
  }

  get fallbacks(): ServiceStats["fallbacks"] {
    return { ...this.#fallbacks };
  }

  get errors(): ServiceStats["errors"] {
    return Object.fromEntries(this.#errors) as ServiceStats["errors"];
  }

  get recentErrors(): readonly RecentError[] {
    return [...this.#recent.slice(this.#oldest), ...this.#recent.slice(0, this.#oldest)];
  }
}

