import { describe, expect, test } from "vitest";
import { defineFeatures, t, InputError, type Engine, type ErrorCode } from "../../src/index.js";
import { errorOf, expectError } from "./support.js";

const set = defineFeatures({
  inputs: {
    a: t.float64(),
    small: t.int8().nullable(),
    unsigned: t.uint32().nullable(),
    big: t.int64().nullable(),
    ubig: t.uint64().nullable(),
    flag: t.bool().nullable(),
    name: t.utf8().nullable(),
    at: t.timestamp("ms").nullable(),
    nanos: t.timestamp("ns").nullable(),
    seconds: t.timestamp("s").nullable(),
    day: t.date32().nullable(),
    numbers: t.list(t.float64()).nullable(),
    small_items: t.list(t.int16()).nullable(),
    tags: t.list(t.utf8()).nullable(),
    keys: t.list(t.int64()).nullable(),
    three: t.fixedSizeList(t.float32(), 3).nullable(),
  },
  features: (x) => ({
    a: x.a,
    small: x.small,
    unsigned: x.unsigned,
    big: x.big,
    ubig: x.ubig,
    flag: x.flag,
    name: x.name.length(),
    at: x.at.hour(),
    nanos: x.nanos.hour(),
    seconds: x.seconds.hour(),
    day: x.day.day(),
    numbers: x.numbers.sum(),
    small_items: x.small_items.sum(),
    tags: x.tags.size(),
    keys: x.keys.size(),
    three: x.three.sum(),
  }),
});
const engine = set.compile() as unknown as Engine<object>;

/** Every doorway for row objects gives the same error; each engine goes on working. */
function refused(row: unknown, code: ErrorCode, path?: readonly (string | number)[]): string {
  const place = path === undefined ? {} : { path };
  const good = { a: 1 };
  const single = errorOf(() => engine.row(row as object));
  expect(single).toBeInstanceOf(InputError);
  expectError(single, code, place);
  expectError(errorOf(() => engine.rowInto(row as object, new Float32Array(16))), code, place);
  expectError(errorOf(() => engine.values(row as object)), code, place);
  expectError(errorOf(() => engine.rows([good, row as object, good])), code, { ...place, row: 1 });
  expectError(errorOf(() => byBatch.transform([good, good, row as object])), code, { ...place, row: 2 });
  expect(engine.row(good)[0]).toBe(1);
  expect(byBatch.transform([good])[0]?.[0]).toBe(1);
  return single.message;
}

// Batch kernels from the first row on.
const byBatch = set.compile({ crossover: 1 }) as unknown as Engine<object>;

describe("a value of a wrong type", () => {
  const wrong: readonly [input: string, value: unknown][] = [
    ["a", "1"],
    ["a", 1n],
    ["a", true],
    ["a", {}],
    ["a", new Date(0)],
    ["a", [1]],
    ["a", Symbol("x")],
    ["a", () => 1],
    ["a", Object(1)],
    ["small", "1"],
    ["small", 1n],
    ["big", "1"],
    ["big", true],
    ["flag", 1],
    ["flag", "true"],
    ["name", 1],
    ["name", ["x"]],
    ["name", Object("x")],
    ["at", "2020-01-01"],
    ["at", {}],
    ["numbers", 1],
    ["numbers", "12"],
    ["numbers", { length: 1, 0: 1 }],
    ["numbers", new DataView(new ArrayBuffer(8))],
    ["numbers", new Set([1])],
    ["tags", "ab"],
    ["three", [1, 2]],
    ["three", [1, 2, 3, 4]],
  ];
  test.each(wrong)("%s: %o", (input, value) => {
    const message = refused({ a: 1, [input]: value }, "WRONG_TYPE", [input]);
    expect(message).toMatch(/expected .*, received /);
  });

  test.each<[string, unknown, number]>([
    ["numbers", [1, "2", 3], 1],
    ["numbers", [1n], 0],
    ["numbers", new BigInt64Array(2), 0],
    ["small_items", [1, 2, "3"], 2],
    ["tags", ["a", 1], 1],
    ["keys", [1n, 2, "3"], 2],
  ])("an element of %s: %o", (input, value, element) => {
    expect(refused({ a: 1, [input]: value }, "WRONG_TYPE", [input, element])).toContain(`${input}[${element}]`);
  });

  test.each([[null], [undefined], [1], ["row"], [true], [1n], [Symbol("s")]])("the row itself: %o", (row) => {
    refused(row, "WRONG_TYPE");
  });
  test("a function is no row", () => {
    refused(() => 1, "WRONG_TYPE");
  });
  test("rows() and transform() want an array of rows", () => {
    for (const rows of [{ 0: { a: 1 }, length: 1 }, 3, "ab", new Set([{ a: 1 }]), null]) {
      expectError(errorOf(() => engine.rows(rows as never)), "WRONG_TYPE");
    }
  });
});

describe("a missing key and null", () => {
  test("of an input that is not nullable", () => {
    expect(refused({}, "MISSING_INPUT", ["a"])).toContain("nullable()");
    refused([], "MISSING_INPUT", ["a"]);
    refused({ a: null }, "NULL_INPUT", ["a"]);
    refused({ a: undefined }, "NULL_INPUT", ["a"]);
    refused({ A: 1 }, "MISSING_INPUT", ["a"]);
  });
  test("mean the same for a nullable input", () => {
    const [missing, undef, nul] = [{ a: 1 }, { a: 1, small: undefined }, { a: 1, small: null }].map((row) => engine.row(row));
    expect(missing?.[1]).toBeNaN();
    expect(missing).toEqual(undef);
    expect(missing).toEqual(nul);
  });
  test("a hole and undefined in a list are null elements", () => {
    // Sums leave nulls out.
    expect(engine.row({ a: 1, numbers: [1, , 2, undefined, null] })[11]).toBe(3);
  });
});

describe("an integer out of range", () => {
  test.each<[string, unknown]>([
    ["small", 128],
    ["small", -129],
    ["small", 1.5],
    ["small", NaN],
    ["small", Infinity],
    ["unsigned", -1],
    ["unsigned", 4294967296],
    ["big", 2 ** 53],
    ["big", 2n ** 63n],
    ["big", -(2n ** 63n) - 1n],
    ["big", 0.5],
    ["big", NaN],
    ["ubig", -1],
    ["ubig", -1n],
    ["ubig", 2n ** 63n],
    ["at", 2 ** 53],
    ["at", new Date(NaN)],
    ["at", 2n ** 63n],
    ["seconds", new Date(1)],
    ["day", 2 ** 31],
    // 2300 is past the last nanosecond of 64 bits, 2262-04-11.
    ["nanos", new Date("2300-01-01T00:00:00Z")],
    ["nanos", new Date("1600-01-01T00:00:00Z")],
  ])("%s: %s", (input, value) => {
    refused({ a: 1, [input]: value }, "OUT_OF_RANGE", [input]);
  });
  test.each<[string, unknown, number]>([
    ["small_items", [1, 40000], 1],
    ["small_items", new Float64Array([1, 2, 0.5]), 2],
    ["keys", [1, 2n ** 64n], 1],
    ["keys", [2 ** 60], 0],
  ])("an element of %s: %o", (input, value, element) => {
    refused({ a: 1, [input]: value }, "OUT_OF_RANGE", [input, element]);
  });
  test("the ends of each range are taken", () => {
    expect(engine.row({ a: 1, small: -128, unsigned: 4294967295, big: 2n ** 63n - 1n, ubig: 2n ** 63n - 1n, day: 2 ** 31 - 1 }).slice(1, 5)).toEqual(
      Float32Array.of(-128, 4294967295, 2 ** 63, 2 ** 63),
    );
    engine.row({ a: 1, big: -(2n ** 63n), nanos: new Date("2262-04-11T00:00:00Z") });
  });
});

describe("text without a UTF-8 form", () => {
  test.each(["\ud800", "a\udc00b", "\udc00\ud800", `${"x".repeat(100)}\ud83d`, "\ud800".repeat(70)])("%j", (name) => {
    refused({ a: 1, name }, "INVALID_UTF8", ["name"]);
    refused({ a: 1, tags: ["ok", name] }, "INVALID_UTF8", ["tags", 1]);
  });
  test("pairs are one character", () => {
    expect(engine.row({ a: 1, name: "\ud83d\ude00" })[6]).toBe(1);
    expect(engine.row({ a: 1, name: "\ud83d\ude00".repeat(40) })[6]).toBe(40);
  });
});

describe("names of Object.prototype", () => {
  const names = ["constructor", "toString", "hasOwnProperty", "valueOf", "__proto__"];
  test.each(names)("%s as a required and as a nullable input", (name) => {
    const make = (nullable: boolean): Engine<object> =>
      defineFeatures({
        inputs: { [name]: nullable ? t.float64().nullable() : t.float64() },
        features: (x) => ({ [name]: x[name]!.add(1) }),
      }).compile() as unknown as Engine<object>;
    const required = make(false);
    const nullable = make(true);
    const row = Object.defineProperty({}, name, { value: 2, enumerable: true });
    expect(required.names).toEqual([name]);
    expect([...required.row(row)]).toEqual([3]);
    expect([...required.rows([row, row]).map((v) => v[0])]).toEqual([3, 3]);
    expect(required.values(row)[name]).toBe(3);
    // What every object inherits is no value of the row's.
    expectError(errorOf(() => required.row({})), "MISSING_INPUT", { path: [name] });
    expect([...nullable.row({})]).toEqual([NaN]);
    expect([...required.row(Object.assign(Object.create(null) as object, { [name]: 4 }))]).toEqual([5]);
  });
  test("a row of another prototype keeps its inherited values", () => {
    class Trip {
      get a(): number {
        return 7;
      }
    }
    expect(engine.row(new Trip())[0]).toBe(7);
    expect(engine.row(Object.create({ a: 8 }) as object)[0]).toBe(8);
  });
});

describe("names that are no identifiers", () => {
  const names = ["", " ", "a b", "a.b", "ä", "\u2028", "\n", "\"", "'", "`", "\\", "${1}", "*/", "</script>", '"]; throw new Error("injected"); //', "0", "-1"];
  test("are read as any other", () => {
    const inputs = Object.fromEntries(names.map((name) => [name, t.float64()]));
    const made = defineFeatures({ inputs, features: (x) => ({ sum: names.map((name) => x[name]!).reduce((a, b) => a.add(b)) }) });
    const odd = made.compile() as unknown as Engine<object>;
    const row = Object.fromEntries(names.map((name, i) => [name, 2 ** i]));
    expect(odd.row(row)[0]).toBe(2 ** names.length - 1);
    for (const name of names) {
      const { [name]: _, ...rest } = row;
      expectError(errorOf(() => odd.row(rest)), "MISSING_INPUT", { path: [name] });
    }
  });
});

describe("rows that run code", () => {
  test("an error of a getter comes out as it is, and the engine goes on", () => {
    const own = new Error("of the getter");
    const row = {
      get a(): number {
        throw own;
      },
    };
    expect(() => engine.row(row)).toThrow(own);
    expect(() => engine.rows([{ a: 1 }, row])).toThrow(own);
    expect(() => byBatch.transform([{ a: 1 }, row])).toThrow(own);
    expect(engine.row({ a: 2 })[0]).toBe(2);
  });
  test("a getter that calls the engine which reads it is refused, not answered wrongly", () => {
    const row = (inner: Engine<object>): object => ({
      a: 5,
      get small(): number {
        inner.row({ a: 100, small: 1 });
        return 3;
      },
    });
    for (const run of [() => engine.row(row(engine)), () => engine.values(row(engine))]) {
      expectError(errorOf(run), "WRONG_TYPE");
    }
    expectError(errorOf(() => engine.rows([{ a: 1 }, row(engine)])), "WRONG_TYPE", { row: 1 });
    // Another engine is free.
    expect([...engine.row(row(byBatch))].slice(0, 2)).toEqual([5, 3]);
  });
  test("a getter that calls the engine for a list of rows", () => {
    const row = {
      a: 5,
      get small(): number {
        byBatch.transform([{ a: 100 }, { a: 101 }]);
        return 3;
      },
    };
    expectError(errorOf(() => byBatch.transform([{ a: 1 }, row])), "WRONG_TYPE", { row: 1 });
  });
  test("frozen rows, proxies and array subclasses are read like any other", () => {
    expect(engine.row(Object.freeze({ a: 1, numbers: Object.freeze([1, 2]) }))[11]).toBe(3);
    const reads: string[] = [];
    const proxy = new Proxy({ a: 9 } as Record<string, unknown>, {
      get(target, key) {
        reads.push(String(key));
        return target[String(key)];
      },
    });
    expect(engine.row(proxy)[0]).toBe(9);
    // Each input is asked for once.
    expect(reads).toEqual([...new Set(reads)]);
    class Numbers extends Array<number> {}
    expect(engine.row({ a: 1, numbers: Numbers.from([4, 5]) })[11]).toBe(9);
    expect(engine.row({ a: 1, numbers: new Proxy([4, 5], {}) })[11]).toBe(9);
  });
  test("a list that grows while it is read", () => {
    const items: unknown[] = [1, 2, 3];
    Object.defineProperty(items, 1, {
      get() {
        items.length = 100_000;
        return 2;
      },
    });
    expect(engine.row({ a: 1, numbers: items })[11]).toBe(6);
    expect(engine.row({ a: 1, numbers: [1] })[11]).toBe(1);
  });
  test("a shared or detached typed array", () => {
    const shared = new Float64Array(new SharedArrayBuffer(16));
    shared.set([1, 2]);
    expect(engine.row({ a: 1, numbers: shared })[11]).toBe(3);
    const gone = Float32Array.of(1, 2, 3);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expectError(errorOf(() => engine.row({ a: 1, three: gone })), "WRONG_TYPE", { path: ["three"] });
  });
});

describe("rowInto", () => {
  test("writes at the offset and nowhere else", () => {
    const width = engine.names.length;
    const target = new Float32Array(width + 4).fill(-7);
    engine.rowInto({ a: 1 }, target, 2);
    expect([target[0], target[1], target[2], target[width + 2], target[width + 3]]).toEqual([-7, -7, 1, -7, -7]);
  });
  test.each([[-1], [1], [0.5], [NaN], [Infinity], [-Infinity], ["0"], [null], [1n], [2 ** 53]])("refuses the offset %s and writes nothing", (offset) => {
    const target = new Float32Array(engine.names.length).fill(-7);
    expectError(errorOf(() => engine.rowInto({ a: 1 }, target, offset as number)), "OUT_OF_RANGE");
    expect(target).toEqual(new Float32Array(engine.names.length).fill(-7));
    expect(Object.keys(target)).toHaveLength(engine.names.length);
  });
  test.each([[new Float64Array(64)], [new Array(64).fill(0)], [{}], [null], [undefined]])("refuses a target of another kind: %o", (target) => {
    expectError(errorOf(() => engine.rowInto({ a: 1 }, target as never)), "WRONG_TYPE");
  });
  test("refuses a bad offset of a wide vector as well", () => {
    const wide = defineFeatures({
      inputs: { a: t.float64() },
      features: ({ a }) => Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, a.add(i)])),
    }).compile();
    for (const offset of [-1, 1, 0.5, NaN]) expectError(errorOf(() => wide.rowInto({ a: 1 }, new Float32Array(200), offset)), "OUT_OF_RANGE");
  });
});
