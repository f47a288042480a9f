/**
 * Transition tables of IANA time zones. A table is made once, when a plan is compiled, and travels inside the
 * plan, so that row mode, batch mode and every machine that loads the plan agree on local time, whatever zone
 * data each of them has.
 *
 * The only source is `Intl`, which answers "what is the offset at this instant" but not "when does it
 * change": the changes are found by probing at a fixed step and halving each step that saw one. That takes
 * about 25 ms a zone.
 *
 * A table ends at 2100-01-01T00:00:00Z. From there on the native side takes the offset of the equivalent
 * instant in the years 2072 to 2099 (see native/core/zone.h).
 */

/** The offsets of one zone. `offset[0]` holds before `at[0]`, `offset[i + 1]` from `at[i]` on. */
export interface ZoneTable {
  /** UTC seconds since 1970 of each change of the offset, strictly increasing. */
  readonly at: readonly number[];
  /** Seconds east of UTC; one element more than `at`. */
  readonly offset: readonly number[];
}

const DAY = 86_400;

/** No zone left its first local mean time before the 1830s. */
const SEARCH_START = Date.UTC(1800, 0, 1) / 1000;
const SEARCH_END = Date.UTC(2100, 0, 1) / 1000;

/**
 * Two changes that restore the same offset are seen only if a probe falls between them. The closest such pair
 * in the zone data is just short of four days apart (Freetown, September 1939), the closest since 1970 seven.
 */
const STEP = 2 * DAY;

const FIXED_OFFSET = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/;
const OFFSET_LABEL = /^GMT(?:([+\-\u2212])(\d\d):(\d\d)(?::(\d\d))?)?$/;

const UTC: ZoneTable = freeze([], [0]);

const tables = new Map<string, ZoneTable>([["UTC", UTC]]);

/**
 * The table of an IANA zone ("Europe/Paris"), or of a fixed offset ("+05:30", also "+0530" and "+05").
 *
 * @throws RangeError when the zone is not known.
 */
export function zoneTable(zone: string): ZoneTable {
  let table = tables.get(zone);
  if (table === undefined) {
    table = fixedOffsetTable(zone) ?? search(offsetLabels(zone));
    tables.set(zone, table);
  }
  return table;
}

/** Read here and not by `Intl`, which knows these names only in newer versions of Node. */
function fixedOffsetTable(zone: string): ZoneTable | undefined {
  const match = FIXED_OFFSET.exec(zone);
  return match === null ? undefined : freeze([], [signedSeconds(match[1], match[2], match[3], undefined)]);
}

type OffsetLabels = (second: number) => string;

/** From an instant to the zone's offset as `Intl` writes it: "GMT", "GMT+05:30", "GMT-04:56:02". */
function offsetLabels(zone: string): OffsetLabels {
  let format: Intl.DateTimeFormat;
  try {
    if (typeof zone !== "string") throw new TypeError("not a string"); // undefined would mean the host's zone
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      timeZoneName: "longOffset",
      weekday: "narrow", // without another field the whole date would be written; this one is the cheapest
    });
  } catch (cause) {
    const received = typeof zone === "string" ? JSON.stringify(zone) : String(zone);
    throw new RangeError(
      `Unknown time zone ${received}: expected an IANA name such as "Europe/Paris" or "UTC", ` +
        `or an offset such as "+05:30"`,
      { cause },
    );
  }
  return (second) => {
    const text = format.format(second * 1000);
    return text.slice(text.indexOf("GMT"));
  };
}

function search(labelAt: OffsetLabels): ZoneTable {
  let label = labelAt(SEARCH_START);
  const at: number[] = [];
  const offset = [parseLabel(label)];
  for (let low = SEARCH_START; low < SEARCH_END; low += STEP) {
    // The last instant before the end belongs to the table, the end does not.
    const high = Math.min(low + STEP, SEARCH_END - 1);
    const highLabel = labelAt(high);
    let known = low;
    while (label !== highLabel) {
      known = firstOther(labelAt, label, known, high);
      label = labelAt(known);
      at.push(known);
      offset.push(parseLabel(label));
    }
  }
  return freeze(at, offset);
}

/** The first second in (low, high] whose label is not `label`; `low` has it and `high` has not. */
function firstOther(labelAt: OffsetLabels, label: string, low: number, high: number): number {
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (labelAt(middle) === label) low = middle;
    else high = middle;
  }
  return high;
}

function parseLabel(label: string): number {
  const match = OFFSET_LABEL.exec(label);
  if (match === null) throw new Error(`Intl wrote the offset "${label}" in an unexpected form`);
  return match[1] === undefined ? 0 : signedSeconds(match[1], match[2], match[3], match[4]);
}

function signedSeconds(
  sign: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
  seconds: string | undefined,
): number {
  const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return sign === "+" || total === 0 ? total : -total;
}

/** Tables are shared by every plan of the process. */
function freeze(at: number[], offset: number[]): ZoneTable {
  return Object.freeze({ at: Object.freeze(at), offset: Object.freeze(offset) });
}
