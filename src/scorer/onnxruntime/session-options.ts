import { ModelError, received } from "../../errors.js";
import type { NativeOrtOptions } from "../../native.js";

/** What ONNX Runtime's session options are, by the names that its users know. */
export interface SessionOptions {
  /** Threads inside an operator; 1 by default (a request is answered soonest so), 0 for as many as cores. */
  readonly intraOpThreads?: number;
  /** Threads between operators when `executionMode` is "parallel"; 1 by default. */
  readonly interOpThreads?: number;
  readonly executionMode?: "sequential" | "parallel";
  /** "all" by default. */
  readonly graphOptimization?: "disabled" | "basic" | "extended" | "layout" | "all";
  /** "fatal" by default: errors come as exceptions, also those of each run that a deadline ends. */
  readonly logSeverity?: "verbose" | "info" | "warning" | "error" | "fatal";
  /** Detail of verbose messages, from 0. */
  readonly logVerbosity?: number;
  readonly logId?: string;
  readonly enableCpuMemArena?: boolean;
  readonly enableMemPattern?: boolean;
  /** Sizes for dimensions that the model names and leaves free. */
  readonly freeDimensionOverrides?: Readonly<Record<string, number>>;
  /** ONNX Runtime's own keys, such as "session.intra_op.allow_spinning". */
  readonly configEntries?: Readonly<Record<string, string>>;
  /** Where ONNX Runtime writes the graph that it made of the model. */
  readonly optimizedModelPath?: string;
  /** Prefix of the file into which ONNX Runtime writes what took how long, when the scorer is closed. */
  readonly profile?: string;
}

const OPTIMIZATION = { disabled: 0, basic: 1, extended: 2, layout: 3, all: 99 } as const;
const SEVERITY = { verbose: 0, info: 1, warning: 2, error: 3, fatal: 4 } as const;

/** Limits that ONNX Runtime states for the keys and values of its configuration. */
const LONGEST_KEY = 1024;
const LONGEST_VALUE = 4096;

type Path = readonly (string | number)[];

function fail(path: Path, expected: string, actual: unknown): never {
  throw new ModelError("INVALID_PARAMETER", "not a session option", { path, expected, actual: received(actual) });
}

function integer(path: Path, value: unknown, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) fail(path, `an integer from ${least} to ${most}`, value);
  return value;
}

function flag(path: Path, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== "boolean") fail(path, "true or false", value);
  return value;
}

function string(path: Path, value: unknown, longest = LONGEST_VALUE): string {
  if (value === undefined) return "";
  // The C API ends a text at U+0000.
  if (typeof value !== "string" || value === "" || value.length > longest || value.includes("\0")) fail(path, `a string of 1 to ${longest} characters`, value);
  return value;
}

function choice<Names extends Readonly<Record<string, number>>>(path: Path, value: unknown, names: Names, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== "string" || !Object.hasOwn(names, value)) fail(path, Object.keys(names).map((name) => JSON.stringify(name)).join(", "), value);
  return names[value] as number;
}

function entries(path: Path, value: unknown): [string, unknown][] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(path, "an object", value);
  return Object.entries(value);
}

const KNOWN = new Set([
  "intraOpThreads",
  "interOpThreads",
  "executionMode",
  "graphOptimization",
  "logSeverity",
  "logVerbosity",
  "logId",
  "enableCpuMemArena",
  "enableMemPattern",
  "freeDimensionOverrides",
  "configEntries",
  "optimizedModelPath",
  "profile",
]);

/** Checks the options; INVALID_PARAMETER with the path of what is wrong. */
export function nativeSessionOptions(options: SessionOptions = {}): NativeOrtOptions {
  const at = (...path: (string | number)[]): Path => ["session", ...path];
  for (const [key] of entries(at(), options)) if (!KNOWN.has(key)) fail(at(key), `one of ${[...KNOWN].join(", ")}`, key);
  return {
    intraOpThreads: integer(at("intraOpThreads"), options.intraOpThreads, 1, 0, 1024),
    interOpThreads: integer(at("interOpThreads"), options.interOpThreads, 1, 0, 1024),
    parallel: choice(at("executionMode"), options.executionMode, { sequential: 0, parallel: 1 }, 0) === 1,
    graphOptimization: choice(at("graphOptimization"), options.graphOptimization, OPTIMIZATION, OPTIMIZATION.all),
    logSeverity: choice(at("logSeverity"), options.logSeverity, SEVERITY, SEVERITY.fatal),
    logVerbosity: integer(at("logVerbosity"), options.logVerbosity, 0, 0, 1_000_000),
    logId: string(at("logId"), options.logId),
    enableCpuMemArena: flag(at("enableCpuMemArena"), options.enableCpuMemArena, true),
    enableMemPattern: flag(at("enableMemPattern"), options.enableMemPattern, true),
    optimizedModelPath: string(at("optimizedModelPath"), options.optimizedModelPath),
    profilePrefix: string(at("profile"), options.profile),
    freeDimensions: entries(at("freeDimensionOverrides"), options.freeDimensionOverrides).flatMap(([name, size]) => [
      string(at("freeDimensionOverrides", name), name),
      integer(at("freeDimensionOverrides", name), size ?? NaN, 0, 1, 2 ** 40),
    ]),
    config: entries(at("configEntries"), options.configEntries).flatMap(([key, value]) => [
      string(at("configEntries", key), key, LONGEST_KEY),
      typeof value === "string" && value !== "" ? string(at("configEntries", key), value) : fail(at("configEntries", key), "a string", value),
    ]),
  };
}
