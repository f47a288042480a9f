// cbrt and hypot. sqrt is the instruction, which is exact everywhere.
#pragma once
#include "core/math/bits.h"

namespace skewless::math {

SK_INLINE double sqrt(double x) { return std::sqrt(x); }

SK_INLINE double cbrt(double x) {
  const double size = std::fabs(x);
  // Away from the ends of the range, where the cube of the root or its low part would be lost.
  const bool large = size > 0x1p900, small = size < 0x1p-900;
  const double a = size * (large ? 0x1p-150 : (small ? 0x1p150 : 1.0));
  const double back = large ? 0x1p50 : (small ? 0x1p-50 : 1.0);

  // y = a^(-1/3), first from a third of the exponent and leading digits, then by two series in 1 - a y^3.
  const double upper = from_bits((to_bits(a) >> 32) | kIntegerBits) - 0x1p52;
  const double guess = (0x1.55p30 - 0x1.eb852p15) - upper * (1.0 / 3);
  const double y0 = from_bits(to_bits(guess + 0x1p52) << 32);
  const double h0 = 1 - (a * y0) * (y0 * y0);
  const double y1 = y0 + y0 * (h0 * (1.0 / 3 + h0 * (2.0 / 9 + h0 * (14.0 / 81))));
  const double h1 = 1 - (a * y1) * (y1 * y1);
  const double y = y1 + y1 * (h1 * (1.0 / 3 + h1 * (2.0 / 9)));

  // One Newton step from a y^2 with the residue to twice the precision.
  const double square = y * y;
  const double t = a * square;
  const Pair t2 = two_square(t);
  const Pair t3 = two_product(t2.hi, t);
  const double residue = ((a - t3.hi) - t3.lo) - t2.lo * t;
  const double root = t + residue * (square * (1.0 / 3));

  const double value = flip_sign(root * back, to_bits(x));
  return (size > 0) & (size < kInfinity) ? value : x;
}

SK_INLINE double hypot(double x, double y) {
  const double ax = std::fabs(x), ay = std::fabs(y);
  const double large = ax < ay ? ay : ax, small = ax < ay ? ax : ay;
  const bool high = large > 0x1p500, low = large < 0x1p-450;
  const double scale = high ? 0x1p-600 : (low ? 0x1p600 : 1.0);
  const double back = high ? 0x1p600 : (low ? 0x1p-600 : 1.0);
  const Pair a = two_square(large * scale), b = two_square(small * scale);
  const Pair s = fast_two_sum(a.hi, b.hi);
  const double lo = s.lo + (a.lo + b.lo);
  const double root = std::sqrt(s.hi);
  const Pair square = two_square(root);
  const double residue = ((s.hi - square.hi) - square.lo) + lo;
  // The constant does nothing except for 0 / 0.
  const double value = (root + residue / (root + root + 0x1p-1000)) * back;
  const double checked = (x != x) | (y != y) ? x + y : value;
  return (ax == kInfinity) | (ay == kInfinity) ? kInfinity : checked;
}

}  // namespace skewless::math
