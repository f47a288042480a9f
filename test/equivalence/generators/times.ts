// Generators of the functions of time, and of the lists that go with a time.
import type { Value } from "../oracle/value.js";
import { generator, unary, type Generator, type Generators } from "./generator.js";
import { clampInt64, float64Trouble, int64Trouble } from "./numbers.js";
import type { Rng, StaticParams } from "./rng.js";
import { duration, recentTimestamp, timestampTrouble, units, zones } from "./timestamps.js";
import { elementType, listLength, listOf, relative } from "./values.js";

function unit(rng: Rng): StaticParams {
  return { unit: rng.pick(units) };
}

function clock(rng: Rng): StaticParams {
  return { unit: rng.pick(units), zone: rng.chance(0.25) ? "UTC" : rng.pick(zones) };
}

function withChoice(name: string, choices: readonly string[], zoned = true): (rng: Rng) => StaticParams {
  return (rng) => ({ ...(zoned ? clock(rng) : unit(rng)), [name]: rng.pick(choices) });
}

const onClock = unary(timestampTrouble, clock);

const cycles = ["hour", "day", "week", "month", "year"];
const truncations = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const differences = ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week"];

function holidays(rng: Rng): StaticParams {
  const days = rng.many(rng.int(0, 12), () =>
    rng.choose(
      () => BigInt(rng.int(-2, 3)),
      () => BigInt(rng.int(-25567, 47482)), // 1900 to 2099
      () => BigInt(rng.int(15000, 15100)),
    ),
  );
  return { ...clock(rng), holidays: days };
}

const perDay: Readonly<Record<string, bigint>> = {
  s: 86400n,
  ms: 86400000n,
  us: 86400000000n,
  ns: 86400000000000n,
  d: 1n,
};

/** Within a few days of a holiday, or any time. */
function nearHoliday(rng: Rng): bigint {
  const days = rng.params["holidays"];
  const day = Array.isArray(days) && days.length > 0 ? (rng.pick(days) as unknown) : undefined;
  if (typeof day !== "bigint" || rng.chance(0.25)) return timestampTrouble(rng);
  const ticks = perDay[String(rng.params["unit"])] ?? 1n;
  const spread = 2n * ticks;
  const within = rng.choose(
    () => 0n,
    () => -1n,
    () => ticks - 1n,
    () => rng.bigint(-spread, spread),
  );
  return clampInt64(day * ticks + within);
}

const byHoliday = unary(nearHoliday, holidays);

function twoTimes(rng: Rng): Value[] {
  const a = timestampTrouble(rng);
  const b = rng.choose(
    () => timestampTrouble(rng),
    () => clampInt64(a - duration(rng)),
    () => relative(rng, a),
    () => recentTimestamp(rng),
  );
  return [a, b];
}

function amount(rng: Rng): bigint {
  return rng.choose(
    () => duration(rng),
    () => -duration(rng),
    () => int64Trouble(rng),
  );
}

interface Events {
  readonly times: Value[];
  readonly now: bigint;
  readonly width: bigint;
}

/** Event times about a present moment: most before it, many at the borders of the window. */
function events(rng: Rng, length: number): Events {
  const now = rng.chance(0.9) ? recentTimestamp(rng) : timestampTrouble(rng);
  const width = rng.chance(0.85) ? duration(rng) : int64Trouble(rng);
  const nullChance = rng.pick([0, 0, 0.1, 0.4]);
  const times = rng.many(length, (): Value => {
    if (rng.chance(nullChance)) return null;
    return rng.choose(
      () => clampInt64(now - width + BigInt(rng.int(-1, 1))),
      () => clampInt64(now + BigInt(rng.int(-1, 1))),
      () => clampInt64(now - duration(rng)),
      () => clampInt64(now - rng.bigint(0n, duration(rng) + 1n)),
      () => clampInt64(now + rng.bigint(0n, duration(rng) + 1n)),
      () => (rng.chance(0.8) ? clampInt64(now - duration(rng)) : timestampTrouble(rng)),
    );
  });
  return { times, now, width };
}

/** Lengths differ now and then, which is a failure. */
function otherLength(rng: Rng, length: number): number {
  return rng.chance(0.05) ? length + 1 : length;
}

function windowArgs(rng: Rng, types: readonly string[]): Value[] {
  const length = listLength(rng);
  const { times, now, width } = events(rng, otherLength(rng, length));
  return [listOf(rng, elementType(types[0] ?? ""), length, rng.pick([0, 0.2])), times, now, width];
}

function halfLife(rng: Rng): number {
  if (rng.chance(0.2)) return float64Trouble(rng);
  return rng.pick([1, 60, 3600, 86400, 604800, 2592000]) * (0.5 + rng.float());
}

function decayedArgs(rng: Rng): Value[] {
  const length = listLength(rng);
  const other = otherLength(rng, length);
  const { times, now } = events(rng, other);
  // A bad half-life beside a bad length has two answers; only one trouble at a time.
  return [
    listOf(rng, "float64", length, rng.pick([0, 0.2])),
    times,
    now,
    other === length ? halfLife(rng) : 3600,
  ];
}

function ofEvents(args: (all: Events) => Value[]): Generator {
  return generator((rng) => args(events(rng, listLength(rng))), unit);
}

export const time: Generators = {
  year: onClock,
  quarter: onClock,
  month: onClock,
  day: onClock,
  dayOfWeek: onClock,
  dayOfYear: onClock,
  week: onClock,
  isoYear: onClock,
  hour: onClock,
  minute: onClock,
  second: onClock,
  millisecond: onClock,
  microsecond: onClock,
  nanosecond: onClock,
  secondOfDay: onClock,
  minuteOfDay: onClock,
  isWeekend: onClock,
  isLeapYear: onClock,
  daysInMonth: onClock,
  hourOfWeek: onClock,
  zoneOffset: onClock,
  truncate: unary(timestampTrouble, withChoice("to", truncations)),
  addTime: generator((rng) => [timestampTrouble(rng), amount(rng)], unit),
  diff: generator(twoTimes, withChoice("in", differences, false)),
  cyclicSin: unary(timestampTrouble, withChoice("period", cycles)),
  cyclicCos: unary(timestampTrouble, withChoice("period", cycles)),
  isHoliday: byHoliday,
  daysToHoliday: byHoliday,
  daysSinceHoliday: byHoliday,
  daysSinceEpoch: onClock,
  dateString: onClock,
};

export const windows: Generators = {
  window: generator(windowArgs, unit),
  withinWindow: ofEvents(({ times, now, width }) => [times, now, width]),
  recency: ofEvents(({ times, now }) => [times, now]),
  decayedSum: generator(decayedArgs, unit),
};
