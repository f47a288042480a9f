// Instants: around the epoch, transitions of zones, borders of calendar periods, and the ends of int64.
import { offsetAt, transitionBetween } from "../oracle/zone.js";
import { clampInt64, int64Trouble } from "./numbers.js";
import type { Rng } from "./rng.js";

export const units = ["s", "ms", "us", "ns", "d"] as const;

/** Zones with rules of every kind; none of them plans single transitions past 2072. */
export const zones = [
  "UTC",
  "America/New_York",
  "America/Sao_Paulo",
  "America/Havana",
  "America/St_Johns",
  "America/Caracas",
  "Europe/London",
  "Europe/Dublin",
  "Europe/Berlin",
  "Europe/Moscow",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "Asia/Pyongyang",
  "Asia/Tokyo",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Africa/Monrovia",
  "Antarctica/Troll",
  "Africa/Cairo",
  "+05:30",
  "-0330",
  "+14",
  "-08",
] as const;

const perSecond: Readonly<Record<string, bigint>> = { s: 1n, ms: 1000n, us: 1000000n, ns: 1000000000n };

function unitOf(rng: Rng): string {
  const given = rng.params["unit"] ?? rng.params["from"];
  return typeof given === "string" ? given : rng.pick(units);
}

function zoneOf(rng: Rng): string {
  const given = rng.params["zone"];
  return typeof given === "string" ? given : rng.pick(zones);
}

function utcSecond(year: number, month: number, day: number): bigint {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return BigInt(date.getTime() / 1000);
}

const transitions = new Map<string, readonly bigint[]>();

/** The UTC seconds of a year at which the offset of a zone changes. */
function transitionsOf(zone: string, year: number): readonly bigint[] {
  const key = `${zone} ${year}`;
  const known = transitions.get(key);
  if (known !== undefined) return known;
  const months = Array.from({ length: 13 }, (_, month) => utcSecond(year, month, 1));
  const found: bigint[] = [];
  months.reduce((from, to) => {
    if (offsetAt(zone, from) !== offsetAt(zone, to)) found.push(transitionBetween(zone, from, to));
    return to;
  });
  transitions.set(key, found);
  return found;
}

function someYear(rng: Rng): number {
  return rng.choose(
    () => rng.int(1900, 2099),
    () => rng.int(1970, 2037),
    () => rng.int(2095, 2210),
    () => rng.int(1600, 3000),
  );
}

/** A second at or beside a transition, or beside the local midnight before or after it. */
function nearTransition(rng: Rng): bigint {
  const zone = zoneOf(rng);
  const found = transitionsOf(zone, rng.chance(0.8) ? rng.int(1900, 2099) : rng.int(2100, 2500));
  const at = found.length > 0 ? rng.pick(found) : utcSecond(someYear(rng), 0, 1);
  return (
    at +
    rng.choose(
      () => BigInt(rng.int(-2, 2)),
      () => BigInt(rng.int(-4, 4) * 1800 + rng.int(-1, 1)),
      () => BigInt(rng.int(-100000, 100000)),
      () => BigInt(rng.int(-40, 40) * 86400),
    )
  );
}

const notableYears = [-9999, -1, 0, 1, 4, 100, 400, 1582, 1900, 2000, 2100, 9999, 10000, 99999];

/** The first local second of a day, month or year, give or take. */
function nearBorder(rng: Rng): bigint {
  const day = rng.choose(
    () => utcSecond(someYear(rng), 0, rng.int(-3, 5)),
    () => utcSecond(someYear(rng), 1, rng.int(27, 30)),
    () => utcSecond(someYear(rng), rng.int(0, 11), 1),
    () => utcSecond(someYear(rng), rng.int(0, 11), rng.int(1, 31)),
    () => utcSecond(rng.pick(notableYears), 0, rng.int(-1, 2)),
  );
  return day - BigInt(offsetAt(zoneOf(rng), day)) + BigInt(rng.int(-1, 1));
}

function ordinarySecond(rng: Rng): bigint {
  return rng.bigint(-2208988800n, 4102444800n); // 1900 to 2100
}

function ticksOf(rng: Rng, second: bigint, unit: string): bigint {
  if (unit === "d") return clampInt64(second / 86400n);
  const ticks = perSecond[unit] ?? 1n;
  const within = rng.choose(
    () => 0n,
    () => ticks - 1n,
    () => rng.bigint(0n, ticks - 1n),
  );
  const exact = second * ticks + within;
  // Nanoseconds span 1677 to 2262 only; an instant outside of it falls somewhere inside.
  return BigInt.asIntN(64, exact);
}

export function timestampTrouble(rng: Rng): bigint {
  const unit = unitOf(rng);
  const roll = rng.float();
  if (roll < 0.1) return BigInt(rng.int(-3, 3));
  if (roll < 0.35) return ticksOf(rng, nearTransition(rng), unit);
  if (roll < 0.55) return ticksOf(rng, nearBorder(rng), unit);
  if (roll < 0.8) return ticksOf(rng, ordinarySecond(rng), unit);
  if (roll < 0.9) return ticksOf(rng, utcSecond(someYear(rng), rng.int(0, 11), rng.int(1, 28)), unit);
  return int64Trouble(rng);
}

/** An instant of 1970 to 2100 in the unit at hand: what a window over recent events has. */
export function recentTimestamp(rng: Rng): bigint {
  return ticksOf(rng, rng.bigint(0n, 4102444800n), unitOf(rng));
}

/** A length of time in ticks of the unit at hand, from nothing to a year. */
export function duration(rng: Rng): bigint {
  const unit = unitOf(rng);
  if (unit === "d") return BigInt(rng.int(0, 366));
  const seconds = BigInt(rng.pick([0, 1, 60, 3600, 86400, 604800, 31536000]));
  return seconds * (perSecond[unit] ?? 1n) + BigInt(rng.int(-1, 1));
}
