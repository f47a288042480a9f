import { rm, writeFile } from "node:fs/promises";
import { RecordBatchStreamWriter, type DataType, type Schema } from "apache-arrow";
import { createTable, openTable, TableError } from "../../io/index.js";
import { restore } from "./restore.js";
import type { OpenSegment } from "./segment-reader.js";
import { FINISHED } from "./segments.js";
import { batchOf } from "./take.js";

/**
 * Beside each Parquet segment lies its Arrow schema, as a stream without batches: Parquet has no place for roles, and
 * holds some types (lists of a fixed size, time zones, float16) as others.
 */
export const SCHEMA_SUFFIX = ".schema";

/** Makes a finished segment into Parquet. The Arrow file goes when the Parquet file is there whole. */
export async function toParquet(path: string): Promise<void> {
  const stem = path.slice(0, -FINISHED.length);
  const source = await openTable(path, { format: "arrows" });
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, source.schema);
  writer.finish();
  await writeFile(stem + SCHEMA_SUFFIX, await writer.toUint8Array());
  const sink = await createTable(`${stem}.parquet`, source.schema, { threads: 1 });
  try {
    for await (const batch of source) await sink.write(batch);
  } catch (error) {
    await sink.abort();
    throw error;
  }
  await sink.close();
  await rm(path, { force: true });
}

/** A Parquet segment, with the columns' types as they were logged. */
export async function openParquetSegment(path: string): Promise<OpenSegment> {
  const logged = await readSchema(path);
  const source = await openTable(path, { format: "parquet" });
  const schema = logged ?? source.schema;
  const batches = (async function* () {
    for await (const batch of source) {
      yield batchOf(schema, batch.data.children.map((child, i) => restore(child, schema.fields[i]?.type as DataType)), batch.numRows);
    }
  })();
  return { path, schema, batches, close: () => source.close() };
}

async function readSchema(path: string): Promise<Schema | undefined> {
  try {
    const source = await openTable(path.replace(/\.parquet$/, SCHEMA_SUFFIX), { format: "arrows" });
    await source.close();
    return source.schema;
  } catch (error) {
    if (error instanceof TableError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
