// IEEE 754 binary16 by its bits.
#pragma once
#include <bit>
#include <cstdint>

#include "core/config.h"

namespace skewless::score {

SK_INLINE float half_to_float(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, magnitude = h & 0x7fffu;
  if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (magnitude << 13));
  // A product with a power of two is exact and takes subnormals to normal numbers.
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112f));
}

// To the nearest, ties to even.
SK_INLINE uint16_t float_to_half(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x), sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return 0x7e00u;
  uint32_t out;
  if (magnitude >= 0x477ff000u) {  // from 65520 on
    out = 0x7c00u;
  } else if (magnitude < 0x38800000u) {  // below 2^-14: the sum's last bits count multiples of 2^-24
    out = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - std::bit_cast<uint32_t>(0.5f);
  } else {
    out = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
  }
  return static_cast<uint16_t>(sign | out);
}

}  // namespace skewless::score
