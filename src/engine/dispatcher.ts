/** Sizes are told apart by powers of two up to this one; larger lists go by batch. */
const LARGEST_BUCKET = 8;
/** Calls in a row of one mode while measuring: the first find that mode's buffers out of cache. */
const BURST = 8;
const FIRST_CALLS = 6 * BURST;
const PROBE_MASK = 511;
const RISE = 0.05;

interface Bucket {
  calls: number;
  /** Mode of the last call. */
  last: boolean | undefined;
  /** Time a row of each mode in milliseconds; 0: not measured. */
  row: number;
  batch: number;
}

/** A tie goes to row mode: near the crossover the clock's grain decides otherwise, and the loss is small. */
function batchWins({ row, batch }: { row: number; batch: number }): boolean {
  return batch < 0.95 * row;
}

/**
 * Chooses the mode for a list of rows by what it measured on the caller's own rows. Both modes give the same bits, so
 * measuring costs nothing but a slower call now and then: each size alternates at first, then takes the faster mode
 * and tries the other for eight calls in 512. That follows the runtime's compiler, which makes early calls slower by other
 * factors than late ones; a measurement at start-up was off by three times.
 */
export class Dispatcher {
  readonly #fixed: number | undefined;
  readonly #buckets: readonly Bucket[] = Array.from({ length: LARGEST_BUCKET }, () => ({ calls: 0, last: undefined, row: 0, batch: 0 }));

  constructor(crossover: number | undefined) {
    this.#fixed = crossover;
  }

  #bucket(rows: number): Bucket | undefined {
    return this.#buckets[31 - Math.clz32(rows)];
  }

  /** Whether to run so many rows in batch mode. */
  byBatch(rows: number): boolean {
    if (this.#fixed !== undefined) return rows >= this.#fixed;
    if (rows <= 1) return false;
    const bucket = this.#bucket(rows);
    if (bucket === undefined) return true;
    const call = bucket.calls++;
    if (call < FIRST_CALLS) return (call & BURST) !== 0;
    const better = batchWins(bucket);
    return (call & PROBE_MASK) < BURST ? !better : better;
  }

  /** Tells what a call took. */
  measured(rows: number, byBatch: boolean, milliseconds: number): void {
    if (this.#fixed !== undefined || rows <= 1) return;
    const bucket = this.#bucket(rows);
    if (bucket === undefined) return;
    // The first call after a change of mode finds the other mode's buffers out of cache.
    if (bucket.last !== byBatch) {
      bucket.last = byBatch;
      return;
    }
    const mode = byBatch ? "batch" : "row";
    const before = bucket[mode];
    const each = milliseconds / rows;
    // Down at once, as the runtime's compiler makes code faster; up slowly, as most slow calls are pauses.
    bucket[mode] = before === 0 || each < before ? each : before + RISE * (Math.min(each, 2 * before) - before);
  }

  /** The number of rows from which batch mode is taken; undefined until it was set or measured. */
  get crossover(): number | undefined {
    if (this.#fixed !== undefined) return this.#fixed;
    let from: number | undefined;
    for (let i = LARGEST_BUCKET - 1; i >= 1; i--) {
      const { row, batch } = this.#buckets[i] as Bucket;
      if (row === 0 || batch === 0) continue;
      if (!batchWins({ row, batch })) break;
      from = 2 ** i;
    }
    return from;
  }
}
