// Offsets of IANA time zones, asked of Intl.DateTimeFormat instant by instant.
import { civilFromDays, daysFromCivil, isLeap, isoWeekday, yearStart } from "./calendar.js";
import { floorDiv } from "./value.js";

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone: zone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(zone, made);
  return made;
}

function offsetByIntl(zone: string, second: bigint): number {
  const shown = formatter(zone).formatToParts(Number(second) * 1000);
  const parts = new Map(shown.map(({ type, value }) => [type, value]));
  const field = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name));
  const year = parts.get("era") === "BC" ? 1 - field("year") : field("year");
  const days = daysFromCivil(BigInt(year), field("month"), field("day"));
  const local = days * 86400n + BigInt(field("hour") * 3600 + field("minute") * 60 + field("second"));
  return Number(local - second);
}

// Zones began with local mean time, which holds for all the time before; no zone changed it before 1800.
const firstAsked = yearStart(-9999n) * 86400n;
const firstRepeated = yearStart(2100n) * 86400n;

/** The instant in 2072..2099 whose offset stands for one from 2100 on. */
function equivalent(second: bigint): bigint {
  const year = civilFromDays(floorDiv(second, 86400n)).year;
  const start = yearStart(year);
  const alike = (other: bigint): boolean =>
    isLeap(other) === isLeap(year) && isoWeekday(yearStart(other)) === isoWeekday(start);
  let candidate = 2099n;
  while (!alike(candidate)) candidate -= 1n;
  return second + (yearStart(candidate) - start) * 86400n;
}

/** Of "+05:30", "+0530" or "-08"; undefined for a name. */
function fixedOffset(zone: string): number | undefined {
  const match = /^([+-])([0-9]{2}):?([0-9]{2})?$/.exec(zone);
  if (match === null) return undefined;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60;
  return match[1] === "-" && seconds !== 0 ? -seconds : seconds;
}

/** Seconds east of UTC in force at a UTC second. */
export function offsetAt(zone: string, second: bigint): number {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return fixed;
  if (zone === "UTC") return 0;
  if (second < firstAsked) return offsetByIntl(zone, firstAsked);
  return offsetByIntl(zone, second >= firstRepeated ? equivalent(second) : second);
}

/** The first second in (from, to] with the offset of `to`, if the offset changes once between. */
export function transitionBetween(zone: string, from: bigint, to: bigint): bigint {
  const wanted = offsetAt(zone, to);
  let [low, high] = [from, to];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (offsetAt(zone, middle) === wanted) high = middle;
    else low = middle;
  }
  return high;
}
