// Arrow IPC files and streams as record batches; one message is in memory at a time.
import {
  AsyncRecordBatchFileReader,
  type Data,
  Message,
  RecordBatch,
  RecordBatchReader,
  Schema,
  Struct,
  makeData,
  util,
} from "apache-arrow";
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { registerDecoders } from "./arrow-compression.js";
import { ByteSource, int32, wholeMessages } from "./arrow-framing.js";
import { type Block, blocksOfFooter, verifyMessage } from "./arrow-metadata.js";
import { batchWithoutViews, schemaWithoutViews } from "./arrow-views.js";
import { refuseSameNames } from "./batches.js";
import { batchFault } from "./check-batch.js";
import { TableError, malformed, messageOf, readFailure } from "./errors.js";
import { spool } from "./files.js";
import { wantedColumns } from "./options.js";
import { type ReadOptions, type TableSource, defaultBatchRows } from "./types.js";

/**
 * Whether it is a file or a stream is told by the bytes, not by the name: the extensions are often mixed
 * up.
 */
export async function openArrow(path: string, options: ReadOptions): Promise<TableSource> {
  for (const name of ["where", "orderBy", "casts"] as const) {
    if (options[name] === undefined) continue;
    throw new TableError(
      "INVALID_OPTION",
      `${path}: \`${name}\` is for Parquet, CSV and NDJSON; write the Arrow table as Parquet first`,
      { path },
    );
  }
  registerDecoders();
  const regular = path !== "-" && (await statOf(path)).isFile();
  if (regular) {
    const handle = await openFile(path);
    try {
      const head = await bytesAt(handle, 0, 8);
      if (text(head, 0, 6) === "ARROW1")
        return await openFileFormat(path, handle, options, async () => undefined);
      if (text(head, 0, 4) === "FEA1") {
        throw malformed(
          path,
          "this is a Feather file of version 1, which is not Arrow IPC; write it anew as version 2",
        );
      }
      await handle.close();
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }
  const source = new ByteSource(path === "-" ? process.stdin : createReadStream(path), options.signal);
  try {
    if (text(await source.peek(6), 0, 6) !== "ARROW1") return await openStreamFormat(path, source, options);
    // A file begins with its end: the footer says where all else is.
    const spooled = await spool(path, source.rest(), options.signal);
    try {
      return await openFileFormat(path, await openFile(spooled.file), options, spooled.release);
    } catch (error) {
      await spooled.release();
      throw error;
    }
  } catch (error) {
    source.close();
    if (options.signal?.aborted === true) throw options.signal.reason;
    throw readFailure(path, error);
  }
}

async function statOf(path: string) {
  try {
    const found = await stat(path);
    if (found.isDirectory())
      throw new TableError("READ_FAILED", `${path}: this is a directory, not a file`, { path });
    return found;
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function openStreamFormat(
  path: string,
  source: ByteSource,
  options: ReadOptions,
): Promise<TableSource> {
  const reader = await guarded(path, RecordBatchReader.from(wholeMessages(path, source)));
  await guarded(path, reader.open());
  // The library leaves it undefined when there was no message at all.
  const schema: Schema | undefined = reader.schema;
  if (schema === undefined) throw malformed(path, "this Arrow stream is empty: it has no schema");
  const batches = (async function* () {
    for (;;) {
      const { done, value }: IteratorResult<RecordBatch> = await guarded(
        path,
        Promise.resolve(reader.next()),
      );
      if (done === true) return;
      yield value;
    }
  })();
  return sourceOf(path, schema, batches, undefined, options, async () => source.close());
}

async function openFileFormat(
  path: string,
  handle: FileHandle,
  options: ReadOptions,
  release: () => Promise<void>,
): Promise<TableSource> {
  const close = async () => {
    await handle.close().catch(() => undefined);
    await release();
  };
  try {
    const { size } = await handle.stat();
    const tail = size < 20 ? new Uint8Array(0) : await bytesAt(handle, size - 10, 10);
    const footerLength = tail.length === 10 ? int32(tail) : 0;
    if (text(tail, 4, 10) !== "ARROW1" || footerLength <= 0 || footerLength > size - 18) {
      throw malformed(path, "the Arrow file is truncated: it does not end with a footer");
    }
    const footer = await bytesAt(handle, size - 10 - footerLength, footerLength);
    const blocks = await guarded(path, (async () => blocksOfFooter(footer))());
    const rows = await verifyBlocks(path, handle, size, blocks.batches);
    await verifyBlocks(path, handle, size, blocks.dictionaries);
    const reader = await guarded(path, RecordBatchReader.from(handle));
    if (!(reader instanceof AsyncRecordBatchFileReader))
      throw malformed(path, "this is not an Arrow IPC file");
    await guarded(path, reader.open());
    const batches = (async function* () {
      for (let i = 0; i < blocks.batches.length; i++) {
        const batch: RecordBatch | null = await guarded(path, Promise.resolve(reader.readRecordBatch(i)));
        if (batch === null) throw malformed(path, `record batch ${i} of the Arrow file is missing`);
        yield batch;
      }
    })();
    return sourceOf(path, reader.schema, batches, rows, options, close);
  } catch (error) {
    await close();
    throw readFailure(path, error);
  }
}

/** Checks messages that the footer lists and counts their rows. */
async function verifyBlocks(
  path: string,
  handle: FileHandle,
  size: number,
  blocks: readonly Block[],
): Promise<number> {
  let rows = 0;
  for (const { offset, metadataLength, bodyLength } of blocks) {
    const inside =
      offset >= 8 && metadataLength > 8 && bodyLength >= 0 && offset + metadataLength + bodyLength <= size;
    if (!inside)
      throw malformed(path, "the Arrow file is truncated: its footer lists a batch that lies outside of it");
    const bytes = await bytesAt(handle, offset, metadataLength);
    const prefix = int32(bytes) === -1 ? 8 : 4;
    const length = int32(bytes, prefix - 4);
    if (length <= 0 || length > bytes.length - prefix)
      throw malformed(path, "malformed Arrow message: wrong length");
    rows += await guarded(
      path,
      (async () => {
        const metadata = bytes.slice(prefix, prefix + length);
        verifyMessage(metadata);
        const message = Message.decode(metadata);
        if (message.bodyLength !== bodyLength)
          throw new Error("a message's body is not as long as the footer says");
        return message.isRecordBatch() ? message.header().length : 0;
      })(),
    );
  }
  return rows;
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes).toString("latin1", start, end);
}

/** The library throws whatever goes wrong when it decodes nonsense: all of it means a malformed file. */
async function guarded<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TableError) throw error;
    const message = messageOf(error);
    if (/compress|codec/i.test(message)) {
      throw new TableError(
        "UNSUPPORTED_TYPE",
        `${path}: Zstandard compression needs Node.js 22.15; write the file with LZ4 or uncompressed`,
        { path, cause: error },
      );
    }
    throw malformed(path, `malformed Arrow data: ${message}`, error);
  }
}

function sourceOf(...parts: ConstructorParameters<typeof ArrowSource>): ArrowSource {
  const [path, schema] = parts;
  try {
    refuseSameNames(path, schema);
    // The library's batches have a schema of their own; types that do not exist are not even equal to
    // themselves.
    if (util.compareSchemas(schema, schema.assign(schema.fields))) return new ArrowSource(...parts);
  } catch (error) {
    if (error instanceof TableError) throw error;
    throw malformed(path, `malformed Arrow schema: ${messageOf(error)}`, error);
  }
  throw malformed(path, "malformed Arrow schema: it has types that do not exist");
}

class ArrowSource implements TableSource {
  readonly schema: Schema;
  readonly rowCount?: number;
  private readonly whole: Schema;
  private readonly picked: readonly number[];
  private state: "ready" | "started" | "closed" = "ready";

  constructor(
    private readonly path: string,
    schema: Schema,
    private readonly batches: AsyncGenerator<RecordBatch>,
    rowCount: number | undefined,
    private readonly options: ReadOptions,
    private readonly release: () => Promise<void>,
  ) {
    this.whole = schemaWithoutViews(schema);
    const names = this.whole.fields.map((field) => field.name);
    this.picked =
      options.columns === undefined
        ? names.map((_, i) => i)
        : wantedColumns(path, names, options.columns).map((name) => names.indexOf(name));
    this.schema =
      options.columns === undefined
        ? this.whole
        : new Schema(
            this.picked.flatMap((i) => this.whole.fields[i] ?? []),
            this.whole.metadata,
          );
    if (rowCount !== undefined) this.rowCount = Math.min(rowCount, options.limit ?? rowCount);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch, void, undefined> {
    const { path, options } = this;
    if (this.state !== "ready") {
      throw new TableError("CLOSED", `${path}: the table was read or closed before; open it again`, { path });
    }
    this.state = "started";
    const batchRows = options.batchRows ?? defaultBatchRows;
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    try {
      while (left > 0) {
        options.signal?.throwIfAborted();
        const { done, value } = await this.batches.next();
        if (done === true) break;
        const batch = this.project(value);
        const rows = Math.min(batch.numRows, left);
        left -= rows;
        for (let start = 0; start < rows; start += batchRows) {
          const end = Math.min(start + batchRows, rows);
          options.signal?.throwIfAborted();
          yield start === 0 && end === batch.numRows ? batch : batch.slice(start, end);
        }
      }
    } catch (error) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      throw error;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.state === "closed") return;
    this.state = "closed";
    await this.release();
  }

  private project(batch: RecordBatch): RecordBatch {
    const flat = batchWithoutViews(batch, this.whole);
    if (typeof flat === "string") throw malformed(this.path, `malformed Arrow data: ${flat}`);
    const children: Data[] = this.picked.flatMap((i) => flat.data.children[i] ?? []);
    const data = makeData({
      type: new Struct(this.schema.fields),
      length: flat.numRows,
      nullCount: 0,
      children,
    });
    const picked = new RecordBatch(this.schema, data, flat.metadata);
    const fault = batchFault(picked);
    if (fault !== undefined) throw malformed(this.path, `malformed Arrow data: ${fault}`);
    return picked;
  }
}
