// Arrow IPC files and streams, one message at a time.
import {
  AsyncByteQueue,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  type Schema,
  type Table,
} from "apache-arrow";
import { type FileHandle, open } from "node:fs/promises";
import { batchesOf, checkedBatch, refuseSameNames, refuseViews } from "./batches.js";
import { TableError, messageOf, writeFailure } from "./errors.js";
import { OutputFile, sendPieces, writePieces } from "./files.js";
import type { TableSink, WriteSummary } from "./types.js";

/** Keeps what a writer produces until it is taken. */
class Pieces extends AsyncByteQueue {
  private pieces: Uint8Array[] = [];

  override write(value: unknown): void {
    if (value instanceof Uint8Array) this.pieces.push(value);
  }

  take(): Uint8Array[] {
    const { pieces } = this;
    this.pieces = [];
    return pieces;
  }
}

export async function createArrow(
  path: string,
  schema: Schema,
  format: "arrow" | "arrows",
): Promise<TableSink> {
  refuseSameNames(path, schema);
  refuseViews(path, schema);
  const pieces = new Pieces();
  const writer = format === "arrow" ? new RecordBatchFileWriter() : new RecordBatchStreamWriter();
  writer.reset(pieces, schema);
  if (path === "-") return new ArrowSink(path, schema, writer, pieces, undefined, undefined);
  const output = await OutputFile.create(path);
  try {
    return new ArrowSink(path, schema, writer, pieces, output, await open(output.file, "w"));
  } catch (error) {
    await output.discard();
    throw writeFailure(path, error);
  }
}

class ArrowSink implements TableSink {
  private rows = 0;
  private bytes = 0;
  private open = true;

  constructor(
    private readonly path: string,
    private readonly schema: Schema,
    private readonly writer: RecordBatchFileWriter | RecordBatchStreamWriter,
    private readonly pieces: Pieces,
    private readonly output: OutputFile | undefined,
    private readonly handle: FileHandle | undefined,
  ) {}

  async write(input: RecordBatch | Table): Promise<void> {
    if (!this.open)
      throw new TableError("CLOSED", `${this.path}: the table is closed already`, { path: this.path });
    for (const batch of batchesOf(input)) {
      const checked = checkedBatch(this.path, this.schema, batch);
      try {
        this.writer.write(checked);
      } catch (error) {
        throw this.explain(error);
      }
      this.rows += checked.numRows;
      await this.flush();
    }
  }

  async close(): Promise<WriteSummary> {
    if (!this.open)
      throw new TableError("CLOSED", `${this.path}: the table is closed already`, { path: this.path });
    try {
      this.writer.close();
      await this.flush();
      this.open = false;
      await this.handle?.close();
      await this.output?.commit();
      return { rows: this.rows, bytes: this.bytes };
    } catch (error) {
      await this.abort();
      throw writeFailure(this.path, error);
    }
  }

  async abort(): Promise<void> {
    if (this.open) await this.handle?.close().catch(() => undefined);
    this.open = false;
    await this.output?.discard();
  }

  private async flush(): Promise<void> {
    const pieces = this.pieces.take();
    for (const piece of pieces) this.bytes += piece.length;
    try {
      if (this.handle !== undefined) await writePieces(this.handle, pieces);
      else await sendPieces(process.stdout, pieces);
    } catch (error) {
      throw writeFailure(this.path, error);
    }
  }

  private explain(error: unknown): TableError {
    const message = messageOf(error);
    if (!message.includes("replacement dictionaries")) return writeFailure(this.path, error);
    return new TableError(
      "SCHEMA_MISMATCH",
      `${this.path}: an Arrow file holds one dictionary for a column, and this batch has another; ` +
        "write an Arrow stream (.arrows) or plain text columns",
      { path: this.path, cause: error },
    );
  }
}
