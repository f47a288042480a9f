#include "plan/program.h"

#include "core/utf8.h"

namespace skewless {
namespace {

class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size) : at_(bytes), left_(size) {}

  template <class T>
  T read() {
    need(sizeof(T));
    T value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    left_ -= sizeof value;
    return value;
  }
  std::string text() {
    const uint32_t size = read<uint32_t>();
    need(size);
    std::string out(reinterpret_cast<const char*>(at_), size);
    if (!utf8::valid(StringView{out.data(), static_cast<int64_t>(out.size())})) {
      throw PlanError("INVALID_PLAN", "the plan holds text that is not UTF-8");
    }
    at_ += size;
    left_ -= size;
    return out;
  }
  // A count of things that take at least `each` bytes: a lie in the header cannot claim memory.
  uint32_t count(size_t each, const char* what) {
    const uint32_t n = read<uint32_t>();
    if (n > left_ / each || n > (1u << 28)) {
      throw PlanError("INVALID_PLAN", std::string("the plan is truncated or claims too many ") + what);
    }
    return n;
  }
  TypeId type() {
    const uint8_t t = read<uint8_t>();
    if (t >= kTypeCount) throw PlanError("INVALID_PLAN", "the plan holds the unknown type " + std::to_string(t));
    return static_cast<TypeId>(t);
  }
  size_t left() const { return left_; }

 private:
  void need(size_t n) const {
    if (n > left_) throw PlanError("INVALID_PLAN", "the plan is truncated");
  }
  const uint8_t* at_;
  size_t left_;
};

TypeId element_type(TypeId list) {
  switch (list) {
    case TypeId::kListInt64: return TypeId::kInt64;
    case TypeId::kListUtf8: return TypeId::kUtf8;
    case TypeId::kListTimestamp: return TypeId::kTimestamp;
    default: return TypeId::kFloat64;
  }
}

ConstantValue read_value(Reader& r, TypeId type) {
  ConstantValue v;
  const uint8_t present = r.read<uint8_t>();
  if (present > 1) throw PlanError("INVALID_PLAN", "the plan holds a malformed constant");
  v.present = present == 1;
  if (!v.present) return v;
  switch (type) {
    case TypeId::kFloat64: v.f64 = r.read<double>(); break;
    case TypeId::kInt64:
    case TypeId::kTimestamp: v.i64 = r.read<int64_t>(); break;
    case TypeId::kBool: v.i64 = r.read<uint8_t>() != 0; break;
    case TypeId::kUtf8: v.text = r.text(); break;
    default: {
      const uint32_t n = r.count(1, "list elements");
      v.items.reserve(n);
      for (uint32_t i = 0; i < n; ++i) v.items.push_back(read_value(r, element_type(type)));
    }
  }
  return v;
}

Param read_param(Reader& r) {
  Param p;
  p.name = r.text();
  const uint8_t kind = r.read<uint8_t>();
  if (kind > static_cast<uint8_t>(ParamKind::kUtf8List)) throw PlanError("INVALID_PLAN", "unknown parameter kind");
  p.kind = static_cast<ParamKind>(kind);
  uint32_t n = 1;
  switch (p.kind) {
    case ParamKind::kInt64List: n = r.count(8, "parameter values"); [[fallthrough]];
    case ParamKind::kInt64:
      for (uint32_t i = 0; i < n; ++i) p.ints.push_back(r.read<int64_t>());
      break;
    case ParamKind::kFloat64List: n = r.count(8, "parameter values"); [[fallthrough]];
    case ParamKind::kFloat64:
      for (uint32_t i = 0; i < n; ++i) p.floats.push_back(r.read<double>());
      break;
    case ParamKind::kUtf8List: n = r.count(4, "parameter values"); [[fallthrough]];
    case ParamKind::kUtf8:
      for (uint32_t i = 0; i < n; ++i) p.texts.push_back(r.text());
      break;
  }
  return p;
}

}  // namespace

Program decode_program(const uint8_t* bytes, size_t size) {
  Reader r(bytes, size);
  if (r.read<uint32_t>() != kPlanMagic) throw PlanError("INVALID_PLAN", "these bytes are not a plan");
  const uint32_t format = r.read<uint32_t>();
  if (format != kPlanFormat) {
    throw PlanError("INVALID_PLAN", "the plan has format " + std::to_string(format) + ", this build reads format " +
                                        std::to_string(kPlanFormat));
  }
  Program program;
  const uint32_t inputs = r.count(2, "inputs");
  for (uint32_t i = 0; i < inputs; ++i) {
    const TypeId type = r.type();
    program.inputs.push_back({type, r.read<uint8_t>() != 0});
  }
  const uint32_t nodes = r.count(3, "nodes");
  for (uint32_t i = 0; i < nodes; ++i) {
    ProgramNode node;
    const uint8_t kind = r.read<uint8_t>();
    if (kind > 1) throw PlanError("INVALID_PLAN", "unknown node kind " + std::to_string(kind), inputs + i);
    node.constant = kind == 0;
    if (node.constant) {
      node.type = r.type();
      node.value = read_value(r, node.type);
    } else {
      node.name = r.text();
      node.version = r.read<uint32_t>();
      const uint8_t arity = r.read<uint8_t>();
      for (uint8_t a = 0; a < arity; ++a) node.args.push_back(r.read<uint32_t>());
      node.type = r.type();
      const uint32_t params = r.count(6, "parameters");
      for (uint32_t p = 0; p < params; ++p) node.params.push_back(read_param(r));
    }
    program.nodes.push_back(std::move(node));
  }
  const uint32_t outputs = r.count(5, "outputs");
  for (uint32_t i = 0; i < outputs; ++i) {
    const uint32_t reg = r.read<uint32_t>();
    const uint8_t type = r.read<uint8_t>();
    if (type >= kOutputTypeCount) throw PlanError("INVALID_PLAN", "unknown output type " + std::to_string(type));
    program.outputs.push_back({reg, static_cast<OutputType>(type)});
  }
  if (r.left() != 0) throw PlanError("INVALID_PLAN", "the plan has " + std::to_string(r.left()) + " bytes after its end");
  return program;
}

}  // namespace skewless
