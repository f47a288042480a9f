import { Bool, DataType, makeData, RecordBatch, Struct, Utf8, type Data, type Schema } from "apache-arrow";
import { OnlineError } from "../../errors.js";

/** Rows of a column in chunks: which chunk, and which row in it; -1 is a null. */
export interface Places {
  readonly chunk: Int32Array;
  readonly row: Int32Array;
}

/** Rows of a single chunk. */
export function inOneChunk(row: Int32Array): Places {
  return { chunk: new Int32Array(row.length), row };
}

/** The type that taken values have: dictionaries are resolved, and large texts become texts. */
export function takenType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return takenType(type.dictionary);
  return DataType.isLargeUtf8(type) ? new Utf8() : type;
}

/** The values at places as one array. The library can slice arrays, but not pick rows. */
export function takeData(type: DataType, chunks: readonly Data[], places: Places): Data {
  const { chunk, row } = places;
  const length = row.length;
  if (DataType.isDictionary(type)) return takeDictionary(type.dictionary, chunks, places);
  const nullBitmap = new Uint8Array((length + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    if (isPresent(chunks, places, i)) nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
    else nullCount++;
  }
  const present = (i: number): boolean => ((nullBitmap[i >> 3] as number) & (1 << (i & 7))) !== 0;
  const make = (parts: object): Data =>
    makeData({ type: takenType(type), length, nullCount, nullBitmap: nullCount === 0 ? undefined : nullBitmap, ...parts } as Parameters<typeof makeData>[0]);

  if (DataType.isNull(type)) return makeData({ type, length });
  if (DataType.isBool(type)) {
    const data = new Uint8Array(nullBitmap.length);
    for (let i = 0; i < length; i++) {
      if (!present(i)) continue;
      const own = chunks[chunk[i] as number] as Data<Bool>;
      const bit = own.offset + (row[i] as number);
      if (((own.values[bit >> 3] as number) >> (bit & 7)) & 1) data[i >> 3] = (data[i >> 3] as number) | (1 << (i & 7));
    }
    return make({ data });
  }
  if (DataType.isUtf8(type) || DataType.isBinary(type) || DataType.isLargeUtf8(type)) {
    const valueOffsets = new Int32Array(length + 1);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < length; i++) {
      let size = 0;
      if (present(i)) {
        const own = chunks[chunk[i] as number] as Data<Utf8>;
        const at = row[i] as number;
        const part = own.values.subarray(Number(own.valueOffsets[at]), Number(own.valueOffsets[at + 1]));
        parts.push(part);
        size = part.length;
      }
      valueOffsets[i + 1] = (valueOffsets[i] as number) + size;
    }
    return make({ valueOffsets, data: Buffer.concat(parts) });
  }
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    const size = DataType.isFixedSizeList(type) ? type.listSize : undefined;
    const valueOffsets = new Int32Array(length + 1);
    const range = (i: number): [number, number] => {
      const at = row[i] as number;
      if (size !== undefined) return [at * size, (at + 1) * size];
      const own: Int32Array = (chunks[chunk[i] as number] as Data).valueOffsets;
      return [own[at] as number, own[at + 1] as number];
    };
    for (let i = 0; i < length; i++) {
      const [start, end] = present(i) ? range(i) : [0, size ?? 0];
      valueOffsets[i + 1] = (valueOffsets[i] as number) + end - start;
    }
    const total = valueOffsets[length] as number;
    const elements: Places = { chunk: new Int32Array(total), row: new Int32Array(total).fill(-1) };
    for (let i = 0; i < length; i++) {
      if (!present(i)) continue;
      const [start, end] = range(i);
      const first = valueOffsets[i] as number;
      for (let j = start; j < end; j++) {
        elements.chunk[first + j - start] = chunk[i] as number;
        elements.row[first + j - start] = j;
      }
    }
    const child = takeData(type.valueType as DataType, chunks.map((own) => own.children[0] as Data), elements);
    return make(size === undefined ? { valueOffsets, child } : { child });
  }
  return make({ data: takeFixed(type, chunks, places, present) });
}

interface FixedArray {
  readonly length: number;
  readonly constructor: unknown;
  [index: number]: number | bigint;
}

function takeFixed(type: DataType, chunks: readonly Data[], { chunk, row }: Places, present: (i: number) => boolean): FixedArray {
  const Values = type.ArrayType as new (length: number) => FixedArray;
  if (DataType.isUnion(type) || DataType.isStruct(type) || DataType.isMap(type) || typeof Values !== "function") {
    throw new OnlineError("INVALID_LOG", "rows of this type cannot be picked", { actual: String(type) });
  }
  const width = chunks[0]?.stride ?? 1;
  const out = new Values(row.length * width);
  for (let i = 0; i < row.length; i++) {
    if (!present(i)) continue;
    const values = (chunks[chunk[i] as number] as Data).values as FixedArray;
    const at = (row[i] as number) * width;
    for (let j = 0; j < width; j++) out[i * width + j] = values[at + j] as number | bigint;
  }
  return out;
}

function takeDictionary(type: DataType, chunks: readonly Data[], places: Places): Data {
  // All chunks' dictionaries, one after the other.
  const dictionaries = chunks.map((own) => own.dictionary?.data ?? []);
  const first: number[] = [];
  const parts: Data[] = [];
  for (const own of dictionaries) {
    first.push(parts.length);
    parts.push(...(own as readonly Data[]));
  }
  const inner: Places = { chunk: new Int32Array(places.row.length), row: new Int32Array(places.row.length).fill(-1) };
  for (let i = 0; i < places.row.length; i++) {
    if (!isPresent(chunks, places, i)) continue;
    const own = places.chunk[i] as number;
    let index = Number(((chunks[own] as Data).values as ArrayLike<number | bigint>)[places.row[i] as number]);
    let part = first[own] as number;
    while (index >= (parts[part] as Data).length) index -= (parts[part++] as Data).length;
    inner.chunk[i] = part;
    inner.row[i] = index;
  }
  return takeData(type, parts, inner);
}

function isPresent(chunks: readonly Data[], { chunk, row }: Places, i: number): boolean {
  const at = row[i] as number;
  if (at < 0) return false;
  const own = chunks[chunk[i] as number] as Data;
  return own.nullCount === 0 || own.getValid(at);
}

/** Rows of a batch, in the order given. */
export function takeRows(batch: RecordBatch, schema: Schema, rows: Int32Array): RecordBatch {
  const places = inOneChunk(rows);
  const children = batch.data.children.map((child, i) => takeData(schema.fields[i]?.type as DataType, [child], places));
  return batchOf(schema, children, rows.length);
}

export function batchOf(schema: Schema, children: readonly Data[], length: number): RecordBatch {
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children: [...children] }));
}
