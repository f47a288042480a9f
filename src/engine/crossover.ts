import type { RowEngine, RowObject } from "./row-engine.js";

const WARM_UP_MS = 1.5;
const ROUNDS = 9;
const SMALL = 4;
const LARGE = 64;

/** Median time in milliseconds of `run` over some rounds. */
function median(run: () => void): number {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[ROUNDS >> 1] as number;
}

function warmUp(run: () => void): void {
  const end = performance.now() + WARM_UP_MS;
  do run();
  while (performance.now() < end);
}

/**
 * The number of rows from which batch kernels win on rows like these: both modes are timed at two sizes, which
 * gives each a fixed and a per-row cost; the lines cross there. Infinity where row mode always wins.
 */
export function measureCrossover(engine: RowEngine, sample: readonly RowObject[], width: number): number {
  const rows = (count: number): RowObject[] => Array.from({ length: count }, (_, i) => sample[i % sample.length] as RowObject);
  const small = rows(SMALL);
  const large = rows(LARGE);
  const matrix = new Float32Array(LARGE * width);
  warmUp(() => engine.rowsInto(large, matrix));
  warmUp(() => engine.rowsIntoByBatch(large, matrix));
  const repeat = (run: () => void) => (): void => {
    for (let i = 0; i < 16; i++) run();
  };
  const rowSmall = median(repeat(() => engine.rowsInto(small, matrix)));
  const rowLarge = median(repeat(() => engine.rowsInto(large, matrix)));
  const batchSmall = median(repeat(() => engine.rowsIntoByBatch(small, matrix)));
  const batchLarge = median(repeat(() => engine.rowsIntoByBatch(large, matrix)));
  const rowEach = (rowLarge - rowSmall) / (LARGE - SMALL);
  const batchEach = (batchLarge - batchSmall) / (LARGE - SMALL);
  if (rowEach <= batchEach) return batchLarge < rowLarge ? LARGE : Infinity;
  const rowFixed = rowSmall - rowEach * SMALL;
  const batchFixed = batchSmall - batchEach * SMALL;
  return Math.max(1, Math.ceil((batchFixed - rowFixed) / (rowEach - batchEach)));
}
