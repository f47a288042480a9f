// A row object to a prediction: the features of the row suite and 100 trees over them.
import { Worker } from "node:worker_threads";
import { timeBlocks, timeSingleCalls, warmUp } from "./measure.mjs";
import { convolutionOnnx, FEATURES, makeTrees, treesOnnx } from "./models.mjs";
import { features, makeRows, WIDTH } from "./row-features.mjs";

const ROWS = 1024;

async function rowPredictor(options) {
  const { Predictor } = await import("../../dist/index.js");
  const fitted = await features.fit([]);
  return Predictor.load({ features: fitted, model: treesOnnx(makeTrees({ features: WIDTH }), WIDTH), ...options });
}

export const predictorSubject = (name) => ({
  prepare: async ({ quick }) => {
    const rows = makeRows(ROWS);
    const predictor = await rowPredictor({});
    let sink = 0;
    const one = (i) => {
      sink += predictor.predict(rows[i & (ROWS - 1)]).prediction;
    };
    warmUp(one, quick ? 100 : 500);
    timeSingleCalls(one, 2000);
    return {
      round: () => {
        const singles = timeSingleCalls(one, quick ? 10_000 : 50_000);
        const out = [{ subject: name, samples: timeBlocks(one, { blocks: quick ? 100 : 500, callsPerBlock: 64 }), singles }];
        if (Number.isNaN(sink)) throw new Error("a prediction is NaN");
        return out;
      },
    };
  },
});

/** Requests with a deadline of 1 ms while another thread keeps a core busy: microseconds until each was answered. */
export const deadlineSubject = (name) => ({
  prepare: async ({ quick }) => {
    const { defineFeatures, Predictor, t } = await import("../../dist/index.js");
    const options = { deadlineMicros: 1000, fallback: 0 };
    let predictor;
    let rows;
    if (name === "compiled") {
      predictor = await rowPredictor(options);
      rows = makeRows(ROWS);
    } else {
      const names = Array.from({ length: FEATURES }, (_, i) => `x${i}`);
      const numbers = defineFeatures({ inputs: Object.fromEntries(names.map((input) => [input, t.float64()])), features: (inputs) => inputs });
      predictor = await Predictor.load({ features: await numbers.fit([]), model: convolutionOnnx(), ...options });
      rows = Array.from({ length: ROWS }, (_, r) => Object.fromEntries(names.map((input, i) => [input, Math.sin(r * FEATURES + i)])));
    }
    for (let i = 0; i < 2000; i++) predictor.predict(rows[i & (ROWS - 1)]);
    return {
      round: async () => {
        const busy = new Worker("for (;;);", { eval: true });
        await new Promise((resolve) => busy.once("online", resolve));
        const requests = quick ? 10_000 : 100_000;
        const micros = new Float64Array(requests);
        let lost = 0;
        for (let i = 0; i < requests; i++) {
          const start = performance.now();
          const { prediction } = predictor.predict(rows[i & (ROWS - 1)]);
          micros[i] = (performance.now() - start) * 1000;
          if (!Number.isFinite(prediction)) lost++;
          // Requests come one by one, with the event loop between them.
          if ((i & 63) === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await busy.terminate();
        return [
          { subject: name, samples: micros, singles: micros },
          { case: "deadline-lost", subject: name, unit: "requests", samples: [lost] },
        ];
      },
    };
  },
});
