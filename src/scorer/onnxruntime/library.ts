import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { ModelError, received, SkewlessError } from "../../errors.js";
import { addon, type NativeOrtLibrary } from "../../native.js";

/** ONNX Runtime as it was loaded. */
export interface OnnxRuntimeLibrary {
  readonly handle: NativeOrtLibrary;
  readonly version: string;
  readonly path: string;
}

const INSTALL =
  "Run `npm install onnxruntime-node` (the line `onnxruntime-node-install=skip` in .npmrc keeps it from downloading CUDA parts), " +
  "or name a library by the option `library` or the variable SKEWLESS_ONNXRUNTIME";

const NAMES: Readonly<Record<string, readonly string[]>> = {
  linux: ["libonnxruntime.so.1", "libonnxruntime.so"],
  darwin: ["libonnxruntime.1.dylib", "libonnxruntime.dylib"],
  win32: ["onnxruntime.dll"],
};
/** Versions of Node-API that the package was built for, in the names of its folders. */
const NAPI_FOLDERS = ["napi-v6", "napi-v3"];

function notFound(what: string, facts: { expected?: string; actual?: string; fix?: string } = {}, cause?: unknown): ModelError {
  return new ModelError("RUNTIME_NOT_FOUND", what, { fix: INSTALL, ...facts }, { cause });
}

/** The library that the user's onnxruntime-node ships; that of the project first, then one beside this package. */
function packagedLibrary(): string {
  const tried: string[] = [];
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    let entry: string;
    try {
      entry = createRequire(from).resolve("onnxruntime-node");
    } catch {
      continue;
    }
    // The entry is dist/index.js.
    const root = dirname(dirname(entry));
    for (const napi of NAPI_FOLDERS) {
      for (const name of NAMES[process.platform] ?? []) {
        const path = join(root, "bin", napi, process.platform, process.arch, name);
        if (existsSync(path)) return path;
        tried.push(path);
      }
    }
  }
  if (tried.length === 0) throw notFound("the package onnxruntime-node, whose library runs this model, is not installed");
  throw notFound(`onnxruntime-node has no library for ${process.platform}-${process.arch} (looked for ${tried.join(", ")})`, {
    fix: "Name a library by the option `library` or the variable SKEWLESS_ONNXRUNTIME",
  });
}

let packaged: string | undefined;

/** RUNTIME_NOT_FOUND where there is none, or where it is no ONNX Runtime of 1.17 or later. */
export function loadLibrary(library?: string): OnnxRuntimeLibrary {
  if (library !== undefined && (typeof library !== "string" || library === "" || library.includes("\0"))) {
    throw new ModelError("INVALID_PARAMETER", "not a library", { path: ["library"], expected: "the path of a shared library", actual: received(library) });
  }
  const variable = process.env["SKEWLESS_ONNXRUNTIME"];
  const explicit = library ?? (variable === "" ? undefined : variable);
  const path = explicit === undefined ? (packaged ??= packagedLibrary()) : resolve(explicit);
  if (explicit !== undefined && !existsSync(path)) {
    throw notFound(`the library ${path} does not exist`, { fix: library === undefined ? "Correct or unset the variable SKEWLESS_ONNXRUNTIME" : "Correct the option `library`" });
  }
  try {
    return { ...addon().ortLibrary(path), path };
  } catch (error) {
    if (error instanceof SkewlessError || !(error instanceof Error)) throw error;
    throw notFound(error.message, {}, error);
  }
}
