// Functions that move along the calendar: truncation, differences, holidays, the date as text.
#pragma once
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "ops/time_clock.h"
#include "registry/list.h"

namespace skewless::ops {

struct Truncate {
  static constexpr Doc doc{
      "truncate", "timestamp",
      "Start of the local second, minute, hour, day, week (its Monday), month, quarter or year. From day on "
      "it is the earliest instant at which the local clock shows the period's first midnight or, where the "
      "clock skips that midnight, the instant of the skip. Seconds, minutes and hours use the timestamp's "
      "own offset, so the hour that a clock repeats stays two hours. Fails with INTEGER_OVERFLOW when the "
      "start has no int64 ticks.",
      "[1720000000] {\"unit\": 1, \"to\": \"month\"} -> 1719792000; [1720000000] {\"unit\": 1, \"zone\": "
      "\"America/New_York\", \"to\": \"day\"} -> 1719979200; [1] {\"unit\": 0, \"to\": \"week\"} -> -3"};
  static constexpr ParamSpec params[] = {
      kUnitParam,
      kZoneParam,
      {"to", ParamKind::kUtf8, nullptr,
       "\"second\", \"minute\", \"hour\", \"day\", \"week\", \"month\", \"quarter\" or \"year\"."}};
  static constexpr unsigned effects = kMayFail;

  const char* init(const Params& p) {
    static constexpr const char* names[] = {"second", "minute", "hour",    "day",
                                            "week",   "month",  "quarter", "year"};
    const auto* name = std::find(std::begin(names), std::end(names), p.utf8("to"));
    if (name == std::end(names)) {
      return "to must be \"second\", \"minute\", \"hour\", \"day\", \"week\", \"month\", \"quarter\" or "
             "\"year\"";
    }
    to = static_cast<Period>(name - names);
    return clock.init(p);
  }

  SK_INLINE Outcome call(Timestamp& out, Timestamp t) const {
    if (clock.days()) {
      const bool fits = !__builtin_sub_overflow(t.ticks, int64_t{days_before(t.ticks)}, &out.ticks);
      return fits ? Outcome::kOk : Outcome::kIntegerOverflow;
    }
    const int64_t second = clock.split(t.ticks).whole;
    const int32_t offset = clock.offset_at(second);
    const LocalClock::Local local = LocalClock::localize(second, offset);
    int64_t distance;
    switch (to) {
      case Period::kSecond: distance = 0; break;
      case Period::kMinute: distance = -(local.second % 60); break;
      case Period::kHour: distance = -(local.second % 3600); break;
      default: {
        const int64_t elapsed = days_before(local.day) * calendar::kSecondsPerDay + local.second;
        distance = clock.zone().local_to_utc(second, offset - elapsed);
      }
    }
    int64_t start;
    const bool fits = !__builtin_add_overflow(second, distance, &start) &&
                      !__builtin_mul_overflow(start, clock.per_second(), &out.ticks);
    return fits ? Outcome::kOk : Outcome::kIntegerOverflow;
  }

 private:
  enum class Period : uint8_t { kSecond, kMinute, kHour, kDay, kWeek, kMonth, kQuarter, kYear };

  // From the first day of the period to `day`.
  SK_INLINE int32_t days_before(int64_t day_number) const {
    if (to <= Period::kDay) return 0;
    const calendar::Day day = calendar::Day::of(day_number);
    if (to == Period::kWeek) return calendar::weekday(day);
    const calendar::Date date = calendar::date_of(day);
    switch (to) {
      case Period::kMonth: return date.day - 1;
      case Period::kQuarter:
        return date.day_of_year - 1 - calendar::days_before_quarter(date.month, date.leap);
      default: return date.day_of_year - 1;
    }
  }

  Period to = Period::kSecond;
  LocalClock clock;
};

struct AddTime {
  static constexpr Doc doc{
      "addTime", "timestamp, amount",
      "The timestamp moved by a number of its own ticks, negative for earlier; elapsed time, not calendar "
      "time. Fails with INTEGER_OVERFLOW.",
      "[1720000000, 3600] -> 1720003600; [0, -1] -> -1"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(Timestamp& out, Timestamp t, int64_t amount) const {
    return __builtin_add_overflow(t.ticks, amount, &out.ticks) ? Outcome::kIntegerOverflow : Outcome::kOk;
  }
};

struct Diff {
  static constexpr Doc doc{
      "diff", "x, y",
      "Elapsed time from y to x, negative when x is earlier. The exact difference in ticks is rounded to "
      "float64, multiplied by k, then divided by d, where k / d is the reduced ratio of a tick to the "
      "wanted unit. A day is 86400 seconds. Both timestamps have the same unit.",
      "[90000, 0] {\"unit\": 1000, \"in\": \"minute\"} -> 1.5; [0, 1] {\"unit\": 0, \"in\": \"hour\"} -> "
      "-24"};
  static constexpr ParamSpec params[] = {kUnitParam,
                                         {"in", ParamKind::kUtf8, nullptr,
                                          "\"nanosecond\", \"microsecond\", \"millisecond\", \"second\", "
                                          "\"minute\", \"hour\", \"day\" or \"week\"."}};

  const char* init(const Params& p) {
    struct Target {
      const char* name;
      int64_t per_second, seconds;
    };
    static constexpr Target targets[] = {{"nanosecond", 1000000000, 1},
                                         {"microsecond", 1000000, 1},
                                         {"millisecond", 1000, 1},
                                         {"second", 1, 1},
                                         {"minute", 1, 60},
                                         {"hour", 1, 3600},
                                         {"day", 1, 86400},
                                         {"week", 1, 604800}};
    LocalClock clock;
    if (const char* error = clock.init_unit(p)) return error;
    const auto* target = std::find_if(std::begin(targets), std::end(targets),
                                      [&](const Target& t) { return p.utf8("in") == t.name; });
    if (target == std::end(targets)) {
      return "in must be \"nanosecond\", \"microsecond\", \"millisecond\", \"second\", \"minute\", \"hour\", "
             "\"day\" or \"week\"";
    }
    const int64_t up = target->per_second * (clock.days() ? calendar::kSecondsPerDay : 1);
    const int64_t down = target->seconds * clock.per_second();
    const int64_t common = std::gcd(up, down);
    numerator = static_cast<double>(up / common);
    denominator = static_cast<double>(down / common);
    return nullptr;
  }

  SK_INLINE double call(Timestamp x, Timestamp y) const {
    // The distance always fits in 64 bits without a sign, whose conversion rounds once.
    const auto a = static_cast<uint64_t>(x.ticks), b = static_cast<uint64_t>(y.ticks);
    const double ticks = x.ticks >= y.ticks ? static_cast<double>(a - b) : -static_cast<double>(b - a);
    return ticks * numerator / denominator;
  }

 private:
  double numerator = 1, denominator = 1;
};

// The base of functions of a list of holidays.
struct HolidayFunction {
  static constexpr ParamSpec params[] = {
      kUnitParam,
      kZoneParam,
      {"holidays", ParamKind::kInt64List, nullptr, "Days since 1970-01-01, in any order, repeated or not."}};

  const char* init(const Params& p) {
    holidays = p.int64s("holidays");
    std::sort(holidays.begin(), holidays.end());
    holidays.erase(std::unique(holidays.begin(), holidays.end()), holidays.end());
    return clock.init(p);
  }

  std::vector<int64_t> holidays;
  LocalClock clock;
};

struct IsHoliday : HolidayFunction {
  static constexpr Doc doc{"isHoliday", "timestamp", "Whether the local date is one of the holidays.",
                           "[1735084800] {\"unit\": 1, \"holidays\": [20082]} -> true; [1735171200] "
                           "{\"unit\": 1, \"holidays\": [20082]} -> false"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(Timestamp t) const {
    return std::binary_search(holidays.begin(), holidays.end(), clock.local(t).day);
  }
};

struct DaysToHoliday : HolidayFunction {
  static constexpr Doc doc{
      "daysToHoliday", "timestamp",
      "Days from the local date to the nearest holiday on or after it; 0 on a holiday, null after the last "
      "one.",
      "[20080] {\"unit\": 0, \"holidays\": [20082, 20089]} -> 2; [20090] {\"unit\": 0, \"holidays\": "
      "[20082, 20089]} -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, Timestamp t) const {
    const int64_t day = clock.local(t).day;
    const auto next = std::lower_bound(holidays.begin(), holidays.end(), day);
    if (next == holidays.end()) return Outcome::kNull;
    out = static_cast<double>(static_cast<uint64_t>(*next) - static_cast<uint64_t>(day));
    return Outcome::kOk;
  }
};

struct DaysSinceHoliday : HolidayFunction {
  static constexpr Doc doc{
      "daysSinceHoliday", "timestamp",
      "Days from the nearest holiday on or before the local date to it; 0 on a holiday, null before the "
      "first one.",
      "[20085] {\"unit\": 0, \"holidays\": [20082, 20089]} -> 3; [20081] {\"unit\": 0, \"holidays\": "
      "[20082, 20089]} -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, Timestamp t) const {
    const int64_t day = clock.local(t).day;
    const auto after = std::upper_bound(holidays.begin(), holidays.end(), day);
    if (after == holidays.begin()) return Outcome::kNull;
    out = static_cast<double>(static_cast<uint64_t>(day) - static_cast<uint64_t>(after[-1]));
    return Outcome::kOk;
  }
};

struct DateString : ZonedFunction {
  static constexpr Doc doc{
      "dateString", "timestamp",
      "Local date as ISO 8601 YYYY-MM-DD. Years outside 0 to 9999 have a sign and at least six digits, as "
      "in ECMAScript.",
      "[0] {\"unit\": 1} -> \"1970-01-01\"; [-719529] {\"unit\": 0} -> \"-000001-12-31\"; [2932897] "
      "{\"unit\": 0} -> \"+010000-01-01\""};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, Timestamp t) const {
    const calendar::Date date = clock.local_date(t);
    char* text = arena.allocate_array<char>(kMaxLength);
    if (text == nullptr) return Outcome::kOutOfMemory;
    char* end = text + kMaxLength;
    char* p = put(end, date.day, 2);
    *--p = '-';
    p = put(p, date.month, 2);
    *--p = '-';
    const bool plain = date.year >= 0 && date.year <= 9999;
    p = put(p, date.year < 0 ? -date.year : date.year, plain ? 4 : 6);
    if (!plain) *--p = date.year < 0 ? '-' : '+';
    out = {p, end - p};
    return Outcome::kOk;
  }

 private:
  static constexpr size_t kMaxLength = 32;  // a year of 17 digits at most

  // Writes the number before `end`, at least `digits` long, and returns its start.
  static SK_INLINE char* put(char* end, int64_t number, int digits) {
    char* p = end;
    for (; number > 0 || end - p < digits; number /= 10) *--p = static_cast<char>('0' + number % 10);
    return p;
  }
};

using TimeCalendarFunctions =
    FunctionList<Truncate, AddTime, Diff, IsHoliday, DaysToHoliday, DaysSinceHoliday, DateString>;

}  // namespace skewless::ops
