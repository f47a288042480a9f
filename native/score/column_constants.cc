// Scaling and imputing: functions of one value with constants of its column.
#include <cmath>
#include <type_traits>

#include "score/compiled_step.h"

namespace skewless::score {
namespace {

template <class T>
struct Scale {
  T unused;
  SK_INLINE T operator()(T x, T offset, T scale) const { return (x - offset) * scale; }
};
template <class T>
struct Impute {
  T missing;
  SK_INLINE T operator()(T x, T value, T) const {
    bool is_missing = x == missing;
    if constexpr (!std::is_integral_v<T>) is_missing = is_missing | ((missing != missing) & (x != x));
    return is_missing ? value : x;
  }
};

template <class F, class T>
struct ColumnKernel {
  struct Call {
    F f;
    const T *in, *first, *second;
    T* out;
    int64_t width, stride;
  };
  static SK_INLINE void run(const Call& c) {
    const F f = c.f;
    const T *SK_RESTRICT first = c.first, *SK_RESTRICT second = c.second;
    if (c.stride == 1) {
      const T* SK_RESTRICT in = c.in;
      T* SK_RESTRICT out = c.out;
      for (int64_t i = 0; i < c.width; ++i) out[i] = f(in[i], first[i], second[i]);
      return;
    }
    for (int64_t column = 0; column < c.width; ++column) {
      const T* SK_RESTRICT in = c.in + column * c.stride;
      T* SK_RESTRICT out = c.out + column * c.stride;
      const T a = first[column], b = second[column];
      for (int64_t i = 0; i < c.stride; ++i) out[i] = f(in[i], a, b);
    }
  }
};

template <class F, class T>
class ColumnStep final : public Step {
  using V = Variants<ColumnKernel<F, T>>;

 public:
  ColumnStep(const StepSpec& s, const CompiledProgram& p, Isa isa, F f, const std::vector<T>& first, const std::vector<T>& second)
      : in_(s.operands[0]), out_(s.output), width_(p.registers[in_].width), f_(f), first_(first), second_(second), run_(V::pick(isa)) {}
  bool run(const Frame& f) const noexcept override {
    run_({f_, f.at<T>(in_), first_.data(), second_.data(), f.at<T>(out_), width_, f.stride});
    return true;
  }

 private:
  uint32_t in_, out_;
  int64_t width_;
  F f_;
  std::vector<T> first_, second_;
  typename V::Function run_;
};

template <class T>
std::unique_ptr<Step> scale(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  return std::make_unique<ColumnStep<Scale<T>, T>>(s, p, isa, Scale<T>{}, s.first.of<T>(), s.second.of<T>());
}
template <class T>
std::unique_ptr<Step> impute(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  return std::make_unique<ColumnStep<Impute<T>, T>>(s, p, isa, Impute<T>{s.first.of<T>()[0]}, s.second.of<T>(), s.second.of<T>());
}

}  // namespace

std::unique_ptr<Step> make_scale(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  return p.registers[s.output].element == Element::kF32 ? scale<float>(s, p, isa) : scale<double>(s, p, isa);
}

std::unique_ptr<Step> make_impute(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (p.registers[s.output].element) {
    case Element::kF32: return impute<float>(s, p, isa);
    case Element::kF64: return impute<double>(s, p, isa);
    default: return impute<int64_t>(s, p, isa);
  }
}

}  // namespace skewless::score
