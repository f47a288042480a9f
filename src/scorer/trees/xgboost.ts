import type { ModelFile } from "../backend.js";
import { Forest } from "./forest.js";
import { parseJson } from "./json.js";
import type { LinearMargin, TreeMargin, TreeModel } from "./model.js";
import { modelFile } from "./model-file.js";
import { parseUbjson } from "./ubjson.js";
import { checkSizes, invalid, unsupported, Value } from "./value.js";
import { baseMargin, objectiveOf } from "./xgboost-objectives.js";
import { xgboostTree, type XgboostTrees } from "./xgboost-tree.js";

/**
 * An XGBoost model as `Booster.save_model` writes it since version 1.0, JSON or UBJSON: gbtree, dart and gblinear with
 * XGBoost's own objectives. Predicts as `Booster.predict` does with its defaults: all trees, dropped ones of DART
 * weighted. Attributes and feature types (a JSON array, under `feature_types`) are its metadata.
 * INVALID_MODEL for a file that contradicts itself, with the path; UNSUPPORTED_MODEL for objectives we do not know.
 */
export function readXgboost(bytes: Uint8Array): ModelFile {
  const learner = new Value(parse(bytes)).field("learner");
  const { featureNames, metadata } = describe(learner);
  const model = readModel(learner);
  if (featureNames !== undefined && featureNames.length !== model.features) {
    throw invalid([...learner.path, "feature_names"], "wrong length", { expected: String(model.features), actual: String(featureNames.length) });
  }
  return modelFile(model, metadata, featureNames);
}

function parse(bytes: Uint8Array): unknown {
  let at = 0;
  const skipSpace = (): void => {
    while (at < bytes.length && [0x20, 0x09, 0x0a, 0x0d].includes(bytes[at] as number)) at++;
  };
  skipSpace();
  if (bytes[at] !== 0x7b) {
    throw invalid([], "the file is no XGBoost model", {
      expected: "JSON or UBJSON",
      fix: "Save it with Booster.save_model('model.json') or 'model.ubj'; the older binary format is not read",
    });
  }
  at++;
  skipSpace();
  // A JSON object goes on with a name or its end, a UBJSON object with the type of a length.
  return at >= bytes.length || bytes[at] === 0x22 || bytes[at] === 0x7d ? parseJson(bytes) : parseUbjson(bytes);
}

function describe(learner: Value): { featureNames: string[] | undefined; metadata: Map<string, string> } {
  const metadata = new Map<string, string>();
  const names = learner.optional("feature_names")?.strings();
  const types = learner.optional("feature_types")?.strings();
  if (types !== undefined && types.length > 0) metadata.set("feature_types", JSON.stringify(types));
  const attributes = learner.optional("attributes");
  for (const key of attributes?.keys() ?? []) metadata.set(key, (attributes as Value).field(key).text());
  return { featureNames: names === undefined || names.length === 0 ? undefined : names, metadata };
}

function readModel(learner: Value): TreeModel {
  const parameters = learner.field("learner_model_param");
  const features = parameters.field("num_feature").count();
  const outputs = Math.max(parameters.optional("num_class")?.count() ?? 0, parameters.optional("num_target")?.count() ?? 1, 1);
  checkSizes(features, outputs, parameters.path);
  const name = learner.field("objective").field("name");
  const objective = objectiveOf(name.text(), name.path);
  const score = parameters.field("base_score");
  const scores = baseScores(score);
  if (scores.length !== 1 && scores.length !== outputs) throw invalid(score.path, "wrong length", { expected: `1 or ${outputs}`, actual: String(scores.length) });
  const base = Float64Array.from({ length: outputs }, (_, i) => baseMargin(scores[scores.length === 1 ? 0 : i] as number, objective, score.path));
  const booster = learner.field("gradient_booster");
  const kind = booster.field("name");
  const rest = { source: "xgboost", features, outputs, element: "f32", link: objective.link } as const;
  switch (kind.text()) {
    case "gbtree":
      return { ...rest, margin: readTrees(booster.field("model"), features, base) };
    case "dart":
      return { ...rest, margin: readTrees(booster.field("gbtree").field("model"), features, base, booster.field("weight_drop")) };
    case "gblinear":
      return { ...rest, margin: readLinear(booster.field("model").field("weights"), features, base) };
    default:
      throw unsupported(kind.path, `the booster ${JSON.stringify(kind.text().slice(0, 100))}`, { expected: "gbtree, dart or gblinear" });
  }
}

/** `5E-1`; since 3.1 `[5E-1]` with a score for each output. */
function baseScores(score: Value): number[] {
  const { value } = score;
  if (typeof value === "number") return [Math.fround(value)];
  if (typeof value !== "string") return Array.from(score.floats());
  const text = value.trim();
  return (text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text).split(",").map((item) => {
    const number = item.trim();
    if (!/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(number)) throw invalid(score.path, "wrong base score", { expected: "a number", actual: JSON.stringify(number.slice(0, 40)) });
    return Math.fround(Number(number));
  });
}

function readTrees(model: Value, features: number, base: Float64Array, drop?: Value): TreeMargin {
  const list = model.field("trees");
  const claimed = model.field("gbtree_model_param").field("num_trees");
  if (claimed.count() !== list.length) throw invalid(claimed.path, "the file has another number of trees", { expected: String(list.length), actual: String(claimed.count()) });
  const info = model.field("tree_info");
  const groups = info.integers(list.length);
  const weights = drop?.floats(list.length);
  const columns = new Map<number, number>();
  const trees: XgboostTrees = {
    features,
    outputs: base.length,
    floored(feature) {
      const column = columns.get(feature) ?? features + columns.size;
      columns.set(feature, column);
      return column;
    },
    setWords: 0,
  };
  const forest = new Forest();
  for (const [i, group] of groups.entries()) {
    if (group < 0 || group >= base.length) throw invalid([...info.path, i], "no output of the model", { expected: `0 to ${base.length - 1}`, actual: String(group) });
    forest.add(xgboostTree(list.at(i), trees, group, weights?.[i] ?? 1));
  }
  // Sums in float32, tree by tree, from the base margin: XGBoost's CPU predictor.
  const ensemble = forest.build({ targets: base.length, compare: "f32", accumulate: "f32", base, baseFirst: true });
  return { kind: "trees", ensemble, floored: [...columns.keys()] };
}

/** [features + 1, outputs], the bias last; a sum begins with bias + base margin. */
function readLinear(weights: Value, features: number, base: Float64Array): LinearMargin {
  const all = weights.floats((features + 1) * base.length);
  const bias = Float32Array.from(base, (margin, k) => Math.fround((all[features * base.length + k] as number) + margin));
  return { kind: "linear", weights: all.slice(0, features * base.length), bias };
}
