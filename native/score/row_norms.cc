// Normalizing rows, as ONNX-ML's Normalizer: a row whose norm is 0 stays as it is.
#include <cmath>
#include <limits>

#include "score/row_blocks.h"

namespace skewless::score {
namespace {

struct Normalize {
  template <int R, class T, class O>
  static SK_INLINE void run(const T* in, O* out, int64_t width, int64_t stride, uint8_t kind) {
    switch (static_cast<Norm>(kind)) {
      case Norm::kL1: return divide<R>(in, out, width, stride, [](T sum, T x) SK_INLINE_LAMBDA { return sum + std::fabs(x); }, T{0});
      // The greatest value, not the greatest size: so ONNX Runtime reads ONNX's definition. NaN is passed over.
      case Norm::kMax:
        return divide<R>(in, out, width, stride, [](T most, T x) SK_INLINE_LAMBDA { return x > most ? x : most; }, std::numeric_limits<T>::lowest());
      case Norm::kL2: return euclidean<R>(in, out, width, stride);
    }
  }

 private:
  template <int R, class T, class F>
  static SK_INLINE void divide(const T* in, T* out, int64_t width, int64_t stride, F fold, T start) {
    T norm[R];
    for (int r = 0; r < R; ++r) norm[r] = start;
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) norm[r] = fold(norm[r], in[c * stride + r]);
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        const T x = in[c * stride + r], q = x / norm[r];
        out[c * stride + r] = norm[r] == 0 ? x : q;
      }
  }
  // The root of each square's share, which is what ONNX Runtime computes, in the precision of the values.
  template <int R, class T>
  static SK_INLINE void euclidean(const T* in, T* out, int64_t width, int64_t stride) {
    T sum[R];
    for (int r = 0; r < R; ++r) sum[r] = 0;
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        const T x = in[c * stride + r];
        sum[r] += x * x;
      }
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        const T x = in[c * stride + r], root = std::sqrt(x * x / sum[r]);
        const T signed_root = x < 0 ? -root : root;
        out[c * stride + r] = sum[r] == 0 ? x : signed_root;
      }
  }
};

}  // namespace

std::unique_ptr<Step> make_normalize(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  if (p.registers[s.output].element == Element::kF32) return std::make_unique<RowBlockStep<Normalize, float, float>>(s, p, isa);
  return std::make_unique<RowBlockStep<Normalize, double, double>>(s, p, isa);
}

}  // namespace skewless::score
