// A model written by hand, scored alone and behind features, and its answers logged by the worker. test-package.mjs knows the answers.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/** XGBoost's JSON of one stump: x < 2 gives the margin -log 3, a probability of 1/4; else, or missing, log 3 and 3/4. */
const stump = {
  version: [1, 7, 4],
  learner: {
    attributes: {},
    feature_names: [],
    feature_types: [],
    gradient_booster: {
      name: "gbtree",
      model: {
        gbtree_model_param: { num_parallel_tree: "1", num_trees: "1", size_leaf_vector: "0" },
        tree_info: [0],
        trees: [
          {
            base_weights: [0, 0, 0],
            categories: [],
            categories_nodes: [],
            categories_segments: [],
            categories_sizes: [],
            default_left: [0, 0, 0],
            id: 0,
            left_children: [1, -1, -1],
            right_children: [2, -1, -1],
            parents: [2147483647, 0, 0],
            loss_changes: [1, 0, 0],
            split_conditions: [2, -Math.log(3), Math.log(3)],
            split_indices: [0, 0, 0],
            split_type: [0, 0, 0],
            sum_hessian: [2, 1, 1],
            tree_param: { num_deleted: "0", num_feature: "1", num_nodes: "3", size_leaf_vector: "0" },
          },
        ],
      },
    },
    learner_model_param: { base_score: "5E-1", boost_from_average: "1", num_class: "0", num_feature: "1", num_target: "1" },
    objective: { name: "binary:logistic", reg_loss_param: { scale_pos_weight: "1" } },
  },
};

const round = (value) => Number(value.toFixed(6));

exports.score = async ({ createFeatureLog, defineFeatures, Predictor, readLog, Scorer, t }) => {
  const model = new TextEncoder().encode(JSON.stringify(stump));
  const scorer = await Scorer.load(model);
  const scores = [1, 2, NaN].map((x) => round(scorer.score(Float32Array.of(x)).prediction.data[0]));

  const features = defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ double: x.mul(2) }) }).withoutFitting();
  const predictor = await Predictor.load({ features, model, deadlineMicros: 1_000_000, fallback: 9 });
  const predictions = [{ x: 0.5 }, { x: 1 }, {}].map((row) => predictor.predict(row)).map(({ prediction, fallback }) => [round(prediction), fallback]);
  predictor.close();
  scorer.close();
  let code;
  try {
    scorer.score(Float32Array.of(1));
  } catch (error) {
    code = error.code;
  }

  const path = mkdtempSync(join(tmpdir(), "skewless-log-"));
  const log = createFeatureLog({
    path,
    schema: { view: { name: "v", version: 1 }, keys: {}, untransformed: features.inputs, transformed: features.names },
  });
  log.append({ requestId: "r", keys: {}, untransformed: { x: 1 }, transformed: Float32Array.of(2), prediction: 0.75 });
  await log.close();
  const logged = [];
  for await (const batch of readLog(path)) logged.push(...batch.getChild("log.prediction").toArray());
  rmSync(path, { recursive: true });

  return { backend: scorer.backend.name, scores, predictions, closed: code, logged };
};
