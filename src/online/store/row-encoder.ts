import { writeText } from "../../engine/text-writer.js";
import { InputError, received } from "../../errors.js";
import { formatInputType, type AnyInputType } from "../../types/input-type.js";
import { CHECKSUM_AT, checksum, EVENT_TIME_AT, LIST_NULLS, MAX_ROW_BYTES, NULLS_AT, ROW_VERSION, SCHEMA_AT, SLOT_BYTES } from "./layout.js";
import { missing, notWellFormed, storedScalar, wrong, type Path } from "./scalar.js";
import type { RowSchema } from "./schema.js";

// One for all encoders: rows are written one after the other and copied out.
let bytes = Buffer.alloc(4096);
let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
let top = 0;

function reserve(count: number, path: Path, row: number | undefined): void {
  const need = top + count;
  if (need <= bytes.length) return;
  if (need > MAX_ROW_BYTES) {
    throw new InputError("TOO_LARGE", "the row is too large", { path, ...(row === undefined ? {} : { row }), expected: `at most ${MAX_ROW_BYTES} bytes` });
  }
  const grown = Buffer.alloc(Math.max(need, bytes.length * 2));
  grown.set(bytes.subarray(0, top));
  bytes = grown;
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Writes rows of one schema (layout.ts). Every value is checked as the engine checks it; nothing is coerced. */
export class RowEncoder {
  readonly #schema: RowSchema;
  readonly #types: readonly AnyInputType[];

  /** `types`: the group's own, which know what is nullable. */
  constructor(schema: RowSchema, types: readonly AnyInputType[]) {
    this.#schema = schema;
    this.#types = types;
  }

  encode(values: Readonly<Record<string, unknown>>, eventTime: number, row?: number): Buffer {
    const { names, layout, idLow, idHigh } = this.#schema;
    top = 0;
    reserve(layout.heap, [], row);
    top = layout.heap;
    bytes.fill(0, 0, top);
    bytes[0] = ROW_VERSION;
    view.setUint32(SCHEMA_AT, idLow, true);
    view.setUint32(SCHEMA_AT + 4, idHigh, true);
    view.setFloat64(EVENT_TIME_AT, eventTime, true);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const type = this.#types[i] as AnyInputType;
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === null || value === undefined) {
        if (!type.isNullable) missing(type, value, [name], row);
        const at = NULLS_AT + (i >> 3);
        bytes[at] = (bytes[at] as number) | (1 << (i & 7));
      } else if (type.storage === "list" || type.storage === "fixedSizeList") {
        writeList(type, value, layout.slots[i] as number, [name], row);
      } else {
        writeScalar(type, value, layout.slots[i] as number, [name], row);
      }
    }
    reserve(4, [], row);
    while ((top & 3) !== 0) bytes[top++] = 0;
    view.setUint32(CHECKSUM_AT, checksum(view, top), true);
    return Buffer.from(bytes.subarray(0, top));
  }
}

function writeScalar(type: AnyInputType, value: unknown, at: number, path: Path, row: number | undefined): void {
  const stored = storedScalar(type, value, path, row);
  switch (type.storage) {
    case "bool":
      bytes[at] = stored === true ? 1 : 0;
      return;
    case "int8":
    case "uint8":
      bytes[at] = stored as number;
      return;
    case "int16":
    case "uint16":
      view.setInt16(at, stored as number, true);
      return;
    case "int32":
    case "uint32":
    case "date32":
      view.setInt32(at, Number(stored), true);
      return;
    case "float16":
    case "float32":
      view.setFloat32(at, stored as number, true);
      return;
    case "float64":
      view.setFloat64(at, stored as number, true);
      return;
    case "utf8": {
      const start = top;
      writeBytes(stored as string, path, row);
      view.setUint32(at, start, true);
      view.setUint32(at + 4, top - start, true);
      return;
    }
    default:
      view.setBigInt64(at, BigInt(stored as number | bigint), true);
  }
}

function writeBytes(value: string, path: Path, row: number | undefined): void {
  reserve(value.length * 3, path, row);
  const end = writeText(bytes, top, value);
  if (end < 0) notWellFormed(value, path, row);
  top = end;
}

function writeList(type: AnyInputType, value: unknown, slot: number, path: readonly [string], row: number | undefined): void {
  if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView)) wrong(type, value, path, row);
  const items = value as ArrayLike<unknown>;
  const count = items.length;
  if (type.size !== undefined && count !== type.size) {
    throw new InputError("WRONG_TYPE", "the list has another length than declared", {
      path,
      ...(row === undefined ? {} : { row }),
      expected: `${type.size} elements (${formatInputType(type)})`,
      actual: received(value),
    });
  }
  const item = type.item as AnyInputType;
  const width = item.storage === "utf8" ? 4 : SLOT_BYTES[item.storage];
  // Checked before it is multiplied: an array may claim 2^32 - 1 elements and hold none.
  if (count > MAX_ROW_BYTES / width) reserve(MAX_ROW_BYTES, path, row);
  const bitmap = (count + 7) >> 3;
  const start = top;
  const ends = start + count * width;
  reserve(count * width + bitmap, path, row);
  bytes.fill(0, start, ends + bitmap);
  top = ends;
  let present: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const v = items[i];
    const at = start + i * width;
    if (v === null || v === undefined) {
      present ??= new Uint8Array(bitmap).fill(255);
      present[i >> 3] = (present[i >> 3] as number) & ~(1 << (i & 7));
      if (item.storage === "utf8") view.setUint32(at, top - ends, true);
    } else if (item.storage === "utf8") {
      writeBytes(storedScalar(item, v, [path[0], i], row) as string, [path[0], i], row);
      view.setUint32(at, top - ends, true);
    } else {
      writeScalar(item, v, at, [path[0], i], row);
    }
  }
  view.setUint32(slot, start, true);
  view.setUint32(slot + 4, present === undefined ? count : (count | LIST_NULLS) >>> 0, true);
  if (present !== undefined) {
    reserve(bitmap, path, row);
    bytes.set(present, top);
    top += bitmap;
  }
}
