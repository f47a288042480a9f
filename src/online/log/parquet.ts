import { rm, writeFile } from "node:fs/promises";
import { RecordBatchStreamWriter } from "apache-arrow";
import { createTable, openTable } from "../../io/index.js";
import { FINISHED } from "./segments.js";

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
