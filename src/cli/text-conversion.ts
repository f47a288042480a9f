// From the types that CSV and NDJSON are read as to the declared ones: exact, or an error with the row.
import {
  type Data,
  DataType,
  DateDay,
  DateMillisecond,
  Field,
  FixedSizeList,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  makeData,
  Timestamp,
  TimeUnit,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
} from "apache-arrow";
import { InputError, type ErrorCode } from "../errors.js";
import type { AnyInputType } from "../types/input-type.js";

export interface Conversion {
  readonly type: DataType;
  /** The column as the declared type; `rowOf` tells in which row of the table an element is, for errors. */
  convert(data: Data, rowOf: RowOf): Data;
}

export type RowOf = (index: number) => number;

type IntStorage = "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64";

const INTS: Record<IntStorage, { readonly type: DataType; readonly low: number; readonly high: number; make(n: number): NodeJS.TypedArray }> = {
  int8: { type: new Int8(), low: -(2 ** 7), high: 2 ** 7 - 1, make: (n) => new Int8Array(n) },
  int16: { type: new Int16(), low: -(2 ** 15), high: 2 ** 15 - 1, make: (n) => new Int16Array(n) },
  int32: { type: new Int32(), low: -(2 ** 31), high: 2 ** 31 - 1, make: (n) => new Int32Array(n) },
  int64: { type: new Int64(), low: Number.MIN_SAFE_INTEGER, high: Number.MAX_SAFE_INTEGER, make: (n) => new BigInt64Array(n) },
  uint8: { type: new Uint8(), low: 0, high: 2 ** 8 - 1, make: (n) => new Uint8Array(n) },
  uint16: { type: new Uint16(), low: 0, high: 2 ** 16 - 1, make: (n) => new Uint16Array(n) },
  uint32: { type: new Uint32(), low: 0, high: 2 ** 32 - 1, make: (n) => new Uint32Array(n) },
  uint64: { type: new Uint64(), low: 0, high: Number.MAX_SAFE_INTEGER, make: (n) => new BigUint64Array(n) },
};

const TIME_UNITS = { s: TimeUnit.SECOND, ms: TimeUnit.MILLISECOND, us: TimeUnit.MICROSECOND, ns: TimeUnit.NANOSECOND } as const;
/** Nanoseconds in a tick. */
const NANOS = { d: 86_400_000_000_000n, s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n } as const;
const WORDS = { d: "days", s: "seconds", ms: "milliseconds", us: "microseconds", ns: "nanoseconds" } as const;
type Unit = keyof typeof NANOS;

/** How a column of this type becomes the input; undefined where it is that already, or cannot be. */
export function conversionTo(input: AnyInputType, type: DataType, column: string): Conversion | undefined {
  switch (input.storage) {
    case "timestamp":
    case "date32":
    case "date64":
      return timeConversion(input, type, column);
    case "list":
    case "fixedSizeList":
      return listConversion(input, type, column);
    default:
      return input.storage in INTS && DataType.isFloat(type) ? integers(input.storage as IntStorage, column) : undefined;
  }
}

function refuse(code: ErrorCode, what: string, column: string, row: number, expected: string, actual: unknown): never {
  throw new InputError(code, what, { column, row, expected, actual: String(actual) });
}

function isValid(data: Data, i: number): boolean {
  return data.nullCount === 0 || data.getValid(i);
}

function rebuilt(source: Data, type: DataType, values: NodeJS.TypedArray): Data {
  const { length, nullCount, nullBitmap } = source;
  return makeData({ type: type as Int32, length, nullCount, nullBitmap, data: values as Int32Array });
}

function integers(storage: IntStorage, column: string): Conversion {
  const { type, low, high, make } = INTS[storage];
  return {
    type,
    convert(data, rowOf) {
      const source = data.values as Float64Array;
      const out = make(data.length);
      const wide = out instanceof BigInt64Array || out instanceof BigUint64Array;
      for (let i = 0; i < data.length; i++) {
        const value = source[i] as number;
        const fits = Number.isInteger(value) && value >= low && value <= high;
        if (fits) out[i] = wide ? BigInt(value) : value;
        else if (isValid(data, i)) {
          const code = Number.isInteger(value) ? "OUT_OF_RANGE" : "NOT_AN_INTEGER";
          refuse(code, "the value does not fit the declared input", column, rowOf(i), storage, value);
        }
      }
      return rebuilt(data, type, out);
    },
  };
}

function timeTarget(input: AnyInputType): { readonly type: DataType; readonly unit: Unit } | undefined {
  if (input.type.kind !== "timestamp") return undefined;
  const { unit } = input.type;
  if (input.storage === "date32") return { type: new DateDay(), unit };
  if (input.storage === "date64") return { type: new DateMillisecond(), unit };
  return unit === "d" ? undefined : { type: new Timestamp(TIME_UNITS[unit], null), unit };
}

function unitOf(type: DataType): Unit | undefined {
  if (DataType.isTimestamp(type)) return (["s", "ms", "us", "ns"] as const)[type.unit];
  if (DataType.isDate(type)) return type.unit === 0 ? "d" : "ms";
  return undefined;
}

function timeConversion(input: AnyInputType, type: DataType, column: string): Conversion | undefined {
  const target = timeTarget(input);
  if (target === undefined) return undefined;
  // A whole number is ticks, as in a row object.
  const from = DataType.isInt(type) ? target.unit : unitOf(type);
  const same = from === target.unit && !DataType.isInt(type) && DataType.isDate(type) === DataType.isDate(target.type);
  if (from === undefined || same) return undefined;
  const finer = NANOS[from] < NANOS[target.unit];
  const factor = finer ? NANOS[target.unit] / NANOS[from] : NANOS[from] / NANOS[target.unit];
  return {
    type: target.type,
    convert(data, rowOf) {
      const source = data.values as ArrayLike<number | bigint>;
      const out = DataType.isDate(target.type) && target.unit === "d" ? new Int32Array(data.length) : new BigInt64Array(data.length);
      for (let i = 0; i < data.length; i++) {
        if (!isValid(data, i)) continue;
        const ticks = BigInt(source[i] as number | bigint);
        const scaled = finer ? ticks / factor : ticks * factor;
        if (finer && scaled * factor !== ticks) {
          refuse("OUT_OF_RANGE", "the time is finer than the declared input", column, rowOf(i), `whole ${WORDS[target.unit]}`, `${ticks} ${WORDS[from]}`);
        }
        const wide = out instanceof BigInt64Array;
        if (scaled !== (wide ? BigInt.asIntN(64, scaled) : BigInt.asIntN(32, scaled))) {
          refuse("OUT_OF_RANGE", "the time does not fit the declared input", column, rowOf(i), WORDS[target.unit], `${ticks} ${WORDS[from]}`);
        }
        if (wide) out[i] = scaled;
        else out[i] = Number(scaled);
      }
      return rebuilt(data, target.type, out);
    },
  };
}

function listConversion(input: AnyInputType, type: DataType, column: string): Conversion | undefined {
  if (input.item === undefined || !(DataType.isList(type) || DataType.isFixedSizeList(type))) return undefined;
  const item = conversionTo(input.item, type.valueType as DataType, column);
  if (item === undefined) return undefined;
  const field = new Field("item", item.type, true);
  const target = DataType.isList(type) ? new List(field) : new FixedSizeList(type.listSize, field);
  return {
    type: target,
    convert(data, rowOf) {
      const { length, nullCount, nullBitmap, valueOffsets } = data;
      const child = item.convert(data.children[0] as Data, (i) => rowOf(listOf(data, i)));
      if (DataType.isFixedSizeList(target)) return makeData({ type: target, length, nullCount, nullBitmap, child });
      return makeData({ type: target, length, nullCount, nullBitmap, valueOffsets: valueOffsets as Int32Array, child });
    },
  };
}

/** The list that an element is in. */
function listOf(data: Data, element: number): number {
  const type = data.type as DataType;
  if (DataType.isFixedSizeList(type)) return Math.floor(element / type.listSize);
  const offsets = data.valueOffsets as Int32Array;
  let i = 0;
  while (i < data.length - 1 && (offsets[i + 1] as number) <= element) i++;
  return i;
}
