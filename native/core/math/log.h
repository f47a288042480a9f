// log, log2, log10, log1p: k ln 2 plus a series of s = f / (2 + f), where x = 2^k (1 + f) and 1 + f lies between
// sqrt(1/2) and sqrt(2). The arrangement of the terms is fdlibm's, which loses less than an ulp.
#pragma once
#include "core/math/bits.h"
#include "core/math/exp.h"

namespace skewless::math {

// log((1 + s) / (1 - s)) = 2 s + s z L(z), z = s^2: minimax of L(z) times z.
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

SK_INLINE double log(double x) {
  const bool subnormal = x < 0x1p-1022;
  const LogReduced a = log_reduce(subnormal ? x * 0x1p54 : x);
  const double k = subnormal ? a.k - 54 : a.k;
  const double f = a.f;
  const double s = f / (2 + f);
  const double half_square = 0.5 * f * f;
  const double r = log_polynomial(s * s);
  const double value = k * kLn2High - ((half_square - (s * (half_square + r) + k * kLn2Low)) - f);
  const double at_edge = x == 0 ? -kInfinity : (x < 0 ? kNaN : x);
  return (x > 0) & (x < kInfinity) ? value : at_edge;
}

}  // namespace skewless::math
