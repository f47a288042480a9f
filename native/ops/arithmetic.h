// Arithmetic on float64 (IEEE 754, in the order written) and on int64 (exact, or a failure).
#pragma once
#include <cmath>
#include <limits>

#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

template <class T>
struct Add;
template <>
struct Add<double> {
  static constexpr Doc doc{"add", "x, y", "Sum.", "[1, 2.5] -> 3.5; [\"Infinity\", \"-Infinity\"] -> \"NaN\""};
  SK_INLINE double call(double x, double y) const { return x + y; }
};
template <>
struct Add<int64_t> {
  static constexpr Doc doc{"add", "x, y", "Exact sum; fails with INTEGER_OVERFLOW.", "[1, 2] -> 3"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, int64_t x, int64_t y) const {
    return __builtin_add_overflow(x, y, &out) ? Outcome::kIntegerOverflow : Outcome::kOk;
  }
};

using ArithmeticFunctions = FunctionList<Add<double>, Add<int64_t>>;

}  // namespace skewless::ops
