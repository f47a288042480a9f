// Functions that make or remove nulls and NaNs. isNull, isNotNull and coalesce live with the executors.
#pragma once
#include <limits>

#include "ops/order.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

template <class T>
struct NullIf {
  static constexpr Doc doc{
      "nullIf", "x, y", "Null where x equals y, otherwise x. A null y leaves x as it is. NaN equals nothing.",
      example_of<T>("[-1, -1] -> null; [3, -1] -> 3; [3, null] -> 3; [null, 3] -> null",
                    "[\"N/A\", \"N/A\"] -> null; [\"a\", null] -> \"a\"")};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome callNullable(T& out, Maybe<T> x, Maybe<T> y) const {
    out = x.present ? x.value : T{};
    if (!x.present) return Outcome::kNull;
    return y.present && equal(x.value, y.value) ? Outcome::kNull : Outcome::kOk;
  }
};

struct NanToNull {
  static constexpr Doc doc{"nanToNull", "x", "Null where x is NaN, otherwise x.",
                           "[\"NaN\"] -> null; [1.5] -> 1.5; [null] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, double x) const {
    out = x;
    return x != x ? Outcome::kNull : Outcome::kOk;
  }
};

struct NullToNaN {
  static constexpr Doc doc{"nullToNaN", "x", "NaN where x is null, otherwise x. Never null.",
                           "[null] -> \"NaN\"; [1.5] -> 1.5"};
  SK_INLINE double callNullable(Maybe<double> x) const {
    return x.present ? x.value : std::numeric_limits<double>::quiet_NaN();
  }
};

struct FillNaN {
  static constexpr Doc doc{"fillNaN", "x, y", "y where x is NaN, otherwise x. A null x stays null.",
                           "[\"NaN\", 0] -> 0; [1.5, 0] -> 1.5; [null, 0] -> null"};
  SK_INLINE double call(double x, double y) const { return x != x ? y : x; }
};

using NullFunctions =
    FunctionList<NullIf<double>, NullIf<int64_t>, NullIf<StringView>, NanToNull, NullToNaN, FillNaN>;

}  // namespace skewless::ops
