import { Message, RecordBatchReader, type RecordBatch, type Schema } from "apache-arrow";
import { open, type FileHandle } from "node:fs/promises";
import { OnlineError } from "../../errors.js";
import { verifyMessage } from "../../io/arrow-metadata.js";
import { int32 } from "../../io/arrow-framing.js";
import { batchFault } from "../../io/check-batch.js";
import { messageOf, readFailure, systemCode } from "../../io/errors.js";
import { openParquetSegment } from "./parquet.js";
import type { SegmentFile } from "./segment-files.js";

/** One segment's batches; one is in memory at a time. */
export interface OpenSegment {
  readonly path: string;
  /** Undefined where the file ends before its schema does. */
  readonly schema: Schema | undefined;
  readonly batches: AsyncIterable<RecordBatch>;
  close(): Promise<void>;
}

/** Told of a file that ends inside a message, as after a crash: its size, and where its whole messages end. */
export type OnTorn = (path: string, size: number, readable: number) => void;

export async function openSegment(file: SegmentFile, onTorn: OnTorn | undefined): Promise<OpenSegment> {
  for (const path of [file.path, ...file.later]) {
    try {
      return path.endsWith(".parquet") ? await openParquetSegment(path) : await openStream(path, onTorn);
    } catch (error) {
      // It was finished or converted since the directory was read.
      const gone = systemCode(error) === "ENOENT" || systemCode(error) === "FILE_NOT_FOUND";
      if (!gone || path === (file.later.at(-1) ?? file.path)) throw error instanceof OnlineError ? error : readFailure(path, error);
    }
  }
  throw new OnlineError("INVALID_LOG", "there is no such segment", { actual: file.path });
}

async function openStream(path: string, onTorn: OnTorn | undefined): Promise<OpenSegment> {
  const handle = await open(path, "r");
  try {
    const reader = await RecordBatchReader.from(wholeMessages(path, handle, onTorn));
    await reader.open();
    const schema = reader.schema as Schema | undefined;
    return { path, schema, batches: schema === undefined ? none() : batches(path, reader), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    // The library throws whatever goes wrong when it decodes nonsense.
    throw error instanceof OnlineError || systemCode(error) !== undefined ? error : invalid(path, messageOf(error), error);
  }
}

async function* none(): AsyncGenerator<RecordBatch> {}

async function* batches(path: string, reader: RecordBatchReader): AsyncGenerator<RecordBatch> {
  for (;;) {
    let next: IteratorResult<RecordBatch>;
    try {
      next = await reader.next();
    } catch (error) {
      throw error instanceof OnlineError ? error : invalid(path, messageOf(error), error);
    }
    if (next.done === true) return;
    // The library makes an empty batch of a stream that has none.
    if (next.value.numRows === 0) continue;
    const fault = batchFault(next.value);
    if (fault !== undefined) throw invalid(path, fault);
    yield next.value;
  }
}

function invalid(path: string, what: string, cause?: unknown): OnlineError {
  return new OnlineError("INVALID_LOG", `${path} is malformed: ${what}`, {}, cause === undefined ? {} : { cause });
}

const GREATEST_METADATA = 2 ** 28;

/**
 * The messages that are whole, each checked. A file that ends inside one was cut off there: by a crash, or because its
 * writer is at work. What is not a message is an error.
 */
async function* wholeMessages(path: string, handle: FileHandle, onTorn: OnTorn | undefined): AsyncGenerator<Uint8Array> {
  const { size } = await handle.stat();
  let at = 0;
  for (;;) {
    if (at === size) return;
    const torn = (): void => onTorn?.(path, size, at);
    if (at + 8 > size) return torn();
    const head = await bytesAt(path, handle, at, 8);
    const length = int32(head, 4);
    if (int32(head) === -1 && length === 0) return;
    // A file system may show zeros where the bytes did not reach the disk.
    if (int32(head) === 0 && length === 0) return torn();
    if (int32(head) !== -1 || length < 0 || length > GREATEST_METADATA) throw invalid(path, `there is no Arrow message at byte ${at}`);
    if (at + 8 + length > size) return torn();
    const metadata = await bytesAt(path, handle, at + 8, length);
    const bodyLength = bodyOf(path, metadata);
    const end = at + 8 + length + bodyLength;
    if (end > size) return torn();
    const body = await bytesAt(path, handle, at + 8 + length, bodyLength);
    yield head;
    yield metadata;
    if (bodyLength > 0) yield body;
    at = end;
  }
}

function bodyOf(path: string, metadata: Uint8Array): number {
  let length: number;
  try {
    verifyMessage(metadata);
    length = Message.decode(metadata).bodyLength;
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
  if (!Number.isSafeInteger(length) || length < 0) throw invalid(path, "a message's body has no valid length");
  return length;
}

async function bytesAt(path: string, handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, length - at, position + at);
    if (bytesRead === 0) throw invalid(path, "the file became shorter while it was read");
    at += bytesRead;
  }
  return bytes;
}
