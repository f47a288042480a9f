import { DataType as ArrowDataType, LargeUtf8, makeData, Precision, type Data, type Vector } from "apache-arrow";
import type { NativeColumn } from "../native.js";
import type { AnyInputType } from "../types/input-type.js";
import { formatInputType } from "../types/input-type.js";
import { InputError } from "../errors.js";

/** Native ArrowType (native/exec/arrow_column.h). */
const INTS: Record<string, number> = { int8: 0, int16: 1, int32: 2, int64: 3, uint8: 4, uint16: 5, uint32: 6, uint64: 7 };
const FLOATS: Record<number, number> = { [Precision.HALF]: 8, [Precision.SINGLE]: 9, [Precision.DOUBLE]: 10 };
const FLOAT_NAMES: Record<number, string> = { [Precision.HALF]: "float16", [Precision.SINGLE]: "float32", [Precision.DOUBLE]: "float64" };
const BOOL = 11;
const UTF8 = 12;
const LARGE_UTF8 = 13;
const DICTIONARY = 14;
const LIST = 15;
const FIXED_SIZE_LIST = 16;
const TIME_UNITS = ["s", "ms", "us", "ns"];

/** What an Arrow type stores, in the words of input types; undefined for types that no input has. */
export function storageName(type: ArrowDataType): string | undefined {
  if (ArrowDataType.isInt(type)) return `${type.isSigned ? "int" : "uint"}${type.bitWidth}`;
  if (ArrowDataType.isFloat(type)) return FLOAT_NAMES[type.precision];
  if (ArrowDataType.isBool(type)) return "bool";
  if (ArrowDataType.isUtf8(type) || ArrowDataType.isLargeUtf8(type)) return "utf8";
  if (ArrowDataType.isTimestamp(type)) return `timestamp[${TIME_UNITS[type.unit]}]`;
  if (ArrowDataType.isDate(type)) return type.unit === 0 ? "date32" : "date64";
  if (ArrowDataType.isDictionary(type)) return storageName(type.dictionary);
  if (ArrowDataType.isList(type)) return `list<${storageName(type.valueType)}>`;
  if (ArrowDataType.isFixedSizeList(type)) return `list<${storageName(type.valueType)}>[${type.listSize}]`;
  return undefined;
}

/** Inputs also take columns of narrower storage, which widens without loss. */
const WIDENS: Record<string, readonly string[]> = {
  float64: ["float32", "float16", "int8", "int16", "int32", "uint8", "uint16", "uint32"],
  float32: ["float16", "int8", "int16", "uint8", "uint16"],
  int64: ["int8", "int16", "int32", "uint8", "uint16", "uint32"],
  int32: ["int8", "int16", "uint8", "uint16"],
  int16: ["int8", "uint8"],
  uint64: ["uint8", "uint16", "uint32"],
  uint32: ["uint8", "uint16"],
  uint16: ["uint8"],
};

/** Whether a column of this Arrow type can be read as the input; no value may change on the way. */
export function fitsInput(input: AnyInputType, type: ArrowDataType): boolean {
  const name = storageName(type);
  if (name === undefined) return false;
  switch (input.storage) {
    case "list":
      return (ArrowDataType.isList(type) || ArrowDataType.isFixedSizeList(type)) && fitsItem(input, type.valueType as ArrowDataType);
    case "fixedSizeList":
      return ArrowDataType.isFixedSizeList(type) && type.listSize === input.size && fitsItem(input, type.valueType as ArrowDataType);
    case "timestamp":
      return name === `timestamp[${input.type.kind === "timestamp" ? input.type.unit : ""}]`;
    default:
      return name === input.storage || (WIDENS[input.storage]?.includes(name) ?? false);
  }
}

/** Elements are not read through a dictionary. */
function fitsItem(input: AnyInputType, type: ArrowDataType): boolean {
  return input.item !== undefined && !ArrowDataType.isDictionary(type) && fitsInput(input.item, type);
}

/** Throws where a column cannot be the input. */
export function checkColumnType(name: string, input: AnyInputType, type: ArrowDataType): void {
  if (fitsInput(input, type)) return;
  throw new InputError("SCHEMA_MISMATCH", "the column's type does not fit the declared input", {
    column: name,
    expected: formatInputType(input),
    actual: String(type),
    fix: "Declare the input with the column's type, or cast the column",
  });
}

/** One chunk of a column by its buffers. apache-arrow slices typed arrays but leaves bitmaps whole. */
export function nativeColumn(data: Data, column: string): NativeColumn {
  const type = data.type as ArrowDataType;
  const common = {
    offset: 0,
    length: data.length,
    validityOffset: data.offset,
    validity: data.nullCount > 0 && data.nullBitmap !== undefined && data.nullBitmap.length > 0 ? data.nullBitmap : undefined,
  };
  if (ArrowDataType.isInt(type)) return { ...common, type: intType(type), values: data.values as NodeJS.TypedArray };
  if (ArrowDataType.isFloat(type)) return { ...common, type: FLOATS[type.precision] ?? -1, values: data.values as NodeJS.TypedArray };
  if (ArrowDataType.isTimestamp(type)) return { ...common, type: 3, values: data.values as NodeJS.TypedArray };
  if (ArrowDataType.isDate(type)) return { ...common, type: type.unit === 0 ? 2 : 3, values: data.values as NodeJS.TypedArray };
  if (ArrowDataType.isBool(type)) return { ...common, type: BOOL, offset: data.offset, values: data.values as NodeJS.TypedArray };
  if (ArrowDataType.isUtf8(type) || ArrowDataType.isLargeUtf8(type)) {
    return {
      ...common,
      type: ArrowDataType.isUtf8(type) ? UTF8 : LARGE_UTF8,
      values: data.values as NodeJS.TypedArray,
      offsets: data.valueOffsets as unknown as NodeJS.TypedArray,
    };
  }
  if (ArrowDataType.isDictionary(type)) {
    return {
      ...common,
      type: DICTIONARY,
      values: data.values as NodeJS.TypedArray,
      indexType: intType(type.indices),
      child: nativeColumn(dictionaryData(data.dictionary, column), column),
    };
  }
  if (ArrowDataType.isList(type)) {
    return { ...common, type: LIST, offsets: data.valueOffsets as unknown as NodeJS.TypedArray, child: nativeColumn(firstChild(data, column), column) };
  }
  if (ArrowDataType.isFixedSizeList(type)) {
    return { ...common, type: FIXED_SIZE_LIST, listSize: type.listSize, child: nativeColumn(firstChild(data, column), column) };
  }
  throw new InputError("SCHEMA_MISMATCH", "unsupported Arrow type", { column, actual: String(type) });
}

function intType(type: { isSigned: boolean; bitWidth: number }): number {
  return INTS[`${type.isSigned ? "int" : "uint"}${type.bitWidth}`] ?? -1;
}

function firstChild(data: Data, column: string): Data {
  const child = data.children[0];
  if (child === undefined) throw new InputError("INVALID_ARROW", "the list has no elements array", { column });
  return child;
}

/** The dictionary as one array; IPC streams may deliver it in pieces (deltas). */
function dictionaryData(dictionary: Vector | undefined, column: string): Data {
  const only = dictionary?.data[0];
  if (dictionary === undefined || only === undefined) throw new InputError("INVALID_ARROW", "the column has no dictionary", { column });
  if (dictionary.data.length === 1) return only;
  return concatenate(dictionary);
}

/** Joins the chunks of a text vector; dictionaries are small beside their columns. */
function concatenate(vector: Vector): Data {
  const rows = vector.length;
  const offsets = new BigInt64Array(rows + 1);
  const validity = new Uint8Array((rows + 7) >> 3);
  let bytes = 0;
  for (const data of vector.data) {
    const o = data.valueOffsets as unknown as Int32Array;
    bytes += Number(o[data.length] ?? 0) - Number(o[0] ?? 0);
  }
  const values = new Uint8Array(bytes);
  let row = 0;
  let at = 0;
  for (const data of vector.data) {
    const o = data.valueOffsets as unknown as Int32Array;
    const source = data.values as Uint8Array;
    for (let i = 0; i < data.length; i++, row++) {
      if (data.getValid(i)) validity[row >> 3] = (validity[row >> 3] ?? 0) | (1 << (row & 7));
      const piece = source.subarray(Number(o[i]), Number(o[i + 1]));
      values.set(piece, at);
      at += piece.length;
      offsets[row + 1] = BigInt(at);
    }
  }
  // As large utf8, whatever the pieces were.
  return makeData({ type: new LargeUtf8(), length: rows, nullCount: vector.nullCount, nullBitmap: validity, valueOffsets: offsets, data: values });
}
