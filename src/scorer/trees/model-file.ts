import type { ModelFile } from "../backend.js";
import type { TreeModel } from "./model.js";
import { treeModelToOnnx } from "./to-onnx.js";
import { treeModelProgram } from "./to-program.js";

export function modelFile(model: TreeModel, metadata: ReadonlyMap<string, string>, featureNames: readonly string[] | undefined): ModelFile {
  return {
    format: model.source,
    compiled: { program: treeModelProgram(model) },
    metadata,
    featureNames,
    toOnnx: () => treeModelToOnnx(model, metadata),
  };
}
