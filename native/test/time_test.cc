// Calendar, zones and the time functions. Expected values come from Python's datetime and zoneinfo, the
// transition tables are excerpts of the IANA data.
#include <limits>
#include <string>
#include <vector>

#include "core/calendar.h"
#include "core/zone.h"
#include "ops/time.h"
#include "ops/time_calendar.h"
#include "ops/time_cyclic.h"
#include "test/check.h"

namespace skewless::ops {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

struct Table {
  std::vector<int64_t> at, offset;
};

const Table kUtc{{}, {}};
const Table kKolkata{{}, {19800}};
const Table kNewYork{{1699164000, 1710054000, 1730613600, 4076636400, 4097196000},
                     {-14400, -18000, -14400, -18000, -14400, -18000}};
const Table kSaoPaulo{{1518919200, 1541300400, 1550368800}, {-7200, -10800, -7200, -10800}};
const Table kCairo{{1411678800, 1682632800, 1698354000}, {10800, 7200, 10800, 7200}};
const Table kApia{{1316872800, 1325239200, 1333202400}, {-39600, -36000, 50400, 46800}};
const Table kHavana{{1710046800, 1730610000}, {-18000, -14400, -18000}};
const Table kJuneau{{-3225223727, -2188954939}, {54139, -32261, -28800}};

Param integer(const char* name, int64_t value) { return {name, ParamKind::kInt64, {value}, {}, {}}; }
Param integers(const char* name, std::vector<int64_t> values) {
  return {name, ParamKind::kInt64List, std::move(values), {}, {}};
}
Param text(const char* name, const char* value) { return {name, ParamKind::kUtf8, {}, {}, {value}}; }

template <class Op>
Op make(int64_t unit, const Table& zone = kUtc, std::vector<Param> more = {}) {
  std::vector<Param> all = {integer("unit", unit), integers("zone.at", zone.at),
                            integers("zone.offset", zone.offset)};
  all.insert(all.end(), more.begin(), more.end());
  Op op;
  const char* error = op.init(Params(all));
  if (!CHECK(error == nullptr)) std::fprintf(stderr, "  init: %s\n", error);
  return op;
}

template <class Op>
double part(int64_t unit, int64_t ticks, const Table& zone = kUtc) {
  return static_cast<double>(make<Op>(unit, zone).call(Timestamp{ticks}));
}

// The start in the same unit, or kMax for a failure.
int64_t truncated(int64_t unit, int64_t ticks, const char* to, const Table& zone = kUtc) {
  Timestamp out{0};
  const Outcome o = make<Truncate>(unit, zone, {text("to", to)}).call(out, Timestamp{ticks});
  CHECK(o == Outcome::kOk || o == Outcome::kIntegerOverflow);
  return o == Outcome::kOk ? out.ticks : kMax;
}

std::string date_string(int64_t unit, int64_t ticks) {
  Arena arena;
  StringView out{nullptr, 0};
  CHECK(make<DateString>(unit).call(out, arena, Timestamp{ticks}) == Outcome::kOk);
  return {out.data, static_cast<size_t>(out.size)};
}

// Against a calendar that counts day by day.
void test_calendar_walk() {
  static constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = -1200, month = 1, day = 1, day_of_year = 1;
  int32_t weekday = 5;  // Saturday, as 1 January of every multiple of 400
  int wrong = 0;
  for (int64_t n = -719528 - 3 * calendar::kCycleDays; year < 3200; ++n) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const int length = lengths[month - 1] + (month == 2 && leap);
    const calendar::Day d = calendar::Day::of(n);
    const calendar::Date date = calendar::date_of(n);
    wrong += date.year != year || date.month != month || date.day != day || date.day_of_year != day_of_year ||
             date.leap != leap || calendar::weekday(d) != weekday ||
             calendar::days_in_month(month, leap) != length;
    if (month % 3 == 1 && day == 1) wrong += calendar::days_before_quarter(month, leap) != day_of_year - 1;
    if (year > 0 && day_of_year == 1) wrong += calendar::new_year(year) != n;
    // The same date a great many cycles away, where the split into cycles takes over.
    const calendar::Date far = calendar::date_of(n + 50000000000 * calendar::kCycleDays);
    wrong += far.year != year + 50000000000 * 400 || far.month != month || far.day != day;
    weekday = (weekday + 1) % 7;
    ++day_of_year;
    if (++day > length) {
      day = 1;
      if (++month > 12) {
        month = 1;
        ++year;
        day_of_year = 1;
      }
    }
  }
  CHECK(wrong == 0);
}

void test_iso_weeks() {
  struct Case {
    int64_t day;
    int year, week, weekday;
  };
  // 2004-12-31, 2005-01-01 and -03, 2008-12-29 and -31, 2010-01-03 and -04, 2020-12-31, 2021-01-03
  static constexpr Case cases[] = {{12783, 2004, 53, 5}, {12784, 2004, 53, 6}, {12786, 2005, 1, 1},
                                   {14242, 2009, 1, 1},  {14244, 2009, 1, 3},  {14612, 2009, 53, 7},
                                   {14613, 2010, 1, 1},  {18627, 2020, 53, 4}, {18630, 2020, 53, 7}};
  for (const Case& c : cases) {
    CHECK(part<IsoYear>(0, c.day) == c.year);
    CHECK(part<Week>(0, c.day) == c.week);
    CHECK(part<DayOfWeek>(0, c.day) == c.weekday);
  }
}

void test_parts() {
  // 2024-07-03T09:46:40.123456789Z
  const int64_t t = 1720000000123456789;
  CHECK(part<Year>(1000000000, t) == 2024);
  CHECK(part<Quarter>(1000000000, t) == 3);
  CHECK(part<Month>(1000000000, t) == 7);
  CHECK(part<DayOfMonth>(1000000000, t) == 3);
  CHECK(part<DayOfWeek>(1000000000, t) == 3);
  CHECK(part<DayOfYear>(1000000000, t) == 185);
  CHECK(part<Week>(1000000000, t) == 27);
  CHECK(part<Hour>(1000000000, t) == 9);
  CHECK(part<Minute>(1000000000, t) == 46);
  CHECK(part<Second>(1000000000, t) == 40);
  CHECK(part<Millisecond>(1000000000, t) == 123);
  CHECK(part<Microsecond>(1000000000, t) == 123456);
  CHECK(part<Nanosecond>(1000000000, t) == 123456789);
  CHECK(part<SecondOfDay>(1000000000, t) == 35200);
  CHECK(part<MinuteOfDay>(1000000000, t) == 586);
  CHECK(part<HourOfWeek>(1000000000, t) == 57);
  CHECK(part<IsWeekend>(1000000000, t) == 0);
  CHECK(part<IsLeapYear>(1000000000, t) == 1);
  CHECK(part<DaysInMonth>(1000000000, t) == 31);
  CHECK(part<DaysSinceEpoch>(1000000000, t) == 19907);
  CHECK(part<Hour>(1000000000, t, kKolkata) == 15);
  CHECK(part<Minute>(1000000000, t, kKolkata) == 16);
  CHECK(part<ZoneOffset>(1000000000, t, kNewYork) == -14400);
  // Dates have no time of day and no zone.
  CHECK(part<Hour>(0, 19907, kKolkata) == 0);
  CHECK(part<Nanosecond>(0, 19907) == 0);
  CHECK(part<ZoneOffset>(0, 19907, kKolkata) == 0);
  CHECK(part<DayOfMonth>(0, 19907, kNewYork) == 3);
  // Before 1970 everything floors.
  CHECK(part<Year>(1000, -1) == 1969);
  CHECK(part<Second>(1000, -1) == 59);
  CHECK(part<Millisecond>(1000, -1) == 999);
}

void test_extremes() {
  struct Case {
    int64_t unit, ticks;
    double year, month, day, iso_year, week, weekday, hour, minute, second;
    int64_t nanosecond;
  };
  static constexpr Case cases[] = {
      {0, kMin, -25252734927764585.0, 6, 7, -25252734927764585.0, 23, 3, 0, 0, 0, 0},
      {0, kMax, 25252734927768524.0, 7, 27, 25252734927768524.0, 30, 4, 0, 0, 0, 0},
      {1, kMin, -292277022657, 1, 27, -292277022657, 4, 7, 8, 29, 52, 0},
      {1, kMax, 292277026596, 12, 4, 292277026596, 48, 7, 15, 30, 7, 0},
      {1000, kMin, -292275055, 5, 16, -292275055, 19, 7, 16, 47, 4, 192000000},
      {1000, kMax, 292278994, 8, 17, 292278994, 33, 7, 7, 12, 55, 807000000},
      {1000000, kMin, -290308, 12, 21, -290308, 51, 7, 19, 59, 5, 224192000},
      {1000000, kMax, 294247, 1, 10, 294247, 1, 7, 4, 0, 54, 775807000},
      {1000000000, kMin, 1677, 9, 21, 1677, 38, 2, 0, 12, 43, 145224192},
      {1000000000, kMax, 2262, 4, 11, 2262, 15, 5, 23, 47, 16, 854775807},
  };
  for (const Case& c : cases) {
    CHECK(part<Year>(c.unit, c.ticks) == c.year);
    CHECK(part<Month>(c.unit, c.ticks) == c.month);
    CHECK(part<DayOfMonth>(c.unit, c.ticks) == c.day);
    CHECK(part<IsoYear>(c.unit, c.ticks) == c.iso_year);
    CHECK(part<Week>(c.unit, c.ticks) == c.week);
    CHECK(part<DayOfWeek>(c.unit, c.ticks) == c.weekday);
    CHECK(part<Hour>(c.unit, c.ticks) == c.hour);
    CHECK(part<Minute>(c.unit, c.ticks) == c.minute);
    CHECK(part<Second>(c.unit, c.ticks) == c.second);
    CHECK(part<Nanosecond>(c.unit, c.ticks) == static_cast<double>(c.nanosecond));
    // Every function, in a zone with transitions: no undefined behaviour, whatever the answer.
    for (const Table* zone : {&kUtc, &kNewYork, &kApia}) {
      CHECK(part<DaysInMonth>(c.unit, c.ticks, *zone) >= 28);
      CHECK(part<HourOfWeek>(c.unit, c.ticks, *zone) < 168);
      for (const char* to : {"second", "minute", "hour", "day", "week", "month", "quarter", "year"}) {
        const int64_t start = truncated(c.unit, c.ticks, to, *zone);
        CHECK(start <= c.ticks || start == kMax);
      }
      for (const char* period : {"hour", "day", "week", "month", "year"}) {
        const double s = make<CyclicSin>(c.unit, *zone, {text("period", period)}).call(Timestamp{c.ticks});
        CHECK(s >= -1 && s <= 1);
      }
    }
  }
  CHECK(truncated(1, kMin, "minute") == kMax);
  CHECK(truncated(1000000000, kMin, "second") == kMax);
  CHECK(truncated(0, kMin, "week") == kMax);
  CHECK(truncated(0, kMin, "day") == kMin);
  CHECK(truncated(1, kMin, "second") == kMin);
  CHECK(truncated(1, kMax, "minute") == kMax - 7);
  CHECK(truncated(0, kMax, "week") == kMax - 3);
  CHECK(date_string(0, kMin) == "-25252734927764585-06-07");
  CHECK(date_string(0, kMax) == "+25252734927768524-07-27");
}

void test_zone_lookup() {
  for (const int64_t t : {int64_t{1710053999}, int64_t{1710054000}, int64_t{1710054001}}) {
    CHECK(part<ZoneOffset>(1, t, kNewYork) == (t < 1710054000 ? -18000 : -14400));
  }
  CHECK(part<Hour>(1, 1730613599, kNewYork) == 1);  // the first 01:59:59 and the second 01:00:00
  CHECK(part<Hour>(1, 1730613600, kNewYork) == 1);
  CHECK(part<Hour>(1, 1710053999, kNewYork) == 1);
  CHECK(part<Hour>(1, 1710054000, kNewYork) == 3);
  CHECK(part<ZoneOffset>(1, kMin, kNewYork) == -14400);
  CHECK(part<ZoneOffset>(1, -3225223728, kJuneau) == 54139);
  CHECK(part<ZoneOffset>(1, -3225223727, kJuneau) == -32261);
  CHECK(part<ZoneOffset>(1, 4102444799, kJuneau) == -28800);
  // Transitions closer than a bucket of the index, and a table so wide that buckets must grow.
  Table dense{{}, {0}}, wide{{}, {0}};
  for (int64_t i = 0; i < 3000; ++i) {
    dense.at.push_back(1000 + 7 * i);
    dense.offset.push_back(i % 500 + 1);
    wide.at.push_back(-(int64_t{1} << 40) + i * 300000000);
    wide.offset.push_back(i % 500 + 1);
  }
  for (const Table* table : {&dense, &wide}) {
    Zone zone;
    CHECK(zone.init(table->at, table->offset) == nullptr);
    int wrong = 0;
    for (size_t i = 0; i < table->at.size(); ++i) {
      wrong += zone.offset_at(table->at[i] - 1) != table->offset[i];
      wrong += zone.offset_at(table->at[i]) != table->offset[i + 1];
    }
    CHECK(wrong == 0);
    CHECK(zone.offset_at(kMin) == 0);
    CHECK(zone.offset_at(Zone::kTableEnd - 1) == table->offset.back());
  }
}

void test_zone_past_the_table() {
  // In each year of the table's end, an offset of its own: it tells which year stands for a later one.
  Table years{{}, {0}};
  for (int32_t year = 2072; year < 2100; ++year) {
    years.at.push_back(calendar::new_year(year) * calendar::kSecondsPerDay);
    years.offset.push_back(year);
  }
  const auto stands_for = [&](int64_t year) {
    const int64_t day = calendar::new_year(static_cast<int32_t>(year)) * calendar::kSecondsPerDay;
    const double first = part<ZoneOffset>(1, day, years);
    CHECK(part<ZoneOffset>(1, day + 31535999, years) == first);  // the last second of a common year
    return first;
  };
  CHECK(stands_for(2099) == 2099);
  CHECK(stands_for(2100) == 2094);  // common, from a Friday: 2077, 2083, 2094
  CHECK(stands_for(2101) == 2095);
  CHECK(stands_for(2104) == 2092);  // leap, from a Tuesday: of this kind there is one
  CHECK(stands_for(2500) == 2094);
  CHECK(stands_for(2504) == 2092);
  CHECK(part<ZoneOffset>(1, kMax, years) >= 2072);
  // Summer time goes on: 2150-06-30T00:00Z and 2150-12-31T23:00Z (2150 starts on a Thursday, as 2099 does).
  CHECK(part<ZoneOffset>(1, 5695833600, kNewYork) == -14400);
  CHECK(part<Hour>(1, 5695833600, kNewYork) == 20);
  CHECK(part<ZoneOffset>(1, 5711814000, kNewYork) == -18000);
}

void test_zone_errors() {
  Zone zone;
  CHECK(zone.init({}, {}) == nullptr && zone.is_utc());
  CHECK(zone.init({}, {0}) == nullptr && zone.is_utc());
  CHECK(zone.init({}, {3600}) == nullptr && !zone.is_utc());
  CHECK(zone.init({1}, {}) != nullptr);
  CHECK(zone.init({1}, {0}) != nullptr);
  CHECK(zone.init({}, {0, 1}) != nullptr);
  CHECK(zone.init({1, 1}, {0, 1, 2}) != nullptr);
  CHECK(zone.init({2, 1}, {0, 1, 2}) != nullptr);
  CHECK(zone.init({0}, {0, 172800}) != nullptr);
  CHECK(zone.init({0}, {-172800, 0}) != nullptr);
  CHECK(zone.init({0}, {-172799, 172799}) == nullptr);
  CHECK(zone.init({(int64_t{1} << 40) + 1}, {0, 1}) != nullptr);
  CHECK(zone.init({kMin}, {0, 1}) != nullptr);
  CHECK(zone.init({-(int64_t{1} << 40), int64_t{1} << 40}, {0, 1, 2}) == nullptr);
  CHECK(zone.offset_at(0) == 1);
  std::vector<int64_t> at(65536), offset(65537, 0);
  for (size_t i = 0; i < at.size(); ++i) at[i] = static_cast<int64_t>(i);
  CHECK(zone.init(at, offset) != nullptr);
}

void test_parameter_errors() {
  CHECK(Year{}.init(Params({})) != nullptr);
  CHECK(Year{}.init(Params({integer("unit", 7)})) != nullptr);
  CHECK(Year{}.init(Params({integer("unit", -1)})) != nullptr);
  CHECK(Year{}.init(Params({integer("unit", 1), integers("zone.at", {1})})) != nullptr);
  CHECK(Truncate{}.init(Params({integer("unit", 1)})) != nullptr);
  CHECK(Truncate{}.init(Params({integer("unit", 1), text("to", "fortnight")})) != nullptr);
  CHECK(Diff{}.init(Params({integer("unit", 1), text("in", "month")})) != nullptr);
  CHECK(CyclicSin{}.init(Params({integer("unit", 1), text("period", "minute")})) != nullptr);
}

void test_truncate() {
  // 2024-08-15T13:14:15.678Z, a Thursday
  const int64_t t = 1723727655678;
  CHECK(truncated(1000, t, "second") == 1723727655000);
  CHECK(truncated(1000, t, "minute") == 1723727640000);
  CHECK(truncated(1000, t, "hour") == 1723726800000);
  CHECK(truncated(1000, t, "day") == 1723680000000);
  CHECK(truncated(1000, t, "week") == 1723420800000);
  CHECK(truncated(1000, t, "month") == 1722470400000);
  CHECK(truncated(1000, t, "quarter") == 1719792000000);
  CHECK(truncated(1000, t, "year") == 1704067200000);
  CHECK(truncated(1, 1723727655, "hour", kKolkata) == 1723725000);
  CHECK(truncated(1, 1723727655, "day", kKolkata) == 1723660200);
  CHECK(truncated(1000, -1, "day") == -86400000);
  CHECK(truncated(0, 19950, "second") == 19950);
  CHECK(truncated(0, 19950, "day") == 19950);
  CHECK(truncated(0, 19950, "week") == 19947);
  CHECK(truncated(0, 19950, "quarter") == 19905);
}

void test_truncate_at_transitions() {
  // The repeated hour stays two hours; the day has 25.
  CHECK(truncated(1, 1730613599, "hour", kNewYork) == 1730610000);
  CHECK(truncated(1, 1730613600 + 59, "hour", kNewYork) == 1730613600);
  CHECK(truncated(1, 1730613600 + 80000, "day", kNewYork) == 1730606400);
  CHECK(truncated(1, 1730613600 + 80000, "year", kNewYork) == 1704085200);
  CHECK(truncated(1, 1710054000 + 7000, "day", kNewYork) == 1710046800);
  // Midnight is skipped: the day, the week and the month begin with the jump.
  CHECK(truncated(1, 1541300400, "day", kSaoPaulo) == 1541300400);
  CHECK(truncated(1, 1541300400 + 50000, "day", kSaoPaulo) == 1541300400);
  CHECK(truncated(1, 1541300399, "day", kSaoPaulo) == 1541214000);
  CHECK(truncated(1, 1682632800 + 40000, "day", kCairo) == 1682632800);
  CHECK(part<DayOfMonth>(1, 1682632800, kCairo) == 28);
  CHECK(part<Hour>(1, 1682632800, kCairo) == 1);
  // The clock goes back from midnight to 23:00, which belongs to the day that was: midnight comes once.
  CHECK(truncated(1, 1698354000, "day", kCairo) == 1698267600);
  CHECK(truncated(1, 1698354000 + 3600, "day", kCairo) == 1698357600);
  // It goes back from 1:00 to midnight: both midnights belong to one day, which starts with the first.
  CHECK(truncated(1, 1730610000 - 1, "day", kHavana) == 1730606400);
  CHECK(truncated(1, 1730610000, "day", kHavana) == 1730606400);
  CHECK(truncated(1, 1730610000 + 80000, "day", kHavana) == 1730606400);
  CHECK(truncated(1, 1730610000 + 80000, "hour", kHavana) == 1730689200);
  // A day that never was: 2011-12-29 is followed by the 31st.
  CHECK(date_string(1, 1325239199 - 36000) == "2011-12-29");
  CHECK(part<DayOfMonth>(1, 1325239199, kApia) == 29);
  CHECK(part<DayOfMonth>(1, 1325239200, kApia) == 31);
  CHECK(truncated(1, 1325239200 + 3600, "day", kApia) == 1325239200);
  CHECK(truncated(1, 1325239199, "day", kApia) == 1325239200 - 86400);
  CHECK(truncated(1, 1325239200 + 3600, "month", kApia) == 1322733600);
  // A day that was twice: both runs of 1867-10-19 begin with the first.
  CHECK(truncated(1, -3225223728, "day", kJuneau) == -3225279739);
  CHECK(part<DayOfMonth>(1, -3225223727, kJuneau) == 18);
  CHECK(truncated(1, -3225223727 + 86399, "day", kJuneau) == -3225279739);
  // Far ahead, by the rule past the table: 2150-06-30T00:00Z is 20:00 on 29 June in New York.
  CHECK(truncated(1, 5695833600, "day", kNewYork) == 5695761600);
  CHECK(truncated(1, 5695833600, "year", kNewYork) == 5680299600);
}

void test_add_and_diff() {
  Timestamp out{0};
  CHECK(AddTime{}.call(out, Timestamp{5}, -7) == Outcome::kOk && out.ticks == -2);
  CHECK(AddTime{}.call(out, Timestamp{kMax}, 1) == Outcome::kIntegerOverflow);
  const auto diff = [](int64_t unit, int64_t x, int64_t y, const char* in) {
    return make<Diff>(unit, kUtc, {text("in", in)}).call(Timestamp{x}, Timestamp{y});
  };
  CHECK(diff(1000, 90000, 0, "minute") == 1.5);
  CHECK(diff(1000, 0, 90000, "second") == -90);
  CHECK(diff(1000, 1, 0, "nanosecond") == 1e6);
  CHECK(diff(1000000000, 1, 0, "second") == 1e-9);
  CHECK(diff(1000000000, 3, 0, "day") == 3 / 86400e9);
  CHECK(diff(0, 10, 3, "week") == 1);
  CHECK(diff(0, 2, 0, "minute") == 2880);
  CHECK(diff(1, kMax, kMin, "second") == 18446744073709551615.0);
  CHECK(diff(1, kMin, kMax, "second") == -18446744073709551615.0);
  CHECK(test::same_bits(diff(1, 7, 7, "hour"), 0.0));
}

void test_holidays() {
  // 2024-12-25, 2025-01-01, 2024-12-26; given out of order and twice.
  const std::vector<Param> holidays = {integers("holidays", {20089, 20082, 20083, 20082})};
  const auto is_holiday = [&](int64_t unit, int64_t t, const Table& zone) {
    return make<IsHoliday>(unit, zone, holidays).call(Timestamp{t});
  };
  CHECK(is_holiday(0, 20082, kUtc) && is_holiday(0, 20083, kUtc) && !is_holiday(0, 20084, kUtc));
  CHECK(is_holiday(1, 1735084800, kUtc) && !is_holiday(1, 1735084799, kUtc));
  CHECK(!is_holiday(1, 1735084800, kNewYork) && is_holiday(1, 1735084800 + 18000, kNewYork));
  const auto to = make<DaysToHoliday>(0, kUtc, holidays);
  const auto since = make<DaysSinceHoliday>(0, kUtc, holidays);
  double out = -1;
  CHECK(to.call(out, Timestamp{20080}) == Outcome::kOk && out == 2);
  CHECK(to.call(out, Timestamp{20082}) == Outcome::kOk && out == 0);
  CHECK(to.call(out, Timestamp{20084}) == Outcome::kOk && out == 5);
  CHECK(to.call(out, Timestamp{20090}) == Outcome::kNull);
  CHECK(to.call(out, Timestamp{kMin}) == Outcome::kOk && out == 9223372036854795890.0);
  CHECK(since.call(out, Timestamp{20088}) == Outcome::kOk && out == 5);
  CHECK(since.call(out, Timestamp{20089}) == Outcome::kOk && out == 0);
  CHECK(since.call(out, Timestamp{20081}) == Outcome::kNull);
  const auto none = make<DaysToHoliday>(0, kUtc, {integers("holidays", {})});
  CHECK(none.call(out, Timestamp{0}) == Outcome::kNull);
}

void test_date_strings() {
  CHECK(date_string(0, 0) == "1970-01-01");
  CHECK(date_string(1000, 1709251199999) == "2024-02-29");
  CHECK(date_string(0, -719528) == "0000-01-01");
  CHECK(date_string(0, -719529) == "-000001-12-31");
  CHECK(date_string(0, 2932896) == "9999-12-31");
  CHECK(date_string(0, 2932897) == "+010000-01-01");
}

void test_cyclic() {
  const auto sine = [](int64_t unit, int64_t t, const char* period) {
    return make<CyclicSin>(unit, kUtc, {text("period", period)}).call(Timestamp{t});
  };
  const auto cosine = [](int64_t unit, int64_t t, const char* period) {
    return make<CyclicCos>(unit, kUtc, {text("period", period)}).call(Timestamp{t});
  };
  const auto near = [](double x, double y) { return x - y < 1e-15 && y - x < 1e-15; };
  CHECK(sine(1, 0, "hour") == 0 && cosine(1, 0, "hour") == 1);
  CHECK(near(sine(1, 900, "hour"), 1));
  CHECK(near(sine(1, 21600, "day"), 1) && near(cosine(1, 43200, "day"), -1));
  CHECK(near(sine(1, 345600, "week"), 0) && cosine(1, 345600, "week") == 1);  // a Monday
  CHECK(near(sine(1000, 86400000 + 250, "day"), 1.818051304060606e-05));
  CHECK(near(sine(0, 15, "month"), 0.10116832198743228));      // 15 of 31 days
  CHECK(near(cosine(0, 59, "year"), 0.5270777086423722));      // 59 of 365 days
  CHECK(near(sine(0, 19782, "month"), -0.21497044021102438));  // 28 of 29 days
}

}  // namespace
}  // namespace skewless::ops

int main() {
  using namespace skewless::ops;
  test_calendar_walk();
  test_iso_weeks();
  test_parts();
  test_extremes();
  test_zone_lookup();
  test_zone_past_the_table();
  test_zone_errors();
  test_parameter_errors();
  test_truncate();
  test_truncate_at_transitions();
  test_add_and_diff();
  test_holidays();
  test_date_strings();
  test_cyclic();
  return skewless::test::finish("time");
}
