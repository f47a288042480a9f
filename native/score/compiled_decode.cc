#include <cstring>

#include "score/compiled_program.h"

namespace skewless::score {
namespace {

class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size) : at_(bytes), left_(size) {}

  template <class T>
  T read() {
    need(sizeof(T));
    T value;
    std::memcpy(&value, at_, sizeof value);
    skip(sizeof value);
    return value;
  }
  // A number below `limit`.
  uint8_t code(int limit, const char* what) {
    const uint8_t value = read<uint8_t>();
    if (value >= limit) invalid(std::string("unknown ") + what + " " + std::to_string(value), step);
    return value;
  }
  // A count of things that take at least `each` bytes: a lie in it cannot claim memory.
  uint32_t count(size_t each, const char* what) {
    const uint32_t n = read<uint32_t>();
    if (n > left_ / each) invalid(std::string("the model is truncated or claims too many ") + what, step);
    return n;
  }
  template <class T>
  std::vector<T> array(const char* what) {
    const uint32_t n = count(sizeof(T), what);
    std::vector<T> out(n);
    if (n > 0) std::memcpy(out.data(), at_, n * sizeof(T));
    skip(n * sizeof(T));
    return out;
  }
  Values values(const char* what) {
    Values out;
    out.element = static_cast<Element>(code(kElementCount, "element type"));
    switch (out.element) {
      case Element::kF32: out.f32 = array<float>(what); break;
      case Element::kF64: out.f64 = array<double>(what); break;
      case Element::kI64: out.i64 = array<int64_t>(what); break;
      case Element::kText: {
        const uint32_t n = count(4, what);
        out.text.reserve(n);
        for (uint32_t i = 0; i < n; ++i) {
          const uint32_t size = count(1, "bytes of text");
          out.text.emplace_back(reinterpret_cast<const char*>(at_), size);
          skip(size);
        }
      }
    }
    return out;
  }
  size_t left() const { return left_; }

  int64_t step = -1;

 private:
  void need(size_t n) const {
    if (n > left_) invalid("the model is truncated", step);
  }
  void skip(size_t n) {
    at_ += n;
    left_ -= n;
  }
  const uint8_t* at_;
  size_t left_;
};

std::unique_ptr<TreeEnsemble> read_trees(Reader& r) {
  auto t = std::make_unique<TreeEnsemble>();
  t->targets = r.read<uint32_t>();
  t->compare_f64 = r.code(2, "precision of comparison") == 1;
  t->aggregate = static_cast<Aggregate>(r.code(4, "aggregate"));
  t->accumulate_f64 = r.code(2, "precision of sums") == 1;
  t->base_first = r.code(2, "place of the base value") == 1;
  t->roots = r.array<int32_t>("trees");
  t->modes = r.array<uint8_t>("nodes");
  t->features = r.array<int32_t>("features");
  t->thresholds = r.array<double>("thresholds");
  t->yes = r.array<int32_t>("branches");
  t->no = r.array<int32_t>("branches");
  t->missing_yes = r.array<uint8_t>("missing branches");
  t->zero_missing = r.array<uint8_t>("zero branches");
  t->leaf_starts = r.array<int32_t>("leaves");
  t->leaf_targets = r.array<int32_t>("leaf targets");
  t->leaf_values = r.array<double>("leaf values");
  t->base = r.array<double>("base values");
  const uint32_t sets = r.count(4, "category sets");
  t->sets.reserve(sets);
  for (uint32_t i = 0; i < sets; ++i) t->sets.push_back(r.array<uint32_t>("category sets"));
  return t;
}

StepSpec read_step(Reader& r) {
  StepSpec s;
  s.op = static_cast<StepOp>(r.code(kStepOpCount, "operation"));
  s.kind = r.read<uint8_t>();
  s.operands = r.array<uint32_t>("operands");
  s.output = r.read<uint32_t>();
  switch (s.op) {
    case StepOp::kTrees: s.trees = read_trees(r); break;
    case StepOp::kDense:
      s.first = r.values("weights");
      s.has_second = r.code(2, "bias") == 1;
      if (s.has_second) s.second = r.values("biases");
      break;
    case StepOp::kUnary:
      s.alpha = r.read<double>();
      s.beta = r.read<double>();
      break;
    case StepOp::kScale:
      s.first = r.values("offsets");
      s.second = r.values("scales");
      break;
    case StepOp::kImpute:
      s.first = r.values("missing values");
      s.second = r.values("replacements");
      break;
    case StepOp::kSelect: s.columns = r.array<int32_t>("columns"); break;
    case StepOp::kOneHot: s.first = r.values("categories"); break;
    case StepOp::kLookup:
      s.first = r.values("keys");
      s.second = r.values("values");
      s.third = r.values("default values");
      break;
    default: break;
  }
  return s;
}

}  // namespace

const char* element_name(Element e) {
  static constexpr const char* names[] = {"f32", "f64", "i64", "text"};
  return names[static_cast<int>(e)];
}

Element element_of(TensorType type) {
  switch (type) {
    case TensorType::kFloat32:
    case TensorType::kFloat16: return Element::kF32;
    case TensorType::kFloat64: return Element::kF64;
    case TensorType::kString: return Element::kText;
    default: return Element::kI64;
  }
}

size_t Values::size() const {
  switch (element) {
    case Element::kF32: return f32.size();
    case Element::kF64: return f64.size();
    case Element::kI64: return i64.size();
    default: return text.size();
  }
}

CompiledProgram decode_model(const uint8_t* bytes, size_t size) {
  Reader r(bytes, size);
  if (r.read<uint32_t>() != kModelMagic) invalid("these bytes are not a compiled model");
  const uint32_t format = r.read<uint32_t>();
  if (format != kModelFormat) {
    invalid("the model has format " + std::to_string(format) + ", this build reads format " + std::to_string(kModelFormat));
  }
  CompiledProgram p;
  const uint32_t registers = r.count(6, "registers");
  p.registers.reserve(registers);
  for (uint32_t i = 0; i < registers; ++i) {
    RegisterSpec spec;
    spec.element = static_cast<Element>(r.code(kElementCount, "element type"));
    spec.width = r.read<uint32_t>();
    spec.constant = r.code(2, "kind of register") == 1;
    if (spec.constant) spec.values = r.values("constants");
    p.registers.push_back(std::move(spec));
  }
  const uint32_t inputs = r.count(5, "inputs");
  p.inputs.reserve(inputs);
  for (uint32_t i = 0; i < inputs; ++i) {
    const uint32_t reg = r.read<uint32_t>();
    p.inputs.push_back({reg, static_cast<TensorType>(r.code(kTensorTypeCount, "tensor type"))});
  }
  const uint32_t outputs = r.count(6, "outputs");
  p.outputs.reserve(outputs);
  for (uint32_t i = 0; i < outputs; ++i) {
    OutputSpec o{};
    o.reg = r.read<uint32_t>();
    o.type = static_cast<TensorType>(r.code(kTensorTypeCount, "tensor type"));
    o.labels = static_cast<LabelKind>(r.code(3, "kind of labels"));
    if (o.labels == LabelKind::kInt64) {
      o.int_labels = r.array<int64_t>("labels");
      o.label_count = static_cast<uint32_t>(o.int_labels.size());
    } else if (o.labels == LabelKind::kText) {
      o.label_count = r.read<uint32_t>();
    }
    p.outputs.push_back(std::move(o));
  }
  const uint32_t steps = r.count(10, "steps");
  p.steps.reserve(steps);
  for (uint32_t i = 0; i < steps; ++i) {
    r.step = i;
    p.steps.push_back(read_step(r));
  }
  r.step = -1;
  if (r.left() != 0) invalid("the model has " + std::to_string(r.left()) + " bytes after its end");
  check_program(p);
  return p;
}

}  // namespace skewless::score
