import { extname } from "node:path";
import { TableError } from "./errors.js";

/** `arrow` is an Arrow IPC file, `arrows` an Arrow IPC stream. */
export type TableFormat = "parquet" | "csv" | "ndjson" | "arrow" | "arrows";

export const tableFormats: readonly TableFormat[] = ["parquet", "csv", "ndjson", "arrow", "arrows"];

const formatOfExtension: ReadonlyMap<string, TableFormat> = new Map([
  [".parquet", "parquet"],
  [".pq", "parquet"],
  [".csv", "csv"],
  [".tsv", "csv"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".json", "ndjson"],
  [".arrow", "arrow"],
  [".feather", "arrow"],
  [".ipc", "arrow"],
  [".arrows", "arrows"],
]);

/** The format that `explicit` names or, without it, that the extension of `path` stands for. */
export function formatOf(path: string, explicit?: string): TableFormat {
  if (explicit !== undefined) {
    const named = tableFormats.find((format) => format === explicit.toLowerCase());
    if (named !== undefined) return named;
    throw new TableError(
      "UNKNOWN_FORMAT",
      `unknown table format "${explicit}"; the formats are ${tableFormats.join(", ")}`,
      { path },
    );
  }
  const known = formatOfExtension.get(extname(path).toLowerCase());
  if (known !== undefined) return known;
  const extensions = [...formatOfExtension.keys()].join(" ");
  const what = path === "-" ? "standard input and output need" : `${path}: the extension does not tell`;
  throw new TableError(
    "UNKNOWN_FORMAT",
    `${what} a table format; name one of ${tableFormats.join(", ")}, or use an extension of ${extensions}`,
    { path },
  );
}

/** The field separator of a text table: a tab for `.tsv`, otherwise a comma. */
export function delimiterOf(path: string): string {
  return extname(path).toLowerCase() === ".tsv" ? "\t" : ",";
}
