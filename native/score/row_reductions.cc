// A row to one value: sums in the order of columns, extremes, and where they are.
#include <cmath>

#include "score/row_blocks.h"

namespace skewless::score {
namespace {

struct Reduce {
  // Sums of float32 are made in float64 and rounded once.
  template <int R, class T, class O>
  static SK_INLINE void run(const T* in, O* out, int64_t width, int64_t stride, uint8_t kind) {
    const auto columns = static_cast<double>(width);
    const auto same = [](double x) SK_INLINE_LAMBDA { return x; };
    switch (static_cast<Reduction>(kind)) {
      case Reduction::kSum: return sum<R>(in, out, width, stride, same, same);
      case Reduction::kMean: return sum<R>(in, out, width, stride, same, [columns](double x) SK_INLINE_LAMBDA { return x / columns; });
      case Reduction::kSumSquares: return sum<R>(in, out, width, stride, [](double x) SK_INLINE_LAMBDA { return x * x; }, same);
      case Reduction::kL1: return sum<R>(in, out, width, stride, [](double x) SK_INLINE_LAMBDA { return std::fabs(x); }, same);
      case Reduction::kL2:
        return sum<R>(in, out, width, stride, [](double x) SK_INLINE_LAMBDA { return x * x; }, [](double x) SK_INLINE_LAMBDA { return std::sqrt(x); });
      // NaN counts only where it comes first, as in ONNX Runtime.
      case Reduction::kMin: return extreme<R>(in, out, width, stride, [](T x, T best) SK_INLINE_LAMBDA { return x < best; });
      case Reduction::kMax: return extreme<R>(in, out, width, stride, [](T x, T best) SK_INLINE_LAMBDA { return x > best; });
    }
  }

 private:
  template <int R, class T, class Term, class Last>
  static SK_INLINE void sum(const T* in, T* out, int64_t width, int64_t stride, Term term, Last last) {
    double total[R];
    for (int r = 0; r < R; ++r) total[r] = 0;
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) total[r] += term(static_cast<double>(in[c * stride + r]));
    for (int r = 0; r < R; ++r) out[r] = static_cast<T>(last(total[r]));
  }
  template <int R, class T, class Better>
  static SK_INLINE void extreme(const T* in, T* out, int64_t width, int64_t stride, Better better) {
    T best[R];
    for (int r = 0; r < R; ++r) best[r] = in[r];
    for (int64_t c = 1; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        const T x = in[c * stride + r];
        best[r] = better(x, best[r]) ? x : best[r];
      }
    for (int r = 0; r < R; ++r) out[r] = best[r];
  }
};

// A NaN is never better, and nothing is better than a NaN that comes first.
struct Argmax {
  template <int R, class T, class O>
  static SK_INLINE void run(const T* in, O* out, int64_t width, int64_t stride, uint8_t kind) {
    const bool least = (kind & kArgLeast) != 0, last = (kind & kArgLast) != 0;
    T best[R];
    int64_t at[R];
    for (int r = 0; r < R; ++r) best[r] = in[r], at[r] = 0;
    for (int64_t c = 1; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        const T x = in[c * stride + r];
        const bool beyond = least ? x < best[r] : x > best[r];
        const bool better = beyond | (last & (x == best[r]));
        best[r] = better ? x : best[r];
        at[r] = better ? c : at[r];
      }
    for (int r = 0; r < R; ++r) out[r] = at[r];
  }
};

}  // namespace

std::unique_ptr<Step> make_reduce(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  if (p.registers[s.output].element == Element::kF32) return std::make_unique<RowBlockStep<Reduce, float, float>>(s, p, isa);
  return std::make_unique<RowBlockStep<Reduce, double, double>>(s, p, isa);
}

std::unique_ptr<Step> make_argmax(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (p.registers[s.operands[0]].element) {
    case Element::kF32: return std::make_unique<RowBlockStep<Argmax, float, int64_t>>(s, p, isa);
    case Element::kF64: return std::make_unique<RowBlockStep<Argmax, double, int64_t>>(s, p, isa);
    default: return std::make_unique<RowBlockStep<Argmax, int64_t, int64_t>>(s, p, isa);
  }
}

}  // namespace skewless::score
