// Arrow columns of oracle values, in every layout that a reader may meet: parts of larger arrays, validity at odd bit
// offsets, garbage around the part and behind nulls.
import {
  Bool,
  Dictionary,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  Int64,
  LargeUtf8,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  Vector,
  type Data,
  type DataType,
} from "apache-arrow";
import { randomValue, Rng } from "../generators/index.js";
import type { Value } from "../oracle/index.js";

export interface Layout {
  /** Garbage rows before and after the part. */
  readonly before: number;
  readonly after: number;
  /** What lies behind nulls, and around the part, is drawn from this; without it, zeros. */
  readonly garbage?: Rng;
  /** A bitmap even where nothing is null. */
  readonly bitmap?: boolean;
  readonly text?: "utf8" | "large" | "dictionary";
  /** Equal lengths in a fixed-size list. */
  readonly fixedSize?: number;
}

export const packed: Layout = { before: 0, after: 0 };

const encoder = new TextEncoder();
/** Not UTF-8: a reader that looks behind a null stumbles. */
const badBytes = Uint8Array.of(0xff, 0xfe, 0xc0, 0x80);

function bitmap(values: readonly Value[], layout: Layout): { readonly nullBitmap?: Uint8Array; readonly nullCount: number } {
  const nullCount = values.filter((value) => value === null).length;
  if (nullCount === 0 && layout.bitmap !== true) return { nullCount };
  const bits = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, i) => {
    if (value !== null) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return { nullBitmap: bits, nullCount };
}

function garbageOf(type: string, layout: Layout): Value {
  return layout.garbage === undefined ? zero(type) : randomValue(layout.garbage, type);
}

function zero(type: string): Value {
  switch (type) {
    case "float64":
      return 0;
    case "int64":
    case "timestamp":
      return 0n;
    case "bool":
      return false;
    case "utf8":
      return "";
    default:
      return [];
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function textData(values: readonly Value[], layout: Layout): Data {
  const pieces = values.map((value) => {
    if (value !== null) return encoder.encode(value as string);
    return layout.garbage?.chance(0.5) === true ? badBytes : encoder.encode(garbageOf("utf8", layout) as string);
  });
  // The first text need not begin at byte 0.
  const lead = layout.garbage === undefined ? new Uint8Array(0) : badBytes;
  const ends: number[] = [lead.length];
  for (const piece of pieces) ends.push((ends.at(-1) ?? 0) + piece.length);
  const common = { length: values.length, ...bitmap(values, layout), data: concat([lead, ...pieces]) };
  return layout.text === "large"
    ? makeData({ ...common, type: new LargeUtf8(), valueOffsets: BigInt64Array.from(ends, BigInt) })
    : makeData({ ...common, type: new Utf8(), valueOffsets: Int32Array.from(ends) });
}

function dictionaryData(values: readonly Value[], layout: Layout): Data {
  const words: Value[] = [...new Set(values)];
  // A null may also be an entry of the dictionary; half of the nulls stand there.
  const dictionary = textData(words, { before: 0, after: 0 });
  const nullEntry = words.indexOf(null);
  const viaEntry = values.map((value, i) => value === null && i % 2 === 0);
  const indices = Int32Array.from(values, (value, i) =>
    value === null && viaEntry[i] !== true ? (layout.garbage === undefined ? 0 : 2147483647) : value === null ? nullEntry : words.indexOf(value),
  );
  const shown = values.map((value, i) => (viaEntry[i] === true ? "" : value));
  return makeData({
    type: new Dictionary(new Utf8(), new Int32()),
    length: values.length,
    ...bitmap(shown, layout),
    data: indices,
    dictionary: new Vector([dictionary]) as Vector<Utf8>,
  });
}

function listData(item: string, values: readonly Value[], layout: Layout): Data {
  const size = layout.fixedSize;
  const filled = values.map((value): readonly Value[] => {
    if (value !== null) return value as readonly Value[];
    const garbage = garbageOf(`list<${item}>`, layout) as readonly Value[];
    return size === undefined ? garbage : Array.from({ length: size }, (_, i) => garbage[i] ?? null);
  });
  const lead: readonly Value[] = layout.garbage === undefined || size !== undefined ? [] : [garbageOf(item, layout), null, garbageOf(item, layout)];
  const child = rawData(item, [...lead, ...filled.flat()], { ...layout, text: layout.text === "large" ? "large" : "utf8" });
  const common = { length: values.length, ...bitmap(values, layout), child };
  const field = new Field("item", child.type as DataType, true);
  if (size !== undefined) return makeData({ ...common, type: new FixedSizeList(size, field) });
  const ends: number[] = [lead.length];
  for (const items of filled) ends.push((ends.at(-1) ?? 0) + items.length);
  return makeData({ ...common, type: new List(field), valueOffsets: Int32Array.from(ends) });
}

function rawData(type: string, values: readonly Value[], layout: Layout): Data {
  const filled = (): readonly Value[] => values.map((value) => value ?? garbageOf(type, layout));
  const common = { length: values.length, ...bitmap(values, layout) };
  switch (type) {
    case "float64":
      return makeData({ ...common, type: new Float64(), data: Float64Array.from(filled() as number[]) });
    case "int64":
      return makeData({ ...common, type: new Int64(), data: BigInt64Array.from(filled() as bigint[]) });
    case "timestamp":
      return makeData({ ...common, type: new TimestampMillisecond(), data: BigInt64Array.from(filled() as bigint[]) });
    case "bool": {
      const { nullBitmap: data } = bitmap(filled().map((value) => (value === true ? true : null)), { ...layout, bitmap: true });
      return makeData({ ...common, type: new Bool(), data: data as Uint8Array });
    }
    case "utf8":
      return layout.text === "dictionary" ? dictionaryData(values, layout) : textData(values, layout);
    default:
      return listData(type.slice(5, -1), values, layout);
  }
}

/** An Arrow array of values of a kernel type. */
export function arrowData(type: string, values: readonly Value[], layout: Layout = packed): Data {
  const around = (count: number): Value[] =>
    Array.from({ length: count }, () => (layout.garbage?.chance(0.3) === true || layout.fixedSize !== undefined ? null : garbageOf(type, layout)));
  const whole = rawData(type, [...around(layout.before), ...values, ...around(layout.after)], layout);
  return layout.before + layout.after > 0 ? whole.slice(layout.before, values.length) : whole;
}

/** Columns as one record batch. */
export function recordBatch(columns: Readonly<Record<string, Data>>, rows: number): RecordBatch {
  const fields = Object.entries(columns).map(([name, data]) => new Field(name, data.type as DataType, true));
  const data = makeData({ type: new Struct(fields), length: rows, nullCount: 0, children: Object.values(columns) });
  return new RecordBatch(new Schema(fields), data);
}
