import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { OnnxError } from "../errors.js";

/**
 * Reads and writes protobuf messages that are described as data. What a file claims is believed only as far as
 * its bytes go: lengths are checked before anything is allocated, nesting and the number of objects are bounded.
 */

/** Every decoded message. */
export interface Unknown {
  /** Fields that the description does not list, tag and value as they stood in the file. */
  readonly unknown?: readonly Uint8Array[];
}

type Kind =
  | "int32"
  | "int64"
  | "float"
  | "string"
  | "bytes"
  | "message"
  | "strings"
  | "bytesList"
  | "messages"
  | "floats"
  | "doubles"
  | "int32s"
  | "int64s"
  | "uint64s";

interface Field {
  readonly key: string;
  readonly no: number;
  readonly kind: Kind;
  readonly message?: (() => MessageType<unknown>) | undefined;
}

/** A message's name and fields; `T` is what decoding gives. */
export interface MessageType<out T> {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
  /** Never set; carries `T`. */
  readonly decoded?: T;
}

type FieldsOf<T> = { readonly [K in Exclude<keyof T, "unknown">]-?: readonly [no: number, kind: Kind, message?: () => MessageType<unknown>] };

export function message<T extends Unknown>(name: string, described: FieldsOf<T>): MessageType<T> {
  const entries = Object.entries(described) as [string, readonly [number, Kind, (() => MessageType<unknown>)?]][];
  const fields = entries.map(([key, [no, kind, type]]): Field => ({ key, no, kind, message: type }));
  return { name, fields, byNumber: new Map(fields.map((field) => [field.no, field])) };
}

/** Deeper than any real model: each nested graph takes three levels. */
const MAX_DEPTH = 64;
/** Messages and strings in one file: two bytes each in a hostile one, a hundred times that in memory. */
const MAX_ITEMS = 4_194_304;

const NUMERIC = {
  floats: { wire: WireType.Bit32, size: 4, array: Float32Array },
  doubles: { wire: WireType.Bit64, size: 8, array: Float64Array },
  int32s: { wire: WireType.Varint, size: 0, array: Int32Array },
  int64s: { wire: WireType.Varint, size: 0, array: BigInt64Array },
  uint64s: { wire: WireType.Varint, size: 0, array: BigUint64Array },
} as const;
type NumericKind = keyof typeof NUMERIC;
type NumericArray = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

const SCALAR_WIRE: Readonly<Record<Exclude<Kind, NumericKind>, WireType>> = {
  int32: WireType.Varint,
  int64: WireType.Varint,
  float: WireType.Bit32,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  message: WireType.LengthDelimited,
  strings: WireType.LengthDelimited,
  bytesList: WireType.LengthDelimited,
  messages: WireType.LengthDelimited,
};

const isNumeric = (kind: Kind): kind is NumericKind => Object.hasOwn(NUMERIC, kind);

export function invalid(what: string, cause?: unknown): OnnxError {
  return new OnnxError("INVALID_ONNX", what, {}, cause === undefined ? undefined : { cause });
}

class Decoder {
  #items = 0;

  message(type: MessageType<unknown>, bytes: Uint8Array, depth: number): Record<string, unknown> {
    if (depth > MAX_DEPTH) throw invalid(`${type.name} is nested more than ${MAX_DEPTH} deep`);
    this.#count();
    const out: Record<string, unknown> = {};
    const gathered = new Map<Field, Gatherer>();
    const unknown: Uint8Array[] = [];
    const reader = new BinaryReader(bytes);
    while (reader.pos < bytes.length) {
      const start = reader.pos;
      const [no, wire] = reader.tag();
      const field = type.byNumber.get(no);
      if (field === undefined) {
        if (wire === WireType.StartGroup || wire === WireType.EndGroup) throw invalid(`${type.name} holds a group`);
        reader.skip(wire, no);
        unknown.push(bytes.subarray(start, reader.pos));
        continue;
      }
      if (isNumeric(field.kind)) {
        let gatherer = gathered.get(field);
        if (gatherer === undefined) gathered.set(field, (gatherer = new Gatherer(field.kind)));
        gatherer.read(reader, wire, () => `${type.name}.${field.key}`);
        continue;
      }
      if (wire !== SCALAR_WIRE[field.kind]) throw invalid(`${type.name}.${field.key} has wire type ${wire}`);
      const value = this.#value(field, reader, depth);
      if (field.kind === "strings" || field.kind === "bytesList" || field.kind === "messages") {
        ((out[field.key] ??= []) as unknown[]).push(value);
      } else if (field.kind === "message" && out[field.key] !== undefined) {
        throw invalid(`${type.name}.${field.key} is given twice`);
      } else {
        out[field.key] = value;
      }
    }
    for (const [field, gatherer] of gathered) out[field.key] = gatherer.finish();
    if (unknown.length > 0) out["unknown"] = unknown;
    return out;
  }

  #value(field: Field, reader: BinaryReader, depth: number): unknown {
    switch (field.kind) {
      case "int32":
        return reader.int32();
      case "int64":
        return BigInt(reader.int64());
      case "float":
        return reader.float();
      case "string":
      case "strings":
        this.#count();
        return reader.string(true);
      case "bytes":
      case "bytesList":
        this.#count();
        return reader.bytes();
      default:
        return this.message((field.message as () => MessageType<unknown>)(), reader.bytes(), depth + 1);
    }
  }

  #count(): void {
    if (++this.#items > MAX_ITEMS) throw invalid(`the file holds more than ${MAX_ITEMS} messages and texts`);
  }
}

/** The values of a repeated number, packed or not, in one typed array no longer than the bytes that hold them. */
class Gatherer {
  readonly #kind: NumericKind;
  #values: NumericArray;
  #length = 0;

  constructor(kind: NumericKind) {
    this.#kind = kind;
    this.#values = new NUMERIC[kind].array(0);
  }

  read(reader: BinaryReader, wire: WireType, where: () => string): void {
    const { wire: own, size } = NUMERIC[this.#kind];
    if (wire === own) {
      this.#reserve(1);
      this.#one(reader);
      return;
    }
    if (wire !== WireType.LengthDelimited) throw invalid(`${where()} has wire type ${wire}`);
    const packed = reader.bytes();
    if (size > 0) {
      if (packed.length % size !== 0) throw invalid(`${where()} holds ${packed.length} bytes, which is no multiple of ${size}`);
      this.#reserve(packed.length / size);
      this.#fixed(packed, size);
      return;
    }
    let count = 0;
    for (const byte of packed) if (byte < 0x80) count++;
    this.#reserve(count);
    const inner = new BinaryReader(packed);
    while (inner.pos < packed.length) this.#one(inner);
  }

  finish(): NumericArray {
    return this.#length === this.#values.length ? this.#values : this.#values.slice(0, this.#length);
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#values.length) return;
    const grown = new NUMERIC[this.#kind].array(more > 1 ? wanted : Math.max(16, 2 * this.#values.length));
    (grown as Float64Array).set(this.#values as Float64Array);
    this.#values = grown;
  }

  #one(reader: BinaryReader): void {
    const at = this.#length++;
    switch (this.#kind) {
      case "floats":
        this.#values[at] = reader.float();
        break;
      case "doubles":
        this.#values[at] = reader.double();
        break;
      case "int32s":
        this.#values[at] = reader.int32();
        break;
      case "int64s":
        this.#values[at] = BigInt(reader.int64());
        break;
      case "uint64s":
        this.#values[at] = BigInt(reader.uint64());
    }
  }

  #fixed(packed: Uint8Array, size: number): void {
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    for (let at = 0; at < packed.length; at += size) {
      this.#values[this.#length++] = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    }
  }
}

/** The message in these bytes; INVALID_ONNX when they are truncated or hold anything else. */
export function decode<T>(type: MessageType<T>, bytes: Uint8Array): T {
  try {
    return new Decoder().message(type, bytes, 0) as T;
  } catch (error) {
    if (error instanceof OnnxError) throw error;
    throw invalid(`malformed ${type.name}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function write(writer: BinaryWriter, type: MessageType<unknown>, value: Record<string, unknown>): void {
  for (const field of type.fields) {
    const item = value[field.key];
    if (item === undefined) continue;
    if (isNumeric(field.kind)) writePacked(writer, field, item as NumericArray);
    else if (field.kind === "strings" || field.kind === "bytesList" || field.kind === "messages") {
      for (const one of item as readonly unknown[]) writeOne(writer, field, one);
    } else writeOne(writer, field, item);
  }
  for (const raw of (value["unknown"] as readonly Uint8Array[] | undefined) ?? []) writer.raw(raw);
}

function writeOne(writer: BinaryWriter, field: Field, value: unknown): void {
  writer.tag(field.no, SCALAR_WIRE[field.kind as Exclude<Kind, NumericKind>]);
  switch (field.kind) {
    case "int32":
      writer.int32(value as number);
      break;
    case "int64":
      writer.int64(value as bigint);
      break;
    case "float":
      writer.float(value as number);
      break;
    case "string":
    case "strings":
      writer.string(value as string);
      break;
    case "bytes":
    case "bytesList":
      writer.bytes(value as Uint8Array);
      break;
    default:
      writer.fork();
      write(writer, (field.message as () => MessageType<unknown>)(), value as Record<string, unknown>);
      writer.join();
  }
}

function writePacked(writer: BinaryWriter, field: Field, values: NumericArray): void {
  if (values.length === 0) return;
  writer.tag(field.no, WireType.LengthDelimited).fork();
  switch (field.kind) {
    case "floats":
      for (const value of values as Float32Array) writer.float(value);
      break;
    case "doubles":
      for (const value of values as Float64Array) writer.double(value);
      break;
    case "int32s":
      for (const value of values as Int32Array) writer.int32(value);
      break;
    case "int64s":
      for (const value of values as BigInt64Array) writer.int64(value);
      break;
    default:
      for (const value of values as BigUint64Array) writer.uint64(value);
  }
  writer.join();
}

export function encode<T extends Unknown>(type: MessageType<T>, value: T): Uint8Array {
  const writer = new BinaryWriter();
  write(writer, type, value as unknown as Record<string, unknown>);
  return writer.finish();
}
