import { DataType, makeData, type Data, type Timestamp } from "apache-arrow";
import { typeText } from "../../io/batches.js";
import { halfBits } from "./gather.js";
import { takeData } from "./take.js";

/** Ticks a second of Arrow's time units, in their order. */
const TICKS = [1n, 1_000n, 1_000_000n, 1_000_000_000n];

/** A column as Parquet gave it, as the type that it was logged with. All values fit: they were of that type. */
export function restore(data: Data, type: DataType): Data {
  const given = data.type as DataType;
  if (typeText(given) === typeText(type)) return data;
  const { length, nullCount } = data;
  const nullBitmap = nullCount === 0 ? undefined : data.nullBitmap;
  const make = (parts: object): Data => makeData({ type, length, nullCount, nullBitmap, offset: data.offset, ...parts } as Parameters<typeof makeData>[0]);
  if (DataType.isFloat(type) && DataType.isFloat(given)) return make({ data: Uint16Array.from(data.values as Float32Array, halfBits) });
  if (DataType.isTimestamp(given) && (DataType.isTimestamp(type) || DataType.isDate(type))) {
    const from = TICKS[given.unit] as bigint;
    const to = TICKS[DataType.isDate(type) ? 1 : (type as Timestamp).unit] as bigint;
    const values = data.values as BigInt64Array;
    return make({ data: from === to ? values : BigInt64Array.from(values, (ticks) => (from < to ? ticks * (to / from) : ticks / (from / to))) });
  }
  if (DataType.isList(given) && DataType.isList(type)) {
    return make({ valueOffsets: data.valueOffsets, child: restore(data.children[0] as Data, type.valueType as DataType) });
  }
  if (DataType.isList(given) && DataType.isFixedSizeList(type)) {
    // A null list has no elements in Parquet, and as many as any other here.
    const size = type.listSize;
    const offsets: Int32Array = data.valueOffsets;
    const row = new Int32Array(length * size).fill(-1);
    for (let i = 0; i < length; i++) {
      if (nullCount > 0 && !data.getValid(i)) continue;
      const first = offsets[i] as number;
      for (let j = 0; j < size; j++) row[i * size + j] = first + j;
    }
    const elements = takeData(given.valueType as DataType, [data.children[0] as Data], { chunk: new Int32Array(row.length), row });
    return make({ child: restore(elements, type.valueType as DataType) });
  }
  return data;
}
