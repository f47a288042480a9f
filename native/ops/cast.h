// Conversions between the types. None is implicit, and none loses information silently except toFloat32.
#pragma once
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "ops/arithmetic.h"
#include "registry/function.h"
#include "registry/list.h"
#include "registry/params.h"

namespace skewless::ops {

// The nearest float64, a tie to the even one, in integer and float64 steps that every instruction set has
// packed (the plain conversion is packed only from AVX-512DQ on): the halves become the fractions of 2^84 and
// 2^52.
SK_INLINE double int64_to_float64(int64_t x) {
  const uint64_t bits = static_cast<uint64_t>(x);
  const double high = std::bit_cast<double>((bits >> 32) ^ uint64_t{0x4530000080000000});
  const double low = std::bit_cast<double>((bits & 0xffffffff) | uint64_t{0x4330000000000000});
  return (high - 0x1.00000001p84 - 0x1p63) + low;
}

SK_INLINE bool text_result(StringView& out, Arena& arena, const char* data, size_t size) {
  char* text = static_cast<char*>(arena.allocate(size));
  out = {text, text == nullptr ? 0 : static_cast<int64_t>(size)};
  if (text == nullptr) return false;
  std::memcpy(text, data, size);
  return true;
}

constexpr size_t kFloat64TextSize = 32;

// ECMA-262, Number::toString with radix 10. Returns the number of bytes written, at most kFloat64TextSize.
inline size_t write_float64(char* out, double x) {
  if (x != x) return std::memcpy(out, "NaN", 3), size_t{3};
  if (x == 0) return *out = '0', size_t{1};
  char* p = out;
  if (x < 0) *p++ = '-';
  if (std::fabs(x) > 1.7976931348623157e308)
    return std::memcpy(p, "Infinity", 8), static_cast<size_t>(p + 8 - out);

  // d.ddde±xx: the shortest digits that read back as x, the closest to x among those.
  char scientific[40];
  const char* end =
      std::to_chars(scientific, scientific + sizeof scientific, std::fabs(x), std::chars_format::scientific)
          .ptr;
  char digits[24];
  int k = 0, exponent = 0;
  const char* s = scientific;
  for (; *s != 'e'; ++s)
    if (*s != '.') digits[k++] = *s;
  const bool negative_exponent = s[1] == '-';
  for (s += 2; s < end; ++s) exponent = exponent * 10 + (*s - '0');
  const int n = (negative_exponent ? -exponent : exponent) + 1;  // x = 0.digits * 10^n

  const auto put = [&p](const char* from, int count) {
    std::memcpy(p, from, static_cast<size_t>(count));
    p += count;
  };
  const auto zeros = [&p](int count) {
    std::memset(p, '0', static_cast<size_t>(count));
    p += count;
  };
  if (k <= n && n <= 21) {
    put(digits, k);
    zeros(n - k);
  } else if (0 < n && n <= 21) {
    put(digits, n);
    *p++ = '.';
    put(digits + n, k - n);
  } else if (-6 < n && n <= 0) {
    put("0.", 2);
    zeros(-n);
    put(digits, k);
  } else {
    *p++ = digits[0];
    if (k > 1) {
      *p++ = '.';
      put(digits + 1, k - 1);
    }
    *p++ = 'e';
    *p++ = n > 0 ? '+' : '-';
    p = std::to_chars(p, p + 4, n > 0 ? n - 1 : 1 - n).ptr;
  }
  return static_cast<size_t>(p - out);
}

template <class T>
struct ToFloat64;
template <>
struct ToFloat64<int64_t> {
  static constexpr Doc doc{"toFloat64", "x", "The nearest float64, a tie to the even one; exact up to 2^53.",
                           "[3] -> 3; [\"9007199254740993\"] -> 9007199254740992"};
  SK_INLINE double call(int64_t x) const { return int64_to_float64(x); }
};
template <>
struct ToFloat64<bool> {
  static constexpr Doc doc{"toFloat64", "x", "1 for true, 0 for false.", "[true] -> 1; [false] -> 0"};
  SK_INLINE double call(bool x) const { return x ? 1.0 : 0.0; }
};

template <class T>
struct ToInt64;
template <>
struct ToInt64<double> {
  static constexpr Doc doc{
      "toInt64", "x",
      "The same number as int64. Fails with NOT_AN_INTEGER for NaN, infinities and fractions, with "
      "OUT_OF_RANGE for integers outside int64.",
      "[3] -> 3; [-2] -> -2"};
  static constexpr unsigned effects = kMayFail;
  static constexpr bool vectorize = false;
  SK_INLINE Outcome call(int64_t& out, double x) const {
    out = 0;
    if (!(std::fabs(x) <= 1.7976931348623157e308) || std::trunc(x) != x) return Outcome::kNotAnInteger;
    if (!(x >= -0x1p63 && x < 0x1p63)) return Outcome::kOutOfRange;
    out = static_cast<int64_t>(x);
    return Outcome::kOk;
  }
};
template <>
struct ToInt64<bool> {
  static constexpr Doc doc{"toInt64", "x", "1 for true, 0 for false.", "[true] -> 1; [false] -> 0"};
  SK_INLINE int64_t call(bool x) const { return x ? 1 : 0; }
};

struct ToInt32 {
  static constexpr Doc doc{"toInt32", "x",
                           "The same number where it fits 32 bits; fails with OUT_OF_RANGE elsewhere.",
                           "[2147483647] -> 2147483647; [-5] -> -5"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(int64_t& out, int64_t x) const {
    out = x;
    return x == static_cast<int32_t>(x) ? Outcome::kOk : Outcome::kOutOfRange;
  }
};

template <class T>
struct ToBool;
template <>
struct ToBool<double> {
  static constexpr Doc doc{"toBool", "x", "True unless x is 0 or -0; fails with OUT_OF_RANGE for NaN.",
                           "[0] -> false; [-0.5] -> true"};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(bool& out, double x) const {
    out = x != 0;
    return x != x ? Outcome::kOutOfRange : Outcome::kOk;
  }
};
template <>
struct ToBool<int64_t> {
  static constexpr Doc doc{"toBool", "x", "True unless x is 0.", "[0] -> false; [-3] -> true"};
  SK_INLINE bool call(int64_t x) const { return x != 0; }
};

template <class T>
struct ToUtf8;
template <>
struct ToUtf8<double> {
  static constexpr Doc doc{
      "toUtf8", "x",
      "The text that JavaScript's String(x) gives: the shortest decimal digits that read back as x.",
      "[0.1] -> \"0.1\"; [1e21] -> \"1e+21\"; [\"-0\"] -> \"0\"; [1e-7] -> \"1e-7\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, double x) const {
    char buffer[kFloat64TextSize];
    return text_result(out, arena, buffer, write_float64(buffer, x)) ? Outcome::kOk : Outcome::kOutOfMemory;
  }
};
template <>
struct ToUtf8<int64_t> {
  static constexpr Doc doc{"toUtf8", "x", "Decimal digits, after a - for a negative number.",
                           "[-42] -> \"-42\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, int64_t x) const {
    char buffer[24];
    const char* end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
    return text_result(out, arena, buffer, static_cast<size_t>(end - buffer)) ? Outcome::kOk
                                                                              : Outcome::kOutOfMemory;
  }
};
template <>
struct ToUtf8<bool> {
  static constexpr Doc doc{"toUtf8", "x", "\"true\" or \"false\".",
                           "[true] -> \"true\"; [false] -> \"false\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, bool x) const {
    return text_result(out, arena, x ? "true" : "false", x ? 4 : 5) ? Outcome::kOk : Outcome::kOutOfMemory;
  }
};

struct ToFloat32 {
  static constexpr Doc doc{"toFloat32", "x", "The nearest number that a float32 can hold, as Math.fround.",
                           "[0.1] -> 0.10000000149011612; [1e39] -> \"Infinity\""};
  SK_INLINE double call(double x) const { return static_cast<double>(static_cast<float>(x)); }
};

struct Epoch {
  static constexpr Doc doc{"epoch", "x", "The ticks since 1970-01-01T00:00:00 UTC, in the timestamp's unit.",
                           "[86400] -> 86400"};
  SK_INLINE int64_t call(Timestamp x) const { return x.ticks; }
};

struct ToTimestamp {
  static constexpr Doc doc{"toTimestamp", "x", "The timestamp of x ticks since 1970-01-01T00:00:00 UTC.",
                           "[86400] -> 86400"};
  SK_INLINE Timestamp call(int64_t x) const { return {x}; }
};

struct CastUnit {
  static constexpr Doc doc{
      "castUnit", "x",
      "The same instant in another unit. A coarser unit rounds down; a finer one fails with "
      "INTEGER_OVERFLOW where the ticks do not fit.",
      "[1500] {\"from\":1000,\"to\":1} -> 1; [-1] {\"from\":1000,\"to\":0} -> -1; "
      "[2] {\"from\":0,\"to\":1} -> 172800"};
  static constexpr ParamSpec params[] = {
      {"from", ParamKind::kInt64, nullptr,
       "Ticks per second of x: 1, 1000, 1000000, 1000000000, or 0 for days."},
      {"to", ParamKind::kInt64, nullptr, "Ticks per second of the result, likewise."}};
  static constexpr unsigned effects = kMayFail;
  static constexpr bool vectorize = false;
  int64_t factor = 1;   // finer: multiply
  int64_t divisor = 1;  // coarser: divide

  static int64_t ticks_per_day(int64_t unit) {
    if (unit == 0) return 1;
    return unit == 1 || unit == 1000 || unit == 1000000 || unit == 1000000000 ? unit * 86400 : -1;
  }
  const char* init(const Params& p) {
    const int64_t from = ticks_per_day(p.int64("from", -1)), to = ticks_per_day(p.int64("to", -1));
    if (from < 0) return "from must be 0, 1, 1000, 1000000 or 1000000000";
    if (to < 0) return "to must be 0, 1, 1000, 1000000 or 1000000000";
    factor = to > from ? to / from : 1;
    divisor = from > to ? from / to : 1;
    return nullptr;
  }
  SK_INLINE Outcome call(Timestamp& out, Timestamp x) const {
    if (divisor == 1) {
      const bool overflow = __builtin_mul_overflow(x.ticks, factor, &out.ticks);
      return overflow ? Outcome::kIntegerOverflow : Outcome::kOk;
    }
    const int64_t quotient = x.ticks / divisor;
    out.ticks = quotient - (quotient * divisor > x.ticks ? 1 : 0);
    return Outcome::kOk;
  }
};

using CastFunctions = FunctionList<ToFloat64<int64_t>, ToFloat64<bool>, ToInt64<double>, ToInt64<bool>,
                                   ToInt32, ToBool<double>, ToBool<int64_t>, ToUtf8<double>, ToUtf8<int64_t>,
                                   ToUtf8<bool>, ToFloat32, Epoch, ToTimestamp, CastUnit>;

}  // namespace skewless::ops
