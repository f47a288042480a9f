// Arithmetic, rounding, comparison, logic, nulls, casts and the fitted kernels: known cases, and random ones
// against wider arithmetic or a plainer algorithm.
#include <cinttypes>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "ops/arithmetic.h"
#include "ops/cast.h"
#include "ops/comparison.h"
#include "ops/fitted.h"
#include "ops/logic.h"
#include "ops/nulls.h"
#include "ops/rounding.h"
#include "test/check.h"

namespace skewless::test {
namespace {

using namespace ops;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kTiny = 5e-324;
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr uint64_t kSeed = 0x5eedba51c0;

struct Random {
  uint64_t state = kSeed;
  uint64_t bits() {  // splitmix64
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  int below(int n) { return static_cast<int>(bits() % static_cast<uint64_t>(n)); }
  // All magnitudes, the ends of the range and small numbers often.
  int64_t integer() {
    const int64_t some[] = {0, 1, -1, 2, -2, kLeast, kLeast + 1, kMost, kMost - 1, 1000, -1000};
    if (below(3) == 0) return some[below(static_cast<int>(std::size(some)))];
    return static_cast<int64_t>(bits()) >> below(64);
  }
  double number() {
    const double some[] = {0.0,   -0.0, 1,    -1,    0.5,   -0.5,   1.5, 2.5, kInf,
                           -kInf, kNan, kMax, -kMax, kTiny, -kTiny, 3,   -3};
    if (below(2) == 0) return some[below(static_cast<int>(std::size(some)))];
    if (below(2) == 0) return std::bit_cast<double>(bits());
    return static_cast<double>(below(20001) - 10000) / 16;
  }
};

bool same(double a, double b) { return same_bits(a, b) || (a != a && b != b); }
bool same(StringView a, const std::string& b) {
  return std::string(a.data, static_cast<size_t>(a.size)) == b;
}
StringView view(const std::string& s) { return {s.data(), static_cast<int64_t>(s.size())}; }

template <class Op, class R, class... A>
Outcome call(R& out, A... args) {
  return Op{}.call(out, args...);
}

#define SAME(actual, expected) CHECK(same((actual), (expected)))

// ---- arithmetic ----

void arithmetic() {
  SAME(Add<double>{}.call(1, 2.5), 3.5);
  SAME(Sub<double>{}.call(kInf, kInf), kNan);
  SAME(Div{}.call(-1, 0), -kInf);
  SAME(Neg<double>{}.call(0), -0.0);
  SAME(Abs<double>{}.call(-0.0), 0.0);
  SAME(Square{}.call(-1.5), 2.25);
  SAME(Reciprocal{}.call(-0.0), -kInf);
  for (const double x : {0.0, -0.0, kNan}) SAME(Sign<double>{}.call(x), x);
  SAME(Sign<double>{}.call(kTiny), 1.0);
  SAME(Sign<double>{}.call(-kInf), -1.0);
  CHECK(Sign<int64_t>{}.call(kLeast) == -1 && Sign<int64_t>{}.call(0) == 0 && Sign<int64_t>{}.call(7) == 1);
  CHECK(BitAnd{}.call(12, 10) == 8 && BitOr{}.call(12, 10) == 14 && BitXor{}.call(5, -1) == -6);

  SAME(FloorDiv<double>{}.call(-7, 2), -4.0);
  SAME(FloorDiv<double>{}.call(-0.0, 2), -0.0);
  SAME(FloorDiv<double>{}.call(1, 0), kInf);
  const Mod<double> mod;
  SAME(mod.call(-7, 3), 2.0);
  SAME(mod.call(7, -3), -2.0);
  SAME(mod.call(-6, 3), 0.0);
  SAME(mod.call(6, -3), -0.0);
  SAME(mod.call(-0.0, 3), 0.0);
  SAME(mod.call(5, kInf), 5.0);
  SAME(mod.call(-5, kInf), kInf);
  SAME(mod.call(5, -kInf), -kInf);
  SAME(mod.call(0, -kInf), -0.0);
  SAME(mod.call(5, 0), kNan);
  SAME(mod.call(kInf, 5), kNan);
  SAME(mod.call(1, kNan), kNan);
  SAME(Rem<double>{}.call(-7, 3), -1.0);
  SAME(Rem<double>{}.call(-6, 3), -0.0);
  SAME(Rem<double>{}.call(5.5, -2), 1.5);

  SAME(greatest(0.0, -0.0), 0.0);
  SAME(greatest(-0.0, 0.0), 0.0);
  SAME(greatest(-0.0, -0.0), -0.0);
  SAME(least(0.0, -0.0), -0.0);
  SAME(least(-0.0, 0.0), -0.0);
  SAME(greatest(kNan, kInf), kNan);
  SAME(least(-kInf, kNan), kNan);
  SAME(Clip<double>{}.call(5, 0, 3), 3.0);
  SAME(Clip<double>{}.call(1, 9, 4), 4.0);
  SAME(Clip<double>{}.call(1, kNan, 4), kNan);
  CHECK(Clip<int64_t>{}.call(-5, 0, 3) == 0);
  SAME(Greatest<StringView>{}.call(view("abc"), view("b")), "b");
  SAME(Least<StringView>{}.call(view("abc"), view("abcd")), "abc");
  SAME(Greatest<StringView>{}.call({nullptr, 0}, view("")), "");
  CHECK(Greatest<Timestamp>{}.call({3}, {-4}).ticks == 3 && Least<Timestamp>{}.call({3}, {-4}).ticks == -4);

  int64_t out = 0;
  CHECK(call<Neg<int64_t>>(out, kLeast) == Outcome::kIntegerOverflow);
  CHECK(call<Abs<int64_t>>(out, kLeast) == Outcome::kIntegerOverflow);
  CHECK(call<Abs<int64_t>>(out, int64_t{-7}) == Outcome::kOk && out == 7);
  CHECK(call<FloorDiv<int64_t>>(out, kLeast, int64_t{-1}) == Outcome::kIntegerOverflow);
  CHECK(call<Mod<int64_t>>(out, kLeast, int64_t{-1}) == Outcome::kOk && out == 0);
  CHECK(call<Rem<int64_t>>(out, kLeast, int64_t{-1}) == Outcome::kOk && out == 0);
}

void random_integers(Random& random) {
  const auto agrees = [](Outcome outcome, const int64_t& out, __int128 wide) {
    return wide < kLeast || wide > kMost ? outcome == Outcome::kIntegerOverflow
                                         : outcome == Outcome::kOk && out == wide;
  };
  for (int i = 0; i < 200000; ++i) {
    const int64_t x = random.integer(), y = random.integer();
    const __int128 wx = x, wy = y;
    int64_t out = 0;
    CHECK(agrees(call<Add<int64_t>>(out, x, y), out, wx + wy));
    CHECK(agrees(call<Sub<int64_t>>(out, x, y), out, wx - wy));
    CHECK(agrees(call<Mul<int64_t>>(out, x, y), out, wx * wy));
    CHECK(agrees(call<Neg<int64_t>>(out, x), out, -wx));
    CHECK(agrees(call<Abs<int64_t>>(out, x), out, wx < 0 ? -wx : wx));
    SAME(ToFloat64<int64_t>{}.call(x), static_cast<double>(x));
    CHECK(Clip<int64_t>{}.call(x, y, kMost) == (x > y ? x : y));
    if (y == 0) {
      CHECK(call<FloorDiv<int64_t>>(out, x, y) == Outcome::kDivisionByZero);
      CHECK(call<Mod<int64_t>>(out, x, y) == Outcome::kDivisionByZero);
      CHECK(call<Rem<int64_t>>(out, x, y) == Outcome::kDivisionByZero);
      continue;
    }
    __int128 remainder = wx % wy;
    CHECK(agrees(call<Rem<int64_t>>(out, x, y), out, remainder));
    if (remainder != 0 && (remainder < 0) != (wy < 0)) remainder += wy;
    CHECK(agrees(call<Mod<int64_t>>(out, x, y), out, remainder));
    CHECK(agrees(call<FloorDiv<int64_t>>(out, x, y), out, (wx - remainder) / wy));
  }
}

void random_numbers(Random& random) {
  for (int i = 0; i < 200000; ++i) {
    const double x = random.number(), y = random.number();
    const bool nan = x != x || y != y;
    const bool x_first = x > y || (x == y && !std::signbit(x));
    SAME(greatest(x, y), nan ? kNan : (x_first ? x : y));
    SAME(least(x, y), nan ? kNan : (x_first ? y : x));
    const double m = Mod<double>{}.call(x, y);
    CHECK(m != m || (std::fabs(m) <= std::fabs(y) && std::signbit(m) == std::signbit(y)));
    SAME(Round{}.call(x), std::round(x));
    CHECK(Lt<double>{}.call(x, y) == (x < y) && Le<double>{}.call(x, y) == (x <= y));
    CHECK(Gt<double>{}.call(x, y) == (x > y) && Ge<double>{}.call(x, y) == (x >= y));
    CHECK(Eq<double>{}.call(x, y) == (x == y) && Ne<double>{}.call(x, y) == (x != y));
    SAME(FillNaN{}.call(x, y), x != x ? y : x);
    SAME(ToFloat32{}.call(x), static_cast<double>(static_cast<float>(x)));
  }
}

// ---- rounding ----

void rounding() {
  SAME(Ceil{}.call(-0.5), -0.0);
  SAME(Trunc{}.call(-0.5), -0.0);
  SAME(Floor{}.call(-0.0), -0.0);
  SAME(Floor{}.call(-2.5), -3.0);
  SAME(Rint{}.call(2.5), 2.0);
  SAME(Rint{}.call(-0.5), -0.0);
  SAME(Round{}.call(0.49999999999999994), 0.0);
  SAME(Round{}.call(-2.5), -3.0);
  SAME(Round{}.call(-0.3), -0.0);
  SAME(Round{}.call(4503599627370495.5), 4503599627370496.0);
  for (const double x : {kInf, -kInf, kNan, 0x1p60, -0.0}) {
    SAME(Floor{}.call(x), x);
    SAME(Ceil{}.call(x), x);
    SAME(Trunc{}.call(x), x);
    SAME(Rint{}.call(x), x);
    SAME(Round{}.call(x), x);
  }
  const auto to = [](double x, double digits) {
    double out = 0;
    CHECK(RoundTo{}.call(out, x, digits) == Outcome::kOk);
    return out;
  };
  SAME(to(2.375, 2), 2.38);
  SAME(to(1234, -2), 1200.0);
  SAME(to(-0.04, 1), -0.0);
  SAME(to(1e300, 20), 1e300);
  SAME(to(kMax, 308), kMax);
  SAME(to(5e307, -308), 1e308);
  SAME(to(4e307, -308), 0.0);
  SAME(to(-kInf, -3), -kInf);
  SAME(to(kNan, 3), kNan);
  SAME(to(2.5, -0.0), 3.0);
  double out = 0;
  for (const double digits : {0.5, 309.0, -309.0, kInf, kNan})
    CHECK(RoundTo{}.call(out, 1, digits) == Outcome::kNull);
  for (int i = 0; i <= 308; ++i)
    SAME(kPowersOfTen[i], std::strtod(("1e" + std::to_string(i)).c_str(), nullptr));
}

// ---- comparison, logic, nulls ----

void comparison() {
  CHECK(Eq<double>{}.call(0.0, -0.0) && !Eq<double>{}.call(kNan, kNan) && Ne<double>{}.call(kNan, kNan));
  CHECK(!Le<double>{}.call(kNan, 1) && !Ge<double>{}.call(kNan, 1));
  CHECK(Lt<StringView>{}.call(view("Z"), view("a")) && Lt<StringView>{}.call(view("a"), view("ab")));
  CHECK(Lt<StringView>{}.call(view("~"), view("\xc3\xa9")) &&
        !Lt<StringView>{}.call(view("\xc3\xa9"), view("~")));
  CHECK(Eq<StringView>{}.call({nullptr, 0}, view("")) && Ge<StringView>{}.call(view(""), {nullptr, 0}));
  CHECK(Eq<bool>{}.call(true, true) && Ne<bool>{}.call(true, false));
  CHECK(Gt<Timestamp>{}.call({2}, {1}) && Le<Timestamp>{}.call({1}, {1}));
  CHECK(Between<double>{}.call(2, 1, 2) && !Between<double>{}.call(kNan, 1, 2) &&
        !Between<double>{}.call(1, 2, 1));
  CHECK(Between<int64_t>{}.call(kLeast, kLeast, 0) && Between<Timestamp>{}.call({0}, {-1}, {1}));
  CHECK(Between<StringView>{}.call(view("b"), view("a"), view("c")) &&
        !Between<StringView>{}.call(view("d"), view("a"), view("c")));
  CHECK(!Not{}.call(true) && Xor{}.call(true, false) && !Xor{}.call(true, true));
}

void nulls() {
  double out = 0;
  const auto null_if = [&out](Maybe<double> x, Maybe<double> y) {
    return NullIf<double>{}.callNullable(out, x, y);
  };
  CHECK(null_if({true, -1}, {true, -1}) == Outcome::kNull);
  CHECK(null_if({true, 3}, {true, -1}) == Outcome::kOk && out == 3);
  CHECK(null_if({true, 3}, {false, 3}) == Outcome::kOk && out == 3);
  CHECK(null_if({false, 3}, {true, 4}) == Outcome::kNull);
  CHECK(null_if({true, kNan}, {true, kNan}) == Outcome::kOk && out != out);
  CHECK(null_if({true, 0.0}, {true, -0.0}) == Outcome::kNull);
  StringView text{};
  CHECK(NullIf<StringView>{}.callNullable(text, {true, view("N/A")}, {true, view("N/A")}) == Outcome::kNull);
  CHECK(NullIf<StringView>{}.callNullable(text, {true, view("x")}, {false, {}}) == Outcome::kOk &&
        same(text, "x"));
  CHECK(NanToNull{}.call(out, kNan) == Outcome::kNull && NanToNull{}.call(out, kInf) == Outcome::kOk);
  SAME(NullToNaN{}.callNullable({false, 3}), kNan);
  SAME(NullToNaN{}.callNullable({true, 3}), 3.0);
}

// ---- casts ----

struct NumberText {
  uint64_t bits;
  const char* text;
};
// As V8 writes them.
constexpr NumberText kNumberTexts[] = {
    {0x0000000000000000, "0"},
    {0x8000000000000000, "0"},
    {0x7ff8000000000000, "NaN"},
    {0xfff8000000000001, "NaN"},
    {0x7ff0000000000000, "Infinity"},
    {0xfff0000000000000, "-Infinity"},
    {0x0000000000000001, "5e-324"},
    {0x8000000000000001, "-5e-324"},
    {0x0010000000000000, "2.2250738585072014e-308"},
    {0x000fffffffffffff, "2.225073858507201e-308"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0x3fb999999999999a, "0.1"},
    {0x3fd3333333333334, "0.30000000000000004"},
    {0x3fd5555555555555, "0.3333333333333333"},
    {0x3fe5555555555555, "0.6666666666666666"},
    {0x4059000000000000, "100"},
    {0x4415af1d78b58c40, "100000000000000000000"},
    {0x441ac53a7e04bcda, "123456789012345680000"},
    {0x444b1ae4d6e2ef50, "1e+21"},
    {0x4454542ba12a337c, "1.5e+21"},
    {0x4480f0cf064dd592, "1e+22"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x4340000000000000, "9007199254740992"},
    {0x3eb0c6f7a0b5ed8d, "0.000001"},
    {0x3eb92a737110e454, "0.0000015"},
    {0x3e7ad7f29abcaf48, "1e-7"},
    {0x3e8421f5f40d8376, "1.5e-7"},
    {0x405edd2f1a9fbe77, "123.456"},
    {0xbfe0000000000000, "-0.5"},
    {0xbe7ad7f29abcaf48, "-1e-7"},
    {0xc44b1ae4d6e2ef50, "-1e+21"},
    {0x4011666666666666, "4.35"},
    {0x7e37e43c8800759c, "1e+300"},
    {0x43b0000000000000, "1152921504606847000"},
    {0x3d30000000000000, "5.684341886080802e-14"},
    {0x0000000000000003, "1.5e-323"},
    {0x3ee4f8b588e368f1, "0.00001"},
    {0x3ee9e3abe16fc70d, "0.000012345"},
    {0x4330000000000000, "4503599627370496"},
    {0x54b693d8e89df183, "1.2345678901234567e+100"},
};

void casts(Random& random) {
  Arena arena;
  StringView text{};
  for (const NumberText& c : kNumberTexts) {
    CHECK(ToUtf8<double>{}.call(text, arena, std::bit_cast<double>(c.bits)) == Outcome::kOk);
    SAME(text, c.text);
  }
  for (int i = 0; i < 100000; ++i) {
    arena.reset();
    const double x = random.number();
    CHECK(ToUtf8<double>{}.call(text, arena, x) == Outcome::kOk && text.size <= 25);
    const std::string copy(text.data, static_cast<size_t>(text.size));
    CHECK(std::strtod(copy.c_str(), nullptr) == x || x != x);
    const int64_t n = random.integer();
    CHECK(ToUtf8<int64_t>{}.call(text, arena, n) == Outcome::kOk);
    SAME(text, std::to_string(n));
  }
  CHECK(ToUtf8<bool>{}.call(text, arena, true) == Outcome::kOk && same(text, "true"));
  CHECK(ToUtf8<bool>{}.call(text, arena, false) == Outcome::kOk && same(text, "false"));

  SAME(ToFloat64<int64_t>{}.call(9007199254740993), 9007199254740992.0);
  SAME(ToFloat64<int64_t>{}.call(9007199254740995), 9007199254740996.0);
  SAME(ToFloat64<int64_t>{}.call(kMost), 0x1p63);
  SAME(ToFloat64<int64_t>{}.call(kLeast), -0x1p63);
  SAME(ToFloat64<int64_t>{}.call(0), 0.0);
  for (int i = 0; i < 100000; ++i) {
    const int64_t n = static_cast<int64_t>(random.bits()) >> random.below(12);
    SAME(ToFloat64<int64_t>{}.call(n), static_cast<double>(n));
  }
  int64_t out = 0;
  const ToInt64<double> to_int64;
  CHECK(to_int64.call(out, -0.0) == Outcome::kOk && out == 0);
  CHECK(to_int64.call(out, -0x1p63) == Outcome::kOk && out == kLeast);
  CHECK(to_int64.call(out, 0x1.fffffffffffffp62) == Outcome::kOk && out == kMost - 1023);
  for (const double x : {kNan, kInf, -kInf, 0.5, -1.5, kTiny})
    CHECK(to_int64.call(out, x) == Outcome::kNotAnInteger);
  for (const double x : {0x1p63, -0x1.0000000000001p63, kMax, -kMax})
    CHECK(to_int64.call(out, x) == Outcome::kOutOfRange);
  bool truth = false;
  CHECK(ToBool<double>{}.call(truth, kNan) == Outcome::kOutOfRange);
  CHECK(ToBool<double>{}.call(truth, -0.0) == Outcome::kOk && !truth);
  CHECK(ToBool<double>{}.call(truth, kTiny) == Outcome::kOk && truth);
  CHECK(ToBool<int64_t>{}.call(kLeast) && !ToBool<int64_t>{}.call(0));
  CHECK(ToInt64<bool>{}.call(true) == 1 && ToFloat64<bool>{}.call(false) == 0);
  SAME(ToFloat32{}.call(0.1), 0.10000000149011612);
  SAME(ToFloat32{}.call(1e39), kInf);
  CHECK(Epoch{}.call({-5}) == -5 && ToTimestamp{}.call(-5).ticks == -5);
}

Params params(std::vector<Param> all) { return Params(std::move(all)); }
Param ints(const char* name, ParamKind kind, std::vector<int64_t> values) {
  return {name, kind, std::move(values), {}, {}};
}
Param floats(const char* name, ParamKind kind, std::vector<double> values) {
  return {name, kind, {}, std::move(values), {}};
}
Param texts(const char* name, std::vector<std::string> values) {
  return {name, ParamKind::kUtf8List, {}, {}, std::move(values)};
}

void cast_unit(Random& random) {
  const int64_t units[] = {0, 1, 1000, 1000000, 1000000000};
  const auto per_day = [](int64_t unit) { return unit == 0 ? __int128{1} : __int128{86400} * unit; };
  for (const int64_t from : units) {
    for (const int64_t to : units) {
      CastUnit op;
      CHECK(op.init(params({ints("from", ParamKind::kInt64, {from}), ints("to", ParamKind::kInt64, {to})})) ==
            nullptr);
      for (int i = 0; i < 2000; ++i) {
        const int64_t x = random.integer();
        const __int128 scaled = x * per_day(to);
        __int128 expected = scaled / per_day(from);
        if (expected * per_day(from) > scaled) --expected;
        Timestamp out{};
        const Outcome outcome = op.call(out, {x});
        CHECK(expected < kLeast || expected > kMost ? outcome == Outcome::kIntegerOverflow
                                                    : outcome == Outcome::kOk && out.ticks == expected);
      }
    }
  }
  CHECK(CastUnit{}.init(params({ints("from", ParamKind::kInt64, {7}), ints("to", ParamKind::kInt64, {1})})) !=
        nullptr);
  CHECK(CastUnit{}.init(params({})) != nullptr);
}

// ---- fitted kernels ----

void fitted(Random& random) {
  Standardize standardize;
  CHECK(standardize.init(params({floats("mean", ParamKind::kFloat64, {3}),
                                 floats("scale", ParamKind::kFloat64, {2})})) == nullptr);
  SAME(standardize.call(7), 2.0);
  MinMaxScale min_max;
  CHECK(min_max.init(params({floats("min", ParamKind::kFloat64, {-1}),
                             floats("scale", ParamKind::kFloat64, {0.5})})) == nullptr);
  SAME(min_max.call(7), 2.5);

  for (int count = 0; count < 300; count = count < 20 ? count + 1 : count * 2) {
    std::vector<double> edges;
    for (int i = 0; i < count; ++i) edges.push_back(i == 0 && random.below(2) ? -kInf : i * 1.5);
    BucketIndex op;
    CHECK(op.init(params({floats("edges", ParamKind::kFloat64List, edges)})) == nullptr);
    for (int i = 0; i < 300; ++i) {
      const double x = random.below(2) ? random.number() : random.below(count * 3 + 3) / 2.0;
      int64_t expected = 0, out = -1;
      for (const double e : edges) expected += e <= x ? 1 : 0;
      CHECK(x != x ? op.call(out, x) == Outcome::kNull : op.call(out, x) == Outcome::kOk && out == expected);
    }
  }
  for (const auto& bad : {std::vector<double>{1, 1}, {2, 1}, {kNan}, {1, kNan}, {kNan, 1}, {-0.0, 0.0}})
    CHECK(BucketIndex{}.init(params({floats("edges", ParamKind::kFloat64List, bad)})) != nullptr);
}

void lookups(Random& random) {
  const auto number_list = [](const char* name, std::vector<double> v) {
    return floats(name, ParamKind::kFloat64List, std::move(v));
  };
  CategoryIndex<double> category;
  CHECK(category.init(params({number_list("categories", {1, -0.0, kNan, 0.0, 1, kInf})})) == nullptr);
  CHECK(category.call(1) == 0 && category.call(0.0) == 1 && category.call(-0.0) == 1 &&
        category.call(-kNan) == 2);
  CHECK(category.call(kInf) == 5 && category.call(-kInf) == -1 && category.call(2) == -1);
  IsIn<double> in;
  CHECK(in.init(params({number_list("values", {kNan, -0.0})})) == nullptr);
  CHECK(!in.call(kNan) && in.call(0.0) && !in.call(1));
  CHECK(CategoryIndex<double>{}.call(0) == -1 && CategoryIndex<int64_t>{}.call(0) == -1 &&
        !IsIn<StringView>{}.call(view("")));

  LookupFloat64<int64_t> by_key;
  const Param fallback = floats("fallback", ParamKind::kFloat64, {-1});
  CHECK(by_key.init(params({ints("keys", ParamKind::kInt64List, {5, kLeast, 5}),
                            number_list("values", {0.5, 2.5, 9}), fallback})) == nullptr);
  SAME(by_key.call(5), 0.5);
  SAME(by_key.call(kLeast), 2.5);
  SAME(by_key.call(0), -1.0);
  CHECK(LookupFloat64<int64_t>{}.init(params({ints("keys", ParamKind::kInt64List, {5}), fallback})) !=
        nullptr);
  SAME(LookupFloat64<StringView>{}.call(view("a")), 0.0);

  // Texts of every length around the sizes that are treated apart, many of them nearly equal, zero bytes
  // included.
  const auto random_text = [&random](int most) {
    std::string s(static_cast<size_t>(random.below(most + 1)), 'a');
    for (int edits = random.below(3); edits > 0 && !s.empty(); --edits)
      s[static_cast<size_t>(random.below(static_cast<int>(s.size())))] = static_cast<char>(random.below(3));
    return s;
  };
  for (int round = 0; round < 60; ++round) {
    const int count = round < 30 ? round : random.below(3000);
    std::vector<std::string> keys;
    std::map<std::string, int64_t> expected;
    std::vector<int64_t> numbers;
    std::map<int64_t, int64_t> expected_number;
    for (int i = 0; i < count; ++i) {
      keys.push_back(random_text(round % 2 ? 70 : 20));
      expected.emplace(keys.back(), i);
      numbers.push_back(random.below(2) ? random.integer() : static_cast<int64_t>(random.below(100)) << 40);
      expected_number.emplace(numbers.back(), i);
    }
    CategoryIndex<StringView> op;
    CHECK(op.init(params({texts("categories", keys)})) == nullptr);
    CategoryIndex<int64_t> number_op;
    CHECK(number_op.init(params({ints("categories", ParamKind::kInt64List, numbers)})) == nullptr);
    const CategoryIndex<StringView> copy = op;
    for (int i = 0; i < 1000; ++i) {
      const std::string s =
          count > 0 && random.below(2) ? keys[static_cast<size_t>(random.below(count))] : random_text(70);
      const auto found = expected.find(s);
      CHECK(op.call(view(s)) == (found == expected.end() ? -1 : found->second));
      CHECK(copy.call(view(s)) == op.call(view(s)));
      const int64_t n =
          count > 0 && random.below(2) ? numbers[static_cast<size_t>(random.below(count))] : random.integer();
      const auto found_number = expected_number.find(n);
      CHECK(number_op.call(n) == (found_number == expected_number.end() ? -1 : found_number->second));
    }
    CHECK(op.call({nullptr, 0}) == (expected.count("") ? expected[""] : -1));
  }
}

int run() {
  std::printf("seed %#" PRIx64 "\n", kSeed);
  Random random;
  arithmetic();
  random_integers(random);
  random_numbers(random);
  rounding();
  comparison();
  nulls();
  casts(random);
  cast_unit(random);
  fitted(random);
  lookups(random);
  return finish("basic_ops_test");
}

}  // namespace
}  // namespace skewless::test

int main() { return skewless::test::run(); }
