// exp, exp2, expm1: 2^k times a polynomial of the remainder, |r| <= ln(2)/2. Errors are below 0.6 ulp because the
// rounding of 1 + r is carried along.
#pragma once
#include "core/math/bits.h"

namespace skewless::math {

inline constexpr double kLog2E = 0x1.71547652b82fep+0;
// ln 2 in two parts; the first has 41 bits, so that k times it is exact for every exponent k.
inline constexpr double kLn2High = 0x1.62e42fefa3000p-1;
inline constexpr double kLn2Low = 0x1.3de6af278ece6p-42;

// (exp(r) - 1 - r) / r^2, minimax over |r| <= 0.3466, the first coefficient kept at 1/2.
SK_INLINE double exp_polynomial(double r) {
  const double z = r * r, z2 = z * z;
  const double p0 = 0.5 + r * 0x1.555555555555cp-3;
  const double p1 = 0x1.5555555553166p-5 + r * 0x1.111111110e5b8p-7;
  const double p2 = 0x1.6c16c17cf5ef0p-10 + r * 0x1.a01a01b65bc25p-13;
  const double p3 = 0x1.a019aa8f6ee60p-16 + r * 0x1.71dde8b76ec30p-19;
  const double p4 = 0x1.28a0257e3320cp-22 + r * 0x1.af78dc39f6381p-26;
  return (p0 + z * p1) + z2 * ((p2 + z * p3) + z2 * p4);
}

// k is the nearest integer to x / ln 2; biased = k + 2046 for the exponent arithmetic; x = k ln 2 + r + c.
struct ExpReduced {
  double k;
  uint64_t biased;
  double r;
  double c;
};
SK_INLINE ExpReduced exp_reduce(double x) {
  constexpr double shift = kRound + 2046;
  const double t = x * kLog2E + shift;
  const double k = t - shift;
  const double h = x - k * kLn2High;
  const double l = k * kLn2Low;
  const double r = h - l;
  return {k, to_bits(t) - kRoundBits, r, (h - r) - l};
}

// m * 2^(biased - 2046) in two steps, either of which has a normal factor: k may lie outside the exponents.
SK_INLINE double scale_by_power(double m, uint64_t biased) {
  const uint64_t half = biased >> 1;
  return m * from_bits(half << 52) * from_bits((biased - half) << 52);
}

// exp(r + c) as 1 + ..., for |r| <= 0.3466 and small c.
SK_INLINE double exp_near_zero(double r, double c) {
  const double s = 1 + r;
  const double e = (1 - s) + r;
  return s + (e + (c + r * r * exp_polynomial(r)));
}

SK_INLINE double exp(double x) {
  // Past these limits the scaling itself overflows or underflows. NaN passes both comparisons by.
  const double above = x < -746.0 ? -746.0 : x;
  const double clamped = above > 710.0 ? 710.0 : above;
  const ExpReduced a = exp_reduce(clamped);
  return scale_by_power(exp_near_zero(a.r, a.c), a.biased);
}

}  // namespace skewless::math
