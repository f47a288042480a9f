import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Bool, DateDay, Dictionary, Field, Float32, Float64, Int32, Int64, List, Table, TimestampMicrosecond, TimestampMillisecond, TimestampNanosecond, TimestampSecond,
  Uint64, Utf8, makeData, makeVector, vectorFromArray, type RecordBatch, type Vector,
} from "apache-arrow";
import { describe, expect, test } from "vitest";
import { createTable, defineFeatureView, featureGroup, t, type MaterializeProgress, type StoreWrite } from "../../src/index.js";
import { TestStore } from "./view-support.js";

const group = featureGroup({
  name: "g",
  keys: { id: t.int64(), shop: t.utf8() },
  features: { x: t.float64(), n: t.int32().nullable(), day: t.date32().nullable(), tags: t.list(t.utf8()).nullable(), at: t.timestamp("us").nullable(), big: t.uint64().nullable() },
  eventTime: "updated",
});
const plain = featureGroup({ name: "plain", keys: { id: t.int64() }, features: { y: t.float64() } });
const view = defineFeatureView({ name: "v", version: 1, groups: [{ group, prefix: "g_" }, plain], features: ({ g_x, y }) => ({ g_x, y }) });

/** Raw ticks as a column. */
function ticks(type: TimestampSecond | TimestampMicrosecond | TimestampNanosecond, values: readonly bigint[]): Vector {
  return makeVector(makeData({ type: type as TimestampMicrosecond, length: values.length, data: BigInt64Array.from(values) }));
}

/** Keeps what was put. */
class Recorder extends TestStore {
  writes: StoreWrite[] = [];
  sizes: number[] = [];
  override async put(...args: Parameters<TestStore["put"]>): ReturnType<TestStore["put"]> {
    this.writes.push(...args[1]);
    this.sizes.push(args[1].length);
    return super.put(...args);
  }
}

function columns(rows: number, change: Readonly<Record<string, Vector>> = {}): Table {
  const index = Array.from({ length: rows }, (_, i) => i);
  return new Table({
    id: vectorFromArray(index.map(BigInt), new Int64()),
    shop: vectorFromArray(index.map((i) => `s${i % 2}`), new Dictionary(new Utf8(), new Int32())),
    x: vectorFromArray(index.map((i) => i / 2), new Float32()),
    n: vectorFromArray(index.map((i) => (i % 3 === 0 ? null : i)), new Int32()),
    day: vectorFromArray(index.map((i) => new Date(86_400_000 * i)), new DateDay()),
    tags: vectorFromArray(index.map((i) => (i === 1 ? null : ["a", null])), new List(new Field("item", new Utf8(), true))),
    at: ticks(new TimestampMicrosecond(), index.map((i) => BigInt(i) * 10n)),
    big: vectorFromArray(index.map((i) => BigInt(i)), new Uint64()),
    updated: vectorFromArray(index.map((i) => 1_000_000 + i), new TimestampMillisecond()),
    unused: vectorFromArray(index, new Float64()),
    ...change,
  });
}

describe("materialize", () => {
  test("puts keys, values in JavaScript's form and event times, in batches", async () => {
    const store = new Recorder();
    const seen: MaterializeProgress[] = [];
    const result = await view.materialize(columns(5), { store, group: "g", batchSize: 2, onProgress: (progress) => seen.push(progress) });
    expect(result).toEqual({ rows: 5, written: 5, stale: 0 });
    expect(store.sizes).toEqual([2, 2, 1]);
    expect(seen.map(({ rows, total }) => [rows, total])).toEqual([[2, 5], [4, 5], [5, 5]]);
    expect(store.writes[1]).toEqual({ keys: { id: 1n, shop: "s1" }, values: { x: 0.5, n: 1, day: 1n, tags: null, at: 10n, big: 1n }, eventTime: 1_000_001 });
    expect(store.writes[3]).toEqual({ keys: { id: 3n, shop: "s1" }, values: { x: 1.5, n: null, day: 3n, tags: ["a", null], at: 30n, big: 3n }, eventTime: 1_000_003 });
  });

  test("counts rows that are older than what the store has", async () => {
    const store = new Recorder();
    const times = (list: readonly number[]): { updated: Vector } => ({ updated: vectorFromArray(list, new TimestampMillisecond()) });
    const same = { id: vectorFromArray([1n, 1n, 1n], new Int64()), shop: vectorFromArray(["a", "a", "a"], new Utf8()) };
    expect(await view.materialize(columns(3, { ...same, ...times([5, 9, 7]) }), { store, group })).toEqual({ rows: 3, written: 2, stale: 1 });
    expect(await view.materialize(columns(3, { ...same, ...times([1, 2, 3]) }), { store, group })).toEqual({ rows: 3, written: 0, stale: 3 });
    expect(await store.get([{ group, keys: [{ id: 1n, shop: "a" }] }])).toMatchObject([[{ eventTime: 9 }]]);
  });

  test.each<[string, Vector, number]>([
    ["seconds", ticks(new TimestampSecond(), [-3n]), -3000],
    ["microseconds, floored", ticks(new TimestampMicrosecond(), [-1n]), -1],
    ["nanoseconds, floored", ticks(new TimestampNanosecond(), [1_999_999n]), 1],
    ["days", vectorFromArray([new Date(86_400_000 * 3)], new DateDay()), 259_200_000],
  ])("event times in %s", async (_, updated, ms) => {
    const store = new Recorder();
    await view.materialize(columns(1, { updated }), { store, group });
    expect(store.writes[0]?.eventTime).toBe(ms);
  });

  test("reads files, streams and factories; without an event time the store takes the time of writing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "materialize-"));
    const table = new Table({ y: vectorFromArray([1, 2, 3], new Float64()), id: vectorFromArray([1n, 2n, 3n], new Int64()) });
    for (const name of ["t.arrow", "t.parquet"]) {
      const sink = await createTable(join(folder, name), table.schema);
      await sink.write(table);
      await sink.close();
    }
    async function* stream(): AsyncGenerator<RecordBatch> {
      yield* table.batches;
    }
    for (const data of [join(folder, "t.arrow"), join(folder, "t.parquet"), table, stream(), () => stream(), table.batches]) {
      const store = new Recorder();
      expect(await view.materialize(data, { store, group: "plain" })).toEqual({ rows: 3, written: 3, stale: 0 });
      expect(store.writes[1]).toEqual({ keys: { id: 2n }, values: { y: 2 } });
    }
  });

  test("serves what was put", async () => {
    const store = new TestStore();
    await view.materialize(columns(4), { store, group: "g" });
    await view.materialize(new Table({ id: vectorFromArray([2n], new Int64()), y: vectorFromArray([8], new Float64()) }), { store, group: "plain" });
    const vector = await view.withoutFitting().connect({ store }).getFeatureVector({ servingKeys: { id: 2, shop: "s0" } });
    expect([...vector]).toEqual([1, 8]);
  });

  test("memory is bounded: a batch is put before the next is read", async () => {
    const store = new Recorder();
    let read = 0;
    function* stream(): Generator<RecordBatch> {
      for (let i = 0; i < 50; i++) {
        expect(store.sizes.reduce((sum, size) => sum + size, 0)).toBe(read);
        read += 4;
        yield columns(4).batches[0] as RecordBatch;
      }
    }
    expect((await view.materialize(stream(), { store, group: "g" })).rows).toBe(200);
  });

  test.each<[string, Readonly<Record<string, Vector>>, object]>([
    ["a null key", { id: vectorFromArray([1n, null], new Int64()) }, { code: "NULL_INPUT", column: "id", row: 1 }],
    ["a null where none may be", { x: vectorFromArray([null, 1], new Float64()) }, { code: "NULL_INPUT", column: "x", row: 0 }],
    ["a null event time", { updated: vectorFromArray([1, null], new TimestampMillisecond()) }, { code: "NULL_INPUT", column: "updated", row: 1 }],
    ["a column of another type", { x: vectorFromArray(["1", "2"], new Utf8()) }, { code: "SCHEMA_MISMATCH", column: "x" }],
    ["an event time that is none", { updated: vectorFromArray([1, 2], new Float64()) }, { code: "SCHEMA_MISMATCH", column: "updated" }],
    ["another unit", { at: ticks(new TimestampSecond(), [1n, 2n]) }, { code: "SCHEMA_MISMATCH", column: "at" }],
    ["a number out of range", { big: vectorFromArray([1n, 2n ** 63n], new Uint64()) }, { code: "OUT_OF_RANGE", column: "big", row: 1 }],
    ["bytes that are no UTF-8", { shop: makeVector(makeData({ type: new Utf8(), length: 2, valueOffsets: Int32Array.of(0, 1, 2), data: Uint8Array.of(0xff, 97) })) }, { code: "INVALID_UTF8", column: "shop", row: 0 }],
  ])("%s is an error with column and row", async (_, change, expected) => {
    await expect(view.materialize(columns(2, change), { store: new TestStore(), group: "g" })).rejects.toMatchObject(expected);
  });

  test("rows are counted from the stream's start; other mistakes name themselves", async () => {
    const batches = [...columns(3).batches, ...columns(3, { x: vectorFromArray([1, null, 1], new Float64()) }).batches];
    await expect(view.materialize(batches, { store: new TestStore(), group: "g", batchSize: 2 })).rejects.toMatchObject({ code: "NULL_INPUT", row: 4 });
    const table = columns(2);
    await expect(view.materialize(table.select(["id", "shop"]), { store: new TestStore(), group: "g" })).rejects.toMatchObject({ code: "MISSING_INPUT", column: "x" });
    await expect(view.materialize(table, { store: new TestStore(), group: "h" })).rejects.toMatchObject({ code: "INVALID_DEFINITION", path: ["group"] });
    await expect(view.materialize(table, { store: {} as never, group: "g" })).rejects.toMatchObject({ code: "INVALID_DEFINITION", path: ["store"] });
    await expect(view.materialize(table, { store: new TestStore(), group: "g", batchSize: 0 })).rejects.toMatchObject({ code: "INVALID_PARAMETER", path: ["batchSize"] });
    await expect(view.materialize(1 as never, { store: new TestStore(), group: "g" })).rejects.toMatchObject({ code: "WRONG_TYPE" });
    const failing = new TestStore();
    failing.put = () => Promise.reject(new Error("disk full"));
    await expect(view.materialize(table, { store: failing, group: "g" })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringContaining("disk full") as unknown });
  });

  test("stops at a signal, between batches", async () => {
    const store = new Recorder();
    const controller = new AbortController();
    const work = view.materialize(columns(10), { store, group: "g", batchSize: 3, signal: controller.signal, onProgress: ({ rows }) => rows >= 6 && controller.abort() });
    await expect(work).rejects.toMatchObject({ code: "ABORTED" });
    expect(store.sizes).toEqual([3, 3]);
  });

  test("a bool column and keys of every type", async () => {
    const all = featureGroup({ name: "all", keys: { a: t.bool(), b: t.date32(), c: t.int32(), d: t.uint64() }, features: { f: t.bool() } });
    const own = defineFeatureView({ name: "v", version: 1, groups: [all], features: ({ f }) => ({ f }) });
    const store = new Recorder();
    const bools = vectorFromArray([true, false], new Bool());
    await own.materialize(new Table({ a: bools, b: vectorFromArray([new Date(0), new Date(86_400_000)], new DateDay()), c: vectorFromArray([1, 2], new Int32()), d: vectorFromArray([1n, 2n], new Uint64()), f: bools }), { store, group: all });
    expect(store.writes[1]).toEqual({ keys: { a: false, b: 1n, c: 2, d: 2n }, values: { f: false } });
  });
});
