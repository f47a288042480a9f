// What every online store does, through its public interface.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FeatureGroup } from "../../src/online/group.js";
import { guardStore } from "../../src/online/store/guard.js";
import { lmdbStore } from "../../src/online/store/lmdb.js";
import { memoryStore } from "../../src/online/store/memory.js";
import { redisStore } from "../../src/online/store/redis.js";
import type { OnlineStore, StoredRow } from "../../src/online/store/store.js";
import { t } from "../../src/types/input-type.js";
import { hasRedis, RedisServer } from "../process/redis-server.js";

let folder: string;
let server: RedisServer | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "skewless-store-"));
  if (hasRedis) server = await RedisServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
/** Each call gives a store of its own. */
const stores: [string, () => Promise<OnlineStore>][] = [
  ["memory", () => Promise.resolve(memoryStore())],
  ["memory, bounded", () => Promise.resolve(memoryStore({ maxRows: 100_000 }))],
  ["lmdb", () => lmdbStore({ path: join(folder, `store-${count++}.mdb`) })],
  ["lmdb, guarded", async () => guardStore(await lmdbStore({ path: join(folder, `store-${count++}.mdb`) }), { timeoutMillis: 1000, breaker: { failures: 3, windowMillis: 1000, openMillis: 100, halfOpenProbes: 1 } })],
  ...(hasRedis
    ? ([
        ["redis", () => redisStore({ url: (server as RedisServer).url, prefix: `t${count++}:` })],
        ["redis, guarded, 2 connections", async () => guardStore(await redisStore({ url: (server as RedisServer).url, prefix: `t${count++}:`, connections: 2 }), { timeoutMillis: 5000, hedgeAfterMillis: 1000 })],
        [
          "redis, a given client",
          async () => {
            const { createClient } = await import("redis");
            const client = await createClient({ url: (server as RedisServer).url }).on("error", () => undefined).connect();
            const store = await redisStore({ client: client as never, prefix: `t${count++}:` });
            const close = store.close.bind(store);
            store.close = async () => {
              await close();
              if (client.isOpen) client.destroy();
            };
            return store;
          },
        ],
      ] as [string, () => Promise<OnlineStore>][])
    : []),
];

const cards = { name: "cards", keys: { card: t.int64() }, features: { spend: t.float64(), city: t.utf8().nullable() } } satisfies FeatureGroup;
const one = async (store: OnlineStore, group: FeatureGroup, keys: Record<string, unknown>, features?: readonly string[]): Promise<StoredRow | undefined> =>
  (await store.get([{ group, keys: [keys], ...(features === undefined ? {} : { features }) }]))[0]?.[0];

describe.each(stores)("%s", (_name, make) => {
  let store: OnlineStore;
  beforeAll(async () => {
    store = await make();
  });
  afterAll(() => store.close());

  test("gives back each type's values exactly", async () => {
    const all = {
      name: "all types",
      keys: { id: t.int32() },
      features: {
        i8: t.int8(), i16: t.int16(), i32: t.int32(), i64: t.int64(), u8: t.uint8(), u16: t.uint16(), u32: t.uint32(), u64: t.uint64(),
        f16: t.float16(), f32: t.float32(), f64: t.float64(), b: t.bool(), s: t.utf8(), ts: t.timestamp("ms"), ns: t.timestamp("ns", "Europe/Paris"),
        d32: t.date32(), d64: t.date64(), n: t.float64().nullable(), __proto__x: t.int8(),
        lf: t.list(t.float64()), lf32: t.fixedSizeList(t.float32(), 3), li8: t.list(t.int8()), lu16: t.list(t.uint16()), li64: t.list(t.int64()), ls: t.list(t.utf8()), lt: t.list(t.timestamp("us")), ld: t.list(t.date32()), lf16: t.list(t.float16()),
      },
    } satisfies FeatureGroup;
    const day = Date.UTC(2024, 1, 29);
    const extremes = {
      i8: -128, i16: -32768, i32: -2147483648, i64: -(2n ** 63n), u8: 255, u16: 65535, u32: 4294967295, u64: 2n ** 63n - 1n,
      f16: 65504, f32: Math.fround(0.1), f64: -0, b: true, s: "Zürich \u0000 𝄞", ts: day, ns: 1709164800000000001n,
      d32: 19782, d64: day, n: null, __proto__x: 127,
      lf: Float64Array.of(-0, NaN, Infinity, 5e-324), lf32: Float32Array.of(1, -0, NaN), li8: Int8Array.of(-128, 127), lu16: Uint16Array.of(0, 65535), li64: BigInt64Array.of(2n ** 63n - 1n, -1n), ls: ["", "ab", "é𝄞"], lt: BigInt64Array.of(-1n, 2n ** 60n), ld: Int32Array.of(-1, 3), lf16: Float32Array.of(0.5, -0),
    };
    const nulls = { ...extremes, i64: 9007199254740991, u64: 0, b: false, s: "", f64: NaN, lf: [1, null, -0], li64: [null, 2n ** 60n, 5], ls: ["a", null, ""], lt: [null], lf32: [null, null, null], ld: [], li8: [], lu16: [], lf16: [null] };
    await store.put(all, [
      { keys: { id: 1 }, values: { ...extremes, ts: new Date(day), d32: new Date(day + 1000), d64: new Date(day), lf32: [1, -0, NaN], li64: [2n ** 63n - 1n, -1], lf: [-0, NaN, Infinity, 5e-324] }, eventTime: 5 },
      { keys: { id: -1 }, values: nulls, eventTime: -6.5 },
    ]);
    const first = await one(store, all, { id: 1 });
    expect(first).toStrictEqual({ values: extremes, eventTime: 5 });
    expect(Object.keys(first?.values ?? {})).toEqual(Object.keys(all.features));
    const second = await one(store, all, { id: -1 });
    expect(second).toStrictEqual({ values: { ...nulls, ld: new Int32Array(0), li8: new Int8Array(0), lu16: new Uint16Array(0) }, eventTime: -6.5 });
    expect(await one(store, all, { id: 1 }, ["s", "lf", "i64"])).toStrictEqual({ values: { s: extremes.s, lf: extremes.lf, i64: extremes.i64 }, eventTime: 5 });
    expect(await one(store, all, { id: 1 }, [])).toStrictEqual({ values: {}, eventTime: 5 });
  });

  test("a feature may be called __proto__", async () => {
    const group: FeatureGroup = { name: "proto", keys: { k: t.utf8() }, features: { ["__proto__"]: t.int8(), toString: t.int8().nullable() } };
    await store.put(group, [{ keys: { k: "a" }, values: { ["__proto__"]: 7 } }]);
    const values = (await one(store, group, { k: "a" }))?.values as object;
    expect(Object.getOwnPropertyDescriptor(values, "__proto__")?.value).toBe(7);
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
    expect(values).toHaveProperty("toString", null);
  });

  test("many keys of many groups in one call, in their order", async () => {
    const shops = { name: "shops", keys: { country: t.utf8(), shop: t.int32() }, features: { risk: t.float32() } } satisfies FeatureGroup;
    await store.put(cards, [1, 2, 3].map((card) => ({ keys: { card }, values: { spend: card / 2, city: null } })));
    await store.put(shops, [{ keys: { country: "FR", shop: 1 }, values: { risk: 0.5 } }]);
    const found = await store.get([
      { group: cards, keys: [{ card: 3 }, { card: 99 }, { card: 1n }], features: ["spend"] },
      { group: shops, keys: [] },
      { group: shops, keys: [{ country: "FR", shop: 1 }, { country: "", shop: 1 }] },
    ]);
    expect(found.map((rows) => rows.map((row) => row?.values))).toStrictEqual([[{ spend: 1.5 }, undefined, { spend: 0.5 }], [], [{ risk: 0.5 }, undefined]]);
    expect(await store.get([])).toEqual([]);
  });

  test("keys of different tuples and groups never meet", async () => {
    const text = (name: string): FeatureGroup => ({ name, keys: { a: t.utf8(), b: t.utf8() }, features: { v: t.int32() } });
    const tuples = [["", ""], ["\0", ""], ["", "\0"], ["a", "b"], ["ab", ""], ["", "ab"], ["a:", "b"], ["a", ":b"], ["a\0", "b"], ["a", "\0b"], ["a\0\u0001", ""], ["ÿ", "þ"], ["é", "é"], ["a\0ÿ", "b"]] as const;
    const groups = ["g", "g\0", "g:", "ga"].map(text);
    for (const [g, group] of groups.entries()) await store.put(group, tuples.map(([a, b], i) => ({ keys: { a, b }, values: { v: g * 100 + i } })));
    for (const [g, group] of groups.entries()) {
      const [rows] = await store.get([{ group, keys: tuples.map(([a, b]) => ({ a, b })) }]);
      expect(rows?.map((row) => row?.values["v"])).toEqual(tuples.map((_, i) => g * 100 + i));
    }
    // The same bytes under another type are another key.
    const asInteger: FeatureGroup = { name: "same", keys: { k: t.int64() }, features: { v: t.int32() } };
    const asBool: FeatureGroup = { name: "same", keys: { k: t.bool() }, features: { v: t.int32() } };
    const asDate: FeatureGroup = { name: "same", keys: { k: t.date32() }, features: { v: t.int32() } };
    await store.put(asInteger, [-1, 0, 1, 2 ** 53 - 1].map((k) => ({ keys: { k }, values: { v: 1 } })));
    await store.put(asBool, [{ keys: { k: true }, values: { v: 2 } }]);
    await store.put(asDate, [{ keys: { k: new Date(86_400_000) }, values: { v: 3 } }]);
    expect((await one(store, asInteger, { k: 1 }))?.values).toEqual({ v: 1 });
    expect((await one(store, asBool, { k: true }))?.values).toEqual({ v: 2 });
    expect(await one(store, asBool, { k: false })).toBeUndefined();
    expect((await one(store, asDate, { k: 1 }))?.values).toEqual({ v: 3 });
    expect(await one(store, asInteger, { k: -(2n ** 63n) })).toBeUndefined();
  });

  test("an older row never replaces a newer one; of equals the later wins", async () => {
    const at = (spend: number, eventTime: number): Parameters<OnlineStore["put"]>[1][number] => ({ keys: { card: 77 }, values: { spend, city: null }, eventTime });
    expect(await store.put(cards, [at(1, 100)])).toEqual({ written: 1, stale: 0 });
    expect(await store.put(cards, [at(2, 99), at(3, 99.5)])).toEqual({ written: 0, stale: 2 });
    expect(await one(store, cards, { card: 77 })).toMatchObject({ values: { spend: 1 }, eventTime: 100 });
    expect(await store.put(cards, [at(4, 100)])).toEqual({ written: 1, stale: 0 });
    expect(await store.put(cards, [at(5, 200), at(6, 150), at(7, 200)])).toEqual({ written: 2, stale: 1 });
    expect(await one(store, cards, { card: 77 })).toMatchObject({ values: { spend: 7 }, eventTime: 200 });
    // Nothing is left of a deleted row that could refuse an older one.
    await store.delete(cards, [{ card: 77 }, { card: 12345 }]);
    expect(await one(store, cards, { card: 77 })).toBeUndefined();
    expect(await store.put(cards, [at(8, -5)])).toEqual({ written: 1, stale: 0 });
    expect(await one(store, cards, { card: 77 })).toMatchObject({ values: { spend: 8 }, eventTime: -5 });
  });

  test("concurrent writers leave each key's newest row", async () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const newest = new Map<number, number>();
    const batches = Array.from({ length: 20 }, () =>
      Array.from({ length: 300 }, () => {
        const card = 1000 + Math.floor(random() * 40);
        const eventTime = Math.floor(random() * 1e6);
        newest.set(card, Math.max(newest.get(card) ?? 0, eventTime));
        return { keys: { card }, values: { spend: eventTime, city: String(eventTime) }, eventTime };
      }),
    );
    const results = await Promise.all(batches.map((rows) => store.put(cards, rows)));
    expect(results.reduce((sum, { written, stale }) => sum + written + stale, 0)).toBe(6000);
    const [rows] = await store.get([{ group: cards, keys: [...newest.keys()].map((card) => ({ card })) }]);
    expect(rows?.map((row) => [row?.eventTime, row?.values["spend"], row?.values["city"]])).toEqual([...newest.values()].map((time) => [time, time, String(time)]));
  });

  test("a row is gone its time to live after its event time", async () => {
    const short = { name: "short", keys: { k: t.int32() }, features: { v: t.int32() }, ttlSeconds: 0.3 } satisfies FeatureGroup;
    const now = Date.now();
    await store.put(short, [
      { keys: { k: 1 }, values: { v: 1 } },
      { keys: { k: 2 }, values: { v: 2 }, eventTime: now - 1000 },
      { keys: { k: 3 }, values: { v: 3 }, eventTime: -1e15 },
      { keys: { k: 4 }, values: { v: 4 }, eventTime: now + 1e6 },
      { keys: { k: 5 }, values: { v: 5 }, eventTime: 8e20 },
    ]);
    const found = async (): Promise<unknown[] | undefined> => (await store.get([{ group: short, keys: [1, 2, 3, 4, 5].map((k) => ({ k })) }]))[0]?.map((row) => row?.values["v"]);
    expect(await found()).toEqual([1, undefined, undefined, 4, 5]);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await found()).toEqual([undefined, undefined, undefined, 4, 5]);
    // An expired row refuses no other, in whatever order.
    expect(await one(store, { ...short, ttlSeconds: 1e9 }, { k: 4 })).toMatchObject({ values: { v: 4 } });
  });

  test("a changed declaration: added and removed features, reordered ones, other types", async () => {
    const old: FeatureGroup = { name: "changing", keys: { k: t.int32() }, features: { a: t.int32(), b: t.utf8(), gone: t.float64() } };
    await store.put(old, [{ keys: { k: 1 }, values: { a: 1, b: "x", gone: 2 } }]);
    const next: FeatureGroup = { ...old, features: { b: t.utf8().nullable(), fresh: t.list(t.float32()), a: t.int32() } };
    expect((await one(store, next, { k: 1 }))?.values).toStrictEqual({ b: "x", a: 1 });
    expect((await one(store, next, { k: 1 }, ["fresh"]))?.values).toStrictEqual({});
    await store.put(next, [{ keys: { k: 2 }, values: { a: 2, b: null, fresh: [0.5] } }]);
    expect((await store.get([{ group: next, keys: [{ k: 2 }, { k: 1 }] }]))[0]?.map((row) => row?.values)).toStrictEqual([{ b: null, fresh: Float32Array.of(0.5), a: 2 }, { b: "x", a: 1 }]);
    expect((await one(store, old, { k: 2 }))?.values).toStrictEqual({ a: 2, b: null });
    const retyped: FeatureGroup = { ...old, features: { a: t.int64(), b: t.utf8() } };
    await expect(async () => one(store, retyped, { k: 1 })).rejects.toMatchObject({ code: "STORE_CORRUPT", path: ["changing", "a"], expected: "int64", actual: "int32" });
    expect((await one(store, retyped, { k: 1 }, ["b"]))?.values).toStrictEqual({ b: "x" });
  });

  test("wrong values and keys are refused before anything is written", async () => {
    const put = (keys: object, values: object, rest: object = {}): Promise<unknown> => store.put(cards, [{ keys: { card: 555 }, values: { spend: 1, city: null } }, { keys, values, ...rest }] as never);
    await expect(put({ card: 1 }, { spend: "1" })).rejects.toMatchObject({ code: "WRONG_TYPE", path: ["spend"], row: 1 });
    await expect(put({ card: 1 }, { spend: null })).rejects.toMatchObject({ code: "NULL_INPUT", path: ["spend"] });
    await expect(put({ card: 1 }, {})).rejects.toMatchObject({ code: "MISSING_INPUT", path: ["spend"] });
    await expect(put({ card: 1 }, { spend: 1, city: "\ud800" })).rejects.toMatchObject({ code: "INVALID_UTF8", path: ["city"] });
    await expect(put({ card: 1.5 }, { spend: 1 })).rejects.toMatchObject({ code: "OUT_OF_RANGE", path: ["card"], row: 1 });
    await expect(put({ card: 2n ** 63n }, { spend: 1 })).rejects.toMatchObject({ code: "OUT_OF_RANGE", path: ["card"] });
    await expect(put({}, { spend: 1 })).rejects.toMatchObject({ code: "MISSING_INPUT", path: ["card"] });
    await expect(put({ card: null }, { spend: 1 })).rejects.toMatchObject({ code: "NULL_INPUT" });
    await expect(put({ card: 1 }, { spend: 1 }, { eventTime: NaN })).rejects.toMatchObject({ code: "WRONG_TYPE", path: ["eventTime"] });
    expect(await one(store, cards, { card: 555 })).toBeUndefined();
    await expect(async () => one(store, cards, { card: "1" })).rejects.toMatchObject({ code: "WRONG_TYPE", path: ["card"] });
    await expect(async () => one(store, cards, { card: 1 }, ["nope"])).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
    const long: FeatureGroup = { name: "long", keys: { k: t.utf8() }, features: {} };
    await expect(store.put(long, [{ keys: { k: "é".repeat(1000) }, values: {} }])).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(async () => one(store, long, { k: "x".repeat(1e6) })).rejects.toMatchObject({ code: "TOO_LARGE" });
    await store.put(long, [{ keys: { k: "x".repeat(1800) }, values: {} }]);
    expect((await one(store, long, { k: "x".repeat(1800) }))?.values).toEqual({});
    const hostile = { length: 2 ** 32 - 1 };
    const lists: FeatureGroup = { name: "lists", keys: { k: t.int32() }, features: { l: t.list(t.float64()) } };
    const sparse: number[] = [];
    sparse.length = hostile.length;
    await expect(store.put(lists, [{ keys: { k: 1 }, values: { l: sparse } }])).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(store.put(lists, [{ keys: { k: 1 }, values: { l: hostile } }])).rejects.toMatchObject({ code: "WRONG_TYPE" });
  });

  test("large rows and large batches", async () => {
    const big: FeatureGroup = { name: "big", keys: { k: t.int32() }, features: { e: t.list(t.float32()), s: t.utf8(), n: t.int32() } };
    const values = (n: number): Record<string, unknown> => ({ e: Float32Array.from({ length: 50_000 }, (_, i) => i + n), s: "ü".repeat(40_000), n });
    await store.put(big, [1, 2, 3].map((k) => ({ keys: { k }, values: values(k) })));
    const [rows] = await store.get([{ group: big, keys: [{ k: 3 }, { k: 1 }] }, { group: cards, keys: [{ card: 1 }] }]);
    expect(rows?.map((row) => row?.values)).toStrictEqual([values(3), values(1)]);
    const many: FeatureGroup = { name: "many", keys: { k: t.int32() }, features: { v: t.int32() } };
    expect(await store.put(many, Array.from({ length: 10_000 }, (_, k) => ({ keys: { k }, values: { v: k } })))).toEqual({ written: 10_000, stale: 0 });
    const [found] = await store.get([{ group: many, keys: Array.from({ length: 10_000 }, (_, k) => ({ k })) }]);
    expect(found?.every((row, k) => row?.values["v"] === k)).toBe(true);
    expect(await store.put(many, [])).toEqual({ written: 0, stale: 0 });
    await store.delete(many, []);
  });

  test("pings, closes more than once, and is closed then", async () => {
    const own = await make();
    await own.ping();
    await own.put(cards, [{ keys: { card: 1 }, values: { spend: 1 } }]);
    await own.close();
    await own.close();
    await expect(async () => one(own, cards, { card: 1 })).rejects.toMatchObject({ code: "CLOSED" });
    await expect(async () => own.get([])).rejects.toMatchObject({ code: "CLOSED" });
    await expect(own.put(cards, [])).rejects.toMatchObject({ code: "CLOSED" });
    await expect(own.delete(cards, [])).rejects.toMatchObject({ code: "CLOSED" });
    await expect(own.ping()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
