import { DefinitionError, received } from "../errors.js";
import { formatType, kernelType, type DataType, type ScalarType, type TimeUnit } from "../types/data-type.js";
import type { LiteralNode, LiteralValue, ScalarLiteral } from "./node.js";

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

/** What a user may write where an operand is wanted. */
export type LiteralOperand = number | bigint | boolean | string | Date | null | readonly (number | bigint | boolean | string | Date | null)[] | NodeJS.TypedArray;

function wrong(type: DataType, value: unknown): never {
  throw new DefinitionError("WRONG_TYPE", "literal", { expected: formatType(type), actual: received(value) });
}

/** Ticks of a Date in a unit; undefined when the Date is invalid, between two ticks or too far off for 64 bits. */
export function dateTicks(date: Date, unit: TimeUnit): bigint | undefined {
  const ms = date.getTime();
  if (!Number.isFinite(ms)) return undefined;
  const exact = BigInt(ms);
  switch (unit) {
    case "ms":
      return exact;
    case "us":
      return exact * 1_000n;
    case "ns": {
      const ticks = exact * 1_000_000n;
      return ticks >= INT64_MIN && ticks <= INT64_MAX ? ticks : undefined;
    }
    case "s":
      return exact % 1_000n === 0n ? exact / 1_000n : undefined;
    case "d":
      return exact % 86_400_000n === 0n ? exact / 86_400_000n : undefined;
  }
}

function scalar(type: ScalarType, value: unknown, whole: DataType): ScalarLiteral {
  if (value === null) return null;
  switch (type.kind) {
    case "float64":
      return typeof value === "number" ? value : wrong(whole, value);
    case "int64": {
      if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
      if (typeof value === "bigint" && value >= INT64_MIN && value <= INT64_MAX) return value;
      return wrong(whole, value);
    }
    case "bool":
      return typeof value === "boolean" ? value : wrong(whole, value);
    case "utf8":
      return typeof value === "string" && value.isWellFormed() ? value : wrong(whole, value);
    case "timestamp": {
      if (value instanceof Date) return dateTicks(value, type.unit) ?? wrong(whole, value);
      if (typeof value === "bigint" && value >= INT64_MIN && value <= INT64_MAX) return value;
      return wrong(whole, value);
    }
  }
}

/** A literal of exactly this type, or a DefinitionError. */
export function literal(type: DataType, value: unknown): LiteralNode {
  let converted: LiteralValue;
  if (type.kind !== "list") {
    converted = scalar(type, value, type);
  } else if (value === null) {
    converted = null;
  } else if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    converted = Object.freeze(Array.from(value as Iterable<unknown>, (item) => scalar(type.item, item, type)));
  } else {
    return wrong(type, value);
  }
  return Object.freeze({ kind: "literal", type, value: converted });
}

/** Whether a written value can be a literal of the kernel type, cheaply; lists look at their first element. */
export function fitsLiteral(type: string, value: unknown): boolean {
  if (value === null) return true;
  switch (type) {
    case "float64":
      return typeof value === "number";
    case "int64":
      return typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
    case "bool":
      return typeof value === "boolean";
    case "utf8":
      return typeof value === "string";
    case "timestamp":
      return value instanceof Date;
    default: {
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return false;
      const item = type.slice(5, -1);
      for (const element of value as Iterable<unknown>) {
        if (element !== null) return fitsLiteral(item, element);
      }
      return true;
    }
  }
}

/** The type that a literal has by itself. */
export function naturalType(value: unknown): DataType {
  if (value instanceof Date) return { kind: "timestamp", unit: "ms" };
  switch (typeof value) {
    case "number":
      return { kind: "float64" };
    case "bigint":
      return { kind: "int64" };
    case "boolean":
      return { kind: "bool" };
    case "string":
      return { kind: "utf8" };
    default:
    // an object of one of the kinds below
  }
  if (value instanceof BigInt64Array) return { kind: "list", item: { kind: "int64" } };
  if (ArrayBuffer.isView(value)) return { kind: "list", item: { kind: "float64" } };
  if (Array.isArray(value)) {
    const first: unknown = value.find((item) => item !== null);
    const item = first === undefined ? ({ kind: "float64" } as const) : naturalType(first);
    if (item.kind !== "list" && kernelType(item) !== "bool") return { kind: "list", item };
  }
  throw new DefinitionError("WRONG_TYPE", "literal", {
    expected: "a number, bigint, boolean, string, Date or an array of one of them",
    actual: received(value),
  });
}
