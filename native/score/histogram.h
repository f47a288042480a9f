// A histogram of durations with fixed memory and a stated relative error, after Gil Tene's HDR Histogram: values up to
// 255 ns are kept exactly, above that each power of two is split into 128 buckets, so a value is known to 1/128.
// src/scorer/predictor/histogram.ts reads and writes the same memory.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/config.h"

namespace skewless::score {

// Doubles at `memory`: count, sum, least, greatest, then one count a bucket. Doubles, because JavaScript reads them in
// place, and counts stay exact up to 2^53.
class Histogram {
 public:
  static constexpr uint32_t kHeader = 4;
  static constexpr uint64_t kSubBuckets = 256;
  static constexpr uint64_t kHalf = kSubBuckets / 2;
  static constexpr uint64_t kGreatest = 60'000'000'000;  // 60 s; what is longer counts in the last bucket
  static constexpr uint32_t bucket_of(uint64_t value) {
    const uint64_t v = value > kGreatest ? kGreatest : value;
    const uint32_t shift = v < kSubBuckets ? 0 : static_cast<uint32_t>(std::bit_width(v)) - 8;
    return static_cast<uint32_t>(kHalf) * shift + static_cast<uint32_t>(v >> shift);
  }
  static constexpr uint32_t kBuckets = 3840;
  static constexpr uint32_t kDoubles = kHeader + kBuckets;

  explicit Histogram(double* memory) : memory_(memory) {}

  SK_INLINE void record(int64_t nanoseconds) {
    const uint64_t value = nanoseconds < 0 ? 0 : static_cast<uint64_t>(nanoseconds);
    const double v = static_cast<double>(value);
    if (memory_[0] == 0 || v < memory_[2]) memory_[2] = v;
    if (v > memory_[3]) memory_[3] = v;
    memory_[0] += 1;
    memory_[1] += v;
    memory_[kHeader + bucket_of(value)] += 1;
  }

 private:
  double* memory_;
};

static_assert(Histogram::bucket_of(Histogram::kGreatest) < Histogram::kBuckets);
static_assert(Histogram::bucket_of(255) == 255 && Histogram::bucket_of(256) == 256 && Histogram::bucket_of(257) == 256);

}  // namespace skewless::score
