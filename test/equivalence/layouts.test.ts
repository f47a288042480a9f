// The same rows in every shape that Arrow allows give row mode's bits; nothing that is read is written to.
import {
  DataType,
  DateDay,
  DateMillisecond,
  Field,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  makeData,
  Table,
  TimestampMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  type Data,
  type RecordBatch,
} from "apache-arrow";
import { describe, expect, test } from "vitest";
import { Engine } from "../../src/engine/engine.js";
import type { OutputValue } from "../../src/engine/row-engine.js";
import { addon } from "../../src/native.js";
import { t, type AnyInputType } from "../../src/types/input-type.js";
import type { Rng } from "./generators/index.js";
import { arrowData, packed, recordBatch, type Layout } from "./harness/arrow.js";
import { columnTypes, drawRow, everything } from "./harness/everything.js";
import { batchMode, columnsOf, isFailure, requireEqual, rowMode } from "./harness/modes.js";
import { observe, PlanMaker } from "./harness/plans.js";
import { replay, rngOf, runs, show } from "./harness/settings.js";
import type { Value } from "./oracle/index.js";

const plan = everything();
const engines = addon().isas().map((isa) => new Engine(plan, { isa }));
const rowEngine = engines[0] as Engine;

function answers(rows: readonly Record<string, Value>[]): (readonly OutputValue[])[] {
  return rows.map((row) => {
    const values = rowMode(rowEngine, row);
    if (isFailure(values)) throw new Error(`row mode failed: ${show(values)} on ${show(row)}`);
    return values;
  });
}

function batchOf(rows: readonly Record<string, Value>[], layoutOf: (name: string) => Layout): RecordBatch {
  const columns = Object.entries(columnTypes).map(([name, type]) => [name, arrowData(type, rows.map((row) => row[name] ?? null), layoutOf(name))] as const);
  return recordBatch(Object.fromEntries(columns), rows.length);
}

/** Every buffer of an array, copied. */
function snapshot(data: Data): (Uint8Array | undefined)[] {
  const bytes = (array: unknown): Uint8Array | undefined =>
    ArrayBuffer.isView(array) ? new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength).slice() : undefined;
  const dictionary = (data.dictionary?.data ?? []) as readonly Data[];
  return [bytes(data.values), bytes(data.valueOffsets), bytes(data.nullBitmap), ...data.children.flatMap(snapshot), ...dictionary.flatMap(snapshot)];
}

function sameBytes(a: readonly (Uint8Array | undefined)[], b: readonly (Uint8Array | undefined)[]): boolean {
  return a.length === b.length && a.every((bytes, i) => Buffer.compare(bytes ?? new Uint8Array(0), b[i] ?? new Uint8Array(0)) === 0);
}

function compare(batch: RecordBatch, expected: readonly (readonly OutputValue[])[], context: string): void {
  const before = batch.data.children.flatMap(snapshot);
  for (const engine of engines) {
    const columns = batchMode(engine, batch);
    if (isFailure(columns)) throw new Error(`batch mode (${engine.isa}) failed: ${show(columns)}\n${context}`);
    for (const [at, values] of expected.entries()) requireEqual(plan, columns, at, values, () => `${engine.isa}, ${context}`);
  }
  if (!sameBytes(before, batch.data.children.flatMap(snapshot))) throw new Error(`the input was written to\n${context}`);
}

const sizes = [0, 1, 2, 7, 8, 63, 64, 65, 127, 1023, 1024, 1025, 2048, 2049];
const offsets = [0, 0, 1, 3, 7, 8, 9, 13, 63, 64, 65, 1023];

function drawLayout(rng: Rng): Layout {
  return {
    before: rng.pick(offsets),
    after: rng.int(0, 9),
    bitmap: rng.chance(0.3),
    text: rng.pick(["utf8", "large", "dictionary"] as const),
    ...(rng.chance(0.7) ? { garbage: rng } : {}),
  };
}

function words(layout: Layout): string {
  return show({ ...layout, garbage: layout.garbage !== undefined });
}

describe("layouts", () => {
  test.each(sizes)("%i rows", (size) => {
    for (let run = 0; run < 3 * runs; run++) {
      const rng = rngOf(`layout ${size}`, run);
      const density = [0, 0.2, 1][run % 3] as number;
      const pool = rng.many(Math.min(size, 60), () => drawRow(rng, density));
      const expected = answers(pool);
      const picks = rng.many(size, () => rng.int(0, pool.length - 1));
      const layouts = Object.fromEntries(Object.keys(columnTypes).map((name) => [name, drawLayout(rng)]));
      const batch = batchOf(picks.map((at) => pool[at] as Record<string, Value>), (name) => layouts[name] as Layout);
      const context = `${Object.entries(layouts).map(([name, layout]) => `${name} ${words(layout)}`).join("\n")}\n${replay(`${size} rows`)}`;
      compare(batch, picks.map((at) => expected[at] as readonly OutputValue[]), context);
      // A slice of a slice.
      const from = rng.int(0, size);
      const to = rng.int(from, size);
      compare(batch.slice(from, to), picks.slice(from, to).map((at) => expected[at] as readonly OutputValue[]), `rows ${from} to ${to} of\n${context}`);
    }
  });

  test.each([0, 1, 3, 8])("fixed-size lists of %i", (fixedSize) => {
    for (let run = 0; run < 2 * runs; run++) {
      const rng = rngOf(`fixed ${fixedSize}`, run);
      const rows = rng.many(150, () => drawRow(rng, [0, 0.2][run % 2] as number, fixedSize));
      const expected = answers(rows);
      const batch = batchOf(rows, (name) => {
        const layout = { ...drawLayout(rng), text: rng.pick(["utf8", "large"] as const) };
        return columnTypes[name]?.startsWith("list<") === true ? { ...layout, fixedSize } : layout;
      });
      compare(batch, expected, replay(`fixed-size lists of ${fixedSize}`));
      compare(batch.slice(67, 131), expected.slice(67, 131), replay(`fixed-size lists of ${fixedSize}`));
    }
  });

  test("several record batches of different layouts in one table", () => {
    const rng = rngOf("tables");
    const parts = [3, 0, 70, 1, 1100].map((size) => rng.many(size, () => drawRow(rng, 0.2)));
    const batches = parts.map((rows) => batchOf(rows, () => ({ ...drawLayout(rng), text: "utf8" })));
    const expected = answers(parts.flat());
    for (const engine of engines) {
      const out = engine.batch(new Table(batches));
      expect(out.batches.map((batch) => batch.numRows)).toEqual(parts.map((rows) => rows.length));
      let at = 0;
      for (const batch of out.batches) {
        const columns = columnsOf(plan, batch);
        for (let i = 0; i < batch.numRows; i++) requireEqual(plan, columns, i, expected[at++] as readonly OutputValue[], () => engine.isa);
      }
      expect(at).toBe(expected.length);
    }
  });
});

describe("threads", () => {
  const rng = rngOf("threads");
  const pool = rng.many(50, () => drawRow(rng, 0.2));
  const expected = answers(pool);
  const picks = rng.many(31 * 1024 + 77, () => rng.int(0, pool.length - 1));
  const batch = batchOf(picks.map((at) => pool[at] as Record<string, Value>), () => packed);

  test.each([1, 2, 3])("%i", async (threads) => {
    const engine = engines.at(-1) as Engine;
    const table = await engine.batchAsync(batch, { threads });
    const columns = columnsOf(plan, table.batches[0] as RecordBatch);
    for (const [at, pick] of picks.entries()) requireEqual(plan, columns, at, expected[pick] as readonly OutputValue[], () => `${threads} threads`);
  });

  test.each([1, 2, 3])("%i: the first failing row, whichever thread meets one first", async (threads) => {
    const maker = new PlanMaker();
    const x = maker.input("x", "int64");
    maker.output("y", maker.call("add", [x, maker.constant("int64", 1n)]));
    const values = BigInt64Array.from({ length: 40_000 }, (_, i) => BigInt(i));
    for (const at of [39_999, 27_003, 13_500]) {
      values[at] = 2n ** 63n - 1n;
      for (const isa of addon().isas()) {
        const engine = new Engine(maker.plan(), { isa });
        const data = recordBatch({ x: makeData({ type: new Int64(), length: values.length, nullCount: 0, data: values }) }, values.length);
        await expect(engine.batchAsync(data, { threads })).rejects.toMatchObject({ code: "INTEGER_OVERFLOW", row: at, function: "add" });
      }
    }
  });
});

/** A column of another width, and the row values that it holds. */
interface Stored {
  readonly input: AnyInputType;
  readonly data: Data;
  readonly values: readonly unknown[];
}

const validity = Uint8Array.of(0b11101111, 0b10);
const absent = new Set([4, 8]);

function stored(input: AnyInputType, type: DataType, raw: NodeJS.TypedArray, read: (x: number | bigint) => unknown = (x) => x): Stored {
  const data = makeData({ type, length: raw.length, nullCount: -1, nullBitmap: validity, data: raw } as never) as Data;
  const items = Array.from(raw as unknown as ArrayLike<number | bigint>);
  return { input: input.nullable(), data, values: items.map((x, i) => (absent.has(i) ? null : read(x))) };
}

const small = [0, 1, -1, 100, 77, -128, 127, -2, 5];
const unsigned = [0, 1, 255, 100, 77, 200, 127, 2, 5];
const bigs = [0n, 1n, -1n, 2n ** 53n + 1n, 7n, -(2n ** 63n), 2n ** 63n - 1n, 2n, -5n];
const float32s = [0, -0, 1.5, NaN, 9, Infinity, 1e-45, 3.4028234663852886e38, 16777217].map(Math.fround);
const halves = Uint16Array.of(0x0000, 0x8000, 0x3c00, 0x7e00, 0x1234, 0x7c00, 0x0001, 0x7bff, 0xfbff);
const halfValues = [0, -0, 1, NaN, 0.000755310058593750, Infinity, 2 ** -24, 65504, -65504];

describe("narrower storage", () => {
  const cases: Record<string, Stored> = {
    "int8 as float64": stored(t.float64(), new Int8(), Int8Array.from(small)),
    "int16 as int16": stored(t.int16(), new Int16(), Int16Array.from(small, (x) => x * 200)),
    "int32 as float64": stored(t.float64(), new Int32(), Int32Array.from(small, (x) => x * 10_000_000)),
    "uint8 as uint32": stored(t.uint32(), new Uint8(), Uint8Array.from(unsigned)),
    "uint16 as float32": stored(t.float32(), new Uint16(), Uint16Array.from(unsigned, (x) => x * 256)),
    "uint32 as float64": stored(t.float64(), new Uint32(), Uint32Array.from(unsigned, (x) => x * 2 ** 24)),
    "float32 as float32": stored(t.float32(), new Float32(), Float32Array.from(float32s)),
    "float32 as float64": stored(t.float64(), new Float32(), Float32Array.from(float32s)),
    "float16 as float16": stored(t.float16(), new Float16(), halves, (x) => halfValues[halves.indexOf(Number(x))]),
    "float16 as float64": stored(t.float64(), new Float16(), halves, (x) => halfValues[halves.indexOf(Number(x))]),
    "int64 as int64": stored(t.int64(), new Int64(), BigInt64Array.from(bigs)),
    "int8 as int64": stored(t.int64(), new Int8(), Int8Array.from(small)),
    "uint32 as int64": stored(t.int64(), new Uint32(), Uint32Array.from(unsigned, (x) => x * 2 ** 24)),
    "uint64 as uint64": stored(t.uint64(), new Uint64(), BigUint64Array.from(bigs, (x) => (x < 0n ? -(x + 1n) : x))),
    "timestamp[s]": stored(t.timestamp("s"), new TimestampSecond(), BigInt64Array.from(bigs)),
    "timestamp[us]": stored(t.timestamp("us"), new TimestampMicrosecond(), BigInt64Array.from(bigs)),
    "timestamp[ns]": stored(t.timestamp("ns"), new TimestampNanosecond(), BigInt64Array.from(bigs)),
    date32: stored(t.date32(), new DateDay(), Int32Array.from(small, (x) => x * 1000), BigInt),
    date64: stored(t.date64(), new DateMillisecond(), BigInt64Array.from(bigs)),
  };

  test.each(Object.entries(cases))("%s", (_, { input, data, values }) => {
    const output = input.type.kind;
    const narrow = {
      inputs: [{ name: "x", input }],
      nodes: [],
      outputs: [{ name: "y", register: 0, type: output as "float64", dataType: input.type }],
      zones: {},
    };
    for (const isa of addon().isas()) {
      const engine = new Engine(narrow, { isa });
      for (const part of [data, data.slice(1, 7), data.slice(3, 6)]) {
        const from = part.offset;
        const columns = batchMode(engine, recordBatch({ x: part }, part.length));
        if (isFailure(columns)) throw new Error(show(columns));
        for (let i = 0; i < part.length; i++) {
          const value = values[from + i];
          const row = rowMode(engine, { x: value });
          if (isFailure(row)) throw new Error(show(row));
          expect(row[0]).toEqual(output === "int64" && typeof value === "number" ? BigInt(value) : value);
          requireEqual(narrow, columns, i, row, () => isa);
        }
      }
    }
  });

  const items = {
    float32: { input: t.float32(), type: new Float32(), raw: Float32Array.from([...float32s, 1, 2, 3]) },
    int16: { input: t.float64(), type: new Int16(), raw: Int16Array.from([...small, 1, 2, 3], (x) => x * 200) },
    float64: { input: t.float64(), type: new Float64(), raw: Float64Array.from([...small, 1, 2, 3], (x) => x / 3) },
    uint8: { input: t.int64(), type: new Uint8(), raw: Uint8Array.from([...unsigned, 1, 2, 3]) },
    int32: { input: t.int64(), type: new Int32(), raw: Int32Array.from([...small, 1, 2, 3]) },
  } as const;

  test.each(Object.entries(items))("lists of %s", (_, { input, type, raw }) => {
    const child = makeData({ type, length: raw.length, nullCount: -1, nullBitmap: Uint8Array.of(0b11101101, 0b1011), data: raw } as never) as Data;
    const valueOffsets = Int32Array.of(0, 3, 3, 4, 9, 12);
    const lists = makeData({ type: new List(new Field("item", type as DataType, true)), length: 5, nullCount: -1, nullBitmap: Uint8Array.of(0b10111), valueOffsets, child });
    const listInput = t.list(input as ReturnType<typeof t.float64>);
    const maker = new PlanMaker();
    maker.input("x", input.type.kind === "int64" ? "list<int64>" : "list<float64>");
    observe(maker, "x", 0);
    maker.output("sum", maker.call("sum", [0]), input.type.kind as "float64");
    const listPlan = { ...maker.plan(), inputs: [{ name: "x", input: listInput.nullable() }] };
    const engine = new Engine(listPlan);
    for (const part of [lists, lists.slice(1, 4)]) {
      const columns = batchMode(engine, recordBatch({ x: part }, part.length));
      if (isFailure(columns)) throw new Error(show(columns));
      for (let i = 0; i < part.length; i++) {
        const at = part.offset + i;
        const value = at === 3 ? null : Array.from({ length: (valueOffsets[at + 1] as number) - (valueOffsets[at] as number) }, (_, k) => {
          const j = (valueOffsets[at] as number) + k;
          return j === 1 || j === 4 || j === 10 ? null : raw[j];
        });
        const row = rowMode(engine, { x: value });
        if (isFailure(row)) throw new Error(show(row));
        requireEqual(listPlan, columns, i, row, () => show(value));
      }
    }
  });

  test("uint64 above int64 fails in its row", () => {
    const values = BigUint64Array.of(1n, 2n ** 63n, 3n);
    const data = recordBatch({ x: makeData({ type: new Uint64(), length: 3, nullCount: 0, data: values }) }, 3);
    const wide = { inputs: [{ name: "x", input: t.uint64() }], nodes: [], outputs: [{ name: "y", register: 0, type: "int64" as const, dataType: t.uint64().type }], zones: {} };
    expect(() => new Engine(wide).batch(data)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", row: 1 }));
    expect(() => new Engine(wide).values({ x: 2n ** 63n })).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });
});
