// Utf8View and BinaryView columns (Polars writes them) into Utf8 and Binary, which all else here understands.
import {
  Binary,
  type Data,
  DataType,
  Field,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  makeData,
} from "apache-arrow";
import { getBit } from "./bits.js";

function isView(type: DataType): boolean {
  return DataType.isUtf8View(type) || DataType.isBinaryView(type);
}

export function schemaWithoutViews(schema: Schema): Schema {
  if (!schema.fields.some((field) => isView(field.type))) return schema;
  const fields = schema.fields.map((field) =>
    isView(field.type)
      ? new Field(
          field.name,
          DataType.isUtf8View(field.type) ? new Utf8() : new Binary(),
          field.nullable,
          field.metadata,
        )
      : field,
  );
  return new Schema(fields, schema.metadata);
}

/** The batch under `schema`, which `schemaWithoutViews` made; a text says what is wrong with its data. */
export function batchWithoutViews(batch: RecordBatch, schema: Schema): RecordBatch | string {
  if (batch.schema.fields.every((field) => !isView(field.type))) return batch;
  const children: Data[] = [];
  for (const [i, child] of batch.data.children.entries()) {
    const flat = isView(child.type) ? flattened(child, schema.fields[i]?.type ?? new Utf8()) : child;
    if (typeof flat === "string") return `column "${schema.fields[i]?.name ?? ""}": ${flat}`;
    children.push(flat);
  }
  const data = makeData({ type: new Struct(schema.fields), length: batch.numRows, nullCount: 0, children });
  return new RecordBatch(schema, data, batch.metadata);
}

function flattened(data: Data, type: DataType): Data | string {
  const views: unknown = data.values;
  const { length, nullBitmap, nullCount } = data;
  if (!(views instanceof Uint8Array) || views.byteLength < length * 16) return "the views are too short";
  if (nullCount > 0 && nullBitmap.byteLength < (length + 7) >> 3) return "the validity bits are too short";
  const entries = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const valid = (row: number) => nullCount === 0 || getBit(nullBitmap, data.offset + row);
  const valueOffsets = new Int32Array(length + 1);
  let total = 0;
  for (let row = 0; row < length; row++) {
    const size = valid(row) ? entries.getInt32(row * 16, true) : 0;
    if (size < 0) return "a view has a negative length";
    total += size;
    if (total > 0x7fffffff) return "its texts take more than 2 GB in one batch";
    valueOffsets[row + 1] = total;
  }
  const values = new Uint8Array(total);
  for (let row = 0; row < length; row++) {
    const target = valueOffsets[row] ?? 0;
    const size = (valueOffsets[row + 1] ?? 0) - target;
    if (size <= 12) {
      values.set(views.subarray(row * 16 + 4, row * 16 + 4 + size), target);
      continue;
    }
    const buffer = data.variadicBuffers[entries.getInt32(row * 16 + 8, true)];
    const start = entries.getInt32(row * 16 + 12, true);
    if (buffer === undefined || start < 0 || start + size > buffer.byteLength)
      return "a view lies beyond its buffer";
    values.set(buffer.subarray(start, start + size), target);
  }
  return makeData({
    type: type as Utf8,
    length,
    nullCount,
    valueOffsets,
    data: values,
    nullBitmap: nullCount === 0 ? undefined : nullBitmap,
    offset: 0,
  });
}
