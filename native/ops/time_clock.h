// What all time functions share: the unit of their timestamps, their zone, the way from ticks to local time.
#pragma once
#include <cstdint>

#include "core/calendar.h"
#include "core/zone.h"
#include "registry/function.h"

namespace skewless::ops {

constexpr ParamSpec kUnitParam{
    "unit", ParamKind::kInt64, nullptr,
    "Ticks per second of the timestamp: 1, 1000, 1000000 or 1000000000; 0 for days."};
constexpr ParamSpec kZoneParam{
    "zone", ParamKind::kUtf8, "\"UTC\"",
    "IANA zone of the local time, such as \"Europe/Paris\". Dates (unit days) ignore it."};

// The plan carries a zone as two lists of int64, zone.at and zone.offset: see core/zone.h.
class LocalClock {
 public:
  struct Split {
    int64_t whole;  // floored
    int64_t rest;   // not negative
  };

  struct Local {
    int64_t day;     // day number of the local date
    int32_t second;  // of the local day, 0..86399
  };

  const char* init(const Params& params) {
    if (const char* error = init_unit(params)) return error;
    return zone_.init(params.int64s("zone.at"), params.int64s("zone.offset"));
  }

  // For functions without a zone: it stays UTC.
  const char* init_unit(const Params& params) {
    switch (params.int64("unit", -1)) {
      case 0: unit_ = Unit::kDay; break;
      case 1: unit_ = Unit::kSecond; break;
      case 1000: unit_ = Unit::kMillisecond; break;
      case 1000000: unit_ = Unit::kMicrosecond; break;
      case 1000000000: unit_ = Unit::kNanosecond; break;
      default: return "unit must be 0, 1, 1000, 1000000 or 1000000000";
    }
    per_second_ = days() ? 1 : params.int64("unit", 1);
    nanoseconds_per_tick_ = 1000000000 / per_second_;
    return nullptr;
  }

  SK_INLINE bool days() const { return unit_ == Unit::kDay; }

  // Of a date, whose ticks are always 0, one.
  SK_INLINE int64_t per_second() const { return per_second_; }
  const Zone& zone() const { return zone_; }

  // Whole UTC seconds, and ticks. Not for dates. One division by a constant each: cheaper than a division by
  // per_second().
  SK_INLINE Split split(int64_t ticks) const {
    switch (unit_) {
      case Unit::kMillisecond: return divide<1000>(ticks);
      case Unit::kMicrosecond: return divide<1000000>(ticks);
      case Unit::kNanosecond: return divide<1000000000>(ticks);
      default: return {ticks, 0};
    }
  }

  SK_INLINE int32_t offset_at(int64_t second) const { return zone_.is_utc() ? 0 : zone_.offset_at(second); }

  // Days are carried apart from seconds: adding the offset to the seconds could overflow.
  SK_INLINE static Local localize(int64_t second, int32_t offset) {
    const Split utc = divide<calendar::kSecondsPerDay>(second);
    const int32_t shifted = static_cast<int32_t>(utc.rest) + offset;
    const int32_t carry = shifted / 86400 - (shifted % 86400 < 0);
    return {utc.whole + carry, shifted - carry * 86400};
  }

  SK_INLINE Local local(Timestamp t) const {
    if (days()) return {t.ticks, 0};
    const int64_t second = split(t.ticks).whole;
    return localize(second, offset_at(second));
  }

  SK_INLINE calendar::Day local_day(Timestamp t) const { return calendar::Day::of(local(t).day); }
  SK_INLINE calendar::Date local_date(Timestamp t) const { return calendar::date_of(local_day(t)); }

  // Nanoseconds within the second, which no zone changes.
  SK_INLINE int64_t nanosecond(Timestamp t) const {
    return days() ? 0 : split(t.ticks).rest * nanoseconds_per_tick_;
  }

 private:
  enum class Unit : uint8_t { kDay, kSecond, kMillisecond, kMicrosecond, kNanosecond };

  template <int64_t kDivisor>
  static SK_INLINE Split divide(int64_t value) {
    const int64_t rest = value % kDivisor;
    const int64_t below = rest < 0;
    return {value / kDivisor - below, rest + below * kDivisor};
  }

  Unit unit_ = Unit::kSecond;
  int64_t per_second_ = 1;
  int64_t nanoseconds_per_tick_ = 1000000000;
  Zone zone_;
};

// The base of functions of a local time. Zone lookups and 64-bit divisions do not vectorize.
struct ZonedFunction {
  static constexpr ParamSpec params[] = {kUnitParam, kZoneParam};
  static constexpr bool vectorize = false;
  const char* init(const Params& p) { return clock.init(p); }
  LocalClock clock;
};

}  // namespace skewless::ops
