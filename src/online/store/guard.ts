import { DefinitionError, OnlineError, received, SkewlessError } from "../../errors.js";
import type { FeatureGroup } from "../group.js";
import { Breaker, type BreakerOptions, type BreakerState } from "./breaker.js";
import { closed, messageOf, unavailable } from "./failure.js";
import type { KeyValues, Lookup, LookupResult, OnlineStore, StoreWrite, WriteResult } from "./store.js";

export interface GuardOptions {
  /** How long get and ping may take; then STORE_TIMEOUT. The store's answer is ignored when it comes. */
  readonly timeoutMillis: number;
  /** How long put and delete may take; 10,000 where it is left out. What was under way may still be written. */
  readonly writeTimeoutMillis?: number;
  /**
   * Asks a second time when a get has not been answered after this, or failed sooner; the first answer counts, within
   * the same time-out. No second try where it is left out.
   */
  readonly hedgeAfterMillis?: number;
  /** No breaker where it is left out. Time-outs and STORE_UNAVAILABLE are failures; wrong requests and bad rows are not. */
  readonly breaker?: BreakerOptions;
  /** After each change of the breaker's state. What it throws is ignored. */
  readonly onStateChange?: (to: BreakerState, from: BreakerState) => void;
}

/** Counts since the store was guarded. */
export interface GuardCounters {
  readonly calls: number;
  readonly failures: number;
  readonly timeouts: number;
  /** Calls that the open breaker refused. */
  readonly refused: number;
  readonly hedges: number;
  /** Hedges whose answer came first. */
  readonly hedgeWins: number;
  readonly opened: number;
}

export interface GuardedStore extends OnlineStore {
  readonly store: OnlineStore;
  /** "closed" where there is no breaker. An open one turns half-open with the first call after its time. */
  readonly state: BreakerState;
  readonly counters: GuardCounters;
}

/**
 * Bounds what a store's failures cost: a time-out for each call, one hedged second try, a circuit breaker. A store that
 * answers at once (memory, LMDB) is called without a timer or a promise.
 */
export function guardStore(store: OnlineStore, options: GuardOptions): GuardedStore {
  return new Guard(store, options);
}

type Round = number | undefined;

class Guard implements GuardedStore {
  readonly kind: string;
  readonly store: OnlineStore;
  readonly #timeout: number;
  readonly #writeTimeout: number;
  readonly #hedgeAfter: number | undefined;
  readonly #breaker: Breaker | undefined;
  readonly #counters = { calls: 0, failures: 0, timeouts: 0, refused: 0, hedges: 0, hedgeWins: 0, opened: 0 };
  #isClosed = false;

  constructor(store: OnlineStore, { timeoutMillis, writeTimeoutMillis = 10_000, hedgeAfterMillis, breaker, onStateChange }: GuardOptions) {
    for (const [name, value] of [["timeoutMillis", timeoutMillis], ["writeTimeoutMillis", writeTimeoutMillis], ["hedgeAfterMillis", hedgeAfterMillis ?? 1]] as const) {
      if (!(value > 0 && value < 2 ** 31)) throw new DefinitionError("INVALID_PARAMETER", name, { expected: "milliseconds above 0", actual: received(value) });
    }
    this.kind = store.kind;
    this.store = store;
    this.#timeout = timeoutMillis;
    this.#writeTimeout = writeTimeoutMillis;
    this.#hedgeAfter = hedgeAfterMillis;
    if (breaker !== undefined) {
      this.#breaker = new Breaker(breaker, (to, from) => {
        if (to === "open") this.#counters.opened++;
        try {
          onStateChange?.(to, from);
        } catch {
          // The caller's own; a lookup must not fail by it.
        }
      });
    }
  }

  get state(): BreakerState {
    return this.#breaker?.state ?? "closed";
  }

  get counters(): GuardCounters {
    return { ...this.#counters };
  }

  get(lookups: readonly Lookup[]): LookupResult | Promise<LookupResult> {
    const round = this.#enter();
    let result: LookupResult | Promise<LookupResult>;
    try {
      result = this.store.get(lookups);
    } catch (error) {
      throw this.#failed(error, round);
    }
    if (!(result instanceof Promise)) {
      this.#breaker?.success(round);
      return result;
    }
    return this.#settle(result, this.#timeout, round, this.#hedgeAfter === undefined ? undefined : () => this.store.get(lookups));
  }

  put(group: FeatureGroup, rows: readonly StoreWrite[]): Promise<WriteResult> {
    return this.#call(() => this.store.put(group, rows), this.#writeTimeout);
  }

  delete(group: FeatureGroup, keys: readonly KeyValues[]): Promise<void> {
    return this.#call(() => this.store.delete(group, keys), this.#writeTimeout);
  }

  /** Asks the store itself, whatever the breaker's state, and changes nothing about it. */
  ping(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed(this.kind));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#late(this.#timeout)), this.#timeout);
      this.store.ping().then(resolve, (error: unknown) => reject(asStoreError(error))).finally(() => clearTimeout(timer));
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.store.close();
  }

  async #call<Result>(start: () => Promise<Result>, timeout: number): Promise<Result> {
    const round = this.#enter();
    let result: Promise<Result>;
    try {
      result = start();
    } catch (error) {
      throw this.#failed(error, round);
    }
    return this.#settle(result, timeout, round, undefined);
  }

  /** The breaker's round where the call is a probe. Throws when the store is closed or the breaker refuses. */
  #enter(): Round {
    if (this.#isClosed) throw closed(this.kind);
    this.#counters.calls++;
    const breaker = this.#breaker;
    if (breaker === undefined || breaker.state === "closed") return undefined;
    const permission = breaker.enter(performance.now());
    if (permission === "pass") return undefined;
    if (permission === "probe") return breaker.round;
    this.#counters.refused++;
    throw unavailable(`the ${this.kind} store has failed too often: its circuit breaker is ${breaker.state}`);
  }

  /** The first answer of the call and its second try within the time-out. Every promise gets its handlers here. */
  #settle<Result>(first: Promise<Result>, timeout: number, round: Round, again: (() => Result | Promise<Result>) | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      let waiting = 1;
      let hedge = again;
      let hedgeTimer: NodeJS.Timeout | undefined;
      const timer = setTimeout(() => {
        this.#counters.timeouts++;
        fail(this.#late(timeout));
      }, timeout);
      const end = (): void => {
        isOver = true;
        clearTimeout(timer);
        clearTimeout(hedgeTimer);
      };
      const fail = (error: unknown): void => {
        end();
        reject(this.#failed(error, round));
      };
      const win = (result: Result, isHedge: boolean): void => {
        if (isOver) return;
        end();
        if (isHedge) this.#counters.hedgeWins++;
        this.#breaker?.success(round);
        resolve(result);
      };
      const lose = (error: unknown): void => {
        waiting--;
        if (isOver) return;
        if (hedge !== undefined && isFailure(error)) tryAgain();
        else if (waiting === 0 || !isFailure(error)) fail(error);
      };
      const tryAgain = (): void => {
        const start = hedge;
        if (start === undefined) return;
        hedge = undefined;
        clearTimeout(hedgeTimer);
        waiting++;
        this.#counters.hedges++;
        let second: Result | Promise<Result>;
        try {
          second = start();
        } catch (error) {
          lose(error);
          return;
        }
        if (second instanceof Promise) second.then((result: Result) => win(result, true), lose);
        else win(second, true);
      };
      if (hedge !== undefined) hedgeTimer = setTimeout(tryAgain, this.#hedgeAfter);
      first.then((result) => win(result, false), lose);
    });
  }

  #failed(cause: unknown, round: Round): SkewlessError {
    const error = asStoreError(cause);
    if (isFailure(error)) {
      this.#counters.failures++;
      this.#breaker?.failure(performance.now(), round);
    } else {
      this.#breaker?.cancel(round);
    }
    return error;
  }

  #late(timeout: number): OnlineError {
    return new OnlineError("STORE_TIMEOUT", `the ${this.kind} store did not answer within ${timeout} ms`);
  }
}

/** What a store of the caller's own throws counts as its failure. */
function asStoreError(error: unknown): SkewlessError {
  return error instanceof SkewlessError ? error : unavailable(`the store failed: ${messageOf(error)}`, {}, error);
}

function isFailure(error: unknown): boolean {
  return !(error instanceof SkewlessError) || error.code === "STORE_UNAVAILABLE" || error.code === "STORE_TIMEOUT";
}
