import { type Schema, Table } from "apache-arrow";
import { openArrow } from "./arrow-read.js";
import { createArrow } from "./arrow-write.js";
import { openDuckDB } from "./duckdb-read.js";
import { createDuckDB } from "./duckdb-write.js";
import { malformed } from "./errors.js";
import { seekable } from "./files.js";
import { formatOf } from "./format.js";
import { checkReadOptions } from "./options.js";
import type { ReadOptions, TableSink, TableSource, WriteOptions } from "./types.js";

export { TableError, type TableErrorCode } from "./errors.js";
export { formatOf, type TableFormat, tableFormats } from "./format.js";
export type { ReadOptions, TableSink, TableSource, WriteOptions, WriteSummary } from "./types.js";

/**
 * Opens a table for reading; `-` is standard input.
 *
 * Types: integers, floats, booleans, text, binary, dates, timestamps and lists keep their type; DECIMAL
 * becomes float64; timestamps with a time zone are UTC. Any other type is an error unless `casts` or
 * `columns` deal with it. CSV has a header line, a field in quotes is text (never null), and types are
 * detected from the whole file.
 */
export async function openTable(path: string, options: ReadOptions = {}): Promise<TableSource> {
  checkReadOptions(path, options);
  options.signal?.throwIfAborted();
  const format = formatOf(path, options.format);
  if (format === "arrow" || format === "arrows") return openArrow(path, options);
  const input = await seekable(path, options.signal);
  try {
    if (input.size === 0 && format !== "ndjson") throw malformed(path, "the file is empty");
    const source = await openDuckDB(path, input, format, options);
    return releasing(source, input.release);
  } catch (error) {
    await input.release();
    throw error;
  }
}

/** The source, with its temporary file removed when it is closed. */
function releasing(source: TableSource, release: () => Promise<void>): TableSource {
  const close = async () => {
    await source.close();
    await release();
  };
  const iterate = async function* () {
    try {
      yield* source;
    } finally {
      await close();
    }
  };
  const { schema, rowCount } = source;
  return { schema, ...(rowCount === undefined ? {} : { rowCount }), close, [Symbol.asyncIterator]: iterate };
}

/** Reads a whole table into memory. */
export async function readTable(path: string, options: ReadOptions = {}): Promise<Table> {
  const source = await openTable(path, options);
  const batches = [];
  for await (const batch of source) batches.push(batch);
  return batches.length === 0 ? new Table(source.schema) : new Table(source.schema, batches);
}

/**
 * Creates a table for writing; `-` is standard output. The file appears under its name when the sink is
 * closed.
 *
 * Arrow keeps every type. Parquet, CSV and NDJSON store dictionaries as text, fixed-size lists as lists,
 * and timestamps with a zone as UTC; Parquet stores seconds as finer units of the same instant, and NDJSON
 * writes NaN and the infinities as the bare words that most JSON readers, though not the standard, know. CSV
 * holds a list as text, `[1, 2]`, which `casts` turns back.
 */
export async function createTable(
  path: string,
  schema: Schema,
  options: WriteOptions = {},
): Promise<TableSink> {
  const format = formatOf(path, options.format);
  if (format === "arrow" || format === "arrows") return createArrow(path, schema, format);
  return createDuckDB(path, schema, format, options);
}
