import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DefinitionError, received } from "../../errors.js";
import { writeFailure } from "../../io/errors.js";
import type { QueueSize } from "./layout.js";
import type { WorkerStart } from "./messages.js";
import type { LogDefinition, LogSchema } from "./schema.js";
import { fileSafe } from "./segments.js";

/** What becomes of a record when the queue is full. */
export type FullPolicy = "block" | "dropNewest" | "dropOldest";

export interface FeatureLogOptions {
  readonly schema: LogSchema;
  /** Directory of the segments; it is made where it is missing. Either this or `sink`. */
  readonly path?: string;
  /** First part of the segments' names; the view's name by default. */
  readonly name?: string;
  /** `arrow` (default), or `parquet`: each finished segment is made into Parquet in the background, by `@duckdb/node-api`. */
  readonly format?: "arrow" | "parquet";
  /**
   * A sink of one's own: a module whose default export is a function `(options, schema) => ({ write(batch), close() })`.
   * It runs in the worker, so that it costs requests nothing and the policy "block" cannot wait for itself. Options
   * are copied as by structuredClone. A batch whose `write` rejects comes again.
   */
  readonly sink?: { readonly module: string | URL; readonly options?: unknown };
  /** "dropNewest" by default. */
  readonly whenFull?: FullPolicy;
  /** The most records that wait to be written; 16,384 by default, rounded up to whole batches and at least two. */
  readonly queueRows?: number;
  /**
   * Records that are waiting when they are written without waiting for `flushMillis`; 4,096 by default, at most half the
   * queue. A batch has at most as many, or 1,024. Waking the worker costs a request some 10 µs: hence not too few.
   */
  readonly flushRows?: number;
  /** The longest that a record waits for its batch; 500 by default. */
  readonly flushMillis?: number;
  /** Memory for texts and lists of a batch's records; 1 MiB and 256 bytes a record by default. No record may have more. */
  readonly heapBytes?: number;
  /** Whether each batch is on the disk (fsync) before it counts as written; false by default. */
  readonly sync?: boolean;
  /** Size at which a segment is finished; 64 MiB by default. */
  readonly rotateBytes?: number;
  /** Age at which a segment is finished; an hour by default. */
  readonly rotateMillis?: number;
  /** How long "block" blocks before LOG_FULL; 1,000 by default. */
  readonly blockMillis?: number;
  /** How long `process.exit()` waits for the queue to be written; 2,000 by default. */
  readonly exitMillis?: number;
  /** Called with each failure of the worker, which tries again. Without it the first one becomes a process warning. */
  readonly onError?: (error: Error) => void;
  /** The worker's file, for programs bundled into one file: a copy of the package's dist/online/log/worker.js with what it imports. */
  readonly worker?: string | URL;
}

export interface CheckedOptions {
  readonly size: QueueSize;
  /** Full batches at which the worker is woken. */
  readonly wakeBlocks: number;
  readonly flushMillis: number;
  readonly target: WorkerStart["target"];
  readonly whenFull: FullPolicy;
  readonly blockMillis: number;
  readonly exitMillis: number;
}

const POLICIES: readonly string[] = ["block", "dropNewest", "dropOldest"];
/** Of these the worker makes columns in about a millisecond, and what the policy "dropOldest" drops at once is not more. */
const MOST_BATCH_ROWS = 1024;
const MOST_BYTES = 2 ** 31 - 8;

export function checkOptions(options: FeatureLogOptions, definition: LogDefinition, rowBytes: number): CheckedOptions {
  const fail = (name: string, expected: string, actual: unknown): never => {
    throw new DefinitionError("INVALID_DEFINITION", "log options", { path: [name], expected, actual: received(actual) });
  };
  const whole = (name: keyof FeatureLogOptions, fallback: number, least = 1): number => {
    const value = options[name] ?? fallback;
    return Number.isSafeInteger(value) && (value as number) >= least ? (value as number) : fail(name, `a whole number from ${least}`, value);
  };
  const whenFull = options.whenFull ?? "dropNewest";
  if (!POLICIES.includes(whenFull)) fail("whenFull", POLICIES.map((name) => JSON.stringify(name)).join(", "), whenFull);
  const flushRows = whole("flushRows", 4096);
  const blockRows = Math.min(flushRows, MOST_BATCH_ROWS);
  const blocks = Math.max(2, Math.ceil(whole("queueRows", 16_384) / blockRows));
  const heapBytes = Math.ceil(whole("heapBytes", 2 ** 20 + 256 * blockRows, 8) / 8) * 8;
  if (blocks * blockRows * rowBytes > MOST_BYTES || blocks * heapBytes > MOST_BYTES) {
    fail("queueRows", `a queue of at most 2 GiB (a record takes ${rowBytes} bytes, a batch's texts ${heapBytes})`, options.queueRows ?? blocks * blockRows);
  }
  return {
    size: { blocks, blockRows, heapBytes },
    wakeBlocks: Math.min(Math.floor(flushRows / blockRows), blocks >> 1),
    // The longest delay of a timer.
    flushMillis: Math.min(whole("flushMillis", 500), 2 ** 31 - 1),
    target: target(options, definition, fail, whole),
    whenFull,
    blockMillis: whole("blockMillis", 1000, 0),
    exitMillis: whole("exitMillis", 2000, 0),
  };
}

function target(
  options: FeatureLogOptions,
  definition: LogDefinition,
  fail: (name: string, expected: string, actual: unknown) => never,
  whole: (name: keyof FeatureLogOptions, fallback: number) => number,
): WorkerStart["target"] {
  const { path, sink, format = "arrow" } = options;
  if ((path === undefined) === (sink === undefined)) fail("path", "either a directory or a sink", path);
  if (sink !== undefined) {
    const { module } = sink;
    if (!(module instanceof URL) && typeof module !== "string") fail("sink", "{ module: a path or URL }", sink);
    const text = module instanceof URL ? module.href : /^[a-z][a-z+.-]+:/i.test(module) ? module : resolve(module);
    return { module: text, options: sink.options };
  }
  if (typeof path !== "string" || path === "") fail("path", "a directory", path);
  if (format !== "arrow" && format !== "parquet") fail("format", '"arrow" or "parquet"', format);
  const directory = resolve((path as string).startsWith("file:") ? fileURLToPath(path as string) : (path as string));
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw writeFailure(directory, error);
  }
  return {
    files: {
      directory,
      name: fileSafe(options.name ?? definition.view.name),
      rotateBytes: whole("rotateBytes", 64 * 2 ** 20),
      rotateMillis: whole("rotateMillis", 3_600_000),
      sync: options.sync ?? false,
      parquet: format === "parquet",
    },
  };
}
