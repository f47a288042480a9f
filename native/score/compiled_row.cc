#include "score/compiled_row.h"

#include <chrono>
#include <cstring>
#include <limits>

#include "score/half.h"

namespace skewless::score {
namespace {

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

size_t lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

class CompiledRow final : public RowModel {
 public:
  explicit CompiledRow(std::shared_ptr<const CompiledModel> model)
      : model_(std::move(model)), width_(model_->reg(model_->program().inputs[0].reg).width) {
    size_t bytes = lines(size_t{width_} * 4);
    for (const OutputSpec& o : model_->program().outputs) {
      const RegisterSpec& r = model_->reg(o.reg);
      outputs_.push_back({r.element == Element::kF32   ? RowElement::kFloat32
                          : r.element == Element::kF64 ? RowElement::kFloat64
                                                       : RowElement::kInt64,
                          r.width, static_cast<uint32_t>(bytes)});
      bytes += (r.width * element_bytes(r.element) + 7) / 8 * 8;
    }
    bytes_ = lines(bytes);
    block_.reset(allocate_lines(bytes_));
    if (!block_) throw std::bad_alloc();
    executor_ = std::make_unique<ModelExecutor>(model_, 1, block_.get());
    if (!executor_->ready()) throw std::bad_alloc();
  }

  uint32_t width() const override { return width_; }
  unsigned char* block() override { return block_.get(); }
  size_t block_bytes() const override { return bytes_; }
  const std::vector<RowOutput>& outputs() const override { return outputs_; }

  RowStatus run(int64_t deadline_ns) noexcept override {
    message_ = "";
    if (SK_UNLIKELY(model_->closed())) return RowStatus::kClosed;
    if (deadline_ns != 0 && now_ns() >= deadline_ns) return RowStatus::kDeadlineExceeded;
    if (SK_UNLIKELY(!executor_->run())) return fail();
    const auto& outputs = model_->program().outputs;
    for (size_t i = 0; i < outputs.size(); ++i)
      if (SK_UNLIKELY(!store(outputs[i], outputs_[i]))) return fail();
    if (deadline_ns != 0 && now_ns() >= deadline_ns) return RowStatus::kDeadlineExceeded;
    return RowStatus::kOk;
  }
  const char* message() const noexcept override { return message_; }

 private:
  struct Free {
    void operator()(unsigned char* p) const { free_lines(p); }
  };

  RowStatus fail() noexcept {
    message_ = executor_->failure().message;
    return RowStatus::kFailed;
  }

  template <class T>
  static void copy(const unsigned char* from, unsigned char* to, uint32_t width, bool half) noexcept {
    const auto* in = reinterpret_cast<const T*>(from);
    auto* out = reinterpret_cast<T*>(to);
    for (uint32_t i = 0; i < width; ++i) {
      T x = in[i];
      if constexpr (std::is_same_v<T, float>) {
        if (half) x = half_to_float(float_to_half(x));
      }
      out[i] = x != x ? std::numeric_limits<T>::quiet_NaN() : x;
    }
  }

  bool store(const OutputSpec& o, const RowOutput& place) noexcept {
    const unsigned char* from = executor_->reg(o.reg);
    unsigned char* to = block_.get() + place.offset;
    switch (place.element) {
      case RowElement::kFloat32: copy<float>(from, to, place.width, o.type == TensorType::kFloat16); return true;
      case RowElement::kFloat64: copy<double>(from, to, place.width, false); return true;
      case RowElement::kInt64: break;
    }
    if (o.labels == LabelKind::kNone) {
      std::memcpy(to, from, size_t{place.width} * 8);
      return true;
    }
    const int64_t index = *reinterpret_cast<const int64_t*>(from);
    if (index < 0 || index >= static_cast<int64_t>(o.label_count)) {
      std::snprintf(executor_->failure().message, sizeof executor_->failure().message, "the model chose label %lld of %u",
                    static_cast<long long>(index), o.label_count);
      return false;
    }
    *reinterpret_cast<int64_t*>(to) = o.labels == LabelKind::kInt64 ? o.int_labels[static_cast<size_t>(index)] : index;
    return true;
  }

  std::shared_ptr<const CompiledModel> model_;
  uint32_t width_;
  size_t bytes_ = 0;
  std::unique_ptr<unsigned char, Free> block_;
  std::unique_ptr<ModelExecutor> executor_;
  std::vector<RowOutput> outputs_;
  const char* message_ = "";
};

}  // namespace

std::shared_ptr<RowModel> make_compiled_row(std::shared_ptr<const CompiledModel> model) {
  const auto& inputs = model->program().inputs;
  if (inputs.size() != 1 || inputs[0].type != TensorType::kFloat32) invalid("a model for one row at a time has one float32 input");
  return std::make_shared<CompiledRow>(std::move(model));
}

}  // namespace skewless::score
