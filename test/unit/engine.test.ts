import { DateDay, Float32, Float64, Int32, Int64, RecordBatch, Table, TimestampMillisecond, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { defineFeatures, t, type EngineStats } from "../../src/index.js";
import { VectorPool } from "../../src/engine/vector-pool.js";
import { writeText } from "../../src/engine/text-writer.js";

const set = defineFeatures({ inputs: { x: t.float64(), y: t.float64().nullable() }, features: ({ x, y }) => ({ sum: x.add(y), x }) });
const columns = (size: number): { x: Float64Array; y: Float64Array } => ({ x: Float64Array.from({ length: size }, (_, i) => i), y: new Float64Array(size).fill(1) });
const modes = ({ row, batch }: EngineStats): number[] => [row.calls, row.rows, batch.calls, batch.rows];

describe("what went which way", () => {
  test("is counted, by calls and rows", async () => {
    const engine = set.compile({ crossover: 3 });
    expect(modes(engine.stats())).toEqual([0, 0, 0, 0]);
    engine.row({ x: 1 });
    engine.rowInto({ x: 1 }, new Float32Array(2));
    engine.rows([{ x: 1 }, { x: 2 }]);
    expect(modes(engine.stats())).toEqual([3, 4, 0, 0]);
    engine.transform({ x: 1 });
    engine.transform([{ x: 1 }, { x: 2 }]); // below the crossover
    expect(modes(engine.stats())).toEqual([5, 7, 0, 0]);
    engine.transform([{ x: 1 }, { x: 2 }, { x: 3 }]);
    expect(modes(engine.stats())).toEqual([5, 7, 1, 3]);
    engine.batch(columns(10));
    engine.toMatrix(columns(10));
    engine.transform(engine.batch(columns(1)) && new Table({ x: vectorFromArray([1], new Float64()), y: vectorFromArray([1], new Float64()) }));
    await engine.batchAsync(columns(5));
    expect(modes(engine.stats())).toEqual([5, 7, 6, 30]);
    expect(engine.stats().batch.milliseconds).toBeGreaterThan(0);
    expect(engine.stats().crossover).toBe(3);
    engine.resetStats();
    expect(modes(engine.stats())).toEqual([0, 0, 0, 0]);
  });
  test("the dispatcher measures for itself, and both ways give the same", () => {
    const engine = set.compile();
    const rows = Array.from({ length: 40 }, (_, i) => ({ x: i, y: i % 3 === 0 ? null : 2 }));
    const wanted = engine.rows(rows);
    for (let i = 0; i < 120; i++) expect(engine.transform(rows)).toEqual(wanted);
    const { row, batch, crossover } = engine.stats();
    expect(row.rows + batch.rows).toBe(121 * 40);
    expect(Math.min(row.rows, batch.rows)).toBeGreaterThan(40);
    if (crossover !== undefined) expect(crossover).toBeGreaterThanOrEqual(2);
  });
});

describe("results", () => {
  test("have Arrow types as declared, nulls where they are null", () => {
    const engine = defineFeatures({
      inputs: { x: t.float64().nullable(), s: t.utf8(), at: t.timestamp("ms", "UTC"), d: t.date32() },
      features: ({ x, s, at, d }) => ({
        f32: x,
        f64: x.as("float64"),
        i64: s.length().as("int64"),
        i32: s.length().as("int32"),
        b: x.gt(1).as("bool"),
        s: s.upper().as("utf8"),
        at: at.truncate("day").as("timestamp"),
        d: d.as("timestamp"),
      }),
    }).compile();
    const day = 86_400_000;
    const table = engine.batch({
      x: vectorFromArray([2, null], new Float64()),
      s: vectorFromArray(["ab", "ß"], new Utf8()),
      at: vectorFromArray([new Date(day + 5), new Date(-1)], new TimestampMillisecond("UTC")),
      d: vectorFromArray([new Date(3 * day), new Date(0)], new DateDay()),
    });
    const types = table.schema.fields.map((field) => field.type);
    expect(types.map(String)).toEqual([new Float32(), new Float64(), new Int64(), new Int32()].map(String).concat(["Bool", "Utf8", "Timestamp<MILLISECOND, UTC>", "Date32<DAY>"]));
    expect(table.schema.fields.map((f) => f.name)).toEqual(engine.names);
    const rows = table.toArray().map((row: { toJSON(): Record<string, unknown> }) => row.toJSON());
    expect(rows).toEqual([
      { f32: 2, f64: 2, i64: 2n, i32: 2, b: true, s: "AB", at: day, d: 3 * day },
      { f32: null, f64: null, i64: 1n, i32: 1, b: null, s: "SS", at: -day, d: 0 },
    ]);
    expect({ ...engine.values({ x: null, s: "ß", at: -1, d: 0 }) }).toEqual({ f32: null, f64: null, i64: 1n, i32: 1, b: null, s: "SS", at: BigInt(-day), d: 0n });
  });
  test("of rows share memory without overlapping", () => {
    const [a, b] = set.compile().rows([{ x: 1, y: 1 }, { x: 2, y: 2 }]) as [Float32Array, Float32Array];
    expect(a.buffer).toBe(b.buffer);
    a.fill(9);
    expect([...b]).toEqual([4, 2]);
  });
  test("of single rows are the caller's to keep and change", () => {
    const wide = defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, x.add(i)])) }).compile();
    const vectors = Array.from({ length: 1000 }, (_, i) => wide.row({ x: i }));
    vectors.forEach((vector, i) => expect([vector.length, vector[0], vector[39]]).toEqual([40, i, i + 39]));
    vectors[0]?.fill(-1);
    expect(vectors[1]?.[0]).toBe(1);
  });
});

describe("batches", () => {
  test("a record batch gives a record batch, a table a table of as many batches", () => {
    const engine = set.compile();
    const table = new Table([2, 3].map((n) => new Table({ x: vectorFromArray(new Array<number>(n).fill(1), new Float64()), y: vectorFromArray(new Array<number>(n).fill(2), new Float64()) }).batches[0] as RecordBatch));
    expect(engine.batch(table).batches.map((batch) => batch.numRows)).toEqual([2, 3]);
    expect(engine.batch(table.batches[0] as RecordBatch)).toBeInstanceOf(RecordBatch);
    expect([...engine.toMatrix(table)]).toEqual([3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
  });
  test("a stream is taken one batch at a time", async () => {
    const engine = set.compile();
    let open = 0;
    async function* source(): AsyncGenerator<RecordBatch> {
      for (let i = 0; i < 4; i++) {
        open++;
        yield new Table({ x: vectorFromArray([i], new Float64()), y: vectorFromArray([1], new Float64()) }).batches[0] as RecordBatch;
      }
    }
    const sums: number[] = [];
    for await (const batch of engine.batches(source())) {
      sums.push(Number(batch.getChild("sum")?.get(0)));
      // Nothing is read ahead.
      expect(open).toBe(sums.length);
    }
    expect(sums).toEqual([1, 2, 3, 4]);
  });
  test("progress rises to the end", async () => {
    const engine = set.compile();
    const calls: [number, number][] = [];
    await engine.batchAsync(columns(50_000), { threads: 2, onProgress: (done, total) => calls.push([done, total]) });
    expect(calls.at(-1)).toEqual([50_000, 50_000]);
    expect(calls.every(([done, total], i) => total === 50_000 && done >= (calls[i - 1]?.[0] ?? 0))).toBe(true);
  });
  test("any number of threads gives the same", async () => {
    const engine = set.compile();
    const data = columns(100_000);
    const wanted = engine.toMatrix(data);
    for (const threads of [1, 2, 3, 8]) {
      const table = await engine.batchAsync(data, { threads });
      const sums = table.getChild("sum")?.toArray() as Float32Array;
      expect(sums.every((value, i) => value === wanted[i * 2])).toBe(true);
    }
    expect(set.compile({ threads: 4 }).toMatrix(data)).toEqual(wanted);
  });
});

test("an engine tells its names, instruction set and fingerprint", () => {
  const engine = set.compile({ isa: "baseline" });
  expect(engine.names).toEqual(["sum", "x"]);
  expect(Object.isFrozen(engine.names)).toBe(true);
  expect([engine.isa, engine.stats().isa]).toEqual(["baseline", "baseline"]);
  expect(engine.fingerprint).toBe(set.compile().fingerprint);
});

describe("parts", () => {
  test("the pool hands out vectors that do not overlap", () => {
    for (const width of [1, 16, 17, 100, 20_000]) {
      const pool = new VectorPool(width);
      const taken = Array.from({ length: 50 }, (_, i) => pool.take().fill(i));
      taken.forEach((vector, i) => expect([vector.length, vector[0], vector[width - 1]]).toEqual([width, i, i]));
    }
  });
  test("text is written as TextEncoder writes it", () => {
    const texts = ["", "a", "é", "€", "😀", "a😀é€", "\u0000", "\uffff", "\u07ff\u0800", "x".repeat(64), "é".repeat(65), "😀".repeat(40)];
    for (const text of texts) {
      const bytes = new Uint8Array(4 + text.length * 3);
      const end = writeText(bytes, 4, text);
      expect(bytes.slice(4, end)).toEqual(new TextEncoder().encode(text));
    }
    for (const text of ["\ud800", "\udc00", "a\ud800b", "\udc00\ud800", `${"x".repeat(80)}\ud800`]) expect(writeText(new Uint8Array(400), 0, text)).toBe(-1);
  });
});
