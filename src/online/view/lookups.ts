import { OnlineError, SkewlessError } from "../../errors.js";
import type { Lookup, LookupResult, OnlineStore, StoredRow } from "../store/store.js";

/** What a group's lookup gave for one request: a row, undefined where the store has none, or why the store failed. */
export type Outcome = StoredRow | undefined | SkewlessError;
/** For each lookup: its keys' rows, or why the store failed. */
export type Outcomes = (readonly (StoredRow | undefined)[] | SkewlessError)[];

/** A store and which of a request's lookups go to it. */
interface Route {
  readonly store: OnlineStore;
  readonly lookups: readonly number[];
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/**
 * Sends lookups to their stores: one call a store, all stores at once. Never throws or rejects: a store that fails
 * gives its error as the outcome of its own lookups. Stores that answer at once cost no promise.
 */
export class LookupRouter {
  readonly #routes: readonly Route[];
  /** Of the one route that most views have. */
  readonly #only: OnlineStore | undefined;

  /** `stores[i]` serves lookup i. */
  constructor(stores: readonly OnlineStore[]) {
    const routes = [...new Set(stores)].map((store) => ({ store, lookups: stores.flatMap((other, i) => (other === store ? [i] : [])) }));
    // Promised answers are on their way while stores of this process are asked.
    this.#routes = routes;
    this.#only = routes.length === 1 ? routes[0]?.store : undefined;
  }

  get stores(): readonly OnlineStore[] {
    return this.#routes.map(({ store }) => store);
  }

  get(lookups: readonly Lookup[]): Outcomes | Promise<Outcomes> {
    if (this.#only !== undefined) return ask(this.#only, lookups);
    const outcomes: Outcomes = new Array<Outcomes[number]>(lookups.length);
    const waiting: Promise<void>[] = [];
    for (const route of this.#routes) {
      const answer = ask(
        route.store,
        route.lookups.map((i) => lookups[i] as Lookup),
      );
      const take = (rows: Outcomes): void => {
        for (const [k, i] of route.lookups.entries()) outcomes[i] = rows[k] as Outcomes[number];
      };
      if (isPromise(answer)) waiting.push(answer.then(take));
      else take(answer);
    }
    return waiting.length === 0 ? outcomes : Promise.all(waiting).then(() => outcomes);
  }
}

function ask(store: OnlineStore, lookups: readonly Lookup[]): Outcomes | Promise<Outcomes> {
  let answer: LookupResult | Promise<LookupResult>;
  try {
    answer = store.get(lookups);
  } catch (error) {
    return failed(store, lookups, error);
  }
  if (!isPromise(answer)) return checked(store, lookups, answer);
  return answer.then(
    (rows) => checked(store, lookups, rows),
    (error: unknown) => failed(store, lookups, error),
  );
}

/** A store may be anyone's. */
function isAnswer(rows: unknown, keys: number): boolean {
  if (!Array.isArray(rows) || rows.length !== keys) return false;
  for (let i = 0; i < keys; i++) {
    const row = rows[i] as Partial<StoredRow> | null | undefined;
    if (row !== undefined && (row === null || typeof row.values !== "object" || row.values === null || typeof row.eventTime !== "number")) return false;
  }
  return true;
}

function checked(store: OnlineStore, lookups: readonly Lookup[], rows: LookupResult): Outcomes {
  let good = Array.isArray(rows) && rows.length === lookups.length;
  for (let i = 0; good && i < lookups.length; i++) good = isAnswer(rows[i], (lookups[i] as Lookup).keys.length);
  if (good) return rows as Outcomes;
  const error = new OnlineError("STORE_CORRUPT", `the ${store.kind} store did not answer with a row for every key`);
  return lookups.map(() => error);
}

/**
 * Corrupt data concern one group: the others are asked again, each by itself. Any other failure would only happen again
 * and take as long.
 */
function failed(store: OnlineStore, lookups: readonly Lookup[], reason: unknown): Outcomes | Promise<Outcomes> {
  const error =
    reason instanceof SkewlessError
      ? reason
      : new OnlineError("STORE_UNAVAILABLE", `the ${store.kind} store failed: ${reason instanceof Error ? reason.message : String(reason)}`, {}, { cause: reason });
  if (error.code !== "STORE_CORRUPT" || lookups.length === 1) return lookups.map(() => error);
  const alone = lookups.map((lookup) => ask(store, [lookup]));
  const first = (outcomes: Outcomes): Outcomes[number] => outcomes[0] ?? error;
  const settled = alone.filter((outcomes) => !isPromise(outcomes)) as Outcomes[];
  if (settled.length === alone.length) return settled.map(first);
  return Promise.all(alone.map((outcomes) => Promise.resolve(outcomes))).then((all) => all.map(first));
}
