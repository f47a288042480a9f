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

// exp(r) - 1 - r for |r| <= 0.3466: r^2 / 2 + r^3 Q(r), as a pair whose low part is just the smaller one.
SK_INLINE Pair exp_tail(double r) {
  const double z = r * r, z2 = z * z;
  const double q0 = 0x1.555555555555bp-3 + r * 0x1.555555555555ap-5;
  const double q1 = 0x1.111111110ebf6p-7 + r * 0x1.6c16c16c14114p-10;
  const double q2 = 0x1.a01a01b3a65dbp-13 + r * 0x1.a01a01b20eb1ep-16;
  const double q3 = 0x1.71ddefbedfb60p-19 + r * 0x1.27e4c2a3b3115p-22;
  const double q4 = 0x1.af6c8cb3979f9p-26 + r * 0x1.1f99e38557877p-29;
  const double q = (q0 + z * q1) + z2 * ((q2 + z * q3) + z2 * q4);
  return {0.5 * z, z * r * q};
}

// exp(r + c) for |r| <= 0.3466 and small c; not yet rounded to one number.
SK_INLINE Pair exp_near_zero(double r, double c) {
  const double s = 1 + r;
  const double e = (1 - s) + r;
  const Pair tail = exp_tail(r);
  return {s, e + (tail.hi + (c + tail.lo))};
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

// exp(x) for -746 <= x <= 710: beyond, the scaling overflows or underflows by itself.
SK_INLINE double exp_within_limits(double x) {
  const ExpReduced a = exp_reduce(x);
  const Pair m = exp_near_zero(a.r, a.c);
  return scale_by_power(m.hi + m.lo, a.biased);
}
SK_INLINE double exp(double x) { return exp_within_limits(clamp(x, -746.0, 710.0)); }

// exp(-|x|)
SK_INLINE double exp_of_minus_size(double x) {
  const double size = std::fabs(x);
  return exp_within_limits(size > 746.0 ? -746.0 : -size);
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
  const Pair tail = exp_tail(a.r);
  const double rest = (s.lo + lost) + power * (tail.lo + (a.c + a.c * a.r));
  const double half = s.hi + (power * tail.hi + rest);
  return std::fabs(x) < 0x1p-54 ? x : half + half;
}

}  // namespace skewless::math
