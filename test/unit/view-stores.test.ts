import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Field, FixedSizeList, Float32, Float64, Int64, List, Table, TimestampMicrosecond, TimestampMillisecond, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { rowReader } from "../../src/parity/row-reader.js";
import { defineFeatureView, featureGroup, guardStore, lmdbStore, loadFeatureView, memoryStore, t, type OnlineStore } from "../../src/index.js";
import { cards, fraud, places, training } from "./view-support.js";

const stores: [string, () => Promise<OnlineStore>][] = [
  ["memory", async () => memoryStore()],
  ["LMDB", async () => lmdbStore({ path: join(await mkdtemp(join(tmpdir(), "view-")), "store.mdb") })],
  ["guarded LMDB", async () => guardStore(await lmdbStore({ path: join(await mkdtemp(join(tmpdir(), "view-")), "store.mdb") }), { timeoutMillis: 100 })],
];

function bits(vector: Float32Array): number[] {
  return [...new Uint32Array(vector.slice().buffer)];
}

describe.each(stores)("over a store: %s", (_, open) => {
  test("a table that is materialized and looked up gives what batch mode makes of it, to the bit", async () => {
    const store = await open();
    // A place for each card: every row of the table has its own in both groups.
    const table = training(300).assign(new Table({ place_id: vectorFromArray(Array.from({ length: 300 }, (_, i) => `p${i}`), new Utf8()), updated_at: vectorFromArray(Array.from({ length: 300 }, () => Date.now()), new TimestampMillisecond()) }));
    const fitted = await fraud.fit(table);
    const placesTable = table.select(["place_id", "place_risk", "place_open"]);
    await fraud.materialize(table, { store, group: cards });
    await fraud.materialize(new Table({ id: placesTable.getChildAt(0)!, risk: placesTable.getChildAt(1)!, open: placesTable.getChildAt(2)! }), { store, group: places });
    const path = join(await mkdtemp(join(tmpdir(), "view-")), "view.json");
    await fitted.save(path);
    const online = fitted.connect({ store });
    const loaded = (await loadFeatureView(path)).connect({ store });
    const matrix = fitted.compile().toMatrix(table);
    const untransformed = await fitted.transform(table, { transformed: false, helpers: true });
    const plan = { inputs: table.schema.fields.map(({ name }) => ({ name, input: t.float64() })), nodes: [], outputs: [], zones: {} };
    const read = rowReader(plan, table.batches[0]!);
    const width = online.names.length;
    const requests = Array.from({ length: table.numRows }, (_, i) => {
      const { card_id, place_id, amount, at, note, distance } = read(i);
      return { servingKeys: { card_id, place_id }, requestParameters: { amount, at, note }, passedFeatures: { distance } } as ReturnType<typeof fraud.parseRequest>;
    });
    const many = await online.getFeatureVectors(requests);
    for (const [i, request] of requests.entries()) {
      const expected = bits(matrix.slice(i * width, (i + 1) * width));
      expect(bits(await online.getFeatureVector(request))).toEqual(expected);
      expect(bits(many[i] as Float32Array)).toEqual(expected);
      expect(bits(await loaded.getFeatureVector(request))).toEqual(expected);
      const { features, sources } = await online.getFeatureVector(request, { transformed: false, helpers: true, sources: true });
      for (const name of online.untransformedNames) expect([name, features[name]]).toEqual([name, untransformed.getChild(name)?.get(i)]);
      expect(sources["place_risk"]).toBe("lookedUp");
    }
    await store.close();
    await expect(online.getFeatureVector(requests[0]!)).rejects.toMatchObject({ path: ["amount_mean"] });
  });

  test("lists, 64-bit integers and instants come back as they were", async () => {
    const group = featureGroup({
      name: "lists",
      keys: { k: t.utf8() },
      features: { spent: t.list(t.float64()), at: t.list(t.timestamp("ms")), tags: t.list(t.utf8()).nullable(), embedding: t.fixedSizeList(t.float32(), 3), big: t.int64(), seen: t.timestamp("us").nullable() },
    });
    const view = defineFeatureView({
      name: "lists",
      version: 1,
      groups: [group],
      requestParameters: { now: t.timestamp("ms") },
      features: ({ spent, at, tags, embedding, big, seen, now }) => ({
        hour: spent.window(at, now, "1h").sum(),
        tags: tags.size(),
        norm: embedding.l2Norm(),
        big: big.mod(1000),
        seen: seen.hour(),
      }),
    }).withoutFitting();
    const start = 1_700_000_000_000;
    const table = new Table({
      k: vectorFromArray(["a", "b"], new Utf8()),
      spent: vectorFromArray([[1, 2.5, null, 4], []], new List(new Field("item", new Float64(), true))),
      at: vectorFromArray([[start, start + 1, start + 2, start - 7_200_000], []], new List(new Field("item", new TimestampMillisecond(), true))),
      tags: vectorFromArray([["x", null], null], new List(new Field("item", new Utf8(), true))),
      embedding: vectorFromArray([[0.1, 0.2, 0.3], [1, 2, 2]], new FixedSizeList(3, new Field("item", new Float32(), true))),
      big: vectorFromArray([2n ** 62n, -(2n ** 40n)], new Int64()),
      seen: vectorFromArray([start, null], new TimestampMicrosecond()),
      now: vectorFromArray([start + 10, start + 10], new TimestampMillisecond()),
    });
    const store = await open();
    await view.materialize(table.select(["k", "spent", "at", "tags", "embedding", "big", "seen"]), { store, group });
    const online = view.connect({ store });
    const matrix = view.compile().toMatrix(table);
    for (const [i, k] of ["a", "b"].entries()) {
      const vector = await online.getFeatureVector({ servingKeys: { k }, requestParameters: { now: start + 10 } });
      expect(bits(vector)).toEqual(bits(matrix.slice(i * 5, i * 5 + 5)));
    }
    expect(matrix[0]).toBe(3.5);
    await store.close();
  });

  test("an older row never replaces a newer one, and rows get late", async () => {
    const store = await open();
    const group = featureGroup({ name: "g", keys: { k: t.int64() }, features: { x: t.float64().nullable() }, eventTime: "at", maxAgeSeconds: 60 });
    const view = defineFeatureView({ name: "v", version: 1, groups: [group], features: ({ x }) => ({ x }) }).withoutFitting();
    const now = Date.now();
    const table = (x: number, at: number): Table => new Table({ k: vectorFromArray([1n], new Int64()), x: vectorFromArray([x], new Float64()), at: vectorFromArray([at], new TimestampMillisecond()) });
    expect(await view.materialize(table(1, now - 1000), { store, group })).toEqual({ rows: 1, written: 1, stale: 0 });
    expect(await view.materialize(table(2, now - 2000), { store, group })).toEqual({ rows: 1, written: 0, stale: 1 });
    const request = { servingKeys: { k: 1 } };
    expect([...(await view.connect({ store }).getFeatureVector(request))]).toEqual([1]);
    const later = view.connect({ store, now: () => now + 60_000 });
    expect(await later.getFeatureVector(request, { sources: true })).toEqual({ vector: Float32Array.of(NaN), sources: { k: "key", x: "imputed: null" } });
    await store.close();
  });
});
