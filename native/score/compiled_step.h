// A step of a compiled model, ready to run over a chunk of rows.
//
// A register holds its columns one after the other, `stride` elements apart, so that a step over many rows is a loop
// over contiguous memory. One row has stride 1; a chunk's stride is a multiple of kLanes, the elements between its rows
// and the stride hold zeros and what steps make of them. Memory of a register is 64-byte aligned and padded to 64 bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/config.h"
#include "core/values.h"
#include "registry/entry.h"
#include "score/compiled_program.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define SK_X86_VARIANTS 1
#define SK_TARGET_AVX2 __attribute__((target("avx2")))
#define SK_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")))
#endif

namespace skewless::score {

constexpr int kLanes = 16;
constexpr int kMaxChunkRows = 512;

// The row of a chunk on which a step failed, and why.
struct StepFailure {
  int row = -1;
  const char* code = nullptr;
  char message[192] = {};
};

struct Frame {
  unsigned char* const* registers;
  unsigned char* scratch;
  int rows;
  int stride;
  StepFailure* failure;

  template <class T>
  SK_INLINE T* at(uint32_t reg) const {
    return reinterpret_cast<T*>(registers[reg]);
  }
};

class Step {
 public:
  virtual ~Step() = default;
  // False: `frame.failure` tells why. Neither allocates nor throws.
  virtual bool run(const Frame& frame) const noexcept = 0;
  // Memory that the step needs beside its registers for chunks of up to `stride` rows.
  virtual size_t scratch_bytes(size_t /*stride*/) const { return 0; }
};

// One function of `K::run`, an always-inline body, for each instruction set.
template <class K>
struct Variants {
  using Call = typename K::Call;
  using Function = void (*)(const Call&);
  static void baseline(const Call& c) { K::run(c); }
#ifdef SK_X86_VARIANTS
  SK_TARGET_AVX2 static void avx2(const Call& c) { K::run(c); }
  SK_TARGET_AVX512 static void avx512(const Call& c) { K::run(c); }
#endif
  static Function pick([[maybe_unused]] Isa isa) {
#ifdef SK_X86_VARIANTS
    if (isa == Isa::kAvx512) return avx512;
    if (isa == Isa::kAvx2) return avx2;
#endif
    return baseline;
  }
};

// make_step: of a step that was checked. The factories it chooses from, one a file:
std::unique_ptr<Step> make_step(StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_trees(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_dense(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_unary(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_binary(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_where(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_scale(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_impute(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_normalize(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_softmax(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_reduce(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_argmax(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_select(const StepSpec& spec, const CompiledProgram& program);
std::unique_ptr<Step> make_concat(const StepSpec& spec, const CompiledProgram& program);
std::unique_ptr<Step> make_cast(const StepSpec& spec, const CompiledProgram& program, Isa isa);
std::unique_ptr<Step> make_one_hot(const StepSpec& spec, const CompiledProgram& program);
std::unique_ptr<Step> make_lookup(const StepSpec& spec, const CompiledProgram& program);

}  // namespace skewless::score
