// Kernels that fitted transformations are lowered to: their parameters are the fitted state.
#pragma once
#include <cstdint>
#include <vector>

#include "ops/lookup.h"
#include "ops/order.h"
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

using FittedFunctions =
    FunctionList<Standardize, MinMaxScale, CategoryIndex<StringView>, CategoryIndex<double>,
                 CategoryIndex<int64_t>, BucketIndex, LookupFloat64<StringView>, LookupFloat64<int64_t>,
                 LookupFloat64<double>, CategoryValue<StringView>, CategoryValue<double>, CategoryValue<int64_t>>;

}  // namespace skewless::ops
