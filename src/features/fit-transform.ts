import { Bool, makeData, RecordBatch, Struct, Table, Utf8, type Data } from "apache-arrow";
import type { BatchStream, Engine } from "../engine/engine.js";
import type { FittedFeatures } from "./fitted-features.js";
import type { Folds } from "./folds.js";
import type { Inputs } from "./inputs.js";

export interface FitTransformResult<I extends Inputs> {
  /** What `fit` gives: for new rows. */
  readonly fitted: FittedFeatures<I>;
  /** The training rows, all of them in their order, each encoded without what its own fold taught. */
  readonly table: Table;
  /** The fold of each row. */
  readonly folds: Uint16Array;
}

/** The data's features, each row from the engine of its fold. */
export async function transformByFold(
  engines: readonly Engine[],
  folds: Folds,
  stream: BatchStream,
): Promise<{ readonly table: Table; readonly folds: Uint16Array }> {
  const batches: RecordBatch[] = [];
  const numbers: Uint16Array[] = [];
  let rows = 0;
  for await (const batch of stream) {
    const own = folds.of(rows, batch.numRows);
    const results: RecordBatch[] = [];
    if (batch.numRows === 0) continue;
    for (const engine of engines) results.push((await engine.batchAsync(batch)).batches[0] as RecordBatch);
    batches.push(interleave(results, own));
    numbers.push(own);
    rows += batch.numRows;
  }
  const all = new Uint16Array(rows);
  let at = 0;
  for (const own of numbers) {
    all.set(own, at);
    at += own.length;
  }
  return { table: batches.length > 0 ? new Table(batches) : new Table((engines[0] as Engine).schema), folds: all };
}

/** Row i of the batch `source[i]`. */
function interleave(batches: readonly RecordBatch[], source: Uint16Array): RecordBatch {
  const first = batches[0] as RecordBatch;
  const children = first.data.children.map((_, column) => mixed(batches.map((batch) => batch.data.children[column] as Data), source));
  return new RecordBatch(first.schema, makeData({ type: new Struct(first.schema.fields), length: source.length, nullCount: 0, children }));
}

function bit(bits: Uint8Array, row: number): number {
  return ((bits[row >> 3] as number) >> (row & 7)) & 1;
}

/** The engine's own columns: they begin at their buffers' start. */
function mixed(columns: readonly Data[], source: Uint16Array): Data {
  const length = source.length;
  const { type } = columns[0] as Data;
  const validity = new Uint8Array((length + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    const from = columns[source[i] as number] as Data;
    if (from.nullCount > 0 && bit(from.nullBitmap as Uint8Array, i) === 0) nullCount++;
    else validity[i >> 3] = (validity[i >> 3] as number) | (1 << (i & 7));
  }
  const common = { length, nullCount, nullBitmap: nullCount > 0 ? validity : undefined };
  if (type instanceof Utf8) {
    const valueOffsets = new Int32Array(length + 1);
    const pieces = Array.from({ length }, (_, i) => {
      const { valueOffsets: offsets, values } = columns[source[i] as number] as Data<Utf8>;
      const piece = values.subarray(offsets[i], offsets[i + 1]);
      valueOffsets[i + 1] = (valueOffsets[i] as number) + piece.length;
      return piece;
    });
    const data = new Uint8Array(valueOffsets[length] as number);
    for (const [i, piece] of pieces.entries()) data.set(piece, valueOffsets[i]);
    return makeData({ ...common, type, valueOffsets, data });
  }
  if (type instanceof Bool) {
    const data = new Uint8Array((length + 7) >> 3);
    for (let i = 0; i < length; i++) {
      data[i >> 3] = (data[i >> 3] as number) | (bit((columns[source[i] as number] as Data<Bool>).values, i) << (i & 7));
    }
    return makeData({ ...common, type, data });
  }
  const first = (columns[0] as Data).values as Float32Array;
  const data = first.slice(0, length);
  // Of 32 or 64 bits: copied as words, so that no NaN changes.
  const words = data.byteLength / Math.max(1, length) / 4;
  const out = new Int32Array(data.buffer, data.byteOffset, length * words);
  const sources = columns.map((column) => {
    const values = column.values as Float32Array;
    return new Int32Array(values.buffer, values.byteOffset, length * words);
  });
  for (let i = 0; i < length; i++) {
    const from = sources[source[i] as number] as Int32Array;
    for (let w = 0; w < words; w++) out[i * words + w] = from[i * words + w] as number;
  }
  return makeData({ ...common, type: type as never, data } as never);
}
