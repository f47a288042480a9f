// Statistics of lists: spread, order statistics, distinct elements, trends. Null elements count as absent.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/lanes.h"
#include "core/order.h"
#include "ops/order.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

// Two passes: the deviations from the mean do not cancel as the squares of the values would.
SK_INLINE Outcome list_variance(double& out, ListView<double> x, int64_t ddof) {
  const int64_t n = count_present(x);
  out = 0;
  if (ddof >= n) return Outcome::kNull;
  // Positive, and up to 2^63 + 2^31 for a negative ddof.
  const uint64_t divisor = static_cast<uint64_t>(n) - static_cast<uint64_t>(ddof);
  const double mean = lane_sum(x, n) / static_cast<double>(n);
  const double squares =
      lane_sum(x, n, [mean](double v) SK_INLINE_LAMBDA { return (v - mean) * (v - mean); });
  out = squares / static_cast<double>(divisor);
  return Outcome::kOk;
}

struct ListVar {
  static constexpr Doc doc{"var", "x, ddof",
                           "Variance: squared deviations from the mean over n - ddof, where n is the number "
                           "of elements: ddof 0 for a population, 1 for a sample. Null when n - ddof is not "
                           "positive.",
                           "[[1, 3, null, 5], 1] -> 4; [[2, 4], 0] -> 1; [[7], 1] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, ListView<double> x, int64_t ddof) const {
    return list_variance(out, x, ddof);
  }
};

struct ListStd {
  static constexpr Doc doc{"std", "x, ddof",
                           "Standard deviation: the square root of var(x, ddof). Null when n - ddof is not "
                           "positive.",
                           "[[1, 3, null, 5], 1] -> 2; [[2, 4], 0] -> 1; [[7], 1] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, ListView<double> x, int64_t ddof) const {
    const Outcome outcome = list_variance(out, x, ddof);
    out = std::sqrt(out);
    return outcome;
  }
};

SK_NOINLINE inline Outcome list_quantile(double& out, Arena& arena, ListView<double> x, double q) {
  const int64_t n = count_present(x);
  out = 0;
  if (n == 0 || !(q >= 0 && q <= 1)) return Outcome::kNull;
  Scratch<int64_t> scratch;
  int64_t* const keys = scratch.get(arena, n);
  if (keys == nullptr) return Outcome::kOutOfMemory;
  int64_t filled = 0;
  bool nan = false;
  for_each_present(x, n, [&](double v) SK_INLINE_LAMBDA {
    keys[filled++] = order_key(v);
    nan |= v != v;
  });
  if (nan) {
    out = std::numeric_limits<double>::quiet_NaN();
    return Outcome::kOk;
  }

  const double position = static_cast<double>(n - 1) * q;
  const int64_t lower = static_cast<int64_t>(position);
  const int64_t upper = lower + 1 < n ? lower + 1 : lower;
  if (n <= 32) {
    sort_keys(keys, n);
  } else {
    std::nth_element(keys, keys + lower, keys + n);
    if (upper != lower) keys[upper] = *std::min_element(keys + upper, keys + n);
  }
  const double below = from_order_key(keys[lower]), above = from_order_key(keys[upper]);
  const double fraction = position - static_cast<double>(lower);
  // On an element or between equal ones there is nothing to interpolate; 0 * Infinity would make NaN of it.
  out = fraction == 0 || below == above ? below : below + fraction * (above - below);
  return Outcome::kOk;
}

struct ListQuantile {
  static constexpr Doc doc{"quantile", "x, q",
                           "The q-quantile with linear interpolation between the two nearest elements "
                           "(NumPy's default). Null for no elements or q outside 0 to 1; NaN if an element "
                           "is NaN.",
                           "[[4, 1, null, 3, 2], 0.5] -> 2.5; [[10, 20], 0.25] -> 12.5; [[1, 2, "
                           "\"Infinity\"], 0.5] -> 2; [[], 0.5] -> null; [[1], 1.5] -> null"};
  SK_INLINE Outcome call(double& out, Arena& arena, ListView<double> x, double q) const {
    return list_quantile(out, arena, x, q);
  }
};

struct ListMedian {
  static constexpr Doc doc{"median", "x",
                           "The middle element of the sorted list, or the point halfway between the two "
                           "middle ones: quantile(x, 0.5). Null for no elements; NaN if an element is NaN.",
                           "[[4, 1, null, 9]] -> 4; [[1, 2]] -> 1.5; [[]] -> null"};
  SK_INLINE Outcome call(double& out, Arena& arena, ListView<double> x) const {
    return list_quantile(out, arena, x, 0.5);
  }
};

// Turns keys into the float64 values that they stand for, in place.
template <bool kReverse>
inline ListView<double> values_of_keys(int64_t* keys, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const double value = kReverse ? from_reverse_order_key(keys[i]) : from_order_key(keys[i]);
    std::memcpy(keys + i, &value, sizeof value);
  }
  return {reinterpret_cast<const double*>(keys), nullptr, 0, count};
}

struct ListTopK {
  static constexpr Doc doc{"topK", "x, k",
                           "The k greatest elements, greatest first, or all when there are fewer. NaN comes "
                           "after every number, -0 after 0. Empty for k below 1.",
                           "[[2, 9, null, 5], 2] -> [9, 5]; [[1, \"NaN\"], 3] -> [1, \"NaN\"]; [[1], 0] -> "
                           "[]"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(ListView<double>& out, Arena& arena, ListView<double> x, int64_t k) const {
    return top(out, arena, x, k);
  }

 private:
  SK_NOINLINE static Outcome top(ListView<double>& out, Arena& arena, ListView<double> x, int64_t k) {
    const int64_t n = count_present(x);
    out = ListView<double>{};
    const int64_t kept = k < n ? k : n;
    if (kept <= 0) return Outcome::kOk;
    int64_t* const keys = arena.allocate_array<int64_t>(static_cast<size_t>(n));
    if (keys == nullptr) return Outcome::kOutOfMemory;
    int64_t filled = 0;
    for_each_present(x, n, [&](double v) SK_INLINE_LAMBDA { keys[filled++] = reverse_order_key(v); });
    if (n > 32 && kept < n) std::nth_element(keys, keys + kept, keys + n);
    sort_keys(keys, n > 32 ? kept : n);
    out = values_of_keys<true>(keys, kept);
    return Outcome::kOk;
  }
};

struct ListSort {
  static constexpr Doc doc{"sort", "x", "The elements that are not null in ascending order, -0 before 0 and "
                                        "NaN last.",
                           "[[3, null, \"NaN\", 1]] -> [1, 3, \"NaN\"]; [[]] -> []"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(ListView<double>& out, Arena& arena, ListView<double> x) const {
    return sorted(out, arena, x);
  }

 private:
  SK_NOINLINE static Outcome sorted(ListView<double>& out, Arena& arena, ListView<double> x) {
    const int64_t n = count_present(x);
    out = ListView<double>{};
    if (n == 0) return Outcome::kOk;
    int64_t* const keys = arena.allocate_array<int64_t>(static_cast<size_t>(n));
    if (keys == nullptr) return Outcome::kOutOfMemory;
    int64_t filled = 0;
    for_each_present(x, n, [&](double v) SK_INLINE_LAMBDA { keys[filled++] = order_key(v); });
    sort_keys(keys, n);
    out = values_of_keys<false>(keys, n);
    return Outcome::kOk;
  }
};

// What tells elements of a type apart: their integer key, or the text itself.
template <class T>
using GroupKey = decltype(group_key(T{}));

template <class T>
SK_NOINLINE inline Outcome list_distinct(int64_t& out, Arena& arena, ListView<T> x) {
  const int64_t n = count_present(x);
  out = n;
  if (n < 2) return Outcome::kOk;
  Scratch<GroupKey<T>> scratch;
  GroupKey<T>* const keys = scratch.get(arena, n);
  if (keys == nullptr) return Outcome::kOutOfMemory;
  int64_t filled = 0;
  for_each_present(x, n, [&](T v) SK_INLINE_LAMBDA { keys[filled++] = group_key(v); });
  if constexpr (is_text<T>) {
    std::sort(keys, keys + n, [](StringView a, StringView b) { return group_less(a, b); });
  } else {
    sort_keys(keys, n);
  }
  int64_t distinct = 1;
  for (int64_t i = 1; i < n; ++i) distinct += equal(keys[i - 1], keys[i]) ? 0 : 1;
  out = distinct;
  return Outcome::kOk;
}

template <class T>
struct ListNUnique {
  static constexpr Doc doc{"nUnique", "x",
                           "Number of distinct elements. -0 and 0 are the same element, and all NaNs are "
                           "one.",
                           example_of<T>("[[3, null, 3, 4]] -> 2; [[]] -> "
                                         "0", "[[\"a\", \"b\", \"a\", null]] -> 2; [[]] -> 0")};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, Arena& arena, ListView<T> x) const {
    return list_distinct(out, arena, x);
  }
};

template <class T>
SK_NOINLINE inline Outcome list_mode(T& out, Arena& arena, ListView<T> x) {
  struct Entry {
    GroupKey<T> key;
    int64_t position;
  };
  const int64_t n = count_present(x);
  out = T{};
  if (n == 0) return Outcome::kNull;
  Scratch<Entry> scratch;
  Entry* const entries = scratch.get(arena, n);
  if (entries == nullptr) return Outcome::kOutOfMemory;
  int64_t filled = 0;
  for (int64_t i = 0; i < x.length; ++i)
    if (x.is_valid(i)) entries[filled++] = {group_key(x.data[i]), i};
  std::sort(entries, entries + n, [](const Entry& a, const Entry& b) {
    if (group_less(a.key, b.key)) return true;
    return a.position < b.position && !group_less(b.key, a.key);
  });
  int64_t best_run = 0, best_position = 0;
  for (int64_t start = 0; start < n;) {
    int64_t end = start + 1;
    while (end < n && equal(entries[end].key, entries[start].key)) ++end;
    const int64_t run = end - start, position = entries[start].position;
    if (run > best_run || (run == best_run && position < best_position)) {
      best_run = run;
      best_position = position;
    }
    start = end;
  }
  out = x.data[best_position];
  return Outcome::kOk;
}

template <class T>
struct ListMode {
  static constexpr Doc doc{"mode", "x",
                           "The most frequent element; of several the one that appears first. -0 and 0 are "
                           "the same element, and all NaNs are one. Null for no elements.",
                           example_of<T>("[[4, 7, null, 7]] -> 7; [[2, 1]] -> 2; [[]] -> null",
                                         "[[\"x\", \"y\", \"y\"]] -> \"y\"; [[\"b\", \"a\"]] -> \"b\"; [[]] "
                                         "-> null")};
  SK_INLINE Outcome call(T& out, Arena& arena, ListView<T> x) const { return list_mode(out, arena, x); }
};

struct ListSlope {
  static constexpr Doc doc{"slope", "x",
                           "Slope of the least-squares line through the elements over their positions 0, 1, "
                           "2, ... (null elements take no position). Null for fewer than two.",
                           "[[1, 3, null, 5]] -> 2; [[4, 4]] -> 0; [[1]] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, ListView<double> x) const {
    const int64_t present = count_present(x);
    out = 0;
    if (present < 2) return Outcome::kNull;
    const double n = static_cast<double>(present), middle = (n - 1) / 2;
    Lanes lanes;
    for_each_block(x, present, [&](const double* values, int64_t first, int64_t count) SK_INLINE_LAMBDA {
      lanes.add(count, [&](int64_t i) SK_INLINE_LAMBDA {
        return (static_cast<double>(first + i) - middle) * values[i];
      });
    });
    out = lanes.total() / (n * (n * n - 1) / 12);
    return Outcome::kOk;
  }
};

struct ListSlopeOver {
  static constexpr Doc doc{"slopeOver", "y, x",
                           "Slope of the least-squares line of y over x, element by element; a pair with a "
                           "null is left out. Null for fewer than two pairs or when all x are equal. Fails "
                           "with OUT_OF_RANGE when the lists differ in size.",
                           "[[1, 3, 9], [0, 1, 4]] -> 2; [[1, null, 2], [0, 5, 2]] -> 0.5; [[1, 2], [3, 3]] "
                           "-> null"};
  SK_INLINE Outcome call(double& out, ListView<double> y, ListView<double> x) const {
    out = 0;
    if (x.length != y.length) return Outcome::kOutOfRange;
    Lanes xs, ys;
    int64_t pairs = 0;
    double first_x = 0;
    bool x_varies = false;
    for_each_pair(x, y, [&](const double* px, const double* py, int64_t count) SK_INLINE_LAMBDA {
      if (pairs == 0 && count > 0) first_x = px[0];
      for (int64_t i = 0; i < count; ++i) x_varies |= px[i] != first_x;
      xs.add(count, [&](int64_t i) SK_INLINE_LAMBDA { return px[i]; });
      ys.add(count, [&](int64_t i) SK_INLINE_LAMBDA { return py[i]; });
      pairs += count;
    });
    // Equal x are found by comparison: their rounded mean may differ from them, and then `spread` is not 0.
    if (pairs < 2 || !x_varies) return Outcome::kNull;
    const double n = static_cast<double>(pairs), mean_x = xs.total() / n, mean_y = ys.total() / n;
    Lanes products, squares;
    for_each_pair(x, y, [&](const double* px, const double* py, int64_t count) SK_INLINE_LAMBDA {
      products.add(count, [&](int64_t i) SK_INLINE_LAMBDA { return (px[i] - mean_x) * (py[i] - mean_y); });
      squares.add(count, [&](int64_t i) SK_INLINE_LAMBDA { return (px[i] - mean_x) * (px[i] - mean_x); });
    });
    const double spread = squares.total();
    if (spread == 0) return Outcome::kNull;
    out = products.total() / spread;
    return Outcome::kOk;
  }

 private:
  // As for_each_block, for the pairs of which both sides are present.
  template <class Body>
  SK_INLINE static void for_each_pair(ListView<double> x, ListView<double> y, Body body) {
    if (x.validity == nullptr && y.validity == nullptr) {
      body(x.data, y.data, x.length);
      return;
    }
    double block_x[kLaneBlock], block_y[kLaneBlock];
    int64_t held = 0;
    for (int64_t i = 0; i < x.length; ++i) {
      if (!(x.is_valid(i) && y.is_valid(i))) continue;
      block_x[held] = x.data[i];
      block_y[held] = y.data[i];
      if (++held == kLaneBlock) {
        body(static_cast<const double*>(block_x), static_cast<const double*>(block_y), held);
        held = 0;
      }
    }
    body(static_cast<const double*>(block_x), static_cast<const double*>(block_y), held);
  }
};

using ListStatsFunctions =
    FunctionList<ListVar, ListStd, ListQuantile, ListMedian, ListTopK, ListSort, ListNUnique<double>,
                 ListNUnique<int64_t>, ListNUnique<StringView>, ListMode<double>, ListMode<int64_t>,
                 ListMode<StringView>, ListSlope, ListSlopeOver>;

}  // namespace skewless::ops
