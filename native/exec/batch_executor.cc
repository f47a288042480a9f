#include "exec/batch_executor.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <thread>

#include "exec/load.h"

namespace skewless {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t aligned(size_t n) { return (n + kAlignment - 1) & ~(kAlignment - 1); }

}  // namespace

BatchExecutor::BatchExecutor(std::shared_ptr<const CompiledPlan> plan)
    : plan_(std::move(plan)), memory_(nullptr, std::free) {
  const auto& registers = plan_->registers();
  const auto& widths = plan_->scratch_widths();
  std::vector<bool> fails(widths.size(), false);
  for (size_t r = 0; r < registers.size(); ++r) {
    const int s = plan_->scratch_of()[r];
    if (s >= 0 && (registers[r].flags & kMayFail)) fails[static_cast<size_t>(s)] = true;
  }
  const size_t validity_bytes = aligned(kChunkWords * sizeof(uint64_t));
  size_t bytes = 0;
  for (size_t s = 0; s < widths.size(); ++s) {
    // An extra cache line a column: columns a power of two apart would fall on the same cache sets.
    bytes += aligned(static_cast<size_t>(widths[s]) * kChunkRows) + kAlignment + validity_bytes;
    if (fails[s]) bytes += aligned(sizeof(Failure) * kChunkRows);
  }
  // Zeroed: a register's bytes are always a valid value of its type, also before its first use.
  void* memory = std::aligned_alloc(kAlignment, aligned(bytes + kAlignment));
  if (!memory) return;
  std::memset(memory, 0, aligned(bytes + kAlignment));
  memory_.reset(static_cast<unsigned char*>(memory));

  std::vector<uint64_t*> validity(widths.size());
  std::vector<Failure*> failures(widths.size(), nullptr);
  unsigned char* at = memory_.get();
  for (size_t s = 0; s < widths.size(); ++s) {
    scratch_.push_back(at);
    at += aligned(static_cast<size_t>(widths[s]) * kChunkRows) + kAlignment;
    validity[s] = reinterpret_cast<uint64_t*>(at);
    at += validity_bytes;
    if (fails[s]) {
      failures[s] = reinterpret_cast<Failure*>(at);
      at += aligned(sizeof(Failure) * kChunkRows);
    }
  }
  columns_.resize(registers.size());
  direct_output_.assign(registers.size(), -1);
  for (size_t r = 0; r < registers.size(); ++r) {
    Column& c = columns_[r];
    const int s = plan_->scratch_of()[r];
    if (s >= 0) {
      c.data = scratch_[static_cast<size_t>(s)];
      c.validity_storage = validity[static_cast<size_t>(s)];
      c.failure_storage = failures[static_cast<size_t>(s)];
    }
    if (registers[r].constant >= 0) {
      const Constant& k = plan_->constants()[static_cast<size_t>(registers[r].constant)];
      // Kernels only read their arguments.
      c.data = const_cast<unsigned char*>(k.broadcast.data());
      c.validity = k.present ? nullptr : const_cast<uint64_t*>(k.validity.data());
    }
  }
  const auto& outputs = plan_->program().outputs;
  for (size_t o = 0; o < outputs.size(); ++o) {
    const uint32_t r = outputs[o].reg;
    if (outputs[o].type == OutputType::kFloat64 && registers[r].type == TypeId::kFloat64 && registers[r].constant < 0 &&
        r >= plan_->input_count()) {
      direct_output_[r] = static_cast<int>(o);
    }
  }
  ready_ = true;
}

RunFailure BatchExecutor::run(const BatchTask& task, int64_t begin, int64_t end, std::vector<TextSink>& texts) {
  for (int64_t at = begin; at < end; at += kChunkRows) {
    if (task.control.abort && task.control.abort->load(std::memory_order_relaxed) != 0) {
      RunFailure f;
      f.aborted = true;
      f.row = at;
      return f;
    }
    const int rows = static_cast<int>(std::min<int64_t>(kChunkRows, end - at));
    const RunFailure failure = run_chunk(task, at, rows, texts);
    if (failure.row >= 0) return failure;
    if (task.control.chunks_done) task.control.chunks_done->fetch_add(1, std::memory_order_relaxed);
  }
  return {};
}

RunFailure BatchExecutor::run_chunk(const BatchTask& task, int64_t begin, int rows, std::vector<TextSink>& texts) {
  arena_.reset();
  RunFailure failure;
  const size_t inputs = plan_->input_count();
  const auto& registers = plan_->registers();
  for (size_t i = 0; i < inputs && rows > 0; ++i) {
    if (!plan_->uses(static_cast<uint32_t>(i))) continue;
    const LoadContext context{&arena_, (registers[i].flags & kMayNull) != 0, plan_->isa()};
    void* scratch = scratch_[static_cast<size_t>(plan_->scratch_of()[i])];
    const LoadError e = load_column((*task.columns)[i], registers[i].type, begin, rows, scratch, columns_[i], context);
    if (e.code) {
      // Rows before it may still fail in a function, which row mode would meet first.
      rows = static_cast<int>(e.row);
      failure.row = begin + e.row;
      failure.input = static_cast<int64_t>(i);
      failure.code = e.code;
      failure.message = e.message;
    }
  }
  if (rows == 0) return failure;
  const RunFailure computed = compute(task, begin, rows, texts);
  return computed.row >= 0 ? computed : failure;
}

RunFailure BatchExecutor::run_rows(unsigned char* exchange, const ExchangeLayout& layout, int rows, const Heap& heap) {
  arena_.reset();
  RunFailure failure;
  const auto& registers = plan_->registers();
  for (size_t i = 0; i < plan_->input_count() && rows > 0; ++i) {
    if (!plan_->uses(static_cast<uint32_t>(i))) continue;
    void* scratch = scratch_[static_cast<size_t>(plan_->scratch_of()[i])];
    const LoadError e = load_exchange(exchange, layout, i, registers[i], rows, heap, scratch, columns_[i], arena_);
    if (!e.code) continue;
    rows = static_cast<int>(e.row);
    failure.row = e.row;
    failure.input = static_cast<int64_t>(i);
    failure.code = e.code;
    failure.message = e.message;
  }
  if (rows == 0) return failure;
  const auto width = static_cast<int64_t>(plan_->program().outputs.size());
  if (row_outputs_.empty()) row_outputs_.resize(static_cast<size_t>(width));
  for (int64_t o = 0; o < width; ++o) {
    row_outputs_[static_cast<size_t>(o)] = {OutputType::kFloat32, exchange + layout.vector + o * 4, width, nullptr};
  }
  const BatchTask task{nullptr, &row_outputs_, rows, {}};
  const RunFailure computed = compute(task, 0, rows, no_texts_);
  return computed.row >= 0 ? computed : failure;
}

RunFailure BatchExecutor::compute(const BatchTask& task, int64_t begin, int rows, std::vector<TextSink>& texts) {
  RunFailure computed;
  const auto& steps = plan_->batch_steps();
  const auto& bounds = plan_->output_begin();
  emit(task, 0, bounds.empty() ? 0 : bounds[0], begin, rows, texts, computed);
  BatchCall call{};
  call.arena = &arena_;
  call.rows = rows;
  for (size_t s = 0; s < steps.size(); ++s) {
    const BatchStep& step = steps[s];
    const int direct = direct_output_[step.reg];
    if (direct >= 0) {
      columns_[step.reg].data = static_cast<double*>((*task.outputs)[static_cast<size_t>(direct)].data) + begin;
    }
    call.op = step.op;
    call.node = step.reg;
    call.out = &columns_[step.reg];
    for (int a = 0; a < step.arity; ++a) call.args[a] = &columns_[step.args[a]];
    step.kernel(call);
    if (bounds[s] != bounds[s + 1]) emit(task, bounds[s], bounds[s + 1], begin, rows, texts, computed);
  }
  return computed;
}

void BatchExecutor::emit(const BatchTask& task, uint32_t from, uint32_t to, int64_t begin, int rows,
                         std::vector<TextSink>& texts, RunFailure& failure) {
  for (uint32_t at = from; at < to; ++at) {
    const uint32_t o = plan_->output_order()[at];
    const uint32_t reg = plan_->program().outputs[o].reg;
    const Column& c = columns_[reg];
    if (c.failures) {
      for (int i = 0; i < rows; ++i) {
        if (c.failures[i].code == Outcome::kOk) continue;
        const int64_t row = begin + i;
        if (failure.row < 0 || row < failure.row || (row == failure.row && static_cast<int64_t>(o) < failure.output)) {
          failure = {};
          failure.row = row;
          failure.output = static_cast<int64_t>(o);
          failure.node = c.failures[i].node;
          failure.outcome = c.failures[i].code;
        }
        break;
      }
    }
    TextSink* text = o < texts.size() ? &texts[o] : nullptr;
    if (!store_column(c, plan_->registers()[reg].type, (*task.outputs)[o], begin, rows, plan_->isa(), text) &&
        failure.row < 0) {
      failure.row = begin;
      failure.output = static_cast<int64_t>(o);
      failure.node = reg;
      failure.outcome = Outcome::kOutOfMemory;
    }
  }
}

BatchResult run_batch(const std::shared_ptr<const CompiledPlan>& plan, const BatchTask& task, int threads,
                      std::vector<std::unique_ptr<BatchExecutor>>& executors) {
  const int64_t chunks = (task.rows + kChunkRows - 1) / kChunkRows;
  // A thread is worth its start from some ten chunks on.
  threads = static_cast<int>(std::clamp<int64_t>(threads, 1, std::max<int64_t>(1, chunks / 8)));
  BatchResult result;
  const size_t outputs = plan->program().outputs.size();
  for (int t = 0; t < threads; ++t) {
    std::vector<TextSink> texts(outputs);
    result.texts.push_back(std::move(texts));
    if (static_cast<size_t>(t) >= executors.size()) executors.push_back(std::make_unique<BatchExecutor>(plan));
    if (!executors[static_cast<size_t>(t)]->ready()) throw std::bad_alloc();
  }
  std::vector<RunFailure> failures(static_cast<size_t>(threads));
  const auto work = [&](int t) {
    const int64_t from = chunks * t / threads * kChunkRows;
    const int64_t to = std::min(task.rows, chunks * (t + 1) / threads * kChunkRows);
    const auto at = static_cast<size_t>(t);
    failures[at] = executors[at]->run(task, from, to, result.texts[at]);
  };
  std::vector<std::thread> workers;
  workers.reserve(static_cast<size_t>(threads));
  int started = 1;
  try {
    for (; started < threads; ++started) workers.emplace_back(work, started);
  } catch (const std::exception&) {
    // The system gives no more threads (or no memory for one): this one does the rest.
  }
  work(0);
  for (int t = started; t < threads; ++t) work(t);
  for (std::thread& w : workers) w.join();
  for (const RunFailure& f : failures)
    if (f.aborted || f.before(result.failure)) {
      if (!result.failure.aborted) result.failure = f;
    }

  if (result.failure.row < 0) {
    for (size_t o = 0; o < outputs; ++o) {
      const OutputBuffer& out = (*task.outputs)[o];
      if (out.type != OutputType::kUtf8) continue;
      auto* offsets = static_cast<int32_t*>(out.data);
      int64_t total = 0;
      offsets[0] = 0;
      for (int64_t i = 1; i <= task.rows; ++i) {
        total += offsets[i];
        if (total > INT32_MAX) {
          result.text_overflow = true;
          break;
        }
        offsets[i] = static_cast<int32_t>(total);
      }
    }
  }
  return result;
}

}  // namespace skewless
