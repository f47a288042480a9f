import type { ModelFile } from "../backend.js";
import { Forest } from "./forest.js";
import { linearForest } from "./lightgbm-linear.js";
import { lightgbmLink } from "./lightgbm-objectives.js";
import { parseLightgbm, type Fields, type LightgbmText } from "./lightgbm-text.js";
import { lightgbmTree, plainTree } from "./lightgbm-tree.js";
import { modelFile } from "./model-file.js";
import type { TreeModel } from "./model.js";
import { checkSizes, invalid, unsupported } from "./value.js";

const VERSIONS = ["v2", "v3", "v4"];

/**
 * A LightGBM model as `Booster.save_model` writes it, versions v2 to v4, in text. Predicts as `Booster.predict` does with
 * its defaults: all trees of the file, sums in double; "raw" is what raw_score=True gives. The header's entries and the
 * training parameters are its metadata. INVALID_MODEL for a file that contradicts itself, with the path;
 * UNSUPPORTED_MODEL for other versions and objectives we do not know.
 */
export function readLightgbm(bytes: Uint8Array): ModelFile {
  const text = parseLightgbm(bytes);
  const { header } = text;
  const version = header.text("version");
  if (!VERSIONS.includes(version)) throw unsupported(["version"], "the model's version", { expected: VERSIONS.join(", "), actual: JSON.stringify(version.slice(0, 40)) });
  const features = header.count("max_feature_idx") + 1;
  const outputs = header.count("num_tree_per_iteration", header.count("num_class"));
  checkSizes(features, outputs, ["num_tree_per_iteration"]);
  if (outputs === 0) throw invalid(["num_tree_per_iteration"], "a model without outputs");
  const featureNames = header.text("feature_names").split(" ").filter((name) => name !== "");
  if (featureNames.length !== features) throw invalid(["feature_names"], "wrong length", { expected: String(features), actual: String(featureNames.length) });
  checkTrees(text, outputs);
  const link = lightgbmLink(header.entries.get("objective"), outputs, ["objective"]);
  // A random forest's margins are sums; its predictions are made of their means.
  const average = header.entries.has("average_output") && text.trees.length > 0;
  const model: TreeModel = {
    source: "lightgbm",
    features,
    outputs,
    element: "f64",
    margin: readMargin(text.trees, features, outputs),
    divisor: average ? text.trees.length / outputs : undefined,
    link,
  };
  return modelFile(model, metadataOf(text), featureNames);
}

function checkTrees({ header, trees }: LightgbmText, outputs: number): void {
  if (header.entries.has("tree_sizes")) {
    const sizes = header.integers("tree_sizes").length;
    if (sizes !== trees.length) throw invalid(["tree_sizes"], "the file has another number of trees", { expected: String(sizes), actual: String(trees.length) });
  }
  if (trees.length % outputs !== 0) throw invalid(["trees"], "an iteration without all of its trees", { expected: `a multiple of ${outputs}`, actual: String(trees.length) });
}

function readMargin(fields: readonly Fields[], features: number, outputs: number): TreeModel["margin"] {
  const trees = fields.map((tree) => lightgbmTree(tree, features));
  if (trees.some(({ linear }) => linear !== undefined)) return linearForest(trees, outputs);
  const forest = new Forest();
  for (const [i, tree] of trees.entries()) forest.add(plainTree(tree, i % outputs));
  const ensemble = forest.build({ targets: outputs, compare: "f64", accumulate: "f64", base: new Float64Array(outputs), baseFirst: true });
  return { kind: "trees", ensemble, floored: [] };
}

function metadataOf({ header, parameters }: LightgbmText): Map<string, string> {
  const out = new Map(header.entries);
  for (const key of ["feature_names", "tree_sizes"]) out.delete(key);
  for (const [key, value] of parameters) if (!out.has(key)) out.set(key, value);
  return out;
}
