import { clock, dateOf, daysBeforeQuarter, daysInMonth, daysInYear, quarter, unitOf, weekday, zoneOf, type CalendarDate, type Clock } from "./clock.js";
import { arg, simple, type Call, type Cell, type Mapping, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

/** A part of the local time that is a float64. */
function part(read: (ops: Ops, at: Clock, call: Call) => Value): Mapping {
  return simple((ops, args, call) => ops.cast(read(ops, clock(ops, arg(args, 0), call), call), "float64"));
}

const datePart = (read: (ops: Ops, date: CalendarDate) => Value): Mapping => part((ops, { day }) => read(ops, dateOf(ops, day)));

/** Nanoseconds of the second, divided down. */
function subSecond(perSecond: bigint): Mapping {
  return part((ops, { ticks, second }, call) => {
    const unit = unitOf(call);
    if (ticks === undefined) return ops.mul(second, ops.i64(0));
    return unit >= perSecond ? ops.div(ticks, ops.i64(unit / perSecond)) : ops.mul(ticks, ops.i64(perSecond / unit));
  });
}

/** The Thursday of the day's week: its year is the week's. */
function thursday(ops: Ops, day: Value): CalendarDate {
  return dateOf(ops, ops.add(ops.sub(day, weekday(ops, day)), ops.i64(3)));
}

const IN_SECONDS: Readonly<Record<string, readonly [perSecond: bigint, seconds: bigint]>> = {
  nanosecond: [1_000_000_000n, 1n],
  microsecond: [1_000_000n, 1n],
  millisecond: [1_000n, 1n],
  second: [1n, 1n],
  minute: [1n, 60n],
  hour: [1n, 3600n],
  day: [1n, 86_400n],
  week: [1n, 604_800n],
};

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

function diff(ops: Ops, x: Value, y: Value, call: Call): Value {
  const unit = unitOf(call);
  const [perSecond, seconds] = IN_SECONDS[call.params["in"] as string] ?? [1n, 1n];
  const up = perSecond * (unit === 0n ? 86_400n : 1n);
  const down = seconds * (unit === 0n ? 1n : unit);
  const common = gcd(up, down);
  const ticks = ops.cast(ops.sub(x, y), "float64");
  return ops.div(ops.mul(ticks, ops.f64(Number(up / common))), ops.f64(Number(down / common)));
}

/** 2π times the part of the period that has passed. */
function angle(ops: Ops, stamp: Value, call: Call): Value {
  const { day, second, ticks } = clock(ops, stamp, call);
  const period = call.params["period"] as string;
  let elapsed = second;
  let length = ops.i64(86_400);
  if (period === "hour") {
    elapsed = ops.divide(second, 3600).rest;
    length = ops.i64(3600);
  } else if (period !== "day") {
    const date = dateOf(ops, day);
    const one = ops.i64(1);
    const before = period === "week" ? weekday(ops, day) : ops.sub(period === "month" ? date.day : date.dayOfYear, one);
    const days = period === "week" ? ops.i64(7) : period === "month" ? daysInMonth(ops, date) : daysInYear(ops, date);
    elapsed = ops.add(ops.mul(before, ops.i64(86_400)), second);
    length = ops.mul(days, ops.i64(86_400));
  }
  let seconds = ops.cast(elapsed, "float64");
  if (ticks !== undefined) seconds = ops.add(seconds, ops.div(ops.cast(ticks, "float64"), ops.f64(Number(unitOf(call)))));
  return ops.mul(ops.div(seconds, ops.cast(length, "float64")), ops.f64(2 * Math.PI));
}

/** Days from the first day of the period to the local day. */
function daysBefore(ops: Ops, day: Value, to: string): Value {
  switch (to) {
    case "week":
      return weekday(ops, day);
    case "month":
      return ops.sub(dateOf(ops, day).day, ops.i64(1));
    case "quarter": {
      const date = dateOf(ops, day);
      return ops.sub(ops.sub(date.dayOfYear, ops.i64(1)), daysBeforeQuarter(ops, date));
    }
    case "year":
      return ops.sub(dateOf(ops, day).dayOfYear, ops.i64(1));
    default:
      return ops.i64(0);
  }
}

const truncate: Mapping = {
  unsupported(call) {
    const clockOnly = ["second", "minute", "hour"].includes(call.params["to"] as string);
    return clockOnly || zoneOf(call).at.length === 0 ? undefined : "truncation to days and more in a zone whose clocks change";
  },
  value(ops, args, call) {
    const stamp = arg(args, 0);
    const to = call.params["to"] as string;
    const { utc, day, second } = clock(ops, stamp, call);
    if (utc === undefined) return ops.sub(stamp, daysBefore(ops, day, to));
    const elapsed =
      to === "second"
        ? ops.i64(0)
        : to === "minute"
          ? ops.divide(second, 60).rest
          : to === "hour"
            ? ops.divide(second, 3600).rest
            : ops.add(ops.mul(daysBefore(ops, day, to), ops.i64(86_400)), second);
    return ops.mul(ops.sub(utc, elapsed), ops.i64(unitOf(call)));
  },
};

const holidaysOf = (call: Call): readonly bigint[] => [...new Set(call.params["holidays"] as readonly bigint[])].sort((a, b) => (a < b ? -1 : 1));

function holidayDistance(after: boolean): Mapping {
  return {
    cell(ops, [x], call) {
      const { value: stamp, isNull } = x as Cell;
      const { day } = clock(ops, stamp, call);
      const holidays = holidaysOf(call);
      const count = ops.i64(holidays.length);
      // On or before the day; those before it are on or before the day before.
      const passed = ops.countAtMost(after ? ops.sub(day, ops.i64(1)) : day, holidays, "int64");
      const none = after ? ops.ge(passed, count) : ops.eq(passed, ops.i64(0));
      const holiday = ops.op("Gather", ops.i64s(after ? [...holidays, 0] : [0, ...holidays]), passed);
      const distance = after ? ops.sub(holiday, day) : ops.sub(day, holiday);
      return { value: ops.cast(distance, "float64"), isNull: isNull === undefined ? none : ops.or(isNull, none) };
    },
  };
}

export const TIME: Mappings = {
  year: datePart((_, date) => date.year),
  quarter: datePart(quarter),
  month: datePart((_, date) => date.month),
  day: datePart((_, date) => date.day),
  dayOfWeek: part((ops, { day }) => ops.add(weekday(ops, day), ops.i64(1))),
  dayOfYear: datePart((_, date) => date.dayOfYear),
  week: part((ops, { day }) => ops.add(ops.div(ops.sub(thursday(ops, day).dayOfYear, ops.i64(1)), ops.i64(7)), ops.i64(1))),
  isoYear: part((ops, { day }) => thursday(ops, day).year),
  hour: part((ops, { second }) => ops.div(second, ops.i64(3600))),
  minute: part((ops, { second }) => ops.divide(ops.div(second, ops.i64(60)), 60).rest),
  second: part((ops, { second }) => ops.divide(second, 60).rest),
  millisecond: subSecond(1_000n),
  microsecond: subSecond(1_000_000n),
  nanosecond: subSecond(1_000_000_000n),
  secondOfDay: part((_, { second }) => second),
  minuteOfDay: part((ops, { second }) => ops.div(second, ops.i64(60))),
  hourOfWeek: part((ops, { day, second }) => ops.add(ops.mul(weekday(ops, day), ops.i64(24)), ops.div(second, ops.i64(3600)))),
  isWeekend: simple((ops, args, call) => ops.ge(weekday(ops, clock(ops, arg(args, 0), call).day), ops.i64(5))),
  isLeapYear: simple((ops, args, call) => dateOf(ops, clock(ops, arg(args, 0), call).day).leap),
  daysInMonth: datePart(daysInMonth),
  zoneOffset: part((ops, { offset, second }) => ops.add(ops.mul(second, ops.i64(0)), offset)),
  daysSinceEpoch: part((_, { day }) => day),
  truncate,
  addTime: simple((ops, args) => ops.add(arg(args, 0), arg(args, 1)), "a time that does not fit wraps around, where the engine fails"),
  diff: simple((ops, args, call) => diff(ops, arg(args, 0), arg(args, 1), call), "a difference of more than 2^63 ticks wraps around"),
  isHoliday: simple((ops, args, call) => ops.cast(ops.place(clock(ops, arg(args, 0), call).day, holidaysOf(call), "int64"), "bool")),
  daysToHoliday: holidayDistance(true),
  daysSinceHoliday: holidayDistance(false),
  cyclicSin: simple((ops, args, call) => ops.sin(angle(ops, arg(args, 0), call))),
  cyclicCos: simple((ops, args, call) => ops.cos(angle(ops, arg(args, 0), call))),
};
