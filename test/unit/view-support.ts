import { Float64, Int64, TimestampMillisecond, Table, Utf8, Bool, vectorFromArray } from "apache-arrow";
import { defineFeatureView, featureGroup, t, type KeyValues, type Lookup, type LookupResult, type OnlineStore, type StoredRow, type StoreWrite, type WriteResult } from "../../src/index.js";
import type { FeatureGroup } from "../../src/index.js";

/** A store in memory that counts its calls, and answers at once or by a promise; it fails while `failure` is set. */
export class TestStore implements OnlineStore {
  readonly kind = "test";
  calls: (readonly Lookup[])[] = [];
  failure: Error | undefined;
  /** Groups whose lookups fail alone. */
  corrupt = new Map<string, Error>();
  readonly #rows = new Map<string, StoredRow>();
  readonly #promised: boolean;

  constructor(promised = false) {
    this.#promised = promised;
  }

  #key(group: FeatureGroup, keys: KeyValues): string {
    return `${group.name}/${Object.keys(group.keys).map((name) => String(keys[name])).join("/")}`;
  }

  set(group: FeatureGroup, keys: KeyValues, values: Readonly<Record<string, unknown>>, eventTime = Date.now()): void {
    this.#rows.set(this.#key(group, keys), { values, eventTime });
  }

  #answer(lookups: readonly Lookup[]): LookupResult {
    this.calls.push(lookups);
    if (this.failure !== undefined) throw this.failure;
    for (const { group } of lookups) {
      const failure = this.corrupt.get(group.name);
      if (failure !== undefined) throw failure;
    }
    return lookups.map(({ group, keys, features }) =>
      keys.map((own) => {
        const row = this.#rows.get(this.#key(group, own));
        if (row === undefined || features === undefined) return row;
        const values = Object.fromEntries(features.filter((name) => Object.hasOwn(row.values, name)).map((name) => [name, row.values[name]]));
        return { values, eventTime: row.eventTime };
      }),
    );
  }

  get(lookups: readonly Lookup[]): LookupResult | Promise<LookupResult> {
    if (!this.#promised) return this.#answer(lookups);
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(this.#answer(lookups));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  put(group: FeatureGroup, rows: readonly StoreWrite[]): Promise<WriteResult> {
    let written = 0;
    for (const { keys, values, eventTime = Date.now() } of rows) {
      const key = this.#key(group, keys);
      if ((this.#rows.get(key)?.eventTime ?? -Infinity) > eventTime) continue;
      this.#rows.set(key, { values, eventTime });
      written++;
    }
    return Promise.resolve({ written, stale: rows.length - written });
  }

  delete(group: FeatureGroup, keys: readonly KeyValues[]): Promise<void> {
    for (const own of keys) this.#rows.delete(this.#key(group, own));
    return Promise.resolve();
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}
}

export const cards = featureGroup({
  name: "cards",
  keys: { card_id: t.int64() },
  features: {
    amount_mean: t.float64(),
    count: t.int32(),
    prev_at: t.timestamp("ms").nullable(),
    country: t.utf8().nullable(),
    limit: t.float64().nullable(),
  },
  eventTime: "updated_at",
  maxAgeSeconds: 3600,
});
export const places = featureGroup({ name: "places", keys: { id: t.utf8() }, features: { risk: t.float64(), open: t.bool() } });

/** A view with everything: joined names, helpers, passed and on-demand features, fitted transformations. */
export const fraud = defineFeatureView({
  name: "fraud",
  version: 3,
  groups: [cards, { group: places, keys: { id: "place_id" }, prefix: "place_" }],
  requestParameters: { amount: t.float64(), at: t.timestamp("ms"), note: t.utf8().nullable() },
  passedFeatures: { amount_mean: "lookedUp", distance: t.float64().nullable() },
  helpers: ["prev_at"],
  labels: ["is_fraud"],
  onDemand: ({ at, prev_at, amount, amount_mean }) => ({ seconds_since: at.diff(prev_at, "second"), ratio: amount.div(amount_mean) }),
  features: ({ amount, amount_mean, count, country, place_risk, place_open, distance, seconds_since, ratio }) => ({
    amount: amount.log1p().standardScaler(),
    ratio: ratio.minMaxScaler(),
    amount_mean,
    count: count.add(1),
    country: country.oneHotEncoder(),
    place_risk,
    place_open,
    distance: distance.simpleImputer({ strategy: "median" }),
    seconds_since: seconds_since.log1p(),
  }),
});

/** Training rows in the view's names. */
export function training(rows = 200): Table {
  const index = Array.from({ length: rows }, (_, i) => i);
  const noise = (i: number, salt: number): number => Math.abs(Math.sin(i * 12.9898 + salt * 78.233) * 43758.5453) % 1;
  return new Table({
    card_id: vectorFromArray(index.map((i) => BigInt(i)), new Int64()),
    place_id: vectorFromArray(index.map((i) => `p${i % 7}`), new Utf8()),
    amount: vectorFromArray(index.map((i) => noise(i, 1) * 500), new Float64()),
    amount_mean: vectorFromArray(index.map((i) => 1 + noise(i, 2) * 100), new Float64()),
    count: vectorFromArray(Int32Array.from(index, (i) => Math.floor(noise(i, 3) * 30))),
    prev_at: vectorFromArray(index.map((i) => (i % 9 === 0 ? null : 1_700_000_000_000 + i * 1000)), new TimestampMillisecond()),
    at: vectorFromArray(index.map((i) => 1_700_000_900_000 + i * 1500), new TimestampMillisecond()),
    country: vectorFromArray(index.map((i) => (i % 11 === 0 ? null : ["NO", "SE", "DK"][i % 3])), new Utf8()),
    limit: vectorFromArray(index.map((i) => (i % 5 === 0 ? null : i)), new Float64()),
    place_risk: vectorFromArray(index.map((i) => noise(i, 4)), new Float64()),
    place_open: vectorFromArray(index.map((i) => i % 2 === 0), new Bool()),
    distance: vectorFromArray(index.map((i) => (i % 4 === 0 ? null : noise(i, 5) * 9000)), new Float64()),
    note: vectorFromArray(index.map(() => "x"), new Utf8()),
    is_fraud: vectorFromArray(index.map((i) => i % 13 === 0), new Bool()),
  });
}
