import type { NativePredictor } from "../../native.js";
import { HISTOGRAM_DOUBLES, HistogramRecorder, type LatencyHistogram } from "./histogram.js";
import { FALLBACK_REASONS, type FallbackReason } from "./prediction.js";

/** What was done about a bad value. */
export type PolicyName = "error" | "fallback" | "default" | "statistic" | "lastKnown" | "null";
export const POLICY_NAMES: readonly PolicyName[] = ["error", "fallback", "default", "statistic", "lastKnown", "null"];
export type BadReason = "missing" | "invalid";
export const BAD_REASONS: readonly BadReason[] = ["missing", "invalid"];

/** How often each policy was applied. */
export type PolicyCounts = Readonly<Partial<Record<PolicyName, number>>>;

/** What a predictor has done since it was loaded or its statistics were reset. */
export interface PredictorStats {
  /** Rows that the model answered: one by one, and in tables. */
  readonly predictions: number;
  /** Rows that a fallback answered. */
  readonly fallbacks: Readonly<Record<FallbackReason, number>>;
  /** Rows whose answer the model did not give by the deadline, whether a fallback answered or not. */
  readonly deadlinesMissed: number;
  /** Fallback answers that came after the deadline themselves. */
  readonly lateFallbacks: number;
  /** Calls that ended in an error. */
  readonly errors: number;
  /** Bad values by input, reason and what was done; inputs without any are left out. */
  readonly badInputs: Readonly<Record<string, Readonly<Record<BadReason, PolicyCounts>>>>;
  /** The row's values into the exchange buffer, from the call's start. */
  readonly marshal: LatencyHistogram;
  /** The row to its feature vector. */
  readonly transform: LatencyHistogram;
  /** The model's run. */
  readonly score: LatencyHistogram;
  /** From the call's start to the answer, fallbacks included. */
  readonly total: LatencyHistogram;
  /** predictTable and predictAsync. */
  readonly batch: { readonly calls: number; readonly rows: number; readonly milliseconds: number };
}

const STEPS = ["marshal", "transform", "score", "total"] as const;

/** Counts what the native call does not. */
export class StatsRecorder {
  readonly #histograms: readonly HistogramRecorder[];
  readonly #inputs: readonly string[];
  readonly #fallbacks = new Float64Array(FALLBACK_REASONS.length);
  readonly #bad: Float64Array;
  #predictions = 0;
  #missed = 0;
  #late = 0;
  #errors = 0;
  #calls = 0;
  #rows = 0;
  #milliseconds = 0;

  constructor(native: Pick<NativePredictor, "stats">, inputs: readonly string[]) {
    this.#histograms = STEPS.map((_, i) => new HistogramRecorder(new Float64Array(native.stats, i * HISTOGRAM_DOUBLES * 8, HISTOGRAM_DOUBLES)));
    this.#inputs = inputs;
    this.#bad = new Float64Array(inputs.length * BAD_REASONS.length * POLICY_NAMES.length);
  }

  prediction(): void {
    this.#predictions++;
  }
  error(): void {
    this.#errors++;
  }
  deadlineMissed(): void {
    this.#missed++;
  }
  fallback(reason: FallbackReason, totalNanoseconds: number, late: boolean): void {
    const at = FALLBACK_REASONS.indexOf(reason);
    this.#fallbacks[at] = (this.#fallbacks[at] as number) + 1;
    this.#histograms[3]?.record(totalNanoseconds);
    if (late) this.#late++;
  }
  badInput(input: number, reason: BadReason, policy: PolicyName, rows = 1): void {
    const at = (input * BAD_REASONS.length + BAD_REASONS.indexOf(reason)) * POLICY_NAMES.length + POLICY_NAMES.indexOf(policy);
    this.#bad[at] = (this.#bad[at] as number) + rows;
  }
  batch(rows: number, milliseconds: number): void {
    this.#calls++;
    this.#rows += rows;
    this.#predictions += rows;
    this.#milliseconds += milliseconds;
  }

  reset(): void {
    for (const histogram of this.#histograms) histogram.reset();
    this.#fallbacks.fill(0);
    this.#bad.fill(0);
    this.#predictions = this.#missed = this.#late = this.#errors = this.#calls = this.#rows = this.#milliseconds = 0;
  }

  snapshot(): PredictorStats {
    const [marshal, transform, score, total] = this.#histograms.map((histogram) => histogram.snapshot()) as [LatencyHistogram, LatencyHistogram, LatencyHistogram, LatencyHistogram];
    return {
      predictions: this.#predictions,
      fallbacks: Object.fromEntries(FALLBACK_REASONS.map((reason, i) => [reason, this.#fallbacks[i]])) as Record<FallbackReason, number>,
      deadlinesMissed: this.#missed,
      lateFallbacks: this.#late,
      errors: this.#errors,
      badInputs: this.#badInputs(),
      marshal,
      transform,
      score,
      total,
      batch: { calls: this.#calls, rows: this.#rows, milliseconds: this.#milliseconds },
    };
  }

  #badInputs(): PredictorStats["badInputs"] {
    const out = Object.create(null) as Record<string, Record<BadReason, Partial<Record<PolicyName, number>>>>;
    for (const [at, count] of this.#bad.entries()) {
      if (count === 0) continue;
      const pair = Math.floor(at / POLICY_NAMES.length);
      const name = this.#inputs[Math.floor(pair / BAD_REASONS.length)] as string;
      const reason = BAD_REASONS[pair % BAD_REASONS.length] as BadReason;
      const counts = (out[name] ??= { missing: {}, invalid: {} })[reason];
      counts[POLICY_NAMES[at % POLICY_NAMES.length] as PolicyName] = count;
    }
    return out;
  }
}

/** The statistics of several predictors, or of one in several threads, as if one had done it all. */
export function mergeStats(first: PredictorStats, ...others: readonly PredictorStats[]): PredictorStats {
  return others.reduce((a, b) => {
    const badInputs = Object.create(null) as Record<string, Record<BadReason, PolicyCounts>>;
    for (const name of new Set([...Object.keys(a.badInputs), ...Object.keys(b.badInputs)])) {
      const [x, y] = [a.badInputs[name], b.badInputs[name]];
      badInputs[name] = { missing: addCounts(x?.missing, y?.missing), invalid: addCounts(x?.invalid, y?.invalid) };
    }
    return {
      predictions: a.predictions + b.predictions,
      fallbacks: addCounts(a.fallbacks, b.fallbacks) as Record<FallbackReason, number>,
      deadlinesMissed: a.deadlinesMissed + b.deadlinesMissed,
      lateFallbacks: a.lateFallbacks + b.lateFallbacks,
      errors: a.errors + b.errors,
      badInputs,
      marshal: a.marshal.merge(b.marshal),
      transform: a.transform.merge(b.transform),
      score: a.score.merge(b.score),
      total: a.total.merge(b.total),
      batch: addCounts(a.batch, b.batch) as PredictorStats["batch"],
    };
  }, first);
}

function addCounts(a: Readonly<Record<string, number>> = {}, b: Readonly<Record<string, number>> = {}): Record<string, number> {
  const out: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) out[name] = (out[name] ?? 0) + count;
  return out;
}
