// Reduction of large angles (Payne and Hanek): x times just those bits of 2/pi that matter for the quadrant
// and the fraction, in 192-bit integers.
#pragma once
#include "core/math/bits.h"

namespace skewless::math {

// 64 zero bits, then the binary digits of 2/pi.
inline constexpr uint64_t kTwoOverPi[20] = {0,
                                            0xa2f9836e4e441529,
                                            0xfc2757d1f534ddc0,
                                            0xdb6295993c439041,
                                            0xfe5163abdebbc561,
                                            0xb7246e3a424dd2e0,
                                            0x06492eea09d1921c,
                                            0xfe1deb1cb129a73e,
                                            0xe88235f52ebb4484,
                                            0xe99c7026b45f7e41,
                                            0x3991d639835339f4,
                                            0x9c845f8bbdf9283b,
                                            0x1ff897ffde05980f,
                                            0xef2f118b5a0a6d1f,
                                            0x6d367ecf27cb09b7,
                                            0x4f463f669e5fea2d,
                                            0x7527bac7ebe5f17b,
                                            0x3d0739f78a5292ea,
                                            0x6bfb5fb11f8d5d08,
                                            0x56033046fc7b6bab};

inline constexpr Pair kHalfPi{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};

// An angle as quadrant * pi/2 + y.hi + y.lo, |y| <= pi/4.
struct Angle {
  uint64_t quadrant;  // its two low bits
  Pair y;
};

struct Product128 {
  uint64_t high;
  uint64_t low;
};
inline Product128 multiply_wide(uint64_t a, uint64_t b) {
  const uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  const uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32);
  const uint64_t middle = a0 * b1 + (cross & 0xffffffff);
  return {a1 * b1 + (cross >> 32) + (middle >> 32), (middle << 32) | (low & 0xffffffff)};
}

// For a finite x >= 2^15.
inline Angle reduce_far_angle(double x) {
  const uint64_t bits = to_bits(x);
  const uint64_t significand = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  // x = significand * 2^exponent. Digits of 2/pi before this position only add multiples of 4.
  const int exponent = static_cast<int>(bits >> 52) - 1075;
  const int position = exponent - 2 + 64;
  const uint64_t* digits = kTwoOverPi + position / 64;
  const int shift = position % 64;
  const auto word = [digits, shift](int i) {
    return shift == 0 ? digits[i] : (digits[i] << shift) | (digits[i + 1] >> (64 - shift));
  };

  // significand * digits modulo 2^192: two bits of quadrant, then 190 of the fraction.
  const Product128 p0 = multiply_wide(significand, word(2));
  const Product128 p1 = multiply_wide(significand, word(1));
  const uint64_t low = p0.low;
  const uint64_t middle = p0.high + p1.low;
  const uint64_t carry = middle < p1.low ? 1 : 0;
  const uint64_t high = significand * word(0) + p1.high + carry;

  // The fraction as a signed number, rounding the quadrant to the nearest.
  uint64_t quadrant = high >> 62;
  uint64_t f2 = (high << 2) | (middle >> 62), f1 = (middle << 2) | (low >> 62), f0 = low << 2;
  const bool negative = (f2 >> 63) != 0;
  if (negative) {
    ++quadrant;
    f0 = ~f0 + 1;
    f1 = ~f1 + (f0 == 0 ? 1 : 0);
    f2 = ~f2 + (f0 == 0 && f1 == 0 ? 1 : 0);
  }
  // No float64 comes nearer to a multiple of pi/2 than about 2^-62, so the first word is never all zero.
  const int zeros = std::countl_zero(f2 | 1);
  if (zeros > 0) {
    f2 = (f2 << zeros) | (f1 >> (64 - zeros));
    f1 = (f1 << zeros) | (f0 >> (64 - zeros));
  }
  const double unit = from_bits(static_cast<uint64_t>(1023 - 64 - zeros) << 52);
  const double hi = static_cast<double>(f2 >> 11) * 0x1p11 * unit;
  const double lo = (static_cast<double>(f2 & 0x7ff) + static_cast<double>(f1 >> 11) * 0x1p-53) * unit;

  const Pair product = two_product(hi, kHalfPi.hi);
  const Pair y = fast_two_sum(product.hi, product.lo + (hi * kHalfPi.lo + lo * kHalfPi.hi));
  return {quadrant, negative ? Pair{-y.hi, -y.lo} : y};
}

}  // namespace skewless::math
