import type { RedisClientOptions, RedisClientType } from "redis";
import { SkewlessError } from "../../errors.js";
import { closed, corrupt, messageOf, unavailable } from "./failure.js";

export type RedisModule = typeof import("redis");
export type RedisArgument = string | Buffer;
/** What is used of a client. */
export type RedisClient = Pick<RedisClientType, "sendCommand" | "isReady" | "on" | "off">;

/** First and longest pause between attempts to connect. */
const FIRST_PAUSE_MILLIS = 20;
const LONGEST_PAUSE_MILLIS = 1000;

export interface ConnectionOptions {
  readonly module: RedisModule;
  readonly client: RedisClientOptions;
  /** For the connection and the server's greeting. */
  readonly connectTimeoutMillis: number;
  /** A server that owes an answer for longer has lost it: the connection is made again. */
  readonly replyTimeoutMillis: number;
}

export interface Connection {
  /** Calls under way. */
  readonly pending: number;
  readonly isReady: boolean;
  /** What `read` makes of the reply. STORE_UNAVAILABLE, STORE_CORRUPT, CLOSED. */
  send<Result>(command: readonly RedisArgument[], read: (reply: unknown) => Result | Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * A connection that makes itself again. It never queues while there is none: calls fail at once. Each attempt has a
 * client of its own, because the client neither notices a server that speaks something else (it reports the error and
 * waits on) nor one that never answers.
 */
export class OwnConnection implements Connection {
  readonly #options: ConnectionOptions;
  readonly #mapping: CommandOptions;
  #client: RedisClientType | undefined;
  #pending = 0;
  #answered = 0;
  #watch: NodeJS.Timeout | undefined;
  #pause: NodeJS.Timeout | undefined;
  #pauseMillis = FIRST_PAUSE_MILLIS;
  #isClosed = false;
  #drop: ((fault: SkewlessError) => void) | undefined;
  #fault: SkewlessError = unavailable("the Redis server has not been reached yet");

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#mapping = replyMapping(options.module);
  }

  get pending(): number {
    return this.#pending;
  }

  get isReady(): boolean {
    return this.#client?.isReady === true;
  }

  /** Tries to connect until close(); resolves after the first attempt, with its error where it failed. */
  connect(): Promise<SkewlessError | undefined> {
    const { connectTimeoutMillis } = this.#options;
    const client = this.#makeClient();
    return new Promise((resolve) => {
      let isOver = false;
      let isReady = false;
      const timer = setTimeout(() => fail(unavailable(`the Redis server did not greet within ${connectTimeoutMillis} ms`)), connectTimeoutMillis);
      const fail = (fault: SkewlessError): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        this.#fault = this.#isClosed ? closed("redis") : fault;
        if (this.#client === client) this.#client = undefined;
        // Rejects the calls under way.
        client.destroy();
        this.#later();
        resolve(fault);
      };
      client.on("error", (error: Error) => {
        // A socket's error has already taken the client's readiness; one that has not comes from the decoder.
        if (isReady && client.isReady) fail(corrupt(`the Redis server answered with something else than its protocol: ${error.message}`, {}, error));
        else fail(unavailable(`the Redis server cannot be reached: ${describe(error)}`, {}, error));
      });
      client.on("end", () => fail(unavailable("the connection to the Redis server ended")));
      client.connect().then(
        () => {
          if (this.#isClosed || isOver) {
            isOver = true;
            client.destroy();
            return;
          }
          isReady = true;
          clearTimeout(timer);
          this.#client = client;
          this.#drop = fail;
          this.#pauseMillis = FIRST_PAUSE_MILLIS;
          resolve(undefined);
        },
        (error: unknown) => fail(unavailable(`the Redis server cannot be reached: ${describe(error)}`, {}, error)),
      );
    });
  }

  send<Result>(command: readonly RedisArgument[], read: (reply: unknown) => Result | Promise<Result>): Promise<Result> {
    const client = this.#client;
    if (client === undefined || !client.isReady) return Promise.reject(this.#fault);
    this.#pending++;
    if (this.#watch === undefined) this.#lookLater();
    return client.sendCommand(command as string[], this.#mapping).then(
      (reply: unknown) => {
        this.#pending--;
        this.#answered++;
        return read(reply);
      },
      (error: unknown) => {
        this.#pending--;
        this.#answered++;
        // The client's own error only says that it was destroyed; the fault says why.
        throw client.isReady ? failureOf(error) : this.#fault;
      },
    );
  }

  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#watch);
    clearTimeout(this.#pause);
    this.#fault = closed("redis");
    const client = this.#client;
    this.#client = undefined;
    client?.destroy();
    return Promise.resolve();
  }

  /** Throws what the client throws at options that make no sense. */
  #makeClient(): RedisClientType {
    const { module, client: options, connectTimeoutMillis } = this.#options;
    return module.createClient({
      ...options,
      disableOfflineQueue: true,
      commandsQueueMaxLength: options.commandsQueueMaxLength ?? 65536,
      socket: { ...options.socket, connectTimeout: connectTimeoutMillis, reconnectStrategy: false } as NonNullable<RedisClientOptions["socket"]>,
    }) as unknown as RedisClientType;
  }

  #later(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.connect(), this.#pauseMillis).unref();
    this.#pauseMillis = Math.min(this.#pauseMillis * 2, LONGEST_PAUSE_MILLIS);
  }

  /** While calls are under way: nothing answered between two looks means that the server has lost them. */
  #lookLater(): void {
    const answered = this.#answered;
    this.#watch = setTimeout(() => {
      this.#watch = undefined;
      if (this.#pending === 0) return;
      if (this.#answered === answered) this.#drop?.(unavailable(`the Redis server answered nothing for ${this.#options.replyTimeoutMillis} ms`));
      else this.#lookLater();
    }, this.#options.replyTimeoutMillis).unref();
  }
}

/** A client that the caller connects, reconnects and closes. */
export class GivenConnection implements Connection {
  readonly #client: RedisClient;
  readonly #mapping: CommandOptions;
  readonly #onError = (): void => undefined;
  #pending = 0;
  #isClosed = false;

  constructor(module: RedisModule, client: RedisClient) {
    this.#client = client;
    this.#mapping = replyMapping(module);
    // An 'error' event without a listener would end the process; others' listeners still hear it.
    client.on("error", this.#onError);
  }

  get pending(): number {
    return this.#pending;
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  send<Result>(command: readonly RedisArgument[], read: (reply: unknown) => Result | Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(closed("redis"));
    if (!this.#client.isReady) return Promise.reject(unavailable("the Redis client is not connected"));
    this.#pending++;
    return this.#client.sendCommand(command as string[], this.#mapping).then(
      (reply: unknown) => {
        this.#pending--;
        return read(reply);
      },
      (error: unknown) => {
        this.#pending--;
        throw this.#isClosed ? closed("redis") : failureOf(error);
      },
    );
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#client.off("error", this.#onError);
    return Promise.resolve();
  }
}

type CommandOptions = NonNullable<Parameters<RedisClientType["sendCommand"]>[1]>;

/** Texts come as bytes. The client's own time-out of commands that wait to be sent is off: it costs 5 µs a command. */
function replyMapping(module: RedisModule): CommandOptions {
  return { typeMapping: { [module.RESP_TYPES.BLOB_STRING]: Buffer }, timeout: undefined } as unknown as CommandOptions;
}

/** What the server or the client answered a command with. */
function failureOf(error: unknown): SkewlessError {
  const message = messageOf(error);
  if (message.startsWith("WRONGTYPE")) return corrupt(`the Redis server holds something else under a row's key: ${message}`, {}, error);
  return unavailable(`the Redis server failed: ${message}`, {}, error);
}

/** Connection errors of several addresses have no message of their own. */
function describe(error: unknown): string {
  const errors = (error as { errors?: unknown } | null)?.errors;
  if (Array.isArray(errors) && errors.length > 0) return errors.map(messageOf).join("; ");
  return messageOf(error);
}
