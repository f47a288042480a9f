import { statSync, type Stats } from "node:fs";
import { resolve } from "node:path";
import type { Database, RootDatabaseOptionsWithPath } from "lmdb";
import { DefinitionError, SkewlessError } from "../../errors.js";
import { corrupt, messageOf, unavailable } from "./failure.js";
import { copyKey } from "./key.js";
import { checkFile, checkHeader } from "./lmdb-file.js";

/** Bytes, or the length of the key that KeyCodec.write left in its scratch. */
export type LmdbKey = Uint8Array | number;
/** The part of lmdb's database that is used; values are bytes. */
export type LmdbDatabase = Database<Uint8Array, never> & {
  getBinaryFast(key: LmdbKey): Buffer | undefined;
  put(key: LmdbKey, value: Uint8Array): Promise<boolean>;
  remove(key: LmdbKey): Promise<boolean>;
};
export type LmdbModule = typeof import("lmdb");

export interface LmdbOpenOptions {
  readonly readOnly: boolean;
  readonly durable: boolean;
  readonly maxReaders: number;
}

/** Keys of ours begin with 0 1, which no group's name does. */
const OWN = "\u0000\u0001";
const FORMAT_KEY = Buffer.from(`${OWN}format`, "latin1");
const FORMAT = Buffer.from("skewless online store 1");
export const schemaKey = (id: string): Buffer => Buffer.from(`${OWN}schema ${id}`, "latin1");

/** A file that is gone or damaged is looked at again after this time. */
const REOPEN_MILLIS = 100;

const keyEncoder = {
  writeKey(key: LmdbKey, target: Uint8Array, at: number): number {
    if (typeof key === "number") {
      copyKey(target, at, key);
      return at + key;
    }
    target.set(key, at);
    return at + key.length;
  },
  readKey: (bytes: Uint8Array, start: number, end: number): Uint8Array => Uint8Array.prototype.slice.call(bytes, start, end),
};

/**
 * One open database file of this thread, shared by all stores on it. LMDB maps the file into memory and reads it as it
 * lies: a file that shrinks or is written over ends the process. So the file's size, identity and header are looked at
 * before use, at most once a millisecond, and the database is let go of when they are not what they were.
 */
export class LmdbHandle {
  static readonly #open = new Map<string, LmdbHandle>();

  readonly path: string;
  readonly #module: LmdbModule;
  readonly #options: LmdbOpenOptions;
  #users = 0;
  #db: LmdbDatabase | undefined;
  #file: Stats | undefined;
  #checkedAt = 0;
  #fault: SkewlessError | undefined;
  #triedAt = 0;
  #closing: Promise<unknown> = Promise.resolve();
  /** Schemas that the file is known to hold. */
  schemas = new Set<string>();

  static acquire(module: LmdbModule, path: string, options: LmdbOpenOptions): LmdbHandle {
    const full = resolve(path);
    let handle = this.#open.get(full);
    if (handle === undefined) {
      handle = new LmdbHandle(module, full, options);
      handle.#openFile(true);
      this.#open.set(full, handle);
    } else if (JSON.stringify(handle.#options) !== JSON.stringify(options)) {
      throw new DefinitionError("INVALID_PARAMETER", `${full} is open in this process with other options`, {
        expected: JSON.stringify(handle.#options),
        actual: JSON.stringify(options),
        fix: "Open it with the same options, or close the other store first",
      });
    }
    handle.#users++;
    return handle;
  }

  private constructor(module: LmdbModule, path: string, options: LmdbOpenOptions) {
    this.#module = module;
    this.path = path;
    this.#options = options;
  }

  /** The database, or an error that says what became of its file. `create`: a writer makes the file where it is gone. */
  database(now: number, create = false): LmdbDatabase {
    if (now !== this.#checkedAt) this.#check(now);
    if (this.#db === undefined && (create || now < this.#triedAt || now - this.#triedAt >= REOPEN_MILLIS)) {
      this.#triedAt = now;
      this.#openFile(create);
    }
    if (this.#db === undefined) throw this.#fault as SkewlessError;
    return this.#db;
  }

  async release(): Promise<void> {
    if (--this.#users > 0) return;
    LmdbHandle.#open.delete(this.path);
    this.#letGo(undefined);
    await this.#closing;
  }

  /** What lmdb throws as an error of ours; damage lets go of the database. */
  failure(cause: unknown): SkewlessError {
    if (cause instanceof SkewlessError) return cause;
    const code = (cause as { code?: unknown } | null)?.code;
    // MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_VERSION_MISMATCH
    if (code === -30796 || code === -30797 || code === -30793 || code === -30794) {
      const error = corrupt(`the LMDB file ${this.path} is damaged: ${messageOf(cause)}`, {}, cause);
      this.#letGo(error);
      return error;
    }
    return unavailable(`the LMDB file ${this.path} cannot be used: ${messageOf(cause)}`, {}, cause);
  }

  #check(now: number): void {
    this.#checkedAt = now;
    const before = this.#file;
    if (this.#db === undefined || before === undefined) return;
    const file = this.#stat();
    if (file === undefined) {
      this.#letGo(this.#removed());
    } else if (file.ino !== before.ino || file.dev !== before.dev) {
      // Another file in its place: opened below, by the same call.
      this.#letGo(unavailable(`the LMDB file ${this.path} was replaced`));
      this.#triedAt = 0;
    } else if (file.size < before.size) {
      this.#letGo(corrupt(`the LMDB file ${this.path} is damaged: it has been truncated`, { fix: "Restore the file, or remove it and materialize again" }));
    } else if (file.mtimeMs !== before.mtimeMs) {
      try {
        checkHeader(this.path);
        this.#file = file;
      } catch (error) {
        this.#letGo(this.failure(error));
      }
    }
  }

  /** The file's facts; undefined where there is none. */
  #stat(): Stats | undefined {
    try {
      return statSync(this.path, { throwIfNoEntry: false });
    } catch (error) {
      throw this.failure(error);
    }
  }

  #openFile(create: boolean): void {
    const exists = this.#stat() !== undefined;
    if (!exists && (!create || this.#options.readOnly)) {
      this.#fault = this.#removed();
      if (this.#users === 0) throw this.#fault;
      return;
    }
    let db: LmdbDatabase | undefined;
    try {
      if (exists) checkFile(this.path);
      db = this.#module.open(this.#lmdbOptions()) as unknown as LmdbDatabase;
      this.#claim(db);
      this.#db = db;
      this.#file = statSync(this.path);
      this.#fault = undefined;
      this.schemas = new Set();
    } catch (cause) {
      this.#db = undefined;
      if (db !== undefined) void db.close().catch(() => undefined);
      this.#fault = this.failure(cause);
      if (this.#users === 0 || create) throw this.#fault;
    }
  }

  #lmdbOptions(): RootDatabaseOptionsWithPath {
    const { readOnly, durable, maxReaders } = this.#options;
    return {
      path: this.path,
      noSubdir: true,
      encoding: "binary",
      keyEncoder,
      maxDbs: 1,
      maxReaders,
      readOnly,
      noSync: !durable,
      // Commits that are flushed before they count: what put() has promised survives the process and its machine.
      overlappingSync: false,
      // Else each turn of the event loop begins a batch whose promise nobody gets: where its commit fails, unhandled.
      eventTurnBatching: false,
    };
  }

  /** Marks an empty database as ours and refuses others'. */
  #claim(db: LmdbDatabase): void {
    const format = db.getBinary(FORMAT_KEY as never);
    if (format !== undefined) {
      if (!FORMAT.equals(format)) throw corrupt(`the LMDB file ${this.path} was written by another version`, { actual: Buffer.from(format.subarray(0, 40)).toString("latin1") });
      return;
    }
    if (db.getKeysCount({ limit: 1 }) > 0) throw corrupt(`the LMDB file ${this.path} holds something else than an online store`);
    if (this.#options.readOnly) return;
    db.transactionSync(() => void db.put(FORMAT_KEY, FORMAT));
  }

  #letGo(fault: SkewlessError | undefined): void {
    const db = this.#db;
    this.#db = undefined;
    this.#file = undefined;
    this.#fault = fault;
    this.#triedAt = this.#checkedAt;
    if (db !== undefined) this.#closing = db.close().catch(() => undefined);
  }

  #removed(): SkewlessError {
    return unavailable(`there is no LMDB file ${this.path}`, { fix: "Restore the file; the next put makes a new one" });
  }
}
