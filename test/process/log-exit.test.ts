// Ends of processes that have a log: what is in the files afterwards.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readLog } from "../../src/online/log/index.js";
import { buildLogScripts, scratch, type BuiltWorker } from "../unit/log-support.js";

let built: BuiltWorker;
beforeAll(async () => {
  built = await buildLogScripts();
  writeFileSync(
    join(built.folder, "scenario.mjs"),
    `import { createFeatureLog, t } from "./log.mjs";
export const open = (options) => createFeatureLog({
  schema: { view: { name: "v", version: 1 }, keys: { k: t.int64() }, untransformed: { x: t.float64(), s: t.utf8() }, transformed: ["a"] },
  path: process.argv[2], worker: new URL("./worker.mjs", import.meta.url), whenFull: "block", ...options });
export const record = (i) => ({ requestId: "r" + i, keys: { k: i }, untransformed: { x: i / 3, s: "text " + i }, transformed: Float32Array.of(i), prediction: i });
`,
  );
});
afterAll(() => built.remove());

let scripts = 0;
function start(code: string, path: string, wrap: readonly string[] = []): ChildProcess {
  const file = join(built.folder, `script-${scripts++}.mjs`);
  writeFileSync(file, `import { open, record } from "./scenario.mjs";\n${code}`);
  const [command, ...args] = [...wrap, process.execPath, file, path] as unknown as [string, ...string[]];
  return spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}
function end(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, stdout, stderr })));
}

/** The rows of a log, which must be the first ones, whole and in order. */
async function rows(path: string): Promise<number> {
  if (readdirSync(path).length === 0) return 0;
  let next = 0;
  for await (const batch of readLog(path)) {
    const [id, x, s, a] = ["log.request_id", "x", "s", "transformed.a"].map((name) => batch.getChild(name)!);
    for (let i = 0; i < batch.numRows; i++, next++) {
      expect([id!.get(i), x!.get(i), s!.get(i), a!.get(i)]).toEqual([`r${next}`, next / 3, `text ${next}`, Math.fround(next)]);
    }
  }
  return next;
}

test.each([
  ["close, then the end", "const log = open(); for (let i = 0; i < 5000; i++) log.append(record(i)); await log.close();", 0],
  ["the end of the event loop without close", "const log = open({ flushMillis: 1e6 }); for (let i = 0; i < 5000; i++) log.append(record(i));", 0],
  ["process.exit without close", "const log = open({ flushMillis: 1e6 }); for (let i = 0; i < 5000; i++) log.append(record(i)); process.exit(3);", 3],
  ["process.exit before the worker runs", "const log = open(); for (let i = 0; i < 5000; i++) log.append(record(i)); process.exit(0);", 0],
  ["an uncaught error", "const log = open({ flushMillis: 1e6 }); for (let i = 0; i < 5000; i++) log.append(record(i)); throw new Error('mine');", 1],
  ["process.exit while it closes", "const log = open(); for (let i = 0; i < 5000; i++) log.append(record(i)); log.close(); setImmediate(() => process.exit(0));", 0],
])("%s: nothing is lost, the segment is finished", async (_what, code, expected) => {
  const path = scratch(built);
  const result = await end(start(code, path));
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code: expected, signal: null });
  expect(await rows(path)).toBe(5000);
  expect(readdirSync(path).every((file) => /\d\.arrows$/.test(file))).toBe(true);
});

test("a log that nobody closes does not keep the process alive", async () => {
  const begin = performance.now();
  const result = await end(start("open({ flushMillis: 1000 });", scratch(built)));
  expect(result.code, result.stderr).toBe(0);
  expect(performance.now() - begin).toBeLessThan(20_000);
});

test("process.exit with a sink that hangs waits no longer than exitMillis", async () => {
  const module = join(built.folder, "hang.mjs");
  writeFileSync(module, "export default () => ({ write: () => new Promise(() => {}), close() {} });");
  const code = `const log = open({ path: undefined, sink: { module: ${JSON.stringify(module)} }, exitMillis: 300 }); log.append(record(0)); process.exit(4);`;
  const begin = performance.now();
  const result = await end(start(code, scratch(built)));
  expect(result.code, result.stderr).toBe(4);
  expect(performance.now() - begin).toBeLessThan(15_000);
});

// What `flushed` reports was flushed before: no kill may lose it.
const WRITER = `
const log = open({ flushMillis: 5, flushRows: 64, queueRows: 512, rotateBytes: 60_000 });
import { writeSync } from "node:fs";
let i = 0;
for (;;) {
  for (let k = 0; k < 50; k++) log.append(record(i++));
  if (i % 500 === 0) { await log.flush(); writeSync(1, i + "\\n"); }
  else await new Promise((done) => setImmediate(done));
}`;

test("SIGKILL at random moments: all that was flushed is there, the torn tail does no harm", async () => {
  const seed = Date.now() % 1_000_000;
  let state = seed;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  console.log(`kill moments from seed ${seed}`);
  for (let run = 0; run < 6; run++) {
    const path = scratch(built);
    const child = start(WRITER, path);
    const ended = end(child);
    await new Promise<void>((done) => child.stdout!.once("data", () => done()));
    await new Promise((done) => setTimeout(done, random() * 400));
    child.kill("SIGKILL");
    const { signal, stdout, stderr } = await ended;
    expect(signal, stderr).toBe("SIGKILL");
    const flushed = Number(stdout.trim().split("\n").at(-1));
    expect(flushed).toBeGreaterThan(0);
    expect(await rows(path)).toBeGreaterThanOrEqual(flushed);
    // A new process goes on beside what the dead one left.
    const again = await end(start("const log = open(); log.append({ ...record(0), requestId: 'new' }); await log.close();", path));
    expect(again.code, again.stderr).toBe(0);
    const table = await readLog(path).table();
    expect(table.getChild("log.request_id")!.get(table.numRows - 1)).toBe("new");
  }
}, 120_000);

test("a disk that is full: appends go on, nothing torn is left, all is written when there is room", async () => {
  const mount = join(built.folder, "disk");
  mkdirSync(mount, { recursive: true });
  const wrap = ["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=256k tmpfs ${mount} && exec "$@"`, "sh"];
  if (spawnSync("unshare", [...wrap.slice(1), "true"]).status !== 0) {
    console.warn("skipped: a small file system cannot be mounted here (unshare -rm, tmpfs)");
    return;
  }
  const code = `
import { readLog } from "./log.mjs";
import { writeFileSync, rmSync, readdirSync } from "node:fs";
const errors = [];
const until = async (ok) => { const end = Date.now() + 20000; while (!ok()) { if (Date.now() > end) throw new Error("timed out " + JSON.stringify(log.stats()) + errors.at(-1)); await new Promise((done) => setTimeout(done, 5)); } };
const path = process.argv[2] + "/log";
writeFileSync(process.argv[2] + "/ballast", Buffer.alloc(150_000));
const log = open({ path, flushMillis: 5, flushRows: 64, queueRows: 65536, whenFull: "dropNewest", onError: (error) => errors.push(error) });
let i = 0, slowest = 0;
while (errors.length === 0) { for (let k = 0; k < 50; k++) log.append(record(i++)); await new Promise((done) => setTimeout(done, 5)); }
const full = i;
for (let k = 0; k < 100; k++) { const begin = performance.now(); log.append(record(i++)); slowest = Math.max(slowest, performance.now() - begin); }
await until(() => errors.length > 3);
const before = log.stats();
rmSync(process.argv[2] + "/ballast");
await until(() => log.stats().queued === 0);
await log.close();
const ids = [...(await readLog(path).table()).getChild("log.request_id")];
console.log(JSON.stringify({ appended: i, ids: ids.length, same: ids.every((id, n) => id === "r" + n), code: errors[0].code, message: errors[0].message, before, after: log.stats(), torn: readdirSync(path).filter((file) => file.includes("open")).length, slowest }));
`;
  const { code: exit, stdout, stderr } = await end(start(code, mount, wrap));
  expect(exit, stderr).toBe(0);
  const result = JSON.parse(stdout) as Record<string, never> & { before: { queued: number }; after: { dropped: number } };
  expect(result, stdout).toMatchObject({ code: "WRITE_FAILED", same: true, torn: 0 });
  expect(result["message"]).toContain("ENOSPC");
  expect(result.before.queued).toBeGreaterThanOrEqual(100);
  expect(result.after.dropped).toBe(0);
  expect(result["ids"]).toBe(result["appended"]);
}, 60_000);

test("several processes write to one directory", async () => {
  const path = scratch(built);
  const code = (name: string) => `const log = open({ rotateBytes: 30_000, flushRows: 64 }); for (let i = 0; i < 2000; i++) log.append({ ...record(i), requestId: "${name}" + i }); await log.close();`;
  const results = await Promise.all(["a", "b", "c"].map((name) => end(start(code(name), path))));
  for (const { code: exit, stderr } of results) expect(exit, stderr).toBe(0);
  const seen = new Set((await readLog(path).table()).getChild("log.request_id")!.toArray() as string[]);
  expect(seen.size).toBe(6000);
});

test("the built package finds its worker, as ES module and as CommonJS", async () => {
  const root = join(import.meta.dirname, "../..");
  const file = join(root, "dist/online/log/worker.js");
  if (!existsSync(file)) {
    console.warn("skipped: dist/ is not built");
    return;
  }
  // Is the log part of the package's interface?
  if (!readFileSync(join(root, "dist/index.js"), "utf8").includes("createFeatureLog")) {
    console.warn("skipped: the built package does not export createFeatureLog");
    return;
  }
  const body = `const log = createFeatureLog({ schema: { view: { name: "v", version: 1 }, keys: {}, untransformed: { x: t.float64() }, transformed: [] }, path: process.argv[2] });
log.append({ requestId: "a", untransformed: { x: 1 } });
log.close().then(() => console.log(JSON.stringify(log.stats())));`;
  for (const [name, head] of [
    ["package.mjs", `import { createFeatureLog, t } from ${JSON.stringify(join(root, "dist/index.js"))};`],
    ["package.cjs", `const { createFeatureLog, t } = require(${JSON.stringify(join(root, "dist/cjs/index.cjs"))});`],
  ] as const) {
    const script = join(built.folder, name);
    writeFileSync(script, `${head}\n${body}`);
    const path = scratch(built);
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, path], { encoding: "utf8", timeout: 60_000 });
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ written: 1, errors: 0 });
  }
});
