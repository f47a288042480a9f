import type { Deployment } from "./deployments.js";
import type { ServedPrediction } from "./served-model.js";

/** Requests of a shadow that may be under way; beyond them it misses some. */
const MOST = 64;

export interface ShadowCounts {
  readonly requests: number;
  /** Answers that equal the returned ones. */
  readonly equal: number;
  readonly different: number;
  /** Mean of |shadow − answer| over numeric predictions; NaN where there are none. */
  readonly meanDifference: number;
  readonly fallbacks: number;
  readonly errors: number;
  /** Requests that it did not see, as too many were under way. */
  readonly missed: number;
}

/**
 * A version that answers beside the one that is returned, after it: the request neither waits for it nor fails by it.
 * It has its own service, whose log and metrics are its own too.
 */
export class Shadow {
  readonly deployment: Deployment;
  #pending = 0;
  readonly #counts = { requests: 0, equal: 0, different: 0, fallbacks: 0, errors: 0, missed: 0 };
  #differences = 0;
  #numeric = 0;

  constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  get counts(): ShadowCounts {
    return { ...this.#counts, meanDifference: this.#differences / this.#numeric };
  }

  /** Scores the same body soon, once the answer is on its way. */
  follow(body: unknown, answer: ServedPrediction): void {
    if (this.#pending >= MOST) {
      this.#counts.missed++;
      return;
    }
    this.#pending++;
    setImmediate(() => {
      this.#score(body, answer).catch(() => this.#counts.errors++).finally(() => this.#pending--);
    });
  }

  async #score(body: unknown, answer: ServedPrediction): Promise<void> {
    this.#counts.requests++;
    const { service } = this.deployment;
    // Its view may be another one: a body that does not fit it is its error.
    const own = await service.predict(service.view.parseRequest(body) as never, { requestId: answer.requestId });
    if (own.fallback) this.#counts.fallbacks++;
    if (isEqual(own.prediction, answer.prediction)) this.#counts.equal++;
    else this.#counts.different++;
    if (typeof own.prediction === "number" && typeof answer.prediction === "number") {
      const difference = Math.abs(own.prediction - answer.prediction);
      if (Number.isFinite(difference)) {
        this.#differences += difference;
        this.#numeric++;
      }
    }
  }
}

function isEqual(a: ServedPrediction["prediction"], b: ServedPrediction["prediction"]): boolean {
  if (typeof a !== "object" || typeof b !== "object") return Object.is(a, b);
  return a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));
}
