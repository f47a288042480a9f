// Steps that look values up among categories.
#include <cinttypes>
#include <cstdio>
#include <type_traits>

#include "score/categories.h"
#include "score/compiled_step.h"

namespace skewless::score {
namespace {

template <class T>
using KeyOf = std::conditional_t<std::is_same_v<T, StringView>, std::string, T>;

void describe(char (&out)[192], int64_t column, StringView x) {
  int shown = static_cast<int>(x.size < 60 ? x.size : 60);
  // Not in the middle of a character.
  while (shown > 0 && shown < x.size && (x.bytes()[shown] & 0xc0) == 0x80) --shown;
  std::snprintf(out, sizeof out, "\"%.*s%s\" in column %" PRId64 " is none of the model's categories", shown, x.size ? x.data : "",
                shown < x.size ? "..." : "", column);
}
void describe(char (&out)[192], int64_t column, int64_t x) {
  std::snprintf(out, sizeof out, "%" PRId64 " in column %" PRId64 " is none of the model's categories", x, column);
}
void describe(char (&out)[192], int64_t column, float x) {
  std::snprintf(out, sizeof out, "%.9g in column %" PRId64 " is none of the model's categories", static_cast<double>(x), column);
}

template <class T, class O>
class OneHotStep final : public Step {
 public:
  OneHotStep(const StepSpec& s, const CompiledProgram& p)
      : in_(s.operands[0]), out_(s.output), width_(p.registers[in_].width), count_(static_cast<int64_t>(s.first.size())),
        fails_(s.kind == kUnknownFails), categories_(s.first.of<KeyOf<T>>()) {}
  bool run(const Frame& f) const noexcept override {
    const T* in = f.at<T>(in_);
    O* out = f.at<O>(out_);
    const int64_t stride = f.stride;
    std::memset(out, 0, static_cast<size_t>(width_ * count_ * stride) * sizeof(O));
    int failed_row = f.rows;
    int64_t failed_column = 0;
    for (int64_t column = 0; column < width_; ++column, in += stride, out += count_ * stride) {
      for (int row = 0; row < f.rows; ++row) {
        const int32_t index = categories_.find(in[row]);
        if (SK_LIKELY(index >= 0)) {
          out[index * stride + row] = O{1};
        } else if (fails_ && row < failed_row) {
          failed_row = row;
          failed_column = column;
        }
      }
    }
    if (SK_LIKELY(failed_row == f.rows)) return true;
    f.failure->row = failed_row;
    f.failure->code = "UNKNOWN_CATEGORY";
    describe(f.failure->message, failed_column, f.at<T>(in_)[failed_column * stride + failed_row]);
    return false;
  }

 private:
  uint32_t in_, out_;
  int64_t width_, count_;
  bool fails_;
  Categories<T> categories_;
};

template <class T, class O>
class LookupStep final : public Step {
 public:
  LookupStep(const StepSpec& s, const CompiledProgram& p)
      : in_(s.operands[0]), out_(s.output), width_(p.registers[in_].width), categories_(s.first.of<KeyOf<T>>()),
        values_(s.second.of<O>()), otherwise_(s.third.of<O>()[0]) {}
  bool run(const Frame& f) const noexcept override {
    const T* in = f.at<T>(in_);
    O* out = f.at<O>(out_);
    for (int64_t i = 0; i < width_ * f.stride; ++i) {
      const int32_t index = categories_.find(in[i]);
      out[i] = index < 0 ? otherwise_ : values_[static_cast<size_t>(index)];
    }
    return true;
  }

 private:
  uint32_t in_, out_;
  int64_t width_;
  Categories<T> categories_;
  std::vector<O> values_;
  O otherwise_;
};

template <template <class, class> class S, class T>
std::unique_ptr<Step> make(const StepSpec& s, const CompiledProgram& p) {
  switch (p.registers[s.output].element) {
    case Element::kF32: return std::make_unique<S<T, float>>(s, p);
    case Element::kF64: return std::make_unique<S<T, double>>(s, p);
    default: return std::make_unique<S<T, int64_t>>(s, p);
  }
}

}  // namespace

std::unique_ptr<Step> make_one_hot(const StepSpec& s, const CompiledProgram& p) {
  switch (p.registers[s.operands[0]].element) {
    case Element::kF32: return make<OneHotStep, float>(s, p);
    case Element::kText: return make<OneHotStep, StringView>(s, p);
    default: return make<OneHotStep, int64_t>(s, p);
  }
}

std::unique_ptr<Step> make_lookup(const StepSpec& s, const CompiledProgram& p) {
  switch (p.registers[s.operands[0]].element) {
    case Element::kF32: return make<LookupStep, float>(s, p);
    case Element::kF64: return make<LookupStep, double>(s, p);
    case Element::kText: return make<LookupStep, StringView>(s, p);
    default: return make<LookupStep, int64_t>(s, p);
  }
}

}  // namespace skewless::score
