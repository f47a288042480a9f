import type { RedisClientOptions, RedisClientType } from "redis";
import { SkewlessError } from "../../errors.js";
import { corrupt, messageOf, unavailable } from "./failure.js";

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
  send(command: readonly RedisArgument[]): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A connection that makes itself again. It never queues while there is none: calls fail at once. Each attempt has a
 * client of its own, because the client neither notices a server that speaks something else (it reports the error and
 * waits on) nor one that never answers.
 */
export class OwnConnection implements Connection {
  readonly #options: ConnectionOptions;
  readonly #mapping: object;
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
        this.#fault = fault;
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

  send(command: readonly RedisArgument[]): Promise<unknown> {
    const client = this.#client;
    if (client === undefined || !client.isReady) return Promise.reject(this.#fault);
    this.#pending++;
    this.#watch ??= setTimeout(() => this.#look(this.#answered), this.#options.replyTimeoutMillis).unref();
    return client.sendCommand(command as string[], { typeMapping: this.#mapping }).then(
      (reply: unknown) => {
        this.#pending--;
        this.#answered++;
        return reply;
      },
      (error: unknown) => {
        this.#pending--;
        this.#answered++;
        // The client's own error only says that it was destroyed; the fault says why.
        throw client.isReady ? error : this.#fault;
      },
    );
  }

  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#watch);
    clearTimeout(this.#pause);
    this.#fault = unavailable("the connection to the Redis server was closed");
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

  /** While calls are under way: nothing answered since the last look means that the server has lost them. */
  #look(answered: number): void {
    this.#watch = undefined;
    const client = this.#client;
    if (this.#pending === 0 || client === undefined) return;
    if (this.#answered === answered) {
      this.#drop?.(unavailable(`the Redis server answered nothing for ${this.#options.replyTimeoutMillis} ms`));
      return;
    }
    this.#watch = setTimeout(() => this.#look(this.#answered), this.#options.replyTimeoutMillis).unref();
  }
}

/** A client that the caller connects, reconnects and closes. */
export class GivenConnection implements Connection {
  readonly #client: RedisClient;
  readonly #mapping: object;
  readonly #onError = (): void => undefined;
  #pending = 0;

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

  send(command: readonly RedisArgument[]): Promise<unknown> {
    if (!this.#client.isReady) return Promise.reject(unavailable("the Redis client is not connected"));
    this.#pending++;
    return this.#client.sendCommand(command as string[], { typeMapping: this.#mapping }).finally(() => this.#pending--);
  }

  close(): Promise<void> {
    this.#client.off("error", this.#onError);
    return Promise.resolve();
  }
}

/** Texts come as bytes. */
function replyMapping(module: RedisModule): object {
  return { [module.RESP_TYPES.BLOB_STRING]: Buffer };
}

/** Connection errors of several addresses have no message of their own. */
function describe(error: unknown): string {
  const errors = (error as { errors?: unknown } | null)?.errors;
  if (Array.isArray(errors) && errors.length > 0) return errors.map(messageOf).join("; ");
  return messageOf(error);
}
