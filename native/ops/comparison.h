// Comparisons: IEEE 754 for float64 (NaN is unequal to everything), bytes for text, ticks for timestamps.
#pragma once
#include "ops/lookup.h"
#include "ops/order.h"
#include "registry/function.h"
#include "registry/list.h"
#include "registry/params.h"

namespace skewless::ops {

template <class T>
struct Eq {
  static constexpr Doc doc{
      "eq", "x, y",
      "True when both are equal. -0 equals 0, NaN equals nothing, text compares by its bytes and "
      "timestamps must share one unit.",
      example_of<T>("[1, 1] -> true; [1, 2] -> false", "[\"a\", \"a\"] -> true; [\"a\", \"A\"] -> false",
                    "[true, true] -> true; [true, false] -> false")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE bool call(T x, T y) const { return equal(x, y); }
};

template <class T>
struct Ne {
  static constexpr Doc doc{
      "ne", "x, y", "True when the two differ; the opposite of eq, so NaN differs from itself.",
      example_of<T>("[1, 1] -> false; [1, 2] -> true", "[\"a\", \"a\"] -> false; [\"a\", \"A\"] -> true",
                    "[true, true] -> false; [true, false] -> true")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE bool call(T x, T y) const { return !equal(x, y); }
};

template <class T>
struct Lt {
  static constexpr Doc doc{
      "lt", "x, y", "True when x is less than y. False for NaN.",
      example_of<T>("[1, 2] -> true; [2, 2] -> false", "[\"Z\", \"a\"] -> true; [\"a\", \"\"] -> false")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE bool call(T x, T y) const { return less(x, y); }
};

template <class T>
struct Le {
  static constexpr Doc doc{
      "le", "x, y", "True when x is less than or equal to y. False for NaN.",
      example_of<T>("[2, 2] -> true; [3, 2] -> false", "[\"a\", \"a\"] -> true; [\"b\", \"a\"] -> false")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE bool call(T x, T y) const { return less_or_equal(x, y); }
};

template <class T>
struct Gt {
  static constexpr Doc doc{
      "gt", "x, y", "True when x is greater than y. False for NaN.",
      example_of<T>("[2, 1] -> true; [2, 2] -> false", "[\"a\", \"Z\"] -> true; [\"\", \"a\"] -> false")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE bool call(T x, T y) const { return less(y, x); }
};

template <class T>
struct Ge {
  static constexpr Doc doc{
      "ge", "x, y", "True when x is greater than or equal to y. False for NaN.",
      example_of<T>("[2, 2] -> true; [2, 3] -> false", "[\"a\", \"a\"] -> true; [\"a\", \"b\"] -> false")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE bool call(T x, T y) const { return less_or_equal(y, x); }
};

template <class T>
struct Between {
  static constexpr Doc doc{"between", "x, low, high",
                           "True when low <= x and x <= high. False if any is NaN.",
                           example_of<T>("[2, 1, 2] -> true; [3, 1, 2] -> false",
                                         "[\"b\", \"a\", \"c\"] -> true; [\"ca\", \"a\", \"c\"] -> false")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE bool call(T x, T low, T high) const { return less_or_equal(low, x) & less_or_equal(x, high); }
};

template <class T>
struct IsIn {
  static constexpr Doc doc{
      "isIn", "x", "True when x equals one of the values. -0 equals 0 and NaN is in nothing.",
      example_of<T>("[2] {\"values\":[1,2]} -> true; [3] {\"values\":[1,2]} -> false",
                    "[\"a\"] {\"values\":[\"a\",\"b\"]} -> true; [\"A\"] {\"values\":[\"a\"]} -> false")};
  static constexpr ParamSpec params[] = {{"values", list_kind<T>, nullptr, "The values to look for."}};
  static constexpr bool vectorize = false;
  Lookup<T> lookup;

  const char* init(const Params& p) { return lookup.init(list_of<T>(p, "values"), NanKeys::kNeverFound); }
  SK_INLINE bool call(T x) const { return lookup.find(x) >= 0; }
};

using ComparisonFunctions =
    FunctionList<Eq<double>, Eq<int64_t>, Eq<StringView>, Eq<Timestamp>, Eq<bool>, Ne<double>, Ne<int64_t>,
                 Ne<StringView>, Ne<Timestamp>, Ne<bool>, Lt<double>, Lt<int64_t>, Lt<StringView>,
                 Lt<Timestamp>, Le<double>, Le<int64_t>, Le<StringView>, Le<Timestamp>, Gt<double>,
                 Gt<int64_t>, Gt<StringView>, Gt<Timestamp>, Ge<double>, Ge<int64_t>, Ge<StringView>,
                 Ge<Timestamp>, Between<double>, Between<int64_t>, Between<StringView>, Between<Timestamp>,
                 IsIn<double>, IsIn<int64_t>, IsIn<StringView>>;

}  // namespace skewless::ops
