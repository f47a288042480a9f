// asin, acos, atan, atan2.
#pragma once
#include "core/math/bits.h"

namespace skewless::math {

// asin(t) = t + t A(z), z = t^2 <= 1/4.
SK_INLINE double asin_polynomial(double z) {
  const double z2 = z * z, z4 = z2 * z2;
  const double p0 = 0x1.5555555555578p-3 + z * 0x1.333333332df07p-4;
  const double p1 = 0x1.6db6db722bf08p-5 + z * 0x1.f1c71a8b70911p-6;
  const double p2 = 0x1.6e8bdfead76f2p-6 + z * 0x1.1c49ddbd4011fp-6;
  const double p3 = 0x1.ca214a187efdcp-7 + z * 0x1.757761b7c82c5p-7;
  const double p4 = 0x1.618b9a6a156e0p-7 + z * 0x1.e14f0ef660437p-9;
  const double p5 = 0x1.6505717d4d11fp-6 + z * -0x1.59fb08b90f19dp-6;
  return z * ((p0 + z2 * p1) + z4 * ((p2 + z2 * p3) + z4 * ((p4 + z2 * p5) + z4 * 0x1.0be5b7625397cp-5)));
}

// Above 1/2: asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2)).
SK_INLINE double asin(double x) {
  const double size = std::fabs(x);
  const bool small = size < 0.5;
  const double folded = 0.5 - 0.5 * size;
  const double z = small ? x * x : folded;
  const double t = small ? size : std::sqrt(folded);
  const double tail = t * asin_polynomial(z);
  const Pair front = fast_two_sum(0x1.921fb54442d18p+0, -2 * t);
  const double upper = front.hi + (front.lo + (0x1.1a62633145c07p-54 - 2 * tail));
  const double value = small ? size + tail : upper;
  return flip_sign(value, to_bits(x));
}

// acos(x) = pi/2 - asin(x) near zero, 2 asin(sqrt((1 - x) / 2)) above 1/2, pi minus acos(-x) below -1/2.
SK_INLINE double acos(double x) {
  const double size = std::fabs(x);
  const bool small = size < 0.5;
  const double folded = 0.5 - 0.5 * size;
  const double z = small ? x * x : folded;
  const double t = small ? x : std::sqrt(folded);
  const double tail = t * asin_polynomial(z);
  const double middle = 0x1.921fb54442d18p+0 - (t - (0x1.1a62633145c07p-54 - tail));
  const double upper = 2 * (t + tail);
  const double outer = x < 0 ? 0x1.921fb54442d18p+1 - (upper - 0x1.1a62633145c07p-53) : upper;
  return small ? middle : outer;
}

// atan(t) = t + t A(z), z = t^2 <= 1/16.
SK_INLINE double atan_polynomial(double z) {
  const double z2 = z * z, z4 = z2 * z2;
  const double p0 = -0x1.5555555555553p-2 + z * 0x1.9999999998d6fp-3;
  const double p1 = -0x1.24924923e95bap-3 + z * 0x1.c71c713743c12p-4;
  const double p2 = -0x1.745cf4930bdbbp-4 + z * 0x1.3b0e9f85442c4p-4;
  const double p3 = -0x1.109ba97745a4ep-4 + z * 0x1.d4f194e5e16f6p-5;
  return z * ((p0 + z2 * p1) + z4 * ((p2 + z2 * p3) + z4 * -0x1.478a178fb9ad7p-5));
}

// atan(n / d) for 0 <= n <= d, d > 0: the quotient's distance from 0, 1/2 or 1 as a tangent, so that the
// series needs |t| <= 1/4 only. The answer is base + (t + tail).
struct AtanParts {
  Pair base;
  double t;
  double tail;
};
SK_INLINE AtanParts atan_of_quotient(double n, double d) {
  const bool beyond_quarter = n > 0.25 * d;
  const bool beyond_three_quarters = n > 0.75 * d;
  const double upper = beyond_three_quarters ? 1.0 : 0.5;
  const double upper_hi = beyond_three_quarters ? 0x1.921fb54442d18p-1 : 0x1.dac670561bb4fp-2;
  const double upper_lo = beyond_three_quarters ? 0x1.1a62633145c07p-55 : 0x1.a2b7f222f65e2p-56;
  const double c = beyond_quarter ? upper : 0.0;
  const double t = (n - c * d) / (d + c * n);
  return {{beyond_quarter ? upper_hi : 0.0, beyond_quarter ? upper_lo : 0.0}, t, t * atan_polynomial(t * t)};
}

SK_INLINE double atan(double x) {
  const double size = std::fabs(x);
  const bool steep = size > 1;
  // Past 2^60 the answer is pi/2 rounded; the limit keeps infinity out of the quotient.
  const double within = size > 0x1p60 ? 0x1p60 : size;
  const AtanParts a = atan_of_quotient(steep ? 1.0 : within, steep ? within : 1.0);
  const double shallow = a.base.hi + (a.t + (a.tail + a.base.lo));
  const double rest =
      (0x1.921fb54442d18p+0 - a.base.hi) - (a.t + (a.tail + (a.base.lo - 0x1.1a62633145c07p-54)));
  return flip_sign(steep ? rest : shallow, to_bits(x));
}

SK_INLINE double atan2(double y, double x) {
  const double ay = std::fabs(y), ax = std::fabs(x);
  const bool steep = ay > ax;
  const double large = steep ? ay : ax, small = steep ? ax : ay;
  // Scaling keeps the sums in range and subnormal digits significant.
  const double scale = large > 0x1p500 ? 0x1p-500 : (large < 0x1p-500 ? 0x1p500 : 1.0);
  const bool infinite = large == kInfinity;
  const double n_if_infinite = small == kInfinity ? 1.0 : 0.0;
  const double n = infinite ? n_if_infinite : small * scale;
  const double d = infinite | (large == 0) ? 1.0 : large * scale;
  const AtanParts a = atan_of_quotient(n, d);

  // From the angle to the nearer axis to the angle itself: v, pi/2 - v, pi/2 + v or pi - v.
  const bool left = (to_bits(x) >> 63) != 0;
  const double steep_hi = 0x1.921fb54442d18p+0, steep_lo = 0x1.1a62633145c07p-54;
  const double from_hi = steep ? steep_hi : (left ? 2 * steep_hi : 0.0);
  const double from_lo = steep ? steep_lo : (left ? 2 * steep_lo : 0.0);
  const uint64_t minus = steep != left ? kSignBit : 0;
  const double hi = from_hi + flip_sign(a.base.hi, minus);
  const double tail = flip_sign(a.tail + a.base.lo, minus) + from_lo;
  const double value = hi + (flip_sign(a.t, minus) + tail);
  const double signed_value = flip_sign(value, to_bits(y));
  return (x != x) | (y != y) ? x + y : signed_value;
}

}  // namespace skewless::math
