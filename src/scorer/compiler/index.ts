import { OnnxError, SkewlessError } from "../../errors.js";
import { externalReader } from "../../onnx/external.js";
import { readModel } from "../../onnx/model.js";
import type { GraphProto, ModelProto } from "../../onnx/schema.js";
import type { ExternalReader } from "../../onnx/tensor.js";
import type { ModelFile } from "../backend.js";
import { compileGraph } from "./compile.js";
import { invalidModel, NotCompiled } from "./reason.js";

/**
 * Reads an ONNX file: its graph as steps for our own kernels, or the first node that has none. `path` is where the
 * file lies, for tensors that it keeps beside itself. INVALID_MODEL for a file that is truncated or contradicts itself.
 */
export function readOnnxModel(bytes: Uint8Array, path?: string): ModelFile {
  const model = reading(() => readModel(bytes));
  const metadata = new Map((model.metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
  const external = path === undefined ? undefined : externalReader(path);
  return { format: "onnx", compiled: compiled(model, external), metadata, toOnnx: () => bytes };
}

function compiled(model: ModelProto & { readonly graph: GraphProto }, external: ExternalReader | undefined): ModelFile["compiled"] {
  try {
    return { program: reading(() => compileGraph(model, external)) };
  } catch (error) {
    if (error instanceof NotCompiled) return { reason: error.message };
    throw error;
  }
}

/** What the decoder refuses, in the words of models. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof OnnxError && error.code === "INVALID_ONNX") throw invalidModel(error.message, error);
    if (error instanceof SkewlessError && error.code === "UNSUPPORTED_ONNX") throw new NotCompiled(error.message, { cause: error });
    throw error;
  }
}
