import { isUtf8 } from "node:buffer";
import type { AnyInputType } from "../../types/input-type.js";
import { corrupt } from "./failure.js";
import { LIST_NULLS, SLOT_BYTES } from "./layout.js";

/** A row's bytes as they lie in memory; `bytes` and `view` cover the same memory, from the row's start, maybe beyond its end. */
export type ReadValue = (view: DataView, bytes: Buffer, length: number, slot: number) => unknown;

/** 64 bits as a number where it is a safe integer, else as a bigint. */
export function readInt64(view: DataView, at: number): number | bigint {
  const high = view.getInt32(at + 4, true);
  const low = view.getUint32(at, true);
  if (high >= -0x200000 && high < 0x200000 && (high !== -0x200000 || low !== 0)) return high * 4294967296 + low;
  return view.getBigInt64(at, true);
}

export function readUint64(view: DataView, at: number): number | bigint {
  const value = readInt64(view, at);
  if (value < 0) throw corrupt("a stored uint64 is above 2^63 - 1");
  return value;
}

export function readText(view: DataView, bytes: Buffer, length: number, slot: number): string {
  const start = view.getUint32(slot, true);
  return sliceText(bytes, start, start + view.getUint32(slot + 4, true), length);
}

function sliceText(bytes: Buffer, start: number, end: number, length: number): string {
  if (start > end || end > length) throw corrupt("a stored text lies outside its row");
  const text = bytes.toString("utf8", start, end);
  // The sign of a broken sequence, or that very character.
  if (text.includes("\ufffd") && !isUtf8(bytes.subarray(start, end))) throw corrupt("a stored text is not UTF-8");
  return text;
}

type NumberArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array | BigInt64Array;
interface ArrayKind {
  readonly make: (count: number) => NumberArray;
  readonly read: (view: DataView, at: number) => number | bigint;
}
const BIGINTS: ArrayKind = { make: (n) => new BigInt64Array(n), read: (view, at) => view.getBigInt64(at, true) };
const INT32S: ArrayKind = { make: (n) => new Int32Array(n), read: (view, at) => view.getInt32(at, true) };
const FLOAT32S: ArrayKind = { make: (n) => new Float32Array(n), read: (view, at) => view.getFloat32(at, true) };
const ARRAYS: Readonly<Record<string, ArrayKind>> = {
  int8: { make: (n) => new Int8Array(n), read: (view, at) => view.getInt8(at) },
  uint8: { make: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) },
  int16: { make: (n) => new Int16Array(n), read: (view, at) => view.getInt16(at, true) },
  uint16: { make: (n) => new Uint16Array(n), read: (view, at) => view.getUint16(at, true) },
  int32: INT32S,
  date32: INT32S,
  uint32: { make: (n) => new Uint32Array(n), read: (view, at) => view.getUint32(at, true) },
  float16: FLOAT32S,
  float32: FLOAT32S,
  float64: { make: (n) => new Float64Array(n), read: (view, at) => view.getFloat64(at, true) },
  int64: BIGINTS,
  uint64: BIGINTS,
  timestamp: BIGINTS,
  date64: BIGINTS,
};

/** Shorter lists are read element by element: a view for copying costs more than they do (2 floats: 3 µs less). */
const COPY_FROM = 32;

function numbers({ make, read }: ArrayKind, view: DataView, bytes: Buffer, start: number, count: number, width: number): NumberArray {
  const array = make(count);
  if (count < COPY_FROM) for (let i = 0; i < count; i++) array[i] = read(view, start + i * width);
  else new Uint8Array(array.buffer).set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, count * width));
  return array;
}

/** Lists without nulls are typed arrays of their element type (64-bit integers: BigInt64Array), others plain arrays. */
export function listReader(type: AnyInputType): ReadValue {
  const item = type.item as AnyInputType;
  const { size } = type;
  const isText = item.storage === "utf8";
  const width = isText ? 4 : SLOT_BYTES[item.storage];
  return (view, bytes, length, slot) => {
    const start = view.getUint32(slot, true);
    const word = view.getUint32(slot + 4, true);
    const count = (word & ~LIST_NULLS) >>> 0;
    const nulls = word !== count;
    if (size !== undefined && count !== size) throw corrupt("a stored list has another length than declared", { expected: `${size} elements`, actual: `${count}` });
    const ends = start + count * width;
    let end = ends;
    if (isText && ends <= length && count > 0) end += view.getUint32(ends - 4, true);
    const bitmap = end;
    if (nulls) end += (count + 7) >> 3;
    if (end > length) throw corrupt("a stored list lies outside its row");
    const isPresent = (i: number): boolean => !nulls || ((bytes[bitmap + (i >> 3)] as number) & (1 << (i & 7))) !== 0;
    if (isText) {
      const texts = new Array<string | null>(count);
      let from = ends;
      for (let i = 0; i < count; i++) {
        const to = ends + view.getUint32(start + 4 * i, true);
        texts[i] = isPresent(i) ? sliceText(bytes, from, to, length) : null;
        from = to;
      }
      return texts;
    }
    const array = numbers(ARRAYS[item.storage] as ArrayKind, view, bytes, start, count, width);
    if (!nulls) return array;
    return Array.from(array as ArrayLike<number | bigint>, (v, i) => (isPresent(i) ? plain(v) : null));
  };
}

/** A safe integer as a number, as outside lists. */
function plain(value: number | bigint): number | bigint {
  return typeof value === "bigint" && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** The same reads one value at a time, where code cannot be compiled. */
export function valueReader(type: AnyInputType): ReadValue {
  switch (type.storage) {
    case "bool":
      return (view, _bytes, _length, at) => view.getUint8(at) !== 0;
    case "int8":
      return (view, _bytes, _length, at) => view.getInt8(at);
    case "uint8":
      return (view, _bytes, _length, at) => view.getUint8(at);
    case "int16":
      return (view, _bytes, _length, at) => view.getInt16(at, true);
    case "uint16":
      return (view, _bytes, _length, at) => view.getUint16(at, true);
    case "int32":
    case "date32":
      return (view, _bytes, _length, at) => view.getInt32(at, true);
    case "uint32":
      return (view, _bytes, _length, at) => view.getUint32(at, true);
    case "float16":
    case "float32":
      return (view, _bytes, _length, at) => view.getFloat32(at, true);
    case "float64":
      return (view, _bytes, _length, at) => view.getFloat64(at, true);
    case "uint64":
      return (view, _bytes, _length, at) => readUint64(view, at);
    case "utf8":
      return readText;
    case "list":
    case "fixedSizeList":
      return listReader(type);
    default:
      return (view, _bytes, _length, at) => readInt64(view, at);
  }
}
