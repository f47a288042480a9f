// Internet addresses in text: strict dotted-quad IPv4 and IPv6 (RFC 4291, 2.2; no zone identifiers).
#pragma once
#include <cstdint>

#include "core/config.h"
#include "core/values.h"

namespace skewless::ip {

// Four decimal numbers of 0 to 255 without leading zeros, between points; nothing else.
SK_INLINE bool parse_v4(uint32_t& out, const uint8_t* p, const uint8_t* end) {
  uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (p == end || *p != '.') return false;
      ++p;
    }
    const uint8_t* const begin = p;
    uint32_t value = 0;
    for (; p != end && p - begin < 3 && *p >= '0' && *p <= '9'; ++p) value = value * 10 + (*p - '0');
    if (p == begin || value > 255 || (*begin == '0' && p - begin > 1)) return false;
    address = address << 8 | value;
  }
  out = address;
  return p == end;
}

SK_INLINE int hex_value(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct Address {
  bool v6;
  uint64_t high;  // the first 64 bits of an IPv6 address; 0 for IPv4
  uint64_t low;   // the last 64 bits, or the IPv4 address
};

inline bool parse_v6(Address& out, const uint8_t* p, const uint8_t* end) {
  uint16_t groups[8];
  int n = 0;
  int gap = -1;  // the group before which :: stands
  if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
    gap = 0;
    p += 2;
  }
  // A text that ends here is empty or "::"; every turn below reads one group and what follows it.
  while (p != end) {
    if (n == 8) return false;
    const uint8_t* const begin = p;
    uint32_t value = 0;
    for (int digit; p != end && p - begin < 4 && (digit = hex_value(*p)) >= 0; ++p)
      value = value << 4 | static_cast<uint32_t>(digit);
    if (p == begin) return false;
    if (p != end && *p == '.') {
      uint32_t v4;
      if (n > 6 || !parse_v4(v4, begin, end)) return false;
      groups[n++] = static_cast<uint16_t>(v4 >> 16);
      groups[n++] = static_cast<uint16_t>(v4);
      break;
    }
    groups[n++] = static_cast<uint16_t>(value);
    if (p == end) break;
    if (*p++ != ':' || p == end) return false;
    if (*p == ':') {
      if (gap >= 0) return false;
      gap = n;
      ++p;
    }
  }
  // :: stands for at least one group.
  if (gap < 0 ? n != 8 : n > 7) return false;
  uint64_t halves[2] = {0, 0};
  for (int i = 0; i < n; ++i) {
    const int at = gap >= 0 && i >= gap ? 8 - n + i : i;
    halves[at >> 2] |= static_cast<uint64_t>(groups[i]) << (16 * (3 - (at & 3)));
  }
  out = {true, halves[0], halves[1]};
  return true;
}

inline bool parse(Address& out, StringView s) {
  const uint8_t* const p = s.bytes();
  const uint8_t* const end = p + s.size;
  uint32_t v4;
  if (parse_v4(v4, p, end)) {
    out = {false, 0, v4};
    return true;
  }
  return parse_v6(out, p, end);
}

}  // namespace skewless::ip
