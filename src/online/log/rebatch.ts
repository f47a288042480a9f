import type { Data, DataType, RecordBatch } from "apache-arrow";
import { defaultBatchRows } from "../../io/types.js";
import { batchOf, takeData, type Places } from "./take.js";

/**
 * The same rows in batches of the size that files are read in. Sums depend in their last bits on where batches end: so
 * rows of a log are fitted to the same state as rows of a file, however the log was flushed.
 */
export async function* rebatched(batches: AsyncIterable<RecordBatch>, rows = defaultBatchRows): AsyncGenerator<RecordBatch> {
  let held: RecordBatch[] = [];
  let count = 0;
  for await (const batch of batches) {
    held.push(batch);
    count += batch.numRows;
    while (count >= rows) {
      const joined = join(held, rows);
      const last = held.at(-1) as RecordBatch;
      count -= rows;
      held = count === 0 ? [] : [last.slice(last.numRows - count)];
      yield joined;
    }
  }
  if (count > 0) yield join(held, count);
}

/** The first rows of all batches as one. */
function join(batches: readonly RecordBatch[], count: number): RecordBatch {
  const [first] = batches as [RecordBatch];
  if (batches.length === 1) return first.numRows === count ? first : first.slice(0, count);
  const places: Places = { chunk: new Int32Array(count), row: new Int32Array(count) };
  let at = 0;
  for (const [chunk, batch] of batches.entries()) {
    for (let row = 0; row < batch.numRows && at < count; row++, at++) {
      places.chunk[at] = chunk;
      places.row[at] = row;
    }
  }
  const children = first.schema.fields.map((field, column) => takeData(field.type as DataType, batches.map((batch) => batch.data.children[column] as Data), places));
  return batchOf(first.schema, children, count);
}
