// Elementary functions: error in ulps against MPFR, the special cases of C99, and equal bits from the scalar
// call and from loops compiled for each instruction set. Usage: math_test [scale, default 1] [function].
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <vector>

#if SKEWLESS_HAVE_MPFR
#include <mpfr.h>
#endif

#include "ops/elementary.h"
#include "test/check.h"

namespace skewless::test {
namespace {

#if defined(__x86_64__) && defined(__GNUC__)
#define X86_LOOPS 1
#define LOOP_AVX2 __attribute__((target("avx2")))
#define LOOP_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")))
#endif

constexpr uint64_t kSeed = 0x5eed0f5ca1ab1e;

struct Random {
  uint64_t state = kSeed;
  uint64_t bits() {  // splitmix64
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  int below(int n) { return static_cast<int>(bits() % static_cast<uint64_t>(n)); }
  double sign(double x) { return bits() & 1 ? -x : x; }
};

// ---- inputs ----

double shifted(double x, int64_t steps) {
  return math::from_bits(math::to_bits(x) + static_cast<uint64_t>(steps));
}

constexpr double kPoints[] = {0x1p-28,
                              0x1p-54,
                              0.0625,
                              0.25,
                              0.375,
                              0.5,
                              0.7,
                              0.70710678118654752,
                              0.75,
                              0.84375,
                              1,
                              1.25,
                              1.5,
                              2,
                              2.4375,
                              3,
                              4,
                              0.34657359027997264,
                              0.69314718055994531,
                              1.0397207708399179,
                              10,
                              20,
                              22,
                              26.5,
                              27.2,
                              36.7,
                              0x1p28,
                              0x1p53,
                              709.78,
                              710.4758,
                              744.44,
                              745.13,
                              1022,
                              1024,
                              1074,
                              1075,
                              0x1p-1022,
                              0x1p-900,
                              0x1p-450,
                              0x1p500,
                              0x1p1023,
                              1.7976931348623157e308,
                              5e-324,
                              32768,
                              0x1.921fb54442d18p0};

double hard_input(Random& random, double low, double high) {
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return random.between(low, high);
    case 5:
    case 6: {  // every magnitude of the interesting range
      const double top = std::fmax(std::fabs(low), std::fabs(high));
      return random.sign(std::ldexp(1 + random.unit(), random.below(70) - 69 + std::ilogb(top)));
    }
    case 7:
      return math::from_bits(random.bits());
    case 8:
      return random.sign(std::ldexp(1 + random.unit(), random.below(2046) - 1022));
    case 9:
    case 10: {  // next to places where formulas change
      const double point = kPoints[random.below(static_cast<int>(std::size(kPoints)))];
      return random.sign(
          shifted(point, random.below(2) ? random.below(9) - 4 : random.below(200001) - 100000));
    }
    case 11:  // next to 1, at all distances
      return random.sign(1 + random.sign(std::ldexp(1 + random.unit(), -random.below(54) - 1)));
    case 12: {  // next to a multiple of pi/2
      const double multiple = std::ldexp(1 + random.unit(), random.below(random.below(4) ? 20 : 60));
      const double k = std::floor(multiple);
      return random.sign(shifted(k * 0x1.921fb54442d18p0 + k * 0x1.1a62633145c07p-54, random.below(3) - 1));
    }
    case 13: {  // next to a multiple of ln(2)/2, where reductions turn over
      const double k = random.below(2200);
      return random.sign(shifted(k * 0.34657359027997264, random.below(7) - 3));
    }
    case 14:  // subnormal
      return random.sign(math::from_bits(random.bits() >> (12 + random.below(52))));
    default:  // a short number
      return random.sign(std::ldexp(random.below(4096), -random.below(12)));
  }
}

struct Inputs {
  std::vector<double> x, y;
};

Inputs unary_inputs(Random& random, size_t count, double low, double high) {
  Inputs in;
  in.x.resize(count);
  for (double& x : in.x) x = hard_input(random, low, high);
  // The float64 nearest to a multiple of pi/2, relatively; and further known hard angles.
  const double known[] = {
      0x1.6ac5b262ca1ffp+849, 0x1.d38c2f2e9dd9cp+5, 1e22, 0x1.fffffffffffffp+1023, 102942.0,
      32767.999999999996};
  for (size_t i = 0; i < std::size(known) && i < count; ++i) in.x[i] = known[i];
  return in;
}

Inputs pow_inputs(Random& random, size_t count) {
  Inputs in;
  for (size_t i = 0; i < count; ++i) {
    double x, y;
    switch (random.below(8)) {
      case 0:
        x = math::from_bits(random.bits());
        y = math::from_bits(random.bits());
        break;
      case 1:
        x = random.sign(random.below(200));
        y = random.below(401) - 200;
        break;
      case 2:
        x = hard_input(random, -10, 10);
        y = random.sign(random.below(64)) / 4;
        break;
      default: {  // results of all sizes
        const int kind = random.below(3);
        x = kind == 0   ? 1 + random.sign(std::ldexp(random.unit(), -random.below(50)))
            : kind == 1 ? random.between(0, 10)
                        : std::ldexp(1 + random.unit(), random.below(2098) - 1074);
        y = random.between(-1080, 1030) / std::log2(x);
        if (random.below(16) == 0) y = std::rint(y), x = -x;
      }
    }
    in.x.push_back(x);
    in.y.push_back(y);
  }
  return in;
}

Inputs plane_inputs(Random& random, size_t count) {
  Inputs in;
  for (size_t i = 0; i < count; ++i) {
    const double x = hard_input(random, -10, 10);
    in.x.push_back(x);
    in.y.push_back(random.below(3) ? random.sign(x * std::ldexp(1 + random.unit(),
                                                                random.below(random.below(2) ? 5 : 130) - 3))
                                   : hard_input(random, -10, 10));
  }
  return in;
}

// ---- loops as the executors have them ----

template <class Op, class... P>
struct Loops {
  static SK_INLINE void body(const Op& op, size_t count, double* SK_RESTRICT out,
                             const P* SK_RESTRICT... in) {
    for (size_t i = 0; i < count; ++i) out[i] = op.call(in[i]...);
  }
  static SK_NOINLINE void baseline(const Op& op, size_t count, double* out, const P*... in) {
    body(op, count, out, in...);
  }
#if X86_LOOPS
  static SK_NOINLINE LOOP_AVX2 void avx2(const Op& op, size_t count, double* out, const P*... in) {
    body(op, count, out, in...);
  }
  static SK_NOINLINE LOOP_AVX512 void avx512(const Op& op, size_t count, double* out, const P*... in) {
    body(op, count, out, in...);
  }
#endif
};

template <class Op, class... A>
SK_NOINLINE double scalar(const Op& op, A... args) {
  if constexpr (requires { &Op::rare; }) {
    if (op.rare(args...)) return op.callRare(args...);
  }
  return op.call(args...);
}

// NaNs are one value: which NaN an operation gives is not specified.
bool same_number(double a, double b) { return same_bits(a, b) || (a != a && b != b); }

template <class Op, class Loop, class... P>
void check_loop(const char* isa, Loop loop, const std::vector<double>& expected, const P*... in) {
  const Op op;
  std::vector<double> out(expected.size());
  loop(op, out.size(), out.data(), in...);
  size_t different = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if constexpr (requires { &Op::rare; }) {
      if (op.rare(in[i]...)) out[i] = op.callRare(in[i]...);
    }
    if (!same_number(out[i], expected[i]) && different++ < 3) {
      std::fprintf(stderr, "%s %s:", Op::doc.name, isa);
      ((void)std::fprintf(stderr, " %a", in[i]), ...);
      std::fprintf(stderr, " -> %a, scalar %a\n", out[i], expected[i]);
    }
  }
  CHECK(different == 0);
}

template <class Op, class... P>
void check_loops(const std::vector<double>& expected, const P*... in) {
  check_loop<Op>("baseline", Loops<Op, P...>::baseline, expected, in...);
#if X86_LOOPS
  if (__builtin_cpu_supports("avx2")) check_loop<Op>("avx2", Loops<Op, P...>::avx2, expected, in...);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    check_loop<Op>("avx512", Loops<Op, P...>::avx512, expected, in...);
#endif
}

// ---- MPFR ----

#if SKEWLESS_HAVE_MPFR
using Reference1 = int (*)(mpfr_t, const mpfr_t, mpfr_rnd_t);
using Reference2 = int (*)(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);

int sigmoid_reference(mpfr_t out, const mpfr_t x, mpfr_rnd_t) {
  mpfr_neg(out, x, MPFR_RNDN);
  mpfr_exp(out, out, MPFR_RNDN);
  mpfr_add_ui(out, out, 1, MPFR_RNDN);
  return mpfr_ui_div(out, 1, out, MPFR_RNDN);
}
int softplus_reference(mpfr_t out, const mpfr_t x, mpfr_rnd_t) {
  const bool positive = mpfr_sgn(x) > 0;
  if (positive) {
    mpfr_neg(out, x, MPFR_RNDN);
    mpfr_exp(out, out, MPFR_RNDN);
  } else {
    mpfr_exp(out, x, MPFR_RNDN);
  }
  mpfr_log1p(out, out, MPFR_RNDN);
  return positive ? mpfr_add(out, out, x, MPFR_RNDN) : 0;
}
// log(1 + (2 p - 1) / (1 - p)); 160 bits hold 1 - p for every p >= 2^-100, and below that it does not matter.
int logit_reference(mpfr_t out, const mpfr_t p, mpfr_rnd_t) {
  mpfr_t rest;
  mpfr_init2(rest, 160);
  mpfr_ui_sub(rest, 1, p, MPFR_RNDN);
  if (mpfr_cmp_d(p, 0.25) > 0) {
    mpfr_mul_2ui(out, p, 1, MPFR_RNDN);
    mpfr_sub_ui(out, out, 1, MPFR_RNDN);
    mpfr_div(out, out, rest, MPFR_RNDN);
    mpfr_log1p(out, out, MPFR_RNDN);
  } else {
    mpfr_div(out, p, rest, MPFR_RNDN);
    mpfr_log(out, out, MPFR_RNDN);
  }
  mpfr_clear(rest);
  return 0;
}

struct Reference {
  mpfr_t x, y, exact, error;
  Reference() {
    mpfr_inits2(53, x, y, static_cast<mpfr_ptr>(nullptr));
    mpfr_init2(exact, 160);
    mpfr_init2(error, 64);
  }
  ~Reference() { mpfr_clears(x, y, exact, error, static_cast<mpfr_ptr>(nullptr)); }

  // |got - exact| in units of the last place of `exact`; infinity for a wrong kind of answer.
  double ulps(double got) {
    if (mpfr_nan_p(exact)) return got != got ? 0 : math::kInfinity;
    if (got != got) return math::kInfinity;
    if (mpfr_inf_p(exact)) return got == mpfr_get_d(exact, MPFR_RNDN) ? 0 : math::kInfinity;
    if (mpfr_zero_p(exact))
      return got == 0 && std::signbit(got) == (mpfr_signbit(exact) != 0) ? 0 : math::kInfinity;
    if (std::signbit(got) != (mpfr_signbit(exact) != 0)) return math::kInfinity;
    const long exponent = std::min<long>(std::max<long>(mpfr_get_exp(exact) - 1, -1022), 1023);
    // An overflow counts from 2^1024 on.
    if (std::fabs(got) == math::kInfinity) {
      if (mpfr_get_exp(exact) > 1024) return 0;
      mpfr_set_si_2exp(error, got < 0 ? -1 : 1, 1024, MPFR_RNDN);
    } else {
      mpfr_set_d(error, got, MPFR_RNDN);
    }
    mpfr_sub(error, error, exact, MPFR_RNDN);
    mpfr_mul_2si(error, error, 52 - exponent, MPFR_RNDN);
    return std::fabs(mpfr_get_d(error, MPFR_RNDN));
  }
};
#define REFERENCE(f) f
#else
#define REFERENCE(f) nullptr
#endif

// ---- one function ----

struct Options {
  double scale = 1;
  const char* only = nullptr;
};

struct Worst {
  double ulps = 0;
  size_t at = 0;
};

void report(const char* name, size_t count, double bound, const Worst& worst, const Inputs& in, bool measured,
            double seconds) {
  if (!measured) {
    std::printf("%-9s %8zu  not measured\n", name, count);
    return;
  }
  std::printf("%-9s %8zu  %6.3f  bound %g  at %a", name, count, worst.ulps, bound, in.x[worst.at]);
  if (!in.y.empty()) std::printf(", %a", in.y[worst.at]);
  std::printf("  (%.1f s)\n", seconds);
}

template <class Op, class R>
void run_unary(const Options& options, double bound, double weight, double low, double high,
               [[maybe_unused]] R reference) {
  if (options.only != nullptr && std::strcmp(options.only, Op::doc.name) != 0) return;
  const auto start = std::chrono::steady_clock::now();
  Random random;
  const size_t count = static_cast<size_t>(300000 * options.scale * weight) + 64;
  const Inputs in = unary_inputs(random, count, low, high);
  const Op op;
  std::vector<double> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = scalar(op, in.x[i]);
  check_loops<Op>(out, in.x.data());

  Worst worst;
  bool measured = false;
#if SKEWLESS_HAVE_MPFR
  measured = true;
  Reference r;
  for (size_t i = 0; i < count; ++i) {
    mpfr_set_d(r.x, in.x[i], MPFR_RNDN);
    reference(r.exact, r.x, MPFR_RNDN);
    const double ulps = r.ulps(out[i]);
    if (ulps > worst.ulps) worst = {ulps, i};
  }
#endif
  CHECK(worst.ulps <= bound);
  report(Op::doc.name, count, bound, worst, in, measured,
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

template <class Op, class R>
void run_binary(const Options& options, double bound, double weight, Inputs (*inputs)(Random&, size_t),
                [[maybe_unused]] R reference) {
  if (options.only != nullptr && std::strcmp(options.only, Op::doc.name) != 0) return;
  const auto start = std::chrono::steady_clock::now();
  Random random;
  const size_t count = static_cast<size_t>(300000 * options.scale * weight) + 64;
  const Inputs in = inputs(random, count);
  const Op op;
  std::vector<double> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = scalar(op, in.x[i], in.y[i]);
  check_loops<Op>(out, in.x.data(), in.y.data());

  Worst worst;
  bool measured = false;
#if SKEWLESS_HAVE_MPFR
  measured = true;
  Reference r;
  for (size_t i = 0; i < count; ++i) {
    mpfr_set_d(r.x, in.x[i], MPFR_RNDN);
    mpfr_set_d(r.y, in.y[i], MPFR_RNDN);
    reference(r.exact, r.x, r.y, MPFR_RNDN);
    const double ulps = r.ulps(out[i]);
    if (ulps > worst.ulps) worst = {ulps, i};
  }
#endif
  CHECK(worst.ulps <= bound);
  report(Op::doc.name, count, bound, worst, in, measured,
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

// ---- special cases: C99, Annex F.9 ----

constexpr double kInf = math::kInfinity, kNan = math::kNaN, kTiny = 5e-324, kMax = 1.7976931348623157e308;
constexpr double kPi = 0x1.921fb54442d18p1;

template <class Op, class... A>
void special(double expected, A... args) {
  const Op op;
  // Rows enough for every vector width, so that the loops' bodies and remainders both see the case.
  constexpr size_t kRows = 19;
  const auto column = [](double v) { return std::vector<double>(kRows, v); };
  const double got = scalar(op, args...);
  if (!check(same_number(got, expected), "special case", __FILE__, __LINE__)) {
    std::fprintf(stderr, "  %s(", Op::doc.name);
    ((void)std::fprintf(stderr, " %g", args), ...);
    std::fprintf(stderr, " ) gave %.17g, not %.17g\n", got, expected);
  }
  check_loops<Op>(column(got), column(args).data()...);
}

template <class Op>
void odd_identity_at_zero() {
  for (const double x : {0.0, kTiny, 0x1p-1022, 0x1p-60}) special<Op>(x, x), special<Op>(-x, -x);
  special<Op>(kNan, kNan);
}

void special_cases() {
  using namespace ops;
  for (const double one : {0.0, -0.0, kTiny, -kTiny})
    special<Exp>(1, one), special<Exp2>(1, one), special<Cosh>(1, one);
  special<Exp>(kInf, kInf), special<Exp>(0, -kInf), special<Exp>(kNan, kNan), special<Exp>(kInf, 709.79);
  special<Exp>(0, -746.0), special<Exp>(kInf, kMax), special<Exp>(0, -kMax);
  special<Exp2>(kInf, kInf), special<Exp2>(0, -kInf), special<Exp2>(kNan, kNan), special<Exp2>(kInf, 1024.0);
  special<Exp2>(kTiny, -1074.0), special<Exp2>(0, -1076.0);
  for (int k = -1074; k < 1024; ++k) special<Exp2>(std::ldexp(1, k), static_cast<double>(k));
  odd_identity_at_zero<Expm1>();
  special<Expm1>(kInf, kInf), special<Expm1>(-1, -kInf), special<Expm1>(kInf, 709.79);

  const auto logarithm = [](auto op) {
    using Op = decltype(op);
    special<Op>(-kInf, 0.0), special<Op>(-kInf, -0.0), special<Op>(0, 1.0), special<Op>(kNan, -1.0);
    special<Op>(kNan, -kTiny), special<Op>(kNan, -kInf), special<Op>(kInf, kInf), special<Op>(kNan, kNan);
  };
  logarithm(Log{}), logarithm(Log2{}), logarithm(Log10{});
  for (int k = -1074; k < 1024; ++k) special<Log2>(k, std::ldexp(1, k));
  double power = 1;
  for (int k = 0; k <= 22; ++k, power *= 10) special<Log10>(k, power);
  odd_identity_at_zero<Log1p>();
  special<Log1p>(-kInf, -1.0), special<Log1p>(kNan, -1.5), special<Log1p>(kInf, kInf),
      special<Log1p>(kNan, -kInf);

  for (const double y : {-0.5, -1.0, -2.0, -3.0, -kInf}) {
    const bool odd = y == -1 || y == -3;
    special<Pow>(kInf, 0.0, y), special<Pow>(odd ? -kInf : kInf, -0.0, y);
    special<Pow>(0, 0.0, -y), special<Pow>(odd ? -0.0 : 0.0, -0.0, -y);
    special<Pow>(0, kInf, y), special<Pow>(odd ? -0.0 : 0.0, -kInf, y);
    special<Pow>(kInf, kInf, -y), special<Pow>(odd ? -kInf : kInf, -kInf, -y);
  }
  for (const double y : {kInf, -kInf, 2.0, 0x1p60, kMax}) special<Pow>(1, -1.0, y);
  special<Pow>(-1, -1.0, 0x1p53 - 1), special<Pow>(1, -1.0, 0x1p53);
  for (const double any : {kNan, kInf, -kInf, 0.0, -0.0, -2.5, kMax, kTiny})
    special<Pow>(1, any, 0.0), special<Pow>(1, any, -0.0), special<Pow>(1, 1.0, any);
  special<Pow>(kNan, -2.0, 0.5), special<Pow>(kNan, -kTiny, kTiny), special<Pow>(kNan, kNan, 1.0);
  special<Pow>(kNan, 2.0, kNan), special<Pow>(kNan, -1.0, kNan), special<Pow>(kNan, 0.0, kNan);
  special<Pow>(kInf, 0.5, -kInf), special<Pow>(0, 2.0, -kInf), special<Pow>(0, -0.5, kInf),
      special<Pow>(kInf, -2.0, kInf);
  special<Pow>(kInf, 2.0, 1024.0), special<Pow>(-kInf, -kMax, 3.0), special<Pow>(-0.0, -2.0, -1077.0);
  special<Pow>(kTiny, 2.0, -1074.0), special<Pow>(kInf, shifted(1, 1), kMax),
      special<Pow>(0, shifted(1, -1), kMax);

  special<Sqrt>(0, 0.0), special<Sqrt>(-0.0, -0.0), special<Sqrt>(kInf, kInf), special<Sqrt>(kNan, -kTiny);
  special<Cbrt>(0, 0.0), special<Cbrt>(-0.0, -0.0), special<Cbrt>(kInf, kInf), special<Cbrt>(-kInf, -kInf);
  special<Cbrt>(kNan, kNan), special<Cbrt>(-0x1p-358, -kTiny * 1.0);
  for (int k = 1; k < 2000; ++k) special<Cbrt>(k, static_cast<double>(k) * k * k);
  for (const double any : {kNan, 1.0, -kInf, 0.0}) {
    special<Hypot>(kInf, kInf, any), special<Hypot>(kInf, any, -kInf);
    if (any == any) special<Hypot>(std::fabs(any), any, -0.0), special<Hypot>(std::fabs(any), 0.0, any);
  }
  special<Hypot>(kNan, kNan, 1.0), special<Hypot>(kNan, 0.0, kNan), special<Hypot>(kTiny, kTiny, 0.0);
  special<Hypot>(5 * kTiny, 3 * kTiny, 4 * kTiny), special<Hypot>(kInf, kMax, kMax);

  odd_identity_at_zero<Sin>(), odd_identity_at_zero<Tan>(), odd_identity_at_zero<Asin>(),
      odd_identity_at_zero<Atan>();
  odd_identity_at_zero<Sinh>(), odd_identity_at_zero<Tanh>(), odd_identity_at_zero<Asinh>(),
      odd_identity_at_zero<Atanh>();
  for (const double x : {kInf, -kInf, kNan})
    special<Sin>(kNan, x), special<Cos>(kNan, x), special<Tan>(kNan, x);
  special<Cos>(1, 0.0), special<Cos>(1, -0.0);
  for (const double x : {1.0000000000000002, -1.5, kInf, -kInf, kNan})
    special<Asin>(kNan, x), special<Acos>(kNan, x);
  special<Asin>(kPi / 2, 1.0), special<Asin>(-kPi / 2, -1.0), special<Acos>(0, 1.0), special<Acos>(kPi, -1.0);
  special<Acos>(kPi / 2, 0.0), special<Atan>(kPi / 2, kInf), special<Atan>(-kPi / 2, -kInf),
      special<Atan>(kPi / 2, kMax);
  for (const double s : {1.0, -1.0}) {
    special<Atan2>(s * kPi, s * 0.0, -0.0), special<Atan2>(s * 0.0, s * 0.0, 0.0);
    for (const double x : {kTiny, 1.0, kMax, kInf}) {
      special<Atan2>(s * kPi, s * 0.0, -x), special<Atan2>(s * 0.0, s * 0.0, x);
      special<Atan2>(s * kPi / 2, s * x, 0.0), special<Atan2>(s * kPi / 2, s * x, -0.0);
    }
    for (const double y : {kTiny, 1.0, kMax}) {
      special<Atan2>(s * kPi, s * y, -kInf), special<Atan2>(s * 0.0, s * y, kInf);
      special<Atan2>(s * kPi / 2, s * kInf, y), special<Atan2>(s * kPi / 2, s * kInf, -y);
    }
    special<Atan2>(s * 0x1.2d97c7f3321d2p1, s * kInf, -kInf), special<Atan2>(s * kPi / 4, s * kInf, kInf);
  }
  special<Atan2>(kNan, kNan, 1.0), special<Atan2>(kNan, 1.0, kNan), special<Atan2>(kNan, kInf, kNan);

  special<Sinh>(kInf, kInf), special<Sinh>(-kInf, -kInf), special<Sinh>(kInf, 711.0),
      special<Cosh>(kInf, kInf);
  special<Cosh>(kInf, -kInf), special<Cosh>(kNan, kNan), special<Cosh>(kInf, -711.0), special<Tanh>(1, kInf);
  special<Tanh>(-1, -kInf), special<Tanh>(1, 22.0), special<Asinh>(kInf, kInf), special<Asinh>(-kInf, -kInf);
  special<Acosh>(0, 1.0), special<Acosh>(kInf, kInf), special<Acosh>(kNan, 0.9999999999999999),
      special<Acosh>(kNan, -kInf);
  special<Acosh>(kNan, kNan), special<Atanh>(kInf, 1.0), special<Atanh>(-kInf, -1.0),
      special<Atanh>(kNan, 1.5);
  special<Atanh>(kNan, -kInf);

  special<Erf>(0, 0.0), special<Erf>(-0.0, -0.0), special<Erf>(1, kInf), special<Erf>(-1, -kInf),
      special<Erf>(kNan, kNan);
  special<Erfc>(1, 0.0), special<Erfc>(1, -0.0), special<Erfc>(0, kInf), special<Erfc>(2, -kInf),
      special<Erfc>(kNan, kNan);
  special<Sigmoid>(0.5, 0.0), special<Sigmoid>(1, kInf), special<Sigmoid>(0, -kInf),
      special<Sigmoid>(kNan, kNan);
  special<Logit>(0, 0.5), special<Logit>(-kInf, 0.0), special<Logit>(-kInf, -0.0), special<Logit>(kInf, 1.0);
  for (const double p : {-kTiny, 1.0000000000000002, kInf, -kInf, kNan}) special<Logit>(kNan, p);
  special<Softplus>(kInf, kInf), special<Softplus>(0, -kInf), special<Softplus>(kNan, kNan),
      special<Softplus>(800, 800.0);
}

void measure(const Options& o) {
  using namespace ops;
  run_unary<Exp>(o, 1, 1, -745, 710, REFERENCE(mpfr_exp));
  run_unary<Exp2>(o, 1, 1, -1075, 1024, REFERENCE(mpfr_exp2));
  run_unary<Expm1>(o, 1, 1, -40, 40, REFERENCE(mpfr_expm1));
  run_unary<Log>(o, 1, 1, 0, 10, REFERENCE(mpfr_log));
  run_unary<Log2>(o, 1, 1, 0, 10, REFERENCE(mpfr_log2));
  run_unary<Log10>(o, 1, 1, 0, 10, REFERENCE(mpfr_log10));
  run_unary<Log1p>(o, 1, 1, -1, 10, REFERENCE(mpfr_log1p));
  run_binary<Pow>(o, 2, 1, pow_inputs, REFERENCE(mpfr_pow));
  run_unary<Sqrt>(o, 0.5, 1, 0, 10, REFERENCE(mpfr_sqrt));
  run_unary<Cbrt>(o, 1, 1, -10, 10, REFERENCE(mpfr_cbrt));
  run_binary<Hypot>(o, 1, 1, plane_inputs, REFERENCE(mpfr_hypot));
  run_unary<Sin>(o, 1, 1, -10, 10, REFERENCE(mpfr_sin));
  run_unary<Cos>(o, 1, 1, -10, 10, REFERENCE(mpfr_cos));
  run_unary<Tan>(o, 1, 0.5, -10, 10, REFERENCE(mpfr_tan));
  run_unary<Asin>(o, 2, 0.3, -1, 1, REFERENCE(mpfr_asin));
  run_unary<Acos>(o, 2, 0.3, -1, 1, REFERENCE(mpfr_acos));
  run_unary<Atan>(o, 2, 0.5, -5, 5, REFERENCE(mpfr_atan));
  run_binary<Atan2>(o, 2, 0.3, plane_inputs, REFERENCE(mpfr_atan2));
  run_unary<Sinh>(o, 1, 1, -5, 5, REFERENCE(mpfr_sinh));
  run_unary<Cosh>(o, 1, 1, -5, 5, REFERENCE(mpfr_cosh));
  run_unary<Tanh>(o, 1, 1, -5, 5, REFERENCE(mpfr_tanh));
  run_unary<Asinh>(o, 2, 0.5, -5, 5, REFERENCE(mpfr_asinh));
  run_unary<Acosh>(o, 2, 0.5, 1, 10, REFERENCE(mpfr_acosh));
  run_unary<Atanh>(o, 2, 0.5, -1, 1, REFERENCE(mpfr_atanh));
  run_unary<Erf>(o, 2, 0.3, -3, 3, REFERENCE(mpfr_erf));
  run_unary<Erfc>(o, 2, 0.2, -3, 27, REFERENCE(mpfr_erfc));
  run_unary<Sigmoid>(o, 2, 1, -40, 40, REFERENCE(sigmoid_reference));
  run_unary<Logit>(o, 2, 1, 0, 1, REFERENCE(logit_reference));
  run_unary<Softplus>(o, 2, 0.6, -40, 40, REFERENCE(softplus_reference));
}

int run(int argc, char** argv) {
  Options options;
  if (argc > 1) options.scale = std::atof(argv[1]);
  if (argc > 2) options.only = argv[2];
  std::printf("seed %#" PRIx64 "\n", kSeed);
#if !SKEWLESS_HAVE_MPFR
  std::printf("***** MPFR was not found: errors in ulps are NOT MEASURED (install libmpfr-dev) *****\n");
#endif
  special_cases();
  measure(options);
  return finish("math_test");
}

}  // namespace
}  // namespace skewless::test

int main(int argc, char** argv) { return skewless::test::run(argc, argv); }
