// Proleptic Gregorian calendar on day numbers (0 = 1970-01-01, a Thursday), defined for every int64.
#pragma once
#include <cstdint>

#include "core/config.h"

namespace skewless::calendar {

constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kCycleYears = 400;
constexpr int64_t kCycleDays = 146097;  // days of 400 years; also a whole number of weeks

// Of the multiples of 100, those of 16 are those of 400. Written so that no branch depends on the year.
SK_INLINE constexpr bool is_leap(int32_t year) { return (year & (year % 100 == 0 ? 15 : 3)) == 0; }

// The day number of 1 January. Only for years 1 to a few million.
constexpr int32_t new_year(int32_t year) {
  const int32_t y = year - 1;
  return 365 * y + y / 4 - y / 100 + y / 400 - 719162;
}

// A day number as whole 400-year cycles and a rest within kSmall of 1970. Weeks and leap years repeat with
// the cycle, so the rest answers all but the year's number, in 32 bits, and nothing overflows.
struct Day {
  static constexpr int64_t kSmall = int64_t{1} << 28;

  int64_t cycles;
  int32_t rest;

  SK_INLINE static constexpr Day of(int64_t number) {
    if (SK_LIKELY(number >= -kSmall && number <= kSmall)) return {0, static_cast<int32_t>(number)};
    const int64_t rest = number % kCycleDays;
    return {number / kCycleDays - (rest < 0), static_cast<int32_t>(rest < 0 ? rest + kCycleDays : rest)};
  }
};

// Makes every rest non-negative: cycles that exceed kSmall, and the days from 0000-03-01 to 1970-01-01.
constexpr int32_t kShiftCycles = 2000;
constexpr uint32_t kShiftDays = kShiftCycles * static_cast<uint32_t>(kCycleDays) + 719468;
static_assert(int64_t{kShiftCycles} * kCycleDays > Day::kSmall);
static_assert((kShiftDays + Day::kSmall) < (int64_t{1} << 30), "4 * n + 3 below must fit in 32 bits");

struct Date {
  int64_t year;
  int32_t month;        // 1..12
  int32_t day;          // 1..31
  int32_t day_of_year;  // 1..366
  bool leap;
};

// The constants that split a March-based year without branches are those of C. Neri and L. Schneider,
// "Euclidean affine functions and their application to calendar algorithms" (2021).
SK_INLINE constexpr Date date_of(Day d) {
  const uint32_t n1 = 4 * (static_cast<uint32_t>(d.rest) + kShiftDays) + 3;
  const uint32_t century = n1 / 146097;
  const uint32_t n2 = n1 % 146097 | 3;
  const uint64_t p = uint64_t{2939745} * n2;
  const uint32_t year_of_century = static_cast<uint32_t>(p >> 32);
  const int32_t from_march = static_cast<int32_t>(static_cast<uint32_t>(p) / 2939745 / 4);  // 0..365
  const uint32_t n3 = 2141 * static_cast<uint32_t>(from_march) + 197913;
  const bool next_year = from_march >= 306;  // January and February belong to the year that began in March
  const int32_t year = static_cast<int32_t>(100 * century + year_of_century) + next_year;
  const bool leap = is_leap(year);
  return {(d.cycles - kShiftCycles) * kCycleYears + year,
          static_cast<int32_t>(n3 >> 16) - (next_year ? 12 : 0),
          static_cast<int32_t>((n3 & 0xffff) / 2141) + 1,
          next_year ? from_march - 305 : from_march + 60 + leap, leap};
}

SK_INLINE constexpr Date date_of(int64_t day_number) { return date_of(Day::of(day_number)); }

// 0 for Monday to 6 for Sunday.
SK_INLINE constexpr int32_t weekday(Day d) {
  constexpr uint32_t shift = kShiftCycles * static_cast<uint32_t>(kCycleDays) + 3;
  return static_cast<int32_t>((static_cast<uint32_t>(d.rest) + shift) % 7);
}

SK_INLINE constexpr int32_t days_in_month(int32_t month, bool leap) {
  return month == 2 ? 28 + leap : 30 + ((month + (month >> 3)) & 1);
}

// From 1 January to the first day of the quarter that holds the month.
SK_INLINE constexpr int32_t days_before_quarter(int32_t month, bool leap) {
  return month <= 3 ? 0 : (month <= 6 ? 90 : month <= 9 ? 181 : 273) + leap;
}

struct IsoWeek {
  int64_t year;
  int32_t week;  // 1..53
};

// ISO 8601: a week belongs to the year of its Thursday.
SK_INLINE constexpr IsoWeek iso_week(Day d) {
  const Date thursday = date_of(Day{d.cycles, d.rest - weekday(d) + 3});
  return {thursday.year, (thursday.day_of_year - 1) / 7 + 1};
}

}  // namespace skewless::calendar
