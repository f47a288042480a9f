// Runs a plan on the first row of an exchange buffer. No allocation in the steady state, no locks, no exceptions.
#pragma once
#include <memory>
#include <vector>

#include "exec/exchange.h"
#include "plan/compiled.h"

namespace skewless {

class RowExecutor {
 public:
  RowExecutor(std::shared_ptr<const CompiledPlan> plan, const ExchangeLayout& layout);

  // Computes the row and writes the float32 vector, or the values with their states. False: see the header.
  bool run_vector(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);
  bool run_values(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);
  // Text of an output of the last run_values; empty when it was null or is of another type.
  StringView text(uint32_t output) const;

 private:
  bool load(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);
  bool compute(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes);

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
