import { clockCost, timeBlocks, timeSingleCalls, warmUp } from "./measure.mjs";

const ROWS = 1024;
const MASK = ROWS - 1;

/**
 * A subject of the row suites. `makeRows` gives the row objects, `call()` a function of a row that returns its vector;
 * calls go round over 1,024 different rows. The median comes from blocks of calls, the percentiles from single ones,
 * each of which includes a reading of the clock (subject `clock`).
 */
export function rowSubject({ name, width, makeRows, call, execArgv, env }) {
  const prepare = ({ quick }) => {
    const rows = makeRows(ROWS);
    const vector = call();
    const sample = new Float32Array(256 * width);
    for (let r = 0; r < 256; r++) sample.set(vector(rows[r]), r * width);
    // What is called must stay the same function for both loops, and its result must be used.
    let sink = 0;
    const one = (i) => {
      sink += vector(rows[i & MASK])[0];
    };
    warmUp(one, quick ? 100 : 400);
    timeSingleCalls(one, 2000);
    const singles = quick ? 20_000 : 100_000;
    return {
      facts: { sample },
      round: () => {
        const out = [
          { subject: name, samples: timeBlocks(one, { blocks: quick ? 200 : 1000, callsPerBlock: 128 }), singles: timeSingleCalls(one, singles) },
        ];
        if (name === "skewless-row") out.push({ case: "clock", subject: "clock", samples: [clockCost()] });
        if (Number.isNaN(sink)) throw new Error("the first feature is NaN");
        return out;
      },
    };
  };
  return { prepare, execArgv, env };
}
