import { DefinitionError, received } from "../../errors.js";

export interface BreakerOptions {
  /** Failures within the window that open the breaker. */
  readonly failures: number;
  readonly windowMillis: number;
  /** How long calls then fail at once. */
  readonly openMillis: number;
  /** Calls let through at once after that; when as many have succeeded, the breaker closes, and one failure opens it again. */
  readonly halfOpenProbes: number;
}

export type BreakerState = "closed" | "open" | "half-open";

/** "probe": let through to find out; its outcome decides. */
export type Permission = "pass" | "probe" | "refuse";

/** A circuit breaker (Nygard, Release It!, "Circuit Breaker"). Times are milliseconds of one monotonic clock. */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #onChange: (to: BreakerState, from: BreakerState) => void;
  #state: BreakerState = "closed";
  /** When the last failures were, the oldest at `#next`. */
  readonly #times: number[];
  #next = 0;
  #openedAt = 0;
  #probes = 0;
  #successes = 0;
  /** Counts the times it was half open: outcomes of probes of an earlier time no longer matter. */
  #round = 0;

  constructor(options: BreakerOptions, onChange: (to: BreakerState, from: BreakerState) => void) {
    for (const name of ["failures", "windowMillis", "openMillis", "halfOpenProbes"] as const) {
      const value = options[name];
      const isCount = name === "failures" || name === "halfOpenProbes";
      if (!(isCount ? Number.isSafeInteger(value) && value >= 1 && value <= 1e6 : Number.isFinite(value) && value > 0)) {
        throw new DefinitionError("INVALID_PARAMETER", `breaker.${name}`, { expected: isCount ? "an integer from 1 to 1,000,000" : "milliseconds above 0", actual: received(value) });
      }
    }
    this.#options = options;
    this.#onChange = onChange;
    this.#times = new Array<number>(options.failures).fill(-Infinity);
  }

  get state(): BreakerState {
    return this.#state;
  }

  get round(): number {
    return this.#round;
  }

  /** Whether a call may go ahead; one that may must report its outcome. */
  enter(now: number): Permission {
    if (this.#state === "closed") return "pass";
    if (this.#state === "open") {
      if (now - this.#openedAt < this.#options.openMillis) return "refuse";
      this.#probes = this.#successes = 0;
      this.#round++;
      this.#become("half-open");
    }
    if (this.#probes >= this.#options.halfOpenProbes) return "refuse";
    this.#probes++;
    return "probe";
  }

  /** `round`: of the probe; undefined for a call that passed while closed. */
  success(round: number | undefined): void {
    if (round === undefined || round !== this.#round || this.#state !== "half-open") return;
    if (++this.#successes < this.#options.halfOpenProbes) return;
    this.#times.fill(-Infinity);
    this.#become("closed");
  }

  failure(now: number, round: number | undefined): void {
    if (this.#state === "half-open") {
      if (round === this.#round) this.#open(now);
      return;
    }
    if (this.#state === "open") return;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#times.length;
    if (now - (this.#times[this.#next] as number) <= this.#options.windowMillis) this.#open(now);
  }

  /** A probe that ended without saying anything about the store: the next may try. */
  cancel(round: number | undefined): void {
    if (round !== undefined && round === this.#round && this.#state === "half-open") this.#probes--;
  }

  #open(now: number): void {
    this.#openedAt = now;
    this.#become("open");
  }

  #become(state: BreakerState): void {
    const from = this.#state;
    this.#state = state;
    this.#onChange(state, from);
  }
}
