import { RANGES } from "../../engine/marshaller.js";
import { dateTicks, INT64_MAX, INT64_MIN } from "../../expr/literal.js";
import type { TimeUnit } from "../../types/data-type.js";
import { formatInputType, type AnyInputType } from "../../types/input-type.js";

/** Whether a value (neither null nor undefined) is one of the input's type: what row mode takes. */
export type Check = (value: unknown) => boolean;

const MIN_DAY = -2147483648;
const MAX_DAY = 2147483647;

/** The least and greatest value of an integer storage of up to 32 bits. */
export function integerRange(input: AnyInputType): readonly [min: number, max: number] | undefined {
  return RANGES[input.storage];
}

export function unitOf(input: AnyInputType): TimeUnit | undefined {
  return input.type.kind === "timestamp" ? input.type.unit : undefined;
}

/** Ticks of a Date, bigint or safe integer; undefined where there is no such tick. */
export function ticksOf(value: unknown, unit: TimeUnit): bigint | number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value === "bigint") return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
  if (!(value instanceof Date)) return undefined;
  const ms = value.getTime();
  if (unit === "ms") return Number.isFinite(ms) ? ms : undefined;
  // As row mode: the day of the instant in UTC.
  if (unit === "d") return Number.isFinite(ms) ? Math.floor(ms / 86_400_000) : undefined;
  return dateTicks(value, unit);
}

function isInt64(value: unknown): boolean {
  return typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint" && value >= INT64_MIN && value <= INT64_MAX;
}

export function typeCheck(input: AnyInputType): Check {
  const range = integerRange(input);
  if (range !== undefined) {
    const [min, max] = range;
    return (value) => typeof value === "number" && value >= min && value <= max && Math.trunc(value) === value;
  }
  switch (input.storage) {
    case "float64":
    case "float32":
    case "float16":
      return (value) => typeof value === "number";
    case "int64":
      return isInt64;
    case "uint64":
      return (value) => isInt64(value) && (value as number) >= 0;
    case "bool":
      return (value) => typeof value === "boolean";
    case "utf8":
      return (value) => typeof value === "string" && value.isWellFormed();
    case "date32":
      return (value) => {
        const day = ticksOf(value, "d");
        return day !== undefined && day >= MIN_DAY && day <= MAX_DAY;
      };
    case "list":
    case "fixedSizeList":
      return listCheck(input);
    default: {
      const unit = unitOf(input) ?? "ms";
      return (value) => ticksOf(value, unit) !== undefined;
    }
  }
}

function listCheck(input: AnyInputType): Check {
  const item = typeCheck(input.item as AnyInputType);
  const numbers = input.item?.type.kind === "float64" && integerRange(input.item) === undefined;
  const { size } = input;
  return (value) => {
    if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView)) return false;
    const items = value as ArrayLike<unknown>;
    if (size !== undefined && items.length !== size) return false;
    if (numbers && (value instanceof Float64Array || value instanceof Float32Array)) return true;
    for (let i = 0; i < items.length; i++) {
      const element = items[i];
      if (element !== null && element !== undefined && !item(element)) return false;
    }
    return true;
  };
}

/** Whether every number of the value is finite: itself, or the elements of a list. */
export function isFiniteValue(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return true;
  const items = value as ArrayLike<unknown>;
  for (let i = 0; i < items.length; i++) if (typeof items[i] === "number" && !Number.isFinite(items[i])) return false;
  return true;
}

/** Whether values of the type may hold NaN or an infinity. */
export function mayBeInfinite(input: AnyInputType): boolean {
  const type = input.type.kind === "list" ? input.type.item : input.type;
  return type.kind === "float64" && integerRange(input.item ?? input) === undefined;
}

/** The type in words for messages. */
export function expectedValue(input: AnyInputType): string {
  const range = integerRange(input);
  const type = formatInputType(input);
  if (range !== undefined) return `an integer from ${range[0]} to ${range[1]} (${type})`;
  switch (input.storage) {
    case "float64":
    case "float32":
    case "float16":
      return `a number (${type})`;
    case "int64":
    case "uint64":
      return `a bigint or safe integer (${type})`;
    case "bool":
      return "a boolean";
    case "utf8":
      return "a string";
    case "list":
    case "fixedSizeList":
      return `an array (${type})`;
    default:
      return `a Date, bigint or safe integer of ticks (${type})`;
  }
}

/** A checked scalar in one form for each type: int64 and ticks as bigints, float32 as the nearest, others as they are. */
export function canonical(input: AnyInputType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (input.storage) {
    case "int64":
    case "uint64":
      return BigInt(value as number | bigint);
    case "float32":
      return Math.fround(value as number);
    case "list":
    case "fixedSizeList":
      return Array.from(value as ArrayLike<unknown>, (item) => canonical(input.item as AnyInputType, item));
    default: {
      const unit = unitOf(input);
      return unit === undefined ? value : BigInt(ticksOf(value, unit) as number | bigint);
    }
  }
}
