import { readFileSync, writeFileSync } from "node:fs";
import { RecordBatch, Table, makeVector } from "apache-arrow";
import { makeColumns, sixFeatures } from "../lib/columns.mjs";

const MIB = 2 ** 20;
const OUTPUTS = 6;

/** Resident memory in MiB: now and the highest since `resetPeak`, which only Linux can forget. */
function resident() {
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
  const peak = /VmHWM:\s+(\d+) kB/.exec(status);
  return { now: process.memoryUsage().rss / MIB, peak: peak ? Number(peak[1]) / 1024 : process.resourceUsage().maxRSS / 1024 };
}

function resetPeak() {
  if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
}

/** Growth by one batch() whose result is held, less the result's own size. */
const growth = (millions) => ({
  execArgv: ["--expose-gc"],
  prepare: () => {
    const rows = millions * 1_000_000;
    const engine = sixFeatures("float64").compile();
    const data = makeColumns(rows);
    // Code, scratch memory and stacks are there before: what is left is a batch's own.
    engine.batch(makeColumns(10_000));
    return {
      round: () => {
        globalThis.gc();
        resetPeak();
        const before = resident().now;
        const table = engine.batch(data);
        const { peak } = resident();
        const output = (rows * OUTPUTS * 8) / MIB;
        if (table.numRows !== rows) throw new Error("the batch lacks rows");
        const name = `batch-${millions}m`;
        return [
          { case: name, subject: "growth", rows, samples: [peak - before] },
          { case: name, subject: "output", rows, samples: [output] },
          { case: name, subject: "growth-beyond-output", rows, samples: [peak - before - output] },
        ];
      },
    };
  },
});

/** Peak of the whole process over a stream of record batches, each made when it is asked for and dropped after use. */
const stream = {
  prepare: () => ({
    round: async () => {
      const total = 3_000_000;
      const size = 65_536;
      const engine = sixFeatures("float32").compile();
      const source = async function* () {
        for (let at = 0; at < total; at += size) {
          const { a, b } = makeColumns(Math.min(size, total - at));
          yield* new Table({ a: makeVector(a), b: makeVector(b) }).batches;
        }
      };
      let rows = 0;
      resetPeak();
      for await (const batch of engine.batches(source())) {
        if (!(batch instanceof RecordBatch)) throw new Error("not a record batch");
        rows += batch.numRows;
      }
      if (rows !== total) throw new Error(`the stream gave ${rows} rows`);
      return [{ case: "stream-3m", subject: "peak", rows, samples: [resident().peak] }];
    },
  }),
};

export default {
  name: "memory",
  title: "resident memory, MiB",
  cases: [
    ...[1, 2, 4].map((millions) => ({ name: `batch-${millions}m`, unit: "MiB", rounds: 1, processes: { skewless: growth(millions) } })),
    { name: "stream-3m", unit: "MiB", rounds: 1, processes: { skewless: stream } },
  ],
  targets: (figures) => [
    ...figures.cases
      .filter((name) => name.startsWith("batch-"))
      .map((name) => ({ claim: `${name}: growth beyond the output`, limit: 16, unit: " MiB", measured: figures.value(name, "growth-beyond-output") })),
    { claim: "peak of a stream of 3 M rows", limit: 300, unit: " MiB", measured: figures.value("stream-3m", "peak") },
  ],
};
