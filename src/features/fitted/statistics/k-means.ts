/** scikit-learn's limits of one run. */
const MOST_ROUNDS = 300;
const TOLERANCE = 1e-4;

/** Ends of runs of sorted values with the cluster that each belongs to. */
interface Run {
  readonly end: number;
  readonly cluster: number;
}

/**
 * Lloyd's algorithm in one dimension, from the given centers and as scikit-learn runs it: until no value changes
 * its cluster, or the centers move by less than 1e-4 of the variance. `values` ascend. Returns the centers, ascending.
 */
export function kMeansCenters(values: Float64Array, init: readonly number[]): number[] {
  const mean = sumOf(values, 0, values.length) / values.length;
  const x = values.map((value) => value - mean);
  const variance = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  let centers = init.map((center) => center - mean);
  let before: readonly Run[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const runs = assign(x, centers);
    const moved = average(x, runs, centers);
    const shift = moved.reduce((sum, center, i) => sum + (center - (centers[i] as number)) ** 2, 0);
    centers = moved;
    if (sameRuns(runs, before) || shift <= TOLERANCE * variance) break;
    before = runs;
  }
  return centers.map((center) => center + mean).sort((a, b) => a - b);
}

function sumOf(x: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += x[i] as number;
  return sum;
}

function sameRuns(a: readonly Run[], b: readonly Run[]): boolean {
  return a.length === b.length && a.every(({ end, cluster }, i) => end === b[i]?.end && cluster === b[i]?.cluster);
}

/** The nearest center of each value, of two as near the one that stands first. */
function assign(x: Float64Array, centers: readonly number[]): Run[] {
  const order = [...centers.keys()].sort((a, b) => (centers[a] as number) - (centers[b] as number) || a - b);
  const runs: Run[] = [];
  const distinct = order.filter((cluster, i) => i === 0 || centers[cluster] !== centers[order[i - 1] as number]);
  let start = 0;
  for (const [i, cluster] of distinct.entries()) {
    const next = distinct[i + 1];
    const end = next === undefined ? x.length : boundary(x, start, centers, cluster, next);
    if (end > start) runs.push({ end, cluster });
    start = end;
  }
  return runs;
}

/** How many values from the start on are nearer to the left one of two centers. */
function boundary(x: Float64Array, start: number, centers: readonly number[], left: number, right: number): number {
  const a = centers[left] as number;
  const b = centers[right] as number;
  let low = start;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = x[middle] as number;
    // Squared distances without the value's own square, as scikit-learn compares them.
    const toLeft = a * a - 2 * value * a;
    const toRight = b * b - 2 * value * b;
    if (toLeft < toRight || (toLeft === toRight && left < right)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The means of the clusters; one without values takes over the value that lies farthest from its center. */
function average(x: Float64Array, runs: readonly Run[], centers: readonly number[]): number[] {
  const sums = centers.map(() => 0);
  const counts = centers.map(() => 0);
  let start = 0;
  for (const { end, cluster } of runs) {
    sums[cluster] = sumOf(x, start, end);
    counts[cluster] = end - start;
    start = end;
  }
  const empty = [...centers.keys()].filter((cluster) => counts[cluster] === 0);
  for (const { value, cluster: from, to } of farthest(x, runs, centers, empty)) {
    sums[from] = (sums[from] as number) - value;
    counts[from] = (counts[from] as number) - 1;
    sums[to] = value;
    counts[to] = 1;
  }
  return sums.map((sum, i) => ((counts[i] as number) > 0 ? sum / (counts[i] as number) : sum));
}

function farthest(x: Float64Array, runs: readonly Run[], centers: readonly number[], empty: readonly number[]): { value: number; cluster: number; to: number }[] {
  if (empty.length === 0) return [];
  // In a run the farthest values are at its ends: so many from either end are enough.
  const found: { value: number; cluster: number; distance: number }[] = [];
  let start = 0;
  for (const { end, cluster } of runs) {
    const places = new Set<number>();
    for (let i = 0; i < empty.length && start + i < end; i++) places.add(start + i).add(end - 1 - i);
    for (const place of places) {
      const value = x[place] as number;
      found.push({ value, cluster, distance: (value - (centers[cluster] as number)) ** 2 });
    }
    start = end;
  }
  found.sort((a, b) => b.distance - a.distance);
  return empty.flatMap((to, i) => {
    const taken = found[i];
    return taken === undefined ? [] : [{ value: taken.value, cluster: taken.cluster, to }];
  });
}
