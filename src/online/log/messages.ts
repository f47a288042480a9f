import { InputError, OnlineError, SkewlessError } from "../../errors.js";
import { messageOf, TableError } from "../../io/errors.js";
import type { QueueSize } from "./layout.js";
import type { QueueMemory } from "./queue.js";
import type { LogDefinition } from "./schema.js";
import type { FileTarget } from "./target.js";

/** What the worker is started with. */
export interface WorkerStart {
  readonly definition: LogDefinition;
  readonly size: QueueSize;
  readonly memory: QueueMemory;
  readonly flushMillis: number;
  readonly target: { readonly files: FileTarget } | { readonly module: string; readonly options: unknown };
}

export type ToWorker = { readonly kind: "sealed" } | { readonly kind: "flush"; readonly id: number } | { readonly kind: "close" };

export type FromWorker =
  | { readonly kind: "freed" }
  | { readonly kind: "error"; readonly error: PlainError }
  | { readonly kind: "flushed"; readonly id: number; readonly error?: PlainError }
  | { readonly kind: "closed"; readonly error?: PlainError };

/** An error as plain data: classes do not survive the way between threads. */
export interface PlainError {
  readonly type: "table" | "input" | "other";
  readonly code: string;
  readonly message: string;
  readonly path?: string;
}

export function plainError(error: unknown): PlainError {
  if (error instanceof TableError) return { type: "table", code: error.code, message: error.message, ...(error.path === undefined ? {} : { path: error.path }) };
  if (error instanceof SkewlessError) return { type: "input", code: error.code, message: error.message };
  return { type: "other", code: "", message: messageOf(error) };
}

export function errorOf({ type, code, message, path }: PlainError): Error {
  if (type === "table") return new TableError(code as TableError["code"], message, path === undefined ? {} : { path });
  if (type === "input") return new InputError(code as SkewlessError["code"], message);
  return new OnlineError("STORE_UNAVAILABLE", `the log's sink failed: ${message}`);
}
