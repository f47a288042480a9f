// pow: log2 of |x| to about 64 bits, times y, then 2 to that power. The way of gaining the extra bits (a
// quotient and a series, each kept as a short head and a tail) is fdlibm's, without its tables.
#pragma once
#include "core/math/bits.h"
#include "core/math/exp.h"
#include "core/math/log.h"

namespace skewless::math {

// log2(x) for a positive finite x; hi has 26 bits.
SK_INLINE Pair log2_pair(double x) {
  const auto [k, f] = log_reduce_full(x);

  // s = f / d with a head of 26 bits.
  const double d = 2 + f;
  const double inverse = 1 / d;
  const double s = f * inverse;
  const double sh = high_part(s);
  const double dh = high_part(d), dl = f - (dh - 2);
  const double sl = ((f - sh * dh) - sh * dl) * inverse;

  // log(1 + f) = 2/3 s (3 + s^2 + 3/2 s^4 (2/5 + ...)).
  const double z = s * s, z2 = z * z;
  const double p0 = 0x1.33333333333cap-1 + z * 0x1.b6db6db6a23bbp-2;
  const double p1 = 0x1.5555558f802e7p-2 + z * 0x1.1745b51349b81p-2;
  const double p2 = 0x1.d8ac892747536p-3 + z * 0x1.97675b24ac4b2p-3;
  const double series = (p0 + z2 * p1) + z2 * z2 * (p2 + z2 * 0x1.9410702cdf29ap-3);
  const double tail = z2 * series + sl * (sh + s);
  const double square = sh * sh;
  const double th = high_part((3 + square) + tail);
  const double tl = tail - ((th - 3) - square);

  constexpr double factor = 0x1.ec709dc3a03fdp-1;  // 2 / (3 ln 2), whole and in two parts
  constexpr double factor_26 = 0x1.ec709d8p-1, factor_rest = 0x1.0e80ff5d27f05p-27;
  const double u = sh * th;
  const double v = sl * th + s * tl;
  const double ph = high_part(u + v);
  const double pl = v - (ph - u);
  const double wh = factor_26 * ph;
  const double wl = factor_rest * ph + pl * factor;
  const double high = high_part((k + wh) + wl);
  return {high, wl - ((high - k) - wh)};
}

SK_INLINE double pow(double x, double y) {
  const double base = std::fabs(x), size = std::fabs(y);

  // Past 2^64 the power of any base but 1 overflows or underflows, and products with y must not.
  const double yc = std::copysign(size > 0x1p64 ? 0x1p64 : size, y);
  const double yh = high_part(yc);
  const Pair l = log2_pair(base);
  const double eh = yh * l.hi;
  const double el = (yc - yh) * l.hi + yc * l.lo;
  const double t = (eh + el) + kPowerRound;
  const Pair r = fast_two_sum(eh - (t - kPowerRound), el);
  const Pair n = times_ln2(r.hi, r.lo);
  const Pair m = exp_near_zero(n.hi, n.lo);
  // Out of range everything after eh is meaningless.
  const double below_limit = eh > 1030 ? kInfinity : scale_by_power(m.hi + m.lo, biased_power(t));
  const double finite = eh < -1080 ? 0.0 : below_limit;

  // A base of 0 or infinity stays, or becomes the other one for a negative y.
  const uint64_t swapped = to_bits(base) ^ (y < 0 ? to_bits(kInfinity) : 0);
  const double magnitude = (base == 0) | (base == kInfinity) ? from_bits(swapped) : finite;

  // From 2^53 on every y is even.
  const double whole = std::floor(size), half = 0.5 * (size > 0x1p53 ? 0x1p53 : size);
  const uint64_t odd = (whole == size) & (std::floor(half) != half) ? kSignBit : 0;
  const double power = flip_sign(magnitude, to_bits(x) & odd);
  const double checked = (x < 0) & (x > -kInfinity) & (whole != size) ? kNaN : power;
  const double with_nan = std::isunordered(x, y) ? x + y : checked;
  return (x == 1) | (y == 0) ? 1.0 : with_nan;
}

}  // namespace skewless::math
