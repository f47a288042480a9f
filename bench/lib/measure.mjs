import { Bench } from "tinybench";

/** Sorts a copy. */
export function sorted(values) {
  return Float64Array.from(values).sort();
}

/** Quantile by linear interpolation between the two nearest of sorted values. */
export function quantile(ascending, q) {
  const at = q * (ascending.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return ascending[low] + (ascending[high] - ascending[low]) * (at - low);
}

export function median(values) {
  return quantile(sorted(values), 0.5);
}

/**
 * Collects what earlier calls left, outside of any timing. Node returns the memory of external buffers in the event
 * loop, so that takes a turn of it too. Needs --expose-gc.
 */
async function settle() {
  globalThis.gc();
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Milliseconds of each of `calls` calls, by tinybench: for calls so long that the clock costs nothing beside them. What
 * the call before left is collected outside of the timing, tinybench's own trial call included, so that nobody pays for
 * freeing or for memory that is not returned yet.
 */
export async function timeCalls(run, calls) {
  const bench = new Bench({ iterations: calls, time: 0, warmup: false, retainSamples: true, throws: true });
  bench.add("subject", run, { beforeEach: settle });
  await bench.run();
  return bench.tasks[0].result.latency.samples.slice();
}

/** Nanoseconds a call, one sample a block of calls: below the clock's own cost, and so without percentiles. */
export function timeBlocks(call, { blocks, callsPerBlock }) {
  const samples = new Float64Array(blocks);
  let n = 0;
  for (let b = 0; b < blocks; b++) {
    const start = performance.now();
    for (let i = 0; i < callsPerBlock; i++) call(n++);
    samples[b] = ((performance.now() - start) * 1e6) / callsPerBlock;
  }
  return samples;
}

/** Nanoseconds of single calls. Each includes one reading of the clock: see `clockCost`. */
export function timeSingleCalls(call, calls) {
  const samples = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    call(i);
    samples[i] = (performance.now() - start) * 1e6;
  }
  return samples;
}

/** What `timeSingleCalls` measures of an empty call: median nanoseconds. */
export function clockCost() {
  timeSingleCalls(() => undefined, 20_000);
  return median(timeSingleCalls(() => undefined, 20_000));
}

/** Calls until `milliseconds` have passed, so that the compiler is done. */
export function warmUp(call, milliseconds) {
  const end = performance.now() + milliseconds;
  let i = 0;
  do {
    for (let k = 0; k < 64; k++) call(i++);
  } while (performance.now() < end);
}
