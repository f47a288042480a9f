// Subjects of the score suite: one model behind skewless, onnxruntime-node or XGBoost's own library.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { clockCost, timeBlocks, timeSingleCalls, warmUp } from "./measure.mjs";
import { FEATURES, makeMatrix } from "./models.mjs";
import { findXgboost } from "./xgboost.mjs";

const ROWS = 1024;

function makeVectors() {
  const matrix = makeMatrix(ROWS);
  return Array.from({ length: ROWS }, (_, i) => matrix.slice(i * FEATURES, (i + 1) * FEATURES));
}

/** One row a call through our scorer. The output is read, as any caller would. */
export function scorerSubject(name, model, backend) {
  return {
    prepare: async ({ quick }) => {
      const { Scorer } = await import("../../dist/index.js");
      const vectors = makeVectors();
      const scorer = await Scorer.load(model(), { backend });
      const output = scorer.outputs[0].name;
      const score = (vector) => scorer.score(vector)[output].data[0];
      const sample = Float32Array.from(vectors.slice(0, 256), score);
      let sink = 0;
      const one = (i) => {
        sink += score(vectors[i & (ROWS - 1)]);
      };
      warmUp(one, quick ? 100 : 500);
      timeSingleCalls(one, 2000);
      return {
        facts: { sample },
        round: () => {
          const singles = timeSingleCalls(one, quick ? 10_000 : 50_000);
          const out = [{ subject: name, samples: timeBlocks(one, { blocks: quick ? 100 : 500, callsPerBlock: 64 }), singles }];
          if (backend === "compiled") out.push({ case: "clock", subject: "clock", samples: [clockCost()] });
          if (Number.isNaN(sink)) throw new Error("a score is NaN");
          return out;
        },
      };
    },
  };
}

/** One row a call through onnxruntime-node: a new tensor each, as its users do, run awaited. */
export function ortNodeSubject(name, model) {
  return {
    peer: "onnxruntime-node",
    prepare: async ({ quick }) => {
      const { InferenceSession, Tensor } = await import("onnxruntime-node");
      const vectors = makeVectors();
      const session = await InferenceSession.create(model(), { intraOpNumThreads: 1, interOpNumThreads: 1 });
      const [input] = session.inputNames;
      const [output] = session.outputNames;
      const score = async (vector) => (await session.run({ [input]: new Tensor("float32", vector, [1, FEATURES]) }))[output].data[0];
      const sample = new Float32Array(256);
      for (let i = 0; i < 256; i++) sample[i] = await score(vectors[i]);
      for (let i = 0; i < 3000; i++) await score(vectors[i & (ROWS - 1)]);
      const calls = quick ? 3000 : 15_000;
      return {
        facts: { sample },
        round: async () => {
          const singles = new Float64Array(calls);
          for (let i = 0; i < calls; i++) {
            const start = performance.now();
            await score(vectors[i & (ROWS - 1)]);
            singles[i] = (performance.now() - start) * 1e6;
          }
          return [{ subject: name, samples: singles, singles }];
        },
      };
    },
  };
}

/** Rows of the batch cases. */
export const batchRows = ({ quick }) => (quick ? 100_000 : 1_000_000);

function sampleOf(scores) {
  const step = Math.floor(scores.length / 500);
  return Float32Array.from({ length: 500 }, (_, i) => scores[i * step]);
}

/** A matrix a call; milliseconds. */
export function batchScorerSubject(name, model, threads) {
  return {
    execArgv: ["--expose-gc"],
    prepare: async (options) => {
      const { Scorer } = await import("../../dist/index.js");
      const rows = batchRows(options);
      const tensor = { type: "float32", dims: [rows, FEATURES], data: makeMatrix(rows) };
      const scorer = await Scorer.load(model(), { backend: "compiled" });
      const output = scorer.outputs[0].name;
      const run = async () => (await scorer.scoreAsync(tensor, { threads }))[output].data;
      const sample = sampleOf(await run());
      return { facts: { sample }, round: async () => [{ subject: name, rows, samples: [await time(run), await time(run)] }] };
    },
  };
}

export function batchOrtSubject(name, model, threads) {
  return {
    peer: "onnxruntime-node",
    execArgv: ["--expose-gc"],
    prepare: async (options) => {
      const { InferenceSession, Tensor } = await import("onnxruntime-node");
      const rows = batchRows(options);
      const session = await InferenceSession.create(model(), { intraOpNumThreads: threads, interOpNumThreads: 1 });
      const tensor = new Tensor("float32", makeMatrix(rows), [rows, FEATURES]);
      const [input] = session.inputNames;
      const [output] = session.outputNames;
      const run = async () => (await session.run({ [input]: tensor }))[output].data;
      const sample = sampleOf(await run());
      return { facts: { sample }, round: async () => [{ subject: name, rows, samples: [await time(run)] }] };
    },
  };
}

async function time(run) {
  globalThis.gc();
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const script = fileURLToPath(new URL("xgboost_subject.py", import.meta.url));

/** XGBoost's inplace_predict on the same matrix in a Python process behind this one. */
export function batchXgboostSubject(name, model, threads) {
  return {
    peer: "xgboost",
    prepare: async (options) => {
      const rows = batchRows(options);
      const folder = mkdtempSync(join(tmpdir(), "skewless-bench-"));
      const child = spawn(findXgboost().python, [script, String(threads)], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const ask = async (command) => {
        child.stdin.write(`${JSON.stringify(command)}\n`);
        const { value, done } = await lines.next();
        if (done) throw new Error("Python ended");
        return JSON.parse(value);
      };
      try {
        writeFileSync(join(folder, "model.json"), model());
        writeFileSync(join(folder, "matrix.f32"), makeMatrix(rows));
        const { sample } = await ask({ prepare: { folder, rows, features: FEATURES } });
        return { facts: { sample: Float32Array.from(sample) }, round: async () => [{ subject: name, rows, samples: (await ask({ round: 2 })).samples }] };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
