#include "score/compiled_program.h"

namespace skewless::score {
namespace {

bool is_float(Element e) { return e == Element::kF32 || e == Element::kF64; }

class Checker {
 public:
  explicit Checker(const CompiledProgram& p) : p_(p), written_(p.registers.size()) {}

  void check() {
    check_registers();
    for (size_t i = 0; i < p_.inputs.size(); ++i) {
      const std::string what = "input " + std::to_string(i);
      write(p_.inputs[i].reg, what);
      if (reg(p_.inputs[i].reg).element != element_of(p_.inputs[i].type)) fail(what + " does not fit its register");
    }
    for (step_ = 0; step_ < static_cast<int64_t>(p_.steps.size()); ++step_) check_step(p_.steps[static_cast<size_t>(step_)]);
    step_ = -1;
    for (const OutputSpec& o : p_.outputs) check_output(o);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { invalid(what, step_); }

  void check_registers() {
    size_t bytes = 0;
    for (size_t i = 0; i < p_.registers.size(); ++i) {
      const RegisterSpec& r = p_.registers[i];
      if (r.width == 0) fail("register " + std::to_string(i) + " has no columns");
      // Rows are padded to whole cache lines.
      if (r.width > kMaxRowBytes) fail("register " + std::to_string(i) + " has too many columns");
      bytes += (r.width * element_bytes(r.element) + 63) / 64 * 64;
      if (bytes > kMaxRowBytes) fail("a row of all registers takes more than " + std::to_string(kMaxRowBytes >> 20) + " MiB");
      if (!r.constant) continue;
      if (r.values.element != r.element || r.values.size() != r.width) fail("the constant of register " + std::to_string(i) + " does not fit it");
      written_[i] = 1;
    }
  }

  const RegisterSpec& reg(uint32_t index) const {
    if (index >= p_.registers.size()) fail("register " + std::to_string(index) + " does not exist");
    return p_.registers[index];
  }
  void write(uint32_t index, const std::string& what) {
    reg(index);
    if (written_[index]) fail(what + " writes register " + std::to_string(index) + ", which is written already");
    written_[index] = 1;
  }
  const RegisterSpec& read(uint32_t index) const {
    const RegisterSpec& r = reg(index);
    if (!written_[index]) fail("register " + std::to_string(index) + " is read before it is written");
    return r;
  }

  void check_output(const OutputSpec& o) const {
    const RegisterSpec& r = read(o.reg);
    if (r.element == Element::kText) fail("an output is a register of text");
    if (o.labels == LabelKind::kNone) {
      if (r.element != element_of(o.type)) fail("an output does not fit its register");
      return;
    }
    if (o.type != (o.labels == LabelKind::kText ? TensorType::kString : TensorType::kInt64)) fail("an output of labels has another type");
    if (r.element != Element::kI64 || r.width != 1) fail("an output of labels needs one i64 column");
    if (o.label_count == 0) fail("an output of labels has none");
  }

  void need(bool ok, const char* what) const {
    if (!ok) fail(what);
  }
  void kind_below(const StepSpec& s, int limit) const {
    if (s.kind >= limit) fail("unknown kind " + std::to_string(s.kind));
  }
  void values(const Values& v, Element element, size_t size, const char* what) const {
    if (v.element != element || v.size() != size) {
      fail(std::string(what) + ": expected " + std::to_string(size) + " of " + element_name(element) + ", received " +
           std::to_string(v.size()) + " of " + element_name(v.element));
    }
  }
  // Widths equal, or one of them 1: the width of the result.
  uint32_t broadcast(uint32_t a, uint32_t b) const {
    if (a != b && a != 1 && b != 1) fail("widths " + std::to_string(a) + " and " + std::to_string(b) + " do not go together");
    return a == 1 ? b : a;
  }
  void result(const RegisterSpec& out, Element element, size_t width) const {
    if (out.element != element || out.width != width) {
      fail("the output register must be " + std::string(element_name(element)) + " of width " + std::to_string(width) + ", it is " +
           element_name(out.element) + " of width " + std::to_string(out.width));
    }
  }

  void check_step(const StepSpec& s) {
    const size_t wanted = s.op == StepOp::kBinary ? 2 : s.op == StepOp::kWhere ? 3 : 1;
    if (s.op == StepOp::kConcat ? s.operands.empty() : s.operands.size() != wanted) fail("the step has " + std::to_string(s.operands.size()) + " operands");
    for (const uint32_t r : s.operands) read(r);
    const RegisterSpec& in = read(s.operands[0]);
    const RegisterSpec& out = reg(s.output);
    check_meaning(s, in, out);
    write(s.output, "the step");
  }

  void check_meaning(const StepSpec& s, const RegisterSpec& in, const RegisterSpec& out) const {
    switch (s.op) {
      case StepOp::kTrees:
        need(is_float(in.element), "trees read f32 or f64");
        check_trees(*s.trees, in.width, step_);
        need(is_float(out.element) && out.width == s.trees->targets, "the output register does not fit the trees' targets");
        break;
      case StepOp::kDense:
        need(is_float(in.element), "weights apply to f32 or f64");
        result(out, in.element, out.width);
        values(s.first, in.element, static_cast<size_t>(in.width) * out.width, "weights");
        if (s.has_second) values(s.second, in.element, out.width, "biases");
        break;
      case StepOp::kUnary: check_unary(s, in, out); break;
      case StepOp::kBinary: check_binary(s, in, out); break;
      case StepOp::kWhere: {
        const RegisterSpec& yes = read(s.operands[1]);
        const RegisterSpec& no = read(s.operands[2]);
        need(in.element == Element::kI64, "a condition is i64");
        need(yes.element == no.element && yes.element != Element::kText, "both branches need one numeric type");
        result(out, yes.element, broadcast(in.width, broadcast(yes.width, no.width)));
        break;
      }
      case StepOp::kScale:
        need(is_float(in.element), "a scale applies to f32 or f64");
        values(s.first, in.element, in.width, "offsets");
        values(s.second, in.element, in.width, "scales");
        result(out, in.element, in.width);
        break;
      case StepOp::kImpute:
        need(in.element != Element::kText, "text is not imputed");
        values(s.first, in.element, 1, "missing value");
        values(s.second, in.element, in.width, "replacements");
        result(out, in.element, in.width);
        break;
      case StepOp::kNormalize:
      case StepOp::kSoftmax:
        kind_below(s, 3);
        need(is_float(in.element), "the step reads f32 or f64");
        result(out, in.element, in.width);
        break;
      case StepOp::kReduce:
        kind_below(s, 7);
        need(is_float(in.element), "the step reads f32 or f64");
        result(out, in.element, 1);
        break;
      case StepOp::kArgmax:
        kind_below(s, 4);
        need(in.element != Element::kText, "the step reads numbers");
        result(out, Element::kI64, 1);
        break;
      case StepOp::kSelect:
        result(out, in.element, s.columns.size());
        for (const int32_t c : s.columns)
          if (c < 0 || static_cast<uint32_t>(c) >= in.width) fail("column " + std::to_string(c) + " of " + std::to_string(in.width) + " does not exist");
        break;
      case StepOp::kConcat: {
        size_t width = 0;
        for (const uint32_t r : s.operands) {
          need(p_.registers[r].element == in.element, "joined registers differ in type");
          width += p_.registers[r].width;
        }
        result(out, in.element, width);
        break;
      }
      case StepOp::kCast:
        kind_below(s, 2);
        need(in.element != Element::kText && out.element != Element::kText, "text is not cast");
        result(out, out.element, in.width);
        break;
      case StepOp::kOneHot:
        kind_below(s, 2);
        need(in.element != Element::kF64, "categories are i64, f32 or text");
        need(out.element != Element::kText, "one-hot columns are numbers");
        values(s.first, in.element, s.first.size(), "categories");
        result(out, out.element, in.width * s.first.size());
        break;
      case StepOp::kLookup:
        need(out.element != Element::kText, "a lookup gives numbers");
        values(s.first, in.element, s.first.size(), "keys");
        values(s.second, out.element, s.first.size(), "values");
        values(s.third, out.element, 1, "default value");
        result(out, out.element, in.width);
        break;
    }
  }

  void check_unary(const StepSpec& s, const RegisterSpec& in, const RegisterSpec& out) const {
    kind_below(s, kUnaryOpCount);
    const auto f = static_cast<UnaryOp>(s.kind);
    const bool integers = f == UnaryOp::kAbs || f == UnaryOp::kNeg || f == UnaryOp::kSign || f == UnaryOp::kNot;
    need(is_float(in.element) || (integers && in.element == Element::kI64), "the function does not take this type");
    result(out, f == UnaryOp::kIsNaN ? Element::kI64 : in.element, in.width);
  }

  void check_binary(const StepSpec& s, const RegisterSpec& left, const RegisterSpec& out) const {
    kind_below(s, kBinaryOpCount);
    const auto f = static_cast<BinaryOp>(s.kind);
    const RegisterSpec& right = read(s.operands[1]);
    need(left.element == right.element && left.element != Element::kText, "both operands need one numeric type");
    need(f < BinaryOp::kAnd || left.element == Element::kI64, "logic is of i64");
    result(out, f >= BinaryOp::kLt ? Element::kI64 : left.element, broadcast(left.width, right.width));
  }

  const CompiledProgram& p_;
  std::vector<uint8_t> written_;
  int64_t step_ = -1;
};

}  // namespace

void check_program(const CompiledProgram& program) { Checker(program).check(); }

}  // namespace skewless::score
