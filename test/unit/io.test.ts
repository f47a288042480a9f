import {
  Binary,
  Bool,
  type Data,
  DataType,
  DateDay,
  DateMillisecond,
  Dictionary,
  Field,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  LargeUtf8,
  List,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimeUnit,
  Timestamp,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  type Vector,
  makeData,
  vectorFromArray,
} from "apache-arrow";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TableFormat, createTable, openTable, readTable } from "../../src/io/index.js";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "skewless-io-test-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string) => join(directory, name);

/** Values as they are stored: the library's own getters round timestamps to milliseconds. */
function stored(data: Data, row: number): unknown {
  if (!data.getValid(row)) return null;
  const { type } = data;
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return (data.values as ArrayLike<unknown>)[row];
  if (DataType.isList(type)) {
    const child = data.children[0] as Data;
    const [from, to] = [Number(data.valueOffsets[row]), Number(data.valueOffsets[row + 1])];
    return Array.from({ length: to - from }, (_, i) => stored(child, from + i));
  }
  if (DataType.isFixedSizeList(type)) {
    const child = data.children[0] as Data;
    return Array.from({ length: type.listSize }, (_, i) => stored(child, row * type.listSize + i));
  }
  if (DataType.isDictionary(type))
    return (data.dictionary as Vector).get(Number((data.values as ArrayLike<number>)[row]));
  const value: unknown = new (vectorOf())([data]).get(row);
  return value instanceof Uint8Array ? Array.from(value) : value;
}
function vectorOf() {
  return vectorFromArray([1]).constructor as new (data: Data[]) => Vector;
}
function column(table: Table, name: string): unknown[] {
  const vector = table.getChild(name) as Vector;
  return (vector.data as Data[]).flatMap((data) =>
    Array.from({ length: data.length }, (_, i) => stored(data, i)),
  );
}
async function write(path: string, table: Table): Promise<void> {
  const sink = await createTable(path, table.schema);
  await sink.write(table);
  const { rows, bytes } = await sink.close();
  expect(rows).toBe(table.numRows);
  expect(bytes).toBe(readFileSync(path).length);
}
async function roundTrip(name: string, table: Table): Promise<Table> {
  await write(at(name), table);
  return readTable(at(name));
}
function raw(type: DataType, values: Int32Array | BigInt64Array, nulls: readonly number[] = []): Vector {
  const bits = new Uint8Array(values.length).fill(0xff);
  for (const row of nulls) bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
  const data = makeData({
    type: type as Int32,
    length: values.length,
    nullCount: nulls.length,
    nullBitmap: bits,
    data: values as Int32Array,
  });
  return new (vectorOf())([data]);
}

const texts = [
  "",
  "a",
  "é",
  null,
  "twelve bytes",
  "thirteen byte",
  "日本語のテキスト、長いもの",
  "😀",
  'quote " and, comma',
  "line\nbreak",
  "tab\tand 'quote'",
  "null",
];
const pick = <T>(...values: T[]) => texts.map((_, i) => values[i % values.length] as T);

function everyType(): Table {
  const stamps = (unit: TimeUnit, zone: string | null, ...values: bigint[]) =>
    raw(new Timestamp(unit, zone), BigInt64Array.from(pick(...values)), [1]);
  return new Table({
    bool: vectorFromArray(pick(true, false, null), new Bool()),
    i8: vectorFromArray(pick(-128, 127, null, 0), new Int8()),
    i16: vectorFromArray(pick(-32768, 32767, null), new Int16()),
    i32: vectorFromArray(pick(-2147483648, 2147483647, null), new Int32()),
    i64: vectorFromArray(pick(-(2n ** 63n), 2n ** 63n - 1n, null, 9007199254740993n), new Int64()),
    u8: vectorFromArray(pick(0, 255, null), new Uint8()),
    u16: vectorFromArray(pick(0, 65535, null), new Uint16()),
    u32: vectorFromArray(pick(0, 4294967295, null), new Uint32()),
    u64: vectorFromArray(pick(0n, 2n ** 64n - 1n, null), new Uint64()),
    f32: vectorFromArray(pick(1.5, -0, null, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -149), new Float32()),
    f64: vectorFromArray(pick(0.1, -0, null, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324), new Float64()),
    utf8: vectorFromArray(texts, new Utf8()),
    bytes: vectorFromArray(pick(Uint8Array.of(0, 255), null, new Uint8Array(20).fill(7)), new Binary()),
    date: raw(new DateDay(), Int32Array.from(pick(0, -719162, 2932896)), [2]),
    us: stamps(TimeUnit.MICROSECOND, null, 0n, 1n, -62135596800000000n, 253402300799999999n),
    ns: stamps(TimeUnit.NANOSECOND, null, 1n, 1n, -1n, 1700000000123456789n),
    utc: stamps(TimeUnit.MICROSECOND, "UTC", 0n, 1n, 1700000000123456n),
    list: vectorFromArray(
      pick([1, null, 2.5], null, [], [3]),
      new List(new Field("item", new Float64(), true)),
    ),
    words: vectorFromArray(
      pick(["a", null, "a longer text than twelve"], [], null),
      new List(new Field("item", new Utf8(), true)),
    ),
  });
}

function expectSame(actual: Table, expected: Table, names = expected.schema.fields.map((f) => f.name)): void {
  expect(actual.schema.fields.map((f) => f.name)).toEqual(expected.schema.fields.map((f) => f.name));
  expect(actual.numRows).toBe(expected.numRows);
  for (const name of names) expect(column(actual, name), name).toEqual(column(expected, name));
}
const typesOf = (table: Table | { schema: Schema }) => table.schema.fields.map((f) => String(f.type));

describe("every type comes back", () => {
  test.each(["parquet", "arrow", "arrows"] as const)("through %s", async (format) => {
    const table = everyType();
    const back = await roundTrip(`every.${format}`, table);
    expectSame(back, table);
    expect(typesOf(back)).toEqual(typesOf(table));
  });

  test.each(["parquet", "arrow", "arrows"] as const)(
    "from slices that begin within a byte, through %s",
    async (format) => {
      const table = everyType();
      const sliced = table.slice(3, 10);
      expectSame(await roundTrip(`sliced.${format}`, sliced), new Table(table.schema, sliced.batches));
    },
  );

  test.each(["csv", "ndjson", "parquet", "arrow", "arrows"] as const)(
    "what text can hold, through %s",
    async (format) => {
      const table = new Table({
        bool: vectorFromArray(pick(true, false, null), new Bool()),
        i64: vectorFromArray(pick(-(2n ** 63n), 2n ** 63n - 1n, null, 9007199254740993n), new Int64()),
        f64: vectorFromArray(
          pick(0.1, -0, null, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324),
          new Float64(),
        ),
        utf8: vectorFromArray(texts, new Utf8()),
        date: raw(new DateDay(), Int32Array.from(pick(0, -719162, 2932896)), [2]),
        us: raw(
          new Timestamp(TimeUnit.MICROSECOND, null),
          BigInt64Array.from(pick(1n, -62135596800000000n)),
          [1],
        ),
      });
      await write(at(`text.${format}`), table);
      // In JSON a time with a fraction of a second is not taken for one by itself.
      const back = await readTable(
        at(`text.${format}`),
        format === "ndjson" ? { casts: { us: "TIMESTAMP" } } : {},
      );
      expectSame(back, table);
      expect(typesOf(back)).toEqual(typesOf(table));
    },
  );

  test.each(["csv", "ndjson", "parquet", "arrow", "arrows"] as const)(
    "an empty table, through %s",
    async (format) => {
      const empty = new Table(
        new Schema([new Field("a b\"'", new Float64(), true), new Field("t", new Utf8(), true)]),
      );
      const back = await roundTrip(`empty.${format}`, empty);
      expect(back.numRows).toBe(0);
      if (format !== "ndjson") expect(back.schema.fields.map((f) => f.name)).toEqual(["a b\"'", "t"]);
      if (format === "parquet" || format === "arrow") expect(typesOf(back)).toEqual(["Float64", "Utf8"]);
    },
  );
});

describe("types that Parquet knows under another name keep their values", () => {
  test("large text, dictionaries, half floats, fixed-size lists, other units and zones", async () => {
    const half = makeData({
      type: new Float16(),
      length: 4,
      nullCount: 0,
      data: Uint16Array.of(0x3c00, 0xfbff, 0x0001, 0x7c00),
    });
    const zoned = (unit: TimeUnit, ...v: bigint[]) =>
      raw(new Timestamp(unit, "Europe/Paris"), BigInt64Array.from(v), [3]);
    const table = new Table({
      large: vectorFromArray(["x", null, "a text of more than twelve bytes", "é"], new LargeUtf8()),
      dict: vectorFromArray(
        ["x", "a text of more than twelve bytes", null, "x"],
        new Dictionary(new Utf8(), new Uint8()),
      ),
      half: new (vectorOf())([half]),
      fixed: vectorFromArray(
        [[1, 2], null, [3, null], [5, 6]],
        new FixedSizeList(2, new Field("item", new Int32(), true)),
      ),
      s: raw(new Timestamp(TimeUnit.SECOND, null), BigInt64Array.of(0n, -1n, 253402300799n, 5n)),
      ms: raw(new Timestamp(TimeUnit.MILLISECOND, null), BigInt64Array.of(0n, -1n, 253402300799999n, 5n)),
      dateMs: raw(new DateMillisecond(), BigInt64Array.of(0n, -1n, 86400001n, 5n)),
      zs: zoned(TimeUnit.SECOND, 0n, -1n, 1700000000n, 0n),
      zms: zoned(TimeUnit.MILLISECOND, 0n, -1n, 1700000000123n, 0n),
      zns: zoned(TimeUnit.NANOSECOND, 0n, -1000n, 1700000000123456000n, 0n),
    });
    const back = await roundTrip("other.parquet", table);
    expect(column(back, "large")).toEqual(column(table, "large"));
    expect(column(back, "dict")).toEqual(["x", "a text of more than twelve bytes", null, "x"]);
    expect(column(back, "half")).toEqual([1, -65504, 2 ** -24, Number.POSITIVE_INFINITY]);
    expect(column(back, "fixed")).toEqual([[1, 2], null, [3, null], [5, 6]]);
    expect(column(back, "s")).toEqual([0n, -1000000n, 253402300799000000n, 5000000n]);
    expect(column(back, "ms")).toEqual([0n, -1000n, 253402300799999000n, 5000n]);
    expect(column(back, "dateMs")).toEqual([0n, -1000n, 86400001000n, 5000n]);
    expect(column(back, "zs")).toEqual([0n, -1000000n, 1700000000000000n, null]);
    expect(column(back, "zms")).toEqual([0n, -1000n, 1700000000123000n, null]);
    expect(column(back, "zns")).toEqual([0n, -1n, 1700000000123456n, null]);
  });

  test("a dictionary whose own value is null gives null", async () => {
    const dictionary = vectorFromArray(["x", null, "y"], new Utf8());
    const type = new Dictionary(new Utf8(), new Int32());
    const data = makeData({ type, length: 4, nullCount: 0, data: Int32Array.of(2, 1, 0, 1), dictionary });
    const table = new Table({ d: new (vectorOf())([data]) });
    expect(column(await roundTrip("nulldict.parquet", table), "d")).toEqual(["y", null, "x", null]);
  });
});

describe("many rows", () => {
  const count = 10_000;
  const numbers = Array.from({ length: count }, (_, i) => (i % 11 === 0 ? null : i));
  const long = Array.from({ length: count }, (_, i) => (i % 7 === 0 ? null : "é".repeat(i % 40)));
  const repeated = Array.from({ length: count }, (_, i) => `one of seventeen long words, number ${i % 17}`);
  const lists = Array.from({ length: count }, (_, i) =>
    i % 5 === 0 ? null : Array.from({ length: i % 4 }, (_, k) => i + k),
  );
  const big = () =>
    new Table({
      n: vectorFromArray(numbers, new Int32()),
      long: vectorFromArray(long, new Utf8()),
      repeated: vectorFromArray(repeated, new Utf8()),
      list: vectorFromArray(lists, new List(new Field("item", new Int32(), true))),
    });

  test.each(["csv", "ndjson", "parquet", "arrow", "arrows"] as const)(
    "cross chunks and batches, through %s",
    async (format) => {
      const table = format === "csv" ? big().select(["n", "long", "repeated"]) : big();
      await write(at(`big.${format}`), table);
      const source = await openTable(at(`big.${format}`), { batchRows: 999 });
      const batches: RecordBatch[] = [];
      for await (const batch of source) batches.push(batch);
      expect(batches.map((b) => b.numRows).slice(0, 10)).toEqual(new Array(10).fill(999));
      expect(Math.max(...batches.map((b) => b.numRows))).toBe(999);
      const back = new Table(source.schema, batches);
      expect(column(back, "n").map((n) => (n === null ? null : Number(n)))).toEqual(numbers);
      expect(column(back, "long")).toEqual(long);
      expect(column(back, "repeated")).toEqual(repeated);
      if (format !== "csv") {
        expect(column(back, "list").map((l) => (l as unknown[] | null)?.map(Number) ?? null)).toEqual(lists);
      }
    },
  );

  test("a filter and an order leave lists and long texts whole", async () => {
    await write(at("filter.parquet"), big());
    const back = await readTable(at("filter.parquet"), {
      where: "n % 3 = 1",
      orderBy: "n DESC",
      limit: 1000,
    });
    const expected = numbers
      .flatMap((n, i) => (n !== null && n % 3 === 1 ? [i] : []))
      .reverse()
      .slice(0, 1000);
    expect(column(back, "n")).toEqual(expected);
    expect(column(back, "long")).toEqual(expected.map((i) => long[i]));
    expect(column(back, "list")).toEqual(expected.map((i) => lists[i]));
  });

  test("the number of rows is known where that is cheap", async () => {
    const known = async (name: string, options = {}) => {
      const source = await openTable(at(name), options);
      await source.close();
      return source.rowCount;
    };
    for (const format of ["parquet", "arrow", "arrows"]) await write(at(`count.${format}`), big());
    expect(await known("count.parquet")).toBe(count);
    expect(await known("count.parquet", { limit: 5 })).toBe(5);
    expect(await known("count.parquet", { where: "n > 3" })).toBeUndefined();
    expect(await known("count.arrow")).toBe(count);
    expect(await known("count.arrow", { limit: 5 })).toBe(5);
    expect(await known("count.arrows")).toBeUndefined();
  });

  test("writing from several batches keeps their order, beyond the memory limit too", async () => {
    const schema = new Schema([new Field("n", new Int32(), true)]);
    const sink = await createTable(at("many.parquet"), schema, { memoryLimit: "40MB", threads: 1 });
    const perBatch = 200_000;
    for (let b = 0; b < 20; b++) {
      const data = Int32Array.from({ length: perBatch }, (_, i) => b * perBatch + i);
      const child = makeData({ type: new Int32(), length: perBatch, nullCount: 0, data });
      await sink.write(
        new RecordBatch(
          schema,
          makeData({ type: new Struct(schema.fields), length: perBatch, nullCount: 0, children: [child] }),
        ),
      );
    }
    expect((await sink.close()).rows).toBe(20 * perBatch);
    let next = 0;
    for await (const batch of await openTable(at("many.parquet"))) {
      const values = batch.data.children[0]?.values as Int32Array;
      for (let i = 0; i < batch.numRows; i++)
        if (values[i] !== next++) throw new Error(`row ${next} is out of order`);
    }
    expect(next).toBe(20 * perBatch);
  });
});

describe("choosing what to read", () => {
  const small = () =>
    new Table({
      id: vectorFromArray([1, 2, 3, 4], new Int32()),
      "odd \"name'": vectorFromArray(["a", "b", null, "d"], new Utf8()),
      x: vectorFromArray([0.5, null, 2.5, 3.5], new Float64()),
    });

  test.each(["csv", "ndjson", "parquet", "arrow", "arrows"] as const)(
    "columns and limit, from %s",
    async (format) => {
      await write(at(`choose.${format}`), small());
      const back = await readTable(at(`choose.${format}`), { columns: ["x", "odd \"name'"], limit: 3 });
      expect(back.schema.fields.map((f) => f.name)).toEqual(["x", "odd \"name'"]);
      expect(column(back, "x")).toEqual([0.5, null, 2.5]);
      expect(column(back, "odd \"name'")).toEqual(["a", "b", null]);
      expect((await readTable(at(`choose.${format}`), { limit: 0 })).numRows).toBe(0);
    },
  );

  test.each(["csv", "ndjson", "parquet"] as const)("a predicate and an order, from %s", async (format) => {
    await write(at(`sql.${format}`), small());
    const options = {
      where: "id > 1 -- all but the first",
      orderBy: "id DESC -- last first",
      columns: ["x"],
    };
    expect(column(await readTable(at(`sql.${format}`), options), "x")).toEqual([3.5, 2.5, null]);
  });

  test("casts", async () => {
    writeFileSync(at("cast.csv"), "zip,t,n\n01234,12:30:00,1\n00042,01:02:03,2\n");
    await expect(readTable(at("cast.csv"))).rejects.toMatchObject({ code: "UNSUPPORTED_TYPE" });
    const back = await readTable(at("cast.csv"), { casts: { zip: "VARCHAR", t: "VARCHAR", n: "FLOAT" } });
    expect(column(back, "zip")).toEqual(["01234", "00042"]);
    expect(column(back, "t")).toEqual(["12:30:00", "01:02:03"]);
    expect(typesOf(back)).toEqual(["Utf8", "Utf8", "Float32"]);
    await write(
      at("cast.parquet"),
      new Table({
        v: vectorFromArray(
          [
            [1, 2],
            [3, 4],
          ],
          new List(new Field("item", new Float64(), true)),
        ),
      }),
    );
    const fixed = await readTable(at("cast.parquet"), { casts: { v: "FLOAT[2]" } });
    expect(typesOf(fixed)).toEqual(["FixedSizeList[2]<Float32>"]);
    expect(column(fixed, "v")).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test("lists come back from CSV by a cast", async () => {
    const lists = [[1, null, 2.5], null, []];
    const type = new List(new Field("item", new Float64(), true));
    await write(
      at("lists.csv"),
      new Table({ v: vectorFromArray(lists, type), i: vectorFromArray([1, 2, 3], new Int32()) }),
    );
    expect(column(await readTable(at("lists.csv"), { casts: { v: "DOUBLE[]" } }), "v")).toEqual(lists);
  });

  test("decimals become float64, enums dictionaries", async () => {
    writeFileSync(at("decimal.csv"), "d,e\n1.25,a\n-0.10,b\n,a\n");
    const back = await readTable(at("decimal.csv"), {
      casts: { d: "DECIMAL(9,2)", e: "ENUM('b', 'it''s', 'a')" },
    });
    expect(typesOf(back)).toEqual(["Float64", "Dictionary<Int32, Utf8>"]);
    expect(column(back, "d")).toEqual([1.25, -0.1, null]);
    expect(column(back, "e")).toEqual(["a", "b", "a"]);
  });
});

describe("CSV and NDJSON lose nothing by guessing", () => {
  const read = (name: string, text: string, options = {}) => {
    writeFileSync(at(name), text);
    return readTable(at(name), options);
  };

  test("types are detected from all lines", async () => {
    const table = await read("late.csv", `a\n${"1\n".repeat(30_000)}1.5\n`);
    expect(column(table, "a").at(-1)).toBe(1.5);
    const keys = await read("late.ndjson", `${'{"a":1}\n'.repeat(30_000)}{"b":2}\n`);
    expect(column(keys, "b").at(-1)).toBe(2n);
  });

  test("quotes, comment signs, separators, line ends", async () => {
    expect(column(await read("q.csv", 'a,b\n"1,2\n3","x""y"\n#4,""\n,"z"\n'), "a")).toEqual([
      "1,2\n3",
      "#4",
      null,
    ]);
    expect(column(await read("q.csv", 'a,b\n"1,2\n3","x""y"\n#4,""\n,"z"\n'), "b")).toEqual(['x"y', "", "z"]);
    expect(column(await read("pipe.csv", "a\n1|2\n3|4\n"), "a")).toEqual(["1|2", "3|4"]);
    expect(column(await read("tab.tsv", "a\tb\n1,5\tx\n"), "a")).toEqual(["1,5"]);
    expect(column(await read("semi.csv", "a;b\n1;2\n", { delimiter: ";" }), "b")).toEqual([2n]);
    expect(column(await read("na.csv", "a\n1\nNA\n", { nullText: "NA" }), "a")).toEqual([1n, null]);
    expect(column(await read("bom.csv", "\ufeffa,b\r\n1,2\r\n"), "a")).toEqual([1n]);
    expect(column(await read("words.csv", "a,b\nx,y\n"), "a")).toEqual(["x"]);
  });

  test("JSON arrays, text that looks like a UUID, negative numbers among many", async () => {
    expect(column(await read("array.json", '[{"a":1},{"a":-2}]'), "a")).toEqual([1n, -2n]);
    const uuid = "b5f8a3f0-0000-4000-8000-00000000000A";
    expect(column(await read("uuid.ndjson", `{"a":"${uuid}"}\n`), "a")).toEqual([uuid]);
    const numbers = Array.from({ length: 60_000 }, (_, i) => i - (i % 2) * 50_000);
    const many = await read(
      "many.ndjson",
      numbers.map((n) => `{"n":${n},"pad":"${"x".repeat(200)}"}`).join("\n"),
    );
    expect(column(many, "n")).toEqual(numbers.map(BigInt));
    const mixed = await read("mixed.ndjson", '{"a":1}\n{"a":"x"}\n', { casts: { a: "VARCHAR" } });
    expect(column(mixed, "a")).toEqual(["1", "x"]);
    expect((await read("nothing.ndjson", "")).numRows).toBe(0);
  });

  test("names are taken literally, whatever a glob or a directory's name could mean", async () => {
    const name = "year=2020 [1]*?'\".csv";
    const table = await read(name, "a\n1\n");
    expect(table.schema.fields.map((f) => f.name)).toEqual(["a"]);
    const sink = await createTable(at(`out ${name}`), table.schema);
    await sink.write(table);
    await sink.close();
    expect(column(await readTable(at(`out ${name}`)), "a")).toEqual([1n]);
  });
});

test("a sink leaves nothing behind, and the old file until it is closed", async () => {
  const formats: TableFormat[] = ["parquet", "csv", "ndjson", "arrow", "arrows"];
  const inside = join(directory, "atomic");
  mkdirSync(inside);
  const table = new Table({ a: vectorFromArray([1, 2], new Int32()) });
  for (const format of formats) {
    const path = join(inside, `t.${format}`);
    writeFileSync(path, "old");
    const given = await createTable(path, table.schema);
    await given.write(table);
    await given.abort();
    expect(readFileSync(path, "utf8")).toBe("old");
    const sink = await createTable(path, table.schema);
    await sink.write(table);
    expect(readFileSync(path, "utf8")).toBe("old");
    await sink.close();
    expect(column(await readTable(path), "a").map(Number)).toEqual([1, 2]);
    await expect(sink.write(table)).rejects.toMatchObject({ code: "CLOSED" });
  }
  expect(readdirSync(inside).sort()).toEqual(formats.map((f) => `t.${f}`).sort());
});
