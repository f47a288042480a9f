import { createHash } from "node:crypto";
import type { RedisClientOptions } from "redis";
import { DefinitionError, received, SkewlessError } from "../../errors.js";
import { importPeer } from "../../peer.js";
import type { FeatureGroup } from "../group.js";
import { closed, corrupt, messageOf } from "./failure.js";
import { codecOf, type GroupCodec } from "./group-codec.js";
import { GivenConnection, OwnConnection, type Connection, type RedisArgument, type RedisClient } from "./redis-connection.js";
import { PUT_SCRIPT } from "./redis-script.js";
import { UnknownSchema, type RowReader } from "./row-reader.js";
import { schemaFromDescriptor, type RowSchema } from "./schema.js";
import type { KeyValues, Lookup, LookupResult, OnlineStore, StoredRow, StoreWrite, WriteResult } from "./store.js";

export interface RedisStoreOptions {
  /** `redis://[[user][:password]@]host[:port][/database]`, or `rediss://`; localhost where nothing else says. */
  readonly url?: string;
  /** Options of the client (package `redis`), such as TLS and credentials. Reconnection and time-outs are the store's own. */
  readonly clientOptions?: RedisClientOptions;
  /** A connected client instead: it stays the caller's to reconnect and to close. */
  readonly client?: RedisClient;
  /** What all keys begin with; "skewless:" where it is left out. Stores of other prefixes do not see each other. */
  readonly prefix?: string;
  /** Connections, of which a call takes the one with the fewest under way; 1 where it is left out. A hedged retry needs 2. */
  readonly connections?: number;
  /** "background": the store is made while the server is not there, and connects when it is. */
  readonly connect?: "required" | "background";
  /** For the connection and the server's greeting; 2,000 where it is left out. */
  readonly connectTimeoutMillis?: number;
  /** A server that answers nothing for so long while calls wait is connected to again; 5,000 where it is left out. */
  readonly replyTimeoutMillis?: number;
}

export interface RedisStore extends OnlineStore {
  readonly kind: "redis";
  get(lookups: readonly Lookup[]): Promise<LookupResult>;
}

/** Rows a script call: some tenths of a millisecond, in which the server serves nobody else. */
const ROWS_PER_CALL = 128;
const CALLS_AT_ONCE = 32;
/** Far beyond any date, within what PEXPIREAT takes. */
const LATEST_EXPIRY = 2 ** 52;

/**
 * Rows in a Redis server of version 6 or newer (package `redis`), one string each; all lookups of a call are one MGET.
 * Rows expire by themselves. STORE_UNAVAILABLE where it cannot be reached: at once when the connection is down.
 */
export async function redisStore(options: RedisStoreOptions = {}): Promise<RedisStore> {
  const { url, clientOptions, client, prefix = "skewless:", connections = 1, connect = "required", connectTimeoutMillis = 2000, replyTimeoutMillis = 5000 } = options;
  if (client !== undefined && (url !== undefined || clientOptions !== undefined)) {
    throw new DefinitionError("INVALID_PARAMETER", "a client and options for another one", { fix: "Give either client, or url and clientOptions" });
  }
  if (typeof prefix !== "string" || !prefix.isWellFormed()) throw new DefinitionError("INVALID_PARAMETER", "prefix", { expected: "text", actual: received(prefix) });
  for (const [name, value, most] of [["connections", connections, 64], ["connectTimeoutMillis", connectTimeoutMillis, 2 ** 31 - 1], ["replyTimeoutMillis", replyTimeoutMillis, 2 ** 31 - 1]] as const) {
    if (!Number.isSafeInteger(value) || value < 1 || value > most) throw new DefinitionError("INVALID_PARAMETER", name, { expected: `an integer from 1 to ${most}`, actual: received(value) });
  }
  const module = await importPeer("redis", "the Redis store", () => import("redis"));
  if (client !== undefined) return new Redis([new GivenConnection(module, client)], prefix);
  const settings = { module, client: { ...clientOptions, ...(url === undefined ? {} : { url }) }, connectTimeoutMillis, replyTimeoutMillis };
  const own = Array.from({ length: connections }, () => new OwnConnection(settings));
  let attempts: Promise<SkewlessError | undefined>[];
  try {
    attempts = own.map((connection) => connection.connect());
  } catch (error) {
    throw new DefinitionError("INVALID_PARAMETER", `the client's options: ${messageOf(error)}`, {}, { cause: error });
  }
  if (connect === "required") {
    const fault = (await Promise.all(attempts)).find((error) => error !== undefined);
    if (fault !== undefined) {
      await Promise.all(own.map((connection) => connection.close()));
      throw fault;
    }
  }
  return new Redis(own, prefix);
}

interface Call {
  readonly command: RedisArgument[];
  readonly rows: number;
}

class Redis implements RedisStore {
  readonly kind = "redis";
  readonly #connections: readonly Connection[];
  readonly #prefix: string;
  readonly #sha = createHash("sha1").update(PUT_SCRIPT).digest("hex");
  readonly #schemas = new Map<string, RowSchema>();
  readonly #find = (id: string): RowSchema | undefined => this.#schemas.get(id);
  #isClosed = false;

  constructor(connections: readonly Connection[], prefix: string) {
    this.#connections = connections;
    this.#prefix = prefix;
  }

  get(lookups: readonly Lookup[]): Promise<LookupResult> {
    const command = ["MGET"];
    const readers: RowReader[] = [];
    try {
      for (const { group, keys, features } of lookups) {
        const codec = codecOf(group);
        readers.push(codec.reader(features));
        for (let i = 0; i < keys.length; i++) command.push(this.#key(codec, keys[i] as KeyValues, i));
      }
    } catch (error) {
      return Promise.reject(error as Error);
    }
    if (command.length === 1) return this.#isClosed ? Promise.reject(closed(this.kind)) : Promise.resolve(lookups.map(() => []));
    return this.#choose().send(command, (reply): LookupResult | Promise<LookupResult> => {
      if (!Array.isArray(reply) || reply.length !== command.length - 1) throw corrupt("the Redis server answered MGET with something else than its values");
      return this.#read(lookups, readers, reply as unknown[]);
    });
  }

  /** The rows, at once unless a schema has to be fetched first. */
  #read(lookups: readonly Lookup[], readers: readonly RowReader[], values: readonly unknown[]): LookupResult | Promise<LookupResult> {
    try {
      return this.#rows(lookups, readers, values);
    } catch (error) {
      if (!(error instanceof UnknownSchema)) throw error;
      return this.#loadSchema(error.id).then((isThere) => {
        if (!isThere) throw error;
        return this.#read(lookups, readers, values);
      });
    }
  }

  #rows(lookups: readonly Lookup[], readers: readonly RowReader[], values: readonly unknown[]): LookupResult {
    const now = Date.now();
    let at = 0;
    return lookups.map(({ keys }, i) => {
      const reader = readers[i] as RowReader;
      return keys.map((): StoredRow | undefined => {
        const bytes = values[at++];
        if (bytes === null) return undefined;
        if (!Buffer.isBuffer(bytes)) throw corrupt("the Redis server answered MGET with something else than its values");
        return reader.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes, bytes.length, now, this.#find);
      });
    });
  }

  async put(group: FeatureGroup, rows: readonly StoreWrite[]): Promise<WriteResult> {
    const codec = codecOf(group);
    const { id, descriptor } = codec.schema;
    const calls: Call[] = [];
    for (let from = 0; from < rows.length; from += ROWS_PER_CALL) {
      const to = Math.min(from + ROWS_PER_CALL, rows.length);
      const keys: string[] = [];
      const values: RedisArgument[] = [];
      for (let i = from; i < to; i++) {
        const row = rows[i] as StoreWrite;
        keys.push(this.#key(codec, row.keys, i));
        const { eventTime, bytes } = codec.encode(row, i);
        const expiry = codec.expiry(eventTime);
        values.push(bytes, expiry === Infinity ? "" : String(Math.ceil(Math.max(0, Math.min(expiry, LATEST_EXPIRY)))));
      }
      calls.push({ command: ["EVALSHA", this.#sha, String(to - from), ...keys, ...values], rows: to - from });
    }
    if (this.#isClosed) throw closed(this.kind);
    let stale = 0;
    // Through one connection, so that the calls keep their order.
    const connection = this.#choose();
    for (let from = 0; from < calls.length; from += CALLS_AT_ONCE) {
      const kept = this.#send(["SET", this.#schemaKey(id), descriptor], connection);
      stale += await this.#call(connection, calls.slice(from, from + CALLS_AT_ONCE), kept);
    }
    return { written: rows.length - stale, stale };
  }

  /** Sends the calls in one go. Where the server does not have the script (any more), it gets it and they are sent again. */
  async #call(connection: Connection, calls: readonly Call[], kept: Promise<unknown>, isRepeat = false): Promise<number> {
    const answers = await Promise.allSettled([kept, ...calls.map(({ command }) => this.#send(command, connection))]);
    const first = answers.findIndex(({ status }) => status === "rejected");
    if (first >= 0) {
      const error = (answers[first] as PromiseRejectedResult).reason as SkewlessError;
      if (isRepeat || !/^NOSCRIPT/.test(messageOf(error.cause))) throw error;
      await this.#send(["SCRIPT", "LOAD", PUT_SCRIPT], connection);
      return count(answers.slice(1, first)) + (await this.#call(connection, calls.slice(first - 1), Promise.resolve(), true));
    }
    return count(answers.slice(1));
  }

  async delete(group: FeatureGroup, keys: readonly KeyValues[]): Promise<void> {
    const codec = codecOf(group);
    const all = keys.map((values, i) => this.#key(codec, values, i));
    if (this.#isClosed) throw closed(this.kind);
    const connection = this.#choose();
    for (let from = 0; from < all.length; from += ROWS_PER_CALL) await this.#send(["DEL", ...all.slice(from, from + ROWS_PER_CALL)], connection);
  }

  async ping(): Promise<void> {
    const reply = await this.#send(["PING"]);
    if (String(reply) !== "PONG") throw corrupt("the Redis server answered PING with something else than PONG");
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  /** The key's bytes as characters U+0000 to U+00FF, which the client sends as UTF-8: readable, still in order, still unique. */
  #key(codec: GroupCodec, values: KeyValues, row: number): string {
    return this.#prefix + codec.key.text(values, row);
  }

  #schemaKey(id: string): string {
    return `${this.#prefix}\u0000\u0001schema ${id}`;
  }

  #choose(): Connection {
    let best = this.#connections[0] as Connection;
    for (const connection of this.#connections) {
      if (connection.isReady && (!best.isReady || connection.pending < best.pending)) best = connection;
    }
    return best;
  }

  #send(command: RedisArgument[], connection = this.#choose()): Promise<unknown> {
    return connection.send(command, (reply) => reply);
  }

  #loadSchema(id: string): Promise<boolean> {
    return this.#choose().send(["GET", this.#schemaKey(id)], (descriptor) => {
      const schema = Buffer.isBuffer(descriptor) ? schemaFromDescriptor(id, descriptor.toString("utf8")) : undefined;
      if (schema !== undefined) this.#schemas.set(id, schema);
      return schema !== undefined;
    });
  }
}

function count(answers: readonly PromiseSettledResult<unknown>[]): number {
  let stale = 0;
  for (const answer of answers) {
    const value = answer.status === "fulfilled" ? Number(answer.value) : NaN;
    if (!Number.isSafeInteger(value)) throw corrupt("the Redis server answered a script with something else than its result");
    stale += value;
  }
  return stale;
}
