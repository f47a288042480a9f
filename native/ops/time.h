// Parts of a timestamp in local time: the proleptic Gregorian calendar and the clock of the function's zone.
// They are float64, since a model takes them as such.
#pragma once
#include "ops/time_clock.h"
#include "registry/list.h"

namespace skewless::ops {

struct Year : ZonedFunction {
  static constexpr Doc doc{
      "year", "timestamp",
      "Year of the local date in the proleptic Gregorian calendar; the year before 1 is 0.",
      "[0] {\"unit\": 1} -> 1970; [-719529] {\"unit\": 0} -> -1; [1704070799999] {\"unit\": 1000, "
      "\"zone\": \"America/New_York\"} -> 2023"};
  SK_INLINE double call(Timestamp t) const { return static_cast<double>(clock.local_date(t).year); }
};

struct Quarter : ZonedFunction {
  static constexpr Doc doc{"quarter", "timestamp", "Quarter of the local date, 1 to 4.",
                           "[1711929599] {\"unit\": 1} -> 1; [1711929600] {\"unit\": 1} -> 2"};
  SK_INLINE double call(Timestamp t) const { return (clock.local_date(t).month + 2) / 3; }
};

struct Month : ZonedFunction {
  static constexpr Doc doc{"month", "timestamp", "Month of the local date, 1 to 12.",
                           "[1709251199] {\"unit\": 1} -> 2; [1709251200] {\"unit\": 1} -> 3"};
  SK_INLINE double call(Timestamp t) const { return clock.local_date(t).month; }
};

struct DayOfMonth : ZonedFunction {
  static constexpr Doc doc{"day", "timestamp", "Day of the month of the local date, 1 to 31.",
                           "[1709251199] {\"unit\": 1} -> 29; [-1] {\"unit\": 0} -> 31"};
  SK_INLINE double call(Timestamp t) const { return clock.local_date(t).day; }
};

struct DayOfWeek : ZonedFunction {
  static constexpr Doc doc{"dayOfWeek", "timestamp",
                           "ISO day of the week of the local date: 1 is Monday, 7 is Sunday.",
                           "[0] {\"unit\": 0} -> 4; [3] {\"unit\": 0} -> 7; [-3] {\"unit\": 0} -> 1"};
  SK_INLINE double call(Timestamp t) const { return calendar::weekday(clock.local_day(t)) + 1; }
};

struct DayOfYear : ZonedFunction {
  static constexpr Doc doc{"dayOfYear", "timestamp", "Day of the year of the local date, 1 to 366.",
                           "[0] {\"unit\": 0} -> 1; [1735603200] {\"unit\": 1} -> 366"};
  SK_INLINE double call(Timestamp t) const { return clock.local_date(t).day_of_year; }
};

struct Week : ZonedFunction {
  static constexpr Doc doc{
      "week", "timestamp",
      "ISO 8601 week of the local date, 1 to 53. Week 1 holds the year's first Thursday, so the first days "
      "of January may lie in week 52 or 53, the last of December in week 1.",
      "[1609459200] {\"unit\": 1} -> 53; [1735603200] {\"unit\": 1} -> 1"};
  SK_INLINE double call(Timestamp t) const { return calendar::iso_week(clock.local_day(t)).week; }
};

struct IsoYear : ZonedFunction {
  static constexpr Doc doc{"isoYear", "timestamp",
                           "Year that the ISO 8601 week of the local date belongs to.",
                           "[1609459200] {\"unit\": 1} -> 2020; [1735603200] {\"unit\": 1} -> 2025"};
  SK_INLINE double call(Timestamp t) const {
    return static_cast<double>(calendar::iso_week(clock.local_day(t)).year);
  }
};

struct Hour : ZonedFunction {
  static constexpr Doc doc{"hour", "timestamp", "Hour of the local time, 0 to 23; 0 for a date.",
                           "[86399] {\"unit\": 1} -> 23; [0] {\"unit\": 1, \"zone\": \"Asia/Kolkata\"} -> 5"};
  SK_INLINE double call(Timestamp t) const { return clock.local(t).second / 3600; }
};

struct Minute : ZonedFunction {
  static constexpr Doc doc{"minute", "timestamp", "Minute of the local time, 0 to 59; 0 for a date.",
                           "[3599] {\"unit\": 1} -> 59; [0] {\"unit\": 1, \"zone\": \"Asia/Kolkata\"} -> 30"};
  SK_INLINE double call(Timestamp t) const { return clock.local(t).second / 60 % 60; }
};

struct Second : ZonedFunction {
  static constexpr Doc doc{
      "second", "timestamp",
      "Second of the local time, 0 to 59, without its fraction; 0 for a date. There are no leap seconds.",
      "[59999] {\"unit\": 1000} -> 59; [-1] {\"unit\": 1000} -> 59"};
  SK_INLINE double call(Timestamp t) const { return clock.local(t).second % 60; }
};

struct Millisecond : ZonedFunction {
  static constexpr Doc doc{"millisecond", "timestamp",
                           "Whole milliseconds since the start of the second, 0 to 999; 0 for a date.",
                           "[1234] {\"unit\": 1000} -> 234; [-1] {\"unit\": 1000000000} -> 999"};
  SK_INLINE double call(Timestamp t) const { return static_cast<double>(clock.nanosecond(t) / 1000000); }
};

struct Microsecond : ZonedFunction {
  static constexpr Doc doc{"microsecond", "timestamp",
                           "Whole microseconds since the start of the second, 0 to 999999; 0 for a date.",
                           "[1234] {\"unit\": 1000} -> 234000; [-1] {\"unit\": 1000000000} -> 999999"};
  SK_INLINE double call(Timestamp t) const { return static_cast<double>(clock.nanosecond(t) / 1000); }
};

struct Nanosecond : ZonedFunction {
  static constexpr Doc doc{"nanosecond", "timestamp",
                           "Nanoseconds since the start of the second, 0 to 999999999; 0 for a date.",
                           "[1234] {\"unit\": 1000} -> 234000000; [-1] {\"unit\": 1000000000} -> 999999999"};
  SK_INLINE double call(Timestamp t) const { return static_cast<double>(clock.nanosecond(t)); }
};

struct SecondOfDay : ZonedFunction {
  static constexpr Doc doc{
      "secondOfDay", "timestamp",
      "Local time of day as 3600 * hour + 60 * minute + second, by the clock on the wall: on a day when "
      "clocks change it is not the time since midnight. 0 for a date.",
      "[86399] {\"unit\": 1} -> 86399; [1710054000] {\"unit\": 1, \"zone\": \"America/New_York\"} -> 10800"};
  SK_INLINE double call(Timestamp t) const { return clock.local(t).second; }
};

struct MinuteOfDay : ZonedFunction {
  static constexpr Doc doc{"minuteOfDay", "timestamp",
                           "Local time of day as 60 * hour + minute, by the clock on the wall; 0 for a date.",
                           "[86399] {\"unit\": 1} -> 1439"};
  SK_INLINE double call(Timestamp t) const { return clock.local(t).second / 60; }
};

struct HourOfWeek : ZonedFunction {
  static constexpr Doc doc{
      "hourOfWeek", "timestamp",
      "24 * (dayOfWeek - 1) + hour of the local time: 0 on Monday at midnight, to 167.",
      "[0] {\"unit\": 1} -> 72; [345599] {\"unit\": 1} -> 167; [345600] {\"unit\": 1} -> 0"};
  SK_INLINE double call(Timestamp t) const {
    const LocalClock::Local local = clock.local(t);
    return calendar::weekday(calendar::Day::of(local.day)) * 24 + local.second / 3600;
  }
};

struct IsWeekend : ZonedFunction {
  static constexpr Doc doc{
      "isWeekend", "timestamp", "Whether the local date is a Saturday or a Sunday.",
      "[1] {\"unit\": 0} -> false; [2] {\"unit\": 0} -> true; [4] {\"unit\": 0} -> false"};
  SK_INLINE bool call(Timestamp t) const { return calendar::weekday(clock.local_day(t)) >= 5; }
};

struct IsLeapYear : ZonedFunction {
  static constexpr Doc doc{"isLeapYear", "timestamp", "Whether the year of the local date has 366 days.",
                           "[951782400] {\"unit\": 1} -> true; [4107542400] {\"unit\": 1} -> false"};
  SK_INLINE bool call(Timestamp t) const { return clock.local_date(t).leap; }
};

struct DaysInMonth : ZonedFunction {
  static constexpr Doc doc{"daysInMonth", "timestamp", "Number of days of the local date's month, 28 to 31.",
                           "[951782400] {\"unit\": 1} -> 29; [0] {\"unit\": 1} -> 31"};
  SK_INLINE double call(Timestamp t) const {
    const calendar::Date date = clock.local_date(t);
    return calendar::days_in_month(date.month, date.leap);
  }
};

struct ZoneOffset : ZonedFunction {
  static constexpr Doc doc{
      "zoneOffset", "timestamp",
      "Seconds that local time is ahead of UTC at this instant, negative west of Greenwich; 0 for a date. "
      "From 2100 on, the offset of the equivalent instant in 2072 to 2099.",
      "[0] {\"unit\": 1, \"zone\": \"Asia/Kolkata\"} -> 19800; [1720000000] {\"unit\": 1, \"zone\": "
      "\"America/New_York\"} -> -14400"};
  SK_INLINE double call(Timestamp t) const {
    return clock.days() ? 0 : clock.offset_at(clock.split(t.ticks).whole);
  }
};

struct DaysSinceEpoch : ZonedFunction {
  static constexpr Doc doc{
      "daysSinceEpoch", "timestamp",
      "Number of the local date: days since 1970-01-01, negative before. Past 2^53 the nearest float64.",
      "[86399] {\"unit\": 1} -> 0; [-1] {\"unit\": 1} -> -1; [0] {\"unit\": 1, \"zone\": "
      "\"America/New_York\"} -> -1"};
  SK_INLINE double call(Timestamp t) const { return static_cast<double>(clock.local(t).day); }
};

using TimeFunctions =
    FunctionList<Year, Quarter, Month, DayOfMonth, DayOfWeek, DayOfYear, Week, IsoYear, Hour, Minute, Second,
                 Millisecond, Microsecond, Nanosecond, SecondOfDay, MinuteOfDay, HourOfWeek, IsWeekend,
                 IsLeapYear, DaysInMonth, ZoneOffset, DaysSinceEpoch>;

}  // namespace skewless::ops
