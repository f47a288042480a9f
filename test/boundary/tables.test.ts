import {
  Bool,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  Int8,
  LargeUtf8,
  List,
  Table,
  TimestampSecond,
  Uint64,
  Utf8,
  makeData,
  vectorFromArray,
  type Data,
  type RecordBatch,
  type Vector,
} from "apache-arrow";
import { describe, expect, test } from "vitest";
import { defineFeatures, t, InputError, type AnyInputType, type Engine, type ErrorCode, type Expr } from "../../src/index.js";
import { batchOf, errorOf, expectError, rejectionOf, tableOf } from "./support.js";

/** What the tests call; each exists for some types only. */
interface AnyExpr extends Expr {
  byteLength(): Expr;
  hour(): Expr;
  size(): Expr;
  sum(): Expr;
}

/** An engine of one input `x`. */
function engineOf(input: AnyInputType, feature: (x: AnyExpr) => Expr): Engine {
  return defineFeatures({ inputs: { x: input }, features: (inputs) => ({ out: feature(inputs.x as unknown as AnyExpr) }) }).compile() as unknown as Engine;
}
const number = engineOf(t.float64(), (x) => x);
const text = engineOf(t.utf8(), (x) => x.byteLength());
const nullableText = engineOf(t.utf8().nullable(), (x) => x.byteLength());
const list = engineOf(t.list(t.float64()), (x) => x.sum());
const words = engineOf(t.list(t.utf8()), (x) => x.size());

/** Every doorway of batch mode gives the same error; the engine goes on working. */
async function refused(engine: Engine, batch: RecordBatch, code: ErrorCode, place: { row?: number; column?: string }): Promise<void> {
  const error = errorOf(() => engine.batch(batch));
  expect(error).toBeInstanceOf(InputError);
  expectError(error, code, place);
  expectError(errorOf(() => engine.batch(new Table([batch]))), code, place);
  expectError(errorOf(() => engine.toMatrix(batch)), code, place);
  expectError(errorOf(() => engine.transform(batch)), code, place);
  expectError(await rejectionOf(engine.batchAsync(batch, { threads: 2 })), code, place);
  const stream = engine.batches([batch]);
  expectError(await rejectionOf(stream.next()), code, place);
  if (engine === number) expect([...engine.toMatrix({ x: Float64Array.of(1, 2) })]).toEqual([1, 2]);
  if (engine === text) expect([...engine.toMatrix({ x: vectorFromArray(["ab"], new Utf8()) })]).toEqual([2]);
}

const floats = (...values: number[]): Data => makeData({ type: new Float64(), length: values.length, nullCount: 0, data: Float64Array.from(values) });

/** Text with offsets and bytes as given. */
function rawText(offsets: readonly number[], bytes: readonly number[], extra: { nullBitmap?: Uint8Array; nullCount?: number } = {}): Data<Utf8> {
  return makeData({ type: new Utf8(), length: offsets.length - 1, nullCount: 0, ...extra, valueOffsets: Int32Array.from(offsets), data: Uint8Array.from(bytes) });
}
function rawLargeText(offsets: readonly bigint[], bytes: readonly number[]): Data {
  return makeData({ type: new LargeUtf8(), length: offsets.length - 1, nullCount: 0, valueOffsets: BigInt64Array.from(offsets), data: Uint8Array.from(bytes) });
}
function rawDictionary(indices: readonly number[], dictionary: Data): Data {
  const type = new Dictionary(new Utf8(), new Int32());
  return makeData({ type, length: indices.length, nullCount: 0, data: Int32Array.from(indices), dictionary: vectorOf(dictionary) });
}
function vectorOf(data: Data): Vector<Utf8> {
  const vector = tableOf({ d: data }).getChild("d");
  if (vector === null) throw new Error("no vector");
  return vector as Vector<Utf8>;
}
function rawList(offsets: readonly number[], child: Data): Data {
  return makeData({ type: new List(new Field("item", child.type, true)), length: offsets.length - 1, nullCount: 0, valueOffsets: Int32Array.from(offsets), child });
}

describe("a table that does not fit the declaration", () => {
  test("lacks a column", async () => {
    await refused(number, batchOf({ y: floats(1) }), "MISSING_INPUT", { column: "x" });
    expect(errorOf(() => number.batch(batchOf({ y: floats(1), z: floats(2) }))).message).toContain("y, z");
    await refused(number, batchOf({ X: floats(1) }), "MISSING_INPUT", { column: "x" });
  });
  test.each<[string, Engine, Data]>([
    ["text for a number", number, rawText([0, 1], [97])],
    ["int64 for a float64: values would change", number, vectorFromArray([1n], new Int64()).data[0]!],
    ["bool for a number", number, vectorFromArray([true], new Bool()).data[0]!],
    ["a number for text", text, floats(1)],
    ["a list for a number", number, rawList([0, 1], floats(1))],
    ["a number for a list", list, floats(1)],
    ["a list of text for a list of numbers", list, rawList([0, 1], rawText([0, 1], [97]))],
    ["a list of lists", list, rawList([0, 1], rawList([0, 1], floats(1)))],
    ["a list of dictionary-encoded text", words, rawList([0, 1], rawDictionary([0], rawText([0, 1], [97])))],
    ["another unit", engineOf(t.timestamp("ms"), (x) => x.hour()), vectorFromArray([new Date(1000)], new TimestampSecond()).data[0]!],
    ["another list size", engineOf(t.fixedSizeList(t.float64(), 3), (x) => x.sum()), makeData({ type: new FixedSizeList(2, new Field("item", new Float64())), length: 1, nullCount: 0, child: floats(1, 2) as Data<Float64> })],
    ["float64 for float32: values would change", engineOf(t.float32(), (x) => x), floats(1)],
  ])("%s", async (_, engine, data) => {
    await refused(engine, batchOf({ x: data }), "SCHEMA_MISMATCH", { column: "x" });
    const { message } = errorOf(() => engine.batch(batchOf({ x: data })));
    expect(message).toMatch(/expected .*, received /);
  });
  test("narrower storage widens without loss and is taken", () => {
    expect([...number.toMatrix({ x: Int8Array.of(-128, 127) })]).toEqual([-128, 127]);
    expect([...number.toMatrix({ x: Float32Array.of(0.1) })]).toEqual([Math.fround(0.1)]);
    const int = engineOf(t.int64(), (x) => x);
    expect([...int.toMatrix({ x: vectorFromArray([5], new Int8()) })]).toEqual([5]);
  });
  test("has the column twice", async () => {
    const one = batchOf({ x: floats(1), y: floats(2) });
    const twice = one.select(["x", "y"]);
    Object.defineProperty(twice.schema.fields[1], "name", { value: "x" });
    await refused(number, twice, "SCHEMA_MISMATCH", { column: "x" });
  });
  test("has no batches, and still another schema", () => {
    const empty = new Table(batchOf({ y: floats() }).schema);
    expectError(errorOf(() => number.batch(empty)), "MISSING_INPUT", { column: "x" });
    expectError(errorOf(() => number.toMatrix(empty)), "MISSING_INPUT", { column: "x" });
    expect(number.batch(new Table(batchOf({ x: floats() }).schema)).numRows).toBe(0);
  });
  test("is no table", () => {
    for (const data of [null, undefined, 1, "table", [{ x: 1 }], true]) expectError(errorOf(() => number.batch(data as never)), "WRONG_TYPE");
    expectError(errorOf(() => number.batch({ x: [1, 2] } as never)), "WRONG_TYPE", { column: "x" });
    expectError(errorOf(() => number.batch({ x: new DataView(new ArrayBuffer(8)) } as never)), "WRONG_TYPE", { column: "x" });
    expectError(errorOf(() => number.batch({ x: new Uint8ClampedArray(1) } as never)), "WRONG_TYPE", { column: "x" });
    expectError(errorOf(() => number.batch({})), "MISSING_INPUT", { column: "x" });
  });
  test("is a map of columns of different lengths", () => {
    expectError(errorOf(() => number.batch({ x: Float64Array.of(1), y: Float64Array.of(1, 2) })), "SCHEMA_MISMATCH", { column: "y" });
  });
  test("is a map with a name of Object.prototype", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      const engine = defineFeatures({ inputs: { [name]: t.float64() }, features: (x) => ({ out: x[name]!.add(1) }) }).compile();
      expect([...engine.toMatrix({ [name]: Float64Array.of(1) })]).toEqual([2]);
      expectError(errorOf(() => engine.batch({ other: Float64Array.of(1) })), "MISSING_INPUT", { column: name });
    }
  });
});

describe("null where the input is not nullable", () => {
  test("names row and column", async () => {
    await refused(number, batchOf({ x: vectorFromArray([1, 2, null, null], new Float64()).data[0]! }), "NULL_INPUT", { row: 2, column: "x" });
    await refused(text, batchOf({ x: vectorFromArray(["a", null], new Utf8()).data[0]! }), "NULL_INPUT", { row: 1, column: "x" });
  });
  test("in the second batch and behind the first chunk", () => {
    const values = Array.from({ length: 3000 }, (_, i) => (i === 2500 ? null : i));
    const batch = batchOf({ x: vectorFromArray(values, new Float64()).data[0]! });
    expectError(errorOf(() => number.batch(batch)), "NULL_INPUT", { row: 2500, column: "x" });
    const first = batchOf({ x: floats(...Array.from({ length: 100 }, () => 0)) });
    expectError(errorOf(() => number.batch(new Table([first, batch]))), "NULL_INPUT", { row: 2600, column: "x" });
    expectError(errorOf(() => number.batch(batch.slice(2400))), "NULL_INPUT", { row: 100, column: "x" });
  });
  test("the row of several threads' is the first", async () => {
    const values = Array.from({ length: 40_000 }, (_, i) => (i === 35_000 || i === 39_000 ? null : 0));
    const error = await rejectionOf(number.batchAsync(batchOf({ x: vectorFromArray(values, new Float64()).data[0]! }), { threads: 4 }));
    expectError(error, "NULL_INPUT", { row: 35_000, column: "x" });
  });
  test("null in a dictionary is null of its rows", async () => {
    const dictionary = vectorFromArray(["a", null], new Utf8()).data[0]!;
    await refused(text, batchOf({ x: rawDictionary([0, 0, 1], dictionary) }), "NULL_INPUT", { row: 2, column: "x" });
    expect(nullableText.batch(batchOf({ x: rawDictionary([0, 1], dictionary) })).data.children[0]?.nullCount).toBe(1);
  });
});

describe("text that is not UTF-8", () => {
  const bad: readonly [string, readonly number[]][] = [
    ["a lone continuation byte", [0x80]],
    ["a cut sequence", [0xe2, 0x82]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["past U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["0xff", [0xff]],
  ];
  test.each(bad)("%s", async (_, bytes) => {
    const end = 1 + bytes.length;
    await refused(text, batchOf({ x: rawText([0, 1, end, end], [97, ...bytes]) }), "INVALID_UTF8", { row: 1, column: "x" });
    await refused(words, batchOf({ x: rawList([0, 1, 2], rawText([0, 1, end], [97, ...bytes])) }), "INVALID_UTF8", { row: 1, column: "x" });
    const large = rawLargeText([0n, 1n, BigInt(end)], [97, ...bytes]);
    await refused(text, batchOf({ x: large }), "INVALID_UTF8", { row: 1, column: "x" });
  });
  test("a character cut in two by an offset", async () => {
    await refused(text, batchOf({ x: rawText([0, 1, 2], [0xc3, 0x9f]) }), "INVALID_UTF8", { row: 0, column: "x" });
  });
  test("behind a null nobody looks", () => {
    const behind = rawText([0, 1, 3], [97, 0xff, 0xff], { nullBitmap: Uint8Array.of(1), nullCount: 1 });
    expect([...nullableText.toMatrix(batchOf({ x: behind }))]).toEqual([1, NaN]);
  });
  test("behind a null list nobody looks", () => {
    const engine = engineOf(t.list(t.utf8()).nullable(), (x) => x.size());
    const child = rawText([0, 1, 3, 4], [97, 0xff, 0xff, 98]);
    const lists = makeData({ type: new List(new Field("item", new Utf8(), true)), length: 3, nullCount: 1, nullBitmap: Uint8Array.of(0b101), valueOffsets: Int32Array.of(0, 1, 2, 3), child });
    expect([...engine.toMatrix(batchOf({ x: lists }))]).toEqual([1, NaN, 1]);
  });
  test("in a dictionary", async () => {
    await refused(text, batchOf({ x: rawDictionary([0, 1], rawText([0, 1, 2], [97, 0xff])) }), "INVALID_ARROW", { column: "x" });
  });
});

describe("Arrow buffers that contradict each other", () => {
  test("offsets", async () => {
    const bytes = [97, 98, 99];
    await refused(text, batchOf({ x: rawText([0, 2, 1], bytes) }), "INVALID_ARROW", { row: 1, column: "x" });
    await refused(text, batchOf({ x: rawText([0, 1, 4], bytes) }), "INVALID_ARROW", { row: 1, column: "x" });
    await refused(text, batchOf({ x: rawText([-1, 1, 2], bytes) }), "INVALID_ARROW", { row: 0, column: "x" });
    await refused(text, batchOf({ x: rawText([0, 1, 0x7fffffff], bytes) }), "INVALID_ARROW", { row: 1, column: "x" });
    await refused(text, batchOf({ x: rawLargeText([0n, 1n, 2n ** 62n], bytes) }), "INVALID_ARROW", { row: 1, column: "x" });
    await refused(text, batchOf({ x: rawLargeText([0n, -5n, 2n], bytes) }), "INVALID_ARROW", { row: 0, column: "x" });
    await refused(list, batchOf({ x: rawList([0, 2, 1], floats(1, 2, 3)) }), "INVALID_ARROW", { row: 1, column: "x" });
    await refused(list, batchOf({ x: rawList([0, 1, 9], floats(1, 2, 3)) }), "INVALID_ARROW", { row: 1, column: "x" });
    await refused(list, batchOf({ x: rawList([0, -1, 1], floats(1, 2, 3)) }), "INVALID_ARROW", { row: 0, column: "x" });
  });
  test("buffers shorter than the rows", async () => {
    const short = (type: Float64 | Float32, data: Float64Array | Float32Array): Data => {
      const made = makeData({ type: type as Float64, length: 1, nullCount: 0, data: data as Float64Array });
      Object.defineProperty(made, "length", { value: 5 });
      return made;
    };
    await refused(number, batchOf({ x: short(new Float64(), Float64Array.of(1, 2)) }, 5), "INVALID_ARROW", { column: "x" });
    const shortOffsets = rawText([0, 1], [97]);
    Object.defineProperty(shortOffsets, "length", { value: 5 });
    await refused(text, batchOf({ x: shortOffsets }, 5), "INVALID_ARROW", { column: "x" });
    const shortValidity = makeData({ type: new Float64(), length: 9, nullCount: 1, nullBitmap: Uint8Array.of(0xfe), data: new Float64Array(9) });
    // apache-arrow pads what it makes itself.
    Object.defineProperty(shortValidity, "nullBitmap", { value: Uint8Array.of(0xfe) });
    await refused(engineOf(t.float64().nullable(), (x) => x), batchOf({ x: shortValidity }), "INVALID_ARROW", { column: "x" });
    const shortList = makeData({ type: new FixedSizeList(3, new Field("item", new Float64())), length: 2, nullCount: 0, child: floats(1, 2, 3, 4) as Data<Float64> });
    await refused(engineOf(t.fixedSizeList(t.float64(), 3), (x) => x.sum()), batchOf({ x: shortList }), "INVALID_ARROW", { column: "x" });
  });
  test("a column of another length than the batch", async () => {
    for (const other of [floats(1), floats(1, 2, 3)]) {
      const batch = batchOf({ x: floats(1, 2) });
      // apache-arrow would pad or cut the column.
      (batch.data.children as Data[])[0] = other;
      await refused(number, batch, "INVALID_ARROW", { column: "x" });
    }
  });
  test("dictionary indices", async () => {
    const dictionary = rawText([0, 1, 2], [97, 98]);
    await refused(text, batchOf({ x: rawDictionary([0, 1, 2], dictionary) }), "INVALID_ARROW", { row: 2, column: "x" });
    await refused(text, batchOf({ x: rawDictionary([0, -1], dictionary) }), "INVALID_ARROW", { row: 1, column: "x" });
    await refused(text, batchOf({ x: rawDictionary([0], rawText([0, 5], [97])) }), "INVALID_ARROW", { column: "x" });
    expect([...text.toMatrix(batchOf({ x: rawDictionary([1, 0], dictionary) }))]).toEqual([1, 1]);
  });
  test("a uint64 above the largest int64", async () => {
    const engine = engineOf(t.uint64(), (x) => x);
    await refused(engine, batchOf({ x: makeData({ type: new Uint64(), length: 2, nullCount: 0, data: BigUint64Array.of(1n, 2n ** 63n) }) }), "OUT_OF_RANGE", { row: 1, column: "x" });
  });
  test("a detached buffer", async () => {
    const values = Float64Array.of(1, 2, 3);
    const batch = batchOf({ x: makeData({ type: new Float64(), length: 3, nullCount: 0, data: values }) });
    structuredClone(values.buffer, { transfer: [values.buffer] });
    await refused(number, batch, "INVALID_ARROW", { column: "x" });
  });
});

describe("toMatrix with memory of one's own", () => {
  test("must be a Float32Array that is large enough", () => {
    const batch = batchOf({ x: floats(1, 2, 3) });
    expectError(errorOf(() => number.toMatrix(batch, new Float32Array(2))), "OUT_OF_RANGE");
    for (const target of [new Float64Array(3), [0, 0, 0], new ArrayBuffer(12), {}, null]) {
      expectError(errorOf(() => number.toMatrix(batch, target as never)), "WRONG_TYPE");
    }
    const larger = new Float32Array(5).fill(-7);
    expect(number.toMatrix(batch, larger)).toBe(larger);
    expect([...larger]).toEqual([1, 2, 3, -7, -7]);
  });
});

describe("inputs stay as they are", () => {
  test("also where rows are null, sliced or refused", () => {
    const values = Float64Array.of(1, NaN, -0, 4);
    const before = values.slice();
    const batch = batchOf({ x: makeData({ type: new Float64(), length: 4, nullCount: 0, data: values }) });
    number.batch(batch.slice(1));
    number.toMatrix(batch);
    expect([...new BigUint64Array(values.buffer)]).toEqual([...new BigUint64Array(before.buffer)]);
  });
});

test("threads, and a signal that has fired", async () => {
  const batch = batchOf({ x: floats(1) });
  for (const threads of [0, -1, 1.5, NaN, 257, "2"]) {
    expectError(await rejectionOf(number.batchAsync(batch, { threads: threads as number })), "INVALID_PARAMETER");
  }
  const aborted = await rejectionOf(number.batchAsync(batch, { signal: AbortSignal.abort(new Error("why")) }));
  expectError(aborted, "ABORTED");
  expect((aborted.cause as Error).message).toBe("why");
});
