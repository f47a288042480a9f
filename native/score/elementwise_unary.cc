// Functions of one value, over all columns and rows of a register at once.
#include <cmath>
#include <type_traits>

#include "core/math/math.h"
#include "score/compiled_step.h"

namespace skewless::score {
namespace {

// What is not exact in one operation is computed in float64 and rounded once.
#define SK_MATH(Name, expression)                            \
  template <class T>                                         \
  struct Name {                                              \
    double a, b;                                             \
    SK_INLINE T operator()(T value) const {                  \
      [[maybe_unused]] const auto x = static_cast<double>(value); \
      return static_cast<T>(expression);                     \
    }                                                        \
  };
#define SK_PLAIN(Name, expression)                           \
  template <class T>                                         \
  struct Name {                                              \
    T a, b;                                                  \
    SK_INLINE T operator()(T x) const { return expression; } \
  };

SK_PLAIN(Not, x == 0 ? T{1} : T{0})
SK_PLAIN(Reciprocal, 1 / x)
SK_PLAIN(Sqrt, std::sqrt(x))
SK_PLAIN(Floor, std::floor(x))
SK_PLAIN(Ceil, std::ceil(x))
SK_PLAIN(Round, std::rint(x))
SK_PLAIN(Relu, x < 0 ? T{0} : x)
SK_PLAIN(LeakyRelu, x < 0 ? a * x : x)
SK_PLAIN(ThresholdedRelu, x > a ? x : T{0})
SK_PLAIN(Binarize, x > a ? T{1} : T{0})

SK_MATH(Exp, math::exp(x))
SK_MATH(Log, math::log(x))
SK_MATH(Erf, math::erf(x))
SK_MATH(Sigmoid, math::sigmoid(x))
SK_MATH(Tanh, math::tanh(x))
SK_MATH(Softplus, math::softplus(x))
SK_MATH(Softsign, x / (1 + std::fabs(x)))
SK_MATH(Gelu, x == -math::kInfinity ? -0.0 : 0.5 * x * math::erfc(x * -0x1.6a09e667f3bcdp-1))
SK_MATH(Elu, x < 0 ? a * math::expm1(x) : x)
SK_MATH(Celu, x < 0 ? a * math::expm1(x / a) : x)
SK_MATH(Selu, x > 0 ? b * x : b * (a * math::expm1(x)))

template <class T>
struct Abs {
  T a, b;
  SK_INLINE T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      const auto bits = static_cast<uint64_t>(x);
      return static_cast<T>(x < 0 ? 0 - bits : bits);
    } else {
      return std::fabs(x);
    }
  }
};
template <class T>
struct Neg {
  T a, b;
  SK_INLINE T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(0 - static_cast<uint64_t>(x));
    else return -x;
  }
};
template <class T>
struct Sign {
  T a, b;
  SK_INLINE T operator()(T x) const {
    const T side = x > 0 ? T{1} : T{-1};
    return (x > 0) | (x < 0) ? side : x;
  }
};
template <class T>
struct HardSigmoid {
  T a, b;
  SK_INLINE T operator()(T x) const {
    const T y = a * x + b;
    const T above = y < 0 ? T{0} : y;
    return above > 1 ? T{1} : above;
  }
};
template <class T>
struct Clip {
  T a, b;
  SK_INLINE T operator()(T x) const {
    const T above = x < a ? a : x;
    return above > b ? b : above;
  }
};
// ONNX-ML leaves the inverse error function to the runtime; ONNX Runtime takes Winitzki's approximation with these
// constants, in the precision of the scores. Off by up to 0.002, but that is what models were tested with.
template <class T>
struct Probit {
  T a, b;
  SK_INLINE T operator()(T p) const {
    const T y = 2 * p - 1;
    const T z = (1 - y) * (1 + y);
    const T l = static_cast<T>(math::log(static_cast<double>(z)));
    const T v = T(2) / (T(3.14159274f) * T(0.147f)) + T(0.5) * l;
    const T w = -v + std::sqrt(v * v - T(1) / T(0.147f) * l);
    const T root = std::sqrt(w);
    return T(1.41421356f) * (y < 0 ? -root : root);
  }
};
template <class T>
struct IsNaN {
  T a, b;
  SK_INLINE int64_t operator()(T x) const { return x != x ? 1 : 0; }
};

template <class F, class T, class R>
struct UnaryKernel {
  struct Call {
    const T* in;
    R* out;
    int64_t count;
    double alpha, beta;
  };
  static SK_INLINE void run(const Call& c) {
    using P = decltype(F::a);
    const F f{static_cast<P>(c.alpha), static_cast<P>(c.beta)};
    const T* SK_RESTRICT in = c.in;
    R* SK_RESTRICT out = c.out;
    const int64_t count = c.count;
    for (int64_t i = 0; i < count; ++i) out[i] = f(in[i]);
  }
};

template <class F, class T, class R>
class UnaryStep final : public Step {
  using V = Variants<UnaryKernel<F, T, R>>;

 public:
  UnaryStep(const StepSpec& s, const CompiledProgram& p, Isa isa)
      : in_(s.operands[0]), out_(s.output), width_(p.registers[in_].width), alpha_(s.alpha), beta_(s.beta), run_(V::pick(isa)) {}
  bool run(const Frame& f) const noexcept override {
    run_({f.at<T>(in_), f.at<R>(out_), width_ * f.stride, alpha_, beta_});
    return true;
  }

 private:
  uint32_t in_, out_;
  int64_t width_;
  double alpha_, beta_;
  typename V::Function run_;
};

template <template <class> class F, class T, class R = T>
std::unique_ptr<Step> make(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  return std::make_unique<UnaryStep<F<T>, T, R>>(s, p, isa);
}

std::unique_ptr<Step> make_integer(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (static_cast<UnaryOp>(s.kind)) {
    case UnaryOp::kAbs: return make<Abs, int64_t>(s, p, isa);
    case UnaryOp::kNeg: return make<Neg, int64_t>(s, p, isa);
    case UnaryOp::kSign: return make<Sign, int64_t>(s, p, isa);
    default: return make<Not, int64_t>(s, p, isa);
  }
}

template <class T>
std::unique_ptr<Step> make_float(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (static_cast<UnaryOp>(s.kind)) {
    case UnaryOp::kAbs: return make<Abs, T>(s, p, isa);
    case UnaryOp::kNeg: return make<Neg, T>(s, p, isa);
    case UnaryOp::kSign: return make<Sign, T>(s, p, isa);
    case UnaryOp::kNot: return make<Not, T>(s, p, isa);
    case UnaryOp::kReciprocal: return make<Reciprocal, T>(s, p, isa);
    case UnaryOp::kSqrt: return make<Sqrt, T>(s, p, isa);
    case UnaryOp::kExp: return make<Exp, T>(s, p, isa);
    case UnaryOp::kLog: return make<Log, T>(s, p, isa);
    case UnaryOp::kFloor: return make<Floor, T>(s, p, isa);
    case UnaryOp::kCeil: return make<Ceil, T>(s, p, isa);
    case UnaryOp::kRound: return make<Round, T>(s, p, isa);
    case UnaryOp::kErf: return make<Erf, T>(s, p, isa);
    case UnaryOp::kSigmoid: return make<Sigmoid, T>(s, p, isa);
    case UnaryOp::kTanh: return make<Tanh, T>(s, p, isa);
    case UnaryOp::kRelu: return make<Relu, T>(s, p, isa);
    case UnaryOp::kSoftplus: return make<Softplus, T>(s, p, isa);
    case UnaryOp::kSoftsign: return make<Softsign, T>(s, p, isa);
    case UnaryOp::kGelu: return make<Gelu, T>(s, p, isa);
    case UnaryOp::kProbit: return make<Probit, T>(s, p, isa);
    case UnaryOp::kLeakyRelu: return make<LeakyRelu, T>(s, p, isa);
    case UnaryOp::kElu: return make<Elu, T>(s, p, isa);
    case UnaryOp::kCelu: return make<Celu, T>(s, p, isa);
    case UnaryOp::kThresholdedRelu: return make<ThresholdedRelu, T>(s, p, isa);
    case UnaryOp::kSelu: return make<Selu, T>(s, p, isa);
    case UnaryOp::kHardSigmoid: return make<HardSigmoid, T>(s, p, isa);
    case UnaryOp::kClip: return make<Clip, T>(s, p, isa);
    case UnaryOp::kBinarize: return make<Binarize, T>(s, p, isa);
    default: return make<IsNaN, T, int64_t>(s, p, isa);
  }
}

}  // namespace

std::unique_ptr<Step> make_unary(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (p.registers[s.operands[0]].element) {
    case Element::kF32: return make_float<float>(s, p, isa);
    case Element::kF64: return make_float<double>(s, p, isa);
    default: return make_integer(s, p, isa);
  }
}

}  // namespace skewless::score
