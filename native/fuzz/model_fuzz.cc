// Fuzzes compiled models: decode, compile, then rows and chunks over doubtful values. Nothing may read or write out of
// bounds; a row by itself, rows of a batch and all instruction sets must give the same bits or fail on the same row.
#include <vector>

#include "fuzz/bytes.h"
#include "fuzz/model_writer.h"
#include "score/compiled_batch.h"
#include "score/compiled_row.h"

namespace skewless::fuzz {
namespace {

using score::BatchFailure;
using score::BatchTask;
using score::CompiledModel;
using score::TensorType;

size_t input_bytes(TensorType type) {
  static constexpr size_t sizes[score::kTensorTypeCount] = {4, 8, 2, 1, 1, 2, 2, 4, 4, 8, 8, 1, 0};
  return sizes[static_cast<int>(type)];
}

std::vector<Isa> isas() {
  std::vector<Isa> out{Isa::kBaseline};
#ifdef SK_X86_VARIANTS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) out.push_back(Isa::kAvx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    out.push_back(Isa::kAvx512);
#endif
  return out;
}

// Inputs of `rows` rows, each in memory of its own.
struct Inputs {
  std::vector<Exact> data;
  std::vector<std::vector<uint32_t>> offsets;
  std::vector<score::TensorView> views(const CompiledModel& model, int64_t row) const {
    std::vector<score::TensorView> out;
    for (size_t i = 0; i < data.size(); ++i) {
      const auto& spec = model.program().inputs[i];
      const auto first = static_cast<size_t>(row) * model.reg(spec.reg).width;
      if (spec.type == TensorType::kString) out.push_back({data[i].data(), offsets[i].data() + first});
      else out.push_back({data[i].data() + first * input_bytes(spec.type), nullptr});
    }
    return out;
  }
};

Inputs make_inputs(const CompiledModel& model, Bytes& in, int64_t rows) {
  Inputs out;
  ModelWriter values(in);
  for (const auto& spec : model.program().inputs) {
    const size_t count = static_cast<size_t>(rows) * model.reg(spec.reg).width;
    out.offsets.emplace_back();
    if (spec.type == TensorType::kString) {
      out.data.emplace_back(count * 2);
      for (size_t i = 0; i < count * 2; ++i) out.data.back().data()[i] = static_cast<uint8_t>(i % 2 ? 'b' : 'a' + in.u8() % 4);
      for (size_t i = 0; i <= count; ++i) out.offsets.back().push_back(static_cast<uint32_t>(i * 2));
      continue;
    }
    out.data.emplace_back(count * input_bytes(spec.type));
    uint8_t* to = out.data.back().data();
    for (size_t i = 0; i < count; ++i) {
      if (spec.type == TensorType::kFloat32) {
        const auto x = static_cast<float>(values.real());
        std::memcpy(to + i * 4, &x, 4);
      } else if (spec.type == TensorType::kFloat64) {
        const double x = values.real();
        std::memcpy(to + i * 8, &x, 8);
      } else {
        for (size_t b = 0; b < input_bytes(spec.type); ++b) to[i * input_bytes(spec.type) + b] = b == 0 || in.one_in(16) ? in.u8() : 0;
      }
    }
  }
  return out;
}

struct Result {
  BatchFailure failure;
  std::vector<Exact> outputs;
};

Result run(const std::shared_ptr<CompiledModel>& model, const Inputs& inputs, int64_t row, int64_t rows) {
  Result out;
  BatchTask task;
  task.rows = rows;
  task.inputs = inputs.views(*model, row);
  for (const auto& o : model->program().outputs) {
    out.outputs.emplace_back(static_cast<size_t>(rows) * model->reg(o.reg).width * score::output_bytes(o));
    task.outputs.push_back(out.outputs.back().data());
  }
  std::vector<std::unique_ptr<score::ModelExecutor>> executors;
  out.failure = score::run_batch(model, task, 1, executors);
  return out;
}

void compare(const CompiledModel& model, const Result& all, const Result& part, int64_t row, int64_t rows) {
  for (size_t o = 0; o < part.outputs.size(); ++o) {
    const auto& spec = model.program().outputs[o];
    const size_t bytes = model.reg(spec.reg).width * score::output_bytes(spec);
    const size_t size = bytes * static_cast<size_t>(rows);
    if (size > 0 && std::memcmp(all.outputs[o].data() + bytes * static_cast<size_t>(row), part.outputs[o].data(), size) != 0) broken("the same rows gave different bits");
  }
}

void run_row_model(const std::shared_ptr<CompiledModel>& model, const Inputs& inputs, const Result& all) {
  const auto& p = model->program();
  if (p.inputs.size() != 1 || p.inputs[0].type != TensorType::kFloat32) return;
  const auto row = score::make_compiled_row(model);
  std::memcpy(row->block(), inputs.data[0].data(), size_t{row->width()} * 4);
  const score::RowStatus status = row->run(0);
  if (all.failure.row == 0) {
    if (status != score::RowStatus::kFailed || std::strcmp(row->message(), all.failure.message) != 0) broken("the row model fails in another way");
    return;
  }
  if (status != score::RowStatus::kOk) broken("the row model fails, the batch does not");
  for (size_t o = 0; o < p.outputs.size() && all.failure.row < 0; ++o) {
    const TensorType type = p.outputs[o].type;
    if (type != TensorType::kFloat32 && type != TensorType::kFloat64) continue;
    const auto& place = row->outputs()[o];
    const size_t bytes = place.width * score::output_bytes(p.outputs[o]);
    if (std::memcmp(row->block() + place.offset, all.outputs[o].data(), bytes) != 0) broken("row model and batch give different bits");
  }
}

void run_model(const uint8_t* bytes, size_t size, Bytes in) {
  try {
    const auto model = CompiledModel::compile(bytes, size, Isa::kBaseline);
    size_t row_bytes = 0;
    for (const auto& r : model->program().registers) row_bytes += r.width * 16;
    if (row_bytes > 65536) return;
    ++reached;
    const auto rows = static_cast<int64_t>(1 + in.below(in.one_in(8) ? 700 : 40));
    const Inputs inputs = make_inputs(*model, in, rows);
    const Result all = run(model, inputs, 0, rows);
    run_row_model(model, inputs, all);
    for (const Isa isa : isas()) {
      if (isa == Isa::kBaseline) continue;
      const auto other = CompiledModel::compile(bytes, size, isa);
      const Result same = run(other, inputs, 0, rows);
      if (same.failure.row != all.failure.row || std::strcmp(same.failure.message, all.failure.message) != 0) broken("instruction sets fail on different rows");
      if (all.failure.row < 0) compare(*model, all, same, 0, rows);
      run_row_model(other, inputs, all);
    }
    const auto from = static_cast<int64_t>(in.below(static_cast<uint32_t>(rows)));
    const Result part = run(model, inputs, from, rows - from);
    if (all.failure.row < 0) compare(*model, all, part, from, rows - from);
    if (all.failure.row >= from && part.failure.row != all.failure.row - from) broken("a part fails on another row");
  } catch (const score::ModelError&) {
    // what malformed bytes are answered with
  }
}

}  // namespace
}  // namespace skewless::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace skewless::fuzz;
  Bytes in(data, size);
  const uint8_t mode = in.u8();
  if ((mode & 7) == 0) {
    const Exact copy(size - (size > 0 ? 1 : 0));
    if (copy.size() > 0) std::memcpy(copy.data(), data + 1, copy.size());
    run_model(copy.data(), copy.size(), in);
    return 0;
  }
  ModelWriter writer(in);
  std::vector<uint8_t> model = writer.write();
  if ((mode & 7) <= 2) {
    for (uint32_t n = 1 + in.below(3); n > 0; --n) model[in.below(static_cast<uint32_t>(model.size()))] ^= static_cast<uint8_t>(1u << in.below(8));
    if (in.one_in(4)) model.resize(in.below(static_cast<uint32_t>(model.size())));
  }
  const Exact copy(model.size());
  if (!model.empty()) std::memcpy(copy.data(), model.data(), model.size());
  run_model(copy.data(), copy.size(), in);
  return 0;
}
