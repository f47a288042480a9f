// Decoding and compiling of plans: every malformed one is refused with its code, and nothing is read past its end.
#include <cstring>

#include "test/check.h"
#include "test/plan_fixture.h"

namespace skewless::test {
namespace {

class Writer {
 public:
  Writer& u8(uint8_t v) {
    out_.push_back(v);
    return *this;
  }
  Writer& u32(uint32_t v) { return raw(&v, sizeof v); }
  Writer& i64(int64_t v) { return raw(&v, sizeof v); }
  Writer& f64(double v) { return raw(&v, sizeof v); }
  Writer& text(const std::string& s) {
    u32(static_cast<uint32_t>(s.size()));
    return raw(s.data(), s.size());
  }
  Writer& head() { return u32(kPlanMagic).u32(kPlanFormat); }
  Writer& raw(const void* data, size_t size) {
    const auto* p = static_cast<const uint8_t*>(data);
    out_.insert(out_.end(), p, p + size);
    return *this;
  }
  const std::vector<uint8_t>& bytes() const { return out_; }

 private:
  std::vector<uint8_t> out_;
};

std::string decode_code(const std::vector<uint8_t>& bytes) {
  return plan_error_code([&] { decode_program(bytes.data(), bytes.size()); });
}

// One float64 input, the constant 2, their sum as float32.
Writer good() {
  Writer w;
  w.head().u32(1).u8(0).u8(1);
  w.u32(2).u8(0).u8(0).u8(1).f64(2);
  w.u8(1).text("add").u32(1).u8(2).u32(0).u32(1).u8(0).u32(0);
  w.u32(1).u32(2).u8(0);
  return w;
}

void test_decode() {
  const std::vector<uint8_t> bytes = good().bytes();
  const Program p = decode_program(bytes.data(), bytes.size());
  CHECK(p.inputs.size() == 1 && p.inputs[0].type == TypeId::kFloat64 && p.inputs[0].nullable);
  CHECK(p.nodes.size() == 2 && p.nodes[0].constant && p.nodes[0].value.present && p.nodes[0].value.f64 == 2);
  CHECK(!p.nodes[1].constant && p.nodes[1].name == "add" && p.nodes[1].args == (std::vector<uint32_t>{0, 1}));
  CHECK(p.outputs.size() == 1 && p.outputs[0].reg == 2 && p.outputs[0].type == OutputType::kFloat32);

  for (size_t end = 0; end < bytes.size(); ++end) {
    // A copy of exactly this size, so that a sanitizer sees a read past it.
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
    CHECK(decode_code(cut) == "INVALID_PLAN");
  }
  std::vector<uint8_t> longer = bytes;
  longer.push_back(0);
  CHECK(decode_code(longer) == "INVALID_PLAN");

  Writer w;
  CHECK(decode_code(w.u32(kPlanMagic ^ 1).u32(kPlanFormat).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().u32(kPlanMagic).u32(kPlanFormat + 1).bytes()) == "INVALID_PLAN");
  // Counts that the bytes cannot hold.
  CHECK(decode_code(Writer().head().u32(0xffffffff).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().head().u32(0).u32(0x7fffffff).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().head().u32(0).u32(0).u32(0x40000000).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().head().u32(0).u32(1).u8(1).u32(0xfffffff0).bytes()) == "INVALID_PLAN");
  // Unknown type, node kind, output type, a constant's presence, a parameter's kind.
  CHECK(decode_code(Writer().head().u32(1).u8(kTypeCount).u8(0).u32(0).u32(0).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().head().u32(0).u32(1).u8(2).u32(0).u32(0).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().head().u32(0).u32(0).u32(1).u32(0).u8(kOutputTypeCount).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().head().u32(0).u32(1).u8(0).u8(0).u8(2).f64(0).u32(0).bytes()) == "INVALID_PLAN");
  CHECK(decode_code(Writer().head().u32(0).u32(1).u8(1).text("add").u32(1).u8(0).u8(0).u32(1).text("p").u8(6).i64(0).u32(0).bytes()) == "INVALID_PLAN");
  // Text that is not UTF-8.
  CHECK(decode_code(Writer().head().u32(0).u32(1).u8(0).u8(3).u8(1).text("\xff").u32(0).bytes()) == "INVALID_PLAN");
}

void test_constants() {
  Writer w;
  w.head().u32(0).u32(3);
  w.u8(0).u8(8).u8(1).u32(2).u8(1).i64(-7).u8(0);      // list<timestamp> of -7 and null
  w.u8(0).u8(7).u8(1).u32(2).u8(1).text("").u8(1).text("\xc3\xa4");
  w.u8(0).u8(2).u8(0);                                  // null of type bool
  w.u32(0);
  const Program p = decode_program(w.bytes().data(), w.bytes().size());
  CHECK(p.nodes[0].value.items.size() == 2 && p.nodes[0].value.items[0].i64 == -7 && !p.nodes[0].value.items[1].present);
  CHECK(p.nodes[1].value.items[1].text == "\xc3\xa4");
  const auto plan = CompiledPlan::compile(p, Isa::kBaseline);
  const auto ticks = [&] {
    ListView<Timestamp> v;
    std::memcpy(&v, plan->constants()[0].slot.data(), sizeof v);
    return v;
  }();
  CHECK(ticks.length == 2 && ticks.data[0].ticks == -7 && ticks.is_valid(0) && !ticks.is_valid(1));
  CHECK(plan->registers()[2].flags == kMayNull && !plan->constants()[2].present);
}

std::string compile_code(ProgramBuilder& b, int64_t* node = nullptr) {
  return plan_error_code([&] { b.compile(); }, node);
}

void test_compile_errors() {
  int64_t node = -1;
  {
    ProgramBuilder b;
    b.call("teleport", {b.input(TypeId::kFloat64)}, TypeId::kFloat64);
    CHECK(compile_code(b, &node) == "UNKNOWN_FUNCTION" && node == 1);
  }
  {
    ProgramBuilder b;
    b.call("add", {b.input(TypeId::kFloat64), 0}, TypeId::kFloat64, {}, 99);
    CHECK(compile_code(b, &node) == "SEMANTICS_CHANGED" && node == 1);
  }
  {
    ProgramBuilder b;
    b.call("add", {b.input(TypeId::kUtf8), 0}, TypeId::kFloat64);
    CHECK(compile_code(b, &node) == "INVALID_PLAN" && node == 1);
  }
  {
    ProgramBuilder b;  // another result than the function's
    b.call("add", {b.input(TypeId::kFloat64), 0}, TypeId::kInt64);
    CHECK(compile_code(b) == "INVALID_PLAN");
  }
  for (const uint32_t reg : {1u, 2u, 0xffffffffu}) {  // itself, later, nowhere
    ProgramBuilder b;
    b.input(TypeId::kFloat64);
    b.call("neg", {reg}, TypeId::kFloat64);
    CHECK(compile_code(b) == "INVALID_PLAN");
  }
  for (const size_t arity : {size_t{0}, size_t{7}, size_t{255}}) {
    ProgramBuilder b;
    b.input(TypeId::kFloat64);
    b.call("add", std::vector<uint32_t>(arity, 0), TypeId::kFloat64);
    CHECK(compile_code(b) == "INVALID_PLAN");
  }
  {
    ProgramBuilder b;
    b.call("hashBucket", {b.input(TypeId::kUtf8)}, TypeId::kInt64, {int_param("buckets", 0)});
    CHECK(compile_code(b, &node) == "INVALID_PARAMETER" && node == 1);
  }
  {
    ProgramBuilder b;
    b.input(TypeId::kFloat64);
    b.output(1, OutputType::kFloat32);
    CHECK(compile_code(b) == "INVALID_PLAN");
  }
  const std::pair<TypeId, OutputType> impossible[] = {
      {TypeId::kFloat64, OutputType::kInt64}, {TypeId::kFloat64, OutputType::kUtf8},       {TypeId::kUtf8, OutputType::kFloat32},
      {TypeId::kTimestamp, OutputType::kFloat32}, {TypeId::kInt64, OutputType::kTimestamp}, {TypeId::kListFloat64, OutputType::kFloat32},
      {TypeId::kFloat64, OutputType::kBool},
  };
  for (const auto& [type, output] : impossible) {
    ProgramBuilder b;
    b.output(b.input(type), output);
    CHECK(compile_code(b) == "INVALID_PLAN");
  }
}

void test_flags_and_scratch() {
  ProgramBuilder b;
  const uint32_t x = b.input(TypeId::kFloat64);
  const uint32_t maybe = b.input(TypeId::kFloat64, true);
  const uint32_t unused = b.input(TypeId::kFloat64);
  const uint32_t sum = b.call("add", {x, maybe}, TypeId::kFloat64);
  const uint32_t known = b.call("coalesce", {sum, b.constant(1.0)}, TypeId::kFloat64);
  b.output(known, OutputType::kFloat32);
  b.output(x, OutputType::kFloat64);
  const auto plan = b.compile();
  CHECK(plan->registers()[x].flags == 0);
  CHECK(plan->registers()[sum].flags == kMayNull);
  CHECK(plan->registers()[known].flags == 0);
  CHECK(plan->uses(x) && plan->uses(maybe) && !plan->uses(unused));
  CHECK(plan->scratch_of()[unused] == -1);

  // A long chain needs a few scratch columns, not one a step.
  ProgramBuilder chain;
  uint32_t at = chain.input(TypeId::kFloat64);
  for (int i = 0; i < 1000; ++i) at = chain.call("neg", {at}, TypeId::kFloat64);
  chain.output(at, OutputType::kFloat32);
  CHECK(chain.compile()->scratch_widths().size() <= 4);
}

void test_exchange_layout() {
  ProgramBuilder b;
  const uint32_t x = b.input(TypeId::kFloat64);
  for (int i = 0; i < 1'100'000; ++i) b.output(x, OutputType::kFloat32);
  const auto plan = b.compile();
  CHECK(exchange_layout(*plan, 1).bytes > 1'100'000 * 4);
  CHECK(exchange_layout(*plan, kChunkRows).bytes == 0);  // past 32 bits
}

}  // namespace
}  // namespace skewless::test

int main() {
  using namespace skewless::test;
  test_decode();
  test_constants();
  test_compile_errors();
  test_flags_and_scratch();
  test_exchange_layout();
  return finish("plan_test");
}
