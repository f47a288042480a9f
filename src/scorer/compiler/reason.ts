import { ModelError } from "../../errors.js";

/** Why a model is not compiled; caught in index.ts, where it becomes `compiled.reason`. */
export class NotCompiled extends Error {
  override readonly name = "NotCompiled";
}

export function invalidModel(what: string, cause?: unknown): ModelError {
  return new ModelError("INVALID_MODEL", what, {}, { cause });
}

/** Wider registers are left to ONNX Runtime; also what bounds the memory that a few bytes can claim. */
export const MAX_WIDTH = 1 << 20;
