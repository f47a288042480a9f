// A module that `skewless serve` takes: a view over a store in memory, and one LightGBM tree.
export const SERVICE = `
import { createPredictor, defineFeatureView, featureGroup, memoryStore, t } from "skewless";
import { Table, vectorFromArray, Float64, Int64 } from "apache-arrow";
const cards = featureGroup({ name: "cards", keys: { card_id: t.int64() }, features: { mean: t.float64() } });
const view = defineFeatureView({
  name: "fraud", version: 1, groups: [cards], requestParameters: { amount: t.float64() },
  features: ({ amount, mean }) => ({ amount, ratio: amount.div(mean) }),
});
const ids = [1n, 2n, 3n];
const table = new Table({ card_id: vectorFromArray(ids, new Int64()), mean: vectorFromArray([10, 20, 30], new Float64()), amount: vectorFromArray([1, 2, 3], new Float64()) });
const fitted = await view.fit(table);
const memory = memoryStore();
await view.materialize(table.select(["card_id", "mean"]), { store: memory, group: "cards" });
// Slow where the test asks for it: what is under way when the signal comes.
const delay = Number(process.env.LOOKUP_MILLIS ?? 0);
const store = delay === 0 ? memory : { kind: "slow", ping: () => memory.ping(), close: () => memory.close(), put: (...a) => memory.put(...a), delete: (...a) => memory.delete(...a),
  get: async (lookups) => { await new Promise((done) => setTimeout(done, delay)); return memory.get(lookups); } };
const model = new TextEncoder().encode(["tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0", "max_feature_idx=1", "objective=regression", "feature_names=amount ratio", "feature_infos=[0:100] [0:10]", "",
  "Tree=0", "num_leaves=2", "num_cat=0", "split_feature=1", "split_gain=1", "threshold=1", "decision_type=2", "left_child=-1", "right_child=-2", "leaf_value=0.25 0.75", "leaf_weight=1 1", "leaf_count=1 1",
  "internal_value=0", "internal_weight=0", "internal_count=2", "is_linear=0", "shrinkage=1", "", "", "end of trees", "", "feature_importances:", "", "parameters:", "end of parameters", ""].join("\\n"));
const make = (version) => createPredictor({ view: fitted, model, store, version, ...(process.env.LOG ? { log: { path: process.env.LOG } } : {}) });
export default async () => ({ models: [{ name: "fraud", versions: { 1: await make("1"), 2: await make("2") }, traffic: { 1: 50, 2: 50 } }] });
export const broken = 42;
`;
