// The B-spline basis that splineTransformer is lowered to.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "registry/function.h"
#include "registry/list.h"
#include "registry/params.h"

namespace skewless::ops {

struct SplineBasis {
  static constexpr Doc doc{
      "splineBasis", "x",
      "The values at x of the B-splines of a degree over the knots, a list with one element a spline. Between the "
      "base knots, the first and last of which are knots[degree] and knots[count - degree - 1], they add up to 1. "
      "Beyond these: \"constant\" takes the values at the nearer end, \"linear\" goes on along the tangent, "
      "\"continue\" with the polynomials of the last piece, and \"periodic\" takes x modulo the base knots' range; "
      "then the last splines, as many as the degree, are the first ones and are added to them. A list of NaN for "
      "NaN.",
      "[0.25] {\"knots\":[-1,0,1,2],\"degree\":1,\"extrapolation\":\"constant\"} -> [0.75, 0.25]; "
      "[2] {\"knots\":[-1,0,1,2],\"degree\":1,\"extrapolation\":\"constant\"} -> [0, 1]; "
      "[2] {\"knots\":[-1,0,1,2],\"degree\":1,\"extrapolation\":\"linear\"} -> [-1, 2]"};
  static constexpr ParamSpec params[] = {
      {"knots", ParamKind::kFloat64List, nullptr, "Finite and not decreasing, at least 2 * degree + 2."},
      {"degree", ParamKind::kInt64, nullptr, "From 0 to 15."},
      {"extrapolation", ParamKind::kUtf8, nullptr, "constant, linear, continue or periodic."}};
  static constexpr unsigned effects = kMayFail;
  static constexpr bool vectorize = false;
  static constexpr int kMostDegree = 15;

  const char* init(const Params& given) {
    static constexpr const char* names[] = {"constant", "linear", "continue", "periodic"};
    const std::vector<double>& knots = given.float64s("knots");
    const int64_t degree = given.int64("degree", 0);
    if (degree < 0 || degree > kMostDegree) return "degree must be from 0 to 15";
    if (knots.size() < 2 * static_cast<size_t>(degree) + 2) return "knots must be at least 2 * degree + 2";
    for (size_t i = 0; i < knots.size(); ++i) {
      if (knots[i] - knots[i] != 0) return "knots must be finite";
      if (i > 0 && knots[i] < knots[i - 1]) return "knots must not decrease";
    }
    const auto* const found = std::find(std::begin(names), std::end(names), given.utf8("extrapolation"));
    if (found == std::end(names)) return "extrapolation must be constant, linear, continue or periodic";
    beyond_ = static_cast<Beyond>(found - std::begin(names));
    degree_ = static_cast<int>(degree);
    knots_ = knots;
    last_ = static_cast<int64_t>(knots.size()) - degree_ - 1;
    count_ = beyond_ == Beyond::kPeriodic ? last_ - degree_ : last_;
    if (count_ < 1) return "periodic splines need more knots";
    return nullptr;
  }

  SK_INLINE Outcome call(ListView<double>& out, Arena& arena, double x) const {
    out = ListView<double>{};
    double* const values = arena.allocate_array<double>(static_cast<size_t>(count_));
    if (values == nullptr) return Outcome::kOutOfMemory;
    out = {values, nullptr, 0, count_};
    std::fill(values, values + count_, x != x ? x : 0.0);
    if (x != x) return Outcome::kOk;
    const double low = knots_[static_cast<size_t>(degree_)], high = knots_[static_cast<size_t>(last_)];
    double from = x;
    switch (beyond_) {
      case Beyond::kConstant:
      case Beyond::kLinear:
        from = x < low ? low : x > high ? high : x;
        break;
      case Beyond::kPeriodic:
        from = wrapped(x, low, high - low);
        break;
      case Beyond::kContinue:
        break;
    }
    const int64_t piece = piece_of(from);
    double basis[kMostDegree + 1];
    evaluate(basis, from, piece, 0);
    // A periodic spline's place wraps around; the others have count_ == last_ and piece < last_.
    for (int i = 0; i <= degree_; ++i) values[(piece - degree_ + i) % count_] += basis[i];
    if (beyond_ == Beyond::kLinear && from != x && degree_ > 0) {
      double slope[kMostDegree + 1];
      evaluate(slope, from, piece, 1);
      for (int i = 0; i <= degree_; ++i) values[piece - degree_ + i] += (x - from) * slope[i];
    }
    return Outcome::kOk;
  }

 private:
  enum class Beyond { kConstant, kLinear, kContinue, kPeriodic };
  std::vector<double> knots_{0.0, 1.0};
  int degree_ = 0;
  int64_t last_ = 1, count_ = 1;  // last_: place of the last base knot
  Beyond beyond_ = Beyond::kConstant;

  // x modulo the period, from low on, with the rounding of NumPy's %. NaN where x is infinite or the period 0.
  static SK_INLINE double wrapped(double x, double low, double period) {
    double r = std::fmod(x - low, period);
    if (r < 0) r += period;
    return low + r;
  }

  // The place of the knot that begins x's piece: the last of the pieces that begin at or below x.
  SK_INLINE int64_t piece_of(double x) const {
    const double* const first = knots_.data();
    const double* const above = std::upper_bound(first + degree_, first + last_, x);
    return std::max<int64_t>(above - first - 1, degree_);
  }

  // The splines that are not 0 in a piece, by the recurrence of de Boor and Cox; with `derivative` 1 their slopes,
  // for which the last step differs.
  SK_INLINE void evaluate(double* basis, double x, int64_t piece, int derivative) const {
    const double* const knots = knots_.data() + piece;
    double before[kMostDegree + 1];
    basis[0] = 1;
    for (int j = 1; j <= degree_; ++j) {
      std::copy(basis, basis + j, before);
      basis[0] = 0;
      for (int n = 1; n <= j; ++n) {
        const double right = knots[n], left = knots[n - j];
        basis[n] = 0;
        if (left == right) continue;
        if (j <= degree_ - derivative) {
          const double w = before[n - 1] / (right - left);
          basis[n - 1] += w * (right - x);
          basis[n] = w * (x - left);
        } else {
          const double w = j * before[n - 1] / (right - left);
          basis[n - 1] -= w;
          basis[n] = w;
        }
      }
    }
  }
};

}  // namespace skewless::ops
