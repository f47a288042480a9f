import type { RecordBatch } from "apache-arrow";
import type { DataType } from "../types/data-type.js";
import type { FitColumn } from "./transform.js";

const decoder = new TextDecoder();

/** A column of an engine's result as accumulators read it. */
export function fitColumn(batch: RecordBatch, index: number, type: DataType): FitColumn {
  const data = batch.data.children[index];
  if (data === undefined) throw new RangeError(`no column ${index}`);
  const values: unknown = data.values;
  const bitmap = data.nullCount > 0 ? data.nullBitmap : undefined;
  const offsets = data.valueOffsets as Int32Array | undefined;
  return {
    length: data.length,
    type,
    nullCount: data.nullCount,
    isNull: (row) => bitmap !== undefined && (((bitmap[row >> 3] as number) >> (row & 7)) & 1) === 0,
    numbers: values as Float64Array,
    integers: values as BigInt64Array,
    text(row) {
      if (type.kind === "bool") return (((values as Uint8Array)[row >> 3] as number) >> (row & 7)) & 1 ? "true" : "false";
      const from = offsets?.[row] as number;
      const to = offsets?.[row + 1] as number;
      return decoder.decode((values as Uint8Array).subarray(from, to));
    },
  };
}
