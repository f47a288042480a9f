// Softmax of a row, in float64 whatever its type, the greatest value subtracted first.
#include <cmath>
#include <limits>

#include "core/math/math.h"
#include "score/row_blocks.h"

namespace skewless::score {
namespace {

struct Softmax {
  template <int R, class T, class O>
  static SK_INLINE void run(const T* in, O* out, int64_t width, int64_t stride, uint8_t kind) {
    double most[R], sum[R];
    for (int r = 0; r < R; ++r) most[r] = static_cast<double>(std::numeric_limits<T>::lowest()), sum[r] = 0;
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        const auto x = static_cast<double>(in[c * stride + r]);
        // An infinite greatest value gives NaN, as the formula does; NaN itself comes through the sum.
        most[r] = x > most[r] ? x : most[r];
      }
    const auto k = static_cast<SoftmaxKind>(kind);
    if (k == SoftmaxKind::kSoftmaxZero) return with_zeros<R>(in, out, width, stride, most, sum);
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) sum[r] += math::exp(static_cast<double>(in[c * stride + r]) - most[r]);
    if (k == SoftmaxKind::kLogSoftmax) {
      for (int r = 0; r < R; ++r) sum[r] = math::log(sum[r]);
      for (int64_t c = 0; c < width; ++c)
        for (int r = 0; r < R; ++r) out[c * stride + r] = static_cast<O>((static_cast<double>(in[c * stride + r]) - most[r]) - sum[r]);
    } else {
      for (int64_t c = 0; c < width; ++c)
        for (int r = 0; r < R; ++r) out[c * stride + r] = static_cast<O>(math::exp(static_cast<double>(in[c * stride + r]) - most[r]) / sum[r]);
    }
  }

 private:
  // ONNX-ML's SOFTMAX_ZERO: values of size up to 1e-7 take no part in the sum and stay about as small as they are.
  template <int R, class T, class O>
  static SK_INLINE void with_zeros(const T* in, O* out, int64_t width, int64_t stride, const double* most, double* sum) {
    const auto share = [](double x, double greatest, bool& counted) SK_INLINE_LAMBDA {
      counted = (x > static_cast<double>(0.0000001f)) | (x < -static_cast<double>(0.0000001f));
      const double small = x * math::exp(-greatest), large = math::exp(x - greatest);
      return counted ? large : small;
    };
    bool counted;
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        const double part = share(static_cast<double>(in[c * stride + r]), most[r], counted);
        sum[r] += counted ? part : 0.0;
      }
    for (int64_t c = 0; c < width; ++c)
      for (int r = 0; r < R; ++r) {
        out[c * stride + r] = static_cast<O>(share(static_cast<double>(in[c * stride + r]), most[r], counted) / sum[r]);
      }
  }
};

}  // namespace

std::unique_ptr<Step> make_softmax(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  if (p.registers[s.output].element == Element::kF32) return std::make_unique<RowBlockStep<Softmax, float, float>>(s, p, isa);
  return std::make_unique<RowBlockStep<Softmax, double, double>>(s, p, isa);
}

}  // namespace skewless::score
