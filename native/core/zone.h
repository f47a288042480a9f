// The offsets of one time zone: a transition table, indexed for lookup in a few nanoseconds.
//
// Before the first transition the first offset holds. The table reaches to 2100-01-01T00:00:00Z. From there
// on, the offset is that of the equivalent instant in 2072 to 2099: as many seconds after the start of its
// UTC year, in the latest of these years that has the same number of days and the same weekday of 1 January.
// (But for centuries the calendar repeats every 28 years, so these years hold every kind.) Transitions given
// past 2100 are not used.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/calendar.h"
#include "core/config.h"

namespace skewless {

// 1 January of the latest year in 2072 to 2099 of each kind: [whether it is leap][weekday of 1 January].
struct CycleNewYears {
  int32_t day[2][7];
  constexpr CycleNewYears() : day{} {
    for (int32_t year = 2072; year < 2100; ++year) {
      const int32_t first = calendar::new_year(year);
      day[calendar::is_leap(year)][calendar::weekday({0, first})] = first;
    }
  }
};
inline constexpr CycleNewYears kCycleNewYears{};

class Zone {
 public:
  static constexpr int64_t kTableEnd = 4102444800;  // 2100-01-01T00:00:00Z
  static constexpr int64_t kOffsetBound = 2 * calendar::kSecondsPerDay;
  static constexpr int64_t kAtBound = int64_t{1} << 40;
  static constexpr size_t kMaxTransitions = 65535;  // an index fits in 16 bits

  // `offset[0]` before `at[0]`, `offset[i + 1]` from `at[i]` on, both in seconds. Two empty lists are UTC.
  // Returns nullptr, or what is wrong.
  const char* init(const std::vector<int64_t>& at, const std::vector<int64_t>& offset) {
    segments_.clear();
    index_.clear();
    if (at.size() > kMaxTransitions) return "zone.at has more than 65535 transitions";
    const bool utc = at.empty() && offset.empty();
    if (!utc && offset.size() != at.size() + 1) return "zone.offset must have one element more than zone.at";
    for (size_t i = 0; i < at.size(); ++i) {
      if (at[i] < -kAtBound || at[i] > kAtBound) return "zone.at holds a time out of range";
      if (i > 0 && at[i - 1] >= at[i]) return "zone.at must be strictly increasing";
    }
    for (const int64_t o : offset) {
      if (o <= -kOffsetBound || o >= kOffsetBound) return "zone.offset must be within two days";
    }
    first_ = utc ? 0 : static_cast<int32_t>(offset[0]);
    fixed_ = at.empty();
    if (!fixed_) build(at, offset);
    return nullptr;
  }

  SK_INLINE bool is_utc() const { return fixed_ && first_ == 0; }

  // Seconds east of UTC at an instant given in seconds since 1970.
  SK_INLINE int32_t offset_at(int64_t second) const {
    if (fixed_) return first_;
    if (SK_UNLIKELY(second >= kTableEnd)) second = equivalent(second);
    if (second < base_) return first_;
    const uint64_t bucket = static_cast<uint64_t>(second - base_) >> shift_;
    const Segment* s = segments_.data() + index_[bucket < last_bucket_ ? bucket : last_bucket_];
    while (second >= s->until) ++s;
    return s->offset;
  }

  // The earliest instant at which the local clock shows `second + delta` (local time counted in seconds as
  // if it were UTC) or, where the clock skips that time, the instant of the skip. Given and answered as
  // distances from `second`, so that times next to the ends of int64 need no care. Exact where transitions
  // are at least three days apart, as all known ones are.
  SK_INLINE int64_t local_to_utc(int64_t second, int64_t delta) const {
    if (fixed_) return delta - first_;
    const int64_t before = offset_at(later(second, delta - kWindow));
    const int64_t after = offset_at(later(second, delta + kWindow));
    if (SK_LIKELY(before == after)) return delta - before;
    return around_transition(second, delta, before, after);
  }

 private:
  struct Segment {
    int64_t until;  // INT64_MAX ends the list
    int32_t offset;
  };

  static constexpr int64_t kWindow = 129600;  // a day and a half: beyond any real offset
  static constexpr int kFirstShift = 21;      // 24 days: most buckets hold no transition
  static constexpr uint64_t kMaxBuckets = 4096;

  static SK_INLINE int64_t later(int64_t second, int64_t delta) {
    int64_t sum;
    if (!__builtin_add_overflow(second, delta, &sum)) return sum;
    return delta < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }

  void build(const std::vector<int64_t>& at, const std::vector<int64_t>& offset) {
    const size_t count = at.size();
    for (size_t i = 0; i <= count; ++i) {
      const int64_t until = i < count ? at[i] : std::numeric_limits<int64_t>::max();
      segments_.push_back({until, static_cast<int32_t>(offset[i])});
    }
    base_ = at[0];
    const uint64_t range = static_cast<uint64_t>(at[count - 1] - base_);
    shift_ = kFirstShift;
    while ((range >> shift_) >= kMaxBuckets) ++shift_;
    // One bucket more than the transitions reach: it stands for all later times, in the last segment.
    last_bucket_ = (range >> shift_) + 1;
    size_t segment = 0;
    for (uint64_t bucket = 0; bucket < last_bucket_; ++bucket) {
      const int64_t start = base_ + static_cast<int64_t>(bucket << shift_);
      while (start >= segments_[segment].until) ++segment;
      index_.push_back(static_cast<uint16_t>(segment));
    }
    index_.push_back(static_cast<uint16_t>(count));
  }

  SK_NOINLINE static int64_t equivalent(int64_t second) {
    const int64_t day = second / calendar::kSecondsPerDay;
    const calendar::Day small{0, static_cast<int32_t>(day % calendar::kCycleDays)};
    const calendar::Date date = calendar::date_of(small);
    const int32_t before = date.day_of_year - 1;  // days of its year that have passed
    const int64_t first = kCycleNewYears.day[date.leap][calendar::weekday({0, small.rest - before})];
    return (first + before) * calendar::kSecondsPerDay + second % calendar::kSecondsPerDay;
  }

  SK_NOINLINE int64_t around_transition(int64_t second, int64_t delta, int64_t before, int64_t after) const {
    // Shown by both offsets when the clocks went back: the earlier instant is the one before the transition.
    if (offset_at(later(second, delta - before)) == before) return delta - before;
    if (offset_at(later(second, delta - after)) == after) return delta - after;
    int64_t low = delta - kWindow, high = delta + kWindow;
    while (high - low > 1) {
      const int64_t middle = low + (high - low) / 2;
      (offset_at(later(second, middle)) == before ? low : high) = middle;
    }
    return high;
  }

  bool fixed_ = true;
  int32_t first_ = 0;
  int shift_ = 0;
  int64_t base_ = 0;
  uint64_t last_bucket_ = 0;
  std::vector<Segment> segments_;
  std::vector<uint16_t> index_;
};

}  // namespace skewless
