// A plan as the caller sends it, decoded from bytes. Decoding checks structure only; compile() checks meaning.
//
// Little-endian:
//   u32 magic "SKPL", u32 format version
//   u32 inputs;  each: u8 type, u8 nullable
//   u32 nodes;   each: u8 kind
//     0 constant: u8 type, value
//     1 call: text name, u32 semantics version, u8 arity, u32 register..., u8 result type,
//             u32 params; each: text name, u8 kind, payload
//   u32 outputs; each: u32 register, u8 output type
//   value: u8 present, then (when present) float64 8 | int64 8 | bool 1 | utf8 text | timestamp 8 |
//          list: u32 length, each element a value
//   text: u32 bytes, UTF-8
// Registers number the inputs first, then the nodes; a call names registers below its own only.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/values.h"
#include "registry/params.h"

namespace skewless {

constexpr uint32_t kPlanMagic = 0x4c504b53;
constexpr uint32_t kPlanFormat = 1;
constexpr uint32_t kMaxRegisters = 1u << 20;

// What is wrong with a plan. `code` is one of src/errors.ts; `node` is the register concerned, or -1.
class PlanError : public std::runtime_error {
 public:
  PlanError(const char* error_code, const std::string& message, int64_t at_node = -1)
      : std::runtime_error(message), code(error_code), node(at_node) {}
  const char* code;
  int64_t node;
};

// Layouts an output may be stored in.
enum class OutputType : uint8_t { kFloat32 = 0, kFloat64 = 1, kInt64 = 2, kInt32 = 3, kBool = 4, kUtf8 = 5, kTimestamp = 6 };
constexpr int kOutputTypeCount = 7;

struct ConstantValue {
  bool present = false;
  double f64 = 0;
  int64_t i64 = 0;  // int64, timestamp, and 0 or 1 for bool
  std::string text;
  std::vector<ConstantValue> items;
};

struct ProgramInput {
  TypeId type;
  bool nullable;
};

struct ProgramNode {
  bool constant;
  TypeId type;  // of the constant or of the call's result
  ConstantValue value;
  std::string name;
  uint32_t version = 0;
  std::vector<uint32_t> args;
  std::vector<Param> params;
};

struct ProgramOutput {
  uint32_t reg;
  OutputType type;
};

struct Program {
  std::vector<ProgramInput> inputs;
  std::vector<ProgramNode> nodes;
  std::vector<ProgramOutput> outputs;
};

// Throws PlanError; reads nothing outside [bytes, bytes + size).
Program decode_program(const uint8_t* bytes, size_t size);

}  // namespace skewless
