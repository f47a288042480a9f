// A session that scores one float32 vector at a time, over memory and tensors made once.
#pragma once
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "score/ort_session.h"
#include "score/ort_watchdog.h"
#include "score/row_model.h"
#include "score/run_thread.h"

namespace skewless::score::ort {

struct RowModelSpec {
  uint32_t width = 0;
  std::vector<int64_t> input_dims;  // of one row, all known
  // Loops and branches: how long a run takes depends on the input.
  bool control_flow = false;
  // For each output of the session that is text: what it may be.
  std::vector<std::vector<std::string>> labels;
};

// How an output of the session gets into the block.
struct OutputPlan {
  ElementType element;
  std::vector<int64_t> dims;  // of one row
  bool bound;                 // ONNX Runtime writes it there itself; else it is copied and converted
};

struct FreeAligned {
  void operator()(unsigned char* p) const { ::operator delete[](p, std::align_val_t{64}); }
};
using Block = std::unique_ptr<unsigned char[], FreeAligned>;

// Runs on the calling thread under the watchdog when the model is known to be fast for the deadline, else on a thread
// of its own while the caller waits: ONNX Runtime looks at its flag between nodes only, and one may take long.
class OrtRowModel : public RowModel {
 public:
  // Runs the model on zeros a few times, to know its outputs and its pace. Throws Error.
  OrtRowModel(std::shared_ptr<Session> session, RowModelSpec spec);
  ~OrtRowModel() override;
  uint32_t width() const override { return spec_.width; }
  unsigned char* block() override { return block_.get(); }
  size_t block_bytes() const override { return block_bytes_; }
  const std::vector<RowOutput>& outputs() const override { return outputs_; }
  RowStatus run(int64_t deadline_ns) noexcept override;
  const char* message() const noexcept override { return message_.c_str(); }
  // Waits for a run in the background, then frees everything but the block.
  void close();
  const std::vector<int64_t>& output_dims(size_t output) const { return plans_[output].dims; }

 private:
  class Runner;
  class Job;
  RowStatus run_watched(int64_t deadline, int64_t now);
  RowStatus run_in_background(int64_t deadline);
  RowStatus failed(const char* what) noexcept;
  void describe_outputs();
  void measure();

  std::shared_ptr<Session> session_;
  RowModelSpec spec_;
  std::vector<RowOutput> outputs_;
  std::vector<OutputPlan> plans_;
  Block block_;
  size_t block_bytes_ = 0;
  std::unique_ptr<Runner> runner_;  // over block_
  std::unique_ptr<Watch> watch_;
  std::shared_ptr<Job> job_;        // over memory of its own
  std::unique_ptr<RunThread> thread_;
  int64_t pace_ = 0;                // nanoseconds of a run, the median at load
  bool watched_ = false;
  std::string message_;
};

}  // namespace skewless::score::ort
