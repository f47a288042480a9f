// Case conversion: ASCII only, or Unicode's default algorithm (The Unicode Standard, 3.13) with the data of
// core/unicode_tables.gen.h, which is what ECMAScript prescribes for toLowerCase and toUpperCase.
#pragma once
#include <bit>

#include "core/text_build.h"
#include "core/unicode_tables.gen.h"
#include "core/utf8.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

// 0x20 in each byte of a word that is an ASCII letter of the other case.
template <bool kUpper>
SK_INLINE uint64_t ascii_case_bits(uint64_t w) {
  constexpr uint8_t first = kUpper ? 'a' : 'A';
  return (utf8::bytes_in_range(w & ~utf8::kHighBits, first, first + 25) & ~w) >> 2;
}

template <bool kUpper>
SK_INLINE uint8_t ascii_case(uint8_t c) {
  constexpr uint8_t first = kUpper ? 'a' : 'A';
  return static_cast<uint8_t>(c - first) < 26 ? c ^ 0x20 : c;
}

// The first byte that ASCII conversion changes (or, with kStopAtHigh, that is not ASCII), or end.
template <bool kUpper, bool kStopAtHigh>
SK_INLINE const uint8_t* find_case_change(const uint8_t* p, const uint8_t* end) {
  for (; end - p >= 8; p += 8) {
    const uint64_t w = utf8::load8(p);
    const uint64_t stop = ascii_case_bits<kUpper>(w) << 2 | (kStopAtHigh ? w & utf8::kHighBits : 0);
    if (stop != 0) return p + (std::countr_zero(stop) >> 3);
  }
  while (p != end && ascii_case<kUpper>(*p) == *p && !(kStopAtHigh && *p >= 0x80)) ++p;
  return p;
}

// Converts ASCII letters of [p, end) to `out` and leaves all else.
template <bool kUpper>
SK_INLINE void write_ascii_case(uint8_t* out, const uint8_t* p, const uint8_t* end) {
  for (; end - p >= 8; p += 8, out += 8) {
    uint64_t w = utf8::load8(p);
    w ^= ascii_case_bits<kUpper>(w);
    std::memcpy(out, &w, sizeof w);
  }
  while (p != end) *out++ = ascii_case<kUpper>(*p++);
}

// x with its ASCII letters converted from `change` on.
template <bool kUpper>
SK_INLINE Outcome convert_ascii_from(StringView& out, Arena& arena, StringView x, const uint8_t* change) {
  const uint8_t* const end = x.bytes() + x.size;
  if (change == end) {
    out = x;
    return Outcome::kOk;
  }
  uint8_t* at;
  const Outcome outcome = new_text(out, at, arena, x.size);
  if (SK_UNLIKELY(outcome != Outcome::kOk)) return outcome;
  write_ascii_case<kUpper>(append_bytes(at, x.bytes(), change - x.bytes()), change, end);
  return Outcome::kOk;
}

SK_INLINE const unicode::CaseRecord& case_record(uint32_t c) {
  constexpr uint32_t low_bits = (1u << unicode::kCaseBlockBits) - 1;
  const uint32_t block = unicode::kCaseStage1[c >> unicode::kCaseBlockBits];
  return unicode::kCaseRecords[unicode::kCaseBlocks[(block << unicode::kCaseBlockBits) + (c & low_bits)]];
}

inline uint8_t case_flags(uint32_t c) {
  if (SK_LIKELY(c < unicode::kCaseTableEnd)) return case_record(c).flags;
  for (const unicode::CodePointRange& range : unicode::kLateCaseIgnorable)
    if (c >= range.first && c <= range.last) return unicode::kCaseIgnorable;
  return 0;
}

// Final_Sigma of Unicode's SpecialCasing for the sigma in [at, after): a cased letter before it and none
// after it, Case_Ignorable characters not counted (not even the cased ones among them).
inline bool is_final_sigma(const uint8_t* begin, const uint8_t* at, const uint8_t* after,
                           const uint8_t* end) {
  for (;;) {
    if (at == begin) return false;
    at = utf8::previous(begin, at);
    const uint8_t* next = at;
    const uint8_t flags = case_flags(utf8::decode(next, end));
    if (flags & unicode::kCaseIgnorable) continue;
    if (!(flags & unicode::kCased)) return false;
    break;
  }
  while (after != end) {
    const uint8_t flags = case_flags(utf8::decode(after, end));
    if (!(flags & unicode::kCaseIgnorable)) return !(flags & unicode::kCased);
  }
  return true;
}

template <size_t kCount>
inline const unicode::SpecialCase& find_special(const unicode::SpecialCase (&table)[kCount], uint32_t c) {
  size_t low = 0;
  for (size_t high = kCount - 1; low < high;) {
    const size_t middle = (low + high) / 2;
    if (table[middle].code_point < c) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return table[low];
}

// Converts x. Answers the size of the result, which is written to `out` when kWrite.
template <bool kUpper, bool kWrite>
inline int64_t map_case(uint8_t* out, StringView x) {
  const uint8_t* const begin = x.bytes();
  const uint8_t* const end = begin + x.size;
  int64_t size = 0;
  const auto put = [&](uint32_t c) {
    if constexpr (kWrite) {
      size = utf8::encode(out + size, c) - out;
    } else {
      size += utf8::encoded_size(c);
    }
  };
  for (const uint8_t* p = begin; p != end;) {
    while (end - p >= 8) {
      uint64_t w = utf8::load8(p);
      if (w & utf8::kHighBits) break;
      w ^= ascii_case_bits<kUpper>(w);
      if constexpr (kWrite) std::memcpy(out + size, &w, sizeof w);
      size += 8;
      p += 8;
    }
    if (p == end) break;
    const uint8_t* const at = p;
    const uint32_t c = utf8::decode(p, end);
    if (c < 0x80) {
      put(ascii_case<kUpper>(static_cast<uint8_t>(c)));
      continue;
    }
    if (c >= unicode::kCaseTableEnd) {
      put(c);
      continue;
    }
    const unicode::CaseRecord& record = case_record(c);
    constexpr uint8_t special_flag = kUpper ? unicode::kSpecialUpper : unicode::kSpecialLower;
    if (SK_UNLIKELY(record.flags & special_flag)) {
      const unicode::SpecialCase& special =
          kUpper ? find_special(unicode::kSpecialUppers, c) : find_special(unicode::kSpecialLowers, c);
      if constexpr (kWrite) append_bytes(out + size, special.utf8, special.size);
      size += special.size;
    } else if (!kUpper && c == 0x3A3) {
      put(is_final_sigma(begin, at, p, end) ? 0x3C2 : 0x3C3);
    } else {
      put(c + static_cast<uint32_t>(kUpper ? record.upper : record.lower));
    }
  }
  return size;
}

template <bool kUpper>
SK_NOINLINE Outcome convert_unicode(StringView& out, Arena& arena, StringView x) {
  // No conversion makes a text more than three times as long; measuring first is for texts where that
  // matters.
  constexpr int64_t short_text = 4096;
  const int64_t capacity = x.size <= short_text ? 3 * x.size : map_case<kUpper, false>(nullptr, x);
  uint8_t* at;
  const Outcome outcome = new_text(out, at, arena, capacity);
  if (outcome != Outcome::kOk) return outcome;
  out.size = map_case<kUpper, true>(at, x);
  return Outcome::kOk;
}

template <bool kUpper>
SK_INLINE Outcome convert_case(StringView& out, Arena& arena, StringView x) {
  const uint8_t* const end = x.bytes() + x.size;
  const uint8_t* const change = find_case_change<kUpper, true>(x.bytes(), end);
  if (SK_UNLIKELY(!utf8::is_ascii(change, end - change))) return convert_unicode<kUpper>(out, arena, x);
  return convert_ascii_from<kUpper>(out, arena, x, change);
}

template <bool kUpper>
SK_INLINE Outcome convert_ascii(StringView& out, Arena& arena, StringView x) {
  const uint8_t* const end = x.bytes() + x.size;
  return convert_ascii_from<kUpper>(out, arena, x, find_case_change<kUpper, false>(x.bytes(), end));
}

struct Lower {
  static constexpr Doc doc{"lower", "x",
                           "Lower case by Unicode's default conversion, independent of locale and aware of "
                           "a final sigma, as String.prototype.toLowerCase under Unicode 17. Fails with "
                           "TOO_LARGE above 2^31 - 1 bytes.",
                           "[\"\\u00c4BC\"] -> \"\\u00e4bc\"; [\"\\u039f\\u03a3\"] -> \"\\u03bf\\u03c2\"; "
                           "[\"\\u0130\"] -> \"i\\u0307\""};
  static constexpr int version = 1;
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, StringView x) const {
    return convert_case<false>(out, arena, x);
  }
};

struct Upper {
  static constexpr Doc doc{"upper", "x",
                           "Upper case by Unicode's default conversion, independent of locale, as "
                           "String.prototype.toUpperCase under Unicode 17. One character may become "
                           "several. Fails with TOO_LARGE above 2^31 - 1 bytes.",
                           "[\"stra\\u00dfe\"] -> \"STRASSE\"; [\"\\ufb03\"] -> \"FFI\""};
  static constexpr int version = 1;
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, StringView x) const {
    return convert_case<true>(out, arena, x);
  }
};

struct AsciiLower {
  static constexpr Doc doc{"asciiLower", "x", "The letters A to Z in lower case, all else unchanged.",
                           "[\"ABC \\u00c4\"] -> \"abc \\u00c4\""};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, StringView x) const {
    return convert_ascii<false>(out, arena, x);
  }
};

struct AsciiUpper {
  static constexpr Doc doc{"asciiUpper", "x", "The letters a to z in upper case, all else unchanged.",
                           "[\"abc \\u00e4\"] -> \"ABC \\u00e4\""};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, StringView x) const {
    return convert_ascii<true>(out, arena, x);
  }
};

using TextCaseFunctions = FunctionList<Lower, Upper, AsciiLower, AsciiUpper>;

}  // namespace skewless::ops
