// Text: size, white space, pieces by position, building. Positions and lengths count code points.
#pragma once
#include "core/text_build.h"
#include "core/utf8.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

struct Length {
  static constexpr Doc doc{"length", "x", "Number of Unicode code points.",
                           "[\"na\\u00efve\"] -> 5; [\"\\ud83d\\ude00\"] -> 1; [\"\"] -> 0"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const { return utf8::count(x); }
};

struct ByteLength {
  static constexpr Doc doc{"byteLength", "x", "Number of bytes of the UTF-8 form.", "[\"na\\u00efve\"] -> 6"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const { return x.size; }
};

struct IsEmpty {
  static constexpr Doc doc{"isEmpty", "x",
                           "Whether the text has no characters; white space counts as characters.",
                           "[\"\"] -> true; [\" \"] -> false"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(StringView x) const { return x.size == 0; }
};

struct IsAscii {
  static constexpr Doc doc{"isAscii", "x",
                           "Whether every character is ASCII (U+0000 to U+007F). True for the empty text.",
                           "[\"abc\"] -> true; [\"\\u00e9\"] -> false"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(StringView x) const { return utf8::is_ascii(x); }
};

struct Trim {
  static constexpr Doc doc{"trim", "x",
                           "Without white space at both ends: ECMAScript's WhiteSpace and LineTerminator, "
                           "as String.prototype.trim.",
                           "[\" \\u3000a b\\n\"] -> \"a b\"; [\" \"] -> \"\""};
  static constexpr bool vectorize = false;
  SK_INLINE StringView call(StringView x) const { return utf8::trim(x); }
};

struct TrimStart {
  static constexpr Doc doc{"trimStart", "x", "Without ECMAScript white space at the start.",
                           "[\" a \"] -> \"a \""};
  static constexpr bool vectorize = false;
  SK_INLINE StringView call(StringView x) const {
    const uint8_t* const end = x.bytes() + x.size;
    return utf8::view(utf8::skip_white_space(x.bytes(), end), end);
  }
};

struct TrimEnd {
  static constexpr Doc doc{"trimEnd", "x", "Without ECMAScript white space at the end.",
                           "[\" a \"] -> \" a\""};
  static constexpr bool vectorize = false;
  SK_INLINE StringView call(StringView x) const {
    return utf8::view(x.bytes(), utf8::skip_white_space_back(x.bytes(), x.bytes() + x.size));
  }
};

struct Substring {
  static constexpr Doc doc{"substring", "x, start, length",
                           "At most `length` code points from position `start` on. Positions begin at 0; a "
                           "negative start counts from the end and stops at 0; a negative length is 0.",
                           "[\"h\\u00e9llo\", 1, 3] -> \"\\u00e9ll\"; [\"hello\", -3, 2] -> \"ll\"; "
                           "[\"hello\", 9, 1] -> \"\""};
  static constexpr bool vectorize = false;
  SK_INLINE StringView call(StringView x, int64_t start, int64_t length) const {
    const uint8_t* const begin = x.bytes();
    const uint8_t* const end = begin + x.size;
    // No text has 2^63 code points, so the negation of a start at the limit need not be exact.
    const int64_t from_end = start == INT64_MIN ? INT64_MAX : -start;
    const uint8_t* const first =
        start >= 0 ? utf8::advance(begin, end, start) : utf8::retreat(begin, end, from_end);
    return utf8::view(first, length > 0 ? utf8::advance(first, end, length) : first);
  }
};

struct Concat {
  static constexpr Doc doc{"concat", "x, y", "x followed by y; fails with TOO_LARGE above 2^31 - 1 bytes.",
                           "[\"ab\", \"c\"] -> \"abc\""};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, StringView x, StringView y) const {
    return concat_text(out, arena, x, {nullptr, 0}, y);
  }
};

struct Repeat {
  static constexpr Doc doc{"repeat", "x, n",
                           "x written n times; empty for n <= 0. Fails with TOO_LARGE above 2^31 - 1 bytes.",
                           "[\"ab\", 3] -> \"ababab\"; [\"ab\", -1] -> \"\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, StringView x, int64_t n) const {
    if (n <= 0 || x.size == 0) {
      out = {x.data, 0};
      return Outcome::kOk;
    }
    if (n > utf8::kMaxSize / x.size) return Outcome::kTooLarge;
    uint8_t* at;
    const Outcome outcome = new_text(out, at, arena, x.size * n);
    if (outcome != Outcome::kOk) return outcome;
    append_repeated(at, x, x.size * n);
    return Outcome::kOk;
  }
};

struct Reverse {
  static constexpr Doc doc{"reverse", "x",
                           "The code points in reverse order; combining marks then follow another base "
                           "character.",
                           "[\"ab\\u00e9\"] -> \"\\u00e9ba\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, StringView x) const {
    uint8_t* at;
    const Outcome outcome = new_text(out, at, arena, x.size);
    if (outcome != Outcome::kOk) return outcome;
    const uint8_t* const begin = x.bytes();
    for (const uint8_t* p = begin + x.size; p != begin;) {
      const uint8_t* const end = p;
      p = utf8::previous(begin, p);
      if (end - p == 1) {
        *at++ = *p;
      } else {
        at = append_bytes(at, p, end - p);
      }
    }
    return Outcome::kOk;
  }
};

// The padding that brings x to `width` code points: `size` bytes of repeated fill.
SK_INLINE Outcome padding_size(int64_t& size, StringView x, int64_t width, StringView fill) {
  size = 0;
  // The first test spares the count: a text never has more code points than bytes.
  if (width <= 0 || fill.size == 0) return Outcome::kOk;
  const int64_t missing = width - utf8::count(x);
  if (missing <= 0) return Outcome::kOk;
  if (missing > utf8::kMaxSize) return Outcome::kTooLarge;
  const int64_t fill_length = utf8::count(fill);
  // Only bytes that are not UTF-8 can have no code point.
  if (fill_length == 0) return Outcome::kInvalidUtf8;
  const int64_t whole = missing / fill_length;
  if (whole > utf8::kMaxSize / fill.size) return Outcome::kTooLarge;
  const uint8_t* const begin = fill.bytes();
  size = whole * fill.size + (utf8::advance(begin, begin + fill.size, missing % fill_length) - begin);
  return Outcome::kOk;
}

template <bool kAtStart>
SK_INLINE Outcome pad_text(StringView& out, Arena& arena, StringView x, int64_t width, StringView fill) {
  int64_t padding;
  Outcome outcome = padding_size(padding, x, width, fill);
  if (outcome != Outcome::kOk) return outcome;
  if (padding == 0) {
    out = x;
    return Outcome::kOk;
  }
  uint8_t* at;
  outcome = new_text(out, at, arena, x.size + padding);
  if (outcome != Outcome::kOk) return outcome;
  if constexpr (kAtStart) {
    append_text(append_repeated(at, fill, padding), x);
  } else {
    append_repeated(append_text(at, x), fill, padding);
  }
  return Outcome::kOk;
}

struct PadStart {
  static constexpr Doc doc{"padStart", "x, width, fill",
                           "Padded at the start to `width` code points with repetitions of `fill`, the last "
                           "one cut; x itself when it is long enough or fill is empty. Fails with TOO_LARGE "
                           "above 2^31 - 1 bytes.",
                           "[\"7\", 3, \"0\"] -> \"007\"; [\"x\", 6, \"ab\"] -> \"ababax\"; [\"abc\", 2, "
                           "\"0\"] -> \"abc\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, StringView x, int64_t width, StringView fill) const {
    return pad_text<true>(out, arena, x, width, fill);
  }
};

struct PadEnd {
  static constexpr Doc doc{"padEnd", "x, width, fill",
                           "Padded at the end to `width` code points with repetitions of `fill`, the last "
                           "one cut; x itself when it is long enough or fill is empty. Fails with TOO_LARGE "
                           "above 2^31 - 1 bytes.",
                           "[\"x\", 6, \"ab\"] -> \"xababa\"; [\"x\", 3, \"\"] -> \"x\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, StringView x, int64_t width, StringView fill) const {
    return pad_text<false>(out, arena, x, width, fill);
  }
};

template <uint8_t kFirst, uint8_t kLast>
SK_INLINE int64_t count_bytes_in_range(StringView x) {
  const uint8_t* p = x.bytes();
  const uint8_t* const end = p + x.size;
  int64_t n = 0;
  for (; end - p >= 8; p += 8) {
    const uint64_t w = utf8::load8(p);
    const uint64_t hits = utf8::bytes_in_range(w & ~utf8::kHighBits, kFirst, kLast) & ~w;
    n += static_cast<int64_t>(((hits >> 7) * utf8::kEachByte) >> 56);
  }
  for (; p != end; ++p) n += *p >= kFirst && *p <= kLast;
  return n;
}

struct CountDigits {
  static constexpr Doc doc{"countDigits", "x", "Number of ASCII digits 0 to 9.", "[\"a1b22\\u0663\"] -> 3"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const { return count_bytes_in_range<'0', '9'>(x); }
};

struct CountUpper {
  static constexpr Doc doc{"countUpper", "x", "Number of ASCII upper-case letters A to Z.",
                           "[\"aBC\\u00c9\"] -> 2"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const { return count_bytes_in_range<'A', 'Z'>(x); }
};

using TextFunctions = FunctionList<Length, ByteLength, IsEmpty, IsAscii, Trim, TrimStart, TrimEnd, Substring,
                                   Concat, Repeat, Reverse, PadStart, PadEnd, CountDigits, CountUpper>;

}  // namespace skewless::ops
