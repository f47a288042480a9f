import { AsyncByteQueue, RecordBatchStreamWriter, type RecordBatch, type Schema } from "apache-arrow";
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, statSync, unlinkSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { TableError, writeFailure } from "../../io/errors.js";

export interface SegmentOptions {
  readonly directory: string;
  readonly name: string;
  readonly rotateBytes: number;
  readonly rotateMillis: number;
  /** Whether each write is on the disk before it counts as written. */
  readonly sync: boolean;
}

/** While it is written a segment is called `<name>-<start>-<number>.open.arrows`, then without `.open`. */
export const OPEN = ".open.arrows";
export const FINISHED = ".arrows";

/** `<name>-<start, UTC: 20261124T093005123Z>-<number>` and what the file is. */
const FILE = /^(.+)-(\d{8}T\d{9}Z)-(\d{6})(\.open\.arrows|\.arrows|\.parquet)$/s;

export interface SegmentName {
  readonly file: string;
  readonly stem: string;
  readonly name: string;
  readonly start: string;
  readonly number: string;
  readonly kind: "open" | "arrows" | "parquet";
}

export function segmentName(file: string): SegmentName | undefined {
  const found = FILE.exec(file);
  if (found === null) return undefined;
  const [, name = "", start = "", number = "", extension = ""] = found;
  const kind = extension === OPEN ? "open" : extension === FINISHED ? "arrows" : "parquet";
  return { file, stem: file.slice(0, -extension.length), name, start, number, kind };
}

/** The end of an Arrow IPC stream: the continuation marker and a length of 0. */
const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** The IPC messages of batches, each on its own: no message depends on one before it but the schema. */
class Messages extends AsyncByteQueue {
  readonly schema: Uint8Array;
  readonly #writer = new RecordBatchStreamWriter();
  #pieces: Uint8Array[] = [];

  constructor(schema: Schema) {
    super();
    this.#writer.reset(this, schema);
    this.schema = this.#take();
  }

  override write(value: unknown): void {
    if (value instanceof Uint8Array) this.#pieces.push(value);
  }

  encode(batch: RecordBatch): Uint8Array {
    this.#writer.write(batch);
    return this.#take();
  }

  #take(): Uint8Array {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return bytes;
  }
}

interface Segment {
  readonly path: string;
  readonly finalPath: string;
  readonly descriptor: number;
  readonly node: number;
  readonly openedAt: number;
  /** Bytes of whole messages. */
  size: number;
}

/**
 * Arrow IPC stream files, written by blocking calls. A batch is written whole or, where that fails, cut off again; the
 * caller keeps it and tries again later.
 */
export class Segments {
  readonly #options: SegmentOptions;
  readonly #messages: Messages;
  readonly #finished: (path: string) => void;
  #current: Segment | undefined;
  #number = 0;

  /** `finished` gets the final path of each segment that is complete. */
  constructor(schema: Schema, options: SegmentOptions, finished: (path: string) => void) {
    this.#options = options;
    this.#messages = new Messages(schema);
    this.#finished = finished;
  }

  /** Writes a batch; returns the bytes that were written. Whether a segment was begun is told by `begun`. */
  write(batch: RecordBatch, begun: () => void): number {
    const bytes = this.#messages.encode(batch);
    this.rotate();
    let header = 0;
    if (this.#current === undefined) {
      this.#current = this.#open();
      header = this.#append(this.#current, this.#messages.schema);
      begun();
    }
    const segment = this.#current;
    this.#checkPlace(segment);
    const written = header + this.#append(segment, bytes);
    if (this.#options.sync) this.sync();
    return written;
  }

  /** Finishes the segment where it is large or old enough. */
  rotate(): void {
    const segment = this.#current;
    if (segment === undefined) return;
    const { rotateBytes, rotateMillis } = this.#options;
    if (segment.size >= rotateBytes || Date.now() - segment.openedAt >= rotateMillis) this.finish();
  }

  sync(): void {
    const segment = this.#current;
    if (segment === undefined) return;
    try {
      fsyncSync(segment.descriptor);
    } catch (error) {
      throw writeFailure(segment.path, error);
    }
  }

  /** Ends the segment and gives it its final name. */
  finish(): void {
    const segment = this.#current;
    if (segment === undefined) return;
    this.#current = undefined;
    const { descriptor, path, finalPath } = segment;
    try {
      try {
        writeSync(descriptor, END_OF_STREAM, 0, END_OF_STREAM.length, segment.size);
      } catch {
        // Without its end the stream is whole all the same: readers take the end of the file for it.
      }
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(path, finalPath);
    } catch (error) {
      throw writeFailure(path, error);
    }
    this.#syncDirectory();
    this.#finished(finalPath);
  }

  /** So that the new name survives a loss of power; not every system can. */
  #syncDirectory(): void {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(this.#options.directory, "r");
      fsyncSync(descriptor);
    } catch {
      // The name is there all the same.
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  #open(): Segment {
    const { directory, name } = this.#options;
    const start = new Date().toISOString().replace(/[-:.]/g, "");
    for (;;) {
      const stem = `${name}-${start}-${String(this.#number++ % 1_000_000).padStart(6, "0")}`;
      const path = join(directory, stem + OPEN);
      const finalPath = join(directory, stem + FINISHED);
      try {
        // A directory that was removed is made again, but not its parents: those may be a volume that is gone.
        if (!existsSync(directory)) mkdirSync(directory);
        if (existsSync(finalPath) || existsSync(join(directory, `${stem}.parquet`))) continue;
        const descriptor = openSync(path, "wx");
        return { path, finalPath, descriptor, node: fstatSync(descriptor).ino, openedAt: Date.now(), size: 0 };
      } catch (error) {
        // Another process writes a segment of this name.
        if ((error as { code?: unknown }).code === "EEXIST" && existsSync(path)) continue;
        throw writeFailure(path, error);
      }
    }
  }

  /** What is written to a file that was removed is lost without an error. */
  #checkPlace(segment: Segment): void {
    try {
      if (statSync(segment.path).ino === segment.node) return;
    } catch {
      // Not there.
    }
    this.#abandon(segment, false);
    throw new TableError("WRITE_FAILED", `${segment.path}: the segment was removed while it was written; what it held is lost, the rest goes to a new one`, {
      path: segment.path,
    });
  }

  #append(segment: Segment, bytes: Uint8Array): number {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(segment.descriptor, bytes, at, bytes.length - at, segment.size + at);
    } catch (error) {
      this.#cutOff(segment);
      throw writeFailure(segment.path, error);
    }
    segment.size += bytes.length;
    return bytes.length;
  }

  /** After a failed write: the file ends with its last whole message, and the next attempt begins another. */
  #cutOff(segment: Segment): void {
    try {
      ftruncateSync(segment.descriptor, segment.size);
      if (segment.size > this.#messages.schema.length) this.finish();
      else this.#abandon(segment);
    } catch {
      this.#abandon(segment);
    }
  }

  /** Closes a segment that cannot be gone on with; `remove`: also takes it away where it has no records. */
  #abandon(segment: Segment, remove = true): void {
    if (this.#current === segment) this.#current = undefined;
    try {
      closeSync(segment.descriptor);
      // Else each attempt on a full disk would leave a file without records.
      if (remove && segment.size <= this.#messages.schema.length) unlinkSync(segment.path);
    } catch {
      // Closed or gone already.
    }
  }
}

/** A log's name as part of a file name. */
export function fileSafe(name: string): string {
  return basename(name).replace(/[^\p{L}\p{N}._-]/gu, "_") || "log";
}
