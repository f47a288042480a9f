// Predictors in several threads, collected predictors, streams that outlive them, ends of processes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classifier, linear, slow } from "../support/predictor-models.js";
import { makeBundle, type Bundle } from "./child.js";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await makeBundle();
  const models = {
    linear: linear([[0.3], [-1.25], [2], [0.01]], [0.5]),
    classifier: classifier([[1, 0, 0.01, 0], [0, 0.5, 0, 0]], { labels: ["no", "yes"], zipMap: false }),
    slow: slow(4, 500),
  };
  for (const [name, bytes] of Object.entries(models)) writeFileSync(join(bundle.folder, `${name}.onnx`), bytes);
  bundle.write(
    "predictor.mjs",
    `
    import { defineFeatures, Predictor, t } from "./skewless.mjs";
    import { fileURLToPath } from "node:url";
    import { vectorFromArray, Utf8, Table, Float64 } from "apache-arrow";
    export const features = defineFeatures({
      inputs: { x: t.float64(), y: t.float64(), s: t.utf8() },
      features: ({ x, y, s }) => ({ a: x.sin().add(y.exp().log1p()), b: x.tanh(), c: s.length(), d: x.mul(y).erf() }),
    }).withoutFitting();
    export const load = (name = "linear", options = {}) => Predictor.load({ features, model: fileURLToPath(new URL("./" + name + ".onnx", import.meta.url)), ...options });
    export const row = (i) => ({ x: i / 7, y: i % 3, s: "text " + i });
    export const table = (size) => new Table({
      x: vectorFromArray(Array.from({ length: size }, (_, i) => row(i).x), new Float64()),
      y: vectorFromArray(Array.from({ length: size }, (_, i) => row(i).y), new Float64()),
      s: vectorFromArray(Array.from({ length: size }, (_, i) => row(i).s), new Utf8()),
    });
    export const all = async (stream) => { const out = []; for await (const batch of stream) out.push(...batch.getChild("prediction").toArray()); return out; };`,
  );
});
afterAll(() => bundle.remove());

async function output(code: string, flags: readonly string[] = []): Promise<string> {
  const { code: exit, signal, stdout, stderr } = await bundle.run(code, { flags });
  expect({ exit, signal }, stderr).toEqual({ exit: 0, signal: null });
  return stdout;
}

test("predictors in several workers give the same bits, and their statistics add up", async () => {
  bundle.write(
    "worker.mjs",
    `
    import { parentPort } from "node:worker_threads";
    import { load, row, table, all } from "./predictor.mjs";
    const predictor = await load("linear", { deadlineMicros: 1e6, fallback: 0 });
    const single = Array.from({ length: 2000 }, (_, i) => predictor.predict(row(i)).prediction);
    const { total } = predictor.stats();
    const stream = await all(predictor.predictAsync(table(5000), { threads: 2 }));
    parentPort.postMessage({ single, stream, total: JSON.stringify(total) });`,
  );
  const text = await output(`
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    import { LatencyHistogram } from "./skewless.mjs";
    import { load, row, table, all } from "./predictor.mjs";
    const workers = Array.from({ length: 4 }, () => new Worker("./worker.mjs"));
    const answers = (await Promise.all(workers.map((worker) => once(worker, "message")))).map(([answer]) => answer);
    const predictor = await load();
    const single = Array.from({ length: 2000 }, (_, i) => predictor.predict(row(i)).prediction);
    const stream = await all(predictor.predictAsync(table(5000)));
    const merged = answers.map(({ total }) => LatencyHistogram.fromJSON(JSON.parse(total))).reduce((a, b) => a.merge(b));
    console.log(answers.every((answer) => answer.single.every((value, i) => Object.is(value, single[i])) && answer.stream.every((value, i) => Object.is(value, stream[i]))), merged.count);`);
  expect(text).toBe("true 8000\n");
});

test("a worker that is ended in a call, and one that ends with streams under way", async () => {
  bundle.write(
    "busy.mjs",
    `
    import { parentPort } from "node:worker_threads";
    import { load, row, table, all } from "./predictor.mjs";
    const predictor = await load("slow", { scorer: { backend: "onnxruntime" }, deadlineMicros: 1000, fallback: 0 });
    void all(predictor.predictAsync(table(20_000), { threads: 2 }));
    parentPort.postMessage("ready");
    for (let i = 0; ; i++) predictor.predict(row(i));`,
  );
  const text = await output(`
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    for (let i = 0; i < 3; i++) {
      const worker = new Worker("./busy.mjs");
      await once(worker, "message");
      await new Promise((done) => setTimeout(done, 5 * i));
      await worker.terminate();
    }
    console.log("ended");`);
  expect(text).toBe("ended\n");
});

describe("garbage collection", () => {
  test("takes predictors; their results stay", async () => {
    const text = await output(
      `
      import { load, row, table } from "./predictor.mjs";
      let collected = 0;
      const registry = new FinalizationRegistry(() => collected++);
      async function make() {
        const predictor = await load("classifier");
        registry.register(predictor, 0);
        const result = predictor.predict(row(1));
        return { result, wanted: JSON.stringify(result), column: predictor.predictTable(table(3000)).getChild("probability_yes").toArray() };
      }
      const kept = [];
      for (let i = 0; i < 6; i++) kept.push(await make());
      for (let i = 0; i < 50 && collected < 5; i++) { gc(); await new Promise((done) => setTimeout(done, 5)); }
      for (let i = 0; i < 3; i++) (await load("classifier")).predictTable(table(3000));
      gc();
      console.log(collected >= 5, kept.every(({ result, wanted }) => JSON.stringify(result) === wanted), kept.every(({ column }) => column.every((value, i) => value === kept[0].column[i])));`,
      ["--expose-gc"],
    );
    expect(text).toBe("true true true\n");
  });

  test("leaves what a stream under way needs", async () => {
    const text = await output(
      `
      import { load, table, all } from "./predictor.mjs";
      const wanted = await all((await load()).predictAsync(table(60_000)));
      const streams = [];
      for (let i = 0; i < 4; i++) streams.push(all((await load()).predictAsync(table(60_000), { threads: 2 })));
      const timer = setInterval(() => gc(), 1);
      const answers = await Promise.all(streams);
      clearInterval(timer);
      console.log(answers.every((answer) => answer.length === 60_000 && answer.every((value, i) => Object.is(value, wanted[i]))));`,
      ["--expose-gc"],
    );
    expect(text).toBe("true\n");
  });
});

test("a predictor that is closed while its stream runs ends the stream with an error or after the batch", async () => {
  const text = await output(`
    import { load, table, all } from "./predictor.mjs";
    const predictor = await load("linear", { scorer: { backend: "onnxruntime" } });
    const stream = all(predictor.predictAsync(table(200_000), { threads: 2 }));
    setImmediate(() => predictor.close());
    console.log(await stream.then((values) => values.length === 200_000, (error) => error.code === "CLOSED"));`);
  expect(text).toBe("true\n");
});

test("where code may not be made from text, and where timers are faked", async () => {
  const text = await output(
    `
    import { load, row } from "./predictor.mjs";
    const real = performance.now;
    const predictor = await load("slow", { scorer: { backend: "onnxruntime" }, deadlineMicros: 1000, fallback: -1 });
    performance.now = () => 0;
    const late = predictor.predict(row(1)).prediction;
    const early = predictor.predict(row(1), { deadlineMicros: 1e7 }).fallback;
    performance.now = real;
    console.log(late, early);`,
    ["--disallow-code-generation-from-strings"],
  );
  expect(text).toBe("-1 false\n");
});
