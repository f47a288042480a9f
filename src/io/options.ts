import { TableError } from "./errors.js";
import type { ReadOptions } from "./types.js";

/** The columns that are asked for, each known and named once; all of them by default. */
export function wantedColumns(
  path: string,
  known: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  if (wanted === undefined) return known;
  const seen = new Set<string>();
  for (const name of wanted) {
    if (!known.includes(name)) {
      const list =
        known.length === 0
          ? "it has none"
          : `its columns are ${known.map((k) => JSON.stringify(k)).join(", ")}`;
      throw new TableError("UNKNOWN_COLUMN", `${path}: there is no column ${JSON.stringify(name)}; ${list}`, {
        path,
      });
    }
    if (seen.has(name)) {
      throw new TableError("DUPLICATE_COLUMN", `${path}: column ${JSON.stringify(name)} is asked for twice`, {
        path,
      });
    }
    seen.add(name);
  }
  return wanted;
}

export function checkReadOptions(path: string, options: ReadOptions): void {
  const fail = (name: string, expected: string, actual: unknown): never => {
    throw new TableError("INVALID_OPTION", `${name}: expected ${expected}, got ${String(actual)}`, { path });
  };
  const { limit, batchRows, threads } = options;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    fail("limit", "a whole number not below 0", limit);
  }
  if (
    batchRows !== undefined &&
    !(Number.isSafeInteger(batchRows) && batchRows >= 1 && batchRows <= 2 ** 24)
  ) {
    fail("batchRows", "a whole number from 1 to 16,777,216", batchRows);
  }
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    fail("threads", "a whole number not below 1", threads);
  }
  if (options.columns?.length === 0) fail("columns", "at least one name", "an empty list");
  if (options.where?.trim() === "") fail("where", "a SQL predicate", "an empty text");
  if (options.orderBy?.trim() === "") fail("orderBy", "a SQL ORDER BY list", "an empty text");
}
