// Engines in several threads, collected engines, memory that does not grow.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeBundle, SCENARIO, type Bundle } from "./child.js";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await makeBundle();
  bundle.write("scenario.mjs", SCENARIO);
});
afterAll(() => bundle.remove());

async function output(code: string, flags: readonly string[] = []): Promise<string> {
  const { code: exit, signal, stdout, stderr } = await bundle.run(code, { flags });
  expect({ exit, signal }, stderr).toEqual({ exit: 0, signal: null });
  return stdout;
}

test("engines of one spec in several workers give the same bits", async () => {
  bundle.write(
    "worker.mjs",
    `
    import { parentPort, workerData } from "node:worker_threads";
    import { featuresFromJson } from "./skewless.mjs";
    import { row, columns, bits } from "./scenario.mjs";
    const engine = featuresFromJson(JSON.parse(workerData)).compile();
    const vectors = [];
    for (let i = 0; i < 2000; i++) vectors.push(bits(engine.row({ ...row, x: i / 3 })));
    const table = await engine.batchAsync(columns(20_000), { threads: 2 });
    parentPort.postMessage({ vectors: vectors.join(), batch: bits(engine.toMatrix(columns(20_000))), rows: table.numRows, fingerprint: engine.fingerprint });`,
  );
  const text = await output(`
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    import { set, row, columns, bits } from "./scenario.mjs";
    const spec = JSON.stringify(set.withoutFitting().toJSON());
    const engine = set.compile();
    const workers = Array.from({ length: 4 }, () => new Worker("./worker.mjs", { workerData: spec }));
    const answers = (await Promise.all(workers.map((worker) => once(worker, "message")))).map(([answer]) => answer);
    const wanted = {
      vectors: Array.from({ length: 2000 }, (_, i) => bits(engine.row({ ...row, x: i / 3 }))).join(),
      batch: bits(engine.toMatrix(columns(20_000))),
      rows: 20_000,
      fingerprint: engine.fingerprint,
    };
    console.log(answers.length, answers.every((answer) => Object.keys(wanted).every((key) => answer[key] === wanted[key])));`);
  expect(text).toBe("4 true\n");
});

describe("garbage collection", () => {
  test("outputs outlive their engine", async () => {
    const text = await output(
      `
      import { set, row, columns, bits } from "./scenario.mjs";
      const collected = [];
      const registry = new FinalizationRegistry((what) => collected.push(what));
      function make() {
        const engine = set.compile();
        registry.register(engine, "engine");
        const vector = engine.row(row);
        return { vector, wanted: bits(vector), batch: engine.batch(columns(50_000)), matrix: engine.toMatrix(columns(50_000)) };
      }
      const kept = Array.from({ length: 5 }, make);
      for (let i = 0; i < 20 && collected.length < 5; i++) { gc(); await new Promise((done) => setTimeout(done, 5)); }
      // Reuse whatever was freed.
      for (let i = 0; i < 20; i++) set.compile().batch(columns(50_000));
      gc();
      const ok = kept.every(({ vector, wanted, batch, matrix }) => {
        const a = batch.getChild("a").toArray();
        return bits(vector) === wanted && a.every((value, i) => Object.is(value, matrix[i * 4]));
      });
      console.log(collected.length, ok);`,
      ["--expose-gc"],
    );
    expect(text).toBe("5 true\n");
  });
  test("a run keeps its plan and columns", async () => {
    const text = await output(
      `
      import { set, columns } from "./scenario.mjs";
      const wanted = set.compile().batch(columns(200_000)).getChild("a").toArray();
      const run = set.compile().batchAsync(columns(200_000), { threads: 2 });
      const timer = setInterval(() => { gc(); new Array(10).fill(0).map(() => new Float64Array(200_000).fill(7)); }, 1);
      const got = (await run).getChild("a").toArray();
      clearInterval(timer);
      console.log(got.length, got.every((value, i) => Object.is(value, wanted[i])));`,
      ["--expose-gc"],
    );
    expect(text).toBe("200000 true\n");
  });
});

describe("memory stays flat", () => {
  const MEASURE = `
    const settle = async () => { for (let i = 0; i < 4; i++) { gc(); await new Promise((done) => setTimeout(done, 5)); } const m = process.memoryUsage(); return { rss: m.rss, heap: m.heapUsed + m.external + m.arrayBuffers }; };
    const grown = (a, b) => Math.round((b.rss - a.rss) / 2 ** 20) + " " + Math.round((b.heap - a.heap) / 2 ** 20);
  `;
  const measured = (text: string): { rss: number; heap: number } => {
    const [rss = NaN, heap = NaN] = text.trim().split(" ").map(Number);
    return { rss, heap };
  };
  test("over 200,000 rows", async () => {
    const text = await output(
      `
      import { set, row } from "./scenario.mjs";
      ${MEASURE}
      const engine = set.compile();
      const target = new Float32Array(4);
      const run = (n) => { for (let i = 0; i < n; i++) { engine.row(row); engine.rowInto(row, target); } };
      run(50_000);
      const before = await settle();
      run(200_000);
      console.log(grown(before, await settle()));`,
      ["--expose-gc"],
    );
    const { rss, heap } = measured(text);
    expect(heap).toBeLessThan(2);
    expect(rss).toBeLessThan(24);
  });
  test("over 200 batches, synchronous and not, good and failing", async () => {
    const text = await output(
      `
      import { set, columns } from "./scenario.mjs";
      ${MEASURE}
      const engine = set.compile();
      const good = columns(20_000);
      const bad = { ...good, s: new Float64Array(20_000) };
      const run = async (n) => {
        for (let i = 0; i < n; i++) {
          engine.batch(good);
          engine.toMatrix(good);
          await engine.batchAsync(good, { threads: 2 });
          try { engine.batch(bad); } catch {}
        }
      };
      await run(50);
      const before = await settle();
      await run(200);
      console.log(grown(before, await settle()));`,
      ["--expose-gc"],
    );
    const { rss, heap } = measured(text);
    expect(heap).toBeLessThan(4);
    // 200 times leaked, one output column alone would be 16 MiB, one batch 64 MiB.
    expect(rss).toBeLessThan(48);
  });
  test("over 3,000 engines", async () => {
    const text = await output(
      `
      import { set, row } from "./scenario.mjs";
      ${MEASURE}
      const run = async (n) => { for (let i = 0; i < n; i++) { set.compile().row(row); if (i % 100 === 0) await settle(); } };
      await run(500);
      const before = await settle();
      await run(3_000);
      console.log(grown(before, await settle()));`,
      ["--expose-gc"],
    );
    const { rss, heap } = measured(text);
    expect(heap).toBeLessThan(8);
    expect(rss).toBeLessThan(48);
  });
});
