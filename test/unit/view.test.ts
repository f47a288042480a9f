import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Field, List, Table, Utf8, vectorFromArray } from "apache-arrow";
import { beforeAll, describe, expect, test } from "vitest";
import { rowReader } from "../../src/parity/row-reader.js";
import { defineFeatures, defineFeatureView, featureGroup, featureViewFromJson, loadFeatureView, t, type OnlineError } from "../../src/index.js";
import { cards, fraud, places, TestStore, training } from "./view-support.js";

/** The view's features again, without a view: what its vectors must equal to the bit. */
const reference = defineFeatures({
  inputs: {
    amount: t.float64(),
    amount_mean: t.float64(),
    count: t.int32(),
    country: t.utf8().nullable(),
    place_risk: t.float64(),
    place_open: t.bool(),
    distance: t.float64().nullable(),
    at: t.timestamp("ms"),
    prev_at: t.timestamp("ms").nullable(),
  },
  features: ({ amount, amount_mean, count, country, place_risk, place_open, distance, at, prev_at }) => ({
    amount: amount.log1p().standardScaler(),
    ratio: amount.div(amount_mean).minMaxScaler(),
    amount_mean,
    count: count.add(1),
    country: country.oneHotEncoder(),
    place_risk,
    place_open,
    distance: distance.simpleImputer({ strategy: "median" }),
    seconds_since: at.diff(prev_at, "second").log1p(),
  }),
});

const table = training();
let fitted: Awaited<ReturnType<typeof fraud.fit>>;
type FraudRequest = ReturnType<typeof fraud.parseRequest>;

function bits(vector: Float32Array): number[] {
  return [...new Uint32Array(vector.slice().buffer)];
}

/** The training rows as a store and requests would have them. */
function stored(store: TestStore, rows: Table): (row: number) => FraudRequest {
  const read = rowReader({ inputs: rows.schema.fields.map(({ name }) => ({ name, input: t.float64() })), nodes: [], outputs: [], zones: {} }, rows.batches[0] as Table["batches"][0]);
  return (i) => {
    const { card_id, amount_mean, count, prev_at, country, limit, place_id, place_risk, place_open, amount, at, note, distance } = read(i);
    store.set(cards, { card_id }, { amount_mean, count, prev_at, country, limit });
    store.set(places, { id: place_id }, { risk: place_risk, open: place_open });
    return { servingKeys: { card_id, place_id }, requestParameters: { amount, at, note }, passedFeatures: { distance } } as FraudRequest;
  };
}

beforeAll(async () => {
  fitted = (await fraud.fit(table)) as typeof fitted;
});

describe("a feature vector", () => {
  test.each([false, true])("equals the same features over the merged row to the bit (store by promise: %s)", async (promised) => {
    const expected = (await reference.fit(table)).compile();
    const store = new TestStore(promised);
    const request = stored(store, table);
    const online = fitted.connect({ store });
    expect(online.names).toEqual(expected.names);
    const read = rowReader(expected.plan, table.batches[0] as Table["batches"][0]);
    for (let i = 0; i < table.numRows; i++) {
      expect(bits(await online.getFeatureVector(request(i)))).toEqual(bits(expected.row(read(i) as never)));
    }
  });

  test("equals what batch mode makes of the same rows, one by one and together", async () => {
    const store = new TestStore();
    const request = stored(store, table);
    const online = fitted.connect({ store });
    // A place's row is the last one that was stored: requests are served while their own row is there.
    const vectors: Float32Array[] = [];
    for (let i = 0; i < table.numRows; i++) vectors.push(await online.getFeatureVector(request(i)));
    const batch = await fitted.transform(table);
    expect(batch.schema.fields.map(({ name }) => name)).toEqual(online.names);
    const matrix = fitted.compile().toMatrix(table);
    for (const [i, vector] of vectors.entries()) expect(bits(vector)).toEqual(bits(matrix.slice(i * vector.length, (i + 1) * vector.length)));
    for (const [c, name] of online.names.entries()) {
      const column = batch.getChild(name);
      for (const [i, vector] of vectors.entries()) {
        const value = column?.get(i) as number | null;
        expect(Object.is(vector[c], value === null ? NaN : Math.fround(Number(value)))).toBe(true);
      }
    }
  });

  test("many together take one round trip a store and give the same", async () => {
    const store = new TestStore();
    const request = stored(store, table);
    const requests = Array.from({ length: 7 }, (_, i) => request(i));
    const online = fitted.connect({ store });
    const alone: number[][] = [];
    for (const own of requests) alone.push(bits(await online.getFeatureVector(own)));
    store.calls = [];
    expect((await online.getFeatureVectors(requests)).map(bits)).toEqual(alone);
    expect(store.calls.length).toBe(1);
    expect(store.calls[0]?.map(({ keys }) => keys.length)).toEqual([7, 7]);
    expect(await online.getFeatureVectors([])).toEqual([]);
  });

  test("asks every store once, and only for what is read", async () => {
    const [first, second] = [new TestStore(true), new TestStore()];
    const request = stored(first, table)(1);
    stored(second, table)(1);
    await fitted.connect({ stores: { cards: first, places: second } }).getFeatureVector(request);
    expect(first.calls.map((lookups) => lookups.map(({ group, features }) => [group.name, features]))).toEqual([[["cards", ["amount_mean", "count", "prev_at", "country"]]]]);
    expect(second.calls.map((lookups) => lookups.map(({ keys, features }) => [keys, features]))).toEqual([[[[{ id: "p1" }], ["risk", "open"]]]]);
  });

  test("by hand", async () => {
    const group = featureGroup({ name: "g", keys: { k: t.int64() }, features: { a: t.float64(), b: t.int64().nullable() } });
    const view = defineFeatureView({
      name: "v",
      version: 1,
      groups: [group],
      requestParameters: { x: t.float64() },
      onDemand: ({ x, a }) => ({ sum: x.add(a) }),
      features: ({ sum, b, x }) => ({ double: sum.mul(2), b, x }),
    }).withoutFitting();
    const store = new TestStore();
    store.set(group, { k: 5n }, { a: 1.5, b: null });
    store.set(group, { k: 6n }, { a: -1, b: 2n ** 40n });
    const online = view.connect({ store });
    expect([...(await online.getFeatureVector({ servingKeys: { k: 5 }, requestParameters: { x: 2 } }))]).toEqual([7, NaN, 2]);
    expect([...(await online.getFeatureVector({ servingKeys: { k: 6n }, requestParameters: { x: 2 } }))]).toEqual([2, 2 ** 40, 2]);
    const target = new Float32Array(5);
    await online.getFeatureVectorInto({ servingKeys: { k: 6n }, requestParameters: { x: 1 } }, target, 1);
    expect([...target]).toEqual([0, 0, 2 ** 40, 1, 0]);
    // At once, without a promise.
    expect(online.retrieve({ servingKeys: { k: 6 }, requestParameters: { x: 1 } })).toEqual({ row: { k: 6, a: -1, b: 2n ** 40n, x: 1 }, sources: undefined, fallbacks: 0 });
  });
});

describe("passed features", () => {
  test("win over looked-up ones, null too where it is nullable", async () => {
    const store = new TestStore();
    const request = stored(store, table)(3);
    const online = fitted.connect({ store });
    const { vector, sources } = await online.getFeatureVector({ ...request, passedFeatures: { amount_mean: 42, distance: null } }, { sources: true });
    expect(vector[online.names.indexOf("amount_mean")]).toBe(42);
    expect(sources).toEqual({
      card_id: "key",
      place_id: "key",
      amount_mean: "passed",
      count: "lookedUp",
      prev_at: "lookedUp",
      country: "lookedUp",
      place_risk: "lookedUp",
      place_open: "lookedUp",
      distance: "passed",
      amount: "request",
      at: "request",
      note: "request",
      seconds_since: "computed",
      ratio: "computed",
    });
    await expect(online.getFeatureVector({ ...request, passedFeatures: { amount_mean: null as never } })).rejects.toMatchObject({ code: "INVALID_REQUEST", path: ["passedFeatures", "amount_mean"] });
  });
});

describe("untransformed features", () => {
  test("are the operands of the first fitted transformations, in order, without helpers unless asked for", async () => {
    const store = new TestStore();
    const request = stored(store, table)(3);
    const online = fitted.connect({ store });
    const { row } = await online.retrieve(request);
    const features = await online.getFeatureVector(request, { transformed: false });
    const amount = row["amount"] as number;
    const seconds = (Number(row["at"] as bigint) - Number(row["prev_at"] as bigint)) / 1000;
    expect(Object.keys(features)).toEqual([...online.untransformedNames]);
    expect({ ...features, amount: undefined, seconds_since: undefined }).toEqual({
      amount: undefined,
      ratio: amount / (row["amount_mean"] as number),
      amount_mean: row["amount_mean"],
      count: (row["count"] as number) + 1,
      country: row["country"],
      place_risk: row["place_risk"],
      place_open: row["place_open"],
      distance: row["distance"],
      seconds_since: undefined,
    });
    expect(features["amount"]).toBeCloseTo(Math.log1p(amount), 14);
    expect(features["seconds_since"]).toBeCloseTo(Math.log1p(seconds), 14);
    const withHelpers = await online.getFeatureVector(request, { transformed: false, helpers: true, sources: true });
    expect(Object.keys(withHelpers.features)).toEqual([...online.untransformedNames, "prev_at"]);
    expect(withHelpers.sources["prev_at"]).toBe("lookedUp");
  });

  test("equal those of batch mode", async () => {
    const store = new TestStore();
    const request = stored(store, table);
    const online = fitted.connect({ store });
    const batch = await fitted.transform(table, { transformed: false, helpers: true, labels: true });
    expect(batch.schema.fields.map(({ name }) => name)).toEqual([...online.untransformedNames, "prev_at", "is_fraud"]);
    for (let i = 0; i < table.numRows; i++) {
      const features = await online.getFeatureVector(request(i), { transformed: false });
      for (const name of online.untransformedNames) expect([name, features[name]]).toEqual([name, batch.getChild(name)?.get(i)]);
    }
  });

  test("have lists as they came, and what a computed list is computed from", async () => {
    const group = featureGroup({ name: "g", keys: { k: t.utf8() }, features: { tags: t.list(t.utf8()), text: t.utf8(), a: t.float64(), b: t.float64() } });
    const view = defineFeatureView({
      name: "v",
      version: 1,
      groups: [group],
      features: ({ tags, text, a, b }) => ({ tags: tags.multiLabelBinarizer(), words: text.split(" ").multiLabelBinarizer(), both: a.standardScaler().add(b.log1p()) }),
    });
    const tags = vectorFromArray([["p"], ["q", "p"]], new List(new Field("item", new Utf8(), true)));
    const fit = await view.fit(new Table({ tags, text: vectorFromArray(["x y", "z"], new Utf8()), a: vectorFromArray(Float64Array.of(1, 2)), b: vectorFromArray(Float64Array.of(1, 2)) }));
    const store = new TestStore();
    store.set(group, { k: "k" }, { tags: ["q", null], text: "x z", a: 1, b: 3 });
    const features = await fit.connect({ store }).getFeatureVector({ servingKeys: { k: "k" } }, { transformed: false });
    expect({ ...features }).toEqual({ tags: ["q", null], words: "x z", both_a: 1, both_x1: Math.log1p(3) });
  });
});

describe("a saved view", () => {
  test("gives the same vectors, with and without its declaration, and fails when it was changed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "view-"));
    const path = join(folder, "view.json");
    await fitted.save(path);
    const store = new TestStore();
    const request = stored(store, table)(5);
    const expected = bits(await fitted.connect({ store }).getFeatureVector(request));
    for (const loaded of [await loadFeatureView(path), await loadFeatureView(path, fraud)]) {
      expect(loaded.fingerprint).toBe(fitted.fingerprint);
      expect(loaded.toJSON()).toEqual(fitted.toJSON());
      expect(loaded.schema()).toEqual(fitted.schema());
      const online = loaded.connect({ store });
      expect(bits(await online.getFeatureVector(request as never))).toEqual(expected);
      expect({ ...(await online.getFeatureVector(request as never, { transformed: false })) }).toEqual({ ...(await fitted.connect({ store }).getFeatureVector(request, { transformed: false })) });
    }
    const json = JSON.parse(await readFile(path, "utf8")) as { contract: { helpers: string[]; version: number }; format: string };
    const changed = (change: (copy: typeof json) => void): unknown => {
      const copy = structuredClone(json);
      change(copy);
      return copy;
    };
    expect(() => featureViewFromJson(changed((copy) => (copy.contract.helpers = [])))).toThrow(expect.objectContaining({ code: "FINGERPRINT_MISMATCH" }));
    expect(() => featureViewFromJson(changed((copy) => (copy.contract.version = 0)))).toThrow(expect.objectContaining({ code: "INVALID_SPEC" }));
    expect(() => featureViewFromJson(changed((copy) => (copy.format = "x")))).toThrow(expect.objectContaining({ code: "INVALID_SPEC", path: ["format"] }));
    for (const broken of [null, [], 1, "x", {}]) expect(() => featureViewFromJson(broken)).toThrow(expect.objectContaining({ code: "INVALID_SPEC" }));
    await writeFile(path, "{");
    await expect(loadFeatureView(path)).rejects.toMatchObject({ code: "INVALID_SPEC" });
    await expect(loadFeatureView(join(folder, "none.json"))).rejects.toMatchObject({ code: "INVALID_SPEC" });
    const other = defineFeatureView({ name: "other", version: 1, groups: [cards], features: ({ amount_mean }) => ({ amount_mean }) });
    expect(() => featureViewFromJson(json, other as never)).toThrow(expect.objectContaining({ code: "STATE_MISMATCH" }));
  });
});

describe("fitting", () => {
  test("reads only the columns that something reads, and takes a stream once where one pass is enough", async () => {
    const needed = ["amount", "amount_mean", "count", "country", "place_risk", "place_open", "distance", "at", "prev_at"];
    async function* stream(): AsyncGenerator<Table["batches"][0]> {
      yield* table.select(needed).batches;
    }
    const again = await fraud.fit(stream());
    expect(again.fingerprint).toBe(fitted.fingerprint);
  });

  test("a label with a type teaches an encoder and is in no vector", async () => {
    const group = featureGroup({ name: "g", keys: { k: t.int64() }, features: { country: t.utf8().nullable() } });
    const view = defineFeatureView({
      name: "v",
      version: 1,
      groups: [group],
      labels: { is_fraud: t.bool() },
      features: ({ country, is_fraud }) => ({ risk: country.targetEncoder({ target: is_fraud }) }),
    });
    const plain = defineFeatures({ inputs: { country: t.utf8().nullable(), is_fraud: t.bool() }, features: ({ country, is_fraud }) => ({ risk: country.targetEncoder({ target: is_fraud }) }) });
    const [own, expected] = [await view.fit(table), await plain.fit(table)];
    const store = new TestStore();
    store.set(group, { k: 1n }, { country: "SE" });
    const vector = await own.connect({ store }).getFeatureVector({ servingKeys: { k: 1n } });
    expect(bits(vector)).toEqual(bits(expected.compile().row({ country: "SE" } as never)));
    expect(own.untransformedNames).toEqual(["risk"]);
    const crossed = await view.fitTransform(table, { folds: 3 });
    expect(crossed.fitted.fingerprint).toBe(own.fingerprint);
    expect(crossed.table.getChild("risk")?.toArray()).toEqual((await plain.fitTransform(table, { folds: 3 })).table.getChild("risk")?.toArray());
    await expect(
      defineFeatureView({ name: "v", version: 1, groups: [group], labels: { y: t.float64() }, features: ({ y }) => ({ y: y.add(1) }) }).fit(table),
    ).rejects.toMatchObject({ code: "INVALID_DEFINITION", path: ["labels", "y"] });
  });
});

describe("a declaration is refused", () => {
  const features = ({ amount_mean }: { amount_mean: never }): never => ({ amount_mean }) as never;
  const base = { name: "v", version: 1, groups: [cards], features };
  test.each<[string, object, readonly (string | number)[]]>([
    ["without a name", { name: "" }, ["name"]],
    ["with a version that is none", { version: 1.5 }, ["version"]],
    ["with something that is no group", { groups: [{}] }, ["groups", 0]],
    ["with a key that the group has not", { groups: [{ group: cards, keys: { id: "x" } }] }, ["groups", 0, "keys", "id"]],
    ["with names twice", { groups: [cards, cards] }, ["groups", 1, "features", "amount_mean"]],
    ["with a parameter called like a feature", { requestParameters: { count: t.float64() } }, ["requestParameters", "count"]],
    ["with a parameter that is no type", { requestParameters: { x: "float64" } }, ["requestParameters", "x"]],
    ["with a passed feature that nothing has", { passedFeatures: ["nothing"] }, ["passedFeatures", "nothing"]],
    ["with a helper that is no input", { helpers: ["card_id"] }, ["helpers", 0]],
    ["with a label that is an input", { labels: ["count"] }, ["labels", "count"]],
    ["with a helper in the vector", { helpers: ["amount_mean"] }, ["features", "amount_mean"]],
    ["with a name of every object's prototype", { requestParameters: JSON.parse('{"__proto__": 1}') as object }, ["requestParameters", "__proto__"]],
    ["with a property that there is not", { feature: 1 }, ["feature"]],
    ["with the last known value for what is missing", { policies: { count: { missing: "lastKnown" } } }, ["policies", "count", "missing"]],
    ["with null for what is not nullable", { policies: { count: { missing: "null" } } }, ["policies", "count", "missing"]],
    ["with a default of another type", { policies: { count: { late: { default: 1.5 } } } }, ["policies", "count", "late", "default"]],
    ["with a mean of text", { policies: { country: { missing: { statistic: "mean" } } } }, ["policies", "country", "missing", "statistic"]],
    ["with a policy of a key", { policies: { card_id: {} } }, ["policies", "card_id"]],
    ["with a bound of text", { policies: { country: { valid: { min: "a" } } } }, ["policies", "country", "valid", "min"]],
    ["with a rule that there is not", { policies: { count: { valid: { least: 1 } } } }, ["policies", "count", "valid", "least"]],
    ["with lateness of a parameter", { requestParameters: { x: t.float64() }, policies: { x: { late: "error" } } }, ["policies", "x", "late"]],
  ])("%s", (_, change, path) => {
    expect(() => defineFeatureView({ ...base, ...change } as never)).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION", path }));
  });

  test("with fitted on-demand features, and inputs that there are not", () => {
    expect(() => defineFeatureView({ ...base, onDemand: ({ amount_mean }) => ({ x: amount_mean.standardScaler() }), features: ({ x }) => ({ x }) })).toThrow(/onDemand\.x.*standardScaler/);
    expect(() => defineFeatureView({ ...base, onDemand: (inputs) => ({ count: inputs.count.add(1) }), features: ({ count }) => ({ count }) })).toThrow(/an input has this name/);
    expect(() => defineFeatureView({ ...base, features: (inputs) => ({ x: (inputs as never)["nothing"] }) })).toThrow(/not declared/);
  });

  test("groups: names, types and times", () => {
    const good = { name: "g", keys: { k: t.int64() }, features: { a: t.float64() } };
    const refused = (change: object): unknown => {
      try {
        featureGroup({ ...good, ...change } as never);
        return undefined;
      } catch (error) {
        return (error as OnlineError).code;
      }
    };
    expect(featureGroup(good).name).toBe("g");
    for (const change of [{ name: "" }, { keys: {} }, { keys: { k: t.float64() } }, { keys: { a: t.int64() } }, { features: { a: 1 } }, { ttlSeconds: 0 }, { maxAgeSeconds: NaN }, { eventTime: "k" }, { ttl: 1 }]) {
      expect([change, refused(change)]).toEqual([change, "INVALID_DEFINITION"]);
    }
  });
});
