// Writes bytes of compiled models (native/score/compiled_program.h) from fuzzed decisions: mostly well-typed steps over
// existing registers, now and then a wrong number, so that runs reach past the decoder.
#pragma once
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fuzz/bytes.h"
#include "score/compiled_program.h"

namespace skewless::fuzz {

class ModelWriter {
 public:
  explicit ModelWriter(Bytes& in) : in_(in) {}

  std::vector<uint8_t> write() {
    const uint32_t inputs = 1 + in_.below(3);
    std::vector<uint8_t> head;
    put(inputs);
    for (uint32_t i = 0; i < inputs; ++i) {
      const auto type = static_cast<score::TensorType>(in_.below(3) ? 0 : in_.below(score::kTensorTypeCount));
      put(add(score::element_of(type), 1 + in_.below(in_.one_in(8) ? 200 : 6)));
      put8(static_cast<uint8_t>(type));
    }
    head.swap(out_);
    std::vector<uint8_t> steps;
    uint32_t count = 0;
    for (uint32_t n = 1 + in_.below(8); n > 0; --n) count += write_step();
    steps.swap(out_);

    put(score::kModelMagic);
    put(score::kModelFormat);
    put(static_cast<uint32_t>(registers_.size()));
    for (const Register& r : registers_) {
      put8(static_cast<uint8_t>(r.element));
      put(r.width);
      put8(0);
    }
    append(head);
    write_outputs();
    put(count);
    append(steps);
    return out_;
  }

  double real() {
    constexpr double kPoints[] = {0.0, -0.0, 1, -1, 0.5, -0.5, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::max(), 1e-45, 1e-35, 3.4e38, 9.3e18, 31, 64};
    if (in_.below(3) == 0) return kPoints[in_.below(static_cast<uint32_t>(std::size(kPoints)))];
    return in_.below(2) ? static_cast<double>(in_.value<int8_t>()) / 8 : static_cast<double>(in_.value<float>());
  }

 private:
  struct Register {
    score::Element element;
    uint32_t width;
  };

  uint32_t add(score::Element element, uint32_t width) {
    registers_.push_back({element, width});
    return static_cast<uint32_t>(registers_.size()) - 1;
  }
  void put8(uint8_t v) { out_.push_back(v); }
  template <class T>
  void put(T v) {
    const auto* raw = reinterpret_cast<const uint8_t*>(&v);
    out_.insert(out_.end(), raw, raw + sizeof v);
  }
  void append(const std::vector<uint8_t>& bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

  void put_values(score::Element element, uint32_t count) {
    put8(static_cast<uint8_t>(element));
    put(count);
    for (uint32_t i = 0; i < count; ++i) {
      switch (element) {
        case score::Element::kF32: put(static_cast<float>(real())); break;
        case score::Element::kF64: put(real()); break;
        case score::Element::kI64: put(in_.below(2) ? int64_t{in_.u8()} - 4 : in_.value<int64_t>()); break;
        case score::Element::kText:
          put(uint32_t{2});
          put8('a' + in_.u8() % 3);
          put8('b');
      }
    }
  }

  void begin(score::StepOp op, uint8_t kind, const std::vector<uint32_t>& operands, uint32_t output) {
    put8(static_cast<uint8_t>(op));
    put8(kind);
    put(static_cast<uint32_t>(operands.size()));
    for (const uint32_t r : operands) put(r);
    put(output);
  }

  uint32_t write_step() {
    using score::Element;
    using score::StepOp;
    const auto op = static_cast<StepOp>(in_.below(2) ? 0 : in_.below(score::kStepOpCount));
    const uint32_t reg = in_.below(static_cast<uint32_t>(registers_.size()));
    const Register in = registers_[reg];
    const auto number = static_cast<Element>(in_.below(3));
    switch (op) {
      case StepOp::kTrees: write_trees(reg, in.width); break;
      case StepOp::kDense: {
        const uint32_t width = 1 + in_.below(40);
        begin(op, 0, {reg}, add(in.element, width));
        put_values(in.element, in.width * width);
        put8(1);
        put_values(in.element, width);
        break;
      }
      case StepOp::kUnary: {
        const auto kind = static_cast<uint8_t>(in_.below(score::kUnaryOpCount));
        const bool nan = kind == static_cast<uint8_t>(score::UnaryOp::kIsNaN);
        begin(op, kind, {reg}, add(nan ? Element::kI64 : in.element, in.width));
        put(real());
        put(real());
        break;
      }
      case StepOp::kBinary: {
        const auto kind = static_cast<uint8_t>(in_.below(score::kBinaryOpCount));
        const uint32_t other = in_.below(static_cast<uint32_t>(registers_.size()));
        const uint32_t width = in.width == 1 ? registers_[other].width : in.width;
        begin(op, kind, {reg, other}, add(kind >= static_cast<uint8_t>(score::BinaryOp::kLt) ? Element::kI64 : in.element, width));
        break;
      }
      case StepOp::kWhere: {
        const uint32_t condition = in_.below(static_cast<uint32_t>(registers_.size()));
        begin(op, 0, {condition, reg, reg}, add(in.element, in.width == 1 ? registers_[condition].width : in.width));
        break;
      }
      case StepOp::kScale:
        begin(op, 0, {reg}, add(in.element, in.width));
        put_values(in.element, in.width);
        put_values(in.element, in.width);
        break;
      case StepOp::kImpute:
        begin(op, 0, {reg}, add(in.element, in.width));
        put_values(in.element, 1);
        put_values(in.element, in.width);
        break;
      case StepOp::kNormalize:
      case StepOp::kSoftmax: begin(op, static_cast<uint8_t>(in_.below(3)), {reg}, add(in.element, in.width)); break;
      case StepOp::kReduce: begin(op, static_cast<uint8_t>(in_.below(7)), {reg}, add(in.element, 1)); break;
      case StepOp::kArgmax: begin(op, static_cast<uint8_t>(in_.below(4)), {reg}, add(Element::kI64, 1)); break;
      case StepOp::kSelect: {
        const uint32_t width = 1 + in_.below(5);
        begin(op, 0, {reg}, add(in.element, width));
        put(width);
        for (uint32_t i = 0; i < width; ++i) put(static_cast<int32_t>(in_.one_in(32) ? in_.value<uint32_t>() : in_.below(in.width)));
        break;
      }
      case StepOp::kConcat: begin(op, 0, {reg, reg}, add(in.element, in.width * 2)); break;
      case StepOp::kCast: begin(op, static_cast<uint8_t>(in_.below(2)), {reg}, add(number, in.width)); break;
      case StepOp::kOneHot: {
        const uint32_t count = 1 + in_.below(4);
        begin(op, static_cast<uint8_t>(in_.below(2)), {reg}, add(number, in.width * count));
        put_values(in.element, count);
        break;
      }
      case StepOp::kLookup: {
        const uint32_t count = in_.below(5);
        begin(op, 0, {reg}, add(number, in.width));
        put_values(in.element, count);
        put_values(number, count);
        put_values(number, 1);
        break;
      }
    }
    return 1;
  }

  template <class T>
  void put_array(const std::vector<T>& values) {
    put(static_cast<uint32_t>(values.size()));
    for (const T v : values) put(v);
  }

  void write_trees(uint32_t reg, uint32_t columns) {
    const uint32_t targets = 1 + in_.below(3);
    begin(score::StepOp::kTrees, 0, {reg}, add(in_.below(2) ? score::Element::kF32 : score::Element::kF64, targets));
    std::vector<int32_t> roots, features, yes, no, starts{0}, leaf_targets;
    std::vector<uint8_t> modes, missing, zero;
    std::vector<double> thresholds, values;
    const bool numeric = in_.below(2) != 0, zeros = in_.one_in(4);
    // A lie in one of a great many numbers is enough.
    const auto reference = [&](int32_t v) { return in_.one_in(250) ? in_.value<int32_t>() : v; };
    const auto node = [&](const auto& self, uint32_t depth) -> int32_t {
      const auto at = static_cast<int32_t>(modes.size());
      const size_t i = modes.size();
      const bool leaf = depth == 0 || in_.one_in(5);
      modes.push_back(leaf ? 0 : static_cast<uint8_t>(1 + in_.below(numeric ? 4 : 7)));
      features.push_back(leaf ? 0 : static_cast<int32_t>(in_.below(columns)));
      thresholds.push_back(modes[i] == 7 ? in_.below(2) : real());
      missing.push_back(static_cast<uint8_t>(in_.below(2)));
      zero.push_back(static_cast<uint8_t>(in_.below(2)));
      yes.push_back(0);
      no.push_back(0);
      if (leaf) {
        for (uint32_t n = in_.below(3) ? 1 : in_.below(3); n > 0; --n) {
          leaf_targets.push_back(reference(static_cast<int32_t>(in_.below(targets))));
          values.push_back(real());
        }
      }
      starts.push_back(static_cast<int32_t>(values.size()));
      if (leaf) return at;
      yes[i] = reference(self(self, depth - 1));
      no[i] = reference(self(self, in_.one_in(4) ? 0 : depth - 1));
      return at;
    };
    const uint32_t depth = in_.below(in_.one_in(4) ? 12 : 6);
    for (uint32_t n = in_.below(10); n > 0 && modes.size() < 2000; --n) roots.push_back(reference(node(node, depth)));
    const auto aggregate = static_cast<uint8_t>(in_.below(4));
    put(targets);
    put8(static_cast<uint8_t>(in_.below(2)));
    put8(aggregate);
    put8(static_cast<uint8_t>(in_.below(2)));
    put8(aggregate == 0 ? static_cast<uint8_t>(in_.below(2)) : 0);
    put_array(roots);
    put_array(modes);
    put_array(features);
    put_array(thresholds);
    put_array(yes);
    put_array(no);
    put_array(missing);
    put_array(zeros ? zero : std::vector<uint8_t>{});
    put_array(starts);
    put_array(leaf_targets);
    put_array(values);
    put_array(std::vector<double>(targets, 0.5));
    put(uint32_t{2});
    put_array(std::vector<uint32_t>{in_.value<uint32_t>(), in_.value<uint32_t>()});
    put_array(std::vector<uint32_t>{});
  }

  void write_outputs() {
    std::vector<uint32_t> shown;
    for (uint32_t r = 0; r < registers_.size(); ++r)
      if (registers_[r].element != score::Element::kText) shown.push_back(r);
    put(static_cast<uint32_t>(shown.size()));
    for (const uint32_t r : shown) {
      const bool labels = registers_[r].element == score::Element::kI64 && registers_[r].width == 1 && in_.one_in(3);
      put(r);
      if (labels) {
        const bool text = in_.below(2) != 0;
        put8(static_cast<uint8_t>(text ? score::TensorType::kString : score::TensorType::kInt64));
        put8(text ? 2 : 1);
        put(uint32_t{3});
        if (!text)
          for (int64_t k = 0; k < 3; ++k) put(k * 7);
        continue;
      }
      switch (registers_[r].element) {
        case score::Element::kF32: put8(static_cast<uint8_t>(in_.one_in(4) ? score::TensorType::kFloat16 : score::TensorType::kFloat32)); break;
        case score::Element::kF64: put8(static_cast<uint8_t>(score::TensorType::kFloat64)); break;
        default: put8(static_cast<uint8_t>(3 + in_.below(9)));
      }
      put8(0);
    }
  }

  Bytes& in_;
  std::vector<uint8_t> out_;
  std::vector<Register> registers_;
};

}  // namespace skewless::fuzz
