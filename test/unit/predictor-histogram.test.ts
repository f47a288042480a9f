import { build } from "hdr-histogram-js";
import { describe, expect, test } from "vitest";
import { HistogramRecorder, LatencyHistogram } from "../../src/scorer/predictor/histogram.js";

/** Durations as a service has them: most around some microseconds, a tail over many powers of ten. */
function durations(count: number): number[] {
  let state = 12345;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: count }, () => Math.floor(10 + 3000 * Math.exp(3 * (random() + random() + random() - 1.5)) * (random() < 0.001 ? 1e5 : 1)));
}

function recorded(values: readonly number[]): LatencyHistogram {
  const recorder = new HistogramRecorder();
  for (const value of values) recorder.record(value);
  return recorder.snapshot();
}

describe("a histogram", () => {
  test("agrees with hdr-histogram-js of two digits at every percentile", () => {
    const values = durations(100_000);
    const reference = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60e9, numberOfSignificantValueDigits: 2 });
    for (const value of values) reference.recordValue(value);
    const own = recorded(values);
    expect(own.count).toBe(reference.totalCount);
    for (const percent of [0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99]) {
      // Theirs is the bucket's end too, ours never above the greatest value.
      const theirs = reference.getValueAtPercentile(percent) / 1e3;
      expect(own.percentile(percent), `p${percent}`).toBe(Math.min(theirs, own.max));
    }
    expect(own.mean / (reference.mean / 1e3)).toBeCloseTo(1, 2);
  });

  test("is within 1/128 above the exact percentile", () => {
    const values = durations(20_000);
    const sorted = [...values].sort((a, b) => a - b);
    const own = recorded(values);
    for (const percent of [1, 50, 90, 99, 99.9, 99.99, 100]) {
      const exact = (sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length - 1e-9) - 1)] as number) / 1e3;
      expect(own.percentile(percent)).toBeGreaterThanOrEqual(exact);
      expect(own.percentile(percent)).toBeLessThanOrEqual(exact * (1 + 1 / 128));
    }
    expect(own.percentile(0)).toBe((sorted[0] as number) / 1e3);
    expect(own.min).toBe((sorted[0] as number) / 1e3);
    expect(own.max).toBe((sorted.at(-1) as number) / 1e3);
    expect(own.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length / 1e3, 6);
    expect([own.p50, own.p90, own.p99, own.p999, own.p9999]).toEqual([50, 90, 99, 99.9, 99.99].map((percent) => own.percentile(percent)));
  });

  test("counts what is beyond its range in its ends, and tells the true greatest", () => {
    const own = recorded([-5, 0, 0.7, 1, 90e9]);
    expect(own.count).toBe(5);
    expect(own.max).toBe(90e6);
    expect(own.buckets().map(({ count }) => count)).toEqual([3, 1, 1]);
    expect(own.percentile(100)).toBeGreaterThanOrEqual(60e6);
    expect(own.percentile(100)).toBeLessThan(61e6);
  });

  test("has buckets that meet and hold their values", () => {
    const values = durations(5000);
    const own = recorded(values);
    const buckets = own.buckets();
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
    for (const value of values) expect(buckets.some(({ from, to }) => from * 1e3 <= value + 1e-6 && value <= to * 1e3 + 1e-6)).toBe(true);
    for (const [i, { from, to }] of buckets.entries()) {
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to - from).toBeLessThanOrEqual(from / 128 + 1e-9);
      if (i > 0) expect(from).toBeGreaterThan((buckets[i - 1] as { to: number }).to);
    }
  });

  test("gives cumulative counts for a Prometheus histogram", () => {
    const own = recorded([500, 1500, 2500, 250_000, 10e9]);
    expect(own.cumulative([1, 2, 5, 100, 300, 1e6, 20e6])).toEqual([1, 2, 3, 3, 4, 4, 5]);
  });

  test("merges as if one had recorded all, and goes through JSON", () => {
    const values = durations(3000);
    const [a, b] = [recorded(values.slice(0, 1000)), recorded(values.slice(1000))];
    const all = recorded(values);
    expect(a.merge(b).toJSON()).toEqual(all.toJSON());
    expect(a.merge(recorded([])).toJSON()).toEqual(a.toJSON());
    expect(recorded([]).merge(a).toJSON()).toEqual(a.toJSON());
    const back = LatencyHistogram.fromJSON(JSON.parse(JSON.stringify(all)) as ReturnType<LatencyHistogram["toJSON"]>);
    expect(back.toJSON()).toEqual(all.toJSON());
    expect(back.p99).toBe(all.p99);
    expect(() => LatencyHistogram.fromJSON({ ...all.toJSON(), buckets: [[5000, 1]] })).toThrow(/3839/);
  });

  test("is NaN while empty, and empty after a reset; a snapshot stays", () => {
    const recorder = new HistogramRecorder();
    expect([recorder.snapshot().min, recorder.snapshot().max, recorder.snapshot().mean, recorder.snapshot().p99]).toEqual([NaN, NaN, NaN, NaN]);
    recorder.record(1000);
    const before = recorder.snapshot();
    recorder.reset();
    expect(recorder.snapshot().count).toBe(0);
    recorder.record(7);
    expect(recorder.snapshot().min).toBe(0.007);
    expect(before.count).toBe(1);
    expect(() => before.percentile(101)).toThrow(/from 0 to 100/);
    expect(() => before.percentile(NaN)).toThrow(/from 0 to 100/);
  });
});
