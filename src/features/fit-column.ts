import type { Data, RecordBatch } from "apache-arrow";
import type { DataType } from "../types/data-type.js";
import type { FitColumn } from "./transform.js";

/** A column of an engine's result as accumulators read it: one class, so that their loops see one shape. */
class BatchColumn implements FitColumn {
  readonly length: number;
  readonly type: DataType;
  readonly nullCount: number;
  readonly validity: Uint8Array | undefined;
  readonly #data: Data;

  constructor(data: Data, type: DataType) {
    this.length = data.length;
    this.type = type;
    this.nullCount = data.nullCount;
    this.validity = data.nullCount > 0 ? data.nullBitmap : undefined;
    this.#data = data;
  }

  isNull(row: number): boolean {
    return this.validity !== undefined && (((this.validity[row >> 3] as number) >> (row & 7)) & 1) === 0;
  }

  get numbers(): Float64Array {
    return (this.#data.values as Float64Array).subarray(0, this.length);
  }

  get integers(): BigInt64Array {
    return (this.#data.values as BigInt64Array).subarray(0, this.length);
  }

  get words(): Int32Array {
    const values = this.#data.values as BigInt64Array | Float64Array;
    return new Int32Array(values.buffer, values.byteOffset, 2 * this.length);
  }

  get bytes(): Uint8Array {
    return this.#data.values as Uint8Array;
  }

  get offsets(): Int32Array {
    return this.#data.valueOffsets as Int32Array;
  }
}

export function fitColumn(batch: RecordBatch, index: number, type: DataType): FitColumn {
  const data = batch.data.children[index];
  if (data === undefined) throw new RangeError(`no column ${index}`);
  return new BatchColumn(data, type);
}
