import {
  Bool,
  DateDay,
  DateMillisecond,
  Field,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  TimeUnit,
  Timestamp,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  type DataType as ArrowDataType,
} from "apache-arrow";
import type { AnyInputType } from "../../types/input-type.js";

const UNITS = { s: TimeUnit.SECOND, ms: TimeUnit.MILLISECOND, us: TimeUnit.MICROSECOND, ns: TimeUnit.NANOSECOND, d: TimeUnit.SECOND } as const;

/** The Arrow type of a column that holds an input's values as they were given. List elements are nullable. */
export function arrowTypeOf(input: AnyInputType): ArrowDataType {
  switch (input.storage) {
    case "int8":
      return new Int8();
    case "int16":
      return new Int16();
    case "int32":
      return new Int32();
    case "int64":
      return new Int64();
    case "uint8":
      return new Uint8();
    case "uint16":
      return new Uint16();
    case "uint32":
      return new Uint32();
    case "uint64":
      return new Uint64();
    case "float16":
      return new Float16();
    case "float32":
      return new Float32();
    case "float64":
      return new Float64();
    case "bool":
      return new Bool();
    case "utf8":
      return new Utf8();
    case "date32":
      return new DateDay();
    case "date64":
      return new DateMillisecond();
    case "timestamp": {
      const { unit, zone } = input.type as { readonly unit: keyof typeof UNITS; readonly zone?: string };
      return new Timestamp(UNITS[unit], zone ?? null);
    }
    case "list":
      return new List(itemField(input));
    case "fixedSizeList":
      return new FixedSizeList(input.size ?? 0, itemField(input));
  }
}

function itemField(input: AnyInputType): Field {
  return new Field("item", arrowTypeOf(input.item as AnyInputType), true);
}
