import type { FeatureGroup } from "../group.js";

/** Values of serving keys by name, as a request brings them. */
export type KeyValues = Readonly<Record<string, unknown>>;

/** One group's part of a request. */
export interface Lookup {
  readonly group: FeatureGroup;
  readonly keys: readonly KeyValues[];
  /** Names of the features wanted, in the group's order; all where it is left out. */
  readonly features?: readonly string[];
}

/** What a store holds of one entity: values by feature name (a null value is null), in JavaScript's form of their types. */
export interface StoredRow {
  readonly values: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970, UTC. */
  readonly eventTime: number;
}

export interface StoreWrite {
  readonly keys: KeyValues;
  readonly values: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970; the time of writing where it is left out. */
  readonly eventTime?: number;
}

export interface WriteResult {
  readonly written: number;
  /** Rows that were older than what the store held. */
  readonly stale: number;
}

/** For each lookup, for each of its keys: the row, or undefined where the store has none (or it has expired). */
export type LookupResult = readonly (readonly (StoredRow | undefined)[])[];

/**
 * An online store. All lookups of a call are one round trip. Failures are OnlineErrors with the codes STORE_UNAVAILABLE
 * and STORE_CORRUPT; time-outs, retries and circuit breaking are added around a store (src/online/store/guard.ts).
 */
export interface OnlineStore {
  /** "memory", "lmdb", "redis". */
  readonly kind: string;
  /** A store in this process answers at once, without a promise. */
  get(lookups: readonly Lookup[]): LookupResult | Promise<LookupResult>;
  put(group: FeatureGroup, rows: readonly StoreWrite[]): Promise<WriteResult>;
  delete(group: FeatureGroup, keys: readonly KeyValues[]): Promise<void>;
  /** Whether the store answers: for readiness checks. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
