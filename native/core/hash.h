// Hash functions of byte sequences, as published: MurmurHash3_x86_32 (Austin Appleby) and XXH64 (the xxHash
// specification 0.1.1, Yann Collet). Read little-endian and unaligned.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "core/config.h"

namespace skewless::hash {

static_assert(std::endian::native == std::endian::little, "hashes read words of a little-endian host");

template <class T>
SK_INLINE T load(const uint8_t* p) {
  T w;
  std::memcpy(&w, p, sizeof w);
  return w;
}

SK_INLINE uint32_t murmur3_round(uint32_t h, uint32_t k) {
  h ^= std::rotl(k * 0xCC9E2D51u, 15) * 0x1B873593u;
  return std::rotl(h, 13) * 5 + 0xE6546B64u;
}

SK_INLINE uint32_t murmur3_finish(uint32_t h) {
  h = (h ^ h >> 16) * 0x85EBCA6Bu;
  h = (h ^ h >> 13) * 0xC2B2AE35u;
  return h ^ h >> 16;
}

SK_INLINE uint32_t murmur3_32(const uint8_t* p, int64_t size, uint32_t seed) {
  const uint8_t* const end = p + size;
  uint32_t h = seed;
  for (; end - p >= 4; p += 4) h = murmur3_round(h, load<uint32_t>(p));
  if (p != end) {
    uint32_t k = p[0];
    if (end - p > 1) k |= static_cast<uint32_t>(p[1]) << 8;
    if (end - p > 2) k |= static_cast<uint32_t>(p[2]) << 16;
    h ^= std::rotl(k * 0xCC9E2D51u, 15) * 0x1B873593u;
  }
  return murmur3_finish(h ^ static_cast<uint32_t>(size));
}

// The hash of the eight little-endian bytes of `value`.
SK_INLINE uint32_t murmur3_32(uint64_t value, uint32_t seed) {
  const uint32_t h = murmur3_round(murmur3_round(seed, static_cast<uint32_t>(value)),
                                   static_cast<uint32_t>(value >> 32));
  return murmur3_finish(h ^ 8);
}

constexpr uint64_t kXxhPrime1 = 0x9E3779B185EBCA87u;
constexpr uint64_t kXxhPrime2 = 0xC2B2AE3D27D4EB4Fu;
constexpr uint64_t kXxhPrime3 = 0x165667B19E3779F9u;
constexpr uint64_t kXxhPrime4 = 0x85EBCA77C2B2AE63u;
constexpr uint64_t kXxhPrime5 = 0x27D4EB2F165667C5u;

SK_INLINE uint64_t xxh64_round(uint64_t acc, uint64_t lane) {
  return std::rotl(acc + lane * kXxhPrime2, 31) * kXxhPrime1;
}
SK_INLINE uint64_t xxh64_merge(uint64_t h, uint64_t acc) {
  return (h ^ xxh64_round(0, acc)) * kXxhPrime1 + kXxhPrime4;
}
SK_INLINE uint64_t xxh64_step8(uint64_t h, uint64_t lane) {
  return std::rotl(h ^ xxh64_round(0, lane), 27) * kXxhPrime1 + kXxhPrime4;
}
SK_INLINE uint64_t xxh64_finish(uint64_t h) {
  h = (h ^ h >> 33) * kXxhPrime2;
  h = (h ^ h >> 29) * kXxhPrime3;
  return h ^ h >> 32;
}

SK_INLINE uint64_t xxh64(const uint8_t* p, int64_t size, uint64_t seed) {
  const uint8_t* const end = p + size;
  uint64_t h;
  if (size >= 32) {
    uint64_t a = seed + kXxhPrime1 + kXxhPrime2;
    uint64_t b = seed + kXxhPrime2;
    uint64_t c = seed;
    uint64_t d = seed - kXxhPrime1;
    for (; end - p >= 32; p += 32) {
      a = xxh64_round(a, load<uint64_t>(p));
      b = xxh64_round(b, load<uint64_t>(p + 8));
      c = xxh64_round(c, load<uint64_t>(p + 16));
      d = xxh64_round(d, load<uint64_t>(p + 24));
    }
    h = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
    h = xxh64_merge(xxh64_merge(xxh64_merge(xxh64_merge(h, a), b), c), d);
  } else {
    h = seed + kXxhPrime5;
  }
  h += static_cast<uint64_t>(size);
  for (; end - p >= 8; p += 8) h = xxh64_step8(h, load<uint64_t>(p));
  if (end - p >= 4) {
    h = std::rotl(h ^ load<uint32_t>(p) * kXxhPrime1, 23) * kXxhPrime2 + kXxhPrime3;
    p += 4;
  }
  for (; p != end; ++p) h = std::rotl(h ^ *p * kXxhPrime5, 11) * kXxhPrime1;
  return xxh64_finish(h);
}

// The hash of the eight little-endian bytes of `value`.
SK_INLINE uint64_t xxh64(uint64_t value, uint64_t seed) {
  return xxh64_finish(xxh64_step8(seed + kXxhPrime5 + 8, value));
}

}  // namespace skewless::hash
