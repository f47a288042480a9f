// Runs a plan over row ranges of Arrow columns, a cache-sized chunk at a time.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "exec/arrow_column.h"
#include "exec/exchange.h"
#include "exec/store.h"
#include "plan/compiled.h"

namespace skewless {

// What stopped a run, at its lowest row. `row` counts from the first row of the batch; -1: nothing did.
struct RunFailure {
  int64_t row = -1;
  int64_t input = -1;   // input that could not be loaded, else -1
  int64_t output = -1;  // output that a failure reached
  uint32_t node = 0;    // register in which it began
  Outcome outcome = Outcome::kOk;
  const char* code = nullptr;     // of a load error
  const char* message = nullptr;
  bool aborted = false;

  bool before(const RunFailure& other) const { return row >= 0 && (other.row < 0 || row < other.row); }
};

// Shared with the caller of an asynchronous run: written by it (abort) and by the workers (chunks done).
struct RunControl {
  std::atomic<int32_t>* abort = nullptr;
  std::atomic<int32_t>* chunks_done = nullptr;
};

struct BatchTask {
  const std::vector<ArrowColumn>* columns;  // one an input; those that the plan does not use may be empty
  const std::vector<OutputBuffer>* outputs;
  int64_t rows;
  RunControl control;
};

// Scratch memory for one thread. Reusable for any number of ranges of the same plan.
class BatchExecutor {
 public:
  explicit BatchExecutor(std::shared_ptr<const CompiledPlan> plan);
  // False when its scratch memory could not be allocated.
  bool ready() const { return ready_; }
  // `begin` is a multiple of kChunkRows. Stops at the first chunk that fails or when told to abort.
  RunFailure run(const BatchTask& task, int64_t begin, int64_t end, std::vector<TextSink>& texts);
  // Rows [0, rows) of an exchange buffer, at most kChunkRows, into its row-major float32 vectors. Every output is
  // stored as float32.
  RunFailure run_rows(unsigned char* exchange, const ExchangeLayout& layout, int rows, const Heap& heap);

 private:
  RunFailure run_chunk(const BatchTask& task, int64_t begin, int rows, std::vector<TextSink>& texts);
  // All steps over loaded inputs; outputs go to rows [begin, begin + rows).
  RunFailure compute(const BatchTask& task, int64_t begin, int rows, std::vector<TextSink>& texts);
  void emit(const BatchTask& task, uint32_t from, uint32_t to, int64_t begin, int rows, std::vector<TextSink>& texts,
            RunFailure& failure);

  std::shared_ptr<const CompiledPlan> plan_;
  std::unique_ptr<unsigned char[], void (*)(void*)> memory_;
  std::vector<unsigned char*> scratch_;       // by scratch column
  std::vector<Column> columns_;               // by register
  std::vector<int> direct_output_;            // by register: the float64 output it may be computed in, or -1
  std::vector<OutputBuffer> row_outputs_;     // of run_rows
  std::vector<TextSink> no_texts_;
  Arena arena_;
  bool ready_ = false;
};

// Splits [0, rows) over threads, runs all, joins texts into offsets. `texts[t][o]`: thread t's text of output o.
struct BatchResult {
  RunFailure failure;
  std::vector<std::vector<TextSink>> texts;
  bool text_overflow = false;
};
BatchResult run_batch(const std::shared_ptr<const CompiledPlan>& plan, const BatchTask& task, int threads,
                      std::vector<std::unique_ptr<BatchExecutor>>& executors);

}  // namespace skewless
