import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ModelError, received, SkewlessError } from "../errors.js";
import type { ModelFile } from "./backend.js";
import { readOnnxModel } from "./compiler/index.js";
import { readLightgbm, readXgboost } from "./trees/index.js";

/** A path, a file: URL, or a file's bytes. */
export type ModelSource = string | URL | Uint8Array;

const utf8 = new TextDecoder();
const TAKEN_FOR_ONNX = "The file was taken for ONNX, as it begins neither like XGBoost's JSON or UBJSON nor like LightGBM's text";
const SPACE = new Set([0x09, 0x0a, 0x0d, 0x20]);

/**
 * What a model file is, by its first bytes: XGBoost's JSON and UBJSON are one object, LightGBM's text begins with the
 * line "tree", and ONNX is a protobuf message, whose first byte is none of these.
 */
function detect(bytes: Uint8Array): ModelFile["format"] {
  const start = utf8.decode(bytes.subarray(0, 64));
  if (/^tree\r?\n/.test(start)) return "lightgbm";
  if (start.startsWith("binf")) {
    throw new ModelError("UNSUPPORTED_MODEL", "the model is in XGBoost's old binary format", { fix: "Save it again as .json or .ubj" });
  }
  // UBJSON has no space before the brace; JSON may.
  const first = bytes.findIndex((byte) => !SPACE.has(byte));
  return bytes[first] === 0x7b ? "xgboost" : "onnx";
}

/**
 * `path` is named in errors and is where an ONNX model's other files are; `externalDataPath`: the folder of those where only its
 * bytes are given.
 */
export function readModelBytes(bytes: Uint8Array, path?: string, externalDataPath?: string): ModelFile {
  if (bytes.length === 0) throw new ModelError("INVALID_MODEL", path === undefined ? "the model file is empty" : `the model file ${path} is empty`);
  try {
    return readBytes(bytes, path, externalDataPath);
  } catch (error) {
    if (!(error instanceof SkewlessError)) throw error;
    // Writers of ONNX put the version of its format first, the tag 8.
    const guess = error.fix === undefined && detect(bytes) === "onnx" && bytes[0] !== 0x08;
    throw error.with(guess ? { fix: TAKEN_FOR_ONNX } : {}, path === undefined ? error.what : `${error.what} (in the file ${path})`);
  }
}

function readBytes(bytes: Uint8Array, path?: string, externalDataPath?: string): ModelFile {
  switch (detect(bytes)) {
    case "lightgbm":
      return readLightgbm(bytes);
    case "xgboost":
      return readXgboost(bytes);
    case "onnx":
      return readOnnxModel(bytes, externalDataPath === undefined ? path : `${externalDataPath}/model.onnx`);
  }
}

/** The path that a source names; undefined for bytes. */
export function modelPath(source: ModelSource): string | undefined {
  if (source instanceof Uint8Array) return undefined;
  if (source instanceof URL) {
    try {
      return fileURLToPath(source);
    } catch (cause) {
      throw new ModelError("WRONG_TYPE", "not a model", { expected: "a file: URL", actual: source.href }, { cause });
    }
  }
  if (typeof source !== "string" || source === "") {
    throw new ModelError("WRONG_TYPE", "not a model", { expected: "a path, a file: URL, or the bytes of the file", actual: received(source) });
  }
  return source;
}

function unreadable(path: string, cause: unknown): ModelError {
  return new ModelError("INVALID_MODEL", `the model ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {}, { cause });
}

export async function modelBytes(source: ModelSource): Promise<Uint8Array> {
  const path = modelPath(source);
  if (path === undefined) return source as Uint8Array;
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function modelBytesSync(source: ModelSource): Uint8Array {
  const path = modelPath(source);
  if (path === undefined) return source as Uint8Array;
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
