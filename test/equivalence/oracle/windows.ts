// Lists in parallel: over a time window, or paired element by element.
import { secondsOf } from "./calendar.js";
import { exp2 } from "./elementary.js";
import { laneSum, mean } from "./lists.js";
import {
  define, elements, float, int, list, OracleFailure, textParam, type Family, type Params, type Value,
} from "./value.js";

type Pair = readonly [Value, Value];

function paired(x: Value | undefined, y: Value | undefined): readonly Pair[] {
  const [a, b] = [list(x), list(y)];
  if (a.length !== b.length) throw new OracleFailure("OUT_OF_RANGE");
  return a.map((value, i): Pair => [value, b[i] ?? null]);
}

function inWindow(time: Value, now: bigint, width: bigint): boolean {
  return time !== null && int(time) > now - width && int(time) <= now;
}

function recency(times: readonly bigint[], now: bigint, unit: string): number | null {
  const [first, ...rest] = times.filter((time) => time <= now);
  if (first === undefined) return null;
  return secondsOf(now - rest.reduce((latest, time) => (time > latest ? time : latest), first), unit);
}

/** The terms that decayedSum adds. */
function decayed(args: readonly Value[], params: Params): readonly number[] {
  const [values, times, now, halfLife] = args;
  const unit = textParam(params, "unit");
  return paired(values, times)
    .filter(([value, time]) => value !== null && time !== null && int(time) <= int(now))
    .map(([value, time]) => float(value) * exp2(-(secondsOf(int(now) - int(time), unit) / float(halfLife))));
}

/** One unit in the last place of each factor: a sum whose terms cancel keeps the error of its largest ones. */
function decayedTolerance(args: readonly Value[], params: Params): number {
  const halfLife = args[3];
  if (halfLife === null || !(float(halfLife) > 0)) return 0;
  const sizes = decayed(args, params).map(Math.abs);
  return 4 * 2 ** -53 * laneSum(sizes) + sizes.length * 2 ** -1074;
}

function slopeOver(pairs: readonly Pair[]): number | null {
  const present = pairs.filter(([y, x]) => y !== null && x !== null);
  if (present.length < 2) return null;
  const ys = present.map(([y]) => float(y));
  const xs = present.map(([, x]) => float(x));
  const [xm, ym] = [mean(xs), mean(ys)];
  const numerator = laneSum(xs.map((x, i) => (x - xm) * ((ys[i] ?? NaN) - ym)));
  const denominator = laneSum(xs.map((x) => (x - xm) * (x - xm)));
  return denominator === 0 ? null : numerator / denominator;
}

const windowed = ["float64", "int64", "utf8"].map(
  (type) => `list<${type}> list<timestamp> timestamp int64 -> list<${type}>`,
);

export const windows: Family = {
  slopeOver: define("list<float64> list<float64> -> float64", ([values, x]) => slopeOver(paired(values, x))),
  window: define(windowed, ([values, times, now, width]) =>
    paired(values, times).filter(([, time]) => inWindow(time, int(now), int(width))).map(([value]) => value),
  ),
  withinWindow: define("list<timestamp> timestamp int64 -> list<timestamp>", ([times, now, width]) =>
    list(times).filter((time) => inWindow(time, int(now), int(width))),
  ),
  recency: define("list<timestamp> timestamp -> float64", ([times, now], params) =>
    recency(elements(times).map(int), int(now), textParam(params, "unit")),
  ),
  decayedSum: define("list<float64> list<timestamp> timestamp float64 -> float64", (args, params) => {
      const terms = decayed(args, params);
      return float(args[3]) > 0 ? laneSum(terms) : null;
    }, { tolerance: decayedTolerance }),
};
