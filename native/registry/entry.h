// The type-erased form of a function: what the catalogue lists and what both executors run.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/arena.h"
#include "core/values.h"
#include "registry/function.h"

namespace skewless {

constexpr int kMaxArity = 6;

// Rows of a batch that are computed together. Ten registers of float64 fill a 2 MiB L2 by 4 %, the few live
// ones of a usual plan stay in a 48 KiB L1. Divisible by 64, so that validity words never straddle chunks.
constexpr int kChunkRows = 1024;
constexpr int kChunkWords = kChunkRows / 64;

// ---- row mode --------------------------------------------------------------------------------------------

// State of a register in row mode. The OR of the arguments' states tells null (1) from failed (2 or 3).
constexpr uint8_t kPresent = 0;
constexpr uint8_t kNullState = 1;
constexpr uint8_t kFailedState = 2;

// Where a failure began: register of the node, code.
struct Failure {
  uint32_t node;
  Outcome code;
};

struct RowFrame {
  unsigned char* slots;  // values of all registers at the instruction's byte offsets
  uint8_t* states;
  Failure* failures;  // meaningful where the state is failed
  Arena* arena;

  template <class T>
  SK_INLINE T get(uint32_t offset) const {
    if constexpr (std::is_same_v<T, bool>) {
      return slots[offset] != 0;
    } else {
      T value;
      std::memcpy(&value, slots + offset, sizeof value);
      return value;
    }
  }
  template <class T>
  SK_INLINE void set(uint32_t offset, T value) const {
    if constexpr (std::is_same_v<T, bool>) {
      slots[offset] = value ? 1 : 0;
    } else {
      std::memcpy(slots + offset, &value, sizeof value);
    }
  }
};

struct RowInstruction;
using RowKernel = void (*)(const RowInstruction&, const RowFrame&);

struct RowInstruction {
  RowKernel kernel;
  const void* op;
  uint32_t out_offset;
  uint32_t out_register;
  uint32_t offsets[kMaxArity];
  uint32_t registers[kMaxArity];
};

// ---- batch mode ------------------------------------------------------------------------------------------

// One register over a chunk. A row that failed has its validity bit cleared and its failure set.
struct Column {
  void* data = nullptr;
  uint64_t* validity = nullptr;   // nullptr: every row is present
  Failure* failures = nullptr;    // nullptr: no row failed; else code kOk where it did not
  // Storage that a kernel may point validity and failures to when its result needs them.
  uint64_t* validity_storage = nullptr;
  Failure* failure_storage = nullptr;
};

struct BatchCall {
  const void* op;
  const Column* args[kMaxArity];
  Column* out;
  Arena* arena;
  int rows;
  uint32_t node;  // register of the result, for failures
};
using BatchKernel = void (*)(const BatchCall&);

// Which operands are constants over the chunk: their value is read once, at row 0.
enum Shape : int { kFlat = 0, kTailConstant = 1, kHeadConstant = 2, kShapeCount = 3 };

enum class Isa : uint8_t { kBaseline = 0, kAvx2 = 1, kAvx512 = 2 };
constexpr int kIsaCount = 3;

// ---- the catalogue's row ---------------------------------------------------------------------------------

enum class NullContract : uint8_t { kNullIfAnyNull, kDecidesItself };

struct FunctionEntry {
  const Doc* doc;
  const char* family;
  int version;
  NullContract nulls;
  unsigned effects;
  bool special_form;
  TypeId result;
  int arity;
  TypeId args[kMaxArity];
  const ParamSpec* params;
  int param_count;
  // Whether a result may be null or failed, from the same flags of the arguments.
  unsigned (*flow)(const FunctionEntry&, const unsigned* args);
  // A new immutable instance, or nullptr and the reason.
  const void* (*create)(const Params&, const char** error);
  void (*destroy)(const void*);
  RowKernel row_checked;  // arguments may be null or failed
  RowKernel row_present;  // no argument can be null or failed, nor does the result need a state
  BatchKernel batch[kIsaCount][kShapeCount];
};

}  // namespace skewless
