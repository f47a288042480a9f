// The position of a local time in a period, as a point on a circle.
#pragma once
#include <algorithm>
#include <string>

#include "core/math/trig.h"
#include "ops/time_clock.h"
#include "registry/list.h"

namespace skewless::ops {

struct CyclicFunction {
  static constexpr ParamSpec params[] = {
      kUnitParam,
      kZoneParam,
      {"period", ParamKind::kUtf8, nullptr, "\"hour\", \"day\", \"week\", \"month\" or \"year\"."}};
  static constexpr bool vectorize = false;

  const char* init(const Params& p) {
    static constexpr const char* names[] = {"hour", "day", "week", "month", "year"};
    const auto* name = std::find(std::begin(names), std::end(names), p.utf8("period"));
    if (name == std::end(names)) return "period must be \"hour\", \"day\", \"week\", \"month\" or \"year\"";
    period = static_cast<Period>(name - names);
    return clock.init(p);
  }

 protected:
  // 2 * pi * (elapsed local time, with the fraction of the second, / length of the period).
  SK_INLINE double angle(Timestamp t) const {
    LocalClock::Split utc{0, 0};
    LocalClock::Local local{t.ticks, 0};
    if (!clock.days()) {
      utc = clock.split(t.ticks);
      local = LocalClock::localize(utc.whole, clock.offset_at(utc.whole));
    }
    int32_t days = 0, length = 1;  // days before the local date in the period, days of the period
    int32_t second = local.second;
    if (period > Period::kDay) {
      const calendar::Day day = calendar::Day::of(local.day);
      if (period == Period::kWeek) {
        days = calendar::weekday(day);
        length = 7;
      } else {
        const calendar::Date date = calendar::date_of(day);
        const bool month = period == Period::kMonth;
        days = (month ? date.day : date.day_of_year) - 1;
        length = month ? calendar::days_in_month(date.month, date.leap) : 365 + date.leap;
      }
    }
    int32_t seconds = length * 86400;
    if (period == Period::kHour) {
      second %= 3600;
      seconds = 3600;
    }
    const double elapsed = static_cast<double>(days * 86400 + second) +
                           static_cast<double>(utc.rest) / static_cast<double>(clock.per_second());
    return elapsed / static_cast<double>(seconds) * 6.283185307179586;
  }

 private:
  enum class Period : uint8_t { kHour, kDay, kWeek, kMonth, kYear };

  Period period = Period::kHour;
  LocalClock clock;
};

struct CyclicSin : CyclicFunction {
  static constexpr Doc doc{
      "cyclicSin", "timestamp",
      "sin(2 * pi * f), where f is the part of the current local hour, day, week (from Monday), month or "
      "year that has passed on the clock and calendar: a month has its own number of days, a day always "
      "86400 seconds.",
      "[0] {\"unit\": 1, \"period\": \"day\"} -> 0; [21600] {\"unit\": 1, \"period\": \"day\"} -> 1"};
  SK_INLINE double call(Timestamp t) const { return math::sin(angle(t)); }
};

struct CyclicCos : CyclicFunction {
  static constexpr Doc doc{
      "cyclicCos", "timestamp",
      "cos(2 * pi * f), where f is the part of the current local hour, day, week (from Monday), month or "
      "year that has passed on the clock and calendar: a month has its own number of days, a day always "
      "86400 seconds.",
      "[0] {\"unit\": 1, \"period\": \"day\"} -> 1; [43200] {\"unit\": 1, \"period\": \"day\"} -> -1"};
  SK_INLINE double call(Timestamp t) const { return math::cos(angle(t)); }
};

using TimeCyclicFunctions = FunctionList<CyclicSin, CyclicCos>;

}  // namespace skewless::ops
