import type { RecordBatch, Schema, Table } from "apache-arrow";
import type { TableFormat } from "./format.js";

export interface ReadOptions {
  /** The file's format; by default its extension decides. */
  readonly format?: TableFormat;
  /** The columns to read, in this order; by default all of them. Names are matched exactly. */
  readonly columns?: readonly string[];
  /** A SQL predicate (DuckDB's dialect) that rows must satisfy. Parquet, CSV and NDJSON only. */
  readonly where?: string;
  /** A SQL `ORDER BY` list. Parquet, CSV and NDJSON only. */
  readonly orderBy?: string;
  /** The greatest number of rows to read. */
  readonly limit?: number;
  /** The greatest number of rows in a batch; 65,536 by default. */
  readonly batchRows?: number;
  /**
   * SQL types for columns whose own type is not wanted or not supported, such as `{ zip: "VARCHAR" }`. For
   * CSV and NDJSON they replace the detected type, so that the text is never read as anything else: needed
   * for timestamps with nanoseconds (`TIMESTAMP_NS`; detection stops at microseconds) and, in NDJSON, for
   * timestamps with a fraction of a second, which are otherwise text. A function gets the columns with the SQL
   * types that the file has or that were detected, and returns the casts.
   */
  readonly casts?:
    | Readonly<Record<string, string>>
    | ((detected: ReadonlyMap<string, string>) => Readonly<Record<string, string>>);
  /** The field separator of CSV; by default a tab for `.tsv` and a comma otherwise. */
  readonly delimiter?: string;
  /** The text that stands for a missing value in CSV; by default an empty field without quotes. */
  readonly nullText?: string;
  readonly signal?: AbortSignal;
  /** How many threads DuckDB may use. */
  readonly threads?: number;
  /** DuckDB's memory limit, such as `"2GB"`; what does not fit goes to temporary files. */
  readonly memoryLimit?: string;
}

/** A table as a stream of record batches. It can be iterated once; leaving the loop closes it. */
export interface TableSource extends AsyncIterable<RecordBatch> {
  readonly schema: Schema;
  /** The number of rows, where it is known without reading the table. */
  readonly rowCount?: number;
  close(): Promise<void>;
}

export interface WriteOptions {
  /** The format to write; by default the extension decides. */
  readonly format?: TableFormat;
  /** The field separator of CSV; by default a tab for `.tsv` and a comma otherwise. */
  readonly delimiter?: string;
  /** How many threads DuckDB may use. */
  readonly threads?: number;
  /**
   * DuckDB's memory limit while rows are collected, 1 GB by default; beyond it they go to a temporary
   * file.
   */
  readonly memoryLimit?: string;
  /** Ends the work of `close`, which then rejects and leaves no file. */
  readonly signal?: AbortSignal;
}

export interface WriteSummary {
  readonly rows: number;
  readonly bytes?: number;
}

/** Where a table is written. Nothing appears under the final name before `close`. */
export interface TableSink {
  write(batch: RecordBatch | Table): Promise<void>;
  close(): Promise<WriteSummary>;
  /** Gives up and removes the partial file. */
  abort(): Promise<void>;
}

export const defaultBatchRows = 65_536;
