// Which SQL type a column of CSV or NDJSON is read as, so that it becomes the declared input and no value changes.
import type { AnyInputType, Storage } from "../types/input-type.js";

export type TextFormat = "csv" | "ndjson";

/** DuckDB's type of the storages that it has under another name. */
export const SQL_TYPE: Partial<Record<Storage, string>> = {
  int8: "TINYINT",
  int16: "SMALLINT",
  int32: "INTEGER",
  int64: "BIGINT",
  uint8: "UTINYINT",
  uint16: "USMALLINT",
  uint32: "UINTEGER",
  uint64: "UBIGINT",
  float32: "FLOAT",
  float64: "DOUBLE",
  bool: "BOOLEAN",
  utf8: "VARCHAR",
};

const INTEGER = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const NUMBER = /^(FLOAT|DOUBLE|DECIMAL.*)$/;
const TIME = /^(DATE|TIMESTAMP|TIMESTAMP WITH TIME ZONE)$/;
/** A column of several JSON types, or of nulls only. */
const JSON_TYPE = "JSON";

const isNumber = (type: string): boolean => INTEGER.test(type) || NUMBER.test(type);
const isNested = (type: string): boolean => /\]$|^(STRUCT|MAP|UNION)\b/.test(type);

/**
 * The SQL type to read the column as; undefined where the detected type is right, or so wrong that reading should
 * fail. A cast of text rounds fractions and drops times of day without a word: such columns are read as the wider
 * type, and `conversionTo` refuses what does not fit.
 */
export function castFor(input: AnyInputType, detected: string, format: TextFormat): string | undefined {
  const wanted = sqlType(input, detected, format);
  return wanted === detected ? undefined : wanted;
}

function sqlType(input: AnyInputType, detected: string, format: TextFormat): string | undefined {
  // What no narrower type could hold; in JSON text is not a number, whatever it spells.
  const untyped = detected === JSON_TYPE || (format === "csv" && detected === "VARCHAR");
  const own = SQL_TYPE[input.storage];
  switch (input.storage) {
    case "utf8":
      return isNested(detected) ? undefined : own;
    case "bool":
      return untyped || (format === "csv" && INTEGER.test(detected)) ? own : undefined;
    case "float32":
    case "float64":
      return untyped || isNumber(detected) ? own : undefined;
    case "float16":
      return undefined;
    case "timestamp":
    case "date32":
    case "date64":
      return timeType(input, detected, format);
    case "list":
    case "fixedSizeList":
      return listType(input, detected, format);
    default:
      if (INTEGER.test(detected)) return own;
      return untyped || NUMBER.test(detected) ? "DOUBLE" : undefined;
  }
}

function timeType(input: AnyInputType, detected: string, format: TextFormat): string | undefined {
  const text = detected === "VARCHAR" || detected === JSON_TYPE;
  if (!text && !TIME.test(detected)) return undefined;
  // Microseconds would lose digits. A date has none, and may be in a form that only detection knows.
  if (input.type.kind === "timestamp" && input.type.unit === "ns" && detected !== "DATE") return "TIMESTAMP_NS";
  // In JSON a named TIMESTAMP would drop the offset of 12:00+02:00.
  if (format === "ndjson") return "TIMESTAMP WITH TIME ZONE";
  // In CSV a named TIMESTAMP WITH TIME ZONE would make null of what is no time; detection finds the offsets.
  return text ? "TIMESTAMP" : undefined;
}

function listType(input: AnyInputType, detected: string, format: TextFormat): string | undefined {
  if (input.item === undefined) return undefined;
  const suffix = input.storage === "list" ? "[]" : `[${input.size}]`;
  const untyped = detected === JSON_TYPE || (format === "csv" && detected === "VARCHAR");
  const list = /^(.*)\[\d*\]$/.exec(detected);
  if (untyped) {
    // As above: the times of a list in CSV must be an error where they are none, and their offsets must count.
    const item = sqlType(input.item, JSON_TYPE, "ndjson") ?? "VARCHAR";
    return `${format === "csv" && item.startsWith("TIMESTAMP") ? "TIMESTAMP_NS" : item}${suffix}`;
  }
  if (list === null) return undefined;
  const item = list[1] ?? "";
  return `${sqlType(input.item, item, format) ?? item}${suffix}`;
}
