// exp, exp2, expm1: 2^k times a polynomial of the remainder, |r| <= ln(2)/2. Errors are below 0.6 ulp because
// the rounding of 1 + r is carried along.
#pragma once
#include "core/math/bits.h"

namespace skewless::math {

inline constexpr double kLog2E = 0x1.71547652b82fep+0;
inline constexpr double kLn2 = 0x1.62e42fefa39efp-1;
// ln 2 in two parts; the first has 41 bits, so that k times it is exact for every exponent k.
inline constexpr double kLn2High = 0x1.62e42fefa3000p-1;
inline constexpr double kLn2Low = 0x1.3de6af278ece6p-42;

// (exp(r) - 1 - r) / r^2, minimax over |r| <= 0.3466 with the first coefficient kept at 1/2.
SK_INLINE double exp_polynomial(double r) {
  const double z = r * r, z2 = z * z;
  const double p0 = 0.5 + r * 0x1.555555555555cp-3;
  const double p1 = 0x1.5555555553166p-5 + r * 0x1.111111110e5b8p-7;
  const double p2 = 0x1.6c16c17cf5ef0p-10 + r * 0x1.a01a01b65bc25p-13;
  const double p3 = 0x1.a019aa8f6ee60p-16 + r * 0x1.71dde8b76ec30p-19;
  const double p4 = 0x1.28a0257e3320cp-22 + r * 0x1.af78dc39f6381p-26;
  return (p0 + z * p1) + z2 * ((p2 + z * p3) + z2 * p4);
}

// exp(r + c) for |r| <= 0.3466 and small c; not yet rounded to one number.
SK_INLINE Pair exp_near_zero(double r, double c) {
  const double s = 1 + r;
  const double e = (1 - s) + r;
  return {s, e + (c + r * r * exp_polynomial(r))};
}

// The integer k nearest to a quotient, biased so that it is positive for every exponent in use.
inline constexpr uint64_t kPowerBias = 2046;
inline constexpr double kPowerRound = kRound + 2046;
SK_INLINE uint64_t biased_power(double rounded_sum) { return to_bits(rounded_sum) - kRoundBits; }

// m * 2^k in two steps with normal factors, because 2^k itself may be no float64.
SK_INLINE double scale_by_power(double m, uint64_t biased) {
  const uint64_t half = biased >> 1;
  return m * from_bits(half << 52) * from_bits((biased - half) << 52);
}

// x = k ln 2 + r + c.
struct ExpReduced {
  double k;
  uint64_t biased;
  double r;
  double c;
};
SK_INLINE ExpReduced exp_reduce(double x) {
  const double t = x * kLog2E + kPowerRound;
  const double k = t - kPowerRound;
  const double h = x - k * kLn2High;
  const double l = k * kLn2Low;
  const double r = h - l;
  return {k, biased_power(t), r, (h - r) - l};
}

// x kept within the limits; NaN stays.
SK_INLINE double clamp(double x, double low, double high) {
  const double above = x < low ? low : x;
  return above > high ? high : above;
}

SK_INLINE double exp(double x) {
  // Past the limits the scaling overflows or underflows by itself.
  const ExpReduced a = exp_reduce(clamp(x, -746.0, 710.0));
  const Pair m = exp_near_zero(a.r, a.c);
  return scale_by_power(m.hi + m.lo, a.biased);
}

// (h + l) ln 2 as r + c, for |h| at most 1/2 and a small l.
SK_INLINE Pair times_ln2(double h, double l) {
  constexpr double ln2_26 = 0x1.62e42f8p-1, ln2_rest = 0x1.be8e7bcd5e4f2p-27;
  const double front = high_part(h);
  return fast_two_sum(front * ln2_26, ((h - front) * kLn2 + front * ln2_rest) + l * kLn2);
}

SK_INLINE double exp2(double x) {
  const double a = clamp(x, -1080.0, 1030.0);
  const double t = a + kPowerRound;
  const Pair r = times_ln2(a - (t - kPowerRound), 0);
  const Pair m = exp_near_zero(r.hi, r.lo);
  return scale_by_power(m.hi + m.lo, biased_power(t));
}

SK_INLINE double expm1(double x) {
  const ExpReduced a = exp_reduce(clamp(x, -40.0, 710.0));
  // Half of (2^k - 1) + 2^k (r + ...): 2^1024 would not fit.
  const double power = from_bits((a.biased - 1024) << 52);
  const double whole = power - 0.5;
  const double lost = (power - whole) - 0.5;
  const Pair s = fast_two_sum(whole, power * a.r);
  const double half = s.hi + (s.lo + (lost + power * (a.c + a.r * a.r * exp_polynomial(a.r))));
  return std::fabs(x) < 0x1p-54 ? x : half + half;
}

}  // namespace skewless::math
