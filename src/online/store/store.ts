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

/**
 * What a store holds of one entity: values by feature name, as rows of the engine take them. A null value is null; a
 * feature that the group has got since the row was written is absent. 64-bit integers and timestamps (ticks of their
 * unit; date32: days) are numbers where they are safe integers, else bigints. Lists are typed arrays of their element
 * type (64 bits: BigInt64Array, float16: Float32Array), plain arrays where elements are null or text.
 */
export interface StoredRow {
  readonly values: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970, UTC. */
  readonly eventTime: number;
}

/** Values are checked as the engine checks a row's: InputError with the path and the row's number. */
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
  /** A store in this process (memory, LMDB) answers at once, without a promise, and throws. */
  get(lookups: readonly Lookup[]): LookupResult | Promise<LookupResult>;
  /**
   * Of two rows of one key the one with the later event time stays, whatever order and process they come from; of equal
   * ones the one written later. A wrong row fails the call before anything is written; after a store's failure some of
   * the rows may have been, and putting them again is harmless.
   */
  put(group: FeatureGroup, rows: readonly StoreWrite[]): Promise<WriteResult>;
  /** Leaves no trace: a row that is put afterwards is kept, however old it is. */
  delete(group: FeatureGroup, keys: readonly KeyValues[]): Promise<void>;
  /** Whether the store answers: for readiness checks. */
  ping(): Promise<void>;
  /** Any number of times; afterwards all calls fail with CLOSED. */
  close(): Promise<void>;
}
