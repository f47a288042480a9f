import type { Schema } from "apache-arrow";
import { InputError, OnlineError } from "../../errors.js";
import { RecordEncoder, type LogRecord } from "./encoder.js";
import { logLayout, type LogLayout } from "./layout.js";
import { LogWorker } from "./log-worker.js";
import { closed, opened } from "./open-logs.js";
import { checkOptions, type CheckedOptions, type FeatureLogOptions } from "./options.js";
import { LogQueue, queueMemory } from "./queue.js";
import { arrowSchema, logDefinition, type LogDefinition } from "./schema.js";

export interface LogStats {
  /** Records that wait to be written. */
  readonly queued: number;
  readonly written: number;
  /** Records lost: the queue was full, or the log was closed before they could be written. */
  readonly dropped: number;
  /** Written to files; 0 with a sink of one's own. */
  readonly bytes: number;
  /** Segments that were begun. */
  readonly segments: number;
  /** Batches written. */
  readonly flushes: number;
  /** Failed attempts to write. */
  readonly errors: number;
  readonly lastError?: Error;
}

/** How often a blocked thread looks whether the worker still lives. */
const SLICE_MILLIS = 10;

/** An open log. Made by `createFeatureLog`. */
export class FeatureLog {
  /** Of the segments: types and roles of the columns. */
  readonly schema: Schema;
  readonly #options: CheckedOptions;
  readonly #layout: LogLayout;
  readonly #queue: LogQueue;
  readonly #encoder: RecordEncoder;
  readonly #worker: LogWorker;
  #block = -1;
  #row = 0;
  #heapTop = 0;
  #order = 0;
  /** Blocks sealed since the worker was woken. */
  #sealed = 0;
  #appended = 0;
  #dropped = 0;
  #lastError: Error | undefined;
  #closing: Promise<void> | undefined;
  /** Of `appendAsync`: records go in their order. */
  #line: Promise<unknown> | undefined;

  /** @internal */
  constructor(definition: LogDefinition, options: FeatureLogOptions) {
    const { rowBytes } = logLayout(definition, { blocks: 0, blockRows: 0, heapBytes: 0 });
    const checked = checkOptions(options, definition, rowBytes);
    this.#options = checked;
    this.schema = arrowSchema(definition);
    this.#layout = logLayout(definition, checked.size);
    const memory = queueMemory(this.#layout);
    this.#queue = new LogQueue(this.#layout, memory);
    this.#encoder = new RecordEncoder(this.#layout, memory);
    const { size, flushMillis, target } = checked;
    this.#worker = new LogWorker({ definition, size, memory, flushMillis, target }, options.worker, (error) => {
      const first = this.#lastError === undefined;
      this.#lastError = error;
      if (options.onError !== undefined) options.onError(error);
      else if (first) process.emitWarning(error);
    });
    opened(this);
  }

  /**
   * Queues a record: true, or false where it was dropped. Values are checked as an engine checks a row's: WRONG_TYPE,
   * OUT_OF_RANGE, WRONG_SHAPE; TOO_LARGE where its texts and lists exceed `heapBytes`; such a record is not logged. With
   * the policy "block" a full queue blocks the thread until there is room, or for `blockMillis`: LOG_FULL.
   */
  append(record: LogRecord): boolean {
    if (this.#closing !== undefined) throw new OnlineError("CLOSED", "the log is closed");
    if (this.#put(record, true)) return true;
    this.#appended++;
    this.#dropped++;
    return false;
  }

  /**
   * The same, but with the policy "block" it waits without blocking the thread; LOG_FULL after `blockMillis`. The record
   * must stay as it is until the promise is settled.
   */
  async appendAsync(record: LogRecord): Promise<boolean> {
    return this.offer(record);
  }

  /**
   * @internal As `appendAsync`, but without a promise where nothing has to be waited for: its errors are then thrown. A
   * record that waits is not read before the call returns.
   */
  offer(record: LogRecord): boolean | Promise<boolean> {
    if (this.#options.whenFull !== "block") return this.append(record);
    if (this.#closing !== undefined) throw new OnlineError("CLOSED", "the log is closed");
    if (this.#line === undefined && this.#put(record, false)) return true;
    const turn = (this.#line ?? Promise.resolve()).then(() => this.#putLater(record));
    const line = turn.catch(() => undefined);
    this.#line = line;
    void line.then(() => {
      if (this.#line === line) this.#line = undefined;
    });
    return turn;
  }

  /** Writes what was appended before the call, and to the disk (fsync). Rejects where that fails; the records stay queued. */
  flush(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(new OnlineError("CLOSED", "the log is closed"));
    return this.#worker.flush();
  }

  /**
   * Writes what is queued, finishes the segment and ends the worker. Rejects where records could not be written: those
   * count as dropped. Further calls give the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  closeBlocking(): void {
    if (this.#worker.failure !== undefined) return;
    this.#worker.askToClose();
    this.#queue.waitEnded(this.#options.exitMillis);
  }

  stats(): LogStats {
    const queue = this.#queue;
    const written = queue.counter("written");
    return {
      queued: this.#appended - written - this.#dropped,
      written,
      dropped: this.#dropped,
      bytes: queue.counter("bytes"),
      segments: queue.counter("segments"),
      flushes: queue.counter("flushes"),
      errors: queue.counter("errors"),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  async #close(): Promise<void> {
    try {
      await this.#worker.close();
    } finally {
      this.#dropped = this.#appended - this.#queue.counter("written");
      closed(this);
    }
  }

  /** Queues the record where there is, or by the policy comes to be, room; `wait`: the policy "block" may block. */
  #put(record: LogRecord, wait: boolean): boolean {
    const { blockRows, heapBytes } = this.#layout;
    if ((this.#block < 0 || this.#row === blockRows) && !this.#nextBlock(wait)) return false;
    let at = this.#block * blockRows + this.#row;
    const bytes = this.#encoder.write(record, at);
    if (bytes > 0) {
      if (this.#heapTop + bytes > (this.#block + 1) * heapBytes) {
        if (bytes > heapBytes) {
          throw new InputError("TOO_LARGE", "the record's texts and lists", { expected: `at most ${heapBytes} bytes`, actual: `${bytes} bytes`, fix: "Raise heapBytes" });
        }
        if (!this.#nextBlock(wait)) return false;
        this.#encoder.move(at, this.#block * blockRows);
        at = this.#block * blockRows;
      }
      this.#encoder.finish(at, this.#heapTop);
      this.#heapTop += bytes;
    }
    this.#appended++;
    this.#queue.publish(this.#block, ++this.#row);
    return true;
  }

  async #putLater(record: LogRecord): Promise<boolean> {
    const deadline = performance.now() + this.#options.blockMillis;
    for (;;) {
      if (this.#closing !== undefined) throw new OnlineError("CLOSED", "the log was closed before there was room for the record");
      this.#queue.askForMessage();
      if (this.#put(record, false)) return true;
      const left = deadline - performance.now();
      if (left <= 0 || this.#worker.failure !== undefined) throw this.#full();
      await this.#worker.freed(left);
    }
  }

  /** Seals the block that is full and begins another. */
  #nextBlock(wait: boolean): boolean {
    if (this.#block >= 0) {
      this.#queue.seal(this.#block);
      if (++this.#sealed >= this.#options.wakeBlocks) this.#wake();
    }
    this.#block = this.#queue.begin(++this.#order | 0);
    if (this.#block < 0) {
      if (this.#sealed > 0) this.#wake();
      this.#whenFull(wait);
    }
    this.#row = 0;
    this.#heapTop = this.#block * this.#layout.heapBytes;
    return this.#block >= 0;
  }

  #wake(): void {
    this.#sealed = 0;
    this.#worker.sealed();
  }

  #whenFull(wait: boolean): void {
    const { whenFull, blockMillis } = this.#options;
    if (whenFull === "dropOldest") {
      const lost = this.#queue.dropOldest();
      if (lost < 0) return;
      this.#dropped += lost;
      this.#block = this.#queue.begin(this.#order | 0);
    } else if (whenFull === "block" && wait) {
      const deadline = performance.now() + blockMillis;
      for (;;) {
        const seen = this.#queue.freed;
        this.#block = this.#queue.begin(this.#order | 0);
        if (this.#block >= 0) return;
        const left = deadline - performance.now();
        if (left <= 0 || this.#worker.failure !== undefined) throw this.#full();
        this.#queue.waitFreed(seen, Math.min(SLICE_MILLIS, left));
      }
    }
  }

  #full(): OnlineError {
    const { whenFull, blockMillis } = this.#options;
    const cause = this.#worker.failure ?? this.#lastError;
    this.#appended++;
    this.#dropped++;
    return new OnlineError(
      "LOG_FULL",
      `the log's queue is full${whenFull === "block" ? `, and nothing of it was written for ${blockMillis} ms` : ""}`,
      { fix: "Raise queueRows, or see stats().lastError" },
      cause === undefined ? {} : { cause },
    );
  }
}

/** Opens a log of features and predictions: records are written by a worker thread to rotated Arrow segments, or a sink. */
export function createFeatureLog(options: FeatureLogOptions): FeatureLog {
  return new FeatureLog(logDefinition(options.schema), options);
}
