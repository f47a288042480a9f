// Faults of real servers and files: each gives a clear error in bounded time, and the store works when the fault is gone.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FeatureGroup } from "../../src/online/group.js";
import { guardStore } from "../../src/online/store/guard.js";
import { lmdbStore } from "../../src/online/store/lmdb.js";
import { redisStore } from "../../src/online/store/redis.js";
import type { OnlineStore } from "../../src/online/store/store.js";
import { t } from "../../src/types/input-type.js";
import { makeBundle, type Bundle } from "./child.js";
import { freePort, hasRedis, RedisServer } from "./redis-server.js";

const cards = { name: "cards", keys: { card: t.int64() }, features: { spend: t.float64(), city: t.utf8() } } satisfies FeatureGroup;
const row = (card: number, spend = card): Parameters<OnlineStore["put"]>[1][number] => ({ keys: { card }, values: { spend, city: `city ${spend}` }, eventTime: spend });
const read = async (store: OnlineStore, card = 1): Promise<unknown> => (await store.get([{ group: cards, keys: [{ card }] }]))[0]?.[0]?.values["spend"];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The error's code and how long it took. */
async function failure(call: () => Promise<unknown>): Promise<{ code: unknown; millis: number; message: string }> {
  const start = performance.now();
  try {
    await call();
  } catch (error) {
    return { code: (error as { code?: unknown }).code, millis: performance.now() - start, message: (error as Error).message };
  }
  return { code: "none", millis: performance.now() - start, message: "" };
}

async function until(check: () => Promise<unknown>, wanted: unknown, millis = 8000): Promise<void> {
  const start = performance.now();
  let last: unknown;
  while (performance.now() - start < millis) {
    last = await check().catch((error: unknown) => error);
    if (last === wanted) return;
    await pause(20);
  }
  throw new Error(`still ${String(last)} after ${millis} ms`);
}

describe.skipIf(!hasRedis)("Redis", () => {
  let server: RedisServer;
  let store: OnlineStore;
  beforeEach(async () => {
    server = await RedisServer.start();
    store = await redisStore({ url: server.url, connectTimeoutMillis: 500, replyTimeoutMillis: 1000 });
    await store.put(cards, [row(1)]);
  });
  afterEach(async () => {
    await store.close();
    server.signal("SIGCONT");
    await server.stop();
  });

  test("a stopped server fails calls at once, under way and later; a restarted one serves again, scripts included", async () => {
    server.signal("SIGSTOP");
    const underWay = failure(() => read(store));
    await pause(50);
    await server.stop();
    expect(await underWay).toMatchObject({ code: "STORE_UNAVAILABLE" });
    for (const call of [() => read(store), () => store.put(cards, [row(2)]), () => store.delete(cards, [{ card: 1 }]), () => store.ping()]) {
      const { code, millis, message } = await failure(call);
      expect(code).toBe("STORE_UNAVAILABLE");
      expect(message).toMatch(/cannot be reached|ended/);
      expect(millis).toBeLessThan(1000);
    }
    await server.start();
    await until(() => store.ping(), undefined);
    expect(await read(store)).toBeUndefined();
    // The new server knows no script.
    expect(await store.put(cards, Array.from({ length: 1000 }, (_, i) => row(i)))).toEqual({ written: 1000, stale: 0 });
    expect(await read(store, 999)).toBe(999);
  });

  test("a paused server times out, opens the breaker, and its late answers harm nobody", async () => {
    const states: string[] = [];
    const guarded = guardStore(store, {
      timeoutMillis: 50,
      breaker: { failures: 3, windowMillis: 5000, openMillis: 200, halfOpenProbes: 1 },
      onStateChange: (to) => states.push(to),
    });
    server.signal("SIGSTOP");
    for (let i = 0; i < 3; i++) {
      const { code, millis } = await failure(() => read(guarded));
      expect(code).toBe("STORE_TIMEOUT");
      expect(millis).toBeGreaterThan(45);
      expect(millis).toBeLessThan(400);
    }
    const refused = await failure(() => read(guarded));
    expect(refused).toMatchObject({ code: "STORE_UNAVAILABLE" });
    // At once, not after another time-out.
    expect(refused.millis).toBeLessThan(45);
    await pause(220);
    expect(await failure(() => read(guarded))).toMatchObject({ code: "STORE_TIMEOUT" });
    expect(guarded.state).toBe("open");
    server.signal("SIGCONT");
    await until(() => read(guarded), 1);
    expect(guarded.state).toBe("closed");
    expect(states).toEqual(["open", "half-open", "open", ...states.slice(3)]);
    expect(states.slice(-2)).toEqual(["half-open", "closed"]);
    expect(guarded.counters).toMatchObject({ timeouts: guarded.counters.failures });
  });

  test("a server that stays silent is connected to again", async () => {
    server.signal("SIGSTOP");
    const { code, millis, message } = await failure(() => read(store));
    expect(code).toBe("STORE_UNAVAILABLE");
    expect(message).toContain("answered nothing");
    expect(millis).toBeLessThan(2500);
    server.signal("SIGCONT");
    await until(() => read(store), 1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ["garbage", (socket) => socket.on("data", () => socket.write(Buffer.from("\u0007\u0000garbage HTTP/1.1 400 Bad Request\r\n\r\n")))],
    ["half an answer", (socket) => socket.once("data", () => socket.write("*2\r\n$5\r\nhe"))],
    ["nothing", () => undefined],
    ["a hang-up", (socket) => socket.destroy()],
    ["endless bytes without a line", (socket) => socket.on("data", () => socket.write(Buffer.alloc(100_000, "$9")))],
  ])("a server replaced by one that answers %s", async (_name, serve) => {
    await server.stop();
    const impostor = await listen(server.port, serve);
    await pause(50);
    for (let i = 0; i < 20; i++) {
      const { code, millis } = await failure(() => read(store));
      expect(code).toMatch(/^STORE_(UNAVAILABLE|CORRUPT)$/);
      expect(millis).toBeLessThan(2500);
      await pause(20);
    }
    const started = await failure(() => redisStore({ url: server.url, connectTimeoutMillis: 300 }));
    expect(started.code).toBe("STORE_UNAVAILABLE");
    expect(started.millis).toBeLessThan(1500);
    impostor.stop();
    await server.start();
    await until(() => store.ping(), undefined);
    await store.put(cards, [row(1)]);
    expect(await read(store)).toBe(1);
  });

  test.each<[string, string, string]>([
    ["a number for an array", ":5\r\n", "STORE_CORRUPT"],
    ["too few values", "*0\r\n", "STORE_CORRUPT"],
    ["values that are no texts", "*1\r\n:7\r\n", "STORE_CORRUPT"],
    ["bytes that are no row", "*1\r\n$5\r\nhello\r\n", "STORE_CORRUPT"],
    ["a row's length and no row", `*1\r\n$64\r\n${"x".repeat(64)}\r\n`, "STORE_CORRUPT"],
    ["what is not its protocol", "\u0001\u0002\u0003\r\n", "STORE_CORRUPT"],
    ["an error", "-LOADING Redis is loading\r\n", "STORE_UNAVAILABLE"],
    ["half of a value", "*1\r\n$50\r\nabc", "STORE_UNAVAILABLE"],
    ["a value of 500 GB", "*1\r\n$536870912000\r\nabc", "STORE_UNAVAILABLE"],
  ])("a greeting like Redis's, then %s", async (_name, reply, code) => {
    const impostor = await listen(await freePort(), (socket) =>
      socket.on("data", (data) => {
        const text = data.toString("latin1");
        if (text.includes("MGET")) socket.write(reply);
        else for (const command of text.match(/\*\d+\r\n\$\d+\r\n\w+/g) ?? []) socket.write(command.endsWith("HELLO") ? "%0\r\n" : "+OK\r\n");
      }),
    );
    const own = await redisStore({ url: `redis://127.0.0.1:${impostor.port}`, connectTimeoutMillis: 500, replyTimeoutMillis: 300 });
    const first = await failure(() => read(own));
    expect(first.code).toBe(code);
    expect(first.millis).toBeLessThan(1000);
    await own.close();
    impostor.stop();
  });

  test("without a server: an error, or a store that connects when there is one", async () => {
    await server.stop();
    const refused = await failure(() => redisStore({ url: server.url, connectTimeoutMillis: 500 }));
    expect(refused).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(refused.message).toContain("ECONNREFUSED");
    const waiting = await redisStore({ url: server.url, connect: "background" });
    expect(await failure(() => read(waiting))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await server.start();
    await until(() => waiting.ping(), undefined);
    await waiting.put(cards, [row(1)]);
    expect(await read(waiting)).toBe(1);
    await waiting.close();
    await expect(redisStore({ url: "nonsense://x", connect: "background" })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
  });

  test("keys that hold something else", async () => {
    const { createClient } = await import("redis");
    const client = await createClient({ url: server.url }).connect();
    const [key] = (await client.keys("skewless:cards*")) as [string];
    await client.set(key, "nonsense of some length, but no row");
    expect(await failure(() => read(store))).toMatchObject({ code: "STORE_CORRUPT" });
    // What is no row gives way to one.
    await store.put(cards, [row(1, 5)]);
    expect(await read(store)).toBe(5);
    await client.del(key);
    await client.lPush(key, "a list");
    expect(await failure(() => store.put(cards, [row(1)]))).toMatchObject({ code: "STORE_CORRUPT" });
    expect(await read(store)).toBeUndefined();
    await store.delete(cards, [{ card: 1 }]);
    await store.put(cards, [row(1)]);
    // A script that the server has forgotten in between.
    await client.sendCommand(["SCRIPT", "FLUSH"]);
    expect(await store.put(cards, [row(1, 0)])).toEqual({ written: 0, stale: 1 });
    // Schemas that are gone.
    for (const schema of (await client.keys("skewless:*schema*")) as string[]) await client.del(schema);
    const newer: FeatureGroup = { ...cards, features: { city: t.utf8() } };
    expect(await failure(async () => store.get([{ group: newer, keys: [{ card: 1 }] }]))).toMatchObject({ code: "STORE_CORRUPT" });
    client.destroy();
  });

  test("rows expire in the server by themselves", async () => {
    const short: FeatureGroup = { ...cards, name: "short", ttlSeconds: 0.2 };
    await store.put(short, [{ keys: { card: 1 }, values: { spend: 1, city: "" } }]);
    const { createClient } = await import("redis");
    const client = await createClient({ url: server.url }).connect();
    expect(await client.keys("skewless:short*")).toHaveLength(1);
    await until(async () => ((await client.keys("skewless:short*")) as string[]).length, 0);
    client.destroy();
  });

  test("two stores race for the newest row", async () => {
    const other = await redisStore({ url: server.url });
    const writes = [store, other].map((one, n) => Promise.all(Array.from({ length: 200 }, (_, i) => one.put(cards, [row(7, ((i * 37 + n * 101) % 400) + 1)]))));
    await Promise.all(writes);
    const newest = Math.max(...[0, 1].flatMap((n) => Array.from({ length: 200 }, (_, i) => ((i * 37 + n * 101) % 400) + 1)));
    expect(await read(other, 7)).toBe(newest);
    await other.close();
  });
});

async function listen(port: number, serve: (socket: Socket) => void): Promise<{ port: number; stop(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket);
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe("LMDB", () => {
  let bundle: Bundle;
  let folder: string;
  let path: string;
  let store: OnlineStore;
  beforeAll(async () => {
    bundle = await makeBundle();
    bundle.write("common.mjs", COMMON);
  });
  afterAll(() => bundle.remove());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "skewless-faults-"));
    path = join(folder, "rows.mdb");
    store = await lmdbStore({ path });
    await store.put(cards, Array.from({ length: 3000 }, (_, i) => row(i)));
    // The look at the file is taken once a millisecond.
    await pause(5);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a file that is removed: an error until it is back, or until the next put makes another", async () => {
    copyFileSync(path, `${path}.copy`);
    unlinkSync(path);
    await pause(5);
    for (let i = 0; i < 5; i++) {
      expect(await failure(() => read(store))).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringContaining("there is no LMDB file") as string });
      await pause(60);
    }
    expect(await failure(() => store.ping())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    renameSync(`${path}.copy`, path);
    await until(() => read(store), 1);
    unlinkSync(path);
    await pause(5);
    await store.put(cards, [row(1, 50)]);
    expect(await read(store)).toBe(50);
    expect(await read(store, 2)).toBeUndefined();
    expect(existsSync(path)).toBe(true);
  });

  test("a file that is replaced is opened", async () => {
    const other = await lmdbStore({ path: `${path}.other` });
    await other.put(cards, [row(1, 77)]);
    await other.close();
    renameSync(`${path}.other`, path);
    await until(() => read(store), 77, 500);
  });

  test.each([0, 100, 4096, 8192, 100_000])("a file truncated to %i bytes while it is open", async (size) => {
    const whole = readFileSync(path);
    truncateSync(path, size);
    await pause(5);
    for (let i = 0; i < 3; i++) {
      const { code, message } = await failure(() => read(store, 2500));
      expect(code, message).toBe(size === 0 && i > 0 ? "none" : "STORE_CORRUPT");
      await pause(120);
    }
    if (size > 0) {
      expect(await failure(() => store.put(cards, [row(1)]))).toMatchObject({ code: "STORE_CORRUPT" });
      expect(await failure(() => store.ping())).toMatchObject({ code: "STORE_CORRUPT" });
    }
    // Restored: by another file, as copies should be.
    writeFileSync(`${path}.new`, whole);
    renameSync(`${path}.new`, path);
    await until(() => read(store, 2500), 2500);
    await store.put(cards, [row(2500, 9999)]);
    expect(await read(store, 2500)).toBe(9999);
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ["garbage", (bytes) => Buffer.alloc(bytes.length, 0xab)],
    ["text", () => Buffer.from("not a database".repeat(1000))],
    ["its first header garbage", (bytes) => Buffer.concat([Buffer.alloc(168, 0xab), bytes.subarray(168)])],
    ["its second header garbage", (bytes) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(168, 0xab), bytes.subarray(4096 + 168)])],
    ["a page size of 7", (bytes) => Buffer.concat([bytes.subarray(0, 48), Buffer.from([7, 0, 0, 0]), bytes.subarray(52)])],
    ["another version", (bytes) => Buffer.concat([bytes.subarray(0, 28), Buffer.from([1]), bytes.subarray(29)])],
    ["half of it", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["one page less", (bytes) => bytes.subarray(0, bytes.length - 4096)],
    ["one byte", () => Buffer.from([0])],
  ])("opening a file that holds %s", async (_name, change) => {
    const other = join(folder, "other.mdb");
    writeFileSync(other, change(readFileSync(path)));
    expect(await failure(() => lmdbStore({ path: other }))).toMatchObject({ code: "STORE_CORRUPT" });
    expect(await failure(() => lmdbStore({ path: other, readOnly: true }))).toMatchObject({ code: "STORE_CORRUPT" });
    writeFileSync(`${other}.new`, readFileSync(path));
    renameSync(`${other}.new`, other);
    const opened = await lmdbStore({ path: other });
    expect(await read(opened, 2999)).toBe(2999);
    await opened.close();
  });

  test("a header written over while the file is open", async () => {
    const whole = readFileSync(path);
    await run(bundle, path, `
      import { closeSync, openSync, writeSync } from "node:fs";
      const file = openSync(path, "r+");
      for (const at of [0, 4096]) writeSync(file, Buffer.alloc(200, 0xab), 0, 200, at);
      closeSync(file);`);
    await pause(5);
    expect(await failure(() => read(store))).toMatchObject({ code: "STORE_CORRUPT" });
    writeFileSync(`${path}.new`, whole);
    renameSync(`${path}.new`, path);
    await until(() => read(store), 1);
  });

  test("another program's database, and a folder", async () => {
    const { open } = await import("lmdb");
    const foreign = join(folder, "foreign.mdb");
    const db = open({ path: foreign, noSubdir: true, overlappingSync: false });
    await db.put("key", { value: 1 });
    await db.close();
    expect(await failure(() => lmdbStore({ path: foreign }))).toMatchObject({ code: "STORE_CORRUPT", message: expect.stringContaining("something else") as string });
    expect(await failure(() => lmdbStore({ path: folder }))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await failure(() => lmdbStore({ path: join(folder, "none.mdb"), readOnly: true }))).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  test("a second open in the process shares the file, with the same options only", async () => {
    const second = await lmdbStore({ path });
    await second.put(cards, [row(1, 500)]);
    expect(await read(store)).toBe(500);
    await expect(lmdbStore({ path, durable: false })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
    await second.close();
    await second.close();
    expect(await read(store)).toBe(500);
    const other = await run(bundle, path, "const s = await lmdbStore({ path, maxReaders: 10, durable: false }); console.log(value(s, 1)); await s.close();");
    expect(other).toBe("500\n");
  });

  test("a reader's store refuses writes", async () => {
    const out = await run(bundle, path, `
      const s = await lmdbStore({ path, readOnly: true });
      console.log(value(s, 5), await s.put(cards, [row(1, 1)]).catch((e) => e.code));
      await s.close();`);
    expect(out).toBe("5 INVALID_PARAMETER\n");
  });

  test("no permission", async () => {
    const out = await run(bundle, path, `
      import { chmodSync } from "node:fs";
      // The library is loaded, then the rights of the super-user, which no mode can deny, are given up.
      await (await lmdbStore({ path: path + ".first" })).close();
      chmodSync(path, 0o000);
      if (process.getuid() === 0) process.setuid(65534);
      console.log(await lmdbStore({ path }).catch((e) => e.code + " " + e.message.includes("EACCES")));`);
    expect(out).toBe("STORE_UNAVAILABLE true\n");
  });

  test("a full disk: the put fails, what was there stays, lookups go on", async () => {
    bundle.write("full.mjs", `
      import { path, cards, row, value, lmdbStore } from "./common.mjs";
      const s = await lmdbStore({ path });
      let error;
      for (let i = 0; i < 100 && !error; i++) error = await s.put(cards, Array.from({ length: 1000 }, (_, j) => row(10000 + i * 1000 + j, 1))).then(() => undefined, (e) => e);
      console.log(error?.code, value(s, 1), value(s, 2999));
      console.log((await s.put(cards, Array.from({ length: 5000 }, (_, j) => row(500000 + j, 1))).catch((e) => e)).code, value(s, 1));
      await s.close();
      console.log("closed");`);
    const kilobytes = Math.ceil(readFileSync(path).length / 1024) + 400;
    const out = await run(bundle, path, `
      import { spawnSync } from "node:child_process";
      const child = spawnSync("bash", ["-c", 'ulimit -f ${kilobytes} && exec "$0" full.mjs', process.execPath], { encoding: "utf8" });
      process.stdout.write(child.stdout + (child.status === 0 ? "" : "status " + child.status + child.signal + child.stderr));`);
    expect(out).toBe("STORE_UNAVAILABLE 1 2999\nSTORE_UNAVAILABLE 1\nclosed\n");
    // With room again the same file takes rows.
    await store.put(cards, [row(1, 4000)]);
    expect(await read(store)).toBe(4000);
  });

  test("a writer killed in the middle of a batch leaves old rows or new ones", async () => {
    bundle.write("writer.mjs", `
      import { path, cards, row, lmdbStore } from "./common.mjs";
      const s = await lmdbStore({ path });
      for (let n = 10000; ; n += 1) {
        await s.put(cards, Array.from({ length: 3000 }, (_, i) => ({ ...row(i, n), eventTime: n })));
        process.stdout.write(n + "\\n");
      }`);
    for (let round = 0; round < 4; round++) {
      const acknowledged = Number(await run(bundle, path, `
        import { spawn } from "node:child_process";
        const child = spawn(process.execPath, ["writer.mjs"], { stdio: ["ignore", "pipe", "inherit"] });
        let text = "";
        child.stdout.on("data", (data) => (text += data));
        await new Promise((done) => setTimeout(done, 1000 + ${round} * 137));
        child.kill("SIGKILL");
        await new Promise((done) => child.on("close", done));
        console.log(text.trim().split("\\n").at(-1) || 0);`));
      expect(acknowledged).toBeGreaterThanOrEqual(10_000);
      await pause(5);
      const [rows] = await store.get([{ group: cards, keys: Array.from({ length: 3000 }, (_, card) => ({ card })) }]);
      for (const found of rows ?? []) {
        expect(found?.eventTime).toBeGreaterThanOrEqual(acknowledged);
        expect(found?.eventTime).toBeLessThanOrEqual(acknowledged + 1);
        expect(found?.values).toEqual({ spend: found?.eventTime, city: `city ${found?.eventTime}` });
      }
      expect(rows).toHaveLength(3000);
      // The lock of the dead is no obstacle.
      await store.put(cards, [{ ...row(0, 9999), eventTime: acknowledged + 2 }]);
      await store.delete(cards, Array.from({ length: 3000 }, (_, card) => ({ card })));
    }
  });

  test("one process writes, others read the newest; all of it survives a restart", async () => {
    bundle.write("reader.mjs", `
      import { path, value, lmdbStore } from "./common.mjs";
      const s = await lmdbStore({ path });
      let last = value(s, 1);
      const start = Date.now();
      while (last !== 777777 && Date.now() - start < 20000) {
        await new Promise((done) => setTimeout(done, 2));
        const next = value(s, 1);
        if (next < last) throw new Error("went back from " + last + " to " + next);
        last = next;
      }
      console.log(last);
      await s.close();`);
    const readers = [1, 2].map(() => bundle.run("", { file: join(bundle.folder, "reader.mjs"), env: { STORE_PATH: path } }));
    for (let i = 10; i < 200; i++) await store.put(cards, [row(1, i)]);
    await pause(300);
    await store.put(cards, [row(1, 777777)]);
    for (const reader of readers) expect(await reader).toMatchObject({ code: 0, stdout: "777777\n" });
    await store.close();
    store = await lmdbStore({ path });
    expect(await read(store)).toBe(777777);
    expect(await read(store, 2999)).toBe(2999);
  });

  test("concurrent writers in several processes keep the event times' order", async () => {
    bundle.write("racer.mjs", `
      import { path, cards, row, lmdbStore } from "./common.mjs";
      const s = await lmdbStore({ path });
      const n = Number(process.argv[2]);
      for (let i = 0; i < 60; i++) await s.put(cards, [row(3, 10000 + ((i * 37 + n * 101) % 400)), row(4, 10000 - i)]);
      await s.close();`);
    await run(bundle, path, `
      import { spawn } from "node:child_process";
      await Promise.all([0, 1, 2].map((n) => new Promise((done, fail) => spawn(process.execPath, ["racer.mjs", String(n)], { stdio: "inherit" }).on("close", (code) => (code === 0 ? done() : fail(new Error("exit " + code)))))));`);
    await pause(5);
    const values = [0, 1, 2].flatMap((n) => Array.from({ length: 60 }, (_, i) => 10_000 + ((i * 37 + n * 101) % 400)));
    expect(await read(store, 3)).toBe(Math.max(...values));
    expect(await read(store, 4)).toBe(10_000);
  });

  test("purge deletes what has expired and nothing else", async () => {
    const own = await lmdbStore({ path });
    const short: FeatureGroup = { ...cards, name: "cards2", ttlSeconds: 60 };
    const now = Date.now();
    await own.put(short, Array.from({ length: 2000 }, (_, i) => ({ ...row(i), eventTime: i % 2 === 0 ? now : now - 61_000 })));
    expect(await own.purge([short, cards])).toBe(1000);
    expect(await own.purge([short])).toBe(0);
    const eternal = { ...short, ttlSeconds: 1e9 };
    const [rows] = own.get([{ group: eternal, keys: Array.from({ length: 2000 }, (_, card) => ({ card })) }]);
    expect(rows?.map((found, i) => (found !== undefined) === (i % 2 === 0)).every(Boolean)).toBe(true);
    expect(await read(own, 1)).toBe(1);
    await own.close();
  });
});

const COMMON = `
import { lmdbStore, t } from "./skewless.mjs";
export { lmdbStore };
export const path = process.env.STORE_PATH;
export const cards = { name: "cards", keys: { card: t.int64() }, features: { spend: t.float64(), city: t.utf8() } };
export const row = (card, spend = card) => ({ keys: { card }, values: { spend, city: "city " + spend }, eventTime: spend });
export const value = (store, card) => store.get([{ group: cards, keys: [{ card }] }])[0][0]?.values.spend;
`;

async function run(bundle: Bundle, path: string, code: string): Promise<string> {
  const { code: exit, signal, stdout, stderr } = await bundle.run(`import { path, cards, row, value, lmdbStore } from "./common.mjs";\n${code}`, { env: { STORE_PATH: path } });
  expect({ exit, signal }, stderr).toEqual({ exit: 0, signal: null });
  return stdout;
}
