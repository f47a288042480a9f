import type { OnlineStore } from "../store/store.js";
import { guardStore, type GuardCounters, type GuardedStore } from "../store/guard.js";
import type { BreakerState } from "../store/breaker.js";
import type { Budget } from "./budget.js";
import { isMillis } from "./budget.js";
import { fail, type PredictorServiceOptions } from "./options.js";

/** A store of the service. */
export interface StoreStats {
  readonly kind: string;
  /** Of the guard; "closed" where the store has none. */
  readonly state: BreakerState;
  /** Undefined where the store has no guard. */
  readonly counters: GuardCounters | undefined;
}

export function isGuarded(store: OnlineStore): store is GuardedStore {
  return typeof (store as Partial<GuardedStore>).state === "string" && typeof (store as Partial<GuardedStore>).counters === "object";
}

type StoreChoice = Pick<PredictorServiceOptions, "store" | "stores">;

/** The stores, each guarded once as the options say. What is no store is left to connect() to refuse. */
export function guarded(options: PredictorServiceOptions, budget: Budget): StoreChoice {
  const { store, stores, storeTimeoutMillis, hedgeAfterMillis, breaker } = options;
  for (const [name, value] of Object.entries({ storeTimeoutMillis, hedgeAfterMillis })) {
    if (value !== undefined && !isMillis(value)) fail([name], "milliseconds above 0, at most an hour", value);
  }
  const own = storeTimeoutMillis ?? (budget.lookup < Infinity ? budget.lookup : undefined);
  const wanted = own !== undefined || hedgeAfterMillis !== undefined || breaker !== undefined;
  const timeoutMillis = own ?? Math.min(budget.total, 3.6e6);
  const made = new Map<unknown, OnlineStore>();
  const guard = (given: OnlineStore): OnlineStore => {
    if (!wanted || typeof given?.get !== "function" || isGuarded(given)) return given;
    let out = made.get(given);
    if (out === undefined) {
      out = guardStore(given, { timeoutMillis, ...(hedgeAfterMillis === undefined ? {} : { hedgeAfterMillis }), ...(breaker === undefined ? {} : { breaker }) });
      made.set(given, out);
    }
    return out;
  };
  return {
    ...(store === undefined ? {} : { store: guard(store) }),
    ...(stores === undefined ? {} : { stores: Object.fromEntries(Object.entries(stores).map(([name, given]) => [name, guard(given)])) }),
  };
}

export function storeStats(store: OnlineStore): StoreStats {
  const { kind } = store;
  return isGuarded(store) ? { kind, state: store.state, counters: store.counters } : { kind, state: "closed", counters: undefined };
}
