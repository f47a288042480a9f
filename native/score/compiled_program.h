// A compiled model as decoded from bytes (src/scorer/program.ts says what the steps mean).
//
// Little-endian:
//   u32 magic "SKCM", u32 format version
//   u32 registers; each: u8 element, u32 width, u8 constant, then (when constant) values of that element and width
//   u32 inputs;    each: u32 register, u8 tensor type
//   u32 outputs;   each: u32 register, u8 tensor type, u8 labels (0 none, 1 int64: array i64, 2 text: u32 count)
//   u32 steps;     each: u8 operation, u8 kind, u32 operands (u32 register...), u32 output register, then
//     trees:  ensemble          dense: values weights, u8 has bias, [values bias]
//     unary:  f64 alpha, beta   scale: values offset, values scale
//     impute: values missing (one), values by column
//     select: i32 columns       oneHot: values categories
//     lookup: values keys, values results, values otherwise (one)
//   values: u8 element, u32 count, raw elements or texts (u32 bytes, UTF-8)
//   ensemble: u32 targets, u8 compare (0 f32, 1 f64), u8 aggregate, u8 accumulate (0 f32, 1 f64), u8 base first,
//     arrays roots i32, modes u8, features i32, thresholds f64, yes i32, no i32, missingYes u8, zeroMissing u8 (or
//     empty), leafStarts i32, leafTargets i32, leafValues f64, base f64, u32 sets (each an array u32)
//   array: u32 count, raw elements
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "score/model_error.h"

namespace skewless::score {

constexpr uint32_t kModelMagic = 0x4d434b53;
constexpr uint32_t kModelFormat = 1;
// All registers of one row; a width is only a number in the bytes, so something must bound it.
constexpr size_t kMaxRowBytes = size_t{16} << 20;

enum class Element : uint8_t { kF32 = 0, kF64 = 1, kI64 = 2, kText = 3 };
constexpr int kElementCount = 4;

constexpr size_t element_bytes(Element e) { return e == Element::kF32 ? 4 : e == Element::kText ? 16 : 8; }
const char* element_name(Element e);

// A list of one element type; only its own vector is filled.
struct Values {
  Element element = Element::kF32;
  std::vector<float> f32;
  std::vector<double> f64;
  std::vector<int64_t> i64;
  std::vector<std::string> text;
  size_t size() const;
  template <class T>
  const std::vector<T>& of() const;
};
template <> inline const std::vector<float>& Values::of<float>() const { return f32; }
template <> inline const std::vector<double>& Values::of<double>() const { return f64; }
template <> inline const std::vector<int64_t>& Values::of<int64_t>() const { return i64; }
template <> inline const std::vector<std::string>& Values::of<std::string>() const { return text; }

struct RegisterSpec {
  Element element;
  uint32_t width;
  bool constant;
  Values values;
};

// As in src/scorer/tensor.ts. In a register float16 and float32 are f32, integers and bool i64.
enum class TensorType : uint8_t {
  kFloat32, kFloat64, kFloat16, kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64, kBool, kString,
};
constexpr int kTensorTypeCount = 13;
Element element_of(TensorType type);

struct InputSpec {
  uint32_t reg;
  TensorType type;
};

enum class LabelKind : uint8_t { kNone = 0, kInt64 = 1, kText = 2 };

struct OutputSpec {
  uint32_t reg;
  TensorType type;
  LabelKind labels;
  std::vector<int64_t> int_labels;
  uint32_t label_count;
};

enum class StepOp : uint8_t {
  kTrees, kDense, kUnary, kBinary, kWhere, kScale, kImpute, kNormalize, kSoftmax, kReduce, kArgmax, kSelect, kConcat, kCast,
  kOneHot, kLookup,
};
constexpr int kStepOpCount = 16;

enum class UnaryOp : uint8_t {
  kAbs, kNeg, kSign, kNot, kReciprocal, kSqrt, kExp, kLog, kFloor, kCeil, kRound, kErf, kSigmoid, kTanh, kRelu, kSoftplus,
  kSoftsign, kGelu, kProbit, kLeakyRelu, kElu, kCelu, kThresholdedRelu, kSelu, kHardSigmoid, kClip, kBinarize, kIsNaN,
};
constexpr int kUnaryOpCount = 28;

enum class BinaryOp : uint8_t { kAdd, kSub, kMul, kDiv, kPow, kMin, kMax, kMod, kLt, kLe, kGt, kGe, kEq, kNe, kAnd, kOr, kXor };
constexpr int kBinaryOpCount = 17;

enum class Norm : uint8_t { kL1, kL2, kMax };
enum class SoftmaxKind : uint8_t { kSoftmax, kLogSoftmax, kSoftmaxZero };
enum class Reduction : uint8_t { kSum, kMean, kMin, kMax, kSumSquares, kL1, kL2 };
// Argmax: bit 0 least instead of greatest, bit 1 the last of equals. Cast: 1 to 0 or 1. OneHot: 1 unknown is an error.
constexpr uint8_t kArgLeast = 1, kArgLast = 2, kCastToBool = 1, kUnknownFails = 1;

enum class NodeMode : uint8_t { kLeaf, kLt, kLe, kGt, kGe, kEq, kNe, kIn };
enum class Aggregate : uint8_t { kSum, kAverage, kMin, kMax };

struct TreeEnsemble {
  uint32_t targets;
  bool compare_f64;
  Aggregate aggregate;
  bool accumulate_f64;
  bool base_first;
  std::vector<int32_t> roots;
  std::vector<uint8_t> modes;
  std::vector<int32_t> features;
  std::vector<double> thresholds;
  std::vector<int32_t> yes, no;
  std::vector<uint8_t> missing_yes, zero_missing;
  std::vector<int32_t> leaf_starts, leaf_targets;
  std::vector<double> leaf_values, base;
  std::vector<std::vector<uint32_t>> sets;
};

struct StepSpec {
  StepOp op;
  uint8_t kind;
  std::vector<uint32_t> operands;
  uint32_t output;
  double alpha = 0, beta = 0;
  bool has_second = false;  // dense: a bias
  Values first, second, third;
  std::vector<int32_t> columns;
  std::unique_ptr<TreeEnsemble> trees;
};

struct CompiledProgram {
  std::vector<RegisterSpec> registers;
  std::vector<InputSpec> inputs;
  std::vector<OutputSpec> outputs;
  std::vector<StepSpec> steps;
};

// Decodes and checks everything. Throws ModelError; reads nothing outside [bytes, bytes + size) and allocates no more
// than a small multiple of `size`.
CompiledProgram decode_model(const uint8_t* bytes, size_t size);

// What the steps mean: register types and widths, each register written once and before it is read. Throws ModelError.
void check_program(const CompiledProgram& program);
// Nodes, references, sets and leaves of an ensemble over `features` columns.
void check_trees(const TreeEnsemble& trees, uint32_t features, int64_t step);

}  // namespace skewless::score
