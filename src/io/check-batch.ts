// Arrow data from a file or a caller is not to be trusted: every buffer must be as long as the rows need,
// offsets must not fall or leave the values, and dictionary indices must exist.
import { type Data, DataType, type Dictionary, type RecordBatch } from "apache-arrow";
import { getBit } from "./bits.js";

/** What is wrong with a batch, or undefined. */
export function batchFault(batch: RecordBatch): string | undefined {
  for (const [i, field] of batch.schema.fields.entries()) {
    const data = batch.data.children[i];
    if (data === undefined) return `column "${field.name}" has no data`;
    const fault =
      data.length < batch.numRows
        ? `it has ${data.length} values for ${batch.numRows} rows`
        : dataFault(data);
    if (fault !== undefined) return `column "${field.name}": ${fault}`;
  }
  return undefined;
}

const checkedDictionaries = new WeakSet<Data>();

export function dataFault(data: Data): string | undefined {
  const { type, length } = data;
  const needBits = (data.offset + length + 7) >> 3;
  if (data.nullCount > 0 && (data.nullBitmap?.byteLength ?? 0) < needBits)
    return "the validity bits are too short";
  if (DataType.isNull(type)) return undefined;
  if (DataType.isBool(type)) return bytesOf(data) < needBits ? "the values are too short" : undefined;
  if (
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type)
  ) {
    return length === 0 ? undefined : offsetFault(data, bytesOf(data));
  }
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type)) {
    const child = data.children[0];
    if (child === undefined) return "the list has no values";
    return (length === 0 ? undefined : offsetFault(data, child.length)) ?? dataFault(child);
  }
  if (DataType.isFixedSizeList(type)) {
    const child = data.children[0];
    if (child === undefined || child.length < length * type.listSize) return "the list values are too short";
    return dataFault(child);
  }
  if (DataType.isStruct(type)) {
    for (const child of data.children) {
      const fault = child.length < length ? "a struct member is too short" : dataFault(child);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (DataType.isDictionary(type)) return dictionaryFault(data as Data<Dictionary>);
  if (DataType.isUnion(type) || DataType.isBinaryView(type) || DataType.isUtf8View(type)) return undefined;
  const width = bytesPerValue(type);
  return width !== undefined && bytesOf(data) < length * width ? "the values are too short" : undefined;
}

function bytesOf(data: Data): number {
  return (data.values as ArrayBufferView | undefined)?.byteLength ?? 0;
}

function bytesPerValue(type: DataType): number | undefined {
  if (DataType.isInt(type)) return type.bitWidth / 8;
  if (DataType.isFloat(type)) return 2 << type.precision;
  if (DataType.isDate(type)) return type.unit === 0 ? 4 : 8;
  if (DataType.isTimestamp(type) || DataType.isDuration(type)) return 8;
  if (DataType.isTime(type)) return type.bitWidth / 8;
  if (DataType.isDecimal(type)) return type.bitWidth / 8;
  if (DataType.isFixedSizeBinary(type)) return type.byteWidth;
  return undefined;
}

function offsetFault(data: Data, end: number): string | undefined {
  const offsets: unknown = data.valueOffsets;
  const { length } = data;
  if (offsets instanceof Int32Array) {
    if (offsets.length < length + 1) return "the offsets are too short";
    let last = offsets[0] ?? 0;
    if (last < 0) return "an offset is negative";
    for (let i = 1; i <= length; i++) {
      const next = offsets[i] ?? 0;
      if (next < last) return "the offsets fall";
      last = next;
    }
    return last > end ? "an offset lies beyond the values" : undefined;
  }
  if (offsets instanceof BigInt64Array) {
    if (offsets.length < length + 1) return "the offsets are too short";
    let last = offsets[0] ?? 0n;
    if (last < 0n) return "an offset is negative";
    for (let i = 1; i <= length; i++) {
      const next = offsets[i] ?? 0n;
      if (next < last) return "the offsets fall";
      last = next;
    }
    return last > BigInt(end) ? "an offset lies beyond the values" : undefined;
  }
  return "the offsets are missing";
}

function dictionaryFault(data: Data<Dictionary>): string | undefined {
  const { length, type } = data;
  const dictionary = data.dictionary;
  if (dictionary === undefined) return length === data.nullCount ? undefined : "its dictionary is missing";
  for (const part of dictionary.data) {
    if (checkedDictionaries.has(part)) continue;
    const fault = dataFault(part);
    if (fault !== undefined) return `its dictionary: ${fault}`;
    checkedDictionaries.add(part);
  }
  if (bytesOf(data) < (length * type.indices.bitWidth) / 8) return "the dictionary indices are too short";
  const size = dictionary.length;
  const hasNulls = data.nullCount > 0;
  const indices = data.values as ArrayLike<number | bigint>;
  for (let i = 0; i < length; i++) {
    const index = indices[i] ?? -1;
    if ((index < 0 || index >= size) && !(hasNulls && !getBit(data.nullBitmap, data.offset + i))) {
      return `the dictionary of ${size} values has no index ${index}`;
    }
  }
  return undefined;
}
