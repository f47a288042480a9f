// Lists of float64 as vectors: products, norms and distances. A null element anywhere makes the answer null;
// vectors of different sizes are a failure. Sums are added in the fixed order of core/lanes.h.
#pragma once
#include <cmath>
#include <cstdint>

#include "core/lanes.h"
#include "core/order.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

SK_INLINE Outcome check_vector(ListView<double> x) {
  return count_present(x) == x.length ? Outcome::kOk : Outcome::kNull;
}
SK_INLINE Outcome check_vectors(ListView<double> x, ListView<double> y) {
  if (x.length != y.length) return Outcome::kOutOfRange;
  return check_vector(x) == Outcome::kOk ? check_vector(y) : Outcome::kNull;
}

SK_INLINE double dot_product(const double* x, const double* y, int64_t n) {
  return lane_sum(n, [=](int64_t i) SK_INLINE_LAMBDA { return x[i] * y[i]; });
}
SK_INLINE double squared_distance(const double* x, const double* y, int64_t n) {
  return lane_sum(n, [=](int64_t i) SK_INLINE_LAMBDA { return (x[i] - y[i]) * (x[i] - y[i]); });
}

struct VectorDot {
  static constexpr Doc doc{"dot", "x, y",
                           "Dot product: the sum of x[i] * y[i]. Null if an element is null; fails with "
                           "OUT_OF_RANGE when the sizes differ.",
                           "[[1, 2, 3], [4, -5, 6]] -> 12; [[], []] -> 0; [[1, null], [1, 1]] -> null"};
  SK_INLINE Outcome call(double& out, ListView<double> x, ListView<double> y) const {
    out = 0;
    const Outcome outcome = check_vectors(x, y);
    if (outcome == Outcome::kOk) out = dot_product(x.data, y.data, x.length);
    return outcome;
  }
};

struct VectorL1Norm {
  static constexpr Doc doc{"l1Norm", "x", "Sum of the absolute values of the elements. Null if an element is "
                                          "null.",
                           "[[3, -4]] -> 7; [[]] -> 0; [[1, null]] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, ListView<double> x) const {
    out = 0;
    const Outcome outcome = check_vector(x);
    if (outcome == Outcome::kOk)
      out = lane_sum(x.length, [x](int64_t i) SK_INLINE_LAMBDA { return std::fabs(x.data[i]); });
    return outcome;
  }
};

struct VectorL2Norm {
  static constexpr Doc doc{"l2Norm", "x",
                           "Euclidean length: the square root of the sum of squares, without scaling, so "
                           "squares beyond the float64 range give Infinity or 0. Null if an element is null.",
                           "[[3, -4]] -> 5; [[]] -> 0; [[1, null]] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, ListView<double> x) const {
    out = 0;
    const Outcome outcome = check_vector(x);
    if (outcome == Outcome::kOk) out = std::sqrt(dot_product(x.data, x.data, x.length));
    return outcome;
  }
};

struct VectorMaxNorm {
  static constexpr Doc doc{"maxNorm", "x",
                           "Greatest absolute value of the elements; 0 for none, NaN if an element is NaN. "
                           "Null if an element is null.",
                           "[[3, -4]] -> 4; [[]] -> 0; [[1, null]] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(double& out, ListView<double> x) const {
    out = 0;
    const Outcome outcome = check_vector(x);
    if (outcome != Outcome::kOk) return outcome;
    int64_t greatest_key = 0;
    for (int64_t i = 0; i < x.length; ++i) {
      const int64_t key = order_key(std::fabs(x.data[i]));
      greatest_key = key > greatest_key ? key : greatest_key;
    }
    out = from_order_key(greatest_key);
    return outcome;
  }
};

struct VectorCosineSimilarity {
  static constexpr Doc doc{"cosineSimilarity", "x, y",
                           "Cosine of the angle between two vectors: dot(x, y) / (l2Norm(x) * l2Norm(y)). "
                           "Null if a norm is 0 or an element is null; fails with OUT_OF_RANGE when the "
                           "sizes differ.",
                           "[[3, 4], [6, 8]] -> 1; [[1, 0], [0, 2]] -> 0; [[0, 0], [1, 1]] -> null"};
  SK_INLINE Outcome call(double& out, ListView<double> x, ListView<double> y) const {
    out = 0;
    const Outcome outcome = check_vectors(x, y);
    if (outcome != Outcome::kOk) return outcome;
    const double norm_x = std::sqrt(dot_product(x.data, x.data, x.length));
    const double norm_y = std::sqrt(dot_product(y.data, y.data, y.length));
    if (norm_x == 0 || norm_y == 0) return Outcome::kNull;
    out = dot_product(x.data, y.data, x.length) / (norm_x * norm_y);
    return Outcome::kOk;
  }
};

struct VectorEuclideanDistance {
  static constexpr Doc doc{"euclideanDistance", "x, y",
                           "Square root of the sum of squared differences. Null if an element is null; fails "
                           "with OUT_OF_RANGE when the sizes differ.",
                           "[[1, 2], [4, 6]] -> 5; [[], []] -> 0; [[1], [null]] -> null"};
  SK_INLINE Outcome call(double& out, ListView<double> x, ListView<double> y) const {
    out = 0;
    const Outcome outcome = check_vectors(x, y);
    if (outcome == Outcome::kOk) out = std::sqrt(squared_distance(x.data, y.data, x.length));
    return outcome;
  }
};

struct VectorSquaredDistance {
  static constexpr Doc doc{"squaredDistance", "x, y",
                           "Sum of squared differences. Null if an element is null; fails with OUT_OF_RANGE "
                           "when the sizes differ.",
                           "[[1, 2], [4, 6]] -> 25; [[], []] -> 0; [[1], [null]] -> null"};
  SK_INLINE Outcome call(double& out, ListView<double> x, ListView<double> y) const {
    out = 0;
    const Outcome outcome = check_vectors(x, y);
    if (outcome == Outcome::kOk) out = squared_distance(x.data, y.data, x.length);
    return outcome;
  }
};

struct VectorManhattanDistance {
  static constexpr Doc doc{"manhattanDistance", "x, y",
                           "Sum of the absolute differences. Null if an element is null; fails with "
                           "OUT_OF_RANGE when the sizes differ.",
                           "[[1, 2], [4, -6]] -> 11; [[], []] -> 0; [[1], [null]] -> null"};
  SK_INLINE Outcome call(double& out, ListView<double> x, ListView<double> y) const {
    out = 0;
    const Outcome outcome = check_vectors(x, y);
    if (outcome == Outcome::kOk)
      out = lane_sum(x.length,
                     [x, y](int64_t i) SK_INLINE_LAMBDA { return std::fabs(x.data[i] - y.data[i]); });
    return outcome;
  }
};

using VectorFunctions =
    FunctionList<VectorDot, VectorL1Norm, VectorL2Norm, VectorMaxNorm, VectorCosineSimilarity,
                 VectorEuclideanDistance, VectorSquaredDistance, VectorManhattanDistance>;

}  // namespace skewless::ops
