// The proleptic Gregorian calendar over every int64 tick. The calendar repeats each 400 years (146,097 days,
// a whole number of weeks), so a date is moved into 2000..2399 and JavaScript's own Date does the rest.
import { floorDiv, floorMod } from "./value.js";

const cycleDays = 146097n;
const cycleStart = 10957n; // 2000-01-01 in days since 1970-01-01
const dayMillis = 86400000;

export interface CivilDate {
  readonly year: bigint;
  readonly month: number; // 1..12
  readonly day: number; // 1..31
}

export function civilFromDays(days: bigint): CivilDate {
  const cycle = floorDiv(days - cycleStart, cycleDays);
  const date = new Date(Number(days - cycle * cycleDays) * dayMillis);
  return {
    year: cycle * 400n + BigInt(date.getUTCFullYear()),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
  };
}

export function daysFromCivil(year: bigint, month: number, day: number): bigint {
  const cycle = floorDiv(year - 2000n, 400n);
  const millis = Date.UTC(Number(year - cycle * 400n), month - 1, day);
  return cycle * cycleDays + BigInt(millis / dayMillis);
}

/** Monday 1 .. Sunday 7. Day 0, 1970-01-01, was a Thursday. */
export function isoWeekday(days: bigint): number {
  return Number(floorMod(days + 3n, 7n)) + 1;
}

export function isLeap(year: bigint): boolean {
  return floorMod(year, 4n) === 0n && (floorMod(year, 100n) !== 0n || floorMod(year, 400n) === 0n);
}

export function yearStart(year: bigint): bigint {
  return daysFromCivil(year, 1, 1);
}

export function daysInMonth(date: CivilDate): number {
  const next =
    date.month === 12 ? daysFromCivil(date.year + 1n, 1, 1) : daysFromCivil(date.year, date.month + 1, 1);
  return Number(next - daysFromCivil(date.year, date.month, 1));
}

export interface IsoWeek {
  readonly year: bigint;
  readonly week: number;
}

/** ISO 8601: a week belongs to the year of its Thursday. */
export function isoWeek(days: bigint): IsoWeek {
  const thursday = days + BigInt(4 - isoWeekday(days));
  const year = civilFromDays(thursday).year;
  return { year, week: Number((thursday - yearStart(year)) / 7n) + 1 };
}

const perSecond: Readonly<Record<string, bigint>> = { s: 1n, ms: 1000n, us: 1000000n, ns: 1000000000n };

/** Ticks in a second; a unit of days has none. */
export function ticksPerSecond(unit: string): bigint {
  const ticks = perSecond[unit];
  if (ticks === undefined) throw new RangeError(`no unit of seconds: ${unit}`);
  return ticks;
}

/** A unit's length as a fraction of a second. */
function unitLength(unit: string): { readonly numerator: bigint; readonly denominator: bigint } {
  return unit === "d"
    ? { numerator: 86400n, denominator: 1n }
    : { numerator: 1n, denominator: ticksPerSecond(unit) };
}

/** How many ticks of `to` one tick of `from` is. */
export function unitRatio(
  from: string,
  to: string,
): { readonly numerator: bigint; readonly denominator: bigint } {
  const [a, b] = [unitLength(from), unitLength(to)];
  return reduced(a.numerator * b.denominator, a.denominator * b.numerator);
}

export function reduced(numerator: bigint, denominator: bigint): { numerator: bigint; denominator: bigint } {
  let [a, b] = [numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}

/** `count` ticks of `unit` in seconds: one conversion and one division, or one multiplication for days. */
export function secondsOf(count: bigint, unit: string): number {
  return unit === "d" ? Number(count) * 86400 : Number(count) / Number(ticksPerSecond(unit));
}

export interface Instant {
  /** Whole seconds since the epoch, floored. */
  readonly second: bigint;
  /** Ticks within that second. */
  readonly ticks: bigint;
  readonly ticksPerSecond: bigint;
}

export function instantOf(ticks: bigint, unit: string): Instant {
  if (unit === "d") return { second: ticks * 86400n, ticks: 0n, ticksPerSecond: 1n };
  const perSecondOfUnit = ticksPerSecond(unit);
  const second = floorDiv(ticks, perSecondOfUnit);
  return { second, ticks: ticks - second * perSecondOfUnit, ticksPerSecond: perSecondOfUnit };
}
