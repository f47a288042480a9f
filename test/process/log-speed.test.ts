// A million records under the policy "block": none is lost, memory stays flat. What an append costs is printed; the
// bound that is checked leaves room for a busy machine.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readLog } from "../../src/online/log/index.js";
import { buildLogScripts, scratch, type BuiltWorker } from "../unit/log-support.js";

let built: BuiltWorker;
beforeAll(async () => {
  built = await buildLogScripts();
});
afterAll(() => built.remove());

const SCRIPT = `
import { createFeatureLog, t } from "./log.mjs";
const [, , path, records, paced] = process.argv;
const count = Number(records);
const numbers = Object.fromEntries(Array.from({ length: 14 }, (_, i) => ["n" + i, i % 3 === 0 ? t.int64() : t.float64()]));
const log = createFeatureLog({
  schema: {
    view: { name: "speed", version: 1 }, model: { name: "trees", version: 1 },
    keys: { card: t.int64(), country: t.utf8() },
    untransformed: { ...numbers, merchant: t.utf8(), online: t.bool(), at: t.timestamp("ms"), spent: t.list(t.float32()), device: t.int32(), note: t.utf8().nullable() },
    transformed: Array.from({ length: 20 }, (_, i) => "x" + i), prediction: "float32", probabilities: "float32",
  },
  path, whenFull: "block", blockMillis: 60_000, worker: new URL("./worker.mjs", import.meta.url),
});
const transformed = new Float32Array(20);
const request = (i) => {
  transformed[0] = i;
  const untransformed = { merchant: "merchant " + (i % 1000), online: i % 2 === 0, at: 1.7e12 + i, spent: [i, 2, 3], device: i % 100, note: null };
  for (let k = 0; k < 14; k++) untransformed["n" + k] = k % 3 === 0 ? i : i / (k + 1);
  return { time: 1.7e12 + i, requestId: "request-" + i, keys: { card: i, country: "CH" }, untransformed, transformed, prediction: i / 3, probabilities: [0.25, 0.75] };
};
const took = new Float64Array(count);
let most = 0, least = Infinity;
const begin = performance.now();
for (let i = 0; i < count; i++) {
  const record = request(i);
  const start = process.hrtime.bigint();
  log.append(record);
  took[i] = Number(process.hrtime.bigint() - start);
  if (i % 10_000 === 0 && i >= count / 5) { const { rss } = process.memoryUsage(); most = Math.max(most, rss); least = Math.min(least, rss); }
  if (paced !== undefined && i % 20 === 19) await new Promise((done) => setTimeout(done, 5));
}
await log.close();
const seconds = (performance.now() - begin) / 1000;
took.sort();
const at = (share) => took[Math.floor(share * (count - 1))];
console.log(JSON.stringify({ median: at(0.5), p99: at(0.99), p999: at(0.999), seconds, most: most / 2 ** 20, least: least / 2 ** 20, stats: log.stats() }));
`;

interface Measured {
  readonly median: number;
  readonly p99: number;
  readonly p999: number;
  readonly seconds: number;
  readonly most: number;
  readonly least: number;
  readonly stats: Record<string, number>;
}
function run(path: string, ...args: string[]): Measured {
  const file = join(built.folder, "speed.mjs");
  writeFileSync(file, SCRIPT);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, path, ...args], { encoding: "utf8", timeout: 240_000 });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Measured;
}
const print = (what: string, { median, p99, p999 }: Measured): void => console.log(`append, ${what}: median ${median} ns, p99 ${p99} ns, p99.9 ${p999} ns`);

test("a million records: none is lost, memory is bounded", async () => {
  const path = scratch(built);
  const result = run(path, "1000000");
  print("as fast as it goes", result);
  console.log(`${Math.round(1e6 / result.seconds)} records/s, resident ${Math.round(result.least)} to ${Math.round(result.most)} MiB, ${Math.round(result.stats["bytes"]! / 2 ** 20)} MiB in ${result.stats["segments"]} segments`);
  expect(result.stats).toMatchObject({ written: 1_000_000, dropped: 0, queued: 0, errors: 0 });
  // The queue is some 15 MiB and a batch under a megabyte; all records together would take over 300 MiB.
  expect(result.most).toBeLessThan(400);
  expect(result.most - result.least).toBeLessThan(150);
  expect(result.median).toBeLessThan(10_000);
  let next = 0;
  for await (const batch of readLog(path, { columns: ["log.request_id", "card", "n1", "transformed.x0"] })) {
    const [id, card, n1, x0] = batch.schema.fields.map((field) => batch.getChild(field.name)!);
    for (let i = 0; i < batch.numRows; i++, next++) {
      const same = id!.get(i) === `request-${next}` && card!.get(i) === BigInt(next) && n1!.get(i) === next / 2 && x0!.get(i) === next;
      if (!same) expect.fail(`row ${next} is ${JSON.stringify([id!.get(i), String(card!.get(i)), n1!.get(i), x0!.get(i)])}`);
    }
  }
  expect(next).toBe(1_000_000);
}, 300_000);

test("at some 4,000 records a second", () => {
  const result = run(scratch(built), "12000", "paced");
  print("with pauses", result);
  expect(result.stats).toMatchObject({ written: 12_000, dropped: 0 });
  expect(result.median).toBeLessThan(20_000);
}, 120_000);
