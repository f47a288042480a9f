// Functions of two values, and the choice between two.
#include <cmath>
#include <limits>
#include <type_traits>

#include "core/math/math.h"
#include "score/broadcast.h"

namespace skewless::score {
namespace {

template <class T>
constexpr bool kInteger = std::is_integral_v<T>;

#define SK_ARITHMETIC(Name, op)                                                                              \
  template <class T>                                                                                         \
  struct Name {                                                                                              \
    static SK_INLINE T call(T x, T y) {                                                                      \
      if constexpr (kInteger<T>) return static_cast<T>(static_cast<uint64_t>(x) op static_cast<uint64_t>(y)); \
      else return x op y;                                                                                    \
    }                                                                                                        \
  };
SK_ARITHMETIC(Add, +)
SK_ARITHMETIC(Sub, -)
SK_ARITHMETIC(Mul, *)

#define SK_COMPARISON(Name, expression)                                          \
  template <class T>                                                             \
  struct Name {                                                                  \
    static SK_INLINE int64_t call(T x, T y) { return (expression) ? 1 : 0; } \
  };
SK_COMPARISON(Lt, x < y)
SK_COMPARISON(Le, x <= y)
SK_COMPARISON(Gt, x > y)
SK_COMPARISON(Ge, x >= y)
SK_COMPARISON(Eq, x == y)
SK_COMPARISON(Ne, x != y)
SK_COMPARISON(And, (x != 0) & (y != 0))
SK_COMPARISON(Or, (x != 0) | (y != 0))
SK_COMPARISON(Xor, (x != 0) != (y != 0))

template <class T>
struct Min {
  static SK_INLINE T call(T x, T y) {
    const T smaller = x < y ? x : y;
    return x != x ? x : smaller;
  }
};
template <class T>
struct Max {
  static SK_INLINE T call(T x, T y) {
    const T larger = x > y ? x : y;
    return x != x ? x : larger;
  }
};
// Integers: truncated; by zero 0, and the least by -1 itself.
template <class T>
struct Div {
  static SK_INLINE T call(T x, T y) {
    if constexpr (kInteger<T>) {
      if (y == 0) return 0;
      if (y == -1) return static_cast<T>(0 - static_cast<uint64_t>(x));
      return x / y;
    } else {
      return x / y;
    }
  }
};
// Floats: C's fmod, which is exact. Integers: the sign of the divisor; by zero 0.
template <class T>
struct Mod {
  static SK_INLINE T call(T x, T y) {
    if constexpr (kInteger<T>) {
      if (y == 0 || y == -1) return 0;
      const T r = x % y;
      return (r != 0) & ((r < 0) != (y < 0)) ? r + y : r;
    } else {
      return std::fmod(x, y);
    }
  }
};
// Integers: wraps; a negative power is 0 but for 1 and -1.
template <class T>
struct Pow {
  static SK_INLINE T call(T x, T y) {
    if constexpr (kInteger<T>) {
      if (y < 0) return x == 1 ? 1 : x == -1 ? ((y & 1) != 0 ? -1 : 1) : 0;
      uint64_t out = 1, base = static_cast<uint64_t>(x);
      for (auto n = static_cast<uint64_t>(y); n != 0; n >>= 1, base *= base)
        if ((n & 1) != 0) out *= base;
      return static_cast<T>(out);
    } else {
      return static_cast<T>(math::pow(static_cast<double>(x), static_cast<double>(y)));
    }
  }
};

template <class F, class T, class R>
struct BinaryKernel {
  struct Call {
    const T *left, *right;
    R* out;
    int64_t count, left_step, right_step;
  };
  static SK_INLINE void run(const Call& c) {
    const T *SK_RESTRICT left = c.left, *SK_RESTRICT right = c.right;
    R* SK_RESTRICT out = c.out;
    const int64_t count = c.count;
    if (c.left_step == 0) {
      const T x = left[0];
      for (int64_t i = 0; i < count; ++i) out[i] = F::call(x, right[i]);
    } else if (c.right_step == 0) {
      const T y = right[0];
      for (int64_t i = 0; i < count; ++i) out[i] = F::call(left[i], y);
    } else {
      for (int64_t i = 0; i < count; ++i) out[i] = F::call(left[i], right[i]);
    }
  }
};

template <class F, class T, class R>
class BinaryStep final : public Step {
  using V = Variants<BinaryKernel<F, T, R>>;

 public:
  BinaryStep(const StepSpec& s, const CompiledProgram& p, Isa isa)
      : left_(s.operands[0]), right_(s.operands[1]), out_(s.output), width_(p.registers[out_].width),
        single_{p.registers[left_].width == 1, p.registers[right_].width == 1}, run_(V::pick(isa)) {}
  bool run(const Frame& f) const noexcept override {
    for_each_run(single_, width_, f.stride, [&](const int64_t* at, int64_t to, int64_t count, const int64_t* step) {
      run_({f.at<T>(left_) + at[0], f.at<T>(right_) + at[1], f.at<R>(out_) + to, count, step[0], step[1]});
    });
    return true;
  }

 private:
  uint32_t left_, right_, out_;
  int64_t width_;
  bool single_[2];
  typename V::Function run_;
};

template <template <class> class F, class T, class R = T>
std::unique_ptr<Step> make(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  return std::make_unique<BinaryStep<F<T>, T, R>>(s, p, isa);
}

template <class T>
std::unique_ptr<Step> make_typed(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (static_cast<BinaryOp>(s.kind)) {
    case BinaryOp::kAdd: return make<Add, T>(s, p, isa);
    case BinaryOp::kSub: return make<Sub, T>(s, p, isa);
    case BinaryOp::kMul: return make<Mul, T>(s, p, isa);
    case BinaryOp::kDiv: return make<Div, T>(s, p, isa);
    case BinaryOp::kPow: return make<Pow, T>(s, p, isa);
    case BinaryOp::kMin: return make<Min, T>(s, p, isa);
    case BinaryOp::kMax: return make<Max, T>(s, p, isa);
    case BinaryOp::kMod: return make<Mod, T>(s, p, isa);
    case BinaryOp::kLt: return make<Lt, T, int64_t>(s, p, isa);
    case BinaryOp::kLe: return make<Le, T, int64_t>(s, p, isa);
    case BinaryOp::kGt: return make<Gt, T, int64_t>(s, p, isa);
    case BinaryOp::kGe: return make<Ge, T, int64_t>(s, p, isa);
    case BinaryOp::kEq: return make<Eq, T, int64_t>(s, p, isa);
    default: break;
  }
  if constexpr (kInteger<T>) {
    switch (static_cast<BinaryOp>(s.kind)) {
      case BinaryOp::kAnd: return make<And, T>(s, p, isa);
      case BinaryOp::kOr: return make<Or, T>(s, p, isa);
      case BinaryOp::kXor: return make<Xor, T>(s, p, isa);
      default: break;
    }
  }
  return make<Ne, T, int64_t>(s, p, isa);
}

template <class T>
struct WhereKernel {
  struct Call {
    const int64_t* condition;
    const T *yes, *no;
    T* out;
    int64_t count;
    const int64_t* steps;
  };
  static SK_INLINE void run(const Call& c) {
    const int64_t* SK_RESTRICT condition = c.condition;
    const T *SK_RESTRICT yes = c.yes, *SK_RESTRICT no = c.no;
    T* SK_RESTRICT out = c.out;
    const int64_t count = c.count, cs = c.steps[0], ys = c.steps[1], ns = c.steps[2];
    if (cs + ys + ns == 3) {
      for (int64_t i = 0; i < count; ++i) {
        const T y = yes[i], n = no[i];
        out[i] = condition[i] != 0 ? y : n;
      }
    } else {
      for (int64_t i = 0; i < count; ++i) out[i] = condition[i * cs] != 0 ? yes[i * ys] : no[i * ns];
    }
  }
};

template <class T>
class WhereStep final : public Step {
  using V = Variants<WhereKernel<T>>;

 public:
  WhereStep(const StepSpec& s, const CompiledProgram& p, Isa isa)
      : condition_(s.operands[0]), yes_(s.operands[1]), no_(s.operands[2]), out_(s.output), width_(p.registers[out_].width),
        single_{p.registers[condition_].width == 1, p.registers[yes_].width == 1, p.registers[no_].width == 1}, run_(V::pick(isa)) {}
  bool run(const Frame& f) const noexcept override {
    for_each_run(single_, width_, f.stride, [&](const int64_t* at, int64_t to, int64_t count, const int64_t* steps) {
      run_({f.at<int64_t>(condition_) + at[0], f.at<T>(yes_) + at[1], f.at<T>(no_) + at[2], f.at<T>(out_) + to, count, steps});
    });
    return true;
  }

 private:
  uint32_t condition_, yes_, no_, out_;
  int64_t width_;
  bool single_[3];
  typename V::Function run_;
};

}  // namespace

std::unique_ptr<Step> make_binary(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (p.registers[s.operands[0]].element) {
    case Element::kF32: return make_typed<float>(s, p, isa);
    case Element::kF64: return make_typed<double>(s, p, isa);
    default: return make_typed<int64_t>(s, p, isa);
  }
}

std::unique_ptr<Step> make_where(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (p.registers[s.output].element) {
    case Element::kF32: return std::make_unique<WhereStep<float>>(s, p, isa);
    case Element::kF64: return std::make_unique<WhereStep<double>>(s, p, isa);
    default: return std::make_unique<WhereStep<int64_t>>(s, p, isa);
  }
}

}  // namespace skewless::score
