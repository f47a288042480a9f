import { DataType, type RecordBatch, type Table, tableFromIPC, Vector } from "apache-arrow";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError, OnlineError } from "../../src/errors.js";
import { t } from "../../src/types/input-type.js";
import { createFeatureLog, readLog, type FeatureLogOptions, type LogRecord, type LogSchema } from "../../src/online/log/index.js";
import { buildLogWorker, scratch, until, type BuiltWorker } from "./log-support.js";

let worker: BuiltWorker;
beforeAll(async () => {
  worker = await buildLogWorker();
});
afterAll(() => worker.remove());

const small: LogSchema = {
  view: { name: "fraud", version: 3 },
  model: { name: "trees", version: "7" },
  fingerprint: "f00d",
  keys: { card: t.int64() },
  untransformed: { amount: t.float64(), country: t.utf8().nullable() },
  transformed: ["a", "b"],
};
const record = (i: number): LogRecord => ({
  time: 1_700_000_000_000 + i,
  requestId: `r${i}`,
  keys: { card: i % 10 },
  untransformed: { amount: i / 3, country: i % 4 === 0 ? null : "CH" },
  transformed: Float32Array.of(i, -i / 3),
  prediction: i / 7,
});
function open(options: Partial<FeatureLogOptions> & { path?: string; sink?: FeatureLogOptions["sink"] }) {
  return createFeatureLog({ schema: small, worker: worker.file, flushMillis: 20, ...options });
}
const ids = (table: Table): string[] => [...(table.getChild("log.request_id") as Iterable<string>)];

describe("values", () => {
  const MAX = 2n ** 63n - 1n;
  // Each type with its extremes; null and missing values are added below.
  const cases = {
    i8: { type: t.int8(), values: [-128, 127, 0] },
    i16: { type: t.int16(), values: [-32768, 32767, 1] },
    i32: { type: t.int32(), values: [-(2 ** 31), 2 ** 31 - 1, 2] },
    i64: { type: t.int64(), values: [-MAX - 1n, MAX, 2n ** 53n + 1n] },
    u8: { type: t.uint8(), values: [0, 255, 3] },
    u16: { type: t.uint16(), values: [0, 65535, 4] },
    u32: { type: t.uint32(), values: [0, 2 ** 32 - 1, 5] },
    u64: { type: t.uint64(), values: [0n, MAX, 6n] },
    f16: { type: t.float16(), values: [65504, -(2 ** -24), NaN], stored: [65504, -(2 ** -24), NaN] },
    f16more: { type: t.float16(), values: [0.1, -Infinity, 2 ** -14], stored: [0.0999755859375, -Infinity, 2 ** -14] },
    f32: { type: t.float32(), values: [0.1, -0, Infinity], stored: [Math.fround(0.1), -0, Infinity] },
    f64: { type: t.float64(), values: [0.1, -0, Number.MIN_VALUE] },
    flag: { type: t.bool(), values: [true, false, true] },
    text: { type: t.utf8(), values: ["", "Zürich 🏔", "x".repeat(700)] },
    seconds: { type: t.timestamp("s"), values: [-1n, 1_700_000_000n, 2n ** 40n] },
    millis: { type: t.timestamp("ms", "Europe/Zurich"), values: [new Date(1_700_000_000_123), -5n, 0n], stored: [1_700_000_000_123n, -5n, 0n] },
    micros: { type: t.timestamp("us", "UTC"), values: [1n, 2n, 3n] },
    nanos: { type: t.timestamp("ns"), values: [1_700_000_000_000_000_001n, -1n, 7n] },
    day: { type: t.date32(), values: [new Date("2024-02-29T23:00:00Z"), -1, 2 ** 31 - 2], stored: [19782, -1, 2 ** 31 - 2] },
    date: { type: t.date64(), values: [86_400_000n, -86_400_000n, 0n] },
    numbers: { type: t.list(t.float32()), values: [[0.5, null, -0], [], Float64Array.of(1, 2)], stored: [[0.5, null, -0], [], [1, 2]] },
    longs: { type: t.list(t.int64()), values: [[MAX, null], [1n], [null]] },
    bytes: { type: t.list(t.uint8()), values: [[255, null], [1], [0]] },
    words: { type: t.list(t.utf8()), values: [["a", null, "Zürich", ""], [], ["y".repeat(90)]] },
    instants: { type: t.list(t.timestamp("us")), values: [[1n, null, -1n], [], [5n]] },
    pair: { type: t.fixedSizeList(t.float64(), 2), values: [[1, 2], [null, 4], [5, null]] },
    shorts: { type: t.fixedSizeList(t.int16(), 3), values: [[1, 2, 3], [-32768, null, 0], [4, 5, 6]] },
  } as const;
  const names = Object.keys(cases) as (keyof typeof cases)[];
  const schema: LogSchema = {
    view: { name: "types", version: "1" },
    keys: { id: t.utf8(), day: t.date32() },
    untransformed: Object.fromEntries(names.map((name) => [name, cases[name].type])),
    transformed: ["x", "y", "z"],
    prediction: "int64",
    probabilities: "float64",
    classes: ["no", "yes"],
  };

  /** The stored value without the library's conversions: ticks of times, floats of halves. */
  function stored(type: DataType, data: RecordBatch["data"]["children"][number], row: number): unknown {
    if (data.nullCount > 0 && !data.getValid(row)) return null;
    if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
      const offsets: Int32Array = data.valueOffsets;
      const [start, end] = DataType.isList(type) ? [offsets[row]!, offsets[row + 1]!] : [row * type.listSize, (row + 1) * type.listSize];
      return Array.from({ length: end - start }, (_, i) => stored(type.valueType, data.children[0]!, start + i));
    }
    if (DataType.isTimestamp(type) || DataType.isDate(type)) return data.values[row];
    return new Vector([data]).get(row);
  }

  const rows: LogRecord[] = [0, 1, 2, 3].map((i) => ({
    time: 1_700_000_000_000.25 + i,
    requestId: `request ${i}`,
    keys: { id: `k${i}`, day: i },
    untransformed: i === 3 ? { flag: null } : Object.fromEntries(names.map((name) => [name, cases[name].values[i]])),
    transformed: i === 3 ? null : Float32Array.of(NaN, -0, 0.1 * i),
    ...(i === 3 ? { fallback: true, fallbackReason: "store timed out", modelName: "other", modelVersion: "9" } : { prediction: BigInt(i), probabilities: [0.1, 0.9] }),
  }));

  async function check(format: "arrow" | "parquet"): Promise<void> {
    const path = scratch(worker);
    const errors: Error[] = [];
    const log = createFeatureLog({ schema, path, format, worker: worker.file, onError: (error) => errors.push(error) });
    for (const row of rows) expect(log.append(row)).toBe(true);
    await log.close();
    expect(errors).toEqual([]);
    expect(readdirSync(path).filter((file) => !file.endsWith(".schema")).map((file) => file.replace(/-.*\./, "."))).toEqual([format === "arrow" ? "types.arrows" : "types.parquet"]);
    const table = await readLog(path).table();
    expect(table.schema.metadata.get("skewless.view")).toBe("types");
    expect(table.schema.metadata.get("skewless.classes")).toBe('["no","yes"]');
    expect(table.numRows).toBe(4);
    const batch = table.batches[0]!;
    for (const name of names) {
      if (name === "day") continue;
      const at = table.schema.fields.findIndex((field) => field.name === name);
      const field = table.schema.fields[at]!;
      expect(field.metadata.get("skewless.role")).toBe("untransformed");
      const { values, stored: kept = values } = cases[name] as { values: readonly unknown[]; stored?: readonly unknown[] };
      for (const [row, value] of [...kept, null].entries()) expect(stored(field.type, batch.data.children[at]!, row), `${name} of row ${row}`).toStrictEqual(value);
    }
    const value = (name: string, row: number): unknown => table.getChild(name)!.get(row);
    expect(batch.data.children[0]!.values[1]).toBe(1_700_000_000_001_250n);
    expect(value("log.request_id", 2)).toBe("request 2");
    expect([value("log.view", 0), value("log.view_version", 1)]).toEqual(["types", "1"]);
    expect([0, 3].map((row) => value("log.model", row))).toEqual([null, "other"]);
    expect(value("log.model_version", 3)).toBe("9");
    expect(value("id", 1)).toBe("k1");
    expect([0, 1, 2, 3].map((row) => value("transformed.y", row))).toStrictEqual([-0, -0, -0, null]);
    expect([0, 2].map((row) => value("transformed.z", row))).toStrictEqual([0, Math.fround(0.2)]);
    expect(value("transformed.x", 0)).toBeNaN();
    expect([0, 1, 2, 3].map((row) => value("log.prediction", row))).toEqual([0n, 1n, 2n, null]);
    expect([...(value("log.probabilities", 1) as Iterable<number>)]).toEqual([0.1, 0.9]);
    expect([0, 3].map((row) => value("log.fallback", row))).toEqual([false, true]);
    expect(value("log.fallback_reason", 3)).toBe("store timed out");
  }

  test("of every type survive exactly, as Arrow", () => check("arrow"));
  test("and as Parquet", () => check("parquet"));

  test("a key that is a feature too is logged once", async () => {
    const log = createFeatureLog({ schema, path: scratch(worker), worker: worker.file });
    expect(log.schema.fields.filter((field) => field.name === "day")).toHaveLength(1);
    expect(log.schema.fields.find((field) => field.name === "day")?.metadata).toEqual(new Map([["skewless.role", "key"], ["skewless.type", "date32"], ["skewless.untransformed", "true"]]));
    await log.close();
  });

  test("that do not fit are refused, and nothing of the record is logged", async () => {
    const path = scratch(worker);
    const log = open({ path, heapBytes: 1000 });
    const bad: [Record<string, unknown>, string][] = [
      [{ requestId: null }, "NULL_INPUT"],
      [{ requestId: 5 }, "WRONG_TYPE"],
      [{ time: NaN }, "WRONG_TYPE"],
      [{ keys: { card: 1.5 } }, "OUT_OF_RANGE"],
      [{ untransformed: { amount: "1" } }, "WRONG_TYPE"],
      [{ transformed: Float32Array.of(1) }, "WRONG_SHAPE"],
      [{ prediction: "yes" }, "WRONG_TYPE"],
      [{ untransformed: { country: "x".repeat(1001) } }, "TOO_LARGE"],
      [{ untransformed: { country: "\ud800" } }, "INVALID_UTF8"],
    ];
    for (const [change, code] of bad) {
      expect(() => log.append({ ...record(0), ...change } as LogRecord), code).toThrow(expect.objectContaining({ code }) as Error);
      expect(() => log.append({ ...record(0), ...change } as LogRecord)).toThrow(InputError);
    }
    expect(() => log.append(null as unknown as LogRecord)).toThrow(InputError);
    log.append(record(1));
    await log.close();
    expect(log.stats()).toMatchObject({ written: 1, dropped: 0, queued: 0 });
    expect(ids(await readLog(path).table())).toEqual(["r1"]);
  });

  test("texts larger than what is left of a block go to the next one", async () => {
    const path = scratch(worker);
    const log = open({ path, heapBytes: 400, flushRows: 64, queueRows: 64 * 8, whenFull: "block" });
    const texts = Array.from({ length: 500 }, (_, i) => "é".repeat((i * 37) % 180));
    for (const [i, country] of texts.entries()) log.append({ ...record(i), untransformed: { amount: i, country } });
    await log.close();
    const table = await readLog(path).table();
    expect([...(table.getChild("country") as Iterable<string>)]).toEqual(texts);
    expect([...(table.getChild("amount") as Iterable<number>)]).toEqual(texts.map((_, i) => i));
    expect(ids(table)).toEqual(texts.map((_, i) => `r${i}`));
  });
});

describe("flushing and closing", () => {
  test("a record is readable after flush, and after flushMillis", async () => {
    const path = scratch(worker);
    const log = open({ path, flushMillis: 1_000_000 });
    log.append(record(1));
    await log.flush();
    expect(ids(await readLog(path).table())).toEqual(["r1"]);
    log.append(record(2));
    await Promise.all([log.flush(), log.flush()]);
    expect(ids(await readLog(path).table())).toEqual(["r1", "r2"]);
    expect(readdirSync(path)).toEqual([expect.stringMatching(/^fraud-\d{8}T\d{9}Z-000000\.open\.arrows$/)]);
    await log.close();
    expect(readdirSync(path)).toEqual([expect.stringMatching(/^fraud-\d{8}T\d{9}Z-000000\.arrows$/)]);
    // Any Arrow reader reads it.
    expect(tableFromIPC(readFileSync(join(path, readdirSync(path)[0]!))).numRows).toBe(2);

    const timed = open({ path: scratch(worker), flushMillis: 10 });
    timed.append(record(3));
    await until(() => timed.stats().written === 1, "the timer's flush");
    await timed.close();
  });

  test("a full batch is written before the timer", async () => {
    const log = open({ path: scratch(worker), flushMillis: 1_000_000, flushRows: 16 });
    for (let i = 0; i < 40; i++) log.append(record(i));
    await until(() => log.stats().written === 32, "two batches");
    await log.close();
    expect(log.stats()).toMatchObject({ written: 40, flushes: 3, segments: 1, dropped: 0, queued: 0, errors: 0 });
  });

  test("close is idempotent; a closed log refuses", async () => {
    const log = open({ path: scratch(worker) });
    log.append(record(0));
    const first = log.close();
    expect(log.close()).toBe(first);
    await first;
    await log.close();
    expect(() => log.append(record(1))).toThrow(expect.objectContaining({ code: "CLOSED" }) as Error);
    await expect(log.appendAsync(record(1))).rejects.toMatchObject({ code: "CLOSED" });
    await expect(log.flush()).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("an empty log leaves no file", async () => {
    const path = scratch(worker);
    await open({ path }).close();
    expect(readdirSync(path)).toEqual([]);
  });

  test("segments are rotated by size and by time", async () => {
    const path = scratch(worker);
    const log = open({ path, rotateBytes: 20_000, flushRows: 32, whenFull: "block" });
    for (let i = 0; i < 2000; i++) log.append(record(i));
    await log.close();
    expect(log.stats().segments).toBe(readdirSync(path).length);
    expect(readdirSync(path).length).toBeGreaterThan(3);
    expect(ids(await readLog(path).table())).toEqual(Array.from({ length: 2000 }, (_, i) => `r${i}`));

    const timed = scratch(worker);
    const aging = open({ path: timed, rotateMillis: 50, flushMillis: 10 });
    aging.append(record(1));
    await until(() => readdirSync(timed).some((file) => /-000000\.arrows$/.test(file)), "the first segment's end");
    aging.append(record(2));
    await aging.close();
    expect(readdirSync(timed)).toHaveLength(2);
    expect(ids(await readLog(timed).table())).toEqual(["r1", "r2"]);
  });
});

describe("a full queue", () => {
  /** A sink that stops until a file is there, and writes ids to another. */
  function slowSink(): { options: Partial<FeatureLogOptions>; open: () => void; written: () => string[] } {
    const folder = scratch(worker);
    const gate = join(folder, "gate");
    const output = join(folder, "ids");
    const module = join(folder, "sink.mjs");
    writeFileSync(
      module,
      `import { appendFileSync, existsSync } from "node:fs";
export default ({ gate, output }, schema) => ({
  async write(batch) {
    if (batch.schema.fields[0].name !== schema.fields[0].name) throw new Error("schema");
    while (!existsSync(gate)) await new Promise((done) => setTimeout(done, 5));
    const ids = batch.getChild("log.request_id");
    for (let i = 0; i < batch.numRows; i++) appendFileSync(output, ids.get(i) + "\\n");
  },
  close() { appendFileSync(output, "closed\\n"); },
});`,
    );
    return {
      options: { sink: { module, options: { gate, output } }, flushRows: 8, queueRows: 32, flushMillis: 1_000_000 },
      open: () => writeFileSync(gate, ""),
      written: () => (existsSync(output) ? readFileSync(output, "utf8").trim().split("\n") : []),
    };
  }
  const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `r${from + i}`);

  test("drops the newest", async () => {
    const sink = slowSink();
    const log = open({ ...sink.options, whenFull: "dropNewest" });
    const kept = Array.from({ length: 50 }, (_, i) => log.append(record(i)));
    expect(kept.map((own, i) => (own ? i : -1)).filter((i) => i >= 0)).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(log.stats()).toMatchObject({ queued: 32, dropped: 18, written: 0 });
    sink.open();
    await log.close();
    expect(sink.written()).toEqual([...names(0, 32), "closed"]);
    expect(log.stats()).toMatchObject({ queued: 0, dropped: 18, written: 32 });
  });

  test("drops the oldest, a batch at a time", async () => {
    const sink = slowSink();
    const log = open({ ...sink.options, whenFull: "dropOldest" });
    for (let i = 0; i < 8; i++) log.append(record(i));
    // The worker holds the first batch now.
    log.append(record(8));
    await until(() => log.stats().queued === 9, "start");
    await new Promise((done) => setTimeout(done, 500));
    for (let i = 9; i < 50; i++) expect(log.append(record(i))).toBe(true);
    sink.open();
    await log.close();
    const written = sink.written();
    expect(written.at(-1)).toBe("closed");
    const rows = written.slice(0, -1);
    // Every batch is whole, in order, and the newest is there.
    expect(rows.slice(-10)).toEqual(names(40, 50));
    expect(rows).toEqual([...rows].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
    expect(log.stats().dropped).toBe(50 - rows.length);
    expect(log.stats().dropped).toBeGreaterThanOrEqual(16);
    expect(log.stats().queued).toBe(0);
  });

  test.each(["dropOldest", "dropNewest", "block"] as const)("%s, while rows are appended, dropped and flushed at once: each row is whole, in order and counted", async (whenFull) => {
    const path = scratch(worker);
    const log = open({ path, whenFull, flushMillis: 1, flushRows: 16, queueRows: 64, blockMillis: 60_000 });
    const count = 30_000;
    const flushes: Promise<void>[] = [];
    let refused = 0;
    for (let i = 0; i < count; i++) {
      if (!log.append({ ...record(i), keys: { card: i }, untransformed: { amount: i, country: `country ${i}` } })) refused++;
      if (i % 1000 === 0) flushes.push(log.flush());
      if (i % 300 === 0) await new Promise((done) => setTimeout(done, 1));
    }
    await Promise.all(flushes);
    await log.close();
    let last = -1;
    let rows = 0;
    for await (const batch of readLog(path)) {
      const [id, card, amount, country, a, b] = ["log.request_id", "card", "amount", "country", "transformed.a", "transformed.b"].map((name) => batch.getChild(name)!);
      for (let row = 0; row < batch.numRows; row++, rows++) {
        const i = amount!.get(row) as number;
        if (i <= last) expect.fail(`${i} after ${last}`);
        last = i;
        expect([id!.get(row), card!.get(row), country!.get(row), a!.get(row), b!.get(row)]).toEqual([`r${i}`, BigInt(i), `country ${i}`, i, Math.fround(-i / 3)]);
      }
    }
    const stats = log.stats();
    expect({ written: stats.written, sum: stats.written + stats.dropped, queued: stats.queued, errors: stats.errors }).toEqual({ written: rows, sum: count, queued: 0, errors: 0 });
    if (whenFull === "block") expect(rows).toBe(count);
    else expect(stats.dropped).toBeGreaterThan(0);
    if (whenFull === "dropNewest") expect(stats.dropped).toBe(refused);
    else expect(refused).toBe(0);
  });

  test("blocks, for a limited time", async () => {
    const sink = slowSink();
    const log = open({ ...sink.options, whenFull: "block", blockMillis: 60 });
    for (let i = 0; i < 32; i++) log.append(record(i));
    const start = performance.now();
    expect(() => log.append(record(32))).toThrow(expect.objectContaining({ code: "LOG_FULL" }) as Error);
    expect(() => log.append(record(32))).toThrow(OnlineError);
    expect(performance.now() - start).toBeGreaterThanOrEqual(115);
    await expect(log.appendAsync(record(33))).rejects.toMatchObject({ code: "LOG_FULL" });
    sink.open();
    await log.close();
    expect(sink.written()).toEqual([...names(0, 32), "closed"]);
    expect(log.stats()).toMatchObject({ dropped: 3, written: 32 });
  });

  test("appendAsync waits without blocking, in order", async () => {
    const sink = slowSink();
    const log = open({ ...sink.options, whenFull: "block", blockMillis: 10_000 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const all = Array.from({ length: 200 }, (_, i) => log.appendAsync(record(i)));
    await new Promise((done) => setTimeout(done, 100));
    expect(ticks).toBeGreaterThan(5);
    expect(log.stats().queued).toBe(32);
    sink.open();
    expect(await Promise.all(all)).toEqual(all.map(() => true));
    clearInterval(timer);
    await log.close();
    expect(sink.written()).toEqual([...names(0, 200), "closed"]);
  });

  test("a sink that fails gets the batch again", async () => {
    const folder = scratch(worker);
    const module = join(folder, "sink.mjs");
    const output = join(folder, "out");
    writeFileSync(
      module,
      `import { appendFileSync } from "node:fs";
let failures = 2;
export default ({ output }) => ({ write(batch) { if (failures-- > 0) throw new Error("no room"); appendFileSync(output, batch.numRows + "\\n"); }, async close() {} });`,
    );
    const errors: Error[] = [];
    const log = open({ sink: { module, options: { output } }, flushMillis: 1_000_000, onError: (error) => errors.push(error) });
    log.append(record(0));
    log.append(record(1));
    await expect(log.flush()).rejects.toThrow("no room");
    await expect(log.flush()).rejects.toThrow("no room");
    await log.flush();
    await log.close();
    expect(readFileSync(output, "utf8")).toBe("2\n");
    expect(log.stats()).toMatchObject({ written: 2, errors: 2, dropped: 0 });
  });

  test("a module that is no sink is reported, and closing tells what was lost", async () => {
    const module = join(scratch(worker), "sink.mjs");
    writeFileSync(module, "export default 5;");
    const errors: Error[] = [];
    const log = open({ sink: { module }, onError: (error) => errors.push(error) });
    log.append(record(0));
    await until(() => errors.length > 0, "the report");
    expect(errors[0]).toMatchObject({ code: "WRONG_TYPE" });
    await expect(log.close()).rejects.toMatchObject({ code: "WRONG_TYPE" });
    expect(log.stats()).toMatchObject({ dropped: 1, queued: 0, written: 0 });
  });
});

describe("a disk that fails", () => {
  test("a removed directory is reported and made again", async () => {
    const path = join(scratch(worker), "log");
    const errors: Error[] = [];
    const log = open({ path, flushMillis: 10, onError: (error) => errors.push(error) });
    log.append(record(0));
    await log.flush();
    rmSync(path, { recursive: true });
    expect(log.append(record(1))).toBe(true);
    await until(() => log.stats().written === 2, "recovery");
    expect(errors[0]).toMatchObject({ code: "WRITE_FAILED" });
    expect(log.stats().lastError).toBe(errors[0]);
    await log.close();
    expect(ids(await readLog(path).table())).toEqual(["r1"]);
  });

  test("records wait for a directory whose parent is gone, and are written when it is back", async () => {
    const parent = scratch(worker);
    const path = join(parent, "log");
    const errors: Error[] = [];
    const log = open({ path, flushMillis: 10, onError: (error) => errors.push(error) });
    renameSync(parent, `${parent}-away`);
    for (let i = 0; i < 5; i++) expect(log.append(record(i))).toBe(true);
    await until(() => errors.length >= 3, "reports");
    expect(log.stats()).toMatchObject({ written: 0, queued: 5, dropped: 0 });
    await expect(log.flush()).rejects.toMatchObject({ code: "WRITE_FAILED" });
    renameSync(`${parent}-away`, parent);
    await until(() => log.stats().written === 5, "recovery");
    await log.close();
    expect(ids(await readLog(path).table())).toEqual(["r0", "r1", "r2", "r3", "r4"]);
  });

  test("a worker that is not there is an error at once", () => {
    expect(() => open({ path: scratch(worker), worker: join(worker.folder, "none.mjs") })).toThrow(expect.objectContaining({ code: "INVALID_LOG" }) as Error);
  });

  test("a directory that cannot be made is an error at once", () => {
    const file = join(scratch(worker), "file");
    writeFileSync(file, "");
    expect(() => open({ path: join(file, "log") })).toThrow(expect.objectContaining({ code: "WRITE_FAILED" }) as Error);
  });
});

describe("Parquet", () => {
  test("segments are converted in the background, also those that a dead process left", async () => {
    const path = scratch(worker);
    const plain = open({ path });
    for (let i = 0; i < 10; i++) plain.append(record(i));
    await plain.close();
    const log = open({ path, format: "parquet", rotateBytes: 5000, flushRows: 16, whenFull: "block" });
    for (let i = 10; i < 200; i++) log.append(record(i));
    await log.close();
    const files = readdirSync(path);
    expect(files.filter((file) => file.endsWith(".arrows"))).toEqual([]);
    expect(files.filter((file) => file.endsWith(".parquet")).length).toBeGreaterThan(2);
    expect(ids(await readLog(path).table())).toEqual(Array.from({ length: 200 }, (_, i) => `r${i}`));
  });
});

describe("declarations", () => {
  test.each([
    ["two columns of one name", { ...small, untransformed: { "log.time": t.float64() } }],
    ["a key of another type than the feature", { ...small, untransformed: { card: t.float64() } }],
    ["no view", { ...small, view: undefined }],
    ["an unknown prediction", { ...small, prediction: "bool" }],
  ])("%s", (_what, schema) => {
    expect(() => createFeatureLog({ schema: schema as unknown as LogSchema, path: worker.folder })).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }) as Error);
  });

  test.each([
    ["neither path nor sink", {}],
    ["both", { path: "x", sink: { module: "y" } }],
    ["a policy", { path: "x", whenFull: "wait" }],
    ["a size", { path: "x", flushRows: 0 }],
    ["a queue beyond memory", { path: "x", queueRows: 1e9 }],
    ["a format", { path: "x", format: "csv" }],
  ])("options: %s", (_what, options) => {
    expect(() => createFeatureLog({ schema: small, ...(options as object) } as FeatureLogOptions)).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }) as Error);
    expect(existsSync("x")).toBe(false);
  });
});
