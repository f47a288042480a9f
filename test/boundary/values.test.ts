import { Bool, Float32, Float64, Int64, Int8, TimestampMillisecond, Utf8, vectorFromArray, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { coalesce, defineFeatures, lit, t, when, type Engine } from "../../src/index.js";
import { errorOf, expectError, rejectionOf } from "./support.js";

/** Row mode, lists of rows by either kernels, and batch mode, as float64 bits through float32 vectors. */
function everyWay(engine: Engine<object>, rows: readonly object[], columns: Record<string, Vector | NodeJS.TypedArray>): Float32Array {
  const byRow = Float32Array.from(rows.flatMap((row) => [...engine.row(row)]));
  const batch = engine.toMatrix(columns);
  const bits = (values: Float32Array): number[] => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];
  expect(bits(byRow)).toEqual(bits(batch));
  expect(bits(Float32Array.from(engine.rows(rows).flatMap((v) => [...v])))).toEqual(bits(batch));
  expect(bits(Float32Array.from(engine.transform(rows).flatMap((vector) => [...vector])))).toEqual(bits(batch));
  return byRow;
}

const loose = (engine: unknown): Engine<object> => engine as Engine<object>;

describe("numbers", () => {
  test("a row's number is rounded as a stored column's was", () => {
    const engine = loose(defineFeatures({ inputs: { x: t.float32() }, features: ({ x }) => ({ big: x.mul(2 ** 24) }) }).compile());
    const out = everyWay(engine, [{ x: 0.1 }, { x: 16777217 }, { x: 1e39 }, { x: -1e-60 }], { x: vectorFromArray([0.1, 16777217, 1e39, -1e-60], new Float32()) });
    // float32(0.1) = 13421773 * 2^-27, exactly.
    expect(out[0]).toBe(13421773 / 8);
    expect(out[1]).toBe(2 ** 48);
    expect(out[2]).toBe(Infinity);
    expect(Object.is(out[3], -0)).toBe(true);
  });
  test("float16 rounds to even, overflows at 65520 and keeps subnormals", () => {
    const engine = loose(defineFeatures({ inputs: { x: t.float16() }, features: ({ x }) => ({ x }) }).compile());
    const cases: [number, number][] = [
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [65519, 65504],
      [65520, Infinity],
      [-65520, -Infinity],
      [2 ** -25, 0],
      [2 ** -24, 2 ** -24],
      [1.5 * 2 ** -24, 2 ** -23],
      [-(2 ** -26), -0],
      [NaN, NaN],
    ];
    for (const [given, wanted] of cases) expect(Object.is(engine.row({ x: given })[0], wanted), `${given}`).toBe(true);
  });
  test("-0 and NaN pass, an integer has no -0", () => {
    const engine = loose(defineFeatures({ inputs: { x: t.float64(), i: t.int8() }, features: ({ x, i }) => ({ x, i, sign: x.reciprocal() }) }).compile());
    const out = everyWay(engine, [{ x: -0, i: -0 }, { x: NaN, i: 1 }], { x: Float64Array.of(-0, NaN), i: Int8Array.of(0, 1) });
    expect(Object.is(out[0], -0)).toBe(true);
    expect(Object.is(out[1], 0)).toBe(true);
    expect(out[2]).toBe(-Infinity);
    expect(out[3]).toBeNaN();
  });
  test("NaN is no null", () => {
    const engine = loose(defineFeatures({ inputs: { x: t.float64().nullable() }, features: ({ x }) => ({ null: x.isNull(), nan: x.isNaN(), or: coalesce(x, 5) }) }).compile());
    const out = everyWay(engine, [{ x: NaN }, { x: null }, {}], { x: vectorFromArray([NaN, null, null], new Float64()) });
    expect([...out]).toEqual([0, 1, NaN, 1, NaN, 5, 1, NaN, 5]);
  });
  test("NaN of any bits leaves as the one quiet NaN", () => {
    const engine = defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x, y: x.as("float64"), z: x.neg().as("float64") }) }).compile();
    const odd = new Float64Array(new BigUint64Array([0xfff8dead00000001n, 0x7ff0000000000001n]).buffer);
    const batch = engine.batch({ x: odd });
    for (const [at, wanted] of [[1, 0x7ff8000000000000n], [2, 0x7ff8000000000000n]] as const) {
      const values = batch.getChildAt(at)?.data[0]?.values as Float64Array;
      expect([...new BigUint64Array(values.buffer, values.byteOffset, 2)]).toEqual([wanted, wanted]);
    }
  });
  test("int64 beyond 2^53 keeps its value where it is asked for as int64", () => {
    const engine = defineFeatures({ inputs: { k: t.int64() }, features: ({ k }) => ({ k: k.as("int64"), next: k.add(1n).as("int64") }) }).compile();
    const k = 2n ** 53n + 1n;
    expect({ ...engine.values({ k }) }).toEqual({ k, next: k + 1n });
    expect(engine.batch({ k: BigInt64Array.of(k) }).toArray().map((row: { toJSON(): unknown }) => row.toJSON())).toEqual([{ k, next: k + 1n }]);
  });
});

describe("timestamps", () => {
  const engine = loose(defineFeatures({ inputs: { at: t.timestamp("ms") }, features: ({ at }) => ({ year: at.year(), ms: at.millisecond(), hour: at.hour() }) }).compile());
  test("a Date, a bigint and a number of ticks are the same instant", () => {
    const ms = Date.UTC(2024, 1, 29, 23, 59, 59, 987);
    const vectors = [new Date(ms), BigInt(ms), ms].map((at) => [...engine.row({ at })]);
    expect(vectors).toEqual([[2024, 987, 23], [2024, 987, 23], [2024, 987, 23]]);
    everyWay(engine, [{ at: ms }, { at: -1 }, { at: new Date(-62135596800001) }], { at: vectorFromArray([ms, -1, -62135596800001].map((v) => new Date(v)), new TimestampMillisecond()) });
  });
  test("before 1970 parts are floored", () => {
    expect([...engine.row({ at: -1 })]).toEqual([1969, 999, 23]);
  });
  test("date32 takes the Date's UTC day", () => {
    const day = loose(defineFeatures({ inputs: { d: t.date32() }, features: ({ d }) => ({ day: d.day(), month: d.month() }) }).compile());
    expect([...day.row({ d: new Date("2024-02-29T23:59:59.999Z") })]).toEqual([29, 2]);
    expect([...day.row({ d: -1 })]).toEqual([31, 12]);
  });
});

describe("a failure inside a function", () => {
  const overflow = defineFeatures({ inputs: { k: t.int64() }, features: ({ k }) => ({ ok: k, next: k.add(1n), twice: k.mul(2n) }) });
  const engine = loose(overflow.compile());
  const byBatch = loose(overflow.compile({ crossover: 1 }));
  const max = 2n ** 63n - 1n;
  test("names function, feature and row in every mode", async () => {
    const place = { path: ["next"], function: "add" };
    expectError(errorOf(() => engine.row({ k: max })), "INTEGER_OVERFLOW", place);
    expectError(errorOf(() => engine.rowInto({ k: max }, new Float32Array(3))), "INTEGER_OVERFLOW", place);
    expectError(errorOf(() => engine.values({ k: max })), "INTEGER_OVERFLOW", place);
    const rows = [{ k: 1n }, { k: 2n }, { k: max }, { k: max }];
    expectError(errorOf(() => engine.rows(rows)), "INTEGER_OVERFLOW", { ...place, row: 2 });
    expectError(errorOf(() => byBatch.transform(rows)), "INTEGER_OVERFLOW", { ...place, row: 2 });
    const columns = { k: BigInt64Array.of(1n, 2n, max, max) };
    expectError(errorOf(() => engine.batch(columns)), "INTEGER_OVERFLOW", { ...place, row: 2 });
    expectError(errorOf(() => engine.toMatrix(columns)), "INTEGER_OVERFLOW", { ...place, row: 2 });
    expectError(await rejectionOf(engine.batchAsync(columns)), "INTEGER_OVERFLOW", { ...place, row: 2 });
    expect([...engine.row({ k: 1n })]).toEqual([1, 2, 2]);
  });
  test("the first row wins, in it the first feature, whatever the chunk", () => {
    const k = new BigInt64Array(5000).fill(1n);
    k[4000] = max;
    k[4001] = max;
    expectError(errorOf(() => engine.batch({ k })), "INTEGER_OVERFLOW", { path: ["next"], function: "add", row: 4000 });
    const rows = Array.from(k, (value) => ({ k: value }));
    expectError(errorOf(() => byBatch.transform(rows)), "INTEGER_OVERFLOW", { path: ["next"], function: "add", row: 4000 });
    expectError(errorOf(() => engine.rows(rows)), "INTEGER_OVERFLOW", { path: ["next"], function: "add", row: 4000 });
    // Only the product overflows here.
    const half = BigInt64Array.of(0n, 2n ** 62n);
    expectError(errorOf(() => engine.batch({ k: half })), "INTEGER_OVERFLOW", { path: ["twice"], function: "mul", row: 1 });
    expectError(errorOf(() => engine.rows(Array.from(half, (value) => ({ k: value })))), "INTEGER_OVERFLOW", { path: ["twice"], function: "mul", row: 1 });
  });
  test("on a row before a bad row is what every mode reports", () => {
    const rows = [{ k: 1n }, { k: max }, { k: "x" }];
    const place = { path: ["next"], function: "add", row: 1 };
    expectError(errorOf(() => engine.rows(rows)), "INTEGER_OVERFLOW", place);
    expectError(errorOf(() => byBatch.transform(rows)), "INTEGER_OVERFLOW", place);
    const later = [{ k: 1n }, { k: "x" }, { k: max }];
    expectError(errorOf(() => engine.rows(later)), "WRONG_TYPE", { path: ["k"], row: 1 });
    expectError(errorOf(() => byBatch.transform(later)), "WRONG_TYPE", { path: ["k"], row: 1 });
  });
  test("division and conversion", () => {
    const div = loose(defineFeatures({ inputs: { a: t.int64(), x: t.float64() }, features: ({ a, x }) => ({ d: lit(7n).floorDiv(a), i: x.as("int32") }) }).compile());
    const fails = (a: bigint, x: number): { row: [string, string | undefined]; batch: [string, string | undefined] } => {
      const row = errorOf(() => div.values({ a, x }));
      const batch = errorOf(() => div.batch({ a: BigInt64Array.of(a), x: Float64Array.of(x) }));
      return { row: [row.code, row.function], batch: [batch.code, batch.function] };
    };
    for (const [a, x, code] of [[0n, 1, "DIVISION_BY_ZERO"], [1n, 0.5, "NOT_AN_INTEGER"], [1n, NaN, "NOT_AN_INTEGER"], [1n, 1e300, "OUT_OF_RANGE"], [1n, 2 ** 31, "OUT_OF_RANGE"]] as const) {
      const { row, batch } = fails(a, x);
      expect(row).toEqual(batch);
      expect(row[0]).toBe(code);
    }
    expect(div.values({ a: 2n, x: 5 })).toEqual({ d: 3, i: 5 });
  });
  test("is not raised where no output needs it", () => {
    const set = defineFeatures({
      inputs: { k: t.int64(), safe: t.bool(), d: t.int64().nullable() },
      features: ({ k, safe, d }) => ({
        chosen: when(safe).then(lit(0n)).otherwise(k.add(1n)),
        first: coalesce(d, k.add(1n)),
        known: k.add(1n).isNull().and(false),
        either: safe.or(k.add(1n).gt(0n)),
      }),
    });
    const hidden = loose(set.compile());
    const columns = (safe: boolean, d: bigint | null): Record<string, Vector> => ({ k: vectorFromArray([max], new Int64()), safe: vectorFromArray([safe], new Bool()), d: vectorFromArray([d], new Int64()) });
    // `known` and `either` are decided by one side alone.
    const row = [0, 3, 0, 1];
    const alone = loose(
      defineFeatures({
        inputs: { k: t.int64(), safe: t.bool(), d: t.int64().nullable() },
        features: ({ k, safe, d }) => ({ chosen: when(safe).then(lit(0n)).otherwise(k.add(1n)), first: coalesce(d, k.add(1n)) }),
      }).compile(),
    );
    expect([...alone.row({ k: max, safe: true, d: 3n })]).toEqual(row.slice(0, 2));
    expect([...alone.toMatrix(columns(true, 3n))]).toEqual(row.slice(0, 2));
    expectError(errorOf(() => alone.row({ k: max, safe: false, d: 3n })), "INTEGER_OVERFLOW", { path: ["chosen"], function: "add" });
    expectError(errorOf(() => alone.batch(columns(false, 3n))), "INTEGER_OVERFLOW", { path: ["chosen"], function: "add", row: 0 });
    expectError(errorOf(() => alone.row({ k: max, safe: true })), "INTEGER_OVERFLOW", { path: ["first"], function: "add" });
    expectError(errorOf(() => alone.batch(columns(true, null))), "INTEGER_OVERFLOW", { path: ["first"], function: "add", row: 0 });
    // Whatever the logic forms decide about a failed side, both modes decide the same.
    const outcome = (run: () => Float32Array): unknown => {
      try {
        return [...run()];
      } catch (error) {
        return [(error as { code: string }).code, (error as { path: unknown }).path, (error as { function: string }).function];
      }
    };
    expect(outcome(() => hidden.row({ k: max, safe: true, d: 3n }))).toEqual(outcome(() => hidden.toMatrix(columns(true, 3n))));
  });
  test("of constants belongs to the rows that it reaches", () => {
    const set = defineFeatures({ inputs: { ok: t.bool() }, features: ({ ok }) => ({ x: when(ok).then(lit(1n)).otherwise(lit(max).add(1n)) }) });
    const folded = loose(set.compile());
    expect([...folded.row({ ok: true })]).toEqual([1]);
    expectError(errorOf(() => folded.row({ ok: false })), "INTEGER_OVERFLOW", { path: ["x"], function: "add" });
    expectError(errorOf(() => folded.batch({ ok: vectorFromArray([true, false], new Bool()) })), "INTEGER_OVERFLOW", { path: ["x"], function: "add", row: 1 });
  });
});

test("a vector is refused where a feature is not float32, in every mode that would make one", () => {
  const engine = loose(defineFeatures({ inputs: { s: t.utf8() }, features: ({ s }) => ({ n: s.length(), s: s.as("utf8") }) }).compile());
  const columns = { s: vectorFromArray(["a"], new Utf8()) };
  for (const run of [() => engine.row({ s: "a" }), () => engine.rows([{ s: "a" }]), () => engine.rowInto({ s: "a" }, new Float32Array(2)), () => engine.transform([{ s: "a" }]), () => engine.toMatrix(columns)]) {
    expectError(errorOf(run), "INVALID_DEFINITION", { path: ["s"] });
  }
  expect({ ...engine.values({ s: "ä" }) }).toEqual({ n: 1, s: "ä" });
  expect(engine.batch(columns).toArray().map((row: { toJSON(): unknown }) => row.toJSON())).toEqual([{ n: 1, s: "a" }]);
  expect(vectorFromArray([1], new Int8()).length).toBe(1);
});
