// Parts of a timestamp in a zone, truncation, differences, cycles and holidays.
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  instantOf,
  isLeap,
  isoWeek,
  isoWeekday,
  reduced,
  ticksPerSecond,
  yearStart,
  type CivilDate,
  type Instant,
} from "./calendar.js";
import { cos, sin } from "./elementary.js";
import {
  define,
  floorDiv,
  floorMod,
  int,
  int64,
  listParam,
  textParam,
  type Family,
  type OracleFunction,
  type Params,
  type Value,
} from "./value.js";
import { offsetAt, transitionBetween } from "./zone.js";

/** A timestamp on the wall clock of its zone. */
interface Local {
  readonly unit: string;
  readonly zone: string;
  readonly instant: Instant;
  readonly offset: number;
  readonly days: bigint;
  readonly secondOfDay: number;
  readonly date: CivilDate;
}

function localOf(ticks: bigint, params: Params): Local {
  const unit = textParam(params, "unit");
  const zone = unit === "d" ? "UTC" : textParam(params, "zone", "UTC");
  const instant = instantOf(ticks, unit);
  const offset = offsetAt(zone, instant.second);
  const second = instant.second + BigInt(offset);
  const days = floorDiv(second, 86400n);
  return {
    unit,
    zone,
    instant,
    offset,
    days,
    secondOfDay: Number(second - days * 86400n),
    date: civilFromDays(days),
  };
}

function field(read: (local: Local) => Value, result = "float64"): OracleFunction {
  return define(`timestamp -> ${result}`, ([x], params) => read(localOf(int(x), params)));
}

/** A fraction of the second in `target` ticks a second, floored. */
function withinSecond({ instant }: Local, target: bigint): number {
  return Number((instant.ticks * target) / instant.ticksPerSecond);
}

function hour(local: Local): number {
  return Math.floor(local.secondOfDay / 3600);
}

function dayOfYear(local: Local): number {
  return Number(local.days - yearStart(local.date.year)) + 1;
}

/** First local day of the calendar period that holds the date. */
function periodStart({ days, date }: Local, period: string): bigint {
  switch (period) {
    case "day":
      return days;
    case "week":
      return days - BigInt(isoWeekday(days) - 1);
    case "month":
      return daysFromCivil(date.year, date.month, 1);
    case "quarter":
      return daysFromCivil(date.year, date.month - ((date.month - 1) % 3), 1);
    case "year":
      return yearStart(date.year);
    default:
      throw new RangeError(`no such period: ${period}`);
  }
}

const clockPeriods: Readonly<Record<string, bigint>> = { second: 1n, minute: 60n, hour: 3600n };

const day36 = 36n * 3600n;

/**
 * The earliest UTC second at which the wall clock of the zone shows `start`, or the instant at which it skips it.
 * No offset is more than 26 hours from another, so those in force 36 hours around are the ones before and after.
 */
function instantOfLocal(start: bigint, zone: string): bigint {
  const before = BigInt(offsetAt(zone, start - day36));
  const after = BigInt(offsetAt(zone, start + day36));
  if (before === after) return start - before;
  if (BigInt(offsetAt(zone, start - before)) === before) return start - before;
  if (BigInt(offsetAt(zone, start - after)) === after) return start - after;
  return transitionBetween(zone, start - day36, start + day36);
}

function truncate(x: bigint, params: Params): bigint {
  const local = localOf(x, params);
  const period = textParam(params, "to");
  const clock = clockPeriods[period];
  if (local.unit === "d") return clock === undefined ? int64(periodStart(local, period)) : x;
  const perSecond = ticksPerSecond(local.unit);
  if (clock !== undefined) {
    const offset = BigInt(local.offset);
    const wall = local.instant.second + offset;
    return int64((wall - floorMod(wall, clock) - offset) * perSecond);
  }
  return int64(instantOfLocal(periodStart(local, period) * 86400n, local.zone) * perSecond);
}

// How long a period is, as a fraction of a second.
const periodLength: Readonly<Record<string, readonly [bigint, bigint]>> = {
  nanosecond: [1n, 1000000000n],
  microsecond: [1n, 1000000n],
  millisecond: [1n, 1000n],
  second: [1n, 1n],
  minute: [60n, 1n],
  hour: [3600n, 1n],
  day: [86400n, 1n],
  week: [604800n, 1n],
};

function diff(a: bigint, b: bigint, params: Params): number {
  const unit = textParam(params, "unit");
  const length = periodLength[textParam(params, "in")];
  if (length === undefined) throw new RangeError("no such period");
  const [tick, ticks] = unit === "d" ? [86400n, 1n] : [1n, ticksPerSecond(unit)];
  const { numerator, denominator } = reduced(tick * length[1], ticks * length[0]);
  return (Number(a - b) * Number(numerator)) / Number(denominator);
}

/** Angle of a timestamp in its period, a whole turn being the double nearest to 2 pi. */
function cycleAngle(local: Local, period: string): number {
  let length = 3600;
  let whole = local.secondOfDay % 3600;
  if (period !== "hour") {
    const days = Number(local.days - periodStart(local, period));
    whole = days * 86400 + local.secondOfDay;
    if (period === "day") length = 86400;
    else if (period === "week") length = 604800;
    else if (period === "month") length = daysInMonth(local.date) * 86400;
    else length = (isLeap(local.date.year) ? 366 : 365) * 86400;
  }
  const elapsed = whole + Number(local.instant.ticks) / Number(local.instant.ticksPerSecond);
  return (elapsed / length) * 6.283185307179586;
}

function cyclic(f: (angle: number) => number): OracleFunction {
  return define(
    "timestamp -> float64",
    ([x], params) => f(cycleAngle(localOf(int(x), params), textParam(params, "period"))),
    // The angle is the same on both sides to the last bit; only the sine or cosine may differ.
    { ulps: 1 },
  );
}

/** Distances in days from the local date to every holiday. */
function holidayDistances(x: Value | undefined, params: Params): readonly bigint[] {
  const { days } = localOf(int(x), params);
  return listParam(params, "holidays", "int64").map((holiday) => int(holiday) - days);
}

function nearest(distances: readonly bigint[]): number | null {
  const [first, ...rest] = distances;
  return first === undefined ? null : Number(rest.reduce((least, d) => (d < least ? d : least), first));
}

/** YYYY-MM-DD, or the year with a sign and at least six digits, as Date.prototype.toISOString writes it. */
function dateString({ date }: Local): string {
  const { year, month, day } = date;
  const size = String(year < 0n ? -year : year);
  const plain = year >= 0n && year <= 9999n;
  const years = plain ? size.padStart(4, "0") : (year < 0n ? "-" : "+") + size.padStart(6, "0");
  return `${years}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

export const time: Family = {
  year: field(({ date }) => Number(date.year)),
  quarter: field(({ date }) => Math.ceil(date.month / 3)),
  month: field(({ date }) => date.month),
  day: field(({ date }) => date.day),
  dayOfWeek: field(({ days }) => isoWeekday(days)),
  dayOfYear: field(dayOfYear),
  week: field(({ days }) => isoWeek(days).week),
  isoYear: field(({ days }) => Number(isoWeek(days).year)),
  hour: field(hour),
  minute: field(({ secondOfDay }) => Math.floor(secondOfDay / 60) % 60),
  second: field(({ secondOfDay }) => secondOfDay % 60),
  millisecond: field((local) => withinSecond(local, 1000n)),
  microsecond: field((local) => withinSecond(local, 1000000n)),
  nanosecond: field((local) => withinSecond(local, 1000000000n)),
  secondOfDay: field(({ secondOfDay }) => secondOfDay),
  minuteOfDay: field(({ secondOfDay }) => Math.floor(secondOfDay / 60)),
  isWeekend: field(({ days }) => isoWeekday(days) >= 6, "bool"),
  isLeapYear: field(({ date }) => isLeap(date.year), "bool"),
  daysInMonth: field(({ date }) => daysInMonth(date)),
  hourOfWeek: field((local) => (isoWeekday(local.days) - 1) * 24 + hour(local)),
  zoneOffset: field(({ offset }) => offset),
  truncate: define("timestamp -> timestamp", ([x], params) => truncate(int(x), params)),
  addTime: define("timestamp int64 -> timestamp", ([x, amount]) => int64(int(x) + int(amount))),
  diff: define("timestamp timestamp -> float64", ([a, b], params) => diff(int(a), int(b), params)),
  cyclicSin: cyclic(sin),
  cyclicCos: cyclic(cos),
  isHoliday: define("timestamp -> bool", ([x], params) => holidayDistances(x, params).includes(0n)),
  daysToHoliday: define("timestamp -> float64", ([x], params) =>
    nearest(holidayDistances(x, params).filter((distance) => distance >= 0n)),
  ),
  daysSinceHoliday: define("timestamp -> float64", ([x], params) =>
    nearest(
      holidayDistances(x, params)
        .filter((distance) => distance <= 0n)
        .map((distance) => -distance),
    ),
  ),
  daysSinceEpoch: field(({ days }) => Number(days)),
  dateString: field(dateString, "utf8"),
};
