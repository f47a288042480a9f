// Lists in parallel: over a time window, or paired element by element.
import { secondsOf } from "./calendar.js";
import { exp2 } from "./elementary.js";
import { laneSum, mean } from "./lists.js";
import {
  define,
  elements,
  float,
  int,
  list,
  OracleFailure,
  textParam,
  type Family,
  type Params,
  type Value,
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

interface Term {
  readonly value: number;
  readonly weight: number;
}

/** What decayedSum adds up: value * weight. */
function decayed(args: readonly Value[], params: Params): readonly Term[] {
  const [values, times, now, halfLife] = args;
  const unit = textParam(params, "unit");
  return paired(values, times)
    .filter(([value, time]) => value !== null && time !== null && int(time) <= int(now))
    .map(([value, time]) => {
      const age = secondsOf(int(now) - int(time), unit);
      return { value: float(value), weight: exp2(-(age / float(halfLife))) };
    });
}

/**
 * One unit in the last place of each weight, and one for each of the up to eight roundings after it. A sum whose
 * terms cancel keeps the error of the largest.
 */
function decayedTolerance(args: readonly Value[], params: Params): number {
  if (list(args[0]).length !== list(args[1]).length || !(float(args[3]) > 0)) return 0;
  const errors = decayed(args, params).map(
    ({ value, weight }) => Math.abs(value) * (weight * 2 ** -49 + 2 ** -1074),
  );
  return laneSum(errors) + errors.length * 2 ** -1074;
}

function slopeOver(pairs: readonly Pair[]): number | null {
  const present = pairs.filter(([y, x]) => y !== null && x !== null);
  if (present.length < 2) return null;
  const ys = present.map(([y]) => float(y));
  const xs = present.map(([, x]) => float(x));
  if (xs.every((x) => x === xs[0])) return null;
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
    paired(values, times)
      .filter(([, time]) => inWindow(time, int(now), int(width)))
      .map(([value]) => value),
  ),
  withinWindow: define("list<timestamp> timestamp int64 -> list<timestamp>", ([times, now, width]) =>
    list(times).filter((time) => inWindow(time, int(now), int(width))),
  ),
  recency: define("list<timestamp> timestamp -> float64", ([times, now], params) =>
    recency(elements(times).map(int), int(now), textParam(params, "unit")),
  ),
  decayedSum: define(
    "list<float64> list<timestamp> timestamp float64 -> float64",
    (args, params) => {
      const terms = decayed(args, params).map(({ value, weight }) => value * weight);
      return float(args[3]) > 0 ? laneSum(terms) : null;
    },
    { tolerance: decayedTolerance },
  ),
};
