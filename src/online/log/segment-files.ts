import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { OnlineError } from "../../errors.js";
import { readFailure, systemCode } from "../../io/errors.js";
import { segmentName } from "./segments.js";

/** A file of a log. */
export interface SegmentFile {
  readonly path: string;
  readonly parquet: boolean;
  /** Names that the file gets when it is finished, and when it is converted. */
  readonly later: readonly string[];
  /** Segments are read in the order of these. */
  readonly order: string;
}

/** The segments that a path stands for, in the order of their beginning: a file, a directory, or `*` and `?` in names. */
export async function segmentFiles(path: string, name: string | undefined): Promise<readonly SegmentFile[]> {
  const paths = /[*?]/.test(path) ? await expand(path) : (await isDirectory(path)) ? (await readdir(path)).map((file) => join(path, file)) : undefined;
  if (paths === undefined) return [fileOf(path)];
  const found = new Map<string, SegmentFile>();
  for (const own of paths) {
    const segment = segmentName(basename(own));
    if (segment === undefined || (name !== undefined && segment.name !== name)) continue;
    const stem = join(dirname(own), segment.stem);
    // Of a segment that was just converted both files are there.
    const other = found.get(stem);
    if (other === undefined || segment.kind === "parquet") found.set(stem, fileOf(own));
  }
  return [...found.values()].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

function fileOf(path: string): SegmentFile {
  const segment = segmentName(basename(path));
  if (segment === undefined) return { path, parquet: path.endsWith(".parquet"), later: [], order: path };
  const stem = join(dirname(path), segment.stem);
  const later = { open: [`${stem}.arrows`, `${stem}.parquet`], arrows: [`${stem}.parquet`], parquet: [] }[segment.kind];
  return { path, parquet: segment.kind === "parquet", later, order: `${segment.start} ${segment.number} ${path}` };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw new OnlineError("INVALID_LOG", "there is no log", { expected: "a directory, a file or a pattern", actual: path });
    throw readFailure(path, error);
  }
}

async function expand(pattern: string): Promise<string[]> {
  const parts = pattern.split(/[\\/]/);
  let folders = [pattern.startsWith("/") ? "/" : ""];
  for (const [i, part] of parts.entries()) {
    if (part === "") continue;
    const next: string[] = [];
    for (const folder of folders) {
      if (!/[*?]/.test(part)) {
        next.push(folder === "" ? part : join(folder, part));
        continue;
      }
      const matcher = new RegExp(`^${part.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".")}$`, "s");
      const entries = await readdir(folder === "" ? "." : folder, { withFileTypes: true }).catch(() => []);
      const last = i === parts.length - 1;
      for (const entry of entries) if (matcher.test(entry.name) && (last ? !entry.isDirectory() : entry.isDirectory())) next.push(join(folder, entry.name));
    }
    folders = next;
  }
  return folders;
}
