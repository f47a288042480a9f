// Equality and order of one value of each type, shared by the families that compare.
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/config.h"
#include "core/values.h"

namespace skewless::ops {

SK_INLINE bool equal(double a, double b) { return a == b; }
SK_INLINE bool equal(int64_t a, int64_t b) { return a == b; }
SK_INLINE bool equal(bool a, bool b) { return a == b; }
SK_INLINE bool equal(Timestamp a, Timestamp b) { return a.ticks == b.ticks; }
SK_INLINE bool equal(StringView a, StringView b) { return equal_bytes(a, b); }

// Byte order is code point order, because the text is UTF-8.
inline int compare_bytes(StringView a, StringView b) {
  const int64_t common = a.size < b.size ? a.size : b.size;
  const int order = common == 0 ? 0 : std::memcmp(a.data, b.data, static_cast<size_t>(common));
  if (order != 0) return order;
  return a.size < b.size ? -1 : (a.size > b.size ? 1 : 0);
}

SK_INLINE bool less(double a, double b) { return a < b; }
SK_INLINE bool less(int64_t a, int64_t b) { return a < b; }
SK_INLINE bool less(Timestamp a, Timestamp b) { return a.ticks < b.ticks; }
SK_INLINE bool less(StringView a, StringView b) { return compare_bytes(a, b) < 0; }

SK_INLINE bool less_or_equal(double a, double b) { return a <= b; }
SK_INLINE bool less_or_equal(int64_t a, int64_t b) { return a <= b; }
SK_INLINE bool less_or_equal(Timestamp a, Timestamp b) { return a.ticks <= b.ticks; }
SK_INLINE bool less_or_equal(StringView a, StringView b) { return compare_bytes(a, b) <= 0; }

// The example that suits an overload: number texts serve float64, int64 and timestamp alike.
template <class T>
constexpr const char* example_of(const char* number, const char* text, const char* truth = "") {
  return std::is_same_v<T, StringView> ? text : (std::is_same_v<T, bool> ? truth : number);
}

template <class T>
constexpr bool is_text = std::is_same_v<T, StringView>;

}  // namespace skewless::ops
