import { isUtf8 } from "node:buffer";
import { HttpError } from "./http-error.js";

/**
 * A body as JSON. `__proto__` becomes a key like any other, which no schema has; deep nesting costs no stack, as neither
 * JSON.parse nor anything behind it recurs over what a schema does not have. Broken UTF-8 is refused: replaced letters
 * would be another key or category.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new HttpError(400, "INVALID_REQUEST", "the body is empty: expected JSON");
  if (!isUtf8(bytes)) throw new HttpError(400, "INVALID_REQUEST", "the body is not UTF-8");
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch (error) {
    throw new HttpError(400, "INVALID_REQUEST", `the body is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
