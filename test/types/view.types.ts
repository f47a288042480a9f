// What the compiler takes and refuses of feature views and their requests. Never run: types.test.ts compiles it, and
// each @ts-expect-error is an error of its own once the line below it is allowed.
import { expectTypeOf } from "vitest";
import {
  defineFeatureView,
  featureGroup,
  loadFeatureView,
  t,
  type BoolExpr,
  type FittedView,
  type Float64Expr,
  type OnlineStore,
  type TimestampExpr,
  type UntransformedFeatures,
  type Utf8Expr,
} from "../../src/index.js";

const cards = featureGroup({ name: "cards", keys: { card_id: t.int64() }, features: { mean: t.float64(), prev_at: t.timestamp("ms").nullable(), country: t.utf8().nullable() } });
const places = featureGroup({ name: "places", keys: { id: t.utf8(), day: t.date32().nullable() }, features: { risk: t.float64(), open: t.bool() } });

// @ts-expect-error a group has keys
featureGroup({ name: "g", features: {} });
// @ts-expect-error types are made by t
featureGroup({ name: "g", keys: { k: "int64" }, features: {} });

const view = defineFeatureView({
  name: "fraud",
  version: 1,
  groups: [cards, { group: places, keys: { id: "place_id" }, prefix: "place_" }],
  requestParameters: { amount: t.float64(), at: t.timestamp("ms"), note: t.utf8().nullable() },
  passedFeatures: { mean: "lookedUp", distance: t.float64().nullable(), score: t.int32() },
  helpers: ["prev_at"],
  labels: { is_fraud: t.bool() },
  policies: { mean: { missing: { statistic: "median" }, valid: { min: 0 } }, country: { missing: { default: "NO" } } },
  onDemand: (inputs) => {
    expectTypeOf<keyof typeof inputs>().toEqualTypeOf<"card_id" | "place_id" | "day" | "mean" | "prev_at" | "country" | "place_risk" | "place_open" | "amount" | "at" | "note" | "distance" | "score">();
    expectTypeOf(inputs.place_risk).toEqualTypeOf<Float64Expr>();
    expectTypeOf(inputs.prev_at).toEqualTypeOf<TimestampExpr>();
    expectTypeOf(inputs.place_id).toEqualTypeOf<Utf8Expr>();
    return { since: inputs.at.diff(inputs.prev_at, "second") };
  },
  features: (inputs) => {
    expectTypeOf(inputs.since).toEqualTypeOf<Float64Expr>();
    expectTypeOf(inputs.is_fraud).toEqualTypeOf<BoolExpr>();
    // @ts-expect-error no such input
    inputs.place_id_;
    // @ts-expect-error the group's own name, without the prefix
    inputs.risk;
    return { since: inputs.since, amount: inputs.amount.standardScaler(), risk: inputs.country.targetEncoder({ target: inputs.is_fraud }) };
  },
});

declare const store: OnlineStore;
const fitted = await view.fit("train.parquet", { where: ({ amount, is_fraud }) => amount.gt(0).and(is_fraud.isNotNull()) });
expectTypeOf(fitted).toEqualTypeOf<Awaited<ReturnType<typeof view.fit>>>();
const online = fitted.connect({ store, policies: { mean: { storeFailure: "lastKnown" } } });

const keys = { card_id: 1n, place_id: "p" };
const parameters = { amount: 1, at: new Date() };
const passed = { score: 1 };
const good = { servingKeys: keys, requestParameters: parameters, passedFeatures: passed };

// ---- requests that are taken ----

expectTypeOf(online.getFeatureVector(good)).toEqualTypeOf<Promise<Float32Array>>();
online.retrieve({ ...good, servingKeys: { card_id: 1, place_id: "p", day: null } });
online.retrieve({ ...good, requestParameters: { ...parameters, at: 1n, note: "x" } });
online.retrieve({ ...good, passedFeatures: { score: 1, mean: 2, distance: null } });
online.retrieve({ ...good, passedFeatures: { score: 1, mean: undefined } });
void online.getFeatureVectors([good, good]);
expectTypeOf(online.getFeatureVector(good, { transformed: false })).toEqualTypeOf<Promise<UntransformedFeatures>>();
expectTypeOf((await online.getFeatureVector(good, { sources: true })).vector).toEqualTypeOf<Float32Array>();
expectTypeOf((await online.getFeatureVectors([good], { transformed: false, sources: true }))[0]?.features).toEqualTypeOf<UntransformedFeatures | undefined>();
online.retrieve(view.parseRequest({}));
expectTypeOf(fitted.inputs.amount).toEqualTypeOf<ReturnType<typeof t.float64>>();

// ---- requests that are refused ----

// @ts-expect-error a section with required values is missing
online.retrieve({ servingKeys: keys, requestParameters: parameters });
// @ts-expect-error so are the keys
online.retrieve({ requestParameters: parameters, passedFeatures: passed });
// @ts-expect-error a key is missing
online.retrieve({ ...good, servingKeys: { card_id: 1n } });
// @ts-expect-error the group's own name of a key that the view calls otherwise
online.retrieve({ ...good, servingKeys: { card_id: 1n, id: "p" } });
// @ts-expect-error a key of another type
online.retrieve({ ...good, servingKeys: { card_id: "1", place_id: "p" } });
// @ts-expect-error a key that there is not
online.retrieve({ ...good, servingKeys: { card_id: 1n, place_id: "p", user: 1 } });
// @ts-expect-error a parameter is missing
online.retrieve({ ...good, requestParameters: { amount: 1 } });
// @ts-expect-error a parameter of another type
online.retrieve({ ...good, requestParameters: { amount: "1", at: 0 } });
// @ts-expect-error not nullable
online.retrieve({ ...good, requestParameters: { amount: null, at: 0 } });
// @ts-expect-error a parameter that there is not
online.retrieve({ ...good, requestParameters: { amount: 1, at: 0, amuont: 1 } });
// @ts-expect-error a looked-up feature that no request may override
online.retrieve({ ...good, passedFeatures: { score: 1, country: "NO" } });
// @ts-expect-error an own passed feature is missing
online.retrieve({ ...good, passedFeatures: { mean: 1 } });
// @ts-expect-error an override that is not nullable
online.retrieve({ ...good, passedFeatures: { score: 1, mean: null } });
// @ts-expect-error a section that there is not
online.retrieve({ ...good, features: {} });
// @ts-expect-error no request
online.retrieve(1);

// ---- declarations that are refused ----

// @ts-expect-error a policy's default of another type
fitted.connect({ store, policies: { mean: { missing: { default: "1" } } } });
// @ts-expect-error an input that there is not
fitted.connect({ store, policies: { meen: {} } });
// @ts-expect-error a policy that there is not
fitted.connect({ store, policies: { mean: { missing: "zero" } } });
// @ts-expect-error the last known value is for failing stores
fitted.connect({ store, policies: { mean: { missing: "lastKnown" } } });
// @ts-expect-error a passed feature that no group has needs a type
defineFeatureView({ name: "v", version: 1, groups: [cards], passedFeatures: ["nothing"], features: ({ mean }) => ({ mean }) });
// @ts-expect-error a helper that is no input
defineFeatureView({ name: "v", version: 1, groups: [cards], helpers: ["nothing"], features: ({ mean }) => ({ mean }) });
// @ts-expect-error a label without a type is no input
defineFeatureView({ name: "v", version: 1, groups: [cards], labels: ["y"], features: ({ y }) => ({ y }) });
// @ts-expect-error a feature is an expression
defineFeatureView({ name: "v", version: 1, groups: [cards], features: () => ({ a: 1 }) });

// ---- views of less ----

const small = defineFeatureView({ name: "v", version: 1, groups: [cards], passedFeatures: ["mean", "country"], features: ({ mean }) => ({ mean }) }).withoutFitting().connect({ store });
small.retrieve({ servingKeys: { card_id: 1 } });
small.retrieve({ servingKeys: { card_id: 1 }, passedFeatures: { country: null } });
// @ts-expect-error there are no request parameters
small.retrieve({ servingKeys: { card_id: 1 }, requestParameters: { amount: 1 } });
// @ts-expect-error not among the overrides
small.retrieve({ servingKeys: { card_id: 1 }, passedFeatures: { prev_at: null } });

const keyless = defineFeatureView({ name: "v", version: 1, groups: [], requestParameters: { x: t.float64().nullable() }, features: ({ x }) => ({ x }) }).withoutFitting().connect({});
keyless.retrieve({});
keyless.retrieve({ requestParameters: { x: 1 } });
// @ts-expect-error there are no keys
keyless.retrieve({ servingKeys: { card_id: 1 } });

expectTypeOf(await loadFeatureView("view.json", view)).toEqualTypeOf<typeof fitted>();
expectTypeOf(await loadFeatureView("view.json")).toEqualTypeOf<FittedView>();
// Without a declaration nothing is known of requests.
(await loadFeatureView("view.json")).connect({ store }).retrieve({ servingKeys: { any: 1 } });
