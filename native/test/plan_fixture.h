// Programs, plans and columns made by hand for the tests of plan/ and exec/.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "exec/batch_executor.h"
#include "exec/row_executor.h"
#include "plan/compiled.h"

namespace skewless::test {

// Builds a Program; registers number the inputs first, so declare those before any node.
class ProgramBuilder {
 public:
  uint32_t input(TypeId type, bool nullable = false) {
    p_.inputs.push_back({type, nullable});
    return static_cast<uint32_t>(p_.inputs.size()) - 1;
  }
  uint32_t constant(double v) { return add_constant(TypeId::kFloat64, [&](ConstantValue& c) { c.f64 = v; }); }
  uint32_t constant(int64_t v) { return add_constant(TypeId::kInt64, [&](ConstantValue& c) { c.i64 = v; }); }
  uint32_t null_constant(TypeId type) {
    ProgramNode n;
    n.constant = true;
    n.type = type;
    return add(std::move(n));
  }
  uint32_t call(const char* name, std::vector<uint32_t> args, TypeId result, std::vector<Param> params = {}, uint32_t version = 1) {
    ProgramNode n;
    n.constant = false;
    n.type = result;
    n.name = name;
    n.version = version;
    n.args = std::move(args);
    n.params = std::move(params);
    return add(std::move(n));
  }
  void output(uint32_t reg, OutputType type) { p_.outputs.push_back({reg, type}); }
  Program take() { return std::move(p_); }
  std::shared_ptr<const CompiledPlan> compile(Isa isa = Isa::kBaseline) { return CompiledPlan::compile(p_, isa); }

 private:
  template <class Set>
  uint32_t add_constant(TypeId type, const Set& set) {
    ProgramNode n;
    n.constant = true;
    n.type = type;
    n.value.present = true;
    set(n.value);
    return add(std::move(n));
  }
  uint32_t add(ProgramNode node) {
    p_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(p_.inputs.size() + p_.nodes.size()) - 1;
  }
  Program p_;
};

inline Param int_param(const char* name, int64_t v) { return {name, ParamKind::kInt64, {v}, {}, {}}; }

// An exchange buffer with its heap.
struct Exchange {
  Exchange(const CompiledPlan& plan, uint32_t capacity) : layout(exchange_layout(plan, capacity)), bytes(layout.bytes, 0) {}
  unsigned char* data() { return bytes.data(); }
  unsigned char* input(uint32_t row, size_t i) { return data() + layout.rows + row * layout.row_bytes + i * kExchangeInput; }
  void set_null(uint32_t row, size_t i) { data()[layout.rows + row * layout.row_bytes + layout.states + i] = 1; }
  template <class T>
  void set(uint32_t row, size_t i, T v) {
    write_at(input(row, i), v);
  }
  void set_text(uint32_t row, size_t i, const std::string& text) {
    set(row, i, static_cast<uint32_t>(heap.size()));
    write_at(input(row, i) + 4, static_cast<uint32_t>(text.size()));
    heap += text;
  }
  float vector(size_t at) { return read_at<float>(data() + layout.vector + at * 4); }
  double value(size_t output) { return read_at<double>(data() + layout.values + output * 8); }
  int64_t integer(size_t output) { return read_at<int64_t>(data() + layout.values + output * 8); }
  int output_state(size_t output) { return data()[layout.output_states + output]; }
  int32_t header(size_t i) { return read_at<int32_t>(data() + i * 4); }
  const unsigned char* heap_data() const { return reinterpret_cast<const unsigned char*>(heap.data()); }

  ExchangeLayout layout;
  std::vector<unsigned char> bytes;
  std::string heap;
};

// The code of the PlanError that the body throws, or "".
template <class Body>
std::string plan_error_code(const Body& body, int64_t* node = nullptr) {
  try {
    body();
  } catch (const PlanError& e) {
    if (node) *node = e.node;
    return e.code;
  }
  return "";
}

template <class T>
Buffer lend(const std::vector<T>& v) {
  return {reinterpret_cast<const uint8_t*>(v.data()), v.size() * sizeof(T)};
}

inline ArrowColumn column(ArrowType type, int64_t length, Buffer values) {
  ArrowColumn c;
  c.type = type;
  c.length = length;
  c.values = values;
  return c;
}

}  // namespace skewless::test
