import { HistogramRecorder, type LatencyHistogram } from "../../scorer/predictor/histogram.js";
import type { HttpFailure } from "./http-error.js";

export const SCORING_ROUTES = ["predict", "feature-vector", "infer"] as const;
export type ScoringRoute = (typeof SCORING_ROUTES)[number];

/** A request that was refused or failed. */
export interface RecentError {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

const MOST_RECENT = 50;
const LONGEST = 500;

/** What the server counts itself; services count what they do. Plain numbers, made into text when someone asks. */
export class Counters {
  readonly startedAt = Date.now();
  readonly answered: Record<ScoringRoute, number> = { predict: 0, "feature-vector": 0, infer: 0 };
  /** Refused and failed requests by status, of all routes. */
  readonly failed = new Map<number, number>();
  readonly #durations: Record<ScoringRoute, HistogramRecorder> = { predict: new HistogramRecorder(), "feature-vector": new HistogramRecorder(), infer: new HistogramRecorder() };
  readonly #recent: RecentError[] = [];

  /** `millis` from the start of the handler, its turn waited for, to the answer. */
  answer(route: ScoringRoute, millis: number): void {
    this.answered[route]++;
    this.#durations[route].record(millis * 1e6);
  }

  fail({ status, code, message }: HttpFailure, requestId: string): void {
    this.failed.set(status, (this.failed.get(status) ?? 0) + 1);
    this.#recent.push({ time: Date.now(), status, code, message: message.slice(0, LONGEST), requestId });
    if (this.#recent.length > MOST_RECENT) this.#recent.shift();
  }

  duration(route: ScoringRoute): LatencyHistogram {
    return this.#durations[route].snapshot();
  }

  /** The latest first. */
  get recentErrors(): RecentError[] {
    return [...this.#recent].reverse();
  }
}
