// UTF-8: validation, decoding, counting and indexing of code points, white space. Positions are pointers into
// a text [p, end). Apart from `valid`, results are meaningful for well-formed text only, but no byte sequence
// makes any of these read outside the text: validation happens at the borders of the engine, not here.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "core/config.h"
#include "core/values.h"

namespace skewless::utf8 {

static_assert(std::endian::native == std::endian::little,
              "the word-at-a-time loops assume little-endian hosts");

constexpr int64_t kMaxSize = 0x7fffffff;  // the longest text that a function may make, in bytes
constexpr uint64_t kHighBits = 0x8080808080808080u;
constexpr uint64_t kEachByte = 0x0101010101010101u;

SK_INLINE uint64_t load8(const uint8_t* p) {
  uint64_t w;
  std::memcpy(&w, p, sizeof w);
  return w;
}
SK_INLINE uint32_t load4(const uint8_t* p) {
  uint32_t w;
  std::memcpy(&w, p, sizeof w);
  return w;
}

SK_INLINE bool is_ascii(const uint8_t* p, int64_t size) {
  const uint8_t* const end = p + size;
  if (size >= 8) {
    uint64_t seen = load8(end - 8);  // overlaps the last whole word, which saves a byte loop
    for (; end - p >= 32; p += 32) {
      if ((load8(p) | load8(p + 8) | load8(p + 16) | load8(p + 24)) & kHighBits) return false;
    }
    for (; end - p >= 8; p += 8) seen |= load8(p);
    return (seen & kHighBits) == 0;
  }
  uint8_t seen = 0;
  while (p != end) seen |= *p++;
  return seen < 0x80;
}
SK_INLINE bool is_ascii(StringView s) { return is_ascii(s.bytes(), s.size); }

SK_INLINE bool is_continuation(uint8_t c) { return (c & 0xC0) == 0x80; }

// Whether the bytes are well-formed UTF-8 (Unicode, table 3-7): no overlong form, no surrogate, nothing past
// U+10FFFF.
inline bool valid(const uint8_t* p, int64_t size) {
  const uint8_t* const end = p + size;
  while (p != end) {
    while (end - p >= 16 && ((load8(p) | load8(p + 8)) & kHighBits) == 0) p += 16;
    if (p == end) return true;
    const uint8_t c = *p;
    if (c < 0x80) {
      ++p;
      continue;
    }
    const int64_t left = end - p;
    if (c < 0xE0) {
      if (c < 0xC2 || left < 2 || !is_continuation(p[1])) return false;
      p += 2;
    } else if (c < 0xF0) {
      if (left < 3 || !is_continuation(p[1]) || !is_continuation(p[2])) return false;
      if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F)) return false;
      p += 3;
    } else {
      if (c > 0xF4 || left < 4) return false;
      if (!is_continuation(p[1]) || !is_continuation(p[2]) || !is_continuation(p[3])) return false;
      if ((c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F)) return false;
      p += 4;
    }
  }
  return true;
}
inline bool valid(StringView s) { return valid(s.bytes(), s.size); }

// The code point at p, which must be before end; p moves past it.
SK_INLINE uint32_t decode(const uint8_t*& p, const uint8_t* end) {
  const uint32_t c = *p;
  if (SK_LIKELY(c < 0x80)) {
    ++p;
    return c;
  }
  const int64_t length = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  if (SK_UNLIKELY(end - p < length)) {
    p = end;
    return 0xFFFD;
  }
  const uint8_t* const at = p;
  p += length;
  if (length == 2) return (c & 0x1F) << 6 | (at[1] & 0x3Fu);
  if (length == 3) return (c & 0x0F) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
  return (c & 0x07) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
}

// Steps back over the code point that ends at p, which must be after begin.
SK_INLINE const uint8_t* previous(const uint8_t* begin, const uint8_t* p) {
  do {
    --p;
  } while (p != begin && is_continuation(*p));
  return p;
}

SK_INLINE int encoded_size(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

// Writes the encoding of c; returns the position after it.
SK_INLINE uint8_t* encode(uint8_t* out, uint32_t c) {
  if (c < 0x80) {
    *out++ = static_cast<uint8_t>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<uint8_t>(0xC0 | c >> 6);
    *out++ = static_cast<uint8_t>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *out++ = static_cast<uint8_t>(0xE0 | c >> 12);
    *out++ = static_cast<uint8_t>(0x80 | (c >> 6 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (c & 0x3F));
  } else {
    *out++ = static_cast<uint8_t>(0xF0 | c >> 18);
    *out++ = static_cast<uint8_t>(0x80 | (c >> 12 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (c >> 6 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (c & 0x3F));
  }
  return out;
}

// The number of bytes in a word that begin a code point.
SK_INLINE int64_t starts_in_word(uint64_t w) {
  const uint64_t continuation = (w >> 7) & ~(w >> 6) & kEachByte;
  // The product's top byte is the sum of the eight 0/1 bytes: cheaper than popcount on a baseline x86-64.
  return 8 - static_cast<int64_t>((continuation * kEachByte) >> 56);
}

// The number of code points.
SK_INLINE int64_t count(const uint8_t* p, int64_t size) {
  const uint8_t* const end = p + size;
  int64_t n = 0;
  for (; end - p >= 8; p += 8) n += starts_in_word(load8(p));
  for (; p != end; ++p) n += !is_continuation(*p);
  return n;
}
SK_INLINE int64_t count(StringView s) { return count(s.bytes(), s.size); }

// The position n >= 0 code points after p, or end when there are fewer.
SK_INLINE const uint8_t* advance(const uint8_t* p, const uint8_t* end, int64_t n) {
  while (end - p >= 8) {
    const int64_t starts = starts_in_word(load8(p));
    if (starts > n) break;
    n -= starts;
    p += 8;
  }
  for (; p != end; ++p) {
    if (is_continuation(*p)) continue;
    if (n == 0) return p;
    --n;
  }
  return p;
}

// The position n >= 0 code points before end, or begin when there are fewer.
SK_INLINE const uint8_t* retreat(const uint8_t* begin, const uint8_t* end, int64_t n) {
  const uint8_t* p = end;
  while (p - begin >= 8) {
    const int64_t starts = starts_in_word(load8(p - 8));
    if (starts >= n) break;
    n -= starts;
    p -= 8;
  }
  while (n > 0 && p != begin) {
    p = previous(begin, p);
    --n;
  }
  return p;
}

// ECMAScript's WhiteSpace and LineTerminator: the bytes of the one that begins at p (before end), or 0.
SK_INLINE int white_space_size(const uint8_t* p, const uint8_t* end) {
  const uint8_t c = p[0];
  if (SK_LIKELY(c < 0x80)) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  const int64_t left = end - p;
  if (c == 0xC2) return left >= 2 && p[1] == 0xA0 ? 2 : 0;  // U+00A0
  if (c < 0xE1 || c > 0xEF || left < 3) return 0;
  switch (c) {
    case 0xE1: return p[1] == 0x9A && p[2] == 0x80 ? 3 : 0;  // U+1680
    case 0xE2:                                               // U+2000-200A, 2028, 2029, 202F, 205F
      if (p[1] == 0x80)
        return (p[2] >= 0x80 && p[2] <= 0x8A) || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF ? 3 : 0;
      return p[1] == 0x81 && p[2] == 0x9F ? 3 : 0;
    case 0xE3: return p[1] == 0x80 && p[2] == 0x80 ? 3 : 0;  // U+3000
    case 0xEF: return p[1] == 0xBB && p[2] == 0xBF ? 3 : 0;  // U+FEFF
    default: return 0;
  }
}

// The bytes of the white space that ends at `end` (after begin), or 0.
SK_INLINE int white_space_size_before(const uint8_t* begin, const uint8_t* end) {
  if (SK_LIKELY(end[-1] < 0x80)) return white_space_size(end - 1, end);
  const uint8_t* const p = previous(begin, end);
  const int size = white_space_size(p, end);
  return size == end - p ? size : 0;
}

SK_INLINE const uint8_t* skip_white_space(const uint8_t* p, const uint8_t* end) {
  while (p != end) {
    const int size = white_space_size(p, end);
    if (size == 0) break;
    p += size;
  }
  return p;
}

SK_INLINE const uint8_t* skip_white_space_back(const uint8_t* begin, const uint8_t* end) {
  while (end != begin) {
    const int size = white_space_size_before(begin, end);
    if (size == 0) break;
    end -= size;
  }
  return end;
}

// The first position from p on where white space begins, or end.
SK_INLINE const uint8_t* find_white_space(const uint8_t* p, const uint8_t* end) {
  while (p != end) {
    // One comparison settles printable ASCII and the bytes within a code point.
    if (SK_UNLIKELY(static_cast<uint8_t>(*p - 0x21) >= 0xC2 - 0x21) && white_space_size(p, end) != 0) break;
    ++p;
  }
  return p;
}

SK_INLINE StringView view(const uint8_t* begin, const uint8_t* end) {
  return {reinterpret_cast<const char*>(begin), end - begin};
}

SK_INLINE StringView trim(StringView s) {
  const uint8_t* const end = s.bytes() + s.size;
  const uint8_t* const begin = skip_white_space(s.bytes(), end);
  return view(begin, skip_white_space_back(begin, end));
}

// 0x80 in each byte of an ASCII word that lies in [first, last].
SK_INLINE uint64_t bytes_in_range(uint64_t w, uint8_t first, uint8_t last) {
  const uint64_t at_least = w + kEachByte * (0x80u - first);
  const uint64_t beyond = w + kEachByte * (0x7Fu - last);
  return at_least & ~beyond & kHighBits;
}

}  // namespace skewless::utf8
