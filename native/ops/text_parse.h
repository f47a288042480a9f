// Text: numbers written in decimal.
#pragma once
#include <charconv>
#include <limits>
#include <system_error>

#include "core/utf8.h"
#include "registry/function.h"
#include "registry/list.h"

#if !defined(__cpp_lib_to_chars)
#error "skewless needs std::from_chars for double (libstdc++ 11, libc++ 20, MSVC 19.24 or later)"
#endif

namespace skewless::ops {

SK_INLINE bool is_digit(uint8_t c) { return static_cast<uint8_t>(c - '0') < 10; }

// Whether [p, end) is `word` (lower-case ASCII letters) in any case.
SK_INLINE bool equals_word(const uint8_t* p, const uint8_t* end, const char* word, int64_t size) {
  if (end - p != size) return false;
  for (int64_t i = 0; i < size; ++i)
    if ((p[i] | 0x20) != static_cast<uint8_t>(word[i])) return false;
  return true;
}

// A decimal literal without sign: digits[.digits][e[+-]digits] with at least one digit around the point.
// `magnitude` is its correctly rounded value (infinity on overflow). False when [p, end) is not one.
inline bool parse_decimal(double& magnitude, const uint8_t* p, const uint8_t* end) {
  const uint8_t* const begin = p;
  uint64_t mantissa = 0;       // the first 19 significant digits
  int64_t significant = 0;     // digits from the first one that is not 0
  int64_t integer_digits = 0;  // significant digits before the point, or minus the zeros behind it
  bool any = false;
  const auto take = [&](uint8_t c) {
    any = true;
    if (significant == 0 && c == '0') return false;
    if (significant++ < 19) mantissa = mantissa * 10 + (c - '0');
    return true;
  };
  for (; p != end && is_digit(*p); ++p) integer_digits += take(*p);
  if (p != end && *p == '.') {
    for (++p; p != end && is_digit(*p); ++p)
      if (!take(*p)) --integer_digits;
  }
  if (!any) return false;
  int64_t exponent = 0;
  if (p != end && (*p | 0x20) == 'e') {
    ++p;
    const bool negative = p != end && *p == '-';
    if (p != end && (*p == '-' || *p == '+')) ++p;
    if (p == end) return false;
    for (; p != end && is_digit(*p); ++p)
      if (exponent < 100'000'000'000) exponent = exponent * 10 + (*p - '0');
    if (negative) exponent = -exponent;
  }
  if (p != end) return false;
  if (significant == 0) {
    magnitude = 0;
    return true;
  }
  // The value is 0.d1d2d3... times 10^scale.
  const int64_t scale = integer_digits + exponent;
  if (scale > 310 || scale < -330) {
    magnitude = scale > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return true;
  }
  if (significant <= 19 && mantissa <= (uint64_t{1} << 53)) {
    // Both operands are exact, so that one operation rounds once (W. Clinger, 1990).
    static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int64_t power = scale - significant;
    if (power >= 0 && power <= 22) {
      magnitude = static_cast<double>(mantissa) * powers[power];
      return true;
    }
    if (power < 0 && power >= -22) {
      magnitude = static_cast<double>(mantissa) / powers[-power];
      return true;
    }
  }
  const std::from_chars_result r =
      std::from_chars(reinterpret_cast<const char*>(begin), reinterpret_cast<const char*>(end), magnitude);
  if (r.ec == std::errc::result_out_of_range)
    magnitude = scale > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  return true;
}

struct ParseNumber {
  static constexpr Doc doc{"parseNumber", "x",
                           "The decimal number in the text, correctly rounded: an optional sign, then "
                           "digits with an optional point and exponent, or inf, infinity or nan in any "
                           "case; ECMAScript white space around it is ignored. Null for anything else, "
                           "hexadecimal, underscores and the empty text included. Overflow gives an "
                           "infinity, underflow 0.",
                           "[\" -1.5e3\"] -> -1500; [\".5\"] -> 0.5; [\"1e400\"] -> \"Infinity\"; "
                           "[\"1_000\"] -> null; [\"\"] -> null"};
  static constexpr unsigned effects = kMayNull;
  Outcome call(double& out, StringView x) const {
    x = utf8::trim(x);
    const uint8_t* p = x.bytes();
    const uint8_t* const end = p + x.size;
    if (p == end) return Outcome::kNull;
    const bool negative = *p == '-';
    p += negative || *p == '+';
    double magnitude;
    if (!parse_decimal(magnitude, p, end)) {
      if (equals_word(p, end, "nan", 3)) {
        out = std::numeric_limits<double>::quiet_NaN();
        return Outcome::kOk;
      }
      if (!equals_word(p, end, "inf", 3) && !equals_word(p, end, "infinity", 8)) return Outcome::kNull;
      magnitude = std::numeric_limits<double>::infinity();
    }
    out = negative ? -magnitude : magnitude;
    return Outcome::kOk;
  }
};

struct ParseInt64 {
  static constexpr Doc doc{"parseInt64", "x",
                           "The decimal integer in the text: an optional sign and digits, ECMAScript white "
                           "space around them ignored. Null for anything else and outside the int64 range.",
                           "[\" +042 \"] -> 42; [\"-9223372036854775808\"] -> \"-9223372036854775808\"; "
                           "[\"9223372036854775808\"] -> null; [\"1.0\"] -> null"};
  static constexpr unsigned effects = kMayNull;
  Outcome call(int64_t& out, StringView x) const {
    x = utf8::trim(x);
    const uint8_t* p = x.bytes();
    const uint8_t* const end = p + x.size;
    if (p == end) return Outcome::kNull;
    const bool negative = *p == '-';
    p += negative || *p == '+';
    if (p == end) return Outcome::kNull;
    constexpr uint64_t largest = static_cast<uint64_t>(INT64_MAX);
    const uint64_t limit = largest + negative;
    uint64_t value = 0;
    for (; p != end; ++p) {
      if (!is_digit(*p)) return Outcome::kNull;
      const uint64_t digit = *p - uint64_t{'0'};
      if (value > (limit - digit) / 10) return Outcome::kNull;
      value = value * 10 + digit;
    }
    out = static_cast<int64_t>(negative ? 0 - value : value);
    return Outcome::kOk;
  }
};

using TextParseFunctions = FunctionList<ParseNumber, ParseInt64>;

}  // namespace skewless::ops
