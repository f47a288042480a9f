import { expectedValue, RANGES, roundToFloat16 } from "../../engine/marshaller.js";
import { InputError, received, type ErrorCode } from "../../errors.js";
import { dateTicks, INT64_MAX, INT64_MIN } from "../../expr/literal.js";
import { formatInputType, type AnyInputType } from "../../types/input-type.js";

/** Where a value stands, for errors. */
export type Path = readonly (string | number)[];

const DAY = 86_400_000;

/**
 * A value as it is stored: the engine's rules for rows, so that whatever a store takes the engine takes too. Floats are
 * rounded to their type, dates become ticks, -0 becomes 0 where the type is an integer.
 */
export function storedScalar(type: AnyInputType, value: unknown, path: Path, row?: number): number | bigint | boolean | string {
  switch (type.storage) {
    case "float64":
      return typeof value === "number" ? value : wrong(type, value, path, row);
    case "float32":
      return typeof value === "number" ? Math.fround(value) : wrong(type, value, path, row);
    case "float16":
      return typeof value === "number" ? roundToFloat16(value) : wrong(type, value, path, row);
    case "bool":
      return typeof value === "boolean" ? value : wrong(type, value, path, row);
    case "utf8":
      return typeof value === "string" ? value : wrong(type, value, path, row);
    case "int64":
      return int64(type, value, path, row);
    case "uint64": {
      const integer = int64(type, value, path, row);
      return integer < 0 ? outOfRange(type, value, path, row) : integer;
    }
    case "timestamp":
    case "date32":
    case "date64":
      return ticks(type, value, path, row);
    case "list":
    case "fixedSizeList":
      return wrong(type, value, path, row);
    default: {
      if (typeof value !== "number") return wrong(type, value, path, row);
      const [min, max] = RANGES[type.storage] as readonly [number, number];
      return value >= min && value <= max && Math.trunc(value) === value ? value + 0 : outOfRange(type, value, path, row);
    }
  }
}

function int64(type: AnyInputType, value: unknown, path: Path, row: number | undefined): number | bigint {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value + 0 : outOfRange(type, value, path, row);
  if (typeof value !== "bigint") return wrong(type, value, path, row);
  return value >= INT64_MIN && value <= INT64_MAX ? value : outOfRange(type, value, path, row);
}

function ticks(type: AnyInputType, value: unknown, path: Path, row: number | undefined): number | bigint {
  const unit = type.type.kind === "timestamp" ? type.type.unit : "ms";
  if (value instanceof Date) {
    const ms = value.getTime();
    // A date32 is the day of the instant in UTC, as a date has no time of its own.
    const converted = !Number.isFinite(ms) ? undefined : unit === "d" ? Math.floor(ms / DAY) : unit === "ms" ? ms : dateTicks(value, unit);
    if (converted !== undefined) return converted;
    throw fault("OUT_OF_RANGE", "the Date is invalid or lies between two ticks of the input's unit", type, path, row, Number.isFinite(ms) ? value.toISOString() : "an invalid Date");
  }
  const integer = int64(type, value, path, row);
  return type.storage === "date32" && (integer < -2147483648 || integer > 2147483647) ? outOfRange(type, value, path, row) : integer;
}

export function missing(type: AnyInputType, value: unknown, path: Path, row?: number): never {
  const given = value !== undefined;
  throw new InputError(given ? "NULL_INPUT" : "MISSING_INPUT", given ? "the value is not nullable" : "a value is missing", {
    path,
    ...(row === undefined ? {} : { row }),
    expected: expectedValue(type),
  });
}

export function wrong(type: AnyInputType, value: unknown, path: Path, row?: number): never {
  throw fault("WRONG_TYPE", "wrong type", type, path, row, received(value));
}

function outOfRange(type: AnyInputType, value: unknown, path: Path, row: number | undefined): never {
  throw fault("OUT_OF_RANGE", "the number does not fit the type", type, path, row, received(value));
}

export function notWellFormed(value: string, path: Path, row?: number): never {
  throw new InputError("INVALID_UTF8", "the text holds a lone surrogate, which has no UTF-8 form", {
    path,
    ...(row === undefined ? {} : { row }),
    actual: received(value),
    fix: "Repair it with String.prototype.toWellFormed()",
  });
}

function fault(code: ErrorCode, what: string, type: AnyInputType, path: Path, row: number | undefined, actual: string): InputError {
  const expected = type.storage === "timestamp" ? `a Date, bigint or safe integer of ticks (${formatInputType(type)})` : expectedValue(type);
  return new InputError(code, what, { path, ...(row === undefined ? {} : { row }), expected, actual });
}
