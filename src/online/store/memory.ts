import { DefinitionError, received } from "../../errors.js";
import type { FeatureGroup } from "../group.js";
import { closed } from "./failure.js";
import { codecOf } from "./group-codec.js";
import type { RowSchema } from "./schema.js";
import type { KeyValues, Lookup, LookupResult, OnlineStore, StoredRow, StoreWrite, WriteResult } from "./store.js";

export interface MemoryStoreOptions {
  /** Rows kept; above it the one that was read or written longest ago goes. Unbounded where it is left out. */
  readonly maxRows?: number;
}

export interface MemoryStore extends OnlineStore {
  readonly kind: "memory";
  /** Rows held, expired ones that nothing has asked for since included. */
  readonly size: number;
  get(lookups: readonly Lookup[]): LookupResult;
  /** Drops expired rows and returns how many; reading one drops it too. */
  purge(): Promise<number>;
}

interface Entry {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly eventTime: number;
  readonly expiry: number;
}

/** Rows in this process's memory, as the bytes that other stores keep: about their size and 200 bytes a row. */
export function memoryStore({ maxRows = Infinity }: MemoryStoreOptions = {}): MemoryStore {
  if (maxRows !== Infinity && !(Number.isSafeInteger(maxRows) && maxRows > 0)) {
    throw new DefinitionError("INVALID_PARAMETER", "maxRows", { expected: "an integer above 0", actual: received(maxRows) });
  }
  return new Memory(maxRows);
}

class Memory implements MemoryStore {
  readonly kind = "memory";
  readonly #maxRows: number;
  /** By the key's bytes; in the order of use where the store is bounded. */
  readonly #rows = new Map<string, Entry>();
  readonly #schemas = new Map<string, RowSchema>();
  readonly #find = (id: string): RowSchema | undefined => this.#schemas.get(id);
  #isClosed = false;

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(lookups: readonly Lookup[]): LookupResult {
    if (this.#isClosed) throw closed(this.kind);
    const now = Date.now();
    return lookups.map(({ group, keys, features }) => {
      const { key } = codecOf(group);
      const reader = codecOf(group).reader(features);
      return keys.map((values, i): StoredRow | undefined => {
        const text = key.text(values, i);
        const entry = this.#rows.get(text);
        if (entry === undefined) return undefined;
        if (entry.expiry <= now) {
          this.#rows.delete(text);
          return undefined;
        }
        if (this.#maxRows !== Infinity) {
          this.#rows.delete(text);
          this.#rows.set(text, entry);
        }
        return reader.read(entry.view, entry.bytes, entry.bytes.length, now, this.#find);
      });
    });
  }

  put(group: FeatureGroup, rows: readonly StoreWrite[]): Promise<WriteResult> {
    return attempt(() => {
      if (this.#isClosed) throw closed(this.kind);
      const codec = codecOf(group);
      const encoded = rows.map((row, i) => ({ key: codec.key.text(row.keys, i), ...codec.encode(row, i) }));
      this.#schemas.set(codec.schema.id, codec.schema);
      let stale = 0;
      for (const { key, eventTime, bytes } of encoded) {
        const held = this.#rows.get(key);
        if (held !== undefined && held.eventTime > eventTime) {
          stale++;
          continue;
        }
        this.#rows.delete(key);
        this.#rows.set(key, { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), eventTime, expiry: codec.expiry(eventTime) });
        if (this.#rows.size > this.#maxRows) this.#rows.delete(this.#rows.keys().next().value as string);
      }
      return { written: rows.length - stale, stale };
    });
  }

  delete(group: FeatureGroup, keys: readonly KeyValues[]): Promise<void> {
    return attempt(() => {
      if (this.#isClosed) throw closed(this.kind);
      const { key } = codecOf(group);
      const texts = keys.map((values, i) => key.text(values, i));
      for (const text of texts) this.#rows.delete(text);
    });
  }

  purge(): Promise<number> {
    return attempt(() => {
      if (this.#isClosed) throw closed(this.kind);
      const now = Date.now();
      const before = this.#rows.size;
      for (const [key, { expiry }] of this.#rows) if (expiry <= now) this.#rows.delete(key);
      return before - this.#rows.size;
    });
  }

  ping(): Promise<void> {
    return this.#isClosed ? Promise.reject(closed(this.kind)) : Promise.resolve();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#rows.clear();
    return Promise.resolve();
  }
}

/** A synchronous step whose errors become the promise's. */
function attempt<Result>(step: () => Result): Promise<Result> {
  return new Promise((resolve) => resolve(step()));
}
