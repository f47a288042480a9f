import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { OnlineError } from "../../errors.js";
import { packageRoot } from "../../native.js";
import { errorOf, type FromWorker, type ToWorker, type WorkerStart } from "./messages.js";

/** Beside this module, or where the package has it: a bundle has this code elsewhere. */
function workerFile(): URL {
  const beside = new URL("./worker.js", import.meta.url);
  return existsSync(fileURLToPath(beside)) ? beside : pathToFileURL(join(packageRoot(), "dist", "online", "log", "worker.js"));
}

/** The worker thread and what is asked of it. It keeps the process alive only while something is asked. */
export class LogWorker {
  readonly #worker: Worker;
  readonly #onError: (error: Error) => void;
  readonly #flushes = new Map<number, { readonly done: () => void; readonly failed: (error: Error) => void }>();
  #waiters: (() => void)[] = [];
  #next = 0;
  #closing: { readonly done: () => void; readonly failed: (error: Error) => void } | undefined;
  /** Why the worker ended before it was asked to. */
  failure: Error | undefined;

  constructor(start: WorkerStart, file: string | URL | undefined, onError: (error: Error) => void) {
    this.#onError = onError;
    const entry = file === undefined ? workerFile() : file instanceof URL ? file : pathToFileURL(file);
    if (entry.protocol === "file:" && !existsSync(fileURLToPath(entry))) {
      throw new OnlineError("INVALID_LOG", "the log's worker is not where the package has it", {
        actual: fileURLToPath(entry),
        fix: "A program that was bundled into one file names a copy of it: { worker }",
      });
    }
    // A user's sink may need the program's own loaders; ours needs none of its flags.
    this.#worker = new Worker(entry, { workerData: start, name: "skewless-log", ...("files" in start.target ? { execArgv: [] } : {}) });
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(undefined));
    this.#worker.unref();
  }

  /** Tells of a block to write. */
  sealed(): void {
    this.#post({ kind: "sealed" });
  }

  flush(): Promise<void> {
    return new Promise((done, failed) => {
      if (this.failure !== undefined) return failed(this.failure);
      const id = this.#next++;
      this.#flushes.set(id, { done, failed });
      this.#worker.ref();
      this.#post({ kind: "flush", id });
    });
  }

  /** Resolves when a block was freed, if that was asked for. */
  freed(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#waiters.push(() => {
        clearTimeout(timer);
        done();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((done, failed) => {
      if (this.failure !== undefined) return failed(this.failure);
      this.#closing = { done, failed };
      this.#worker.ref();
      this.#post({ kind: "close" });
    });
  }

  /** Asks for the end without waiting for it. */
  askToClose(): void {
    this.#post({ kind: "close" });
  }

  #post(message: ToWorker): void {
    if (this.failure === undefined) this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "freed":
        this.#wake();
        break;
      case "error":
        this.#onError(errorOf(message.error));
        break;
      case "flushed": {
        const flush = this.#flushes.get(message.id);
        this.#flushes.delete(message.id);
        if (message.error === undefined) flush?.done();
        else flush?.failed(errorOf(message.error));
        if (this.#flushes.size === 0 && this.#closing === undefined) this.#worker.unref();
        break;
      }
      case "closed": {
        const closing = this.#closing;
        this.#closing = undefined;
        // The thread has nothing left to do; when it is gone, so are its files and timers.
        void this.#worker.terminate().then(() => (message.error === undefined ? closing?.done() : closing?.failed(errorOf(message.error))));
        this.failure = new OnlineError("CLOSED", "the log is closed");
        break;
      }
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #fail(cause: Error | undefined): void {
    if (this.failure !== undefined) return;
    const why = cause === undefined ? "" : `: ${cause.message}`;
    this.failure = new OnlineError("STORE_UNAVAILABLE", `the log's worker ended${why}`, {}, { cause });
    this.#onError(this.failure);
    for (const { failed } of this.#flushes.values()) failed(this.failure);
    this.#flushes.clear();
    this.#closing?.failed(this.failure);
    this.#wake();
  }
}
