import { Float64, Int32, Int64, Table, Utf8, vectorFromArray } from "apache-arrow";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LastKnown } from "../../src/online/view/last-known.js";
import { defineFeatureView, featureGroup, loadFeatureView, OnlineError, t, type FeaturePolicies } from "../../src/index.js";
import { TestStore } from "./view-support.js";

const users = featureGroup({
  name: "users",
  keys: { user: t.int64() },
  features: { age: t.int32(), income: t.float64(), city: t.utf8().nullable(), visits: t.int64() },
  maxAgeSeconds: 60,
  ttlSeconds: 600,
});
const other = featureGroup({ name: "other", keys: { user: t.int64() }, features: { score: t.float64().nullable() } });
const NOW = 1_700_000_000_000;
const request = { servingKeys: { user: 1 } };
const training = new Table({
  age: vectorFromArray([10, 20, 21, 20], new Int32()),
  income: vectorFromArray([1, 2, 4, 100], new Float64()),
  city: vectorFromArray(["a", null, "b", "b"], new Utf8()),
  visits: vectorFromArray([1n, 2n, 2n, 9n], new Int64()),
  score: vectorFromArray([1, 2, 3, 4], new Float64()),
});

type Own = Readonly<Partial<Record<"age" | "income" | "city" | "visits" | "score" | "x" | "own", FeaturePolicies<never>>>>;

/** A view whose vector is its inputs as they are, with some policies. */
async function online(policies: Own, store: TestStore, connect: object = {}) {
  const view = defineFeatureView({
    name: "v",
    version: 1,
    groups: [users, other],
    passedFeatures: { income: "lookedUp", own: t.float64() },
    requestParameters: { x: t.float64() },
    policies,
    features: ({ age, income, city, visits, score, x, own }) => ({ age, income, city: city.length(), visits, score, x, own }),
  });
  return (await view.fit(training)).connect({ store, now: () => NOW, ...connect });
}

const given = { ...request, requestParameters: { x: 1 }, passedFeatures: { own: 2 } };

function filled(age = 30): TestStore {
  const store = new TestStore();
  store.set(users, { user: 1 }, { age, income: 5, city: "oslo", visits: 3n }, NOW - 1000);
  store.set(other, { user: 1 }, { score: 0.5 }, NOW);
  return store;
}

describe("a missing row", () => {
  test("is an error for inputs that are not nullable, null for others", async () => {
    const store = new TestStore();
    store.set(other, { user: 1 }, { score: 0.5 }, NOW);
    await expect((await online({}, store)).getFeatureVector(given)).rejects.toMatchObject({ name: "OnlineError", code: "MISSING_FEATURE", path: ["age"] });
    const full = filled();
    await full.delete(other, [{ user: 1 }]);
    const { vector, sources } = await (await online({}, full)).getFeatureVector(given, { sources: true });
    expect([...vector]).toEqual([30, 5, 4, 3, NaN, 1, 2]);
    expect(sources["score"]).toBe("imputed: null");
  });

  test("takes what the policies say: statistics of the training data, defaults, null", async () => {
    const store = new TestStore();
    const view = await online(
      {
        age: { missing: { statistic: "mean" } },
        income: { missing: { statistic: "median" } },
        city: { missing: { statistic: "mode" } },
        visits: { missing: { statistic: "mean" } },
        score: { missing: { default: -1 as never } },
      },
      store,
    );
    const { vector, sources } = await view.getFeatureVector(given, { sources: true });
    // (10 + 20 + 21 + 20) / 4 = 17.75 as an integer; the middle of 2 and 4; "b"; 14 / 4 = 3.5 away from zero.
    expect([...vector]).toEqual([18, 3, 1, 4, -1, 1, 2]);
    expect(sources).toMatchObject({ age: "imputed: mean", income: "imputed: median", city: "imputed: mode", visits: "imputed: mean", score: "imputed: default" });
    expect(await view.retrieve(given)).toMatchObject({ fallbacks: 5, row: { visits: 4n, city: "b" } });
  });

  test("a null that was stored is a value of a nullable input, and missing of another", async () => {
    const store = new TestStore();
    store.set(users, { user: 1 }, { age: null, income: 5, city: null, visits: 3n }, NOW);
    store.set(other, { user: 1 }, {}, NOW);
    const view = await online({ age: { missing: { default: 7 as never } }, city: { missing: { default: "zz" as never } }, score: { missing: { default: 9 as never } } }, store);
    const { row, sources } = await view.retrieve(given, { sources: true });
    expect(row).toMatchObject({ age: 7, city: null, score: 9 });
    expect(sources).toMatchObject({ age: "imputed: default", city: "lookedUp", score: "imputed: default" });
  });

  test("an override needs no row; a missing own feature and parameter follow their policies", async () => {
    const store = new TestStore();
    const policies = { age: { missing: { default: 0 } }, visits: { missing: { default: 0 } }, x: { missing: { statistic: "median" } }, own: { missing: { default: 8 } } } as never;
    const view = await defineFeatureView({
      name: "v",
      version: 1,
      groups: [users, other],
      passedFeatures: { income: "lookedUp", own: t.float64() },
      requestParameters: { x: t.float64() },
      policies,
      features: ({ income, x, own, visits }) => ({ income, x, own, visits }),
    }).fit(new Table({ x: vectorFromArray([1, 3, 5], new Float64()) }));
    const { vector, sources } = await view.connect({ store }).getFeatureVector({ ...request, passedFeatures: { income: 77 } } as never, { sources: true });
    expect([...vector]).toEqual([77, 3, 8, 0]);
    expect(sources).toMatchObject({ income: "passed", x: "imputed: median", own: "imputed: default", visits: "imputed: default" });
  });
});

describe("a late row", () => {
  const late = (): TestStore => {
    const store = filled();
    store.set(users, { user: 1 }, { age: 30, income: 5, city: "oslo", visits: 3n }, NOW - 60_001);
    return store;
  };
  test("counts as missing unless there is a policy", async () => {
    await expect((await online({}, late())).getFeatureVector(given)).rejects.toMatchObject({ code: "LATE_FEATURE", path: ["age"], expected: "at most 60 s", actual: "60 s" });
    const all = { age: { missing: { default: 1 } }, income: { late: "keep" }, visits: { late: { default: 2 } } } as never;
    const { vector, sources } = await (await online(all, late())).getFeatureVector(given, { sources: true });
    expect([...vector]).toEqual([1, 5, NaN, 2, 0.5, 1, 2]);
    expect(sources).toMatchObject({ age: "imputed: default", income: "late", city: "imputed: null", visits: "imputed: default", score: "lookedUp" });
  });
  test("begins after the max age", async () => {
    const store = filled();
    store.set(users, { user: 1 }, { age: 30, income: 5, city: "oslo", visits: 3n }, NOW - 60_000);
    expect((await (await online({}, store)).getFeatureVector(given))[0]).toBe(30);
  });
});

describe("an invalid value", () => {
  test("is an error or replaced: another type, a rule", async () => {
    const store = filled();
    store.set(users, { user: 1 }, { age: "30", income: 5, city: "oslo", visits: 3n }, NOW);
    await expect((await online({}, store)).getFeatureVector(given)).rejects.toMatchObject({ code: "INVALID_FEATURE", path: ["age"], actual: 'the string "30"' });
    expect((await (await online({ age: { invalid: { statistic: "mode" } as never } }, store)).getFeatureVector(given))[0]).toBe(20);
    const rules: [keyof Own, object, unknown, boolean][] = [
      ["age", { min: 0 }, -1, false],
      ["age", { min: 0, max: 5 }, 5, true],
      ["age", { oneOf: [1, 2] }, 3, false],
      ["visits", { oneOf: [1, 2n] }, 1n, true],
      ["visits", { oneOf: [1, 2n] }, 2, true],
      ["visits", { max: 2n }, 3n, false],
      ["city", { oneOf: ["oslo"] }, "bergen", false],
      ["city", { test: (value: string) => value.length < 3 }, "abc", false],
      ["city", { test: (value: string) => value.length < 3 }, "ab", true],
      ["income", { finite: true }, NaN, false],
      ["income", { finite: true }, 1, true],
      ["income", { min: 0 }, NaN, false],
      ["income", {}, NaN, true],
    ];
    for (const [name, valid, value, good] of rules) {
      const own = filled();
      own.set(users, { user: 1 }, { age: 3, income: 5, city: "x", visits: 3n, [name]: value }, NOW);
      const answer = await (await online({ [name]: { valid } }, own)).getFeatureVector(given).then(
        () => true,
        (error: unknown) => (error instanceof OnlineError && error.code === "INVALID_FEATURE" && error.path?.[0] === name ? false : error),
      );
      expect([name, valid, value, answer]).toEqual([name, valid, value, good]);
    }
  });

  test("of a request is INVALID_REQUEST unless a policy replaces it", async () => {
    const rule = { income: { valid: { max: 10 } }, x: { invalid: { default: 0 }, valid: { min: 0 } } } as never;
    const view = await online(rule, filled());
    await expect(view.getFeatureVector({ ...given, passedFeatures: { income: 11, own: 1 } })).rejects.toMatchObject({ code: "INVALID_REQUEST", path: ["passedFeatures", "income"], expected: "at most 10" });
    const { vector, sources } = await view.getFeatureVector({ ...given, requestParameters: { x: -3 } }, { sources: true });
    expect([vector[5], sources["x"]]).toEqual([0, "imputed: default"]);
    expect((await view.getFeatureVector({ ...given, requestParameters: { x: NaN } }))[5]).toBe(0);
    const lax = await online({ x: { valid: { finite: false } } }, filled());
    expect((await lax.getFeatureVector({ ...given, requestParameters: { x: Infinity } }))[5]).toBe(Infinity);
  });
});

describe("a failing store", () => {
  const failure = new OnlineError("STORE_TIMEOUT", "the store did not answer in 5 ms");
  test("is its own error with the feature's path, or what the policies say", async () => {
    const store = filled();
    store.failure = failure;
    await expect((await online({}, store)).getFeatureVector(given)).rejects.toMatchObject({ code: "STORE_TIMEOUT", path: ["age"], cause: failure });
    const all = { age: { missing: { default: 1 } }, income: { storeFailure: { default: 2 } }, city: { storeFailure: "null" }, visits: { storeFailure: { statistic: "mode" } }, score: { storeFailure: "null" } } as never;
    const { vector, sources } = await (await online(all, store)).getFeatureVector(given, { sources: true });
    expect([...vector]).toEqual([1, 2, NaN, 2, NaN, 1, 2]);
    expect(sources).toMatchObject({ age: "imputed: default", score: "imputed: null", visits: "imputed: mode" });
  });
  test("a nullable input is not silently null when a store fails", async () => {
    const store = filled();
    store.corrupt.set("other", failure);
    await expect((await online({ age: { missing: { default: 1 as never } }, income: { missing: { default: 1 as never } }, city: { missing: "null" }, visits: { missing: { default: 1 as never } } }, store)).getFeatureVector(given)).rejects.toMatchObject({ code: "STORE_TIMEOUT", path: ["score"] });
  });
  test.each([false, true])("leaves the other stores' and, where its data are corrupt, the other groups' features alone (promise: %s)", async (promised) => {
    const [good, bad] = [filled(), new TestStore(promised)];
    bad.failure = new Error("connection reset");
    const view = await online({ score: { storeFailure: "null" } }, good, { store: undefined, stores: { users: good, other: bad } });
    const { vector, sources } = await view.getFeatureVector(given, { sources: true });
    expect([...vector]).toEqual([30, 5, 4, 3, NaN, 1, 2]);
    expect(sources).toMatchObject({ age: "lookedUp", score: "imputed: null" });
    const strict = await online({}, good, { store: undefined, stores: { users: good, other: bad } });
    await expect(strict.getFeatureVector(given)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", path: ["score"], message: expect.stringContaining("connection reset") as unknown });

    const corrupt = new TestStore(promised);
    corrupt.set(users, { user: 1 }, { age: 30, income: 5, city: "oslo", visits: 3n }, NOW);
    corrupt.corrupt.set("other", new OnlineError("STORE_CORRUPT", "not a row"));
    const one = await online({ score: { storeFailure: { default: 6 as never } } }, corrupt);
    expect([...(await one.getFeatureVector(given))]).toEqual([30, 5, 4, 3, 6, 1, 2]);
    expect(corrupt.calls.map((lookups) => lookups.map(({ group }) => group.name))).toEqual([["users", "other"], ["users"], ["other"]]);
    expect(await one.getFeatureVectors([given, given])).toHaveLength(2);
  });
  test("answers that are no answers are STORE_CORRUPT", async () => {
    for (const answer of [undefined, null, [], [[undefined]], [[], []], "rows", [[null], [null]], [[{ values: {} }], [undefined]], [[1], [undefined]]]) {
      const store = filled();
      store.get = () => answer as never;
      await expect((await online({}, store)).getFeatureVector(given)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    }
  });
});

describe("the last known value", () => {
  const failure = new OnlineError("STORE_UNAVAILABLE", "refused");
  const policies = { age: { storeFailure: "lastKnown", late: "keep" }, income: { storeFailure: "lastKnown", missing: { statistic: "median" } }, city: { storeFailure: "null" }, visits: { missing: { default: 0 } }, score: { storeFailure: "null" } } as never;
  test("is used when the store fails, and only then", async () => {
    const store = filled();
    const view = await online(policies, store);
    await view.getFeatureVector(given);
    store.failure = failure;
    const { row, sources, fallbacks } = await view.retrieve(given, { sources: true });
    expect(row).toMatchObject({ age: 30, income: 5, city: null, visits: 0n });
    expect(sources).toMatchObject({ age: "lastKnown", income: "lastKnown", city: "imputed: null", visits: "imputed: default" });
    expect(fallbacks).toBe(5);
    // A key that was never seen: as if there were no policy for failures.
    await expect(view.getFeatureVector({ ...given, servingKeys: { user: 2 } })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", path: ["age"] });
    store.failure = undefined;
    // The store answers that the row is gone: it is missing, and forgotten.
    await store.delete(users, [{ user: 1 }]);
    await expect(view.getFeatureVector(given)).rejects.toMatchObject({ code: "MISSING_FEATURE", path: ["age"] });
    store.failure = failure;
    await expect(view.getFeatureVector(given)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
  test("gets late and ends as the group's rows do; an int64 key is one key in both forms", async () => {
    const store = filled();
    let now = NOW;
    const view = await online(policies, store, { now: () => now });
    await view.getFeatureVector({ ...given, servingKeys: { user: 1n } });
    store.failure = failure;
    now += 120_000;
    // age keeps late values; income's late policy is its missing one.
    expect((await view.retrieve(given, { sources: true })).sources).toMatchObject({ age: "lastKnown", income: "imputed: median" });
    now += 600_000;
    await expect(view.getFeatureVector(given)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", path: ["age"] });
  });
  test("is bounded: the key least recently looked up goes first", async () => {
    const store = filled();
    for (const user of [1, 2, 3]) store.set(users, { user }, { age: user, income: 5, city: "x", visits: 1n }, NOW);
    const view = await online(policies, store, { lastKnown: { maxRows: 2 } });
    for (const user of [1, 2, 1, 3]) await view.getFeatureVector({ ...given, servingKeys: { user } });
    store.failure = failure;
    expect((await view.retrieve({ ...given, servingKeys: { user: 1 } })).row["age"]).toBe(1);
    expect((await view.retrieve({ ...given, servingKeys: { user: 3 } })).row["age"]).toBe(3);
    await expect(view.getFeatureVector({ ...given, servingKeys: { user: 2 } })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    const cache = new LastKnown(3);
    for (let i = 0; i < 1000; i++) cache.set(String(i), { values: {}, eventTime: 0 });
    expect(cache.size).toBe(3);
    await expect(online(policies, store, { lastKnown: { maxRows: 0 } })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
  });
});

describe("policies of connect()", () => {
  test("replace the declaration's, with statistics that were fitted", async () => {
    const store = new TestStore();
    const declared = { age: { missing: { statistic: "mode" } }, income: { missing: { default: 1 } }, visits: { missing: { default: 1 } } } as never;
    const view = await online(declared, store, { policies: { income: { missing: { default: 4 } }, age: { missing: { default: 2 } } } });
    expect([...(await view.getFeatureVector(given))]).toEqual([2, 4, NaN, 1, NaN, 1, 2]);
    await expect(online(declared, store, { policies: { income: { missing: { statistic: "mean" } } } })).rejects.toMatchObject({ code: "NOT_FITTED", path: ["policies", "income", "missing"] });
    await expect(online(declared, store, { policies: { nothing: {} } })).rejects.toMatchObject({ code: "INVALID_DEFINITION", path: ["connect.policies", "nothing"] });
    await expect(online(declared, store, { stores: { cards: store } })).rejects.toMatchObject({ code: "INVALID_DEFINITION", path: ["stores", "cards"] });
    await expect(online(declared, store, { store: undefined })).rejects.toMatchObject({ code: "INVALID_DEFINITION", path: ["store"] });
  });
  test("a saved view keeps statistics and rules, and asks for rules that are functions", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "view-")), "view.json");
    const declare = (policies: Own) =>
      defineFeatureView({ name: "v", version: 1, groups: [users], policies, features: ({ age, visits }) => ({ age, visits }) });
    const view = declare({ age: { missing: { statistic: "mean" }, valid: { max: 99, test: (value: number) => value !== 13 } as never }, visits: { missing: { default: 2n as never }, valid: { min: 1n } as never } });
    const fitted = await view.fit(training);
    await fitted.save(path);
    const store = new TestStore();
    expect([...(await (await loadFeatureView(path, view)).connect({ store }).getFeatureVector(request))]).toEqual([18, 2]);
    const alone = await loadFeatureView(path);
    expect(alone.fingerprint).toBe(fitted.fingerprint);
    expect(() => alone.connect({ store })).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION", path: ["policies", "age", "valid", "test"] }));
    const online = alone.connect({ store, policies: { age: { valid: { max: 50 } } } });
    expect([...(await online.getFeatureVector(request))]).toEqual([18, 2]);
    store.set(users, { user: 1 }, { age: 51, visits: 0n }, Date.now());
    await expect(online.getFeatureVector(request)).rejects.toMatchObject({ code: "INVALID_FEATURE", path: ["age"] });
    store.set(users, { user: 1 }, { age: 50, visits: 0n }, Date.now());
    await expect(online.getFeatureVector(request)).rejects.toMatchObject({ code: "INVALID_FEATURE", path: ["visits"], expected: "at least 1" });
  });
});
