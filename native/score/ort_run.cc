#include "score/ort_run.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>
#include <thread>

namespace skewless::score::ort {
namespace {

using Memory = std::unique_ptr<uint8_t[], FreeMalloc>;

Memory allocate(size_t bytes) {
  if (bytes == 0) return nullptr;
  auto* p = static_cast<uint8_t*>(std::malloc(bytes));
  if (!p) throw std::bad_alloc();
  return Memory(p);
}

OutputTensor take(const Session& session, const Value& value, size_t index) {
  OutputTensor out;
  out.element = session.element_of(value);
  const std::string& name = session.outputs()[index].name;
  if (out.element == kUndefined) throw Error("UNSUPPORTED_MODEL", "output " + name + " is no tensor");
  out.dims = session.dims_of(value);
  const int64_t count = element_count(out.dims);
  if (count < 0) throw Error("RUNTIME_ERROR", "output " + name + " has no valid shape");
  if (out.element == kString) {
    std::string bytes;
    std::vector<size_t> starts;
    session.texts_of(value, static_cast<size_t>(count), bytes, starts);
    for (size_t i = 0; i + 1 < starts.size(); ++i) out.texts.push_back(bytes.substr(starts[i], starts[i + 1] - starts[i]));
    return out;
  }
  const size_t width = element_bytes(out.element);
  if (width == 0) throw Error("UNSUPPORTED_MODEL", "output " + name + " has elements of type " + std::to_string(out.element));
  out.bytes = static_cast<size_t>(count) * width;
  out.data = allocate(out.bytes);
  if (out.bytes) std::memcpy(out.data.get(), session.data_of(value), out.bytes);
  return out;
}

InputTensor rows_of(const InputTensor& whole, int64_t begin, int64_t end) {
  InputTensor out;
  out.element = whole.element;
  out.dims = whole.dims;
  out.dims[0] = end - begin;
  const auto row = static_cast<size_t>(whole.dims[0] == 0 ? 0 : element_count(whole.dims) / whole.dims[0]);
  const auto first = static_cast<size_t>(begin) * row;
  const auto last = static_cast<size_t>(end) * row;
  if (whole.element == kString) {
    out.texts.assign(whole.texts.begin() + static_cast<ptrdiff_t>(first), whole.texts.begin() + static_cast<ptrdiff_t>(last));
  } else {
    out.data = whole.data + first * element_bytes(whole.element);
  }
  return out;
}

}  // namespace

int64_t element_count(const std::vector<int64_t>& dims) {
  constexpr int64_t kMost = int64_t{1} << 48;
  int64_t count = 1;
  for (const int64_t d : dims) {
    if (d < 0) return -1;
    if (d == 0) return 0;
    if (count > kMost / d) return -1;
    count *= d;
  }
  return count;
}

std::vector<OutputTensor> run_tensors(const Session& session, const std::vector<InputTensor>& inputs, const RunOptions& options) {
  std::vector<Value> values;
  for (const InputTensor& in : inputs) {
    if (in.element == kString) {
      values.push_back(session.string_tensor(in.dims, in.texts));
    } else {
      const size_t bytes = static_cast<size_t>(element_count(in.dims)) * element_bytes(in.element);
      // ONNX Runtime takes views of memory that it may write, but does not write inputs.
      values.push_back(session.tensor(in.element, in.dims, const_cast<uint8_t*>(in.data), bytes));
    }
  }
  const std::vector<Value> results = session.run(values, options);
  std::vector<OutputTensor> out;
  for (size_t i = 0; i < results.size(); ++i) out.push_back(take(session, results[i], i));
  return out;
}

TensorRun::TensorRun(std::shared_ptr<Session> session, std::vector<InputTensor> inputs, int64_t chunk_rows, int threads,
                     std::atomic<int32_t>* rows_done)
    : session_(std::move(session)), inputs_(std::move(inputs)), chunk_rows_(chunk_rows), threads_(threads), rows_done_(rows_done) {
  if (chunk_rows_ > 0 && !inputs_.empty()) rows_ = inputs_[0].dims[0];
}

std::vector<OutputTensor> TensorRun::run(const std::vector<InputTensor>& inputs) {
  RunOptions options(session_->library());
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) throw Error("ABORTED", "the run was cancelled");
    running_.push_back(&options);
  }
  const auto leave = [&] {
    const std::lock_guard lock(mutex_);
    running_.erase(std::find(running_.begin(), running_.end(), &options));
  };
  try {
    std::vector<OutputTensor> out = run_tensors(*session_, inputs, options);
    leave();
    return out;
  } catch (...) {
    leave();
    throw;
  }
}

void TensorRun::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  for (RunOptions* options : running_) options->terminate();
}

void TensorRun::execute() {
  if (rows_ <= chunk_rows_) {
    outputs_ = run(inputs_);
    return;
  }
  // The first range tells the outputs' sizes.
  next_ = chunk_rows_;
  chunk(0, chunk_rows_);
  std::vector<std::thread> threads;
  for (int i = 1; i < threads_; ++i) {
    try {
      threads.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      break;  // with fewer, then
    }
  }
  work();
  for (std::thread& thread : threads) thread.join();
  if (failure_) std::rethrow_exception(failure_);
}

void TensorRun::work() {
  try {
    for (;;) {
      const int64_t begin = next_.fetch_add(chunk_rows_);
      if (begin >= rows_) return;
      chunk(begin, std::min(rows_, begin + chunk_rows_));
    }
  } catch (...) {
    next_ = rows_;
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void TensorRun::chunk(int64_t begin, int64_t end) {
  std::vector<InputTensor> part;
  for (const InputTensor& in : inputs_) part.push_back(rows_of(in, begin, end));
  std::vector<OutputTensor> out = run(part);
  if (begin == 0) reserve(out, end);
  store(out, begin, end - begin);
  if (rows_done_) rows_done_->fetch_add(static_cast<int32_t>(end - begin));
}

void TensorRun::reserve(const std::vector<OutputTensor>& first, int64_t rows) {
  for (const OutputTensor& part : first) {
    if (part.dims.empty() || part.dims[0] != rows) return;  // store() says so
    OutputTensor whole;
    whole.element = part.element;
    whole.dims = part.dims;
    whole.dims[0] = rows_;
    const int64_t count = element_count(whole.dims);
    if (count < 0) throw std::bad_alloc();
    if (part.element == kString) {
      whole.texts.resize(static_cast<size_t>(count));
    } else {
      whole.bytes = static_cast<size_t>(count) * element_bytes(whole.element);
      whole.data = allocate(whole.bytes);
    }
    outputs_.push_back(std::move(whole));
  }
}

void TensorRun::store(std::vector<OutputTensor>& part, int64_t begin, int64_t rows) {
  for (size_t i = 0; i < part.size(); ++i) {
    std::vector<int64_t> wanted = i < outputs_.size() ? outputs_[i].dims : std::vector<int64_t>{};
    if (!wanted.empty()) wanted[0] = rows;
    if (wanted.empty() || part[i].dims != wanted || part[i].element != outputs_[i].element) {
      throw Error("RUNTIME_ERROR", "output " + session_->outputs()[i].name + " has no row for each row of the input, so it cannot be computed by ranges of rows");
    }
    const auto row = static_cast<size_t>(element_count(part[i].dims) / rows);
    const size_t at = static_cast<size_t>(begin) * row;
    if (part[i].element == kString) {
      std::move(part[i].texts.begin(), part[i].texts.end(), outputs_[i].texts.begin() + static_cast<ptrdiff_t>(at));
    } else if (part[i].bytes) {
      std::memcpy(outputs_[i].data.get() + at * element_bytes(part[i].element), part[i].data.get(), part[i].bytes);
    }
  }
}

TensorJob::TensorJob(std::shared_ptr<Session> session, const std::vector<InputTensor>& inputs)
    : session_(std::move(session)), inputs_(inputs), options_(session_->library()) {
  for (InputTensor& in : inputs_) {
    const size_t bytes = in.element == kString ? 0 : static_cast<size_t>(element_count(in.dims)) * element_bytes(in.element);
    copies_.emplace_back(in.data, in.data + bytes);
    in.data = copies_.back().data();
  }
}

void TensorJob::execute() noexcept {
  try {
    outputs_ = run_tensors(*session_, inputs_, options_);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

std::vector<OutputTensor>& TensorJob::outputs() {
  if (failure_) std::rethrow_exception(failure_);
  return outputs_;
}

}  // namespace skewless::score::ort
