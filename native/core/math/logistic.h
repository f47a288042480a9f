// sigmoid, logit, softplus.
#pragma once
#include "core/math/bits.h"
#include "core/math/exp.h"
#include "core/math/log.h"

namespace skewless::math {

SK_INLINE double sigmoid(double x) {
  const double e = exp_of_minus_size(x);
  const Pair d = fast_two_sum(1.0, e);
  const double q = (x < 0 ? e : 1.0) / d.hi;
  // What the rounding of 1 + e took away, times the derivative; 1 / (1 + e) is q or 1 - q.
  return q - q * d.lo * (x < 0 ? 1 - q : q);
}

// With q the smaller of p and 1 - p: plus or minus log(1 + (1 - 2 q) / q), which does not cancel near 1/2.
SK_INLINE double logit(double p) {
  const bool below = p < 0.5;
  const double q = below ? p : 1 - p;
  const bool tiny = q < 0x1p-60;  // log(1 / q), with a quotient that cannot overflow
  const double t = (tiny ? 1.0 : 1 - (q + q)) / (tiny ? q * 0x1p64 : q);
  const Pair u = two_sum(1.0, t);
  const double size = log_of_sum(tiny ? t : u.hi, tiny ? 0.0 : u.lo, tiny ? 64.0 : 0.0);
  const double value = below ? -size : size;
  const double edge = p == 0 ? -kInfinity : (p == 1 ? kInfinity : kNaN);
  return (p > 0) & (p < 1) ? value : edge;
}

SK_INLINE double softplus(double x) {
  const double e = exp_of_minus_size(x);
  const Pair u = fast_two_sum(1.0, e);
  return (x > 0 ? x : 0.0) + log_of_sum(u.hi, u.lo, 0);
}

}  // namespace skewless::math
