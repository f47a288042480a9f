import { readFileSync, readdirSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { t } from "../../src/types/input-type.js";
import { createFeatureLog, readLog, type FeatureLogOptions, type LogSchema } from "../../src/online/log/index.js";
import { buildLogWorker, scratch, type BuiltWorker } from "./log-support.js";

let worker: BuiltWorker;
beforeAll(async () => {
  worker = await buildLogWorker();
});
afterAll(() => worker.remove());

const schema: LogSchema = { view: { name: "v", version: 1 }, keys: { k: t.int64() }, untransformed: { x: t.float64(), tags: t.list(t.utf8()) }, transformed: ["a"] };

async function write(path: string, ids: readonly number[], options: Partial<FeatureLogOptions> = {}, flushEach = 0): Promise<void> {
  const log = createFeatureLog({ schema, path, worker: worker.file, ...options });
  for (const [n, i] of ids.entries()) {
    log.append({ requestId: `r${i}`, time: 1000 * i, keys: { k: i }, untransformed: { x: i / 3, tags: [`t${i}`, null] }, transformed: [i], prediction: i });
    if (flushEach > 0 && (n + 1) % flushEach === 0) await log.flush();
  }
  await log.close();
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const idsOf = async (...args: Parameters<typeof readLog>): Promise<number[]> => {
  const ids: number[] = [];
  for await (const batch of readLog(...args)) for (const id of batch.getChild("log.request_id")!) ids.push(Number((id as string).slice(1)));
  return ids;
};

describe("a torn segment", () => {
  test("cut at every byte: its whole batches are read, and where it was torn is told", async () => {
    const path = scratch(worker);
    await write(path, range(0, 6), {}, 2);
    const [name] = readdirSync(path);
    const file = join(path, name!);
    const whole = readFileSync(file);
    // Where messages end, from the layout of the format: a marker, the metadata's length, the metadata, the body.
    const ends: number[] = [];
    const { Message } = await import("apache-arrow");
    for (let at = 0; at + 8 < whole.length; ) {
      const length = whole.readInt32LE(at + 4);
      at += 8 + length + Message.decode(whole.subarray(at + 8, at + 8 + length)).bodyLength;
      ends.push(at);
    }
    expect(ends).toHaveLength(4);
    const target = join(path, name!.replace(".arrows", ".open.arrows"));
    renameSync(file, target);
    for (let size = whole.length - 1; size >= 0; size--) {
      truncateSync(target, size);
      const torn: number[][] = [];
      const ids = await idsOf(path, { onTorn: (_path, ...sizes) => torn.push(sizes) });
      const complete = ends.filter((end) => end <= size);
      expect(ids, `${size} bytes`).toEqual(range(0, Math.max(0, complete.length - 1) * 2));
      const readable = complete.at(-1) ?? 0;
      expect(torn, `${size} bytes`).toEqual(readable === size ? [] : [[size, readable]]);
    }
  });

  test("zeros where bytes did not reach the disk are its end; anything else is an error", async () => {
    const path = scratch(worker);
    await write(path, range(0, 4), {}, 2);
    const file = join(path, readdirSync(path)[0]!);
    const whole = readFileSync(file);
    const body = whole.subarray(0, whole.length - 8);
    writeFileSync(file, Buffer.concat([body, Buffer.alloc(100)]));
    expect(await idsOf(path)).toEqual(range(0, 4));
    writeFileSync(file, Buffer.concat([body, Buffer.alloc(100, 7)]));
    await expect(idsOf(path)).rejects.toMatchObject({ code: "INVALID_LOG" });
    writeFileSync(file, Buffer.concat([body, Buffer.from([255, 255, 255, 255, 64, 0, 0, 0]), Buffer.alloc(64, 255)]));
    await expect(idsOf(path)).rejects.toMatchObject({ code: "INVALID_LOG" });
  });

  test("any byte that is another: an answer or an error, never a hang or a crash", async () => {
    const path = scratch(worker);
    await write(path, range(0, 3));
    const file = join(path, readdirSync(path)[0]!);
    const whole = readFileSync(file);
    let errors = 0;
    for (let at = 0; at < whole.length; at += 3) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ 0xff;
      writeFileSync(file, changed);
      try {
        for await (const batch of readLog(path)) expect(batch.numRows).toBeGreaterThan(0);
      } catch (error) {
        errors++;
        expect(error).toMatchObject({ code: "INVALID_LOG" });
      }
    }
    expect(errors).toBeGreaterThan(10);
  });
});

describe("what is read", () => {
  test("a range of times, columns in the order asked for", async () => {
    const path = scratch(worker);
    await write(path, [5, 3, 9, 1, 7, 2]);
    expect(await idsOf(path, { from: new Date(2000), to: 7000 })).toEqual([5, 3, 2]);
    expect(await idsOf(path, { from: 2000.001 })).toEqual([5, 3, 9, 7]);
    expect(await idsOf(path, { to: 0 })).toEqual([]);
    const table = await readLog(path, { columns: ["tags", "x"], from: 7000 }).table();
    expect(table.schema.fields.map((field) => field.name)).toEqual(["tags", "x"]);
    expect(table.toArray().map((row) => [[...(row.tags as Iterable<string>)], row.x])).toEqual([
      [["t9", null], 3],
      [["t7", null], 7 / 3],
    ]);
    await expect(readLog(path, { columns: ["y"] }).table()).rejects.toMatchObject({ code: "INVALID_LOG" });
    expect(() => readLog(path, { from: new Date(NaN) })).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }) as Error);
    // A source can be read again.
    const source = readLog(path);
    expect((await source.table()).numRows).toBe(6);
    expect((await source.table()).numRows).toBe(6);
  });

  test("a file, a directory, a pattern, one log of several", async () => {
    const path = scratch(worker);
    await write(join(path, "a"), [1, 2], { name: "first" });
    await write(join(path, "b"), [3], { name: "second" });
    await write(join(path, "b"), [4], { name: "first" });
    expect(await idsOf(join(path, "b"))).toEqual([3, 4]);
    expect(await idsOf(join(path, "b"), { name: "first" })).toEqual([4]);
    expect(await idsOf(join(path, "?", "first-*"))).toEqual([1, 2, 4]);
    expect(await idsOf(join(path, "a", readdirSync(join(path, "a"))[0]!))).toEqual([1, 2]);
    expect(await idsOf(join(path, "c*"))).toEqual([]);
    await expect(idsOf(join(path, "none"))).rejects.toMatchObject({ code: "INVALID_LOG" });
    await expect(readLog(join(path, "c*")).table()).rejects.toMatchObject({ code: "INVALID_LOG" });
  });

  test("versions of a view with other columns, one at a time", async () => {
    const path = scratch(worker);
    await write(path, [1]);
    await write(path, [2], { schema: { ...schema, view: { name: "v", version: 2 }, transformed: ["a", "b"].slice(0, 1), untransformed: { ...schema.untransformed, more: t.bool() } } });
    await expect(idsOf(path)).rejects.toMatchObject({ code: "INVALID_LOG" });
    expect(await idsOf(path, { view: { version: 2 } })).toEqual([2]);
    expect(await idsOf(path, { view: { name: "v", version: "1" } })).toEqual([1]);
    expect(await idsOf(path, { columns: ["log.request_id"] })).toEqual([1, 2]);
  });

  test("a log that is being written, also when its segment is renamed meanwhile", async () => {
    const path = scratch(worker);
    const log = createFeatureLog({ schema, path, worker: worker.file, flushRows: 8, queueRows: 64, rotateBytes: 4000, whenFull: "block" });
    let appended = 0;
    for (let round = 0; round < 20; round++) {
      for (let k = 0; k < 50; k++) log.append({ requestId: `r${appended}`, keys: { k: appended }, untransformed: { x: 1, tags: [] }, transformed: [1], prediction: appended++ });
      const flushed = round % 2 === 0 ? log.flush().then(() => appended) : Promise.resolve(0);
      const [ids, least] = [await idsOf(path), await flushed];
      expect(ids).toEqual(range(0, ids.length));
      if (least > 0) expect((await idsOf(path)).length).toBeGreaterThanOrEqual(least);
    }
    await log.close();
    expect(await idsOf(path)).toEqual(range(0, 1000));
    expect(readdirSync(path).every((file) => statSync(join(path, file)).size > 0)).toBe(true);
  });
});
