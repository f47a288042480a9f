import { byHand } from "../baseline/row.mjs";
import { rowSubject } from "../lib/row-subject.mjs";
import { features, makeRows, WIDTH } from "../lib/row-features.mjs";

const subject = (name, call) => rowSubject({ name, width: WIDTH, makeRows, call });

const GARBAGE_CALLS = 100_000;

/**
 * Bytes that a call leaves behind: growth of V8's heap and of array buffers over many calls, in a young generation so
 * large that none of it can have been collected meanwhile.
 */
const garbageSubject = (name, call) => ({
  execArgv: ["--expose-gc", "--min-semi-space-size=512", "--max-semi-space-size=512"],
  prepare: () => {
    const rows = makeRows(1024);
    const one = call();
    for (let i = 0; i < 200_000; i++) one(rows[i & 1023]);
    return {
      round: () => {
        globalThis.gc();
        const before = process.memoryUsage();
        for (let i = 0; i < GARBAGE_CALLS; i++) one(rows[i & 1023]);
        const after = process.memoryUsage();
        return [
          { subject: name, samples: [(after.heapUsed - before.heapUsed) / GARBAGE_CALLS] },
          { case: "garbage-buffers", subject: name, samples: [(after.arrayBuffers - before.arrayBuffers) / GARBAGE_CALLS] },
        ];
      },
    };
  },
});

const makeRow = () => {
  const engine = features.compile();
  return (row) => engine.row(row);
};
const makeRowInto = () => {
  const engine = features.compile();
  const out = new Float32Array(WIDTH);
  return (row) => {
    engine.rowInto(row, out);
    return out;
  };
};
const makeByHand = () => (row) => {
  const out = new Float32Array(WIDTH);
  byHand(row, out, 0);
  return out;
};

export default {
  name: "row",
  title: "20 inputs (12 numbers, 2 timestamps, 4 text, 2 lists of 16 numbers) to 48 features, ns a call",
  cases: [
    {
      name: "vector",
      unit: "ns",
      rounds: 9,
      rows: 1,
      // Sums in another order, Math.sin and Math.log of another library: float32 rounding hides nearly all of it.
      check: { default: 1e-6 },
      processes: {
        typescript: subject("typescript", makeByHand),
        "skewless-row": subject("skewless-row", makeRow),
        "skewless-row-into": subject("skewless-row-into", makeRowInto),
      },
    },
    {
      name: "garbage",
      unit: "B/call",
      rounds: 3,
      processes: {
        "skewless-row-into": garbageSubject("skewless-row-into", makeRowInto),
        "skewless-row": garbageSubject("skewless-row", makeRow),
        typescript: garbageSubject("typescript", makeByHand),
      },
    },
  ],
  targets: (figures) => [
    { claim: "row object to Float32Array, median", limit: 2000, unit: " ns", measured: figures.value("vector", "skewless-row") },
    { claim: "times the function written by hand", limit: 3, unit: "×", measured: figures.ratio("vector", "skewless-row", "typescript") },
    // One call in 64 is timed for stats(), which makes numbers.
    { claim: "garbage of rowInto()", limit: 4, unit: " B/call", measured: figures.value("garbage", "skewless-row-into") },
  ],
};
