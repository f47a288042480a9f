// A million lookups of each store leave the process's memory where it was; code from strings may be forbidden.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBundle, type Bundle } from "./child.js";
import { hasRedis, RedisServer } from "./redis-server.js";

let bundle: Bundle;
let folder: string;
beforeAll(async () => {
  bundle = await makeBundle();
  folder = mkdtempSync(join(tmpdir(), "skewless-memory-"));
  bundle.write("stores.mjs", STORES);
});
afterAll(() => {
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
});

const STORES = `
import { guardStore, lmdbStore, memoryStore, redisStore, t } from "./skewless.mjs";
export const make = {
  memory: () => memoryStore({ maxRows: 500 }),
  lmdb: () => lmdbStore({ path: process.env.STORE_PATH }),
  redis: () => redisStore({ url: process.env.STORE_URL, connections: 2 }),
};
export const group = { name: "g", keys: { k: t.utf8() }, features: { a: t.float64(), n: t.int64(), s: t.utf8(), l: t.list(t.float32()), z: t.float64().nullable() } };
export const values = (k) => ({ a: k / 3, n: k, s: "text " + k, l: Float32Array.of(k, k), z: null });
export const guard = (store) => guardStore(store, { timeoutMillis: 10000, hedgeAfterMillis: 9000, breaker: { failures: 3, windowMillis: 1000, openMillis: 100, halfOpenProbes: 1 } });
`;

async function output(code: string, flags: readonly string[], env: Record<string, string>): Promise<string> {
  const { code: exit, signal, stdout, stderr } = await bundle.run(code, { flags, env });
  expect({ exit, signal }, stderr).toEqual({ exit: 0, signal: null });
  return stdout;
}

const flat = (name: string, atOnce: number): string => `
  import { make, group, values, guard } from "./stores.mjs";
  const store = guard(await make.${name}());
  await store.put(group, Array.from({ length: 1000 }, (_, k) => ({ keys: { k: "key " + k }, values: values(k) })));
  const lookups = Array.from({ length: 1000 }, (_, k) => [{ group, keys: [{ k: "key " + k }, { k: "none " + k }], features: k % 2 ? ["a", "s"] : undefined }]);
  const run = async (count) => {
    for (let i = 0; i < count; i += ${atOnce}) {
      await Promise.all(Array.from({ length: ${atOnce} }, (_, j) => store.get(lookups[(i + j) % 1000])));
    }
  };
  const memory = async () => {
    for (let i = 0; i < 4; i++) { gc(); await new Promise((done) => setTimeout(done, 10)); }
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external };
  };
  await run(100_000);
  const before = await memory();
  await run(1_000_000);
  const after = await memory();
  await store.close();
  console.log(JSON.stringify({ rss: after.rss - before.rss, heap: after.heap - before.heap }));`;

for (const [name, atOnce] of [["memory", 20], ["lmdb", 20], ["redis", 100]] as const) {
  test.skipIf(name === "redis" && !hasRedis)(`${name}: memory stays flat over a million lookups`, { timeout: 120_000 }, async () => {
    const server = name === "redis" ? await RedisServer.start() : undefined;
    const text = await output(flat(name, atOnce), ["--expose-gc"], { STORE_PATH: join(folder, "flat.mdb"), STORE_URL: server?.url ?? "" });
    await server?.stop();
    const { rss, heap } = JSON.parse(text) as { rss: number; heap: number };
    // 1 byte a lookup would be 1 MB of heap.
    expect(heap).toBeLessThan(1e6);
    expect(rss).toBeLessThan(32e6);
  });
}

test("rows are read where code from strings is forbidden", async () => {
  const text = await output(
    `
    import { make, group, values } from "./stores.mjs";
    const store = make.memory();
    await store.put(group, [{ keys: { k: "a" }, values: values(3) }]);
    console.log(JSON.stringify(store.get([{ group, keys: [{ k: "a" }] }])[0][0].values), typeof Function);
    try { new Function("1"); } catch (error) { console.log(error.name); }`,
    ["--disallow-code-generation-from-strings"],
    {},
  );
  expect(text).toBe('{"a":1,"n":3,"s":"text 3","l":{"0":3,"1":3},"z":null} function\nEvalError\n');
});

test("several puts whose commits fail at once all say so, and nothing goes unhandled", async () => {
  bundle.write(
    "failing.mjs",
    `
    import { make, group, values } from "./stores.mjs";
    const store = await make.lmdb();
    const put = (from) => store.put(group, Array.from({ length: 1500 }, (_, i) => ({ keys: { k: "key " + (from + i) }, values: values(i) }))).then(() => "put", (error) => error.code);
    const results = [];
    results.push(await put(0));
    for (let round = 1; round < 6; round++) results.push(...(await Promise.all([0, 1, 2, 3].map((n) => put(round * 10000 + n * 2000)))));
    await new Promise((done) => setTimeout(done, 50));
    console.log([...new Set(results)].sort().join(), results.at(-1), store.get([{ group, keys: [{ k: "key 0" }] }])[0][0]?.values.s);
    await store.close();`,
  );
  const text = await output(
    `
    import { spawnSync } from "node:child_process";
    const child = spawnSync("bash", ["-c", 'ulimit -f 1500 && exec "$0" failing.mjs', process.execPath], { encoding: "utf8" });
    process.stdout.write(child.stdout + (child.status === 0 ? "" : "status " + child.status + child.signal + child.stderr));`,
    [],
    { STORE_PATH: join(folder, "failing.mdb") },
  );
  expect(text).toBe("STORE_UNAVAILABLE,put STORE_UNAVAILABLE text 0\n");
});
