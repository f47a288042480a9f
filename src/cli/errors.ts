import { SkewlessError } from "../errors.js";
import { TableError } from "../io/index.js";

/** A command line that cannot be carried out as it stands. */
export class UsageError extends Error {
  readonly code = "USAGE";
}

/** A spec module that cannot be loaded or exports no features. */
export class ModuleError extends Error {
  readonly code = "INVALID_MODULE";
}

/** Reading options as the library's messages name them, and the flags that set them here. */
const FLAGS: readonly (readonly [option: string, flag: string])[] = [
  ["`casts`", "`--cast COLUMN=TYPE`"],
  ["`columns`", "`--columns`"],
  ["`where`", "`--where`"],
  ["`orderBy`", "`--order-by`"],
  ["`memoryLimit`", "`--memory-limit`"],
];

/** An error in words for standard error: its code, then what, where and what to do. */
export function errorText(error: unknown, stack: boolean): string {
  const known = codeOf(error) !== undefined;
  const message = error instanceof Error ? error.message : String(error);
  const head = known ? `skewless: ${codeOf(error)}: ${error instanceof TableError ? tableMessage(message) : message}` : `skewless: unexpected error: ${message} (--stack shows where)`;
  return stack ? `${head}\n${stacks(error)}` : head;
}

/** On one line, with flags for options. */
function tableMessage(message: string): string {
  const line = message.replaceAll(/\s*\n\s*/g, "; ");
  return FLAGS.reduce((text, [option, flag]) => text.replaceAll(option, flag), line);
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof SkewlessError || error instanceof TableError || error instanceof UsageError || error instanceof ModuleError) return error.code;
  // Thrown by another copy of this package, the one that a spec module imports.
  if (error instanceof Error && "what" in error && "code" in error && typeof error.code === "string") return error.code;
  return undefined;
}

function stacks(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error && parts.length < 8; at = at.cause) {
    parts.push(`${parts.length === 0 ? "" : "caused by: "}${at.stack ?? at.message}`);
  }
  return parts.join("\n");
}

/** Whether the error says that the reader of standard output went away (`| head`). */
export function isClosedPipe(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ("code" in at && at.code === "EPIPE") return true;
  }
  return false;
}
