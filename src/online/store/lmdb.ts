import { DefinitionError, received } from "../../errors.js";
import { importPeer } from "../../peer.js";
import type { FeatureGroup } from "../group.js";
import { closed } from "./failure.js";
import { codecOf } from "./group-codec.js";
import { EVENT_TIME_AT, NULLS_AT, ROW_VERSION } from "./layout.js";
import { LmdbHandle, schemaKey, type LmdbDatabase } from "./lmdb-handle.js";
import { UnknownSchema } from "./row-reader.js";
import { schemaFromDescriptor, type RowSchema } from "./schema.js";
import type { KeyValues, Lookup, LookupResult, OnlineStore, StoredRow, StoreWrite, WriteResult } from "./store.js";

export interface LmdbStoreOptions {
  /** The database file; a lock file of the same name with "-lock" is made beside it. Both must be on a local disk. */
  readonly path: string;
  /** For processes that only look up: put, delete and purge are refused. The file must exist. */
  readonly readOnly?: boolean;
  /** False: writes are not flushed to the disk. Faster for loading; a crash of the machine may damage the file. */
  readonly durable?: boolean;
  /** Threads and processes that may read at once; 126 where it is left out. */
  readonly maxReaders?: number;
}

export interface LmdbStore extends OnlineStore {
  readonly kind: "lmdb";
  readonly path: string;
  get(lookups: readonly Lookup[]): LookupResult;
  /** Deletes the groups' expired rows and returns how many; reads only pass over them. */
  purge(groups: readonly FeatureGroup[]): Promise<number>;
}

/** Rows written in one transaction: a few milliseconds, while which other writers wait. */
const ROWS_PER_TRANSACTION = 512;

/**
 * Rows in a memory-mapped file (package `lmdb`), which survives restarts and is shared by the processes of one host:
 * any number read while one writes. STORE_UNAVAILABLE, STORE_CORRUPT; see docs/stores.md for files that are damaged
 * while they are open.
 */
export async function lmdbStore({ path, readOnly = false, durable = true, maxReaders = 126 }: LmdbStoreOptions): Promise<LmdbStore> {
  if (typeof path !== "string" || path === "") throw new DefinitionError("INVALID_PARAMETER", "path", { expected: "the path of a file", actual: received(path) });
  if (!Number.isSafeInteger(maxReaders) || maxReaders < 1) {
    throw new DefinitionError("INVALID_PARAMETER", "maxReaders", { expected: "an integer above 0", actual: received(maxReaders) });
  }
  const module = await importPeer("lmdb", "the LMDB store", () => import("lmdb"));
  return new Lmdb(LmdbHandle.acquire(module, path, { readOnly, durable, maxReaders }), readOnly);
}

class Lmdb implements LmdbStore {
  readonly kind = "lmdb";
  readonly #handle: LmdbHandle;
  readonly #readOnly: boolean;
  #isClosed = false;
  #closing: Promise<void> | undefined;
  readonly #schemas = new Map<string, RowSchema>();
  readonly #find = (id: string): RowSchema | undefined => this.#schemas.get(id);
  /** lmdb copies values into one buffer, which it replaces when a value does not fit. */
  #buffer: Buffer | undefined;
  #view: DataView | undefined;

  constructor(handle: LmdbHandle, readOnly: boolean) {
    this.#handle = handle;
    this.#readOnly = readOnly;
  }

  get path(): string {
    return this.#handle.path;
  }

  get(lookups: readonly Lookup[]): LookupResult {
    if (this.#isClosed) throw closed(this.kind);
    const now = Date.now();
    const db = this.#handle.database(now);
    for (;;) {
      try {
        // lmdb keeps one read transaction until the event loop turns: all of these see one state of the store.
        return lookups.map((lookup) => this.#read(db, lookup, now));
      } catch (error) {
        // Each pass adds a schema, so that there are no more of them than schemas.
        if (!(error instanceof UnknownSchema) || !this.#loadSchema(db, error.id)) throw this.#handle.failure(error);
      }
    }
  }

  #read(db: LmdbDatabase, { group, keys, features }: Lookup, now: number): (StoredRow | undefined)[] {
    const codec = codecOf(group);
    const reader = codec.reader(features);
    return keys.map((values, i): StoredRow | undefined => {
      const found = db.getBinaryFast(codec.key.write(values, i));
      if (found === undefined) return undefined;
      const length = found.length;
      const bytes = this.#hold(found);
      return reader.read(this.#view as DataView, bytes, length, now, this.#find);
    });
  }

  async put(group: FeatureGroup, rows: readonly StoreWrite[]): Promise<WriteResult> {
    if (this.#isClosed) throw closed(this.kind);
    const codec = codecOf(group);
    const encoded = rows.map((row, i) => ({ key: codec.key.bytes(row.keys, i), ...codec.encode(row, i) }));
    let stale = 0;
    for (let from = 0; from < encoded.length; from += ROWS_PER_TRANSACTION) {
      let known = new Set<string>();
      await this.#write((db, schemas) => {
        known = schemas;
        if (!known.has(codec.schema.id)) void db.put(schemaKey(codec.schema.id), Buffer.from(codec.schema.descriptor));
        const to = Math.min(from + ROWS_PER_TRANSACTION, encoded.length);
        for (let i = from; i < to; i++) {
          const { key, eventTime, bytes } = encoded[i] as (typeof encoded)[number];
          if (heldTime(db.getBinaryFast(key)) > eventTime) stale++;
          else void db.put(key, bytes);
        }
      });
      known.add(codec.schema.id);
    }
    return { written: rows.length - stale, stale };
  }

  async delete(group: FeatureGroup, keys: readonly KeyValues[]): Promise<void> {
    if (this.#isClosed) throw closed(this.kind);
    const codec = codecOf(group);
    const all = keys.map((values, i) => codec.key.bytes(values, i));
    for (let from = 0; from < all.length; from += ROWS_PER_TRANSACTION) {
      await this.#write((db) => {
        for (const key of all.slice(from, from + ROWS_PER_TRANSACTION)) void db.remove(key);
      });
    }
  }

  async purge(groups: readonly FeatureGroup[]): Promise<number> {
    if (this.#isClosed) throw closed(this.kind);
    let count = 0;
    for (const group of groups) {
      if (group.ttlSeconds === undefined) continue;
      const codec = codecOf(group);
      const end = Buffer.from(codec.key.prefix);
      // A prefix ends with 0 0; the keys behind it come before 0 1.
      end[end.length - 1] = 1;
      let start: Uint8Array | undefined = codec.key.prefix;
      while (start !== undefined) {
        const first: Uint8Array = start;
        start = undefined;
        await this.#write((db) => {
          let seen = 0;
          const now = Date.now();
          const expired: Uint8Array[] = [];
          for (const { key, value } of db.getRange({ start: first as never, end: end as never })) {
            if (++seen > ROWS_PER_TRANSACTION) {
              start = key;
              break;
            }
            if (codec.expiry(heldTime(Buffer.from(value))) <= now) expired.push(key);
          }
          for (const key of expired) void db.remove(key);
          count += expired.length;
        });
      }
    }
    return count;
  }

  ping(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) throw closed(this.kind);
      this.#handle.database(Date.now());
      resolve();
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return (this.#closing ??= this.#handle.release());
  }

  /** Runs `step` in a write transaction, whose lock is waited for on another thread. */
  async #write(step: (db: LmdbDatabase, schemas: Set<string>) => void): Promise<void> {
    if (this.#isClosed) throw closed(this.kind);
    if (this.#readOnly) throw new DefinitionError("INVALID_PARAMETER", "the store was opened for reading only");
    const db = this.#handle.database(Date.now(), true);
    const { schemas } = this.#handle;
    try {
      await db.transaction(() => step(db, schemas));
    } catch (error) {
      // A failed commit gives its reason in a promise of its own, which must not go unhandled.
      const reason = (error as { commitError?: Promise<unknown> } | null)?.commitError;
      throw this.#handle.failure(reason === undefined ? error : await reason.then(() => error, (cause: unknown) => cause));
    }
  }

  #loadSchema(db: LmdbDatabase, id: string): boolean {
    const descriptor = db.getBinary(schemaKey(id) as never);
    const schema = descriptor === undefined ? undefined : schemaFromDescriptor(id, Buffer.from(descriptor).toString("utf8"));
    if (schema !== undefined) this.#schemas.set(id, schema);
    return schema !== undefined;
  }

  #hold(found: Buffer): Buffer {
    if (found === this.#buffer) return found;
    const bytes = Buffer.isBuffer(found) ? found : Buffer.from((found as Uint8Array).buffer, (found as Uint8Array).byteOffset, (found as Uint8Array).byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset);
    this.#buffer = bytes;
    return bytes;
  }
}

/** The event time of stored bytes; what is no row of ours never counts as newer. */
function heldTime(bytes: Buffer | undefined): number {
  return bytes === undefined || bytes.length < NULLS_AT || bytes[0] !== ROW_VERSION ? -Infinity : bytes.readDoubleLE(EVENT_TIME_AT);
}
