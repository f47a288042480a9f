// Input that can be sought and output that appears only when it is whole.
import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, mkdtemp, open, realpath, rename, rm, stat } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TableError, readFailure, systemCode, writeFailure } from "./errors.js";

/** A file that can be read at any place, and removed by `release` if it is ours. */
export interface SeekableFile {
  readonly file: string;
  readonly size: number;
  release(): Promise<void>;
}

/** The file itself, or a temporary copy of standard input or of a pipe. */
export async function seekable(path: string, signal: AbortSignal | undefined): Promise<SeekableFile> {
  if (path === "-") return spool(path, process.stdin, signal);
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new TableError("READ_FAILED", `${path}: this is a directory, not a file`, { path });
    }
    if (!found.isFile()) return await spool(path, createReadStream(path), signal);
    // Asks for permission now, so that a refusal is not taken for a malformed file later.
    await (await open(path, "r")).close();
    return { file: path, size: found.size, release: async () => undefined };
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw readFailure(path, error);
  }
}

/** Copies a stream to a temporary file. */
export async function spool(
  path: string,
  input: Readable | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<SeekableFile> {
  const directory = await mkdtemp(join(tmpdir(), "skewless-"));
  const release = () => rm(directory, { recursive: true, force: true });
  const file = join(directory, "input");
  try {
    await pipeline(input, createWriteStream(file), signal === undefined ? {} : { signal });
    return { file, size: (await stat(file)).size, release };
  } catch (error) {
    await release();
    if (signal?.aborted === true) throw signal.reason;
    throw readFailure(path, error);
  }
}

/** The file to write until `commit` gives it its name, or sends it to where it cannot be renamed to. */
export class OutputFile {
  private constructor(
    private readonly path: string,
    /** The temporary file. */
    readonly file: string,
    private readonly target: string | undefined,
    private readonly directory: string | undefined,
  ) {}

  static async create(path: string): Promise<OutputFile> {
    try {
      const target = path === "-" ? undefined : await regularTarget(path);
      if (target !== undefined) {
        const name = `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`;
        const file = join(dirname(target), name);
        // Fails here rather than after all rows were written.
        await (await open(file, "wx")).close();
        return new OutputFile(path, file, target, undefined);
      }
      const directory = await mkdtemp(join(tmpdir(), "skewless-"));
      return new OutputFile(path, join(directory, "output"), undefined, directory);
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  async commit(): Promise<number> {
    try {
      const { size } = await stat(this.file);
      if (this.target !== undefined) {
        await rename(this.file, this.target);
      } else {
        const output = this.path === "-" ? process.stdout : createWriteStream(this.path);
        await pipeline(createReadStream(this.file), output, { end: this.path !== "-" });
        await this.discard();
      }
      return size;
    } catch (error) {
      await this.discard();
      throw writeFailure(this.path, error);
    }
  }

  async discard(): Promise<void> {
    await rm(this.directory ?? this.file, { recursive: true, force: true });
  }
}

/**
 * Where a rename should lead, following links; undefined for a device or a pipe, which must not be
 * replaced.
 */
async function regularTarget(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new TableError("WRITE_FAILED", `${path}: this is a directory`, { path });
    return found.isFile() ? await realpath(path) : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return path;
    throw error;
  }
}

/** Writes all bytes in order; small pieces are joined, since an Arrow message has many. */
export async function writePieces(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of joinSmall(pieces)) {
    for (let at = 0; at < piece.length;) {
      const { bytesWritten } = await handle.write(piece, at, piece.length - at);
      at += bytesWritten;
    }
  }
}

/** The same for a stream, which is waited for when it is full. */
export async function sendPieces(output: Writable, pieces: readonly Uint8Array[]): Promise<void> {
  // A reader that goes away (`| head`) also raises an event, which would end the process if nobody listened.
  if (!output.listeners("error").includes(ignoreEvent)) output.on("error", ignoreEvent);
  for (const piece of joinSmall(pieces)) {
    // The bytes belong to the caller's batch: they must be out before it may change them.
    await new Promise<void>((resolve, reject) => {
      output.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
}

function ignoreEvent(): void {}

const smallPiece = 32_768;

function* joinSmall(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  for (const piece of pieces) {
    if (piece.length < smallPiece) {
      small.push(piece);
      size += piece.length;
      if (size < smallPiece * 8) continue;
      yield Buffer.concat(small);
    } else {
      if (small.length > 0) yield Buffer.concat(small);
      yield piece;
    }
    small = [];
    size = 0;
  }
  if (small.length > 0) yield Buffer.concat(small);
}
