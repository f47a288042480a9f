// Lists: sizes, elements, sums, simple searches. Null elements count as absent unless a doc says otherwise.
#pragma once
#include <cstring>
#include <limits>

#include "core/lanes.h"
#include "core/order.h"
#include "ops/order.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

template <class T>
struct ListCount {
  static constexpr Doc doc{"count", "x", "Number of elements that are not null.",
                           example_of<T>("[[5, null, 5]] -> 2; [[]] -> 0", "[[\"a\", null]] -> 1")};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(ListView<T> x) const { return count_present(x); }
};

template <class T>
struct ListSize {
  static constexpr Doc doc{"size", "x", "Number of elements, null ones included.",
                           example_of<T>("[[5, null, 5]] -> 3; [[]] -> 0", "[[\"a\", null]] -> 2")};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(ListView<T> x) const { return x.length; }
};

template <class T>
struct ListNullCount {
  static constexpr Doc doc{"nullCount", "x", "Number of null elements.",
                           example_of<T>("[[5, null, 5]] -> 1; [[]] -> 0", "[[\"a\", null]] -> 1")};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(ListView<T> x) const { return x.length - count_present(x); }
};

template <class T>
struct ListSum;
template <>
struct ListSum<double> {
  static constexpr Doc doc{"sum", "x",
                           "Sum of the elements; 0 for none. Added in a fixed order: the j-th element goes "
                           "to lane j mod 8, then ((l0+l4)+(l2+l6))+((l1+l5)+(l3+l7)).",
                           "[[1, 2.5, null, 4]] -> 7.5; [[]] -> 0; [[\"Infinity\", \"-Infinity\"]] -> "
                           "\"NaN\""};
  static constexpr bool vectorize = false;
  SK_INLINE double call(ListView<double> x) const { return lane_sum(x, count_present(x)); }
};
template <>
struct ListSum<int64_t> {
  static constexpr Doc doc{"sum", "x",
                           "Exact sum of the elements; 0 for none. Fails with INTEGER_OVERFLOW when the "
                           "total, not an intermediate sum, does not fit.",
                           "[[1, 2, null, 4]] -> 7; [[]] -> 0; "
                           "[[\"9223372036854775807\", 1, -1]] -> \"9223372036854775807\""};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, ListView<int64_t> x) const {
    // Two halves that cannot overflow below 2^32 elements.
    int64_t high = 0;
    uint64_t low = 0;
    for_each_present(x, count_present(x), [&](int64_t v) SK_INLINE_LAMBDA {
      high += v >> 32;
      low += static_cast<uint64_t>(v) & 0xffffffffu;
    });
    high += static_cast<int64_t>(low >> 32);
    out = static_cast<int64_t>((static_cast<uint64_t>(high) << 32) | (low & 0xffffffffu));
    return high == static_cast<int32_t>(high) ? Outcome::kOk : Outcome::kIntegerOverflow;
  }
};

struct ListMean {
  static constexpr Doc doc{"mean", "x",
                           "Arithmetic mean: the fixed-order sum divided by the number of elements; null for "
                           "none.",
                           "[[1, 2, null, 6]] -> 3; [[]] -> null; [[null]] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, ListView<double> x) const {
    const int64_t n = count_present(x);
    out = n == 0 ? 0 : lane_sum(x, n) / static_cast<double>(n);
    return n == 0 ? Outcome::kNull : Outcome::kOk;
  }
};

template <class T>
SK_INLINE int64_t extreme_key(T x) {
  if constexpr (std::is_same_v<T, double>) {
    return order_key(x);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return x.ticks;
  } else {
    return x;
  }
}
template <class T>
SK_INLINE T from_extreme_key(int64_t key) {
  if constexpr (std::is_same_v<T, double>) {
    return from_order_key(key);
  } else {
    return T{key};
  }
}

template <class T>
struct ListMin {
  static constexpr Doc doc{"min", "x",
                           "Least element; null for none. NaN if an element is NaN; -0 is less than 0.",
                           "[[3, null, -1]] -> -1; [[]] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(T& out, ListView<T> x) const {
    const int64_t n = count_present(x);
    out = T{};
    if (n == 0) return Outcome::kNull;
    int64_t least_key = std::numeric_limits<int64_t>::max();
    bool nan = false;
    for_each_present(x, n, [&](T v) SK_INLINE_LAMBDA {
      const int64_t key = extreme_key(v);
      least_key = key < least_key ? key : least_key;
      if constexpr (std::is_same_v<T, double>) nan |= v != v;
    });
    out = from_extreme_key<T>(nan ? kNaNKey : least_key);
    return Outcome::kOk;
  }
};

template <class T>
struct ListMax {
  static constexpr Doc doc{"max", "x",
                           "Greatest element; null for none. NaN if an element is NaN; 0 is greater than -0.",
                           "[[3, null, -1]] -> 3; [[]] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(T& out, ListView<T> x) const {
    const int64_t n = count_present(x);
    out = T{};
    if (n == 0) return Outcome::kNull;
    int64_t greatest_key = std::numeric_limits<int64_t>::min();
    // The key of NaN is above all others, so NaN needs no test here.
    for_each_present(x, n, [&](T v) SK_INLINE_LAMBDA {
      const int64_t key = extreme_key(v);
      greatest_key = key > greatest_key ? key : greatest_key;
    });
    out = from_extreme_key<T>(greatest_key);
    return Outcome::kOk;
  }
};

template <class T>
struct ListFirst {
  static constexpr Doc doc{"first", "x", "First element that is not null; null when there is none.",
                           example_of<T>("[[null, 3, 4]] -> 3; [[]] -> null",
                                         "[[null, \"a\", \"b\"]] -> \"a\"; [[]] -> null")};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(T& out, ListView<T> x) const {
    out = T{};
    for (int64_t i = 0; i < x.length; ++i)
      if (x.is_valid(i)) {
        out = x.data[i];
        return Outcome::kOk;
      }
    return Outcome::kNull;
  }
};

template <class T>
struct ListLast {
  static constexpr Doc doc{"last", "x", "Last element that is not null; null when there is none.",
                           example_of<T>("[[3, 4, null]] -> 4; [[]] -> null",
                                         "[[\"a\", \"b\", null]] -> \"b\"; [[]] -> null")};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(T& out, ListView<T> x) const {
    out = T{};
    for (int64_t i = x.length - 1; i >= 0; --i)
      if (x.is_valid(i)) {
        out = x.data[i];
        return Outcome::kOk;
      }
    return Outcome::kNull;
  }
};

template <class T>
struct ListElement {
  static constexpr Doc doc{"element", "x, index",
                           "Element at a position that counts from 0 and includes null elements; a negative "
                           "index counts from the end. Null when it is out of range or the element is null.",
                           example_of<T>("[[7, null, 9], 2] -> 9; [[7, null, 9], -3] -> 7; [[7, null, 9], 1] "
                                         "-> null; [[7], 1] -> null",
                                         "[[\"a\", \"b\"], -1] -> \"b\"; [[\"a\", \"b\"], 2] -> null")};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(T& out, ListView<T> x, int64_t index) const {
    out = T{};
    const int64_t i = index < 0 ? index + x.length : index;
    if (i < 0 || i >= x.length || !x.is_valid(i)) return Outcome::kNull;
    out = x.data[i];
    return Outcome::kOk;
  }
};

// Number of non-null elements of which `matches` is true.
template <class T, class Predicate>
SK_INLINE int64_t count_matches(ListView<T> x, Predicate matches) {
  int64_t count = 0;
  for_each_present(x, count_present(x), [&](T v) SK_INLINE_LAMBDA { count += matches(v) ? 1 : 0; });
  return count;
}

template <class T>
struct ListHas {
  static constexpr Doc doc{"has", "x, value",
                           "Whether an element equals the value. NaN equals nothing, -0 equals 0, text is "
                           "compared by its bytes.",
                           example_of<T>("[[1, null, 3], 3] -> true; [[1, null, 3], 2] -> false; [[], 1] -> "
                                         "false",
                                         "[[\"a\", null], \"a\"] -> true; [[\"a\"], \"A\"] -> false")};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(ListView<T> x, T value) const {
    for (int64_t i = 0; i < x.length; ++i)
      if (x.is_valid(i) && equal(x.data[i], value)) return true;
    return false;
  }
};

enum class Comparison : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe };

template <class T>
struct ListCountWhere {
  static constexpr Doc doc{"countWhere", "x, value",
                           "Number of elements that are in the given relation to the value; the element "
                           "stands on the left. NaN is only \"ne\". Text knows \"eq\" and \"ne\".",
                           example_of<T>("[[1, 5, null, 9], 5] {\"op\": \"ge\"} -> 2; [[1, \"NaN\"], 1] "
                                         "{\"op\": \"ne\"} -> 1; [[], 5] {\"op\": \"eq\"} -> 0",
                                         "[[\"a\", \"b\", null], \"a\"] {\"op\": \"ne\"} -> 1")};
  static constexpr bool vectorize = false;
  static constexpr ParamSpec params[] = {
      {"op", ParamKind::kUtf8, nullptr, "The relation: eq, ne, lt, le, gt or ge; eq or ne for text."}};

  const char* init(const Params& given) {
    static constexpr const char* names[] = {"eq", "ne", "lt", "le", "gt", "ge"};
    constexpr int known = is_text<T> ? 2 : 6;
    for (int i = 0; i < known; ++i)
      if (given.utf8("op") == names[i]) {
        op_ = static_cast<Comparison>(i);
        return nullptr;
      }
    return is_text<T> ? "op must be eq or ne" : "op must be eq, ne, lt, le, gt or ge";
  }

  SK_INLINE int64_t call(ListView<T> x, T value) const {
    if constexpr (!is_text<T>) {
      switch (op_) {
        case Comparison::kLt: return count_matches(x, [value](T v) SK_INLINE_LAMBDA { return v < value; });
        case Comparison::kLe: return count_matches(x, [value](T v) SK_INLINE_LAMBDA { return v <= value; });
        case Comparison::kGt: return count_matches(x, [value](T v) SK_INLINE_LAMBDA { return v > value; });
        case Comparison::kGe: return count_matches(x, [value](T v) SK_INLINE_LAMBDA { return v >= value; });
        default: break;
      }
    }
    const int64_t equals = count_matches(x, [value](T v) SK_INLINE_LAMBDA { return equal(v, value); });
    return op_ == Comparison::kEq ? equals : count_present(x) - equals;
  }

 private:
  Comparison op_ = Comparison::kEq;
};

struct ListJoin {
  static constexpr Doc doc{"join", "x, separator",
                           "The elements that are not null, one after the other, with the separator between "
                           "them. Fails with TOO_LARGE above 2147483647 bytes.",
                           "[[\"a\", null, \"b\"], \"-\"] -> \"a-b\"; [[], \"-\"] -> \"\""};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, ListView<StringView> x, StringView separator) const {
    constexpr int64_t kLongest = std::numeric_limits<int32_t>::max();
    out = StringView{};
    int64_t bytes = 0;
    bool some = false;
    for (int64_t i = 0; i < x.length; ++i) {
      if (!x.is_valid(i)) continue;
      bytes += x.data[i].size + (some ? separator.size : 0);
      some = true;
      // Here and not after the loop: the sum over all elements need not fit.
      if (bytes > kLongest) return Outcome::kTooLarge;
    }
    char* const text = arena.allocate_array<char>(static_cast<size_t>(bytes));
    if (text == nullptr) return Outcome::kOutOfMemory;
    char* end = text;
    some = false;
    for (int64_t i = 0; i < x.length; ++i) {
      if (!x.is_valid(i)) continue;
      if (some) end = append(end, separator);
      end = append(end, x.data[i]);
      some = true;
    }
    out = {text, bytes};
    return Outcome::kOk;
  }

 private:
  static char* append(char* to, StringView x) {
    if (x.size != 0) std::memcpy(to, x.data, static_cast<size_t>(x.size));
    return to + x.size;
  }
};

struct ListDiffs {
  static constexpr Doc doc{"diffs", "x",
                           "Differences of neighbours among the elements that are not null, each minus the "
                           "one before: one fewer than there are elements.",
                           "[[1, 4, null, 2]] -> [3, -2]; [[5]] -> []; [[]] -> []"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(ListView<double>& out, Arena& arena, ListView<double> x) const {
    const int64_t n = count_present(x);
    out = ListView<double>{};
    if (n < 2) return Outcome::kOk;
    double* const result = arena.allocate_array<double>(static_cast<size_t>(n - 1));
    if (result == nullptr) return Outcome::kOutOfMemory;
    if (n == x.length) {
      for (int64_t i = 1; i < n; ++i) result[i - 1] = x.data[i] - x.data[i - 1];
    } else {
      int64_t i = 0, written = 0;
      while (!x.is_valid(i)) ++i;
      double before = x.data[i];
      while (written < n - 1)
        if (x.is_valid(++i)) {
          result[written++] = x.data[i] - before;
          before = x.data[i];
        }
    }
    out = {result, nullptr, 0, n - 1};
    return Outcome::kOk;
  }
};

using ListFunctions = FunctionList<
    ListCount<double>, ListCount<int64_t>, ListCount<StringView>, ListCount<Timestamp>,
    ListSize<double>, ListSize<int64_t>, ListSize<StringView>, ListSize<Timestamp>,
    ListNullCount<double>, ListNullCount<int64_t>, ListNullCount<StringView>, ListNullCount<Timestamp>,
    ListSum<double>, ListSum<int64_t>, ListMean,
    ListMin<double>, ListMin<int64_t>, ListMin<Timestamp>,
    ListMax<double>, ListMax<int64_t>, ListMax<Timestamp>,
    ListFirst<double>, ListFirst<int64_t>, ListFirst<StringView>, ListFirst<Timestamp>,
    ListLast<double>, ListLast<int64_t>, ListLast<StringView>, ListLast<Timestamp>,
    ListElement<double>, ListElement<int64_t>, ListElement<StringView>, ListElement<Timestamp>,
    ListHas<double>, ListHas<int64_t>, ListHas<StringView>,
    ListCountWhere<double>, ListCountWhere<StringView>, ListJoin, ListDiffs>;

}  // namespace skewless::ops
