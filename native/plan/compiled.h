// A validated plan laid out for both executors. Immutable and shared by threads once made.
#pragma once
#include <memory>
#include <vector>

#include "plan/program.h"
#include "registry/entry.h"

namespace skewless {

// Owns one instance of a function's struct.
class Instance {
 public:
  Instance() = default;
  Instance(const FunctionEntry* entry, const void* op) : entry_(entry), op_(op) {}
  Instance(Instance&& other) noexcept : entry_(other.entry_), op_(other.op_) { other.op_ = nullptr; }
  Instance& operator=(Instance&&) = delete;
  ~Instance() {
    if (op_) entry_->destroy(op_);
  }
  const void* op() const { return op_; }

 private:
  const FunctionEntry* entry_ = nullptr;
  const void* op_ = nullptr;
};

struct Register {
  TypeId type;
  uint32_t slot_offset;  // bytes into the row frame
  unsigned flags;        // kMayNull | kMayFail: what may reach it
  int constant;          // index into constants, or -1
};

// A constant in both forms: its value as a row slot holds it, and the same repeated over a chunk.
struct Constant {
  uint32_t reg;
  bool present;
  std::vector<unsigned char> slot;
  std::vector<unsigned char> broadcast;
  std::vector<uint64_t> validity;  // all zero when the constant is null, else empty
};

struct BatchStep {
  const FunctionEntry* entry;
  const void* op;
  BatchKernel kernel;
  uint32_t reg;
  int arity;
  uint32_t args[kMaxArity];
};

class CompiledPlan {
 public:
  // Throws PlanError. The ISA must be one that this machine has.
  static std::shared_ptr<const CompiledPlan> compile(Program program, Isa isa);

  const Program& program() const { return program_; }
  size_t input_count() const { return program_.inputs.size(); }
  const std::vector<Register>& registers() const { return registers_; }
  const std::vector<Constant>& constants() const { return constants_; }
  const std::vector<RowInstruction>& row_instructions() const { return row_; }
  const std::vector<BatchStep>& batch_steps() const { return batch_; }
  // Outputs in the order in which their register is complete: indices into program().outputs; first those of
  // inputs and constants, then after each batch step s those in [output_begin[s], output_begin[s + 1]).
  const std::vector<uint32_t>& output_order() const { return output_order_; }
  const std::vector<uint32_t>& output_begin() const { return output_begin_; }
  // Scratch columns of a chunk: registers whose lives do not overlap share one of the same width.
  const std::vector<int>& scratch_of() const { return scratch_of_; }  // by register; -1: none
  const std::vector<uint32_t>& scratch_widths() const { return scratch_widths_; }
  uint32_t frame_bytes() const { return frame_bytes_; }
  bool uses(uint32_t reg) const { return used_[reg]; }
  Isa isa() const { return isa_; }

 private:
  CompiledPlan() = default;
  void lay_out_registers();
  void build_constant(uint32_t reg, const ConstantValue& value, TypeId type);
  void build_calls();
  void build_outputs();
  void assign_scratch();

  Program program_;
  Isa isa_ = Isa::kBaseline;
  std::vector<Register> registers_;
  std::vector<Constant> constants_;
  // Backing memory of text and list constants; never moved once filled.
  std::vector<std::unique_ptr<unsigned char[]>> blobs_;
  std::vector<Instance> instances_;
  std::vector<RowInstruction> row_;
  std::vector<BatchStep> batch_;
  std::vector<uint32_t> output_order_;
  std::vector<uint32_t> output_begin_;
  std::vector<int> scratch_of_;
  std::vector<uint32_t> scratch_widths_;
  std::vector<bool> used_;
  uint32_t frame_bytes_ = 0;
};

uint32_t slot_bytes(TypeId type);    // in a row frame: a multiple of 8
uint32_t column_bytes(TypeId type);  // an element of a chunk column

}  // namespace skewless
