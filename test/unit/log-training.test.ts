import { Dictionary, Int32, Int64, Table, TimestampMillisecond, Utf8, Int8, tableToIPC, vectorFromArray, type DataType } from "apache-arrow";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { columns } from "../../src/features/columns.js";
import { defineFeatures } from "../../src/features/define-features.js";
import { t } from "../../src/types/input-type.js";
import { createTable } from "../../src/io/index.js";
import { createFeatureLog, readLog, trainingDataFromLog, type LogRecord, type LogSchema } from "../../src/online/log/index.js";
import { buildLogWorker, scratch, type BuiltWorker } from "./log-support.js";

let worker: BuiltWorker;
beforeAll(async () => {
  worker = await buildLogWorker();
});
afterAll(() => worker.remove());

const schema: LogSchema = {
  view: { name: "v", version: 1 },
  model: { name: "champion", version: 1 },
  keys: { card: t.int64(), country: t.utf8() },
  untransformed: { amount: t.float64().nullable(), country: t.utf8() },
  transformed: ["amount", "fr"],
};
const T0 = 1_700_000_000_000;
/** A request at a second after T0. */
const request = (id: string, second: number, card: number, more: Partial<LogRecord> = {}): LogRecord => ({
  requestId: id,
  time: T0 + second * 1000,
  keys: { card, country: "CH" },
  untransformed: { amount: second / 4, country: "CH" },
  transformed: [second / 8, 0],
  prediction: 0.5,
  ...more,
});
async function logged(records: readonly LogRecord[], own: LogSchema = schema): Promise<string> {
  const path = scratch(worker);
  const log = createFeatureLog({ schema: own, path, worker: worker.file, flushRows: 16, whenFull: "block" });
  for (const record of records) log.append(record);
  await log.close();
  return path;
}
const column = (values: readonly unknown[], type: DataType) => vectorFromArray(values as never[], type as Int32);
const rowsOf = (table: Table): unknown[][] => table.toArray().map((row) => Object.values(row.toJSON() as Record<string, unknown>));

describe("by request id", () => {
  const records = [request("a", 0, 1), request("b", 1, 2, { untransformed: { country: "FR" } }), request("c", 2, 3), request("a", 3, 9)];

  test("one row a request; the latest label; the features' order; no label, no row", async () => {
    const labels = new Table({ request_id: column(["b", "a", "b", "z", null], new Utf8()), fraud: column([1, 0, 0, 1, 1], new Int32()) });
    const table = await trainingDataFromLog(await logged(records), labels, { key: "requestId", label: "fraud" }).table();
    expect(table.schema.fields.map((field) => field.name)).toEqual(["country", "amount", "fraud"]);
    expect(rowsOf(table)).toEqual([
      ["CH", 0, 0],
      ["CH", null, 0],
    ]);
  });

  test("times of labels decide which is the latest, and a window leaves others out", async () => {
    const labels = new Table({
      id: column(["a", "a", "a", "b", "c"], new Utf8()),
      at: column([T0 + 5000, T0 + 9000, T0 + 7000, T0 - 1, null], new TimestampMillisecond()),
      fraud: column([1, 2, 3, 4, 5], new Int8()),
    });
    const path = await logged(records);
    const by = { key: "requestId", requestId: "id", labelTime: "at", label: "fraud", columns: ["log.request_id"] } as const;
    expect(rowsOf(await trainingDataFromLog(path, labels, by).table())).toEqual([["a", 2], ["b", 4]]);
    expect(rowsOf(await trainingDataFromLog(path, labels, { ...by, window: { min: 0, max: 8000 } }).table())).toEqual([["a", 3]]);
    expect(rowsOf(await trainingDataFromLog(path, labels, { ...by, window: { min: 0, max: 7000 } }).table())).toEqual([["a", 3]]);
    expect(rowsOf(await trainingDataFromLog(path, labels, { ...by, window: { min: 0, max: 6999.999 }, unmatched: "keep" }).table())).toEqual([["a", 1], ["b", null], ["c", null]]);
  });

  test("transformed features have the names that the view gives them", async () => {
    const labels = new Table({ request_id: column(["c"], new Utf8()), fraud: column([1], new Int32()), amount: column([3], new Int32()) });
    const path = await logged(records);
    const table = await trainingDataFromLog(readLog(path), labels, { key: "requestId", label: "fraud", columns: "transformed" }).table();
    expect(table.schema.fields.map((field) => field.name)).toEqual(["amount", "fr", "fraud"]);
    expect(rowsOf(table)).toEqual([[0.25, 0, 1]]);
    await expect(trainingDataFromLog(path, labels, { key: "requestId", label: "amount" }).table()).rejects.toMatchObject({ code: "INVALID_DEFINITION" });
    await expect(trainingDataFromLog(path, labels, { key: "requestId", label: "none" }).table()).rejects.toMatchObject({ code: "INVALID_DEFINITION" });
  });

  test("shadow scores are left out by naming a model", async () => {
    const path = await logged([request("a", 0, 1, { modelName: "shadow", modelVersion: "2", transformed: [7, 7] }), request("a", 0, 1)]);
    const labels = new Table({ request_id: column(["a"], new Utf8()), y: column([1], new Int32()) });
    const of = async (model?: { name?: string; version?: number }) =>
      rowsOf(await trainingDataFromLog(path, labels, { key: "requestId", label: "y", columns: "transformed", ...(model === undefined ? {} : { model }) }).table());
    expect(await of({ name: "champion" })).toEqual([[0, 0, 1]]);
    expect(await of({ name: "shadow", version: 2 })).toEqual([[7, 7, 1]]);
    expect(await of()).toEqual([[7, 7, 1]]);
  });
});

describe("by serving keys", () => {
  test("agrees with a plain search over all pairs, whatever types and order labels have", async () => {
    let state = 12345;
    const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
    const records = Array.from({ length: 400 }, (_, i) => request(`r${i}`, random(1000), random(20), { keys: { card: random(20), country: ["CH", "FR"][random(2)]! } }));
    const labels = Array.from({ length: 600 }, (_, i) => ({ card: random(22), country: ["CH", "FR"][random(2)]!, second: random(1100), y: i }));
    const table = new Table({
      y: column(labels.map(({ y }) => y), new Int32()),
      country: column(labels.map(({ country }) => country), new Dictionary(new Utf8(), new Int8())),
      card: column(labels.map(({ card }) => card), new Int32()),
      at: column(labels.map(({ second }) => T0 + second * 1000), new TimestampMillisecond("UTC")),
    });
    const path = await logged(records, { ...schema, untransformed: { amount: t.float64() } });
    for (const window of [{}, { min: 1, max: 60_000 }, { min: -30_000, max: 0 }, { max: 5000 }]) {
      const { min = 0, max = Infinity } = window;
      const expected = records.map(({ requestId, time, keys }) => {
        let best: (typeof labels)[number] | undefined;
        for (const label of labels) {
          const delay = T0 + label.second * 1000 - time!;
          if (label.card !== keys!["card"] || label.country !== keys!["country"] || delay < min || delay > max) continue;
          if (best === undefined || label.second >= best.second) best = label;
        }
        return [requestId, best?.y ?? null];
      });
      const options = { key: ["card", "country"], label: "y", labelTime: "at", window, columns: ["log.request_id"] } as const;
      expect(rowsOf(await trainingDataFromLog(path, table, { ...options, unmatched: "keep" }).table())).toEqual(expected);
      expect(rowsOf(await trainingDataFromLog(path, table, options).table())).toEqual(expected.filter(([, y]) => y !== null));
    }
  });

  test("a join that could leak is refused", async () => {
    const labels = new Table({ card: column([1n], new Int64()), y: column([1], new Int32()) });
    expect(() => trainingDataFromLog("x", labels, { key: ["card"], label: "y" })).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }) as Error);
    expect(() => trainingDataFromLog("x", labels, { key: "requestId", label: "y", window: { min: 0 } })).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }) as Error);
    expect(() => trainingDataFromLog("x", labels, { key: ["card"], label: "y", labelTime: "at", window: { min: 2, max: 1 } })).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }) as Error);
    const path = await logged([request("a", 0, 1)]);
    await expect(trainingDataFromLog(path, labels, { key: ["card"], label: "y", labelTime: "y" }).table()).rejects.toMatchObject({ code: "WRONG_TYPE" });
  });
});

describe("labels", () => {
  test("from Arrow and Parquet files and from streams, several columns, every type of them", async () => {
    const folder = scratch(worker);
    const table = new Table({
      request_id: column(["b", "a"], new Utf8()),
      y: column([1, 0], new Int32()),
      reason: column(["card", null], new Utf8()),
      flag: vectorFromArray([true, false]),
      list: vectorFromArray([[1, 2], [3]]),
    });
    const path = await logged([request("a", 0, 1), request("b", 1, 1), request("c", 2, 2)]);
    writeFileSync(join(folder, "labels.arrow"), tableToIPC(table, "file"));
    const sink = await createTable(join(folder, "labels.parquet"), table.schema);
    await sink.write(table);
    await sink.close();
    const sources = [table, table.batches, (async function* () { yield* table.batches; })(), join(folder, "labels.arrow"), join(folder, "labels.parquet")];
    for (const labels of sources) {
      const result = await trainingDataFromLog(path, labels, { key: "requestId", label: ["y", "reason", "flag", "list"], columns: ["amount"], unmatched: "keep" }).table();
      expect(rowsOf(result).map((row) => row.map((value) => (value !== null && typeof value === "object" ? [...(value as Iterable<number>)] : value)))).toEqual([
        [0, 0, null, false, [3]],
        [0.25, 1, "card", true, [1, 2]],
        [0.5, null, null, null, null],
      ]);
    }
  });
});

test("features fitted on the log are those fitted on the original data", async () => {
  const inputs = { amount: t.float64().nullable(), n: t.int32(), country: t.utf8(), at: t.timestamp("ms"), tags: t.list(t.float32()) };
  const set = defineFeatures({
    inputs,
    features: ({ amount, n, country, at, tags }) => ({
      amount: amount.simpleImputer().standardScaler(),
      both: columns({ amount: amount.simpleImputer(), n }).pca({ nComponents: 1 }),
      country: country.oneHotEncoder(),
      hour: at.hour().minMaxScaler(),
      total: tags.sum().robustScaler(),
    }),
  });
  const count = 700;
  const rows = Array.from({ length: count }, (_, i) => ({
    amount: i % 11 === 0 ? null : Math.fround((i * 7919) % 1013) / 3,
    n: (i * 31) % 97,
    country: ["CH", "FR", "DE", "Île"][(i * i) % 4]!,
    at: T0 + i * 977_777,
    tags: Array.from({ length: i % 5 }, (_, j) => i / (j + 1)),
  }));
  const original = new Table({
    amount: vectorFromArray(rows.map((row) => row.amount)),
    n: column(rows.map((row) => row.n), new Int32()),
    country: column(rows.map((row) => row.country), new Utf8()),
    at: column(rows.map((row) => row.at), new TimestampMillisecond()),
    tags: await tagsOf(rows.map((row) => row.tags)),
  });
  const fitted = await set.fit(original);
  const engine = fitted.compile();
  const path = await logged(
    rows.map((row, i) => ({ requestId: `r${i}`, time: row.at, untransformed: row, transformed: engine.row(row), prediction: 0 })),
    { view: { name: "v", version: 1 }, fingerprint: fitted.fingerprint, keys: {}, untransformed: inputs, transformed: fitted.names },
  );
  const labels = new Table({ request_id: column(rows.map((_, i) => `r${count - 1 - i}`), new Utf8()), y: column(rows.map((_, i) => i % 2), new Int32()) });
  const source = trainingDataFromLog(path, labels, { key: "requestId", label: "y" });
  expect((await set.fit(await source.table())).fingerprint).toBe(fitted.fingerprint);
  expect((await set.fit(() => trainingDataFromLog(path, labels, { key: "requestId", label: "y" }))).fingerprint).toBe(fitted.fingerprint);
  // What was logged as transformed is what batch mode computes of what was logged as untransformed.
  const again = engine.batch(await source.table());
  const kept = await trainingDataFromLog(path, labels, { key: "requestId", label: "y", columns: "transformed" }).table();
  for (const name of fitted.names) expect([...kept.getChild(name)!]).toEqual([...again.getChild(name)!]);
});

test("batches have the size of files' batches, whatever the log's were", async () => {
  const { rebatched } = await import("../../src/online/log/rebatch.js");
  const whole = new Table({ n: column(Array.from({ length: 1000 }, (_, i) => (i % 7 === 0 ? null : i)), new Int32()), s: column(Array.from({ length: 1000 }, (_, i) => "x".repeat(i % 9)), new Utf8()) });
  const [batch] = whole.batches as [(typeof whole.batches)[0]];
  for (const cuts of [[1000], [1, 2, 500], [64, 128, 192, 900], [300, 600], []]) {
    const bounds = [0, ...cuts.filter((cut) => cut < 1000), 1000];
    const parts = bounds.slice(1).map((end, i) => batch.slice(bounds[i]!, end));
    const out = [];
    for await (const part of rebatched((async function* () { yield* parts; })(), 300)) out.push(part);
    expect(out.map((part) => part.numRows)).toEqual([300, 300, 300, 100]);
    expect(rowsOf(new Table(out))).toEqual(rowsOf(whole));
  }
});

async function tagsOf(values: readonly (readonly number[])[]) {
  const { Float32, List, Field } = await import("apache-arrow");
  return vectorFromArray(values as never[], new List(new Field("item", new Float32(), true)));
}
