// Runs of a session over tensors of any shape: whole, by ranges of rows in several threads, or within a deadline.
#pragma once
#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "score/ort_session.h"
#include "score/run_thread.h"

namespace skewless::score::ort {

struct InputTensor {
  ElementType element = kUndefined;
  std::vector<int64_t> dims;
  const uint8_t* data = nullptr;  // as many bytes as `dims` says; not for text
  std::vector<std::string> texts;
};

struct FreeMalloc {
  void operator()(uint8_t* p) const { std::free(p); }
};

struct OutputTensor {
  ElementType element = kUndefined;
  std::vector<int64_t> dims;
  std::unique_ptr<uint8_t[], FreeMalloc> data;  // nullptr where bytes is 0
  size_t bytes = 0;
  std::vector<std::string> texts;
};

// The number of elements, or -1 when it is no sensible one.
int64_t element_count(const std::vector<int64_t>& dims);

// One run over all of it. Throws Error or std::bad_alloc.
std::vector<OutputTensor> run_tensors(const Session& session, const std::vector<InputTensor>& inputs, const RunOptions& options);

// A run in other threads that can be cancelled from any.
class TensorRun {
 public:
  // `chunk_rows`: inputs are split along their first dimensions, which are equal; 0: one run.
  TensorRun(std::shared_ptr<Session> session, std::vector<InputTensor> inputs, int64_t chunk_rows, int threads, std::atomic<int32_t>* rows_done);
  // Throws Error, or std::bad_alloc. Once.
  void execute();
  // The runs under way end soon, with an error.
  void cancel() noexcept;
  bool cancelled() const { return cancelled_.load(); }
  std::vector<OutputTensor>& outputs() { return outputs_; }

 private:
  void work();
  void chunk(int64_t begin, int64_t end);
  void reserve(const std::vector<OutputTensor>& first, int64_t rows);
  void store(std::vector<OutputTensor>& part, int64_t begin, int64_t rows);
  std::vector<OutputTensor> run(const std::vector<InputTensor>& inputs);

  const std::shared_ptr<Session> session_;
  const std::vector<InputTensor> inputs_;
  const int64_t chunk_rows_;
  const int threads_;
  std::atomic<int32_t>* const rows_done_;
  int64_t rows_ = 0;
  std::vector<OutputTensor> outputs_;
  std::atomic<int64_t> next_{0};
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::vector<RunOptions*> running_;
  std::exception_ptr failure_;
};

// A run that may outlast its caller: it holds copies of the inputs.
class TensorJob : public RunJob {
 public:
  TensorJob(std::shared_ptr<Session> session, const std::vector<InputTensor>& inputs);
  void execute() noexcept override;
  void terminate() noexcept override { options_.terminate(); }
  // After execute(); throws what it failed by.
  std::vector<OutputTensor>& outputs();

 private:
  const std::shared_ptr<Session> session_;
  std::vector<std::vector<uint8_t>> copies_;
  std::vector<InputTensor> inputs_;
  RunOptions options_;
  std::vector<OutputTensor> outputs_;
  std::exception_ptr failure_;
};

}  // namespace skewless::score::ort
