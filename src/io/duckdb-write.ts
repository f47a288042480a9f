// Parquet, CSV and NDJSON through DuckDB.
//
// Batches go into a table of an in-memory database and from there by one COPY into the file at `close`.
// DuckDB moves what exceeds its memory limit to a temporary directory, so that memory is bounded whatever
// the table's size.
import { DataType, type RecordBatch, type Schema, type Table } from "apache-arrow";
import { batchesOf, checkedBatch, typeText } from "./batches.js";
import { type ColumnWriter, writerOf } from "./column-writers.js";
import { type Appender, type Chunk, type ChunkHandle, Session, duckdbMessage } from "./duckdb.js";
import type { DuckDBFormat } from "./duckdb-read.js";
import { TableError, writeFailure } from "./errors.js";
import { OutputFile } from "./files.js";
import { delimiterOf } from "./format.js";
import { quoteName, quotePath, quoteText } from "./sql.js";
import type { TableSink, WriteOptions, WriteSummary } from "./types.js";

const defaultMemoryLimit = "1GB";

export async function createDuckDB(
  path: string,
  schema: Schema,
  format: DuckDBFormat,
  options: WriteOptions,
): Promise<TableSink> {
  checkNames(path, schema, format);
  const session = await Session.open(`writing ${format === "parquet" ? "Parquet" : format.toUpperCase()}`, {
    threads: options.threads,
    memoryLimit: options.memoryLimit ?? defaultMemoryLimit,
  });
  let output: OutputFile | undefined;
  try {
    const { api, bindings } = session.duckdb;
    const writers = schema.fields.map(({ name, type }) => {
      const writer = writable(type, format) ? writerOf(type, { path, column: name, bindings }) : undefined;
      if (writer !== undefined) return writer;
      throw new TableError(
        "UNSUPPORTED_TYPE",
        `${path}: column "${name}" has the type ${typeText(type)}, which cannot be written as ${format}; ` +
          "convert the column, leave it out, or write Arrow (.arrow, .arrows)",
        { path },
      );
    });
    // Names of our own: DuckDB's are case-insensitive.
    const columns = writers.map((writer, i) => `c${i} ${writer.sqlType}`);
    await session.connection.run(`CREATE TABLE rows (${columns.join(", ")})`);
    const appender = await session.connection.createAppender("rows");
    const handle = bindings.create_data_chunk(writers.map((writer) => writer.handle));
    output = await OutputFile.create(path);
    return new DuckDBSink(
      path,
      schema,
      format,
      options,
      session,
      writers,
      appender,
      handle,
      new api.DuckDBDataChunk(handle),
      output,
    );
  } catch (error) {
    await output?.discard();
    await session.close();
    throw writeFailure(path, error);
  }
}

/** Text formats would turn bytes into text that no reader turns back. */
function writable(type: DataType, format: DuckDBFormat): boolean {
  if (format === "parquet") return true;
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) return false;
  return type.children?.every((child) => writable(child.type, format)) ?? true;
}

function checkNames(path: string, schema: Schema, format: DuckDBFormat): void {
  if (schema.fields.length === 0) {
    throw new TableError(
      "INVALID_OPTION",
      `${path}: a table without columns cannot be written as ${format}`,
      { path },
    );
  }
  const seen = new Map<string, string>();
  for (const { name } of schema.fields) {
    const other = seen.get(name.toLowerCase());
    if (other === undefined && name !== "") {
      seen.set(name.toLowerCase(), name);
      continue;
    }
    throw new TableError(
      "DUPLICATE_COLUMN",
      name === ""
        ? `${path}: a column without a name cannot be written as ${format}`
        : `${path}: the columns "${other}" and "${name}" differ at most in case; rename one`,
      { path },
    );
  }
}

class DuckDBSink implements TableSink {
  private rows = 0;
  private open = true;
  private readonly chunkRows: number;

  constructor(
    private readonly path: string,
    private readonly schema: Schema,
    private readonly format: DuckDBFormat,
    private readonly options: WriteOptions,
    private readonly session: Session,
    private readonly writers: readonly ColumnWriter[],
    private readonly appender: Appender,
    private readonly handle: ChunkHandle,
    private readonly chunk: Chunk,
    private readonly output: OutputFile,
  ) {
    this.chunkRows = session.duckdb.bindings.vector_size();
  }

  async write(input: RecordBatch | Table): Promise<void> {
    this.checkOpen();
    for (const batch of batchesOf(input)) {
      this.append(checkedBatch(this.path, this.schema, batch));
      // Appending is synchronous; other work gets its turn between batches.
      await new Promise((resolve) => setImmediate(resolve));
      this.checkOpen();
    }
  }

  private append(batch: RecordBatch): void {
    const { bindings } = this.session.duckdb;
    this.writers.forEach((writer, i) => {
      const data = batch.data.children[i];
      if (data !== undefined) writer.bind(data);
    });
    for (let start = 0; start < batch.numRows; start += this.chunkRows) {
      const count = Math.min(this.chunkRows, batch.numRows - start);
      bindings.data_chunk_reset(this.handle);
      bindings.data_chunk_set_size(this.handle, count);
      this.writers.forEach((writer, i) =>
        writer.put(bindings.data_chunk_get_vector(this.handle, i), start, count),
      );
      try {
        this.appender.appendDataChunk(this.chunk);
      } catch (error) {
        throw this.explain(error);
      }
    }
    this.rows += batch.numRows;
  }

  async close(): Promise<WriteSummary> {
    this.checkOpen();
    this.open = false;
    const { signal } = this.options;
    const interrupt = () => this.session.connection.interrupt();
    signal?.addEventListener("abort", interrupt);
    try {
      signal?.throwIfAborted();
      this.appender.closeSync();
      const columns = this.schema.fields.map((field, i) => `c${i} AS ${quoteName(field.name)}`);
      const rows = `SELECT ${columns.join(", ")} FROM rows`;
      const file = quotePath(this.output.file);
      await this.session.connection.run(`COPY (${rows}) TO ${file} (${this.copyOptions()})`);
      signal?.throwIfAborted();
    } catch (error) {
      await this.finish();
      throw signal?.aborted === true ? signal.reason : this.explain(error);
    } finally {
      signal?.removeEventListener("abort", interrupt);
    }
    await this.session.close();
    return { rows: this.rows, bytes: await this.output.commit() };
  }

  async abort(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.finish();
  }

  private async finish(): Promise<void> {
    try {
      this.appender.closeSync();
    } catch {
      // Rows that could not be appended are given up anyway.
    }
    await this.session.close();
    await this.output.discard();
  }

  private copyOptions(): string {
    // The file is a temporary one already; DuckDB would leave one of its own behind when it is interrupted.
    const common = "USE_TMP_FILE false";
    if (this.format === "parquet") return `FORMAT parquet, ${common}`;
    if (this.format === "ndjson") return `FORMAT json, ${common}`;
    const delimiter = quoteText(this.options.delimiter ?? delimiterOf(this.path));
    return `FORMAT csv, ${common}, HEADER true, DELIMITER ${delimiter}`;
  }

  private checkOpen(): void {
    if (!this.open)
      throw new TableError("CLOSED", `${this.path}: the table is closed already`, { path: this.path });
  }

  private explain(error: unknown): TableError {
    const { path } = this;
    const message = duckdbMessage(error);
    if (message.startsWith("Out of Memory")) {
      return new TableError("OUT_OF_MEMORY", `${path}: ${message}; raise \`memoryLimit\``, {
        path,
        cause: error,
      });
    }
    if (/^(Conversion|Out of Range) Error/.test(message)) {
      return new TableError("UNSUPPORTED_VALUE", `${path}: ${message}`, { path, cause: error });
    }
    return writeFailure(path, error);
  }
}
