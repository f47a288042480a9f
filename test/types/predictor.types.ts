// What the compiler takes and refuses of predictors. Never run: types.test.ts compiles it, and each @ts-expect-error is
// an error of its own once the line below it is allowed.
import type { RecordBatch, Table } from "apache-arrow";
import { expectTypeOf } from "vitest";
import {
  defineFeatures,
  inputStatistics,
  LatencyHistogram,
  mergeStats,
  Predictor,
  Scorer,
  t,
  type FallbackReason,
  type InputStatistics,
  type Prediction,
  type PredictionValue,
  type PredictorStats,
  type RowOf,
} from "../../src/index.js";

const set = defineFeatures({
  inputs: { price: t.float64(), id: t.int64(), city: t.utf8(), at: t.timestamp("ms"), tags: t.list(t.utf8()), delay: t.float64().nullable() },
  features: ({ price, delay }) => ({ price, delay }),
});
const features = set.withoutFitting();
const model = new Uint8Array(0);
declare const table: Table;
declare const batch: RecordBatch;
declare const scorer: Scorer;

const predictor = await Predictor.load({ features, model });
expectTypeOf(predictor).toEqualTypeOf<Predictor<typeof set.inputs>>();
type Row = Parameters<typeof predictor.predict>[0];
expectTypeOf<Row>().toEqualTypeOf<RowOf<typeof set.inputs>>();

// ---- rows ----
const good = { price: 1, id: 2n, city: "x", at: new Date(), tags: ["a"] } as const;
expectTypeOf(predictor.predict(good)).toEqualTypeOf<Prediction>();
predictor.predict({ ...good, delay: null });
predictor.predict({ ...good, delay: 3 }, { deadlineMicros: 500, key: "user", explainInputs: true });
expectTypeOf(predictor.predictMany([good])).toEqualTypeOf<Prediction[]>();
predictor.predictMany([good], { keys: ["a", 2, 3n, undefined] });
// @ts-expect-error price is missing
predictor.predict({ id: 2n, city: "x", at: new Date(), tags: [] });
// @ts-expect-error price is a number
predictor.predict({ ...good, price: "1" });
// @ts-expect-error city is not nullable
predictor.predict({ ...good, city: null });
// @ts-expect-error no such option
predictor.predict(good, { deadline: 5 });
// @ts-expect-error a key is no object
predictor.predict(good, { key: {} });
// @ts-expect-error rows are a list
predictor.predictMany(good);

// ---- results ----
const result = predictor.predict(good);
expectTypeOf(result.prediction).toEqualTypeOf<PredictionValue>();
if (result.fallback) expectTypeOf(result.reason).toEqualTypeOf<FallbackReason>();
else expectTypeOf(result.reason).toEqualTypeOf<undefined>();
// @ts-expect-error a result is not written to
result.prediction = 1;

// ---- tables ----
expectTypeOf(predictor.predictTable(table)).toEqualTypeOf<Table>();
expectTypeOf(predictor.predictTable(batch)).toEqualTypeOf<RecordBatch>();
expectTypeOf(predictor.predictAsync([batch])).toEqualTypeOf<AsyncGenerator<RecordBatch>>();
predictor.predictAsync(table, { threads: 2, signal: AbortSignal.timeout(5), onProgress: (rows, total) => rows / (total ?? 1) });
// @ts-expect-error rows are no table
predictor.predictTable([good]);

// ---- models and features ----
expectTypeOf(await Predictor.load({ features: "spec.json", model: new URL("file:///model.onnx") })).toEqualTypeOf<Predictor>();
(await Predictor.load({ model: "model.onnx" })).predict({ anything: 1 });
await Predictor.load({ features, model: scorer, output: "label", checkNames: false });
// @ts-expect-error not fitted
await Predictor.load({ features: set, model });
// @ts-expect-error the model is missing
await Predictor.load({ features });
// @ts-expect-error a model is no number
await Predictor.load({ features, model: 5 });
// @ts-expect-error no such option
await Predictor.load({ features, model, dedlineMicros: 5 });

// ---- fallbacks ----
await Predictor.load({ features, model, fallback: 0.5 });
await Predictor.load({ features, model, fallback: (row, reason) => (reason === "deadline" ? row.price : undefined) });
await Predictor.load({ features, model, fallback: [scorer, predictor, { last: true, otherwise: "unknown", capacity: 10 }, Float32Array.of(1)] });
// @ts-expect-error no such input
await Predictor.load({ features, model, fallback: (row) => row.prise });
// @ts-expect-error a boolean is no answer
await Predictor.load({ features, model, fallback: () => true });
// @ts-expect-error null answers nothing
await Predictor.load({ features, model, fallback: null });

// ---- policies ----
await Predictor.load({ features, model, onBadInput: "lastKnown" });
await Predictor.load({
  features,
  model,
  onBadInput: {
    "*": { missing: "error" },
    price: { missing: { default: 1 }, invalid: { statistic: "median" }, valid: { min: 0, max: 10, finite: true, test: (price) => price > 1 } },
    id: { missing: { lastKnown: true, otherwise: { default: 5n } } },
    city: { invalid: "lastKnown", valid: { oneOf: ["a", "b"], test: (city) => city.length > 0 } },
    at: { valid: { min: new Date() } },
    delay: { missing: { default: 3 }, invalid: "null" },
  },
});
// @ts-expect-error no such input
await Predictor.load({ features, model, onBadInput: { prise: { missing: "error" } } });
// @ts-expect-error no such policy
await Predictor.load({ features, model, onBadInput: { price: { missing: "ignore" } } });
// @ts-expect-error the default is of another type
await Predictor.load({ features, model, onBadInput: { price: { missing: { default: "1" } } } });
// @ts-expect-error null is the policy "null", not a default
await Predictor.load({ features, model, onBadInput: { delay: { missing: { default: null } } } });
// @ts-expect-error no such statistic
await Predictor.load({ features, model, onBadInput: { price: { missing: { statistic: "max" } } } });
// @ts-expect-error the bound is of another type
await Predictor.load({ features, model, onBadInput: { price: { valid: { min: "0" } } } });
// @ts-expect-error a rule sees the input's type
await Predictor.load({ features, model, onBadInput: { price: { valid: { test: (price) => price.length > 0 } } } });

// ---- statistics ----
expectTypeOf(inputStatistics(set.inputs, table)).toEqualTypeOf<Promise<InputStatistics>>();
expectTypeOf(predictor.stats()).toEqualTypeOf<PredictorStats>();
expectTypeOf(predictor.stats().total).toEqualTypeOf<LatencyHistogram>();
expectTypeOf(predictor.stats().total.p999).toEqualTypeOf<number>();
expectTypeOf(mergeStats(predictor.stats(), predictor.stats())).toEqualTypeOf<PredictorStats>();
// @ts-expect-error no such reason
predictor.stats().fallbacks.late;
// @ts-expect-error a histogram comes from a predictor
new LatencyHistogram();
