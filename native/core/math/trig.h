// sin, cos, tan. Each has a branch-free form for |x| < kFarAngle, which is wrong but harmless beyond, and a
// scalar form for the rest; the plain names choose.
#pragma once
#include "core/math/bits.h"
#include "core/math/trig_far.h"

namespace skewless::math {

// pi/2 in three parts of 38, 38 and 53 bits serves quadrants below 2^15: their products with the first two
// are exact, and what is missing is 2^-116, while no float64 in that range is nearer than 2^-60 to a multiple
// of pi/2.
inline constexpr double kFarAngle = 32768;

SK_INLINE bool is_far_angle(double x) { return std::fabs(x) >= kFarAngle; }

SK_INLINE Angle reduce_near_angle(double x) {
  const double t = x * 0x1.45f306dc9c883p-1 + kRound;
  const double k = t - kRound;
  const double h = x - k * 0x1.921fb54440000p+0;
  const double w = k * 0x1.68c234c4c0000p-39;
  const double r = h - w;
  const double d = k * 0x1.98a2e03707345p-77 - ((h - r) - w);
  const double y = r - d;
  return {to_bits(t), {y, (r - y) - d}};
}

// sin(y) - y for |y| <= pi/4, plus `lo`; z = y^2.
SK_INLINE double sin_tail(double y, double z, double lo) {
  const double z2 = z * z;
  const double p0 = -0x1.5555555555549p-3 + z * 0x1.111111110f882p-7;
  const double p1 = -0x1.a01a019c12851p-13 + z * 0x1.71de35787f462p-19;
  const double p2 = -0x1.ae5e66d591c83p-26 + z * 0x1.5d932d9ad0f5dp-33;
  return y * z * ((p0 + z2 * p1) + z2 * z2 * p2) + lo;
}
SK_INLINE Pair cos_pair(Pair y, double z) {
  const double z2 = z * z;
  const double p0 = 0x1.555555555554ep-5 + z * -0x1.6c16c16c1566ap-10;
  const double p1 = 0x1.a01a019d1c65bp-16 + z * -0x1.27e4f84e73482p-22;
  const double p2 = 0x1.1eea1611b783ep-29 + z * -0x1.8fc2a3f37277bp-37;
  const double half = 0.5 * z;
  const double w = 1 - half;
  return {w, ((1 - w) - half) + (z2 * ((p0 + z2 * p1) + z2 * z2 * p2) - y.hi * y.lo)};
}

// sin of the angle plus `turn` quarter turns, its sign flipped by the top bit of `sign`.
SK_INLINE double sin_of(Angle a, uint64_t turn, uint64_t sign) {
  const uint64_t quadrant = a.quadrant + turn;
  const double z = a.y.hi * a.y.hi;
  const double s = a.y.hi + sin_tail(a.y.hi, z, a.y.lo * (1 - 0.5 * z));
  const Pair c = cos_pair(a.y, z);
  const uint64_t odd = 0 - (quadrant & 1);
  const uint64_t bits = to_bits(s) ^ ((to_bits(s) ^ to_bits(c.hi + c.lo)) & odd);
  return flip_sign(from_bits(bits), (quadrant << 62) ^ sign);
}

SK_INLINE double tan_of(Angle a, uint64_t sign) {
  const double z = a.y.hi * a.y.hi;
  // The rounding of z alone would cost half an ulp of the quotient.
  const double lost = two_square(a.y.hi).lo;
  const double lo = a.y.lo * (1 - 0.5 * z) - a.y.hi * lost * (1.0 / 6);
  const Pair s = fast_two_sum(a.y.hi, sin_tail(a.y.hi, z, lo));
  const Pair c0 = cos_pair(a.y, z);
  const Pair c = fast_two_sum(c0.hi, c0.lo - 0.5 * lost);
  const bool odd = (a.quadrant & 1) != 0;
  const Pair n{odd ? c.hi : s.hi, odd ? c.lo : s.lo};
  const Pair d{odd ? s.hi : c.hi, odd ? s.lo : c.lo};
  const double inverse = 1 / d.hi;
  const double q = n.hi * inverse;
  const Pair back = two_product(q, d.hi);
  const double rest = ((n.hi - back.hi) - back.lo) + (n.lo - q * d.lo);
  return flip_sign(q + rest * inverse, (a.quadrant << 63) ^ sign);
}

// The sign is handled apart, so that -0 keeps it.
SK_INLINE double sin_near(double x) { return sin_of(reduce_near_angle(std::fabs(x)), 0, to_bits(x)); }
SK_INLINE double cos_near(double x) { return sin_of(reduce_near_angle(std::fabs(x)), 1, 0); }
SK_INLINE double tan_near(double x) { return tan_of(reduce_near_angle(std::fabs(x)), to_bits(x)); }

SK_NOINLINE inline double sin_far(double x) {
  if (!(std::fabs(x) < kInfinity)) return x - x;
  return sin_of(reduce_far_angle(std::fabs(x)), 0, to_bits(x));
}
SK_NOINLINE inline double cos_far(double x) {
  if (!(std::fabs(x) < kInfinity)) return x - x;
  return sin_of(reduce_far_angle(std::fabs(x)), 1, 0);
}
SK_NOINLINE inline double tan_far(double x) {
  if (!(std::fabs(x) < kInfinity)) return x - x;
  return tan_of(reduce_far_angle(std::fabs(x)), to_bits(x));
}

SK_INLINE double sin(double x) { return is_far_angle(x) ? sin_far(x) : sin_near(x); }
SK_INLINE double cos(double x) { return is_far_angle(x) ? cos_far(x) : cos_near(x); }
SK_INLINE double tan(double x) { return is_far_angle(x) ? tan_far(x) : tan_near(x); }

}  // namespace skewless::math
