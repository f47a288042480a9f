// Steps that move or convert columns.
#include <cstring>
#include <limits>

#include "score/compiled_step.h"

namespace skewless::score {
namespace {

class SelectStep final : public Step {
 public:
  SelectStep(const StepSpec& s, const CompiledProgram& p)
      : in_(s.operands[0]), out_(s.output), bytes_(element_bytes(p.registers[in_].element)), columns_(s.columns) {}
  bool run(const Frame& f) const noexcept override {
    const size_t bytes = bytes_ * static_cast<size_t>(f.stride);
    const unsigned char* in = f.registers[in_];
    unsigned char* out = f.registers[out_];
    if (f.stride == 1 && bytes_ == 4) return move<uint32_t>(in, out);
    if (f.stride == 1 && bytes_ == 8) return move<uint64_t>(in, out);
    for (const int32_t column : columns_) {
      std::memcpy(out, in + static_cast<size_t>(column) * bytes, bytes);
      out += bytes;
    }
    return true;
  }

 private:
  template <class T>
  bool move(const unsigned char* in, unsigned char* out) const {
    const auto* from = reinterpret_cast<const T*>(in);
    auto* to = reinterpret_cast<T*>(out);
    for (size_t i = 0; i < columns_.size(); ++i) to[i] = from[columns_[i]];
    return true;
  }
  uint32_t in_, out_;
  size_t bytes_;
  std::vector<int32_t> columns_;
};

class ConcatStep final : public Step {
 public:
  ConcatStep(const StepSpec& s, const CompiledProgram& p) : out_(s.output) {
    for (const uint32_t r : s.operands) parts_.push_back({r, p.registers[r].width * element_bytes(p.registers[r].element)});
  }
  bool run(const Frame& f) const noexcept override {
    unsigned char* out = f.registers[out_];
    for (const Part& part : parts_) {
      const size_t bytes = part.bytes * static_cast<size_t>(f.stride);
      std::memcpy(out, f.registers[part.reg], bytes);
      out += bytes;
    }
    return true;
  }

 private:
  struct Part {
    uint32_t reg;
    size_t bytes;  // of a row
  };
  uint32_t out_;
  std::vector<Part> parts_;
};

template <class From, class To>
SK_INLINE To convert(From x) {
  if constexpr (std::is_same_v<To, int64_t> && !std::is_same_v<From, int64_t>) {
    const bool fits = (x >= From(-0x1p63)) & (x < From(0x1p63));
    return fits ? static_cast<int64_t>(x) : std::numeric_limits<int64_t>::min();
  } else {
    return static_cast<To>(x);
  }
}

template <class From, class To, bool kBool>
struct CastKernel {
  struct Call {
    const From* in;
    To* out;
    int64_t count;
  };
  static SK_INLINE void run(const Call& c) {
    const From* SK_RESTRICT in = c.in;
    To* SK_RESTRICT out = c.out;
    for (int64_t i = 0; i < c.count; ++i) {
      if constexpr (kBool) out[i] = in[i] != 0 ? To{1} : To{0};
      else out[i] = convert<From, To>(in[i]);
    }
  }
};

template <class From, class To, bool kBool>
class CastStep final : public Step {
  using V = Variants<CastKernel<From, To, kBool>>;

 public:
  CastStep(const StepSpec& s, const CompiledProgram& p, Isa isa)
      : in_(s.operands[0]), out_(s.output), width_(p.registers[in_].width), run_(V::pick(isa)) {}
  bool run(const Frame& f) const noexcept override {
    run_({f.at<From>(in_), f.at<To>(out_), width_ * f.stride});
    return true;
  }

 private:
  uint32_t in_, out_;
  int64_t width_;
  typename V::Function run_;
};

template <class From, class To>
std::unique_ptr<Step> cast_between(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  if (s.kind == kCastToBool) return std::make_unique<CastStep<From, To, true>>(s, p, isa);
  return std::make_unique<CastStep<From, To, false>>(s, p, isa);
}
template <class From>
std::unique_ptr<Step> cast_from(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (p.registers[s.output].element) {
    case Element::kF32: return cast_between<From, float>(s, p, isa);
    case Element::kF64: return cast_between<From, double>(s, p, isa);
    default: return cast_between<From, int64_t>(s, p, isa);
  }
}

}  // namespace

std::unique_ptr<Step> make_select(const StepSpec& s, const CompiledProgram& p) { return std::make_unique<SelectStep>(s, p); }
std::unique_ptr<Step> make_concat(const StepSpec& s, const CompiledProgram& p) { return std::make_unique<ConcatStep>(s, p); }

std::unique_ptr<Step> make_cast(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (p.registers[s.operands[0]].element) {
    case Element::kF32: return cast_from<float>(s, p, isa);
    case Element::kF64: return cast_from<double>(s, p, isa);
    default: return cast_from<int64_t>(s, p, isa);
  }
}

}  // namespace skewless::score
