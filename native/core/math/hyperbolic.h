// sinh, cosh, tanh and their inverses.
#pragma once
#include "core/math/bits.h"
#include "core/math/exp.h"
#include "core/math/log.h"

namespace skewless::math {

// With |x| = k ln 2 + r: sinh = (P - N) cosh r + (P + N) sinh r and cosh = (P + N) cosh r + (P - N) sinh r,
// where P = 2^k / 2 and N = 2^-k / 2. Both results are quarters, since 2^k itself may overflow.
struct HyperbolicParts {
  double difference, difference_lost;  // P - N
  double sum, sum_lost;                // P + N
  double positive_r, negative_r;       // P r, N r: exact
  double sinh_rest;                    // sinh r - r
  double cosh_rest;                    // cosh r - 1
};
SK_INLINE HyperbolicParts hyperbolic_parts(double size) {
  const ExpReduced a = exp_reduce(size);
  const double positive = from_bits((a.biased - (kPowerBias - 1020)) << 52);
  const double negative = a.k > 1000 ? 0.0 : from_bits((kPowerBias + 1020 - a.biased) << 52);
  const double difference = positive - negative, sum = positive + negative;
  const double z = a.r * a.r, z2 = z * z;
  const double s0 = 0x1.5555555555559p-3 + z * 0x1.111111110f6b0p-7;
  const double s1 = 0x1.a01a01afe4fc0p-13 + z * 0x1.71ddf85368803p-19;
  const double c0 = 0x1.5555555555558p-5 + z * 0x1.6c16c16c1504ap-10;
  const double c1 = 0x1.a01a01ad64440p-16 + z * 0x1.27e4cc4d02093p-22;
  return {difference,
          (positive - difference) - negative,
          sum,
          (positive - sum) + negative,
          positive * a.r,
          negative * a.r,
          a.r * z * ((s0 + z2 * s1) + z2 * z2 * 0x1.af5ec07c39a00p-26) + a.c,
          0.5 * z + (z2 * ((c0 + z2 * c1) + z2 * z2 * 0x1.1f8b7d611d552p-29) + a.r * a.c)};
}
SK_INLINE Pair quarter_sinh(const HyperbolicParts& a) {
  const Pair first = two_sum(a.difference, a.positive_r);
  const Pair s = fast_two_sum(first.hi, a.negative_r);
  const double rest = a.difference * a.cosh_rest + a.sum * a.sinh_rest;
  return {s.hi, ((first.lo + s.lo) + a.difference_lost) + rest};
}
SK_INLINE Pair quarter_cosh(const HyperbolicParts& a) {
  const Pair s = fast_two_sum(a.sum, a.positive_r);
  const double rest = a.sum * a.cosh_rest + a.difference * a.sinh_rest;
  return {s.hi, ((s.lo - a.negative_r) + a.sum_lost) + rest};
}

SK_INLINE double sinh(double x) {
  const double size = std::fabs(x);
  const Pair s = quarter_sinh(hyperbolic_parts(clamp(size, 0.0, 711.0)));
  return size < 0x1p-28 ? x : flip_sign(4 * (s.hi + s.lo), to_bits(x));
}

SK_INLINE double cosh(double x) {
  const Pair c = quarter_cosh(hyperbolic_parts(clamp(std::fabs(x), 0.0, 711.0)));
  return 4 * (c.hi + c.lo);
}

SK_INLINE double tanh(double x) {
  const double size = std::fabs(x);
  // tanh(20) is 1 after rounding.
  const HyperbolicParts a = hyperbolic_parts(clamp(size, 0.0, 20.0));
  const Pair s = quarter_sinh(a), c = quarter_cosh(a);
  const Pair n = fast_two_sum(s.hi, s.lo), d = fast_two_sum(c.hi, c.lo);
  const double inverse = 1 / d.hi;
  const double q = n.hi * inverse;
  const Pair back = two_product(q, d.hi);
  const double rest = ((n.hi - back.hi) - back.lo) + (n.lo - q * d.lo);
  return size < 0x1p-28 ? x : flip_sign(q + rest * inverse, to_bits(x));
}

// log(1 + v.hi + v.lo), or log(2 size) where `huge`.
SK_INLINE double log_one_plus(Pair v, double size, bool huge) {
  const Pair u = two_sum(1.0, v.hi);
  return log_of_sum(huge ? size : u.hi, huge ? 0.0 : u.lo + v.lo, huge ? 1.0 : 0.0);
}

// asinh(x) = log(1 + x + x^2 / (1 + sqrt(1 + x^2))); log(2 x) where 1 no longer counts.
SK_INLINE double asinh(double x) {
  const double size = std::fabs(x);
  const bool huge = size > 0x1p28;
  const double square = size * size;
  const Pair v = fast_two_sum(size, square / (1 + std::sqrt(1 + square)));
  const double value = log_one_plus(v, size, huge);
  return flip_sign(size < kInfinity ? value : size, to_bits(x));
}

// acosh(x) = log(1 + t + sqrt(2 t + t^2)), t = x - 1.
SK_INLINE double acosh(double x) {
  const double t = x - 1;
  const double value = log_one_plus(fast_two_sum(std::sqrt(t * (t + 2)), t), x, x > 0x1p28);
  const double edge = x < 1 ? kNaN : x;
  return (x >= 1) & (x < kInfinity) ? value : edge;
}

// atanh(x) = log(1 + 2 x / (1 - x)) / 2.
SK_INLINE double atanh(double x) {
  const double size = std::fabs(x);
  const Pair v{(size + size) / (1 - size), 0};
  const double value = 0.5 * log_one_plus(v, 1.0, false);
  const double edge = size == 1 ? kInfinity : kNaN;
  return flip_sign(size < 1 ? value : edge, to_bits(x));
}

}  // namespace skewless::math
