// x W + bias. Each sum is made in the order of x, from 0, and the bias is added last: in a row the loop runs over
// outputs, in a chunk over rows, and every element sees the same additions.
#include <algorithm>
#include <cstring>

#include "score/compiled_step.h"

namespace skewless::score {
namespace {

template <class T>
struct DenseCall {
  const T* in;
  T* out;
  const T* weights;  // [inputs, padded]
  const T* bias;     // [padded]
  int64_t inputs, outputs, padded, stride;
};

#if defined(__GNUC__)
// kBytes: of a vector of the instruction set.
template <class T, int kBytes>
struct DenseKernel {
  using Call = DenseCall<T>;
  typedef T Vector __attribute__((vector_size(kBytes)));
  static constexpr int kCount = kBytes / static_cast<int>(sizeof(T));

  static SK_INLINE void load(Vector& v, const T* p) { std::memcpy(&v, p, sizeof v); }
  static SK_INLINE void store(T* p, const Vector& v) { std::memcpy(p, &v, sizeof v); }

  // kVectors vectors of outputs of one row. The additions of one output wait for each other (4 cycles each), so that
  // several vectors go side by side.
  template <int kVectors>
  static SK_INLINE void row_outputs(const Call& c, int64_t n) {
    Vector sum[kVectors];
    for (int v = 0; v < kVectors; ++v) sum[v] = Vector{};
    const T* w = c.weights + n;
    for (int64_t k = 0; k < c.inputs; ++k, w += c.padded) {
      const T x = c.in[k];
      for (int v = 0; v < kVectors; ++v) {
        Vector weight;
        load(weight, w + v * kCount);
        sum[v] += weight * x;
      }
    }
    for (int v = 0; v < kVectors; ++v) {
      Vector bias;
      load(bias, c.bias + n + v * kCount);
      store(c.out + n + v * kCount, sum[v] + bias);
    }
  }

  // kOutputs outputs of kVectors vectors of rows: each loaded x serves all outputs, each weight all rows.
  template <int kOutputs, int kVectors>
  static SK_INLINE void chunk_block(const Call& c, int64_t n, int64_t r) {
    Vector sum[kOutputs][kVectors];
    for (int o = 0; o < kOutputs; ++o)
      for (int v = 0; v < kVectors; ++v) sum[o][v] = Vector{};
    const T* in = c.in + r;
    const T* w = c.weights + n;
    for (int64_t k = 0; k < c.inputs; ++k, in += c.stride, w += c.padded) {
      Vector x[kVectors];
      for (int v = 0; v < kVectors; ++v) load(x[v], in + v * kCount);
      for (int o = 0; o < kOutputs; ++o)
        for (int v = 0; v < kVectors; ++v) sum[o][v] += x[v] * w[o];
    }
    for (int o = 0; o < kOutputs; ++o)
      for (int v = 0; v < kVectors; ++v) store(c.out + (n + o) * c.stride + r + v * kCount, sum[o][v] + c.bias[n + o]);
  }
  template <int kOutputs>
  static SK_INLINE int64_t chunk_outputs(const Call& c, int64_t n) {
    for (; n + kOutputs <= c.outputs; n += kOutputs) {
      int64_t r = 0;
      for (; r + 2 * kCount <= c.stride; r += 2 * kCount) chunk_block<kOutputs, 2>(c, n, r);
      for (; r < c.stride; r += kCount) chunk_block<kOutputs, 1>(c, n, r);
    }
    return n;
  }

  static SK_INLINE void run(const Call& c) {
    if (c.stride == 1) {
      int64_t n = 0;
      for (; n + 4 * kCount <= c.padded; n += 4 * kCount) row_outputs<4>(c, n);
      for (; n + 2 * kCount <= c.padded; n += 2 * kCount) row_outputs<2>(c, n);
      for (; n < c.padded; n += kCount) row_outputs<1>(c, n);
      return;
    }
    int64_t n = 0;
    if constexpr (kBytes == 64) n = chunk_outputs<8>(c, n);  // 16 of 32 registers hold sums
    n = chunk_outputs<4>(c, n);
    chunk_outputs<1>(c, n);
  }
};
#else
template <class T, int>
struct DenseKernel {
  using Call = DenseCall<T>;
  static SK_INLINE void run(const Call& c) {
    for (int64_t n = 0; n < c.outputs; ++n)
      for (int64_t r = 0; r < c.stride; ++r) {
        T sum = 0;
        for (int64_t k = 0; k < c.inputs; ++k) sum += c.in[k * c.stride + r] * c.weights[k * c.padded + n];
        c.out[n * c.stride + r] = sum + c.bias[n];
      }
  }
};
#endif

template <class T>
class DenseStep final : public Step {
 public:
  DenseStep(const StepSpec& s, const CompiledProgram& p, [[maybe_unused]] Isa isa)
      : in_(s.operands[0]), out_(s.output), inputs_(p.registers[in_].width), outputs_(p.registers[out_].width),
        // Registers are padded alike: a row's last vector may be stored whole.
        padded_((outputs_ + kPad - 1) / kPad * kPad), weights_(static_cast<size_t>(inputs_ * padded_)), bias_(static_cast<size_t>(padded_)) {
    const T* from = s.first.of<T>().data();
    for (int64_t k = 0; k < inputs_; ++k) std::copy_n(from + k * outputs_, outputs_, weights_.data() + k * padded_);
    // Without a bias: adding -0 changes nothing.
    std::fill(bias_.begin(), bias_.end(), T(-0.0));
    if (s.has_second) std::copy_n(s.second.of<T>().data(), outputs_, bias_.data());
    run_ = Variants<DenseKernel<T, 16>>::baseline;
#ifdef SK_X86_VARIANTS
    if (isa == Isa::kAvx2) run_ = Variants<DenseKernel<T, 32>>::avx2;
    if (isa == Isa::kAvx512) run_ = Variants<DenseKernel<T, 64>>::avx512;
#endif
  }
  bool run(const Frame& f) const noexcept override {
    run_({f.at<T>(in_), f.at<T>(out_), weights_.data(), bias_.data(), inputs_, outputs_, padded_, f.stride});
    return true;
  }

 private:
  static constexpr int64_t kPad = 64 / sizeof(T);
  uint32_t in_, out_;
  int64_t inputs_, outputs_, padded_;
  std::vector<T> weights_, bias_;
  void (*run_)(const DenseCall<T>&);
};

}  // namespace

std::unique_ptr<Step> make_dense(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  if (p.registers[s.output].element == Element::kF32) return std::make_unique<DenseStep<float>>(s, p, isa);
  return std::make_unique<DenseStep<double>>(s, p, isa);
}

}  // namespace skewless::score
