// Runs a plan on one row that the caller wrote into an exchange buffer. No allocation in the steady state, no
// locks, no exceptions.
#pragma once
#include <memory>
#include <vector>

#include "plan/compiled.h"

namespace skewless {

// Byte offsets into the exchange buffer, all multiples of 8. The caller writes inputs and reads outputs there.
//   header        int32 x 8: 0 failed output + 1 (0: none), 1 register, 2 Outcome, 3 failed input + 1
//   inputs        16 bytes each: number (float64, or int64 for int64 and timestamp; bool as float64), or
//                 text: u32 offset, u32 bytes; list: u32 offset, u32 length, u32 validity offset or ~0
//                 into the heap. List elements: 8 bytes each; of text: u32 offset, u32 bytes.
//   input states  u8 each: 0 present, 1 null
//   vector        float32 x outputs
//   values        8 bytes an output: float64, int64, or bool as float64; text is asked for by take_text()
//   output states u8 each
struct ExchangeLayout {
  uint32_t inputs, input_states, vector, values, output_states, bytes;
};

class RowExecutor {
 public:
  explicit RowExecutor(std::shared_ptr<const CompiledPlan> plan);
  static ExchangeLayout layout(const CompiledPlan& plan);

  // Computes the row and writes the float32 vector, or the values with their states. False: see the header.
  bool run_vector(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);
  bool run_values(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);
  // Text of an output of the last run_values; empty when it was null or is of another type.
  StringView text(uint32_t output) const;

 private:
  bool load(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);
  bool compute(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);
  bool fail_input(unsigned char* exchange, uint32_t input, Outcome outcome);

  struct Output {
    uint32_t reg;
    uint32_t slot;
    TypeId type;
    bool checked;
  };

  std::shared_ptr<const CompiledPlan> plan_;
  ExchangeLayout layout_;
  std::vector<uint64_t> slots_;
  std::vector<uint8_t> states_;
  std::vector<Failure> failures_;
  std::vector<Output> outputs_;
  // Input registers that are plain 8-byte numbers, and those that need decoding from the heap.
  std::vector<uint32_t> numbers_;
  std::vector<uint32_t> bools_;
  std::vector<uint32_t> views_;
  bool outputs_may_fail_ = false;
  Arena arena_;
  RowFrame frame_;
};

}  // namespace skewless
