// What the compiler takes and refuses of predictor services. Never run: types.test.ts compiles it, and each
// directive is an error of its own once the line below it is allowed.
import { expectTypeOf } from "vitest";
import {
  createPredictor,
  defineFeatureView,
  featureGroup,
  loadFeatureView,
  t,
  type FeatureLog,
  type OnlineStore,
  type PredictionValue,
  type PredictorService,
  type ServiceFallbackReason,
  type ServicePrediction,
  type SkewlessError,
  type UntransformedFeatures,
} from "../../src/index.js";

const cards = featureGroup({ name: "cards", keys: { card_id: t.int64() }, features: { mean: t.float64(), country: t.utf8().nullable() } });
const view = await defineFeatureView({
  name: "fraud",
  version: 1,
  groups: [cards],
  requestParameters: { amount: t.float64() },
  passedFeatures: { mean: "lookedUp", score: t.int32() },
  features: ({ amount, mean, score }) => ({ amount: amount.standardScaler(), mean, score }),
}).fit("train.parquet");

declare const store: OnlineStore;
declare const log: FeatureLog;
const base = { view, model: "model.onnx", store };
const service = await createPredictor({ ...base, budget: { totalMillis: 50, lookupMillis: 10 }, policies: { mean: { storeFailure: "lastKnown" } }, log: { path: "logs", whenFull: "block" } });
const good = { servingKeys: { card_id: 1n }, requestParameters: { amount: 1 }, passedFeatures: { score: 1 } };

// ---- requests ----

expectTypeOf(service.predict(good)).toEqualTypeOf<Promise<ServicePrediction>>();
expectTypeOf(service.predictMany([good, good], { requestIds: ["a", undefined] })).toEqualTypeOf<Promise<(ServicePrediction | SkewlessError)[]>>();
expectTypeOf(service.getFeatureVector(good)).toEqualTypeOf<Promise<Float32Array>>();
expectTypeOf(service.getFeatureVector(good, { transformed: false, deadlineMillis: 5 })).toEqualTypeOf<Promise<UntransformedFeatures>>();
void service.predict({ ...good, passedFeatures: { score: 1, mean: 2 } }, { requestId: "r", sources: true, deadlineMillis: 5, signal: new AbortController().signal });
void service.predict(view.parseRequest({}));
// @ts-expect-error a key is missing
void service.predict({ requestParameters: { amount: 1 }, passedFeatures: { score: 1 } });
// @ts-expect-error a parameter of another type
void service.predict({ ...good, requestParameters: { amount: "1" } });
// @ts-expect-error a parameter that there is not
void service.predict({ ...good, requestParameters: { amount: 1, amuont: 1 } });
// @ts-expect-error a feature that no request may pass
void service.predict({ ...good, passedFeatures: { score: 1, country: "NO" } });
// @ts-expect-error one of several is wrong
void service.predictMany([good, {}]);
// @ts-expect-error an option that there is not
void service.predict(good, { timeout: 5 });

// ---- answers ----

const answer = await service.predict(good);
expectTypeOf(answer.prediction).toEqualTypeOf<PredictionValue>();
if (answer.fallback) expectTypeOf(answer.reason).toEqualTypeOf<ServiceFallbackReason>();
else expectTypeOf(answer.reason).toEqualTypeOf<undefined>();

// ---- options ----

await createPredictor({ ...base, log, logFeatures: "inputs", fallback: [{ last: true, otherwise: 1 }, 0.5] });
await createPredictor({
  ...base,
  fallback: (row, reason) => {
    expectTypeOf(row.amount).toEqualTypeOf<number | null>();
    expectTypeOf(row.country).toExtend<string | null | undefined>();
    expectTypeOf(reason).toEqualTypeOf<ServiceFallbackReason>();
    // @ts-expect-error no such input
    row.amuont;
    return row.amount ?? undefined;
  },
});
// @ts-expect-error a service has a view
await createPredictor({ model: "model.onnx", store });
// @ts-expect-error a service has a model
await createPredictor({ view, store });
// @ts-expect-error a step that there is not
await createPredictor({ ...base, budget: { lookup: 5 } });
// @ts-expect-error a policy's default of another type
await createPredictor({ ...base, policies: { mean: { missing: { default: "1" } } } });
// @ts-expect-error the schema is the service's
await createPredictor({ ...base, log: { path: "logs", schema: {} } });
// @ts-expect-error not one of the choices
await createPredictor({ ...base, logFeatures: "none" });

// Without a declaration nothing is known of requests.
const loaded = await createPredictor({ ...base, view: await loadFeatureView("view.json") });
expectTypeOf(loaded).toEqualTypeOf<PredictorService>();
void loaded.predict({ servingKeys: { any: 1 } });
