// Sessions of ONNX Runtime at the ends of processes and threads: no signal, no hang, the exit code that was asked for.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classifier, dense, heavy, loop } from "../support/onnx-models.js";
import { makeBundle, type Bundle, type Result } from "./child.js";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await makeBundle();
  const models = { dense: dense(20, 64), classifier: classifier(["a", "b", "c"]), heavy: heavy(900), loop: loop() };
  for (const [name, bytes] of Object.entries(models)) writeFileSync(join(bundle.folder, `${name}.onnx`), bytes);
  bundle.write(
    "scorer.mjs",
    `
    import { Scorer } from "./skewless.mjs";
    export { Scorer };
    export const open = (name, options = {}) => Scorer.loadSync(new URL("./" + name + ".onnx", import.meta.url), { backend: "onnxruntime", ...options });
    export const x = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
    export const big = Float32Array.from({ length: 20 * 400_000 }, (_, i) => Math.sin(i));
    export const bits = (tensor) => Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength).toString("hex");`,
  );
});
afterAll(() => {
  bundle.remove();
});

const START = `
import { Scorer, open, x, big, bits } from "./scorer.mjs";
const scorer = open("dense");
scorer.score(x);
scorer.score(x, { deadlineMicros: 10_000_000 });
const late = (scorer, input) => { try { scorer.score(input, { deadlineMicros: 1000 }); return "answered"; } catch (error) { return error.code; } };
`;

function ended(result: Result, code: number, stderr: RegExp | string = ""): void {
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code, signal: null });
  if (typeof stderr === "string") expect(result.stderr).toBe(stderr);
  else expect(result.stderr).toMatch(stderr);
}

describe("the end of a process", () => {
  test("with sessions open, closed, collected", async () => {
    ended(await bundle.run(`${START} globalThis.kept = open("classifier"); kept.score(new Float32Array(4)); open("dense").close();`), 0);
    ended(await bundle.run(`${START} scorer.close(); process.exit(3);`), 3);
    ended(await bundle.run(`${START} process.exit(4);`), 4);
  });
  test("with threads of ONNX Runtime's own", async () => {
    ended(await bundle.run(`${START} const other = open("dense", { session: { intraOpThreads: 2, interOpThreads: 2, executionMode: "parallel" } }); other.score(x); process.exit(5);`), 5);
  });
  test("during scoreAsync", async () => {
    for (const delay of [0, 2, 20]) {
      ended(await bundle.run(`${START} void scorer.scoreAsync(big, { threads: 2 }); setTimeout(() => process.exit(6), ${delay});`), 6);
    }
    ended(await bundle.run(`${START} void scorer.scoreAsync(big); scorer.close(); process.exit(7);`), 7);
    const waited = await bundle.run(`${START} scorer.scoreAsync(big, { threads: 2 }).then((scores) => console.log(scores.tanh.dims.join()));`);
    ended(waited, 0);
    expect(waited.stdout).toBe("400000,64\n");
  });
  test("by an error that nobody catches", async () => {
    ended(await bundle.run(`${START} void scorer.scoreAsync(big); setTimeout(() => { throw new Error("of the user"); }, 2);`), 1, /of the user/);
    ended(await bundle.run(`${START} throw new Error("of the user");`), 1, /of the user/);
    ended(await bundle.run(`${START} scorer.score("text");`), 1, /WRONG_TYPE/);
  });
  test("while a run that its deadline passed goes on", async () => {
    for (const name of ["heavy", "loop"]) {
      const code = `${START} const slow = open("${name}"); console.log(late(slow, Float32Array.of(1000)));`;
      for (const [end, exit] of [["", 0], ["process.exit(8);", 8], ["slow.close();", 0], ["slow.close(); process.exit(9);", 9]] as const) {
        const result = await bundle.run(`${code} ${end}`);
        ended(result, exit);
        expect(result.stdout).toBe("DEADLINE_EXCEEDED\n");
      }
    }
  });
  test("beside onnxruntime-node in one process", async () => {
    const result = await bundle.run(`${START}
      import ort from "onnxruntime-node";
      const session = await ort.InferenceSession.create(new URL("./dense.onnx", import.meta.url).pathname);
      const wanted = (await session.run({ x: new ort.Tensor("float32", x, [1, 20]) })).tanh;
      console.log(bits(scorer.score(x).tanh) === bits(wanted));
      await session.release();
      console.log(bits(scorer.score(x).tanh) === bits(wanted));`);
    ended(result, 0);
    expect(result.stdout).toBe("true\ntrue\n");
  });
});

const WORKER = `
import { parentPort } from "node:worker_threads";
${START}
const slow = open("heavy");
`;

describe("workers", () => {
  test("give the same bits, at the same time", async () => {
    bundle.write(
      "scores.mjs",
      `${WORKER}
      const out = [];
      for (let i = 0; i < 500; i++) { x[0] = i; out.push(bits(scorer.score(x, i % 2 ? { deadlineMicros: 1_000_000 } : undefined).tanh)); }
      parentPort.postMessage([out.join(), bits((await scorer.scoreAsync(big.subarray(0, 20 * 10_000), { threads: 2 })).tanh)]);`,
    );
    const result = await bundle.run(`
      import { Worker } from "node:worker_threads";
      import { once } from "node:events";
      const workers = Array.from({ length: 3 }, () => new Worker("./scores.mjs"));
      const answers = (await Promise.all(workers.map((worker) => once(worker, "message")))).map(([answer]) => answer);
      console.log(answers.every(([rows, batch]) => rows === answers[0][0] && batch === answers[0][1]), answers[0][0].length > 1000);`);
    ended(result, 0);
    expect(result.stdout).toBe("true true\n");
  });
  test("that are terminated, exit or throw in the middle", async () => {
    bundle.write("running.mjs", `${WORKER} late(slow, Float32Array.of(1)); void scorer.scoreAsync(big, { threads: 2 }); parentPort.postMessage("begun"); setInterval(() => late(scorer, x), 0);`);
    bundle.write("exits.mjs", `${WORKER} late(slow, Float32Array.of(1)); void scorer.scoreAsync(big); setTimeout(() => process.exit(7), 2);`);
    bundle.write("throws.mjs", `${WORKER} void scorer.scoreAsync(big); setTimeout(() => { throw new Error("of the worker"); }, 2);`);
    const result = await bundle.run(`
      import { Worker } from "node:worker_threads";
      import { once } from "node:events";
      for (let i = 0; i < 4; i++) {
        const worker = new Worker("./running.mjs");
          await once(worker, "message");
        await new Promise((done) => setTimeout(done, i));
        await worker.terminate();
      }
      console.log((await once(new Worker("./exits.mjs"), "exit"))[0]);
      console.log((await once(new Worker("./throws.mjs"), "error"))[0].message);
      // The add-on may have been unloaded with the last worker; it loads again.
      const { open, x } = await import("./scorer.mjs");
      console.log(open("dense").score(x, { deadlineMicros: 1_000_000 }).tanh.dims.join());`);
    ended(result, 0);
    expect(result.stdout).toBe("7\nof the worker\n1,64\n");
  });
  test("process.exit while they score", async () => {
    bundle.write("forever.mjs", `${WORKER} parentPort.postMessage("begun"); void scorer.scoreAsync(big); setInterval(() => { for (let i = 0; i < 100; i++) late(scorer, x); }, 0);`);
    const result = await bundle.run(`
      import { Worker } from "node:worker_threads";
      import { once } from "node:events";
      const workers = [new Worker("./forever.mjs"), new Worker("./forever.mjs")];
      await Promise.all(workers.map((worker) => once(worker, "message")));
      setTimeout(() => process.exit(5), 10);`);
    ended(result, 5);
  });
});

describe("memory", () => {
  const MEASURE = `
    const settle = async () => { for (let i = 0; i < 4; i++) { gc(); await new Promise((done) => setTimeout(done, 5)); } return process.memoryUsage().rss; };
    const megabytes = (from, to) => console.log(Math.round((to - from) / 2 ** 20));`;
  const grown = async (code: string): Promise<number> => {
    const result = await bundle.run(`${START} ${MEASURE} ${code}`, { flags: ["--expose-gc"] });
    ended(result, 0);
    return Number(result.stdout);
  };
  test("is flat over thousands of scorers, closed or collected", async () => {
    const code = (end: string): string => `
      const run = async (n) => { for (let i = 0; i < n; i++) { const one = open(i % 2 ? "dense" : "classifier"); one.score(i % 2 ? x : new Float32Array(4)); ${end} if (i % 50 === 0) await settle(); } };
      await run(300);
      const before = await settle();
      await run(2000);
      megabytes(before, await settle());`;
    expect(await grown(code("one.close();"))).toBeLessThan(32);
    expect(await grown(code(""))).toBeLessThan(48);
  });
  test("is flat over runs of every kind, good and bad", async () => {
    expect(
      await grown(`
      const maps = open("classifier");
      const slow = open("loop");
      const rows = big.subarray(0, 20 * 500);
      const run = async (n) => {
        for (let i = 0; i < n; i++) {
          scorer.score(x); late(scorer, x); scorer.score(rows); maps.score(x.subarray(0, 4)); maps.score(rows);
          try { scorer.score([1]); } catch {}
          if (i % 20 === 0) { await scorer.scoreAsync(rows, { threads: 2 }); late(slow, Float32Array.of(1000)); await settle(); }
        }
      };
      await run(500);
      const before = await settle();
      await run(2000);
      megabytes(before, await settle());`),
    ).toBeLessThan(32);
  });
});

test("no library at all", async () => {
  const result = await bundle.run(
    `
    import { open } from "./scorer.mjs";
    try { open("dense"); } catch (error) { console.log(error.code, error.fix); }
    try { open("dense", { library: "./nothing.so" }); } catch (error) { console.log(error.code, error.message.includes("nothing.so")); }`,
    { env: { SKEWLESS_ONNXRUNTIME: join(bundle.folder, "gone.so") } },
  );
  ended(result, 0);
  expect(result.stdout).toBe("RUNTIME_NOT_FOUND Correct or unset the variable SKEWLESS_ONNXRUNTIME\nRUNTIME_NOT_FOUND true\n");
});

test("no onnxruntime-node", async () => {
  bundle.write("hidden.cjs", `const { Module } = require("node:module"); const resolve = Module._resolveFilename; Module._resolveFilename = function (name, ...rest) { if (name === "onnxruntime-node") { const error = new Error("Cannot find module"); error.code = "MODULE_NOT_FOUND"; throw error; } return resolve.call(this, name, ...rest); };`);
  const result = await bundle.run(`import { open } from "./scorer.mjs"; try { open("dense"); } catch (error) { console.log(error.code, error.message); }`, {
    flags: ["--require", join(bundle.folder, "hidden.cjs")],
  });
  ended(result, 0);
  expect(result.stdout).toMatch(/^RUNTIME_NOT_FOUND .*npm install onnxruntime-node.*onnxruntime-node-install=skip/);
});
