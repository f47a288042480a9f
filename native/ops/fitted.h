// Kernels that fitted transformations are lowered to: their parameters are the fitted state.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/math/math.h"
#include "ops/lookup.h"
#include "ops/order.h"
#include "ops/splines.h"
#include "registry/function.h"
#include "registry/list.h"
#include "registry/params.h"

namespace skewless::ops {

struct Standardize {
  static constexpr Doc doc{"standardize", "x", "(x - mean) / scale.", "[7] {\"mean\":3,\"scale\":2} -> 2"};
  static constexpr ParamSpec params[] = {{"mean", ParamKind::kFloat64, nullptr, "Subtracted from x."},
                                         {"scale", ParamKind::kFloat64, nullptr, "Divides the difference."}};
  double mean = 0, scale = 1;

  const char* init(const Params& p) {
    mean = p.float64("mean", 0);
    scale = p.float64("scale", 1);
    return nullptr;
  }
  SK_INLINE double call(double x) const { return (x - mean) / scale; }
};

struct MinMaxScale {
  static constexpr Doc doc{"minMaxScale", "x",
                           "x * scale + min, rounded after each step as scikit-learn does.",
                           "[7] {\"min\":-1,\"scale\":0.5} -> 2.5"};
  static constexpr ParamSpec params[] = {{"min", ParamKind::kFloat64, nullptr, "Added to the product."},
                                         {"scale", ParamKind::kFloat64, nullptr, "Multiplies x."}};
  double min = 0, scale = 1;

  const char* init(const Params& p) {
    min = p.float64("min", 0);
    scale = p.float64("scale", 1);
    return nullptr;
  }
  SK_INLINE double call(double x) const { return x * scale + min; }
};

template <class T>
struct CategoryIndex {
  static constexpr Doc doc{
      "categoryIndex", "x",
      "Position of x among the categories, -1 when it is none of them. -0 equals 0 and NaN equals "
      "NaN; of equal categories the first counts.",
      example_of<T>("[7] {\"categories\":[5,7]} -> 1; [6] {\"categories\":[5,7]} -> -1",
                    "[\"b\"] {\"categories\":[\"a\",\"b\"]} -> 1; [\"\"] {\"categories\":[\"a\"]} -> -1")};
  static constexpr ParamSpec params[] = {{"categories", list_kind<T>, nullptr, "The categories in order."}};
  static constexpr bool vectorize = false;
  Lookup<T> lookup;

  const char* init(const Params& p) { return lookup.init(list_of<T>(p, "categories"), NanKeys::kEqual); }
  SK_INLINE int64_t call(T x) const { return lookup.find(x); }
};

struct BucketIndex {
  static constexpr Doc doc{
      "bucketIndex", "x",
      "How many of the increasing edges are less than or equal to x: the number of its bucket, from "
      "0 to the number of edges. Null for NaN.",
      "[5] {\"edges\":[1,5,9]} -> 2; [0.5] {\"edges\":[1,5,9]} -> 0; [\"NaN\"] {\"edges\":[1]} -> null"};
  static constexpr ParamSpec params[] = {
      {"edges", ParamKind::kFloat64List, nullptr, "Interior edges, strictly increasing; may be empty."}};
  static constexpr unsigned effects = kMayNull;
  static constexpr bool vectorize = false;
  std::vector<double> edges;

  const char* init(const Params& p) {
    edges = p.float64s("edges");
    for (size_t i = 0; i < edges.size(); ++i) {
      if (edges[i] != edges[i]) return "edges must not hold NaN";
      if (i > 0 && !(edges[i - 1] < edges[i])) return "edges must be strictly increasing";
    }
    return nullptr;
  }
  SK_INLINE Outcome call(int64_t& out, double x) const {
    const double* first = edges.data();
    size_t count = edges.size();
    // A halving search without branches: buckets are unpredictable, and as a ?: it took almost three times
    // as long (27 ns against 10 for 1,000 edges).
    while (count > 1) {
      const size_t half = count / 2;
      first += half & (0 - static_cast<size_t>(first[half - 1] <= x));
      count -= half;
    }
    out = (first - edges.data()) + (count == 1 && *first <= x ? 1 : 0);
    return x != x ? Outcome::kNull : Outcome::kOk;
  }
};

template <class T>
struct LookupFloat64 {
  static constexpr Doc doc{
      "lookupFloat64", "x",
      "The value at the position of x among the keys, or the fallback. -0 equals 0 and NaN equals "
      "NaN; of equal keys the first counts.",
      example_of<T>("[7] {\"keys\":[5,7],\"values\":[0.5,2.5],\"fallback\":-1} -> 2.5; "
                    "[6] {\"keys\":[5,7],\"values\":[0.5,2.5],\"fallback\":-1} -> -1",
                    "[\"b\"] {\"keys\":[\"a\",\"b\"],\"values\":[0.5,2.5],\"fallback\":-1} -> 2.5; "
                    "[\"c\"] {\"keys\":[\"a\",\"b\"],\"values\":[0.5,2.5],\"fallback\":-1} -> -1")};
  static constexpr ParamSpec params[] = {
      {"keys", list_kind<T>, nullptr, "The keys."},
      {"values", ParamKind::kFloat64List, nullptr, "One value for each key."},
      {"fallback", ParamKind::kFloat64, nullptr, "The answer for any other x."}};
  static constexpr bool vectorize = false;
  Lookup<T> lookup;
  std::vector<double> values{0.0};  // the fallback, then the value of each key: find() + 1 is the place

  const char* init(const Params& p) {
    const auto& keys = list_of<T>(p, "keys");
    const std::vector<double>& given = p.float64s("values");
    if (keys.size() != given.size()) return "keys and values must have the same length";
    values.assign(1, p.float64("fallback", 0));
    values.insert(values.end(), given.begin(), given.end());
    return lookup.init(keys, NanKeys::kEqual);
  }
  SK_INLINE double call(T x) const { return values[static_cast<size_t>(lookup.find(x) + 1)]; }
};

// What encoders need: a lookup that also decides about missing and unknown values.
template <class T>
struct CategoryValue {
  static constexpr Doc doc{
      "categoryValue", "x",
      "The value of x among the categories; of equal categories the first counts and -0 equals 0. A missing x "
      "(null, NaN) has the value in `missing`, any other x the value in `unknown`. Where `missing` is empty a "
      "missing x counts as unknown; where `unknown` is empty an unknown x fails.",
      example_of<T>("[7] {\"categories\":[5,7],\"values\":[0,1],\"missing\":[],\"unknown\":[-1]} -> 1; "
                    "[6] {\"categories\":[5,7],\"values\":[0,1],\"missing\":[],\"unknown\":[-1]} -> -1; "
                    "[null] {\"categories\":[5,7],\"values\":[0,1],\"missing\":[2],\"unknown\":[]} -> 2",
                    "[\"b\"] {\"categories\":[\"a\",\"b\"],\"values\":[0,1],\"missing\":[],\"unknown\":[]} -> 1; "
                    "[null] {\"categories\":[\"a\"],\"values\":[0],\"missing\":[],\"unknown\":[-1]} -> -1")};
  static constexpr ParamSpec params[] = {
      {"categories", list_kind<T>, nullptr, "The categories."},
      {"values", ParamKind::kFloat64List, nullptr, "One value for each category."},
      {"missing", ParamKind::kFloat64List, nullptr, "The value of null and NaN, or none."},
      {"unknown", ParamKind::kFloat64List, nullptr, "The value of what is no category, or none."}};
  static constexpr unsigned effects = kMayFail;
  static constexpr bool vectorize = false;
  Lookup<T> lookup;
  std::vector<double> values{0.0, 0.0};  // of a missing x, of an unknown x, of each category: find() + 2 is the place
  Outcome on_missing = Outcome::kOk, on_unknown = Outcome::kOk;

  const char* init(const Params& p) {
    const auto& categories = list_of<T>(p, "categories");
    const std::vector<double>& given = p.float64s("values");
    const std::vector<double>& missing = p.float64s("missing");
    const std::vector<double>& unknown = p.float64s("unknown");
    if (categories.size() != given.size()) return "categories and values must have the same length";
    if (missing.size() > 1) return "missing must have at most one value";
    if (unknown.size() > 1) return "unknown must have at most one value";
    on_unknown = unknown.empty() ? Outcome::kUnknownCategory : Outcome::kOk;
    on_missing = missing.empty() ? on_unknown : Outcome::kOk;
    values.assign(2, unknown.empty() ? 0.0 : unknown[0]);
    if (!missing.empty()) values[0] = missing[0];
    values.insert(values.end(), given.begin(), given.end());
    return lookup.init(categories, NanKeys::kNeverFound);
  }
  SK_INLINE Outcome callNullable(double& out, Maybe<T> x) const {
    if (!x.present || is_nan(x.value)) {
      out = values[0];
      return on_missing;
    }
    const int64_t at = lookup.find(x.value);
    out = values[static_cast<size_t>(at + 2)];
    return at < 0 ? on_unknown : Outcome::kOk;
  }

 private:
  static SK_INLINE bool is_nan(double x) { return x != x; }
  static SK_INLINE bool is_nan(int64_t) { return false; }
  static SK_INLINE bool is_nan(StringView) { return false; }
};

struct QuantileRank {
  static constexpr Doc doc{
      "quantileRank", "x",
      "The fraction of the training data below x: between two quantiles by linear interpolation of their "
      "references, in the middle of equal ones. 0 at the first quantile and 1 at the last, also within "
      "`margin` of them when it is above 0. NaN stays.",
      "[2] {\"quantiles\":[0,4],\"references\":[0,1],\"margin\":0} -> 0.5; "
      "[9] {\"quantiles\":[0,4],\"references\":[0,1],\"margin\":0} -> 1; "
      "[1] {\"quantiles\":[0,1,1,2],\"references\":[0,0.25,0.5,1],\"margin\":0} -> 0.375"};
  static constexpr ParamSpec params[] = {
      {"quantiles", ParamKind::kFloat64List, nullptr, "Finite and not decreasing, at least one."},
      {"references", ParamKind::kFloat64List, nullptr, "The fraction that each quantile stands for."},
      {"margin", ParamKind::kFloat64, nullptr, "How near to either end counts as the end."}};
  static constexpr bool vectorize = false;
  std::vector<double> quantiles{0.0}, references{0.0};
  double margin = 0;

  const char* init(const Params& p) {
    quantiles = p.float64s("quantiles");
    references = p.float64s("references");
    margin = p.float64("margin", 0);
    if (quantiles.empty()) return "quantiles must not be empty";
    if (quantiles.size() != references.size()) return "quantiles and references must have the same length";
    for (size_t i = 0; i < quantiles.size(); ++i) {
      if (quantiles[i] - quantiles[i] != 0) return "quantiles must be finite";
      if (i > 0 && quantiles[i] < quantiles[i - 1]) return "quantiles must not decrease";
    }
    return nullptr;
  }
  SK_INLINE double call(double x) const {
    const double low = quantiles.front(), high = quantiles.back();
    if (x != x) return x;
    if (margin > 0 ? x - margin < low : x == low) return 0;
    if (margin > 0 ? x + margin > high : x == high) return 1;
    if (x <= low) return references.front();
    if (x >= high) return references.back();
    // low < x < high: one quantile is below x, and one above.
    const double* first = quantiles.data();
    const double* at = first;
    // The first that is not below x, by halving without branches: see BucketIndex.
    for (size_t count = quantiles.size(); count > 1;) {
      const size_t half = count / 2;
      at += half & (0 - static_cast<size_t>(at[half - 1] < x));
      count -= half;
    }
    at += static_cast<size_t>(*at < x);
    const size_t right = static_cast<size_t>(at - first);
    if (*at != x) {
      const double slope = (references[right] - references[right - 1]) / (*at - at[-1]);
      // Once from either side, as scikit-learn does: the two round differently.
      const double forward = slope * (x - at[-1]) + references[right - 1];
      const double backward = slope * (*at - x) - references[right];
      return 0.5 * (forward - backward);
    }
    const double* last = std::upper_bound(at, first + quantiles.size(), x) - 1;
    return 0.5 * (references[static_cast<size_t>(last - first)] + references[right]);
  }
};

// Algorithm AS 241 (PPND16) of M. J. Wichura, Applied Statistics 37 (1988): rational approximations near the
// middle, in the tails and far out.
struct NormalQuantile {
  static constexpr Doc doc{"normalQuantile", "p",
                           "The x below which a standard normal variable lies with probability p, to about 1e-15 "
                           "relative. -Infinity for 0, Infinity for 1 and NaN outside.",
                           "[0.5] -> 0; [0] -> \"-Infinity\"; [1] -> \"Infinity\"; [2] -> \"NaN\""};
  static constexpr bool vectorize = false;

  SK_INLINE double call(double p) const {
    const double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) {
      const double r = 0.180625 - q * q;
      return q * ratio(r, kMiddleOver, kMiddleUnder);
    }
    const double tail = q < 0 ? p : 1 - p;
    if (tail == 0) return q < 0 ? -kInfinity : kInfinity;
    const double r = math::sqrt(-math::log(tail));  // NaN outside [0, 1]
    const double x = r <= 5 ? ratio(r - 1.6, kTailOver, kTailUnder) : ratio(r - 5, kFarOver, kFarUnder);
    return q < 0 ? -x : x;
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  static constexpr double kMiddleOver[8] = {
      3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
      4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double kMiddleUnder[8] = {
      1.0,                      4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
      2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3};
  static constexpr double kTailOver[8] = {
      1.42343711074968357734e0, 4.63033784615654529590e0,  5.76949722146069140550e0,  3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double kTailUnder[8] = {
      1.0,                       2.05319162663775882187e0,  1.67638483018380384940e0,  6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
  static constexpr double kFarOver[8] = {
      6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,  2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double kFarUnder[8] = {
      1.0,                       5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};

  static SK_INLINE double ratio(double r, const double (&over)[8], const double (&under)[8]) {
    double a = over[7], b = under[7];
    for (int i = 6; i >= 0; --i) {
      a = a * r + over[i];
      b = b * r + under[i];
    }
    return a / b;
  }
};

using FittedFunctions =
    FunctionList<Standardize, MinMaxScale, CategoryIndex<StringView>, CategoryIndex<double>,
                 CategoryIndex<int64_t>, BucketIndex, LookupFloat64<StringView>, LookupFloat64<int64_t>,
                 LookupFloat64<double>, CategoryValue<StringView>, CategoryValue<double>, CategoryValue<int64_t>, QuantileRank,
                 NormalQuantile, SplineBasis>;

}  // namespace skewless::ops
