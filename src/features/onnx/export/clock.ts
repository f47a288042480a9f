import type { ZoneTable } from "../../../plan/zones.js";
import type { Call } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

/** Local time by int64 arithmetic. All of it is defined for every int64: no step overflows, no position leaves its table. */

const DAY = 86_400;
const UTC: ZoneTable = { at: [], offset: [0] };

export interface Clock {
  /** Whole UTC seconds; undefined for dates. */
  readonly utc: Value | undefined;
  /** Ticks past the whole second; undefined where there are none. */
  readonly ticks: Value | undefined;
  readonly offset: Value;
  readonly day: Value;
  /** Of the local day. */
  readonly second: Value;
}

export const unitOf = (call: Call): bigint => call.params["unit"] as bigint;

export function zoneOf(call: Call): ZoneTable {
  const zone = call.params["zone"];
  return unitOf(call) === 0n || typeof zone !== "string" ? UTC : (call.zones[zone] ?? UTC);
}

export function clock(ops: Ops, stamp: Value, call: Call): Clock {
  const unit = unitOf(call);
  const zero = ops.i64(0);
  if (unit === 0n) return { utc: undefined, ticks: undefined, offset: zero, day: stamp, second: ops.mul(stamp, zero) };
  const split = unit === 1n ? { quotient: stamp, rest: undefined } : ops.divide(stamp, unit);
  const utc = split.quotient;
  const offset = offsetAt(ops, utc, zoneOf(call));
  // The offset is added to the second of the day: added to the seconds it could overflow.
  const { quotient: utcDay, rest } = ops.divide(utc, DAY);
  const local = ops.divide(ops.add(rest, offset), DAY);
  return { utc, ticks: split.rest, offset, day: ops.add(utcDay, local.quotient), second: local.rest };
}

/** The table ends there; later instants take the offset of their equivalent in the last 28 years before it. */
const TABLE_END = 4_102_444_800;

function offsetAt(ops: Ops, utc: Value, zone: ZoneTable): Value {
  if (zone.at.length === 0) return ops.i64(zone.offset[0] ?? 0);
  const late = ops.ge(utc, ops.i64(TABLE_END));
  const known = ops.where(late, equivalent(ops, utc), utc, "int64");
  return ops.op("Gather", ops.i64s(zone.offset), ops.countAtMost(known, zone.at, "int64"));
}

/** 1 January, as a day number, of the latest year in 2072 to 2099 by [leap][weekday of 1 January]. */
const NEW_YEARS: readonly number[] = (() => {
  const out = Array.from({ length: 14 }, () => 0);
  for (let year = 2072; year < 2100; year++) {
    const day = Date.UTC(year, 0, 1) / 86_400_000;
    out[(year % 4 === 0 ? 7 : 0) + ((day + 3) % 7)] = day;
  }
  return out;
})();

function equivalent(ops: Ops, utc: Value): Value {
  const { quotient: day, rest } = ops.divide(utc, DAY);
  const date = dateOf(ops, day);
  const before = ops.sub(date.dayOfYear, ops.i64(1));
  const kind = ops.add(ops.mul(ops.cast(date.leap, "int64"), ops.i64(7)), weekday(ops, ops.sub(day, before)));
  const first = ops.op("Gather", ops.i64s(NEW_YEARS), kind);
  return ops.add(ops.mul(ops.add(first, before), ops.i64(DAY)), rest);
}

/** 0 for Monday. */
export function weekday(ops: Ops, day: Value): Value {
  return ops.divide(ops.add(ops.divide(day, 7).rest, ops.i64(3)), 7).rest;
}

export interface CalendarDate {
  readonly year: Value;
  readonly month: Value;
  readonly day: Value;
  readonly dayOfYear: Value;
  readonly leap: Value;
}

/** The proleptic Gregorian date of a day number, by years that begin in March and cycles of 400 years. */
export function dateOf(ops: Ops, dayNumber: Value): CalendarDate {
  const whole = (x: Value, by: number): Value => ops.div(x, ops.i64(by)); // x is not negative
  const times = (x: Value, by: number): Value => ops.mul(x, ops.i64(by));
  const cycle = ops.divide(dayNumber, 146_097);
  const shifted = ops.divide(ops.add(cycle.rest, ops.i64(719_468)), 146_097); // from 1 March of the year 0
  const inCycle = shifted.rest;
  const leapDays = ops.add(ops.sub(ops.neg(whole(inCycle, 1460)), whole(inCycle, 146_096)), whole(inCycle, 36_524));
  const yearOfCycle = whole(ops.add(inCycle, leapDays), 365);
  const fromMarch = ops.sub(inCycle, ops.add(times(yearOfCycle, 365), ops.sub(whole(yearOfCycle, 4), whole(yearOfCycle, 100))));
  const monthFromMarch = whole(ops.add(times(fromMarch, 5), ops.i64(2)), 153);
  const day = ops.add(ops.sub(fromMarch, whole(ops.add(times(monthFromMarch, 153), ops.i64(2)), 5)), ops.i64(1));
  const wraps = ops.ge(monthFromMarch, ops.i64(10));
  const nextYear = ops.cast(wraps, "int64");
  const month = ops.sub(ops.add(monthFromMarch, ops.i64(3)), times(nextYear, 12));
  const year = ops.add(ops.add(yearOfCycle, nextYear), times(ops.add(shifted.quotient, cycle.quotient), 400));
  const multiple = (of: number): Value => ops.eq(ops.divide(year, of).rest, ops.i64(0));
  const leap = ops.and(multiple(4), ops.or(ops.not(multiple(100)), multiple(400)));
  const beforeMarch = ops.where(wraps, ops.i64(-305), ops.add(ops.cast(leap, "int64"), ops.i64(60)), "int64");
  return { year, month, day, dayOfYear: ops.add(fromMarch, beforeMarch), leap };
}

export function daysInMonth(ops: Ops, { month, leap }: CalendarDate): Value {
  const lengths = ops.op("Gather", ops.i64s([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]), ops.sub(month, ops.i64(1)));
  return ops.add(lengths, ops.cast(ops.and(leap, ops.eq(month, ops.i64(2))), "int64"));
}

export function daysInYear(ops: Ops, { leap }: CalendarDate): Value {
  return ops.add(ops.i64(365), ops.cast(leap, "int64"));
}

export function quarter(ops: Ops, { month }: CalendarDate): Value {
  return ops.div(ops.add(month, ops.i64(2)), ops.i64(3));
}

export function daysBeforeQuarter(ops: Ops, date: CalendarDate): Value {
  const q = quarter(ops, date);
  const days = ops.op("Gather", ops.i64s([0, 90, 181, 273]), ops.sub(q, ops.i64(1)));
  return ops.add(days, ops.cast(ops.and(date.leap, ops.gt(q, ops.i64(1))), "int64"));
}
