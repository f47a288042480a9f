// What fitting asks of a batch of float64 values. Sums run in strands that are added at the end: quicker than one chain
// of additions, and nearer the truth. The strands are part of the result: changing their number changes last bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>

namespace skewless::fit {

// The difference of a value with itself is 0, or NaN where it is not finite: no branch a value.
inline bool all_finite(const double* v, size_t n) {
  double strands[8] = {};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; ++k) strands[k] += v[i + k] - v[i + k];
  for (; i < n; ++i) strands[0] += v[i] - v[i];
  double sum = 0;
  for (const double s : strands) sum += s;
  return sum == 0;
}

// Copies what is neither null nor NaN. Returns how many, or -1 - row at an infinite value.
inline int64_t copy_present(const double* v, size_t n, const uint8_t* validity, double* target) {
  size_t count = 0;
  for (size_t i = 0; i < n; ++i) {
    const double x = v[i];
    const bool present = !validity || ((validity[i >> 3] >> (i & 7)) & 1) != 0;
    // One store a value and no branch on what is missing: which rows are is unpredictable.
    target[count] = x;
    count += static_cast<size_t>(present) & static_cast<size_t>(x == x);
    if (present && x == x && x - x != 0) return -1 - static_cast<int64_t>(i);
  }
  return static_cast<int64_t>(count);
}

struct Extremes {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
};

// Least and greatest value, without NaN; which zero of two is unspecified.
inline Extremes extremes(const double* v, size_t n) {
  Extremes lanes[8];
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (size_t k = 0; k < 8; ++k) {
      lanes[k].min = v[i + k] < lanes[k].min ? v[i + k] : lanes[k].min;
      lanes[k].max = v[i + k] > lanes[k].max ? v[i + k] : lanes[k].max;
    }
  }
  for (; i < n; ++i) {
    if (v[i] < lanes[0].min) lanes[0].min = v[i];
    if (v[i] > lanes[0].max) lanes[0].max = v[i];
  }
  Extremes out;
  for (const Extremes& lane : lanes) {
    if (lane.min < out.min) out.min = lane.min;
    if (lane.max > out.max) out.max = lane.max;
  }
  return out;
}

inline double added(const double (&a)[8]) { return ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7])); }

inline double sum(const double* v, size_t n) {
  double a[8] = {};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; ++k) a[k] += v[i + k];
  for (; i < n; ++i) a[i & 7] += v[i];
  return added(a);
}

struct Deviations {
  double squares = 0, rest = 0;
};

// Sums of the differences to `mean` and of their squares.
inline Deviations deviations(const double* v, size_t n, double mean) {
  double squares[8] = {}, rest[8] = {};
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (size_t k = 0; k < 8; ++k) {
      const double d = v[i + k] - mean;
      squares[k] += d * d;
      rest[k] += d;
    }
  }
  for (; i < n; ++i) {
    const double d = v[i] - mean;
    squares[i & 7] += d * d;
    rest[i & 7] += d;
  }
  return {added(squares), added(rest)};
}

}  // namespace skewless::fit
