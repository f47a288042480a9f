import { InputError, received } from "../../errors.js";

/**
 * Durations in buckets whose width is at most 1/128 of the value, after Gil Tene's HDR Histogram (two significant
 * digits): up to 255 ns a bucket a nanosecond, above that 128 buckets for each power of two, up to 60 s. Memory is fixed.
 * The layout is native/score/histogram.h's: count, sum, least, greatest, then one count a bucket.
 */
const HEADER = 4;
const BUCKETS = 3840;
const EXACT = 256;
const HALF = 128;
const GREATEST = 60e9;

export const HISTOGRAM_DOUBLES = HEADER + BUCKETS;

function bucketOf(nanoseconds: number): number {
  const value = Math.min(nanoseconds, GREATEST);
  if (value < EXACT) return Math.floor(value);
  const bits = value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(value / 2 ** 32);
  const shift = bits - 7;
  return HALF * shift + Math.floor(value / 2 ** shift);
}

function leastOf(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const shift = Math.floor(bucket / HALF) - 1;
  return (bucket - HALF * shift) * 2 ** shift;
}

/** The greatest value that counts in the bucket. */
function greatestOf(bucket: number): number {
  return leastOf(bucket + 1) - 1;
}

/** Writes durations into the memory of a histogram. */
export class HistogramRecorder {
  readonly #memory: Float64Array;

  constructor(memory: Float64Array = new Float64Array(HISTOGRAM_DOUBLES)) {
    this.#memory = memory;
  }

  record(nanoseconds: number): void {
    const memory = this.#memory;
    const value = nanoseconds > 0 ? Math.floor(nanoseconds) : 0;
    const at = HEADER + bucketOf(value);
    if (memory[0] === 0 || value < (memory[2] as number)) memory[2] = value;
    if (value > (memory[3] as number)) memory[3] = value;
    memory[0] = (memory[0] as number) + 1;
    memory[1] = (memory[1] as number) + value;
    memory[at] = (memory[at] as number) + 1;
  }

  reset(): void {
    this.#memory.fill(0);
  }

  snapshot(): LatencyHistogram {
    return new LatencyHistogram(this.#memory.slice());
  }
}

/** A range of durations in microseconds, both ends included, and how many there were. */
export interface LatencyBucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A histogram as JSON; times in nanoseconds, buckets by number with their counts. */
export interface LatencyHistogramJson {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/**
 * A copy of a histogram of durations; all times in microseconds. Percentiles are the greatest value of their bucket: at
 * most 1/128 above the true one, exact to a nanosecond below 256 ns. What took longer than 60 s counts as 60 s, but for
 * `max`, `sum` and `mean`.
 */
export class LatencyHistogram {
  readonly #memory: Float64Array;

  /** @internal */
  constructor(memory: Float64Array) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#memory[0] as number;
  }
  get sum(): number {
    return (this.#memory[1] as number) / 1e3;
  }
  /** NaN where nothing was recorded; so are `max`, `mean` and the percentiles. */
  get min(): number {
    return this.count === 0 ? NaN : (this.#memory[2] as number) / 1e3;
  }
  get max(): number {
    return this.count === 0 ? NaN : (this.#memory[3] as number) / 1e3;
  }
  get mean(): number {
    return this.sum / this.count;
  }
  get p50(): number {
    return this.percentile(50);
  }
  get p90(): number {
    return this.percentile(90);
  }
  get p99(): number {
    return this.percentile(99);
  }
  get p999(): number {
    return this.percentile(99.9);
  }
  get p9999(): number {
    return this.percentile(99.99);
  }

  /** The time that `percent` of the calls did not exceed; 0 gives the least, 100 the greatest. */
  percentile(percent: number): number {
    if (!(percent >= 0 && percent <= 100)) {
      throw new InputError("OUT_OF_RANGE", "percentile", { expected: "a number from 0 to 100", actual: received(percent) });
    }
    const { count } = this;
    if (count === 0) return NaN;
    if (percent === 0) return this.min;
    // 99.9 % of 1,000 is 999 and not the 999.0000000000001 of floating point.
    const rank = Math.max(1, Math.ceil((percent / 100) * count * (1 - 1e-12)));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#memory[HEADER + i] as number;
      if (seen >= rank) return Math.min(greatestOf(i), this.#memory[3] as number) / 1e3;
    }
    return this.max;
  }

  /** The buckets that hold something, ascending. */
  buckets(): LatencyBucket[] {
    const out: LatencyBucket[] = [];
    for (let i = 0; i < BUCKETS; i++) {
      const count = this.#memory[HEADER + i] as number;
      if (count > 0) out.push({ from: leastOf(i) / 1e3, to: greatestOf(i) / 1e3, count });
    }
    return out;
  }

  /**
   * How many calls took at most each of these times (microseconds, ascending): the cumulative buckets of a Prometheus
   * histogram, whose last, infinite one is `count`. A bucket that a bound lies within counts by its upper end.
   */
  cumulative(bounds: readonly number[]): number[] {
    let i = 0;
    let seen = 0;
    return bounds.map((bound) => {
      for (; i < BUCKETS && greatestOf(i) <= bound * 1e3; i++) seen += this.#memory[HEADER + i] as number;
      return seen;
    });
  }

  /** Both together, as if one histogram had recorded all. */
  merge(other: LatencyHistogram): LatencyHistogram {
    const [a, b] = [this.#memory, other.#memory];
    const out = a.slice();
    for (let i = 0; i < HISTOGRAM_DOUBLES; i++) out[i] = (a[i] as number) + (b[i] as number);
    out[2] = this.count === 0 ? (b[2] as number) : other.count === 0 ? (a[2] as number) : Math.min(a[2] as number, b[2] as number);
    out[3] = Math.max(a[3] as number, b[3] as number);
    return new LatencyHistogram(out);
  }

  toJSON(): LatencyHistogramJson {
    const [count, sum, min, max] = this.#memory as unknown as [number, number, number, number];
    const buckets: [number, number][] = [];
    for (let i = 0; i < BUCKETS; i++) if (this.#memory[HEADER + i] !== 0) buckets.push([i, this.#memory[HEADER + i] as number]);
    return { count, sum, min, max, buckets };
  }

  /** What `toJSON` gave, here or in another thread or process. */
  static fromJSON(json: LatencyHistogramJson): LatencyHistogram {
    const memory = new Float64Array(HISTOGRAM_DOUBLES);
    memory.set([json.count, json.sum, json.min, json.max]);
    for (const [bucket, count] of json.buckets) {
      if (!Number.isInteger(bucket) || bucket < 0 || bucket >= BUCKETS) {
        throw new InputError("OUT_OF_RANGE", "not a histogram's JSON", { expected: `buckets from 0 to ${BUCKETS - 1}`, actual: received(bucket) });
      }
      memory[HEADER + bucket] = count;
    }
    return new LatencyHistogram(memory);
  }
}
