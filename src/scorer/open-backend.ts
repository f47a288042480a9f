import { ModelError, received, SkewlessError } from "../errors.js";
import type { Backend, ModelFile } from "./backend.js";
import { compiledBackend } from "./compiled/backend.js";
import { onnxruntimeBackend, type OnnxRuntimeOptions } from "./onnxruntime/backend.js";

export interface BackendOptions extends OnnxRuntimeOptions {
  /** "auto" (the default): our own kernels where the model can be compiled, else ONNX Runtime. */
  readonly backend?: "auto" | "compiled" | "onnxruntime" | undefined;
}

/** What runs the model, and why that. */
export interface OpenBackend {
  readonly backend: Backend;
  readonly reason: string;
}

/** UNSUPPORTED_MODEL where neither can run it, with what both say. */
export function openBackend(file: ModelFile, options: BackendOptions): OpenBackend {
  const { backend = "auto" } = options;
  if (!["auto", "compiled", "onnxruntime"].includes(backend)) {
    throw new ModelError("INVALID_PARAMETER", "not a backend", { path: ["backend"], expected: '"auto", "compiled" or "onnxruntime"', actual: received(backend) });
  }
  if (backend === "onnxruntime") return { backend: onnxruntimeBackend(file.toOnnx(), options), reason: "asked for" };
  if ("program" in file.compiled) {
    return { backend: compiledBackend(file.compiled.program), reason: backend === "compiled" ? "asked for" : "the model is made of what our own kernels compute" };
  }
  const { reason } = file.compiled;
  if (backend === "compiled") {
    throw new ModelError("UNSUPPORTED_MODEL", `the model cannot be compiled: ${reason}`, { fix: 'Leave `backend` at "auto" to run it by ONNX Runtime' });
  }
  try {
    return { backend: onnxruntimeBackend(file.toOnnx(), options), reason: `not compiled: ${reason}` };
  } catch (error) {
    if (error instanceof SkewlessError && (error.code === "UNSUPPORTED_MODEL" || error.code === "RUNTIME_NOT_FOUND")) {
      throw error.with({}, `${error.what} (the model is not compiled: ${reason})`);
    }
    throw error;
  }
}
