import type { RecordBatch, Schema } from "apache-arrow";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError, received } from "../../errors.js";
import { toParquet } from "./parquet.js";
import { Segments, segmentName, type SegmentOptions } from "./segments.js";

/** Where batches go. A write that rejects is tried again with the same batch later. */
export interface LogTarget {
  /** Bytes written, where they are known. */
  write(batch: RecordBatch): Promise<number>;
  /** Called now and then, also where there is nothing to write. */
  tick(): void;
  /** After it returns what was written survives a loss of power. */
  sync(): void;
  /** `safe` is called when nothing can be lost any more. */
  close(safe: () => void): Promise<void>;
}

/** A user's sink, made in the worker by the default export of a module. */
export interface LogSink {
  /** Batches come one after the other, in the order of the records; one whose promise rejects comes again. */
  write(batch: RecordBatch): Promise<void> | void;
  close(): Promise<void> | void;
}

export type CreateLogSink = (options: unknown, schema: Schema) => LogSink | Promise<LogSink>;

export interface FileTarget extends SegmentOptions {
  readonly parquet: boolean;
}

/** Arrow segments, made into Parquet in the background where that is wanted. */
export class Files implements LogTarget {
  readonly #segments: Segments;
  readonly #report: (error: unknown) => void;
  readonly #begun: () => void;
  readonly #directory: string;
  #converting: Promise<void> = Promise.resolve();

  constructor(schema: Schema, options: FileTarget, begun: () => void, report: (error: unknown) => void) {
    this.#directory = options.directory;
    this.#report = report;
    this.#begun = begun;
    this.#segments = new Segments(schema, options, (path) => {
      if (options.parquet) this.#convert(path);
    });
    if (options.parquet) this.#convertLeftovers(options.name);
  }

  async write(batch: RecordBatch): Promise<number> {
    return this.#segments.write(batch, this.#begun);
  }

  tick(): void {
    this.#segments.rotate();
  }

  sync(): void {
    this.#segments.sync();
  }

  async close(safe: () => void): Promise<void> {
    try {
      this.#segments.finish();
    } finally {
      safe();
      await this.#converting;
    }
  }

  /** One after the other; a segment that cannot be converted stays as it is and is tried again at the next start. */
  #convert(path: string): void {
    this.#converting = this.#converting.then(() => toParquet(path)).catch(this.#report);
  }

  /** Segments that were finished by a process which ended before it could convert them. */
  #convertLeftovers(name: string): void {
    try {
      for (const file of readdirSync(this.#directory)) {
        const segment = segmentName(file);
        if (segment?.name === name && segment.kind === "arrows") this.#convert(join(this.#directory, file));
      }
    } catch {
      // No directory yet: nothing is left over.
    }
  }
}

export class ModuleSink implements LogTarget {
  readonly #sink: LogSink;

  private constructor(sink: LogSink) {
    this.#sink = sink;
  }

  static async load(module: string, options: unknown, schema: Schema): Promise<ModuleSink> {
    const url = /^[a-z][a-z+.-]+:/i.test(module) ? module : pathToFileURL(module).href;
    const { default: create } = (await import(url)) as { readonly default?: unknown };
    const sink = typeof create === "function" ? await (create as CreateLogSink)(options, schema) : undefined;
    if (typeof sink?.write !== "function" || typeof sink.close !== "function") {
      throw new InputError("WRONG_TYPE", `the log's sink ${module}`, {
        expected: "a module whose default export is a function that returns { write(batch), close() }",
        actual: typeof create === "function" ? received(sink) : received(create),
      });
    }
    return new ModuleSink(sink);
  }

  async write(batch: RecordBatch): Promise<number> {
    await this.#sink.write(batch);
    return 0;
  }

  tick(): void {}

  sync(): void {}

  async close(safe: () => void): Promise<void> {
    await this.#sink.close();
    safe();
  }
}
