// Bit-level helpers of the elementary functions.
//
// All kernels of this folder obey the same rules, so that a loop over them vectorizes and gives the scalar
// call's bits on every instruction set: no branches (a ?: of two finished values becomes a blend), no calls,
// no fused multiply-add, integer work only by 64-bit add, subtract, logic and logical shift, and conversions
// between float64 and integers by adding a large constant, because AVX2 has no packed form of them.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/config.h"

namespace skewless::math {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

SK_INLINE uint64_t to_bits(double x) { return std::bit_cast<uint64_t>(x); }
SK_INLINE double from_bits(uint64_t bits) { return std::bit_cast<double>(bits); }

SK_INLINE bool is_infinite(double x) { return std::fabs(x) == kInfinity; }
SK_INLINE bool is_finite(double x) { return std::fabs(x) < kInfinity; }

inline constexpr uint64_t kSignBit = uint64_t{1} << 63;

// x with its sign flipped where the top bit of `sign` is set.
SK_INLINE double flip_sign(double x, uint64_t sign) { return from_bits(to_bits(x) ^ (sign & kSignBit)); }

// Adding this to |x| < 2^51 rounds x to the nearest integer (a tie to even) and leaves that integer, in two's
// complement, in the low bits of the sum.
inline constexpr double kRound = 0x1.8p52;
inline constexpr uint64_t kRoundBits = 0x4338000000000000;

// An integer in [0, 2^52) as a float64: its bits under this exponent are 2^52 plus the integer.
inline constexpr uint64_t kIntegerBits = 0x4330000000000000;

// A value as an unevaluated sum; |lo| is at most about half an ulp of hi unless said otherwise.
struct Pair {
  double hi;
  double lo;
};

// The first 26 bits of the significand: the product of two such numbers is exact.
SK_INLINE double high_part(double x) { return from_bits(to_bits(x) & uint64_t{0xfffffffff8000000}); }

// Exact sums (Knuth; Dekker). The fast form needs |a| >= |b| or a == 0.
SK_INLINE Pair two_sum(double a, double b) {
  const double s = a + b;
  const double t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
SK_INLINE Pair fast_two_sum(double a, double b) {
  const double s = a + b;
  return {s, (a - s) + b};
}

// a * b with an error of 2^-106 relative at most (Dekker's splitting, by masks: nothing overflows before a *
// b does).
SK_INLINE Pair two_product(double a, double b) {
  const double p = a * b;
  const double ah = high_part(a), al = a - ah;
  const double bh = high_part(b), bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}
SK_INLINE Pair two_square(double a) {
  const double p = a * a;
  const double ah = high_part(a), al = a - ah;
  return {p, ((ah * ah - p) + 2 * (ah * al)) + al * al};
}

}  // namespace skewless::math
