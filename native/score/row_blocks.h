// Steps that look at all columns of a row: their bodies run over kLanes rows at a time, or over one.
#pragma once
#include "core/lanes.h"
#include "score/compiled_step.h"

namespace skewless::score {

// Body::run<R, T, O>(in, out, width, stride, kind): R rows whose columns are `stride` apart.
template <class Body, class T, class O>
struct RowBlockKernel {
  struct Call {
    const T* in;
    O* out;
    int64_t width, stride;
    uint8_t kind;
  };
  static SK_INLINE void run(const Call& c) {
    if (c.stride == 1) {
      Body::template run<1, T, O>(c.in, c.out, c.width, 1, c.kind);
      return;
    }
    for (int64_t r = 0; r < c.stride; r += kLanes) Body::template run<kLanes, T, O>(c.in + r, c.out + r, c.width, c.stride, c.kind);
  }
};

template <class Body, class T, class O>
class RowBlockStep final : public Step {
  using V = Variants<RowBlockKernel<Body, T, O>>;

 public:
  RowBlockStep(const StepSpec& s, const CompiledProgram& p, Isa isa)
      : in_(s.operands[0]), out_(s.output), width_(p.registers[in_].width), kind_(s.kind), run_(V::pick(isa)) {}
  bool run(const Frame& f) const noexcept override {
    run_({f.at<T>(in_), f.at<O>(out_), width_, f.stride, kind_});
    return true;
  }

 private:
  uint32_t in_, out_;
  int64_t width_;
  uint8_t kind_;
  typename V::Function run_;
};

}  // namespace skewless::score
