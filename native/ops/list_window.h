// Lists along time: the elements inside a window that ends now, and ages of events. `timestamps` and `now`
// have one unit; a width is a number of its ticks.
#pragma once
#include <cstring>
#include <limits>

#include "core/lanes.h"
#include "core/math/exp.h"
#include "ops/order.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

// The instants t with now - width < t <= now.
struct TimeWindow {
  int64_t from;   // the first instant inside
  uint64_t span;  // instants inside, less one
  bool empty;

  SK_INLINE TimeWindow(Timestamp now, int64_t width) : from(0), span(0), empty(width <= 0) {
    if (empty) return;
    int64_t before;
    // A window that reaches back past the first tick there is begins at that tick.
    const bool endless = __builtin_sub_overflow(now.ticks, width, &before);
    from = endless ? std::numeric_limits<int64_t>::min() : before + 1;
    span = static_cast<uint64_t>(now.ticks) - static_cast<uint64_t>(from);
  }
  SK_INLINE bool contains(Timestamp t) const {
    return !empty && static_cast<uint64_t>(t.ticks) - static_cast<uint64_t>(from) <= span;
  }
};

// Which elements of a list of timestamps are inside: how many, and the first and the last of them.
struct WindowMatch {
  int64_t count, first, last;
};
SK_INLINE WindowMatch match_window(ListView<Timestamp> timestamps, const TimeWindow& window) {
  WindowMatch match{0, 0, -1};
  for (int64_t i = 0; i < timestamps.length; ++i) {
    if (!(timestamps.is_valid(i) && window.contains(timestamps.data[i]))) continue;
    if (match.count++ == 0) match.first = i;
    match.last = i;
  }
  return match;
}

template <class T>
SK_NOINLINE inline Outcome gather_window(ListView<T>& out, Arena& arena, ListView<T> values,
                                         ListView<Timestamp> timestamps, const TimeWindow& window,
                                         WindowMatch match) {
  T* const kept = arena.allocate_array<T>(static_cast<size_t>(match.count));
  if (kept == nullptr) return Outcome::kOutOfMemory;
  uint8_t* present = nullptr;
  if (values.validity != nullptr) {
    const size_t bytes = static_cast<size_t>((match.count + 7) >> 3);
    present = arena.allocate_array<uint8_t>(bytes);
    if (present == nullptr) return Outcome::kOutOfMemory;
    std::memset(present, 0, bytes);
  }
  int64_t n = 0;
  for (int64_t i = match.first; i <= match.last; ++i) {
    if (!(timestamps.is_valid(i) && window.contains(timestamps.data[i]))) continue;
    const bool valid = values.is_valid(i);
    kept[n] = valid ? values.data[i] : T{};
    if (present != nullptr && valid) present[n >> 3] = static_cast<uint8_t>(present[n >> 3] | (1 << (n & 7)));
    ++n;
  }
  out = {kept, present, 0, match.count};
  return Outcome::kOk;
}

template <class T>
SK_INLINE Outcome list_within(ListView<T>& out, Arena& arena, ListView<T> values,
                              ListView<Timestamp> timestamps, Timestamp now, int64_t width) {
  const TimeWindow window(now, width);
  const WindowMatch match = match_window(timestamps, window);
  out = ListView<T>{};
  if (match.count == 0) return Outcome::kOk;
  // Events come in the order of time as a rule, and then the answer is a slice of the argument.
  if (match.last - match.first + 1 == match.count) {
    out = {values.data + match.first, values.validity, values.validity_offset + match.first, match.count};
    return Outcome::kOk;
  }
  return gather_window(out, arena, values, timestamps, window, match);
}

template <class T>
struct ListWindow {
  static constexpr Doc doc{"window", "values, timestamps, now, width",
                           "The values whose timestamp t is in the window of `width` ticks that ends now: "
                           "now - width < t <= now. Order and null values are kept; a value with a null "
                           "timestamp is dropped. Fails with OUT_OF_RANGE when the lists differ in size.",
                           example_of<T>("[[1, 2, null, 4], [10, 20, 25, 31], 30, 20] -> [2, null]; [[1], "
                                         "[10], 10, 0] -> []",
                                         "[[\"a\", \"b\"], [10, 20], 25, 10] -> [\"b\"]; [[\"a\"], [null], "
                                         "25, 10] -> []")};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(ListView<T>& out, Arena& arena, ListView<T> values, ListView<Timestamp> timestamps,
                         Timestamp now, int64_t width) const {
    out = ListView<T>{};
    if (values.length != timestamps.length) return Outcome::kOutOfRange;
    return list_within(out, arena, values, timestamps, now, width);
  }
};

struct ListWithinWindow {
  static constexpr Doc doc{"withinWindow", "timestamps, now, width",
                           "The timestamps t in the window of `width` ticks that ends now: now - width < t "
                           "<= now. Null elements are dropped.",
                           "[[10, 20, null, 31], 30, 20] -> [20]; [[10], 10, 1] -> [10]; [[], 10, 5] -> []"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(ListView<Timestamp>& out, Arena& arena, ListView<Timestamp> timestamps,
                         Timestamp now, int64_t width) const {
    const Outcome outcome = list_within(out, arena, timestamps, timestamps, now, width);
    // Nothing kept is null, whatever the argument's bitmap says of the rest.
    out.validity = nullptr;
    out.validity_offset = 0;
    return outcome;
  }
};

// Seconds between instants of one unit.
class AgeInSeconds {
 public:
  const char* init(const Params& params) {
    const int64_t unit = params.int64("unit", -1);
    if (unit != 0 && unit != 1 && unit != 1000 && unit != 1000000 && unit != 1000000000)
      return "unit must be 0, 1, 1000, 1000000 or 1000000000 ticks per second";
    ticks_per_second_ = unit == 0 ? 1 : static_cast<double>(unit);
    seconds_per_tick_ = unit == 0 ? 86400 : 1;
    return nullptr;
  }
  // For then <= now. The difference of ticks is exact and rounded once; one of the two factors is 1.
  SK_INLINE double operator()(Timestamp then, Timestamp now) const {
    const uint64_t ticks = static_cast<uint64_t>(now.ticks) - static_cast<uint64_t>(then.ticks);
    return static_cast<double>(ticks) * seconds_per_tick_ / ticks_per_second_;
  }

 private:
  double ticks_per_second_ = 1, seconds_per_tick_ = 1;
};

constexpr ParamSpec kListUnitParam{"unit", ParamKind::kInt64, nullptr,
                                   "Ticks per second of the timestamps, or 0 for days; filled in."};

struct ListRecency {
  static constexpr Doc doc{"recency", "timestamps, now",
                           "Seconds from the latest of the timestamps at or before now, to now. Null when "
                           "there is none.",
                           "[[1000, 2500, null, 9000], 4000] {\"unit\": 1000} -> 1.5; [[3], 5] {\"unit\": 0} "
                           "-> 172800; [[9], 5] {\"unit\": 1} -> null; [[], 5] {\"unit\": 1} -> null"};
  static constexpr unsigned effects = kMayNull;
  static constexpr ParamSpec params[] = {kListUnitParam};
  const char* init(const Params& given) { return age_.init(given); }

  SK_INLINE Outcome call(double& out, ListView<Timestamp> timestamps, Timestamp now) const {
    int64_t latest = std::numeric_limits<int64_t>::min();
    bool found = false;
    for_each_present(timestamps, count_present(timestamps), [&](Timestamp t) SK_INLINE_LAMBDA {
      const bool past = t.ticks <= now.ticks;
      found |= past;
      latest = past && t.ticks > latest ? t.ticks : latest;
    });
    out = found ? age_(Timestamp{latest}, now) : 0;
    return found ? Outcome::kOk : Outcome::kNull;
  }

 private:
  AgeInSeconds age_;
};

struct ListDecayedSum {
  static constexpr Doc doc{"decayedSum", "values, timestamps, now, halfLife",
                           "Sum of the values, each halved for every `halfLife` seconds of its age: v * "
                           "2^(-age / halfLife). Null elements and timestamps after now are left out; 0 for "
                           "none. Null when halfLife is NaN or not above 0. Fails with OUT_OF_RANGE when the "
                           "lists differ in size.",
                           "[[8, 1, 4], [0, 10, 99], 20, 10] {\"unit\": 1} -> 2.5; [[], [], 20, 10] "
                           "{\"unit\": 1} -> 0; [[8], [0], 20, 0] {\"unit\": 1} -> null"};
  static constexpr ParamSpec params[] = {kListUnitParam};
  const char* init(const Params& given) { return age_.init(given); }

  SK_INLINE Outcome call(double& out, ListView<double> values, ListView<Timestamp> timestamps, Timestamp now,
                         double half_life) const {
    out = 0;
    if (values.length != timestamps.length) return Outcome::kOutOfRange;
    if (!(half_life > 0)) return Outcome::kNull;
    Lanes lanes;
    double terms[kLaneBlock], ages[kLaneBlock];
    int64_t held = 0;
    const auto flush = [&]() SK_INLINE_LAMBDA {
      for (int64_t i = 0; i < held; ++i) terms[i] *= math::exp2(-(ages[i] / half_life));
      lanes.add(held, [&](int64_t i) SK_INLINE_LAMBDA { return terms[i]; });
      held = 0;
    };
    for (int64_t i = 0; i < values.length; ++i) {
      if (!(values.is_valid(i) && timestamps.is_valid(i) && timestamps.data[i].ticks <= now.ticks)) continue;
      terms[held] = values.data[i];
      ages[held] = age_(timestamps.data[i], now);
      if (++held == kLaneBlock) flush();
    }
    flush();
    out = lanes.total();
    return Outcome::kOk;
  }

 private:
  AgeInSeconds age_;
};

using ListWindowFunctions = FunctionList<ListWindow<double>, ListWindow<int64_t>, ListWindow<StringView>,
                                         ListWithinWindow, ListRecency, ListDecayedSum>;

}  // namespace skewless::ops
