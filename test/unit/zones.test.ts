import { describe, expect, test } from "vitest";

import { zoneTable, type ZoneTable } from "../../src/plan/zones.js";

const utc = (text: string): number => Date.parse(text) / 1000;

function offsetAt(table: ZoneTable, second: number): number | undefined {
  return table.offset[table.at.filter((at) => at <= second).length];
}

const instantText = (second: number): string => new Date(second * 1000).toISOString().replace(".000", "");

type Transition = [instant: string, before: number | undefined, after: number | undefined];

function transitions(zone: string, from: string, to: string): Transition[] {
  const { at, offset } = zoneTable(zone);
  return at
    .map((second, i): Transition => [instantText(second), offset[i], offset[i + 1]])
    .filter(([instant]) => instant >= from && instant < to);
}

/** The wall clock as Intl shows it, counted in seconds as if it were UTC: a second way to the offset. */
function offsetByParts(zone: string, second: number): number {
  const format = new Intl.DateTimeFormat("en-US", {
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
  const parts = new Map(format.formatToParts(second * 1000).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get("era") === "BC" ? 1 - number("year") : number("year");
  const local = new Date(0);
  local.setUTCFullYear(year, number("month") - 1, number("day"));
  local.setUTCHours(number("hour"), number("minute"), number("second"));
  return local.getTime() / 1000 - second;
}

describe("form of a table", () => {
  test("UTC has no transitions", () => {
    expect(zoneTable("UTC")).toEqual({ at: [], offset: [0] });
    expect(zoneTable("Etc/UTC")).toEqual({ at: [], offset: [0] });
  });

  test.each(["America/New_York", "Africa/Casablanca", "Asia/Gaza", "Pacific/Apia", "Europe/Dublin"])(
    "%s: strictly increasing, every entry a change, whole seconds, ends before 2100",
    (zone) => {
      const { at, offset } = zoneTable(zone);
      expect(offset).toHaveLength(at.length + 1);
      for (const [i, second] of at.entries()) {
        expect(Number.isSafeInteger(second)).toBe(true);
        if (i > 0) expect(second).toBeGreaterThan(at[i - 1]!);
        expect(offset[i + 1]).not.toBe(offset[i]);
      }
      expect(at.at(-1)).toBeLessThan(utc("2100-01-01T00:00:00Z"));
    },
  );

  test("the same frozen table each time", () => {
    const table = zoneTable("Europe/Paris");
    expect(zoneTable("Europe/Paris")).toBe(table);
    expect(Object.isFrozen(table) && Object.isFrozen(table.at) && Object.isFrozen(table.offset)).toBe(true);
  });

  test("names as Intl takes them, in any case and by alias", () => {
    expect(zoneTable("america/new_york")).toEqual(zoneTable("America/New_York"));
    expect(zoneTable("Asia/Kolkata")).toEqual(zoneTable("Asia/Calcutta"));
  });
});

describe("fixed offsets", () => {
  test.each([
    ["+05:30", 19_800],
    ["+0530", 19_800],
    ["-08", -28_800],
    ["-23:59", -86_340],
    ["Etc/GMT+5", -18_000],
  ])("%s", (zone, offset) => {
    expect(zoneTable(zone)).toEqual({ at: [], offset: [offset] });
  });

  test("-00:00 is zero, not minus zero", () => {
    expect(Object.is(zoneTable("-00:00").offset[0], 0)).toBe(true);
  });
});

describe("unknown zones", () => {
  test.each(["Mars/Olympus", "", "+24:00", "+5", "+05:60", "05:30", "UTC "])(
    "%j is a RangeError that names it",
    (zone) => {
      expect(() => zoneTable(zone)).toThrow(RangeError);
      expect(() => zoneTable(zone)).toThrow(JSON.stringify(zone));
    },
  );

  test("a missing zone is not the host's zone", () => {
    expect(() => zoneTable(undefined as unknown as string)).toThrow(RangeError);
  });
});

describe("known transitions", () => {
  test("local mean time has seconds: New York until 1883-11-18", () => {
    const { at, offset } = zoneTable("America/New_York");
    expect(offset.slice(0, 2)).toEqual([-(4 * 3600 + 56 * 60 + 2), -5 * 3600]);
    expect(at[0]).toBe(utc("1883-11-18T17:00:00Z"));
  });

  test("summer time in New York, 2024 and 2099", () => {
    expect(transitions("America/New_York", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")).toEqual([
      ["2024-03-10T07:00:00Z", -18_000, -14_400],
      ["2024-11-03T06:00:00Z", -14_400, -18_000],
    ]);
    expect(transitions("America/New_York", "2099-01-01T00:00:00Z", "2100-01-01T00:00:00Z")).toEqual([
      ["2099-03-08T07:00:00Z", -18_000, -14_400],
      ["2099-11-01T06:00:00Z", -14_400, -18_000],
    ]);
  });

  test("Morocco suspends its summer time during Ramadan", () => {
    expect(transitions("Africa/Casablanca", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")).toEqual([
      ["2024-03-10T02:00:00Z", 3600, 0],
      ["2024-04-14T02:00:00Z", 0, 3600],
    ]);
  });

  test("Egypt's three weeks of September 2010", () => {
    expect(transitions("Africa/Cairo", "2010-06-01T00:00:00Z", "2010-12-01T00:00:00Z")).toEqual([
      ["2010-08-10T21:00:00Z", 10_800, 7200],
      ["2010-09-09T22:00:00Z", 7200, 10_800],
      ["2010-09-30T21:00:00Z", 10_800, 7200],
    ]);
  });

  test("seven days between two changes that cancel: Recife, October 2000", () => {
    expect(transitions("America/Recife", "2000-10-01T00:00:00Z", "2000-12-01T00:00:00Z")).toEqual([
      ["2000-10-08T03:00:00Z", -10_800, -7200],
      ["2000-10-15T02:00:00Z", -7200, -10_800],
    ]);
  });

  test("Samoa leaves out 2011-12-30", () => {
    expect(transitions("Pacific/Apia", "2011-12-01T00:00:00Z", "2012-01-31T00:00:00Z")).toEqual([
      ["2011-12-30T10:00:00Z", -36_000, 50_400],
    ]);
  });
});

test("offsets agree with the wall clock that Intl shows", () => {
  const days = ["1700-06-01", "1879-03-04", "1916-07-09", "1942-01-02", "1970-01-01", "2099-12-31"];
  const noons = days.map((day) => utc(`${day}T12:34:56Z`));
  const zones = ["America/St_Johns", "Europe/Dublin", "Asia/Kathmandu", "Africa/Monrovia"];
  for (const zone of zones) {
    const table = zoneTable(zone);
    const seconds = [...noons, ...table.at, ...table.at.map((at) => at - 1)];
    for (const second of seconds) {
      expect(offsetAt(table, second), `${zone} at ${second}`).toBe(offsetByParts(zone, second));
    }
  }
});
