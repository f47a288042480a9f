// checkParity: agrees on real and on hand-made data, and finds what is broken.
import { readFileSync } from "node:fs";
import {
  Bool,
  DateDay,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  makeVector,
  RecordBatch,
  Table,
  tableFromIPC,
  Utf8,
  Vector,
  vectorFromArray,
  type Data,
} from "apache-arrow";
import { describe, expect, test } from "vitest";
import { checkParity, defineFeatures, formatDifference, t, type ParityDifference, type ParityEngine } from "../../src/index.js";
import { Engine } from "../../src/engine/engine.js";
import { addon } from "../../src/native.js";
import { cellReader, fromFloat16 } from "../../src/parity/row-reader.js";

const flights = tableFromIPC(readFileSync(new URL("../../node_modules/vega-datasets/data/flights-200k.arrow", import.meta.url)));

const features = defineFeatures({
  inputs: { delay: t.int16().nullable(), distance: t.float64(), time: t.float32() },
  features: ({ delay, distance, time }) => ({
    late: delay.gt(15),
    log: distance.log1p(),
    hour: time.mul((2 * Math.PI) / 24).sin(),
    ratio: delay.div(distance),
  }),
});

/** The first rows of the dataset: int16, int16 and float32 columns as Arrow wrote them. */
function flightTable(rows: number): Table {
  return flights.slice(0, rows);
}

async function compile(): Promise<Engine<never>> {
  return (await features.fit(flightTable(100))).compile() as unknown as Engine<never>;
}

/** An engine whose batches are changed before anybody sees them. */
function broken(engine: Engine<never>, change: (batch: RecordBatch) => unknown): ParityEngine {
  return {
    plan: engine.plan,
    isa: engine.isa,
    values: (row) => engine.values(row),
    row: (row) => engine.row(row),
    batch: (batch) => {
      const out = engine.batch(batch);
      const other = change(out);
      return other instanceof RecordBatch ? other : out;
    },
  };
}

async function differenceOf(engine: ParityEngine, data: Table): Promise<ParityDifference> {
  const result = await checkParity(engine, data);
  if (result.ok) throw new Error("no difference was found");
  return result.difference;
}

describe("checkParity", () => {
  test("real flights: every row, every instruction set", async () => {
    const seen: (number | undefined)[] = [];
    const result = await checkParity(await compile(), flightTable(30_000), { onProgress: (rows) => void seen.push(rows) });
    expect(result).toEqual({ ok: true, rows: 30_000, columns: 4, errors: 0, isas: addon().isas() });
    expect(seen.at(-1)).toBe(30_000);
  });

  test("a sample takes the asked number of rows, the same for the same seed", async () => {
    const engine = await compile();
    const table = flightTable(20_000);
    const rowsOf = async (seed: number): Promise<string[]> => {
      const seen: string[] = [];
      const spy: ParityEngine = {
        ...broken(engine, () => undefined),
        values: (row) => {
          seen.push(JSON.stringify(row));
          return engine.values(row);
        },
      };
      const result = await checkParity(spy, table, { sample: 1000, seed });
      expect(result).toMatchObject({ ok: true, rows: seen.length });
      return seen;
    };
    const rows = await rowsOf(1);
    expect(Math.abs(rows.length - 1000)).toBeLessThan(64);
    expect(await rowsOf(1)).toEqual(rows);
    expect(await rowsOf(2)).not.toEqual(rows);
  });

  test("streams, record batches and maps of vectors", async () => {
    const engine = await compile();
    const table = flightTable(3000);
    async function* stream(): AsyncGenerator<RecordBatch> {
      for (const batch of table.batches) for (let at = 0; at < batch.numRows; at += 700) yield batch.slice(at, at + 700);
    }
    expect(await checkParity(engine, stream())).toMatchObject({ ok: true, rows: 3000 });
    expect(await checkParity(engine, stream(), { sample: 128 })).toMatchObject({ ok: true });
    expect(await checkParity(engine, table.batches[0] as RecordBatch)).toMatchObject({ ok: true, rows: 3000 });
    const map = Object.fromEntries(["delay", "distance", "time"].map((name) => [name, table.getChild(name) as Vector]));
    expect(await checkParity(engine, map)).toMatchObject({ ok: true, rows: 3000 });
  });

  test("finds one changed bit, and says where", async () => {
    const table = flightTable(5000);
    const engine = await compile();
    // The last bit of the 1235th row's logarithm.
    let row = 0;
    const difference = await differenceOf(
      broken(engine, (batch) => {
        const values = (batch.data.children[1] as Data).values as Float32Array;
        const at = 1234 - row;
        if (at >= 0 && at < values.length) {
          const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
          bits[at] = (bits[at] as number) ^ 1;
        }
        row += batch.numRows;
      }),
      table,
    );
    const distance = Number(table.getChild("distance")?.get(1234));
    expect(difference).toMatchObject({ column: "log", function: "log1p", mode: "batch", row: 1234, inputs: { distance } });
    expect(difference.rowValue).toBe(Math.fround(Math.log1p(distance)));
    expect(Number.parseInt(difference.rowBits, 16) ^ Number.parseInt(difference.batchBits, 16)).toBe(1);
    const text = formatDifference(difference);
    expect(text).toContain(`row 1234, column "log", computed by log1p`);
    expect(text).toContain(difference.batchBits);
    expect(text).toContain(`distance: ${distance}`);
  });

  test("finds a null that is NaN, a zero of the other sign and another NaN", async () => {
    const plan = defineFeatures({ inputs: { x: t.float64().nullable() }, features: ({ x }) => ({ y: x.mul(1).as("float64") }) });
    const engine = (await plan.fit(new Table({ x: makeVector(new Float64Array(1)) }))).compile() as unknown as Engine<never>;
    const data = new Table({ x: vectorFromArray([1, null, 0, NaN], new Float64()) });
    expect(await checkParity(engine, data)).toMatchObject({ ok: true, rows: 4 });

    const allPresent = await differenceOf(
      broken(engine, (batch) => {
        const child = batch.data.children[0] as Data;
        const copy = makeData({ type: new Float64(), length: child.length, nullCount: 0, data: child.values as Float64Array });
        return new RecordBatch(batch.schema, makeData({ type: batch.data.type, length: batch.numRows, nullCount: 0, children: [copy] }));
      }),
      data,
    );
    expect(allPresent).toMatchObject({ row: 1, rowValue: null, batchValue: NaN, rowBits: "null", batchBits: "7ff8000000000000" });

    const set = (at: number, bits: bigint) => (batch: RecordBatch): void => {
      const values = (batch.data.children[0] as Data).values as Float64Array;
      if (values.length > at) new BigUint64Array(values.buffer, values.byteOffset)[at] = bits;
    };
    expect(await differenceOf(broken(engine, set(2, 0x8000000000000000n)), data)).toMatchObject({ row: 2, rowValue: 0, batchValue: -0 });
    expect(await differenceOf(broken(engine, set(3, 0x7ff8000000000001n)), data)).toMatchObject({ row: 3, rowBits: "7ff8000000000000", batchBits: "7ff8000000000001" });
  });

  test("counts rows that fail alike, and finds those that do not", async () => {
    const plan = defineFeatures({
      inputs: { a: t.int64(), b: t.int64() },
      features: ({ a, b }) => ({ q: a.floorDiv(b).as("int64") }),
    });
    const ints = (values: readonly bigint[]): Vector => makeVector(BigInt64Array.from(values));
    const engine = (await plan.fit(new Table({ a: ints([1n]), b: ints([1n]) }))).compile() as unknown as Engine<never>;
    const data = new Table({ a: ints([7n, 1n, 5n, -(2n ** 63n), 3n]), b: ints([2n, 0n, 0n, -1n, 3n]) });
    expect(await checkParity(engine, data)).toEqual({ ok: true, rows: 5, columns: 1, errors: 3, isas: addon().isas() });

    const silent = broken(engine, () => undefined);
    const difference = await differenceOf(
      {
        ...silent,
        batch: (batch) => {
          try {
            return engine.batch(batch);
          } catch {
            return engine.batch(new Table({ a: ints([0n]), b: ints([1n]) }).batches[0] as RecordBatch);
          }
        },
      },
      data,
    );
    expect(difference).toMatchObject({ row: 1, column: "q", function: "floorDiv", batchValue: 0n, rowBits: "" });
    expect(difference.rowValue).toMatchObject({ code: "DIVISION_BY_ZERO" });
    expect(formatDifference(difference)).toContain("DIVISION_BY_ZERO");

    const failing = await differenceOf({ ...silent, values: () => ({ q: 3n }) }, data);
    expect(failing).toMatchObject({ row: 1, rowValue: 3n });
    expect(failing.batchValue).toMatchObject({ code: "DIVISION_BY_ZERO" });
  });

  test("rows that the declaration does not take fail alike", async () => {
    const engine = await compile();
    const table = flightTable(10);
    const withNull = new Table({
      delay: table.getChild("delay") as Vector,
      distance: vectorFromArray([1, 2, null, 4, 5, 6, null, 8, 9, 10], new Float64()),
      time: table.getChild("time") as Vector,
    });
    expect(await checkParity(engine, withNull)).toMatchObject({ ok: true, rows: 10, errors: 2 });
  });

  test("refuses what it cannot compare", async () => {
    const engine = await compile();
    await expect(checkParity(engine, new Table({ delay: makeVector(new Int16Array(2)) }))).rejects.toMatchObject({ code: "MISSING_INPUT" });
    await expect(checkParity(engine, 5 as never)).rejects.toMatchObject({ code: "WRONG_TYPE" });
    await expect(checkParity(engine, [5] as never)).rejects.toMatchObject({ code: "WRONG_TYPE" });
    await expect(checkParity(engine, flightTable(5), { sample: 0 })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
    await expect(checkParity(engine, flightTable(5), { isas: ["mmx"] })).rejects.toMatchObject({ code: "UNKNOWN_ISA" });
    await expect(checkParity(engine, flightTable(5), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("reading Arrow by row", () => {
  const all = (data: Data): unknown[] => Array.from({ length: data.length }, (_, i) => cellReader(data, "x")(i));

  test("values keep their exactness", () => {
    const big = makeVector(BigInt64Array.of(2n ** 53n + 1n, -(2n ** 63n))).data[0] as Data;
    expect(all(big)).toEqual([2n ** 53n + 1n, -(2n ** 63n)]);
    expect(all(vectorFromArray([0.1, null], new Float32()).data[0] as Data)).toEqual([Math.fround(0.1), null]);
    expect(all(makeData({ type: new DateDay(), length: 2, nullCount: 0, data: Int32Array.of(-1, 20_000) }))).toEqual([-1n, 20_000n]);
    expect(all(vectorFromArray(["\ufeffé", null, ""], new Utf8()).data[0] as Data)).toEqual(["\ufeffé", null, ""]);
    const bad = makeData({ type: new Utf8(), length: 1, nullCount: 0, valueOffsets: Int32Array.of(0, 1), data: Uint8Array.of(0xff) });
    expect(all(bad)).toEqual(["\ud800"]);
  });

  test("half floats", () => {
    expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0xfc00].map(fromFloat16)).toEqual([1, -2, 65504, 2 ** -24, 2 ** -14, -0, Infinity, -Infinity]);
    expect(fromFloat16(0x7e00)).toBeNaN();
  });

  test("slices at odd offsets", () => {
    const flags = makeData({ type: new Bool(), length: 16, nullCount: 0, data: Uint8Array.of(0b10110010, 0b01) });
    expect(all(flags.slice(3, 6))).toEqual([false, true, true, false, true, true]);
    const numbers = vectorFromArray([null, 1, 2, null, 4, 5, null, 7, 8, null, 10], new Int32()).data[0] as Data;
    expect(all(numbers.slice(3, 7))).toEqual([null, 4, 5, null, 7, 8, null]);
  });

  test("lists, fixed-size lists and dictionaries in slices", () => {
    const lists = vectorFromArray([[1], [], null, [2, null, 3], [4]], new List(new Field("item", new Float64(), true))).data[0] as Data;
    expect(all(lists.slice(2, 3))).toEqual([null, [2, null, 3], [4]]);
    const pairs = vectorFromArray([[1, 2], null, [5, null]], new FixedSizeList(2, new Field("item", new Float64(), true))).data[0] as Data;
    expect(all(pairs.slice(1, 2))).toEqual([null, [5, null]]);
    const words = vectorFromArray(["a", "b", null], new Utf8()).data[0] as Data;
    const coded = makeData({
      type: new Dictionary(new Utf8(), new Int32()),
      length: 5,
      nullCount: 1,
      nullBitmap: Uint8Array.of(0b10111),
      data: Int32Array.of(1, 0, 2, 99, 1),
      dictionary: new Vector([words]) as Vector<Utf8>,
    });
    expect(all(coded)).toEqual(["b", "a", null, null, "b"]);
    expect(all(coded.slice(1, 3))).toEqual(["a", null, null]);
    expect(all(makeData({ type: new Int64(), length: 1, nullCount: 0, data: BigInt64Array.of(-1n) }))).toEqual([-1n]);
  });
});
