/** The stable codes of a failure while a table is read or written. */
export type TableErrorCode =
  | "UNKNOWN_FORMAT"
  | "INVALID_OPTION"
  | "MISSING_PEER"
  | "FILE_NOT_FOUND"
  | "READ_FAILED"
  | "WRITE_FAILED"
  | "MALFORMED_FILE"
  | "UNSUPPORTED_TYPE"
  | "UNSUPPORTED_VALUE"
  | "UNKNOWN_COLUMN"
  | "DUPLICATE_COLUMN"
  | "SCHEMA_MISMATCH"
  | "INVALID_SQL"
  | "OUT_OF_MEMORY"
  | "CLOSED";

/** A table could not be read or written: `code` says which kind of failure, `path` which file. */
export class TableError extends Error {
  readonly code: TableErrorCode;
  readonly path: string | undefined;

  constructor(code: TableErrorCode, message: string, details: { path?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "TableError";
    this.code = code;
    this.path = details.path;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error (`ENOENT`, ...), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function readFailure(path: string, error: unknown): TableError {
  if (error instanceof TableError) return error;
  if (systemCode(error) === "ENOENT") {
    return new TableError("FILE_NOT_FOUND", `${path}: there is no such file`, { path, cause: error });
  }
  return new TableError("READ_FAILED", `${path}: cannot be read: ${messageOf(error)}`, {
    path,
    cause: error,
  });
}

export function writeFailure(path: string, error: unknown): TableError {
  if (error instanceof TableError) return error;
  const hint = systemCode(error) === "ENOENT" ? " (does its directory exist?)" : "";
  return new TableError("WRITE_FAILED", `${path}: cannot be written: ${messageOf(error)}${hint}`, {
    path,
    cause: error,
  });
}

export function malformed(path: string, detail: string, cause?: unknown): TableError {
  return new TableError("MALFORMED_FILE", `${path}: ${detail}`, { path, cause });
}
