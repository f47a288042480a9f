// Parquet, CSV and NDJSON through DuckDB, as a stream of record batches.
import { Field, RecordBatch, Schema, Struct, makeData } from "apache-arrow";
import { type ColumnReader, castBeforeReading, readerOf } from "./column-readers.js";
import {
  type Chunk,
  type ColumnType,
  Session,
  type Statement,
  duckdbMessage,
  queryFailure,
  typeName,
} from "./duckdb.js";
import { TableError, malformed } from "./errors.js";
import type { SeekableFile } from "./files.js";
import { type TableFormat, delimiterOf } from "./format.js";
import { wantedColumns } from "./options.js";
import { isTypeName, quoteName, quotePattern, quoteText } from "./sql.js";
import { type ReadOptions, type TableSource, defaultBatchRows } from "./types.js";

export type DuckDBFormat = Extract<TableFormat, "parquet" | "csv" | "ndjson">;

const displayName: Readonly<Record<DuckDBFormat, string>> = {
  parquet: "Parquet",
  csv: "CSV",
  ndjson: "NDJSON",
};

interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Opens `input`, which messages call `path` (they differ where standard input was spooled). */
export async function openDuckDB(
  path: string,
  input: SeekableFile,
  format: DuckDBFormat,
  options: ReadOptions,
): Promise<TableSource> {
  // No objects have no keys; DuckDB would make up a column.
  if (input.size === 0) return emptySource(path, options);
  const session = await Session.open(`reading ${displayName[format]}`, options);
  const interrupt = () => session.connection.interrupt();
  options.signal?.addEventListener("abort", interrupt);
  try {
    const source = await openInSession(session, path, input.file, format, options);
    options.signal?.throwIfAborted();
    return source;
  } catch (error) {
    await session.close();
    throw options.signal?.aborted === true ? options.signal.reason : error;
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
  }
}

function emptySource(path: string, options: ReadOptions): TableSource {
  wantedColumns(path, [], options.columns);
  return {
    schema: new Schema([]),
    rowCount: 0,
    close: async () => undefined,
    async *[Symbol.asyncIterator]() {},
  };
}

async function openInSession(
  session: Session,
  path: string,
  file: string,
  format: DuckDBFormat,
  options: ReadOptions,
): Promise<TableSource> {
  const plain = tableFunction(path, file, format, options, undefined);
  const columns = await describe(session, path, plain);
  const known = columns.map((column) => column.name);
  const wanted = wantedColumns(path, known, options.columns);
  const casts = castsOf(path, columns, options);
  const source = castSource(path, file, format, options, columns, casts);

  const described = source === plain ? columns : await describe(session, path, source, "INVALID_SQL");
  const selected = new Map(described.map((column) => [column.name, column.type]));
  const expressions = wanted.map((name) => {
    const type = selected.get(name);
    const cast = type === undefined ? undefined : castBeforeReading(type);
    const column = quoteName(name);
    return cast === undefined ? column : `CAST(${column} AS ${cast}) AS ${column}`;
  });
  // A comment at the end of a predicate must not swallow what follows it, hence the line breaks.
  const sql = [
    `SELECT ${expressions.join(", ")} FROM ${source}`,
    options.where === undefined ? "" : `WHERE (${options.where}\n)`,
    options.orderBy === undefined ? "" : `ORDER BY ${options.orderBy}\n`,
    options.limit === undefined ? "" : `LIMIT ${options.limit}`,
  ].join(" ");
  const statement = await prepare(session, path, sql, hasSql(options) ? "INVALID_SQL" : "MALFORMED_FILE");

  const batchRows = options.batchRows ?? defaultBatchRows;
  const readers = wanted.map((name, i) => {
    const type = statement.columnType(i);
    const reader = readerOf(type, { path, column: name, bindings: session.duckdb.bindings, rows: batchRows });
    if (reader !== undefined) return reader;
    const named = typeName(selected.get(name) ?? type);
    throw new TableError(
      "UNSUPPORTED_TYPE",
      `${path}: column "${name}" has the type ${named}${hintOf(named)}, which is not supported; ` +
        `read it as another type with \`casts\` (${JSON.stringify({ [name]: suggestedCast(named) })}), ` +
        "or leave it out with `columns`",
      { path },
    );
  });
  const rowCount =
    format === "parquet" && options.where === undefined
      ? await parquetRows(session, path, file, options.limit)
      : undefined;
  return new DuckDBSource(session, path, statement, wanted, readers, batchRows, rowCount, options);
}

/** Whether a part of the query is the caller's, so that an error may be the caller's too. */
function hasSql(options: ReadOptions): boolean {
  return options.where !== undefined || options.orderBy !== undefined || options.casts !== undefined;
}

function hintOf(type: string): string {
  return type === "JSON" ? " (its values are of several types, or all null)" : "";
}

function suggestedCast(type: string): string {
  return type.startsWith("HUGEINT") || type.startsWith("UHUGEINT") ? "DOUBLE" : "VARCHAR";
}

/** DuckDB's reader of a file, with everything it would guess fixed that could lose rows or change values. */
function tableFunction(
  path: string,
  file: string,
  format: DuckDBFormat,
  options: ReadOptions,
  types: ReadonlyMap<string, string> | undefined,
): string {
  const pattern = quotePattern(file);
  const record = (entries: Iterable<readonly [string, string]>) =>
    `{${[...entries].map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(", ")}}`;
  if (format === "parquet") return `read_parquet(${pattern}, hive_partitioning = false)`;
  // Types are detected from the whole file: a sample would round 1.5 after integers and drop late JSON keys.
  if (format === "csv") {
    return (
      `read_csv(${pattern}, header = true, delim = ${quoteText(options.delimiter ?? delimiterOf(path))}, ` +
      `quote = '"', escape = '"', comment = '', skip = 0, nullstr = ${quoteText(options.nullText ?? "")}, ` +
      `allow_quoted_nulls = false, sample_size = -1, hive_partitioning = false` +
      `${types === undefined ? "" : `, types = ${record(types)}`})`
    );
  }
  return (
    `read_json(${pattern}, format = ${/\.json$/i.test(path) ? "'auto'" : "'newline_delimited'"}, ` +
    `sample_size = -1, hive_partitioning = false${types === undefined ? "" : `, columns = ${record(types)}`})`
  );
}

function castsOf(path: string, columns: readonly Column[], options: ReadOptions): ReadonlyMap<string, string> {
  const given = options.casts ?? {};
  const types = () => new Map(columns.map(({ name, type }) => [name, typeName(type)]));
  const casts = new Map(Object.entries(typeof given === "function" ? given(types()) : given));
  wantedColumns(
    path,
    columns.map((column) => column.name),
    [...casts.keys()],
  );
  for (const [name, type] of casts) {
    if (isTypeName(type)) continue;
    throw new TableError(
      "INVALID_OPTION",
      `casts: "${type}", for column "${name}", is not the name of a SQL type`,
      { path },
    );
  }
  return casts;
}

function castSource(
  path: string,
  file: string,
  format: DuckDBFormat,
  options: ReadOptions,
  columns: readonly Column[],
  casts: ReadonlyMap<string, string>,
): string {
  if (format === "ndjson") {
    // Detection makes HUGEINT of positive and negative integers that different threads saw. BIGINT is as
    // exact: a number beyond it is an error. Text that looks like a UUID stays what it is in JSON, text.
    const detected = (type: ColumnType) =>
      typeName(type)
        .replaceAll(/\bHUGEINT\b/g, "BIGINT")
        .replaceAll(/\bUUID\b/g, "VARCHAR");
    const types = new Map(columns.map(({ name, type }) => [name, casts.get(name) ?? detected(type)]));
    const changed = columns.some(({ name, type }) => types.get(name) !== typeName(type));
    if (!changed) return tableFunction(path, file, format, options, undefined);
    // Detection minds the offset in a text such as 12:00+02:00, but a named type of TIMESTAMP drops it.
    const instants = [...types.keys()].filter((name) => types.get(name) === "TIMESTAMP" && !casts.has(name));
    for (const name of instants) types.set(name, "TIMESTAMPTZ");
    const source = tableFunction(path, file, format, options, types);
    if (instants.length === 0) return source;
    const utc = instants.map((name) => `CAST(${quoteName(name)} AS TIMESTAMP) AS ${quoteName(name)}`);
    return `(SELECT * REPLACE (${utc.join(", ")}) FROM ${source})`;
  }
  if (casts.size === 0) return tableFunction(path, file, format, options, undefined);
  if (format === "csv") return tableFunction(path, file, format, options, casts);
  const replaced = [...casts].map(
    ([name, type]) => `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`,
  );
  const source = tableFunction(path, file, format, options, undefined);
  return `(SELECT * REPLACE (${replaced.join(", ")}) FROM ${source})`;
}

async function prepare(
  session: Session,
  path: string,
  sql: string,
  code: "INVALID_SQL" | "MALFORMED_FILE",
): Promise<Statement> {
  try {
    return await session.connection.prepare(sql);
  } catch (error) {
    const message = duckdbMessage(error);
    if (message.startsWith("Out of Memory") || message.startsWith("IO Error"))
      throw queryFailure(path, error, false);
    throw code === "INVALID_SQL"
      ? new TableError(code, `${path}: ${message}`, { path, cause: error })
      : malformed(path, message, error);
  }
}

async function describe(
  session: Session,
  path: string,
  source: string,
  code: "INVALID_SQL" | "MALFORMED_FILE" = "MALFORMED_FILE",
): Promise<Column[]> {
  const statement = await prepare(session, path, `SELECT * FROM ${source}`, code);
  try {
    return Array.from({ length: statement.columnCount }, (_, i) => ({
      name: statement.columnName(i),
      type: statement.columnType(i),
    }));
  } finally {
    statement.destroySync();
  }
}

async function parquetRows(
  session: Session,
  path: string,
  file: string,
  limit: number | undefined,
): Promise<number | undefined> {
  try {
    const sql = `SELECT num_rows FROM parquet_file_metadata(${quotePattern(file)})`;
    const [row] = (await session.connection.runAndReadAll(sql)).getRows();
    const rows = Number(row?.[0]);
    return Number.isSafeInteger(rows) ? Math.min(rows, limit ?? rows) : undefined;
  } catch (error) {
    throw queryFailure(path, error, false);
  }
}

class DuckDBSource implements TableSource {
  readonly schema: Schema;
  readonly rowCount?: number;
  private state: "ready" | "started" | "closed" = "ready";
  private pending: Promise<unknown> | undefined;
  /** Held so that the memory behind its vectors lives while readers look at it. */
  private chunk: Chunk | null = null;
  private readonly interrupt = () => this.session.connection.interrupt();

  constructor(
    private readonly session: Session,
    private readonly path: string,
    private readonly statement: Statement,
    names: readonly string[],
    private readonly readers: readonly ColumnReader[],
    private readonly batchRows: number,
    rowCount: number | undefined,
    private readonly options: ReadOptions,
  ) {
    this.schema = new Schema(readers.map((reader, i) => new Field(names[i] ?? "", reader.type, true)));
    if (rowCount !== undefined) this.rowCount = rowCount;
    options.signal?.addEventListener("abort", this.interrupt);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch, void, undefined> {
    if (this.state !== "ready") {
      throw new TableError("CLOSED", `${this.path}: the table was read or closed before; open it again`, {
        path: this.path,
      });
    }
    this.state = "started";
    try {
      const result = await this.waitFor(this.statement.stream());
      let filled = 0;
      for (;;) {
        this.chunk = await this.waitFor(result.fetchChunk());
        const count = this.chunk?.rowCount ?? 0;
        if (this.chunk === null || count === 0) break;
        this.bind(this.chunk, count);
        for (let start = 0; start < count;) {
          const taken = Math.min(count - start, this.batchRows - filled);
          for (const reader of this.readers) reader.take(start, taken);
          start += taken;
          filled += taken;
          if (filled < this.batchRows) continue;
          yield this.batch(filled);
          filled = 0;
        }
      }
      if (filled > 0) yield this.batch(filled);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.state === "closed") return;
    this.state = "closed";
    this.options.signal?.removeEventListener("abort", this.interrupt);
    if (this.pending !== undefined) this.interrupt();
    await this.pending?.catch(() => undefined);
    this.chunk = null;
    this.statement.destroySync();
    await this.session.close();
  }

  private async waitFor<T>(work: Promise<T>): Promise<T> {
    this.pending = work;
    try {
      this.options.signal?.throwIfAborted();
      const value = await work;
      this.options.signal?.throwIfAborted();
      return value;
    } catch (error) {
      if (this.options.signal?.aborted === true) throw this.options.signal.reason;
      throw queryFailure(this.path, error, hasSql(this.options));
    } finally {
      // An aborted call goes on for a moment; closing waits for it.
      if (this.options.signal?.aborted !== true) this.pending = undefined;
    }
  }

  private bind(chunk: Chunk, count: number): void {
    const { bindings } = this.session.duckdb;
    this.readers.forEach((reader, i) => reader.bind(bindings.data_chunk_get_vector(chunk.chunk, i), count));
  }

  private batch(length: number): RecordBatch {
    const children = this.readers.map((reader) => reader.finish());
    const data = makeData({ type: new Struct(this.schema.fields), length, nullCount: 0, children });
    return new RecordBatch(this.schema, data);
  }
}
