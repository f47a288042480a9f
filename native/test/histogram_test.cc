#include "score/histogram.h"

#include <cmath>
#include <vector>

#include "check.h"

using skewless::score::Histogram;

namespace {

// The bounds of a bucket by the layout's definition, not by the code's: 256 buckets of width 1, then 128 of each 2^k.
void bounds(uint32_t bucket, double& low, double& width) {
  if (bucket < 256) {
    low = bucket;
    width = 1;
    return;
  }
  const uint32_t octave = (bucket - 256) / 128 + 1;
  width = std::ldexp(1.0, static_cast<int>(octave));
  low = (128.0 + (bucket - 256) % 128) * width;
}

void values_lie_in_their_buckets() {
  for (double v = 0; v <= 60e9; v = v < 2000 ? v + 1 : std::floor(v * 1.0007)) {
    double low = 0, width = 0;
    bounds(Histogram::bucket_of(static_cast<uint64_t>(v)), low, width);
    CHECK(v >= low && v < low + width);
    CHECK(width == 1 || width / low <= 1.0 / 128);
  }
}

void borders() {
  for (int k = 8; k < 36; ++k) {
    const auto power = uint64_t{1} << k;
    if (power > Histogram::kGreatest) break;
    CHECK(Histogram::bucket_of(power) == Histogram::bucket_of(power - 1) + 1);
  }
  CHECK(Histogram::bucket_of(~uint64_t{0}) == Histogram::bucket_of(Histogram::kGreatest));
  CHECK(Histogram::bucket_of(Histogram::kGreatest) < Histogram::kBuckets);
}

void records() {
  std::vector<double> memory(Histogram::kDoubles + 1, 0);
  memory.back() = -7;
  Histogram h(memory.data());
  const std::vector<int64_t> values{300, 10, -5, 70'000'000'000, 10};
  for (const int64_t v : values) h.record(v);
  CHECK(memory[0] == 5);
  CHECK(memory[1] == 300.0 + 10 + 0 + 70e9 + 10);
  CHECK(memory[2] == 0);
  CHECK(memory[3] == 70e9);
  CHECK(memory[Histogram::kHeader + 10] == 2);
  CHECK(memory[Histogram::kHeader + 0] == 1);
  CHECK(memory[Histogram::kHeader + Histogram::bucket_of(300)] == 1);
  CHECK(memory.back() == -7);
  double counted = 0;
  for (uint32_t i = 0; i < Histogram::kBuckets; ++i) counted += memory[Histogram::kHeader + i];
  CHECK(counted == 5);
}

}  // namespace

int main() {
  values_lie_in_their_buckets();
  borders();
  records();
  return skewless::test::finish("histogram");
}
