import { makeColumns, sixFeatures } from "../lib/columns.mjs";
import { CALLS, rowsOf } from "../lib/batch-subjects.mjs";
import { timeCalls } from "../lib/measure.mjs";

// One process: the same engine on the same data, so that nothing but the number of threads differs.
const prepare = async (options) => {
  const rows = rowsOf(options);
  const data = makeColumns(rows);
  const engine = sixFeatures("float64").compile();
  const run = (threads) => () => engine.batchAsync(data, { threads });
  await run(1)();
  await run(2)();
  return {
    round: async () => {
      const out = [];
      for (const threads of [1, 2]) {
        out.push({ subject: `skewless-${threads}`, rows, samples: await timeCalls(run(threads), CALLS) });
      }
      return out;
    },
  };
};

export default {
  name: "threads",
  title: "batchAsync of the six features by number of threads",
  cases: [{ name: "six", unit: "ms", rounds: 9, processes: { skewless: { prepare, execArgv: ["--expose-gc"] } } }],
  targets: (figures) => [
    { claim: "two threads, times one", limit: 1.7, unit: "×", atLeast: true, measured: figures.ratio("six", "skewless-1", "skewless-2") },
  ],
};
