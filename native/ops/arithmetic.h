// Arithmetic on float64 (IEEE 754, in the order written) and on int64 (exact, or a failure).
#pragma once
#include <bit>
#include <cmath>
#include <limits>

#include "ops/order.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

constexpr int64_t kInt64Min = std::numeric_limits<int64_t>::min();

// Math.max and Math.min: NaN wins over everything, +0 is greater than -0.
SK_INLINE double greatest(double x, double y) {
  const double larger = x > y ? x : y;
  // Equal numbers differ at most in the sign of a zero: the and of their bits is +0 unless both are -0.
  const double tie = std::bit_cast<double>(std::bit_cast<uint64_t>(x) & std::bit_cast<uint64_t>(y));
  const double ordered = x == y ? tie : larger;
  return (x != x) | (y != y) ? x + y : ordered;
}
SK_INLINE double least(double x, double y) {
  const double smaller = x < y ? x : y;
  const double tie = std::bit_cast<double>(std::bit_cast<uint64_t>(x) | std::bit_cast<uint64_t>(y));
  const double ordered = x == y ? tie : smaller;
  return (x != x) | (y != y) ? x + y : ordered;
}
template <class T>
SK_INLINE T greatest(T x, T y) {
  return less(x, y) ? y : x;
}
template <class T>
SK_INLINE T least(T x, T y) {
  return less(y, x) ? y : x;
}

template <class T>
struct Add;
template <>
struct Add<double> {
  static constexpr Doc doc{"add", "x, y", "Sum.",
                           "[1, 2.5] -> 3.5; [\"Infinity\", \"-Infinity\"] -> \"NaN\""};
  SK_INLINE double call(double x, double y) const { return x + y; }
};
template <>
struct Add<int64_t> {
  static constexpr Doc doc{"add", "x, y", "Exact sum; fails with INTEGER_OVERFLOW.", "[1, 2] -> 3"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, int64_t x, int64_t y) const {
    return __builtin_add_overflow(x, y, &out) ? Outcome::kIntegerOverflow : Outcome::kOk;
  }
};

template <class T>
struct Sub;
template <>
struct Sub<double> {
  static constexpr Doc doc{"sub", "x, y", "Difference x - y.", "[1, 2.5] -> -1.5; [0, 0] -> 0"};
  SK_INLINE double call(double x, double y) const { return x - y; }
};
template <>
struct Sub<int64_t> {
  static constexpr Doc doc{"sub", "x, y", "Exact difference x - y; fails with INTEGER_OVERFLOW.",
                           "[1, 3] -> -2"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, int64_t x, int64_t y) const {
    return __builtin_sub_overflow(x, y, &out) ? Outcome::kIntegerOverflow : Outcome::kOk;
  }
};

template <class T>
struct Mul;
template <>
struct Mul<double> {
  static constexpr Doc doc{"mul", "x, y", "Product.", "[3, 2.5] -> 7.5; [0, \"Infinity\"] -> \"NaN\""};
  SK_INLINE double call(double x, double y) const { return x * y; }
};
template <>
struct Mul<int64_t> {
  static constexpr Doc doc{"mul", "x, y", "Exact product; fails with INTEGER_OVERFLOW.", "[-4, 3] -> -12"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, int64_t x, int64_t y) const {
    return __builtin_mul_overflow(x, y, &out) ? Outcome::kIntegerOverflow : Outcome::kOk;
  }
};

struct Div {
  static constexpr Doc doc{"div", "x, y", "Quotient x / y by IEEE 754: 1/0 is Infinity and 0/0 is NaN.",
                           "[1, 4] -> 0.25; [-1, 0] -> \"-Infinity\"; [0, 0] -> \"NaN\""};
  SK_INLINE double call(double x, double y) const { return x / y; }
};

template <class T>
struct FloorDiv;
template <>
struct FloorDiv<double> {
  static constexpr Doc doc{"floorDiv", "x, y", "The greatest integer not above the rounded quotient x / y.",
                           "[7, 2] -> 3; [-7, 2] -> -4; [1, 0] -> \"Infinity\""};
  SK_INLINE double call(double x, double y) const { return std::floor(x / y); }
};
template <>
struct FloorDiv<int64_t> {
  static constexpr Doc doc{
      "floorDiv", "x, y",
      "Quotient rounded down; fails with DIVISION_BY_ZERO, and with INTEGER_OVERFLOW for the "
      "least int64 divided by -1.",
      "[7, 2] -> 3; [-7, 2] -> -4; [7, -2] -> -4"};
  static constexpr unsigned effects = kMayFail;
  static constexpr bool vectorize = false;
  SK_INLINE Outcome call(int64_t& out, int64_t x, int64_t y) const {
    out = 0;
    if (y == 0) return Outcome::kDivisionByZero;
    if (y == -1)
      return __builtin_sub_overflow(int64_t{0}, x, &out) ? Outcome::kIntegerOverflow : Outcome::kOk;
    const int64_t quotient = x / y, remainder = x % y;
    out = quotient - (remainder != 0 && (remainder ^ y) < 0 ? 1 : 0);
    return Outcome::kOk;
  }
};

template <class T>
struct Mod;
template <>
struct Mod<double> {
  static constexpr Doc doc{
      "mod", "x, y",
      "Remainder with the sign of y (Python's %). NaN when y is 0 or x is infinite; an infinite y "
      "gives x, or y when the signs differ.",
      "[7, 3] -> 1; [-7, 3] -> 2; [7, -3] -> -2; [1, 0] -> \"NaN\"; [-6, 3] -> 0"};
  static constexpr bool vectorize = false;
  SK_INLINE double call(double x, double y) const {
    const double r = std::fmod(x, y);
    if (r == 0) return std::copysign(0.0, y);
    return (r < 0) != (y < 0) ? r + y : r;
  }
};
template <>
struct Mod<int64_t> {
  static constexpr Doc doc{"mod", "x, y", "Remainder with the sign of y; fails with DIVISION_BY_ZERO.",
                           "[7, 3] -> 1; [-7, 3] -> 2; [7, -3] -> -2"};
  static constexpr unsigned effects = kMayFail;
  static constexpr bool vectorize = false;
  SK_INLINE Outcome call(int64_t& out, int64_t x, int64_t y) const {
    out = 0;
    if (y == 0) return Outcome::kDivisionByZero;
    if (y == -1) return Outcome::kOk;
    const int64_t r = x % y;
    out = r != 0 && (r ^ y) < 0 ? r + y : r;
    return Outcome::kOk;
  }
};

template <class T>
struct Rem;
template <>
struct Rem<double> {
  static constexpr Doc doc{
      "rem", "x, y", "Remainder with the sign of x (JavaScript's %), exact.",
      "[7, 3] -> 1; [-7, 3] -> -1; [5.5, -2] -> 1.5; [1, 0] -> \"NaN\"; [-6, 3] -> \"-0\""};
  static constexpr bool vectorize = false;
  SK_INLINE double call(double x, double y) const { return std::fmod(x, y); }
};
template <>
struct Rem<int64_t> {
  static constexpr Doc doc{"rem", "x, y", "Remainder with the sign of x; fails with DIVISION_BY_ZERO.",
                           "[7, 3] -> 1; [-7, 3] -> -1"};
  static constexpr unsigned effects = kMayFail;
  static constexpr bool vectorize = false;
  SK_INLINE Outcome call(int64_t& out, int64_t x, int64_t y) const {
    out = 0;
    if (y == 0) return Outcome::kDivisionByZero;
    if (y != -1) out = x % y;
    return Outcome::kOk;
  }
};

template <class T>
struct Neg;
template <>
struct Neg<double> {
  static constexpr Doc doc{"neg", "x", "The number with its sign changed.", "[2] -> -2; [0] -> \"-0\""};
  SK_INLINE double call(double x) const { return -x; }
};
template <>
struct Neg<int64_t> {
  static constexpr Doc doc{"neg", "x", "Fails with INTEGER_OVERFLOW for the least int64.", "[2] -> -2"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, int64_t x) const {
    return __builtin_sub_overflow(int64_t{0}, x, &out) ? Outcome::kIntegerOverflow : Outcome::kOk;
  }
};

template <class T>
struct Abs;
template <>
struct Abs<double> {
  static constexpr Doc doc{"abs", "x", "Absolute value.", "[-2.5] -> 2.5; [\"-0\"] -> 0"};
  SK_INLINE double call(double x) const { return std::fabs(x); }
};
template <>
struct Abs<int64_t> {
  static constexpr Doc doc{"abs", "x", "Absolute value; fails with INTEGER_OVERFLOW for the least int64.",
                           "[-2] -> 2"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, int64_t x) const {
    const uint64_t bits = static_cast<uint64_t>(x);
    out = static_cast<int64_t>(x < 0 ? 0 - bits : bits);
    return x == kInt64Min ? Outcome::kIntegerOverflow : Outcome::kOk;
  }
};

template <class T>
struct Sign;
template <>
struct Sign<double> {
  static constexpr Doc doc{"sign", "x",
                           "-1, 0 or 1. A zero keeps its sign and NaN stays NaN, as in Math.sign.",
                           "[-2.5] -> -1; [0.1] -> 1; [\"-0\"] -> \"-0\"; [\"NaN\"] -> \"NaN\""};
  SK_INLINE double call(double x) const {
    const double negative = x < 0 ? -1.0 : x;
    return x > 0 ? 1.0 : negative;
  }
};
template <>
struct Sign<int64_t> {
  static constexpr Doc doc{"sign", "x", "-1, 0 or 1.", "[-2] -> -1; [0] -> 0"};
  SK_INLINE int64_t call(int64_t x) const {
    return static_cast<int64_t>(x > 0) - static_cast<int64_t>(x < 0);
  }
};

struct Square {
  static constexpr Doc doc{"square", "x", "x times x.", "[-1.5] -> 2.25"};
  SK_INLINE double call(double x) const { return x * x; }
};

struct Reciprocal {
  static constexpr Doc doc{"reciprocal", "x", "1 / x.", "[4] -> 0.25; [\"-0\"] -> \"-Infinity\""};
  SK_INLINE double call(double x) const { return 1.0 / x; }
};

struct BitAnd {
  static constexpr Doc doc{"bitAnd", "x, y", "Bitwise and of the 64-bit two's complement forms.",
                           "[12, 10] -> 8"};
  SK_INLINE int64_t call(int64_t x, int64_t y) const { return x & y; }
};
struct BitOr {
  static constexpr Doc doc{"bitOr", "x, y", "Bitwise or of the 64-bit two's complement forms.",
                           "[12, 10] -> 14"};
  SK_INLINE int64_t call(int64_t x, int64_t y) const { return x | y; }
};
struct BitXor {
  static constexpr Doc doc{"bitXor", "x, y", "Bitwise exclusive or of the 64-bit two's complement forms.",
                           "[12, 10] -> 6; [5, -1] -> -6"};
  SK_INLINE int64_t call(int64_t x, int64_t y) const { return x ^ y; }
};

template <class T>
struct Greatest {
  static constexpr Doc doc{
      "greatest", "x, y",
      "The greater of two. For float64 as Math.max: NaN if either is NaN, and 0 is greater than -0. Text is "
      "ordered "
      "by its UTF-8 bytes; timestamps must share one unit.",
      example_of<T>("[1, 2] -> 2; [-3, -4] -> -3", "[\"b\", \"abc\"] -> \"b\"; [\"Z\", \"a\"] -> \"a\"")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE T call(T x, T y) const { return greatest(x, y); }
};

template <class T>
struct Least {
  static constexpr Doc doc{
      "least", "x, y",
      "The lesser of two. For float64 as Math.min: NaN if either is NaN, and -0 is less than 0. Text is "
      "ordered by "
      "its UTF-8 bytes; timestamps must share one unit.",
      example_of<T>("[1, 2] -> 1; [-3, -4] -> -4", "[\"b\", \"abc\"] -> \"abc\"; [\"a\", \"Z\"] -> \"Z\"")};
  static constexpr bool vectorize = !is_text<T>;
  SK_INLINE T call(T x, T y) const { return least(x, y); }
};

template <class T>
struct Clip {
  static constexpr Doc doc{
      "clip", "x, low, high",
      "least(greatest(x, low), high): x moved into the range. NaN anywhere gives NaN; high wins "
      "where low is above high.",
      "[5, 0, 3] -> 3; [-5, 0, 3] -> 0; [2, 0, 3] -> 2; [1, 9, 4] -> 4"};
  SK_INLINE T call(T x, T low, T high) const { return least(greatest(x, low), high); }
};

using ArithmeticFunctions =
    FunctionList<Add<double>, Add<int64_t>, Sub<double>, Sub<int64_t>, Mul<double>, Mul<int64_t>, Div,
                 FloorDiv<double>, FloorDiv<int64_t>, Mod<double>, Mod<int64_t>, Rem<double>, Rem<int64_t>,
                 Neg<double>, Neg<int64_t>, Abs<double>, Abs<int64_t>, Sign<double>, Sign<int64_t>, Square,
                 Reciprocal, BitAnd, BitOr, BitXor, Greatest<double>, Greatest<int64_t>, Greatest<StringView>,
                 Greatest<Timestamp>, Least<double>, Least<int64_t>, Least<StringView>, Least<Timestamp>,
                 Clip<double>, Clip<int64_t>>;

}  // namespace skewless::ops
