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

SK_INLINE bool is_whole(double size) { return (size >= 0x1p52) | ((size + 0x1p52) - 0x1p52 == size); }

SK_INLINE double pow(double x, double y) {
  const double base = std::fabs(x), size = std::fabs(y);

  const Pair l = log2_pair(base);
  // Past 2^64 the power of any base but 1 overflows or underflows, and products with y must not.
  const double yc = clamp(y, -0x1p64, 0x1p64);
  const double yh = high_part(yc);
  const double eh = yh * l.hi;
  const double el = (yc - yh) * l.hi + yc * l.lo;
  const double e = eh + el;
  const double ec = clamp(e, -1080.0, 1030.0);
  const double t = ec + kPowerRound;
  const double k = t - kPowerRound;
  const double rh = ec == e ? eh - k : ec - k;
  const double rl = ec == e ? el : 0.0;
  const Pair r = fast_two_sum(rh, rl);
  const Pair n = times_ln2(r.hi, r.lo);
  const Pair m = exp_near_zero(n.hi, n.lo);
  const double finite = scale_by_power(m.hi + m.lo, biased_power(t));

  const bool whole = is_whole(size);
  const uint64_t odd = whole & !is_whole(size * 0.5) ? kSignBit : 0;
  const bool edge = (base == 0) | (base == kInfinity);
  const double at_edge = (base == 0) == (y < 0) ? kInfinity : 0.0;
  const double magnitude = edge ? at_edge : finite;
  const double power = flip_sign(magnitude, to_bits(x) & odd);
  const double checked = (x < 0) & !whole & !edge ? kNaN : power;
  const double with_nan = (x != x) | (y != y) ? x + y : checked;
  return (x == 1) | (y == 0) ? 1.0 : with_nan;
}

}  // namespace skewless::math
