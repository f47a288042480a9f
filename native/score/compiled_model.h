// A compiled model: its steps, shared by all threads, and the memory in which one thread runs them.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "score/compiled_step.h"

namespace skewless::score {

class CompiledModel {
 public:
  // Throws ModelError, std::bad_alloc.
  static std::shared_ptr<CompiledModel> compile(const uint8_t* bytes, size_t size, Isa isa);

  const CompiledProgram& program() const { return program_; }
  const std::vector<std::unique_ptr<Step>>& steps() const { return steps_; }
  const RegisterSpec& reg(uint32_t index) const { return program_.registers[index]; }
  // Rows of a chunk: as many as keep its registers in the second-level cache.
  int chunk_rows() const { return chunk_rows_; }
  size_t scratch_bytes(int stride) const;

  // After close() row models answer kClosed.
  void close() { closed_.store(true, std::memory_order_relaxed); }
  bool closed() const { return closed_.load(std::memory_order_relaxed); }

 private:
  CompiledProgram program_;
  std::vector<std::unique_ptr<Step>> steps_;
  int chunk_rows_ = 1;
  std::atomic<bool> closed_{false};
};

class ModelExecutor {
 public:
  // Memory for chunks of up to `capacity` rows. `input`: memory for the model's first input that the caller keeps,
  // 64-byte aligned and padded to 64 bytes, or nullptr.
  ModelExecutor(std::shared_ptr<const CompiledModel> model, int capacity, void* input = nullptr);
  bool ready() const { return memory_ != nullptr; }
  const CompiledModel& model() const { return *model_; }
  int capacity() const { return capacity_; }

  // Sets the number of rows of the next chunk, and with it how its registers lie.
  void resize(int rows);
  int stride() const { return stride_; }
  unsigned char* reg(uint32_t index) const { return registers_[index]; }
  // All steps over the loaded inputs; false: failure() tells why.
  bool run() noexcept {
    const Frame frame{registers_.data(), scratch_, rows_, stride_, &failure_};
    for (const auto& step : model_->steps())
      if (SK_UNLIKELY(!step->run(frame))) return false;
    return true;
  }
  const StepFailure& failure() const { return failure_; }
  StepFailure& failure() { return failure_; }

 private:
  void fill_constants();

  std::shared_ptr<const CompiledModel> model_;
  int capacity_;
  struct Free {
    void operator()(unsigned char* p) const;
  };
  std::unique_ptr<unsigned char, Free> memory_;
  std::vector<unsigned char*> registers_;
  unsigned char* scratch_ = nullptr;
  int rows_ = 0, stride_ = 0;
  StepFailure failure_;
};

// 64-byte aligned, filled with zeros; nullptr when refused.
unsigned char* allocate_lines(size_t bytes) noexcept;
void free_lines(unsigned char* memory) noexcept;

}  // namespace skewless::score
