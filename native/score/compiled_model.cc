#include "score/compiled_model.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace skewless::score {
namespace {

constexpr size_t kChunkBytes = size_t{512} << 10;

size_t lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

int stride_of(int rows) { return rows <= 1 ? 1 : (rows + kLanes - 1) / kLanes * kLanes; }

template <class T>
void spread(const std::vector<T>& values, unsigned char* reg, int stride) {
  auto* out = reinterpret_cast<T*>(reg);
  for (const T value : values) out = std::fill_n(out, stride, value);
}

}  // namespace

unsigned char* allocate_lines(size_t bytes) noexcept {
  void* memory = ::operator new(std::max<size_t>(bytes, 64), std::align_val_t{64}, std::nothrow);
  if (memory) std::memset(memory, 0, bytes);
  return static_cast<unsigned char*>(memory);
}
void free_lines(unsigned char* memory) noexcept { ::operator delete(memory, std::align_val_t{64}); }

std::unique_ptr<Step> make_step(StepSpec& s, const CompiledProgram& p, Isa isa) {
  switch (s.op) {
    case StepOp::kTrees: return make_trees(s, p, isa);
    case StepOp::kDense: return make_dense(s, p, isa);
    case StepOp::kUnary: return make_unary(s, p, isa);
    case StepOp::kBinary: return make_binary(s, p, isa);
    case StepOp::kWhere: return make_where(s, p, isa);
    case StepOp::kScale: return make_scale(s, p, isa);
    case StepOp::kImpute: return make_impute(s, p, isa);
    case StepOp::kNormalize: return make_normalize(s, p, isa);
    case StepOp::kSoftmax: return make_softmax(s, p, isa);
    case StepOp::kReduce: return make_reduce(s, p, isa);
    case StepOp::kArgmax: return make_argmax(s, p, isa);
    case StepOp::kSelect: return make_select(s, p);
    case StepOp::kConcat: return make_concat(s, p);
    case StepOp::kCast: return make_cast(s, p, isa);
    case StepOp::kOneHot: return make_one_hot(s, p);
    case StepOp::kLookup: return make_lookup(s, p);
  }
  invalid("unknown operation");
}

std::shared_ptr<CompiledModel> CompiledModel::compile(const uint8_t* bytes, size_t size, Isa isa) {
  auto model = std::make_shared<CompiledModel>();
  model->program_ = decode_model(bytes, size);
  for (StepSpec& s : model->program_.steps) {
    model->steps_.push_back(make_step(s, model->program_, isa));
    // The step has its own copy.
    s.first = s.second = s.third = Values{};
    s.trees.reset();
  }
  size_t row_bytes = model->scratch_bytes(kLanes) / kLanes;
  for (const RegisterSpec& r : model->program_.registers) row_bytes += r.width * element_bytes(r.element);
  const size_t rows = kChunkBytes / std::max<size_t>(row_bytes, 1) / kLanes * kLanes;
  model->chunk_rows_ = static_cast<int>(std::min<size_t>(rows, kMaxChunkRows));
  if (model->chunk_rows_ == 0) model->chunk_rows_ = row_bytes <= (size_t{1} << 20) ? kLanes : 1;
  return model;
}

size_t CompiledModel::scratch_bytes(int stride) const {
  size_t bytes = 0;
  for (const auto& step : steps_) bytes = std::max(bytes, step->scratch_bytes(static_cast<size_t>(stride)));
  return bytes;
}

void ModelExecutor::Free::operator()(unsigned char* p) const { free_lines(p); }

ModelExecutor::ModelExecutor(std::shared_ptr<const CompiledModel> model, int capacity, void* input)
    : model_(std::move(model)), capacity_(stride_of(capacity)) {
  const auto& registers = model_->program().registers;
  const auto size_of = [&](const RegisterSpec& r) { return lines(r.width * element_bytes(r.element) * static_cast<size_t>(capacity_)); };
  const uint32_t given = input ? model_->program().inputs[0].reg : ~0u;
  size_t bytes = lines(model_->scratch_bytes(capacity_));
  for (uint32_t i = 0; i < registers.size(); ++i) bytes += i == given ? 0 : size_of(registers[i]);
  memory_.reset(allocate_lines(bytes));
  if (!memory_) return;
  scratch_ = memory_.get();
  unsigned char* at = scratch_ + lines(model_->scratch_bytes(capacity_));
  for (uint32_t i = 0; i < registers.size(); ++i) {
    registers_.push_back(i == given ? static_cast<unsigned char*>(input) : at);
    if (i != given) at += size_of(registers[i]);
  }
  resize(1);
}

void ModelExecutor::resize(int rows) {
  rows_ = rows;
  const int stride = stride_of(rows);
  if (stride == stride_) return;
  stride_ = stride;
  fill_constants();
}

void ModelExecutor::fill_constants() {
  const auto& registers = model_->program().registers;
  for (uint32_t i = 0; i < registers.size(); ++i) {
    const RegisterSpec& r = registers[i];
    if (!r.constant) continue;
    switch (r.element) {
      case Element::kF32: spread(r.values.f32, registers_[i], stride_); break;
      case Element::kF64: spread(r.values.f64, registers_[i], stride_); break;
      case Element::kI64: spread(r.values.i64, registers_[i], stride_); break;
      case Element::kText: {
        auto* out = reinterpret_cast<StringView*>(registers_[i]);
        for (const std::string& text : r.values.text) out = std::fill_n(out, stride_, StringView{text.data(), static_cast<int64_t>(text.size())});
      }
    }
  }
}

}  // namespace skewless::score
