// Any number of rows through a compiled model, split over threads by row ranges.
#pragma once
#include "score/compiled_tensor.h"

namespace skewless::score {

// What stopped a run. `row` counts from the first of the batch; -1: nothing did.
struct BatchFailure {
  int64_t row = -1;
  bool aborted = false;
  bool deadline_exceeded = false;
  const char* code = nullptr;
  char message[192] = {};
  bool any() const { return row >= 0 || aborted || deadline_exceeded; }
};

// Rows done are counted in kLanes, rounded up.
struct BatchControl {
  std::atomic<int32_t>* abort = nullptr;
  std::atomic<int32_t>* lanes_done = nullptr;
  int64_t deadline_ns = 0;  // of std::chrono::steady_clock; 0: none
};

struct BatchTask {
  std::vector<TensorView> inputs;  // in the order of the program's, each with `rows` rows
  std::vector<void*> outputs;
  int64_t rows = 0;
  BatchControl control;
};

// `executors` are made as needed and kept for the next run. Throws std::bad_alloc. Of several rows that fail the first
// is reported, whatever the chunks and threads.
BatchFailure run_batch(const std::shared_ptr<const CompiledModel>& model, const BatchTask& task, int threads,
                       std::vector<std::unique_ptr<ModelExecutor>>& executors);

}  // namespace skewless::score
