// Lists and vectors: every function against values found by hand or with exact rational arithmetic, and the
// fixed-order sums against a literal reading of their definition.
#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/lanes.h"
#include "core/order.h"
#include "ops/list_stats.h"
#include "ops/list_window.h"
#include "ops/lists.h"
#include "ops/vectors.h"
#include "test/check.h"
#include "test/list_fixture.h"

namespace skewless::test {
namespace {

using namespace ops;

Params one_text(const char* name, const char* value) {
  return Params({Param{name, ParamKind::kUtf8, {}, {}, {value}}});
}
Params unit(int64_t ticks_per_second) {
  return Params({Param{"unit", ParamKind::kInt64, {ticks_per_second}, {}, {}}});
}

// ---- the definition of the sum, literally ----

double literal_lane_sum(const std::vector<double>& terms) {
  double l[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (size_t j = 0; j < terms.size(); ++j) l[j % 8] = l[j % 8] + terms[j];
  return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}

std::mt19937_64 random_bits(20240607);

double random_double() {
  // Exponents far apart, so that every order of addition gives other bits.
  const double fraction = static_cast<double>(random_bits() >> 11) / 9007199254740992.0 - 0.5;
  return std::ldexp(fraction, static_cast<int>(random_bits() % 80));
}

std::vector<double> present(const std::vector<std::optional<double>>& items) {
  std::vector<double> out;
  for (const auto& x : items)
    if (x) out.push_back(*x);
  return out;
}

void check_sums(const std::vector<std::optional<double>>& x, const std::vector<std::optional<double>>& y,
                int64_t offset) {
  const F lx(x, offset), ly(y, offset);
  const std::vector<double> p = present(x);
  const double n = static_cast<double>(p.size());
  const double sum = literal_lane_sum(p);
  CHECK(is(ListSum<double>{}.call(lx), sum));
  CHECK(ListCount<double>{}.call(lx) == static_cast<int64_t>(p.size()));
  CHECK(ListNullCount<double>{}.call(lx) == static_cast<int64_t>(x.size() - p.size()));
  if (p.empty()) {
    CHECK(ask<ListMean>(lx).null());
    return;
  }
  const double mean = sum / n;
  CHECK(gives(ask<ListMean>(lx), mean));
  std::vector<double> terms;
  for (double v : p) terms.push_back((v - mean) * (v - mean));
  CHECK(gives(ask<ListVar>(lx, int64_t{0}), literal_lane_sum(terms) / n));
  CHECK(gives(ask<ListStd>(lx, int64_t{0}), std::sqrt(literal_lane_sum(terms) / n)));
  if (p.size() > 1) {
    CHECK(gives(ask<ListVar>(lx, int64_t{1}), literal_lane_sum(terms) / (n - 1)));
    terms.clear();
    for (size_t i = 0; i < p.size(); ++i) terms.push_back((static_cast<double>(i) - (n - 1) / 2) * p[i]);
    CHECK(gives(ask<ListSlope>(lx), literal_lane_sum(terms) / (n * (n * n - 1) / 12)));
  }

  // Pairs of which both sides are present.
  std::vector<double> px, py, products, squares;
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i] && y[i]) {
      px.push_back(*x[i]);
      py.push_back(*y[i]);
    }
  if (px.size() > 1) {
    const double pairs = static_cast<double>(px.size());
    const double mx = literal_lane_sum(px) / pairs, my = literal_lane_sum(py) / pairs;
    for (size_t i = 0; i < px.size(); ++i) {
      products.push_back((px[i] - mx) * (py[i] - my));
      squares.push_back((px[i] - mx) * (px[i] - mx));
    }
    CHECK(gives(ask<ListSlopeOver>(ly, lx), literal_lane_sum(products) / literal_lane_sum(squares)));
  }

  const bool nulls = px.size() != x.size();
  std::vector<double> dots, xx, yy, absolute, far, taxi;
  for (size_t i = 0; i < px.size(); ++i) {
    dots.push_back(px[i] * py[i]);
    xx.push_back(px[i] * px[i]);
    yy.push_back(py[i] * py[i]);
    absolute.push_back(std::fabs(px[i]));
    far.push_back((px[i] - py[i]) * (px[i] - py[i]));
    taxi.push_back(std::fabs(px[i] - py[i]));
  }
  if (nulls) {
    CHECK(ask<VectorDot>(lx, ly).null());
    CHECK(ask<VectorCosineSimilarity>(lx, ly).null());
    CHECK(ask<VectorEuclideanDistance>(lx, ly).null());
    CHECK(ask<VectorSquaredDistance>(lx, ly).null());
    CHECK(ask<VectorManhattanDistance>(lx, ly).null());
    return;
  }
  CHECK(gives(ask<VectorDot>(lx, ly), literal_lane_sum(dots)));
  CHECK(gives(ask<VectorL1Norm>(lx), literal_lane_sum(absolute)));
  CHECK(gives(ask<VectorL2Norm>(lx), std::sqrt(literal_lane_sum(xx))));
  CHECK(gives(ask<VectorCosineSimilarity>(lx, ly), literal_lane_sum(dots) / (std::sqrt(literal_lane_sum(xx)) *
                                                                           std::sqrt(literal_lane_sum(yy)))));
  CHECK(gives(ask<VectorEuclideanDistance>(lx, ly), std::sqrt(literal_lane_sum(far))));
  CHECK(gives(ask<VectorSquaredDistance>(lx, ly), literal_lane_sum(far)));
  CHECK(gives(ask<VectorManhattanDistance>(lx, ly), literal_lane_sum(taxi)));
}

void test_sums() {
  std::vector<int> lengths;
  for (int n = 0; n <= 40; ++n) lengths.push_back(n);
  for (int n : {63, 64, 65, 127, 128, 129, 200, 1000}) lengths.push_back(n);
  for (int n : lengths)
    for (unsigned null_in_8 : {0u, 1u, 4u, 7u}) {
      const int64_t offset = static_cast<int64_t>(random_bits() % 20);
      std::vector<std::optional<double>> x, y;
      for (int i = 0; i < n; ++i) {
        x.push_back(random_bits() % 8 < null_in_8 ? null : std::optional(random_double()));
        y.push_back(random_bits() % 8 < null_in_8 ? null : std::optional(random_double()));
      }
      check_sums(x, y, offset);
    }
  // The order matters: 1e16 swallows a 1 that comes first to its lane, but not the sum of the others' ones.
  CHECK(is(ListSum<double>{}.call(F{1e16, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0}), 1e16 + 6));
  CHECK(is(ListSum<double>{}.call(F{}), 0.0));
  CHECK(is(ListSum<double>{}.call(F{null, null}), 0.0));
  CHECK(is(ListSum<double>{}.call(F{-0.0}), 0.0));
  CHECK(is(ListSum<double>{}.call(F{1.0, 2.5, null, 4.0}), 7.5));
  CHECK(is(ListSum<double>{}.call(F{kInf, -kInf}), kNaN));
  // One NaN, whatever the payloads that went in.
  CHECK(same_bits(ListSum<double>{}.call(F{-kNaN, std::bit_cast<double>(0x7ff800000000beef)}), kNaN));
  CHECK(same_bits(ListSum<double>{}.call(F{kInf, -kInf}), kNaN));
}

void test_bits() {
  for (int round = 0; round < 2000; ++round) {
    const int64_t offset = static_cast<int64_t>(random_bits() % 70);
    const int64_t length = static_cast<int64_t>(random_bits() % 200);
    const size_t bytes = static_cast<size_t>((offset + length + 7) / 8);
    auto bits = std::make_unique<uint8_t[]>(bytes);
    for (size_t i = 0; i < bytes; ++i) bits[i] = static_cast<uint8_t>(random_bits());
    int64_t expected = 0;
    for (int64_t i = offset; i < offset + length; ++i)
      expected += (bits[static_cast<size_t>(i >> 3)] >> (i & 7)) & 1;
    CHECK(count_set_bits(bits.get(), offset, length) == expected);
  }
  CHECK(count_set_bits(nullptr, 5, 0) == 0);
}

void test_elements() {
  const I x{7, null, 9};
  CHECK(ListCount<int64_t>{}.call(x) == 2);
  CHECK(ListSize<int64_t>{}.call(x) == 3);
  CHECK(ListNullCount<int64_t>{}.call(x) == 1);
  CHECK(ListCount<StringView>{}.call(texts({"a", nullptr})) == 1);
  CHECK(ListSize<StringView>{}.call(texts({"a", nullptr})) == 2);
  CHECK(ListNullCount<Timestamp>{}.call(times({null, null})) == 2);
  CHECK(ListCount<Timestamp>{}.call(times({})) == 0);

  CHECK(gives(ask<ListFirst<int64_t>>(x), 7));
  CHECK(gives(ask<ListLast<int64_t>>(x), 9));
  CHECK(gives(ask<ListFirst<double>>(F{null, -0.0, 4.0}), -0.0));
  CHECK(gives(ask<ListLast<double>>(F{3.0, 4.0, null}), 4.0));
  CHECK(ask<ListFirst<double>>(F{}).null());
  CHECK(ask<ListLast<double>>(F{null, null}).null());
  CHECK(gives(ask<ListFirst<StringView>>(texts({nullptr, "a", "b"})), sv("a")));
  CHECK(gives(ask<ListLast<StringView>>(texts({"a", "", nullptr})), sv("")));
  CHECK(gives(ask<ListFirst<Timestamp>>(times({null, 5})), Timestamp{5}));
  CHECK(ask<ListLast<Timestamp>>(times({null})).null());

  CHECK(gives(ask<ListElement<int64_t>>(x, int64_t{2}), 9));
  CHECK(gives(ask<ListElement<int64_t>>(x, int64_t{-3}), 7));
  CHECK(ask<ListElement<int64_t>>(x, int64_t{1}).null());
  CHECK(ask<ListElement<int64_t>>(x, int64_t{-2}).null());
  for (int64_t i : {int64_t{3}, int64_t{-4}, kMin, kMax}) CHECK(ask<ListElement<int64_t>>(x, i).null());
  CHECK(ask<ListElement<double>>(F{}, int64_t{0}).null());
  CHECK(ask<ListElement<double>>(F{}, int64_t{-1}).null());
  CHECK(gives(ask<ListElement<StringView>>(texts({"a", "b"}), int64_t{-1}), sv("b")));
  CHECK(ask<ListElement<StringView>>(texts({"a", nullptr}), int64_t{-1}).null());
  CHECK(gives(ask<ListElement<Timestamp>>(times({4, 5}), int64_t{1}), Timestamp{5}));
}

void test_int_sum_and_extremes() {
  CHECK(gives(ask<ListSum<int64_t>>(I{1, 2, null, 4}), 7));
  CHECK(gives(ask<ListSum<int64_t>>(I{}), 0));
  CHECK(gives(ask<ListSum<int64_t>>(I{kMax, 1, -1}), kMax));
  CHECK(gives(ask<ListSum<int64_t>>(I{kMin, kMax}), -1));
  CHECK(gives(ask<ListSum<int64_t>>(I{kMin}), kMin));
  CHECK(gives(ask<ListSum<int64_t>>(I{kMax, kMax, null, kMin, kMin, 2}), 0));
  CHECK(ask<ListSum<int64_t>>(I{kMax, null, 1}).fails(Outcome::kIntegerOverflow));
  CHECK(ask<ListSum<int64_t>>(I{kMin, -1}).fails(Outcome::kIntegerOverflow));
  CHECK(ask<ListSum<int64_t>>(I{kMin, kMin}).fails(Outcome::kIntegerOverflow));
  CHECK(ask<ListSum<int64_t>>(I{kMax, kMax, kMax, kMax, kMax}).fails(Outcome::kIntegerOverflow));
  CHECK(gives(ask<ListSum<int64_t>>(I{-1, -1, -4294967296}), -4294967298));

  CHECK(gives(ask<ListMin<double>>(F{3.0, null, -1.0}), -1.0));
  CHECK(gives(ask<ListMax<double>>(F{3.0, null, -1.0}), 3.0));
  CHECK(gives(ask<ListMin<double>>(F{0.0, -0.0, 0.0}), -0.0));
  CHECK(gives(ask<ListMax<double>>(F{-0.0, 0.0, -0.0}), 0.0));
  CHECK(gives(ask<ListMax<double>>(F{-0.0}), -0.0));
  CHECK(gives(ask<ListMin<double>>(F{kInf}), kInf));
  CHECK(gives(ask<ListMax<double>>(F{-kInf, null}), -kInf));
  CHECK(gives(ask<ListMin<double>>(F{1.0, -kNaN, -kInf}), kNaN));
  CHECK(gives(ask<ListMax<double>>(F{1.0, -kNaN, kInf}), kNaN));
  CHECK(same_bits(ask<ListMin<double>>(F{1.0, -kNaN}).value, kNaN));
  CHECK(ask<ListMin<double>>(F{}).null());
  CHECK(ask<ListMax<double>>(F{null}).null());
  CHECK(gives(ask<ListMin<int64_t>>(I{5, kMin, null}), kMin));
  CHECK(gives(ask<ListMax<int64_t>>(I{5, null, kMax}), kMax));
  CHECK(gives(ask<ListMin<int64_t>>(I{kMax}), kMax));
  CHECK(gives(ask<ListMax<int64_t>>(I{kMin}), kMin));
  CHECK(ask<ListMax<int64_t>>(I{null}).null());
  CHECK(gives(ask<ListMin<Timestamp>>(times({5, 3, null})), Timestamp{3}));
  CHECK(gives(ask<ListMax<Timestamp>>(times({5, 3, null})), Timestamp{5}));
  CHECK(ask<ListMin<Timestamp>>(times({})).null());
}

int64_t count_where(const char* op, const F& x, double v) {
  ListCountWhere<double> f;
  CHECK(f.init(one_text("op", op)) == nullptr);
  return f.call(x, v);
}

void test_searches() {
  const F x{1.0, 5.0, null, 9.0, kNaN, -0.0};
  CHECK(count_where("eq", x, 5) == 1);
  CHECK(count_where("ne", x, 5) == 4);
  CHECK(count_where("lt", x, 5) == 2);
  CHECK(count_where("le", x, 5) == 3);
  CHECK(count_where("gt", x, 5) == 1);
  CHECK(count_where("ge", x, 5) == 2);
  CHECK(count_where("eq", x, 0) == 1);
  CHECK(count_where("eq", x, kNaN) == 0);
  CHECK(count_where("ne", x, kNaN) == 5);
  CHECK(count_where("ge", x, kNaN) == 0);
  CHECK(count_where("ge", F{}, 0) == 0);
  ListCountWhere<double> f;
  CHECK(f.init(one_text("op", "like")) != nullptr);
  CHECK(f.init(Params({})) != nullptr);
  ListCountWhere<StringView> g;
  CHECK(g.init(one_text("op", "lt")) != nullptr);
  CHECK(g.init(one_text("op", "ne")) == nullptr);
  CHECK(g.call(texts({"a", "b", nullptr}), sv("a")) == 1);
  CHECK(g.init(one_text("op", "eq")) == nullptr);
  CHECK(g.call(texts({"a", "", nullptr, ""}), sv("")) == 2);

  CHECK(ListHas<double>{}.call(x, 9));
  CHECK(ListHas<double>{}.call(x, 0));
  CHECK(!ListHas<double>{}.call(x, kNaN));
  CHECK(!ListHas<double>{}.call(F{null}, std::bit_cast<double>(uint64_t{0x7ff4dead0000beef})));
  CHECK(!ListHas<double>{}.call(F{}, 1));
  CHECK(!ListHas<int64_t>{}.call(I{1, null, 3}, kMin));
  CHECK(ListHas<int64_t>{}.call(I{1, null, 3}, 3));
  CHECK(ListHas<StringView>{}.call(texts({"a", nullptr, "\xc3\xa9"}), sv("\xc3\xa9")));
  CHECK(!ListHas<StringView>{}.call(texts({"a"}), sv("A")));

  CHECK(gives(ask<ListJoin>(texts({"a", nullptr, "b"}), sv("-")), sv("a-b")));
  CHECK(gives(ask<ListJoin>(texts({nullptr, "", ""}), sv(", ")), sv(", ")));
  CHECK(gives(ask<ListJoin>(texts({}), sv("-")), sv("")));
  CHECK(gives(ask<ListJoin>(texts({"ab", "c"}), StringView{nullptr, 0}), sv("abc")));
  // Sizes alone decide before a byte is read.
  const StringView huge{"", int64_t{1} << 30};
  CHECK(ask<ListJoin>(List<StringView>{huge, huge}, sv("")).fails(Outcome::kTooLarge));
  const StringView endless{"", kMax / 2};
  CHECK(ask<ListJoin>(List<StringView>{sv("a"), sv("b")}, endless).fails(Outcome::kTooLarge));

  CHECK(gives(ask<ListDiffs>(F{1.0, 4.0, null, 2.0}), F{3.0, -2.0}));
  CHECK(gives(ask<ListDiffs>(F{null, 1.0, null, null, 4.0, null}), F{3.0}));
  CHECK(gives(ask<ListDiffs>(F{kInf, kInf, 1.0}), F{kNaN, -kInf}));
  CHECK(gives(ask<ListDiffs>(F{5.0, null}), F{}));
  CHECK(gives(ask<ListDiffs>(F{}), F{}));
}

void test_spread() {
  CHECK(gives(ask<ListVar>(F{1.0, 3.0, null, 5.0}, int64_t{1}), 4.0));
  CHECK(gives(ask<ListVar>(F{2.0, 4.0}, int64_t{0}), 1.0));
  CHECK(gives(ask<ListStd>(F{1.0, 3.0, null, 5.0}, int64_t{1}), 2.0));
  // statistics.pvariance of these by exact fractions is 4, of the next 161/20.
  CHECK(gives(ask<ListVar>(F{2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}, int64_t{0}), 4.0));
  CHECK(gives(ask<ListVar>(F{7.0}, int64_t{0}), 0.0));
  CHECK(ask<ListVar>(F{7.0}, int64_t{1}).null());
  CHECK(ask<ListStd>(F{7.0, 8.0}, int64_t{3}).null());
  CHECK(ask<ListVar>(F{}, int64_t{0}).null());
  CHECK(ask<ListVar>(F{null}, int64_t{0}).null());
  CHECK(ask<ListVar>(F{1.0, 2.0}, kMax).null());
  CHECK(gives(ask<ListVar>(F{0.0, 2.0}, kMin), 2.0 / 9223372036854775808.0));
  CHECK(gives(ask<ListVar>(F{1.0, kNaN}, int64_t{0}), kNaN));
  CHECK(gives(ask<ListVar>(F{1.0, kInf}, int64_t{0}), kNaN));
  CHECK(gives(ask<ListStd>(F{1e200, -1e200}, int64_t{0}), kInf));
  CHECK(gives(ask<ListMean>(F{1.0, 2.0, null, 6.0}), 3.0));
}

void test_quantiles() {
  CHECK(gives(ask<ListQuantile>(F{4.0, 1.0, null, 3.0, 2.0}, 0.5), 2.5));
  CHECK(gives(ask<ListQuantile>(F{10.0, 20.0}, 0.25), 12.5));
  CHECK(gives(ask<ListQuantile>(F{10.0, 20.0}, 0.0), 10.0));
  CHECK(gives(ask<ListQuantile>(F{10.0, 20.0}, 1.0), 20.0));
  CHECK(gives(ask<ListQuantile>(F{7.0}, 0.3), 7.0));
  CHECK(ask<ListQuantile>(F{}, 0.5).null());
  CHECK(ask<ListQuantile>(F{null, null}, 0.5).null());
  CHECK(ask<ListQuantile>(F{1.0}, -0.1).null());
  CHECK(ask<ListQuantile>(F{1.0}, 1.0000001).null());
  CHECK(ask<ListQuantile>(F{1.0}, kNaN).null());
  CHECK(ask<ListQuantile>(F{kNaN}, kNaN).null());
  CHECK(gives(ask<ListQuantile>(F{1.0, kNaN, 2.0}, 0.0), kNaN));
  CHECK(gives(ask<ListQuantile>(F{1.0, 2.0, kInf}, 0.5), 2.0));
  CHECK(gives(ask<ListQuantile>(F{kInf, kInf}, 0.5), kInf));
  CHECK(gives(ask<ListQuantile>(F{-kInf, kInf}, 0.5), kNaN));
  CHECK(gives(ask<ListQuantile>(F{1.0, kInf}, 0.5), kInf));
  CHECK(gives(ask<ListQuantile>(F{0.0, -0.0}, 0.0), -0.0));
  CHECK(gives(ask<ListQuantile>(F{-0.0, 0.0}, -0.0), -0.0));
  CHECK(gives(ask<ListMedian>(F{4.0, 1.0, null, 9.0}), 4.0));
  CHECK(gives(ask<ListMedian>(F{2.0, 1.0}), 1.5));
  CHECK(ask<ListMedian>(F{}).null());

  for (int n : {1, 2, 3, 16, 31, 32, 33, 34, 63, 64, 65, 100, 1000})
    for (double q : {0.0, 0.1, 0.25, 0.5, 0.9, 0.99, 1.0}) {
      std::vector<std::optional<double>> x;
      for (int i = 0; i < n; ++i) {
        x.push_back(random_bits() % 3 == 0 ? std::floor(random_double()) : random_double());
        if (random_bits() % 4 == 0) x.push_back(null);
      }
      std::vector<double> a = present(x);
      std::sort(a.begin(), a.end());
      const double h = static_cast<double>(n - 1) * q;
      const size_t lo = static_cast<size_t>(std::floor(h)), hi = std::min(lo + 1, a.size() - 1);
      const double expected = a[lo] == a[hi] ? a[lo] : a[lo] + (h - std::floor(h)) * (a[hi] - a[lo]);
      CHECK(gives(ask<ListQuantile>(F(x), q), expected));
      if (q == 0.5) CHECK(gives(ask<ListMedian>(F(x)), expected));
    }
  arena.reset();
}

void test_sorting() {
  CHECK(gives(ask<ListSort>(F{3.0, null, kNaN, 1.0}), F{1.0, 3.0, kNaN}));
  CHECK(gives(ask<ListSort>(F{kInf, 0.0, -0.0, -kNaN, -kInf, 5e-324, -5e-324}),
              F{-kInf, -5e-324, -0.0, 0.0, 5e-324, kInf, kNaN}));
  CHECK(gives(ask<ListSort>(F{}), F{}));
  CHECK(gives(ask<ListSort>(F{null}), F{}));

  CHECK(gives(ask<ListTopK>(F{2.0, 9.0, null, 5.0}, int64_t{2}), F{9.0, 5.0}));
  CHECK(gives(ask<ListTopK>(F{kNaN, 1.0}, int64_t{3}), F{1.0, kNaN}));
  CHECK(gives(ask<ListTopK>(F{-0.0, 0.0, -kInf, kNaN, kInf}, int64_t{4}), F{kInf, 0.0, -0.0, -kInf}));
  CHECK(gives(ask<ListTopK>(F{1.0}, int64_t{0}), F{}));
  CHECK(gives(ask<ListTopK>(F{1.0}, kMin), F{}));
  CHECK(gives(ask<ListTopK>(F{1.0, null, 2.0}, kMax), F{2.0, 1.0}));
  CHECK(gives(ask<ListTopK>(F{}, int64_t{1}), F{}));

  for (int n : {5, 31, 32, 33, 64, 65, 100, 3000}) {
    std::vector<std::optional<double>> x;
    for (int i = 0; i < n; ++i) {
      x.push_back(random_bits() % 10 == 0 ? kNaN : std::floor(random_double() / 64));
      if (random_bits() % 4 == 0) x.push_back(null);
    }
    // NaN after every number both ways round, told by hand and not by keys.
    std::vector<double> up = present(x), down = up;
    std::stable_sort(up.begin(), up.end(), [](double a, double b) {
      if (a != a || b != b) return a == a && b != b;
      return a < b || (a == b && std::signbit(a) && !std::signbit(b));
    });
    std::stable_sort(down.begin(), down.end(), [](double a, double b) {
      if (a != a || b != b) return a == a && b != b;
      return a > b || (a == b && !std::signbit(a) && std::signbit(b));
    });
    CHECK(gives(ask<ListSort>(F(x)), F(std::vector<std::optional<double>>(up.begin(), up.end()))));
    for (int64_t k : {int64_t{1}, int64_t{3}, static_cast<int64_t>(n) - 1, static_cast<int64_t>(n), kMax}) {
      const auto kept = std::min<int64_t>(k, n);
      const std::vector<std::optional<double>> expected(down.begin(), down.begin() + kept);
      CHECK(gives(ask<ListTopK>(F(x), k), F(expected)));
    }
  }
  arena.reset();
}

void test_distinct() {
  CHECK(gives(ask<ListNUnique<double>>(F{3.0, null, 3.0, 4.0}), 2));
  CHECK(gives(ask<ListNUnique<double>>(F{0.0, -0.0, kNaN, -kNaN, kInf}), 3));
  CHECK(gives(ask<ListNUnique<double>>(F{}), 0));
  CHECK(gives(ask<ListNUnique<double>>(F{null, 1.0}), 1));
  CHECK(gives(ask<ListNUnique<int64_t>>(I{kMin, kMax, kMin, null}), 2));
  CHECK(gives(ask<ListNUnique<StringView>>(texts({"a", "b", "a", nullptr, "", "ab", ""})), 4));
  CHECK(gives(ask<ListNUnique<StringView>>(texts({})), 0));

  CHECK(gives(ask<ListMode<double>>(F{4.0, 7.0, null, 7.0}), 7.0));
  CHECK(gives(ask<ListMode<double>>(F{2.0, 1.0}), 2.0));
  CHECK(gives(ask<ListMode<double>>(F{5.0, -0.0, 0.0}), -0.0));
  CHECK(gives(ask<ListMode<double>>(F{1.0, kNaN, 2.0, -kNaN}), kNaN));
  CHECK(ask<ListMode<double>>(F{null}).null());
  CHECK(gives(ask<ListMode<int64_t>>(I{9, 1, 1, 9, 5}), 9));
  CHECK(gives(ask<ListMode<int64_t>>(I{kMax, null, 1, null, 1}), 1));
  CHECK(gives(ask<ListMode<StringView>>(texts({"x", "y", "y"})), sv("y")));
  CHECK(gives(ask<ListMode<StringView>>(texts({"b", nullptr, "a"})), sv("b")));
  CHECK(gives(ask<ListMode<StringView>>(texts({"long", "", "a", ""})), sv("")));
  CHECK(ask<ListMode<StringView>>(texts({})).null());

  // Past the stack buffer, against counting by hand.
  for (int n : {64, 65, 500}) {
    std::vector<std::optional<int64_t>> x;
    std::vector<std::string> names;
    std::vector<std::optional<StringView>> s;
    for (int i = 0; i < n; ++i) x.push_back(static_cast<int64_t>(random_bits() % 40));
    for (const auto& v : x) names.push_back("element number " + std::to_string(*v));
    for (const auto& name : names) s.push_back(StringView{name.data(), static_cast<int64_t>(name.size())});
    int64_t distinct = 0, best = 0, best_count = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const auto here = x.begin() + static_cast<int64_t>(i);
      distinct += std::find(x.begin(), here, x[i]) == here;
      const int64_t c = std::count(x.begin(), x.end(), x[i]);
      if (c > best_count) {
        best_count = c;
        best = *x[i];
      }
    }
    x.push_back(null);
    s.push_back(null);
    CHECK(gives(ask<ListNUnique<int64_t>>(I(x)), distinct));
    CHECK(gives(ask<ListMode<int64_t>>(I(x)), best));
    CHECK(gives(ask<ListNUnique<StringView>>(List<StringView>(s)), distinct));
    const std::string mode = "element number " + std::to_string(best);
    CHECK(gives(ask<ListMode<StringView>>(List<StringView>(s)), sv(mode.c_str())));
  }
  arena.reset();
}

void test_slopes() {
  CHECK(gives(ask<ListSlope>(F{1.0, 3.0, null, 5.0}), 2.0));
  CHECK(gives(ask<ListSlope>(F{4.0, 4.0}), 0.0));
  CHECK(ask<ListSlope>(F{1.0, null}).null());
  CHECK(ask<ListSlope>(F{}).null());
  CHECK(gives(ask<ListSlope>(F{1.0, kNaN}), kNaN));
  // Exact by fractions: positions 0 to 3, values 3 1 4 1.5 give -3/20.
  CHECK(gives(ask<ListSlope>(F{3.0, 1.0, 4.0, 1.5}), -0.15));

  CHECK(gives(ask<ListSlopeOver>(F{1.0, 3.0, 9.0}, F{0.0, 1.0, 4.0}), 2.0));
  CHECK(gives(ask<ListSlopeOver>(F{1.0, null, 2.0}, F{0.0, 5.0, 2.0}), 0.5));
  CHECK(gives(ask<ListSlopeOver>(F{1.0, 7.0, 2.0}, F{0.0, null, 2.0}), 0.5));
  CHECK(ask<ListSlopeOver>(F{1.0, 2.0}, F{3.0, 3.0}).null());
  // The mean of three 0.1 is not 0.1, yet they are equal.
  CHECK(ask<ListSlopeOver>(F{1.0, 2.0, 4.0}, F{0.1, 0.1, 0.1}).null());
  CHECK(ask<ListSlopeOver>(F{1.0, 2.0}, F{0.0, 1e-200}).null());
  CHECK(ask<ListSlopeOver>(F{1.0, null}, F{null, 2.0}).null());
  CHECK(ask<ListSlopeOver>(F{}, F{}).null());
  CHECK(gives(ask<ListSlopeOver>(F{1.0, 2.0}, F{0.0, kNaN}), kNaN));
  CHECK(ask<ListSlopeOver>(F{1.0}, F{1.0, 2.0}).fails(Outcome::kOutOfRange));
}

void test_windows() {
  const Timestamp now{30};
  CHECK(gives(ask<ListWindow<double>>(F{1.0, 2.0, null, 4.0}, times({10, 20, 25, 31}), now, int64_t{20}),
              F{2.0, null}));
  // Not in order of time: the answer is a copy.
  CHECK(gives(ask<ListWindow<double>>(F{1.0, 2.0, null, 4.0, -0.0}, times({11, 31, 30, null, 29}), now,
                                      int64_t{20}),
              F{1.0, null, -0.0}));
  CHECK(gives(ask<ListWindow<int64_t>>(I{1, 2, 3}, times({29, 5, 30}), now, int64_t{2}), I{1, 3}));
  CHECK(gives(ask<ListWindow<StringView>>(texts({"a", "b", nullptr}), times({28, 5, 30}), now, int64_t{3}),
              texts({"a", nullptr})));
  CHECK(gives(ask<ListWindow<StringView>>(texts({"a"}), times({null}), now, int64_t{3}), texts({})));
  for (int64_t width : {int64_t{0}, int64_t{-1}, kMin})
    CHECK(gives(ask<ListWindow<double>>(F{1.0, 2.0}, times({30, kMin}), now, width), F{}));
  CHECK(gives(ask<ListWindow<double>>(F{}, times({}), now, int64_t{3}), F{}));
  CHECK(ask<ListWindow<double>>(F{1.0}, times({}), now, int64_t{3}).fails(Outcome::kOutOfRange));
  // now - width below the least tick.
  const Timestamp early{kMin + 5};
  CHECK(gives(ask<ListWindow<double>>(F{1.0, 2.0, 3.0}, times({kMin, 0, kMin + 5}), early, kMax),
              F{1.0, 3.0}));
  CHECK(gives(ask<ListWindow<double>>(F{1.0, 2.0}, times({kMin, kMax}), Timestamp{kMax}, kMax), F{2.0}));
  CHECK(gives(ask<ListWindow<double>>(F{1.0, 2.0}, times({kMin, kMin + 1}), Timestamp{-1}, kMax), F{2.0}));
  CHECK(gives(ask<ListWindow<double>>(F{1.0, 2.0}, times({kMin, kMin + 1}), Timestamp{-2}, kMax),
              F{1.0, 2.0}));
  CHECK(gives(ask<ListWindow<double>>(F{1.0}, times({kMin}), Timestamp{kMin}, int64_t{1}), F{1.0}));

  CHECK(gives(ask<ListWithinWindow>(times({10, 20, null, 31}), now, int64_t{20}), times({20})));
  CHECK(gives(ask<ListWithinWindow>(times({30, null, 11, 10}), now, int64_t{20}), times({30, 11})));
  CHECK(ask<ListWithinWindow>(times({null, 30, 29}), now, int64_t{20}).value.validity == nullptr);
  CHECK(gives(ask<ListWithinWindow>(times({10}), Timestamp{10}, int64_t{1}), times({10})));
  CHECK(gives(ask<ListWithinWindow>(times({}), now, int64_t{5}), times({})));

  // Many elements, against 128-bit arithmetic.
  for (int round = 0; round < 200; ++round) {
    const auto tick = [] { return static_cast<int64_t>(random_bits()) >> (random_bits() % 2 ? 0 : 58); };
    const Timestamp at{tick()};
    const int64_t width = tick();
    std::vector<std::optional<int64_t>> values, expected;
    std::vector<std::optional<Timestamp>> ts;
    for (int i = 0; i < 50; ++i) {
      values.push_back(random_bits() % 4 ? std::optional<int64_t>(i) : null);
      ts.push_back(random_bits() % 4 ? std::optional(Timestamp{tick()}) : null);
      if (!ts.back()) continue;
      __extension__ const __int128 t = ts.back()->ticks, end = at.ticks, start = end - width;
      if (start < t && t <= end) expected.push_back(values.back());
    }
    CHECK(gives(ask<ListWindow<int64_t>>(I(values), List<Timestamp>(ts, 5), at, width), I(expected)));
  }
  arena.reset();
}

void test_ages() {
  const auto recency = [](int64_t ticks_per_second, const List<Timestamp>& ts, int64_t now) {
    ListRecency f;
    CHECK(f.init(unit(ticks_per_second)) == nullptr);
    return run(&ListRecency::call, f, ts.view(), Timestamp{now});
  };
  CHECK(gives(recency(1000, times({1000, 2500, null, 9000}), 4000), 1.5));
  CHECK(gives(recency(0, times({3}), 5), 172800.0));
  CHECK(gives(recency(1, times({5}), 5), 0.0));
  CHECK(recency(1, times({9}), 5).null());
  CHECK(recency(1, times({null}), 5).null());
  CHECK(recency(1, times({}), kMax).null());
  CHECK(gives(recency(1, times({kMin}), kMax), 18446744073709551616.0));
  CHECK(gives(recency(1000000000, times({kMin}), kMin), 0.0));
  CHECK(gives(recency(1000000, times({-1}), 0), 1e-6));
  ListRecency bad;
  CHECK(bad.init(unit(7)) != nullptr);
  CHECK(bad.init(unit(-1)) != nullptr);
  CHECK(bad.init(Params({})) != nullptr);

  const auto decayed = [](int64_t ticks_per_second, const F& values, const List<Timestamp>& ts, int64_t now,
                          double half_life) {
    ListDecayedSum f;
    CHECK(f.init(unit(ticks_per_second)) == nullptr);
    return run(&ListDecayedSum::call, f, values.view(), ts.view(), Timestamp{now}, half_life);
  };
  CHECK(gives(decayed(1, F{8.0, 1.0, 4.0}, times({0, 10, 99}), 20, 10), 2.5));
  CHECK(gives(decayed(1000, F{8.0, 1.0, null, 3.0}, times({0, 10000, 10000, null}), 20000, 10), 2.5));
  CHECK(gives(decayed(0, F{8.0}, times({0}), 3, 86400), 1.0));
  CHECK(gives(decayed(1, F{}, times({}), 20, 10), 0.0));
  CHECK(gives(decayed(1, F{8.0, 4.0}, times({0, 5}), 20, kInf), 12.0));
  CHECK(gives(decayed(1, F{8.0}, times({kMin}), kMax, 1), 0.0));
  CHECK(gives(decayed(1, F{kNaN}, times({0}), 20, 10), kNaN));
  for (double h : {0.0, -0.0, -1.0, -kInf, kNaN}) CHECK(decayed(1, F{8.0}, times({0}), 20, h).null());
  CHECK(decayed(1, F{8.0}, times({0, 1}), 20, 10).fails(Outcome::kOutOfRange));
  CHECK(decayed(1, F{8.0}, times({0, 1}), 20, 0).fails(Outcome::kOutOfRange));
  // Powers of two are exact, so only the order of the sum can show.
  for (int n : {7, 8, 63, 64, 65, 150}) {
    std::vector<std::optional<double>> values;
    std::vector<std::optional<Timestamp>> ts;
    std::vector<double> terms;
    for (int i = 0; i < n; ++i) {
      const int age = static_cast<int>(random_bits() % 40) - 3;
      values.push_back(random_bits() % 5 ? std::optional(random_double()) : null);
      ts.push_back(Timestamp{100 - age});
      if (values.back() && age >= 0) terms.push_back(std::ldexp(*values.back(), -age));
    }
    CHECK(gives(decayed(1, F(values), List<Timestamp>(ts), 100, 1), literal_lane_sum(terms)));
  }
}

void test_vectors() {
  CHECK(gives(ask<VectorDot>(F{1.0, 2.0, 3.0}, F{4.0, -5.0, 6.0}), 12.0));
  CHECK(gives(ask<VectorDot>(F{}, F{}), 0.0));
  CHECK(gives(ask<VectorDot>(F{kInf}, F{0.0}), kNaN));
  CHECK(ask<VectorDot>(F{1.0, null}, F{1.0, 1.0}).null());
  CHECK(ask<VectorDot>(F{1.0, 1.0}, F{1.0, null}).null());
  CHECK(ask<VectorDot>(F{1.0, null}, F{1.0}).fails(Outcome::kOutOfRange));
  CHECK(ask<VectorCosineSimilarity>(F{1.0}, F{}).fails(Outcome::kOutOfRange));
  CHECK(ask<VectorEuclideanDistance>(F{1.0}, F{}).fails(Outcome::kOutOfRange));
  CHECK(ask<VectorSquaredDistance>(F{1.0}, F{}).fails(Outcome::kOutOfRange));
  CHECK(ask<VectorManhattanDistance>(F{1.0}, F{}).fails(Outcome::kOutOfRange));
  CHECK(gives(ask<VectorL1Norm>(F{3.0, -4.0}), 7.0));
  CHECK(gives(ask<VectorL1Norm>(F{}), 0.0));
  CHECK(ask<VectorL1Norm>(F{null}).null());
  CHECK(gives(ask<VectorL2Norm>(F{3.0, -4.0}), 5.0));
  CHECK(gives(ask<VectorL2Norm>(F{}), 0.0));
  CHECK(gives(ask<VectorL2Norm>(F{1e200}), kInf));
  CHECK(ask<VectorL2Norm>(F{1.0, null}).null());
  CHECK(gives(ask<VectorMaxNorm>(F{3.0, -4.0}), 4.0));
  CHECK(gives(ask<VectorMaxNorm>(F{-0.0}), 0.0));
  CHECK(gives(ask<VectorMaxNorm>(F{}), 0.0));
  CHECK(gives(ask<VectorMaxNorm>(F{-kInf, 1.0}), kInf));
  CHECK(gives(ask<VectorMaxNorm>(F{kInf, -kNaN}), kNaN));
  CHECK(ask<VectorMaxNorm>(F{1.0, null}).null());
  CHECK(gives(ask<VectorCosineSimilarity>(F{3.0, 4.0}, F{6.0, 8.0}), 1.0));
  CHECK(gives(ask<VectorCosineSimilarity>(F{1.0, 0.0}, F{0.0, 2.0}), 0.0));
  CHECK(ask<VectorCosineSimilarity>(F{0.0, 0.0}, F{1.0, 1.0}).null());
  CHECK(ask<VectorCosineSimilarity>(F{1.0}, F{-0.0}).null());
  CHECK(ask<VectorCosineSimilarity>(F{}, F{}).null());
  CHECK(ask<VectorCosineSimilarity>(F{1.0}, F{null}).null());
  CHECK(gives(ask<VectorCosineSimilarity>(F{kNaN}, F{1.0}), kNaN));
  CHECK(gives(ask<VectorEuclideanDistance>(F{1.0, 2.0}, F{4.0, 6.0}), 5.0));
  CHECK(gives(ask<VectorSquaredDistance>(F{1.0, 2.0}, F{4.0, 6.0}), 25.0));
  CHECK(gives(ask<VectorManhattanDistance>(F{1.0, 2.0}, F{4.0, -6.0}), 11.0));
  CHECK(gives(ask<VectorManhattanDistance>(F{}, F{}), 0.0));
  CHECK(ask<VectorManhattanDistance>(F{null}, F{1.0}).null());
}

// An arena that refuses; the data would be read only afterwards.
void test_out_of_memory() {
  const ListView<double> f{nullptr, nullptr, 0, int64_t{1} << 40};
  const ListView<int64_t> i{nullptr, nullptr, 0, int64_t{1} << 40};
  const ListView<StringView> s{nullptr, nullptr, 0, int64_t{1} << 40};
  CHECK(ask<ListSort>(f).fails(Outcome::kOutOfMemory));
  CHECK(ask<ListTopK>(f, int64_t{1}).fails(Outcome::kOutOfMemory));
  CHECK(ask<ListMedian>(f).fails(Outcome::kOutOfMemory));
  CHECK(ask<ListQuantile>(f, 0.1).fails(Outcome::kOutOfMemory));
  CHECK(ask<ListDiffs>(f).fails(Outcome::kOutOfMemory));
  CHECK(ask<ListNUnique<int64_t>>(i).fails(Outcome::kOutOfMemory));
  CHECK(ask<ListMode<StringView>>(s).fails(Outcome::kOutOfMemory));
}

// Effects promise to the executors which outcomes to expect.
void test_contracts() {
  static_assert(ListMean::effects == kMayNull && ListSum<int64_t>::effects == kMayFail);
  static_assert(ListVar::effects == kMayNull && ListSlope::effects == kMayNull);
  static_assert(ListSort::effects == kMayFail && ListNUnique<StringView>::effects == kMayFail);
  static_assert(ListWindow<double>::effects == kMayFail && ListRecency::effects == kMayNull);
  static_assert(VectorL2Norm::effects == kMayNull);
  static_assert(!ListSum<double>::vectorize && !ListHas<StringView>::vectorize);
  for (double x : {-kInf, -1.5, -5e-324, -0.0, 0.0, 5e-324, 1.5, kInf}) {
    CHECK(same_bits(from_order_key(order_key(x)), x));
    CHECK(same_bits(from_reverse_order_key(reverse_order_key(x)), x));
  }
  CHECK(same_bits(from_reverse_order_key(reverse_order_key(-kNaN)), kNaN));
}

}  // namespace
}  // namespace skewless::test

int main() {
  using namespace skewless::test;
  test_bits();
  test_sums();
  test_elements();
  test_int_sum_and_extremes();
  test_searches();
  test_spread();
  test_quantiles();
  test_sorting();
  test_distinct();
  test_slopes();
  test_windows();
  test_ages();
  test_vectors();
  test_out_of_memory();
  test_contracts();
  return finish("lists");
}
