// log, log2, log10, log1p: k ln 2 plus a series of s = f / (2 + f), where x = 2^k (1 + f) and 1 + f lies
// between sqrt(1/2) and sqrt(2). The arrangement of the terms is fdlibm's, which loses less than an ulp.
#pragma once
#include "core/math/bits.h"
#include "core/math/exp.h"

namespace skewless::math {

// log((1 + s) / (1 - s)) = s (2 + R(z)), z = s^2.
SK_INLINE double log_polynomial(double z) {
  const double z2 = z * z;
  const double p0 = 0x1.5555555555592p-1 + z * 0x1.999999997fd7bp-2;
  const double p1 = 0x1.24924941f530fp-2 + z * 0x1.c71c52057178cp-3;
  const double p2 = 0x1.74663fd92de28p-3 + z * 0x1.39a19eea3bab6p-3;
  return z * ((p0 + z2 * p1) + z2 * z2 * (p2 + z2 * 0x1.2f069e73adcb3p-3));
}

// x = 2^k (1 + f) for a positive normal x.
struct LogReduced {
  double k;
  double f;
};
SK_INLINE LogReduced log_reduce(double x) {
  constexpr uint64_t root_half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
  const uint64_t u = to_bits(x) + (one - root_half);
  const double m = from_bits((u & 0x000fffffffffffff) + root_half);
  return {from_bits((u >> 52) | kIntegerBits) - (0x1p52 + 1023), m - 1};
}
// The same for any positive finite x. (Masked constants cost less than a blend of two results.)
SK_INLINE LogReduced log_reduce_full(double x) {
  const bool subnormal = x < 0x1p-1022;
  const uint64_t power = to_bits(1.0) + (subnormal ? uint64_t{54} << 52 : 0);
  const LogReduced a = log_reduce(x * from_bits(power));
  return {a.k - (subnormal ? 54.0 : 0.0), a.f};
}

// `value` where x is positive and finite, else what C99 wants of a logarithm of x.
SK_INLINE double with_log_edges(double x, double value) {
  const double edge = x == 0 ? -kInfinity : (x < 0 ? kNaN : x);
  return (x > 0) & (x < kInfinity) ? value : edge;
}

SK_INLINE double log(double x) {
  const auto [k, f] = log_reduce_full(x);
  const double s = f / (2 + f);
  const double half_square = 0.5 * f * f;
  const double r = log_polynomial(s * s);
  return with_log_edges(x, k * kLn2High - ((half_square - (s * (half_square + r) + k * kLn2Low)) - f));
}

// log(1 + f) with a high part of 26 bits, so that its product with another such number is exact.
SK_INLINE Pair log_split(double f) {
  const double s = f / (2 + f);
  const double half_square = 0.5 * f * f;
  const double r = log_polynomial(s * s);
  const double high = high_part(f - half_square);
  return {high, ((f - high) - half_square) + s * (half_square + r)};
}

SK_INLINE double log2(double x) {
  constexpr double factor = kLog2E, factor_26 = 0x1.715476p+0, factor_rest = 0x1.4ae0bf85ddf44p-26;
  const auto [k, f] = log_reduce_full(x);
  const Pair l = log_split(f);
  const Pair sum = fast_two_sum(k, l.hi * factor_26);
  return with_log_edges(x, sum.hi + (sum.lo + (l.hi * factor_rest + l.lo * factor)));
}

SK_INLINE double log10(double x) {
  constexpr double factor = 0x1.bcb7b1526e50ep-2, factor_26 = 0x1.bcb7b1p-2,
                   factor_rest = 0x1.49b9438ca9aaep-28;
  constexpr double log10_2_high = 0x1.34413509f7000p-2, log10_2_low = 0x1.3fde623e2566bp-43;
  const auto [k, f] = log_reduce_full(x);
  const Pair l = log_split(f);
  const Pair sum = fast_two_sum(k * log10_2_high, l.hi * factor_26);
  const double rest = l.hi * factor_rest + l.lo * factor;
  return with_log_edges(x, sum.hi + (sum.lo + (k * log10_2_low + rest)));
}

// log(u + c) + extra ln 2 for a positive normal u and |c| below an ulp of it, or u == 1 and any tiny c.
SK_INLINE double log_of_sum(double u, double c, double extra) {
  const LogReduced a = log_reduce(u);
  const double k = a.k + extra, f = a.f;
  const double s = f / (2 + f);
  const double half_square = 0.5 * f * f;
  const double r = log_polynomial(s * s);
  return k * kLn2High - ((half_square - (s * (half_square + r) + (k * kLn2Low + c / u))) - f);
}

SK_INLINE double log1p(double x) {
  const Pair u = two_sum(1.0, x);
  const double value = log_of_sum(u.hi, u.lo, 0);
  const double edge = x == -1 ? -kInfinity : (x < -1 ? kNaN : x);
  return (x > -1) & (x < kInfinity) & (x != 0) ? value : edge;
}

}  // namespace skewless::math
