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

/** Some rows of a column, in ascending order, as a column of their own. */
class SelectedColumn implements FitColumn {
  readonly length: number;
  readonly type: DataType;
  readonly nullCount: number;
  readonly validity: Uint8Array | undefined;
  readonly numbers: Float64Array;
  readonly integers: BigInt64Array;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;

  constructor(column: FitColumn, rows: Int32Array) {
    const count = rows.length;
    this.length = count;
    this.type = column.type;
    this.validity = column.validity === undefined ? undefined : selectBits(column.validity, rows);
    this.nullCount = this.validity === undefined ? 0 : count - countBits(this.validity, count);
    this.numbers = EMPTY_NUMBERS;
    this.integers = EMPTY_INTEGERS;
    this.words = EMPTY_WORDS;
    this.bytes = EMPTY_BYTES;
    this.offsets = EMPTY_WORDS;
    switch (column.type.kind) {
      case "bool":
        this.bytes = selectBits(column.bytes, rows);
        break;
      case "utf8": {
        const { bytes, offsets } = column;
        this.offsets = new Int32Array(count + 1);
        for (let i = 0; i < count; i++) {
          const row = rows[i] as number;
          this.offsets[i + 1] = (this.offsets[i] as number) + (offsets[row + 1] as number) - (offsets[row] as number);
        }
        this.bytes = new Uint8Array(this.offsets[count] as number);
        for (let i = 0; i < count; i++) {
          const row = rows[i] as number;
          this.bytes.set(bytes.subarray(offsets[row], offsets[row + 1]), this.offsets[i]);
        }
        break;
      }
      default: {
        // 64-bit values all, whatever they are: copied as integers, so that no NaN changes.
        const { words } = column;
        this.words = new Int32Array(2 * count);
        for (let i = 0; i < count; i++) {
          const row = rows[i] as number;
          this.words[2 * i] = words[2 * row] as number;
          this.words[2 * i + 1] = words[2 * row + 1] as number;
        }
        this.numbers = new Float64Array(this.words.buffer);
        this.integers = new BigInt64Array(this.words.buffer);
      }
    }
  }

  isNull(row: number): boolean {
    return this.validity !== undefined && (((this.validity[row >> 3] as number) >> (row & 7)) & 1) === 0;
  }
}

const EMPTY_NUMBERS = new Float64Array(0);
const EMPTY_INTEGERS = new BigInt64Array(0);
const EMPTY_WORDS = new Int32Array(0);
const EMPTY_BYTES = new Uint8Array(0);

function selectBits(bits: Uint8Array, rows: Int32Array): Uint8Array {
  const out = new Uint8Array((rows.length + 7) >> 3);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    out[i >> 3] = (out[i >> 3] as number) | ((((bits[row >> 3] as number) >> (row & 7)) & 1) << (i & 7));
  }
  return out;
}

function countBits(bits: Uint8Array, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) count += ((bits[i >> 3] as number) >> (i & 7)) & 1;
  return count;
}

export function selectRows(column: FitColumn, rows: Int32Array): FitColumn {
  return new SelectedColumn(column, rows);
}

/** The rows of a column of booleans that are true; undefined for all. */
export function trueRows(column: FitColumn): Int32Array | undefined {
  const rows = new Int32Array(column.length);
  let count = 0;
  const { bytes, validity } = column;
  for (let i = 0; i < column.length; i++) {
    const bits = (bytes[i >> 3] as number) & (validity === undefined ? 255 : (validity[i >> 3] as number));
    if (((bits >> (i & 7)) & 1) === 1) rows[count++] = i;
  }
  return count === column.length ? undefined : rows.subarray(0, count);
}

export function fitColumn(batch: RecordBatch, index: number, type: DataType): FitColumn {
  const data = batch.data.children[index];
  if (data === undefined) throw new RangeError(`no column ${index}`);
  return new BatchColumn(data, type);
}
