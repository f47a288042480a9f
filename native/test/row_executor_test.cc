// Row mode: values, nulls, failures with their place, and an exchange buffer whose contents lie.
#include <cmath>
#include <limits>

#include "test/check.h"
#include "test/plan_fixture.h"

namespace skewless::test {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

void test_values_and_nulls() {
  ProgramBuilder b;
  const uint32_t x = b.input(TypeId::kFloat64);
  const uint32_t y = b.input(TypeId::kFloat64, true);
  const uint32_t k = b.input(TypeId::kInt64);
  const uint32_t flag = b.input(TypeId::kBool);
  const uint32_t text = b.input(TypeId::kUtf8, true);
  b.output(b.call("add", {x, y}, TypeId::kFloat64), OutputType::kFloat32);
  b.output(k, OutputType::kFloat32);
  b.output(b.call("not", {flag}, TypeId::kBool), OutputType::kFloat32);
  b.output(b.call("length", {text}, TypeId::kInt64), OutputType::kFloat32);
  const auto plan = b.compile();
  Exchange e(*plan, 1);
  RowExecutor rows(plan, e.layout);
  e.set(0, x, 1.5);
  e.set(0, y, 2.25);
  e.set(0, k, int64_t{-9});
  e.set(0, flag, 0.0);
  e.set_text(0, text, "z\xc3\xbc");
  CHECK(rows.run_vector(e.data(), e.heap_data(), e.heap.size()));
  CHECK(e.vector(0) == 3.75f && e.vector(1) == -9.0f && e.vector(2) == 1.0f && e.vector(3) == 2.0f);
  e.set_null(0, y);
  e.set_null(0, text);
  CHECK(rows.run_vector(e.data(), e.heap_data(), e.heap.size()));
  CHECK(std::isnan(e.vector(0)) && e.vector(1) == -9.0f && std::isnan(e.vector(3)));
  CHECK(rows.run_values(e.data(), e.heap_data(), e.heap.size()));
  CHECK(e.output_state(0) == 1 && e.output_state(1) == 0 && e.integer(1) == -9 && e.output_state(3) == 1);
}

void test_text_output() {
  ProgramBuilder b;
  const uint32_t text = b.input(TypeId::kUtf8, true);
  b.output(b.call("upper", {text}, TypeId::kUtf8), OutputType::kUtf8);
  b.output(b.call("length", {text}, TypeId::kInt64), OutputType::kInt64);
  const auto plan = b.compile();
  Exchange e(*plan, 1);
  RowExecutor rows(plan, e.layout);
  e.set_text(0, text, "ab");
  CHECK(rows.run_values(e.data(), e.heap_data(), e.heap.size()));
  const StringView out = rows.text(0);
  CHECK(out.size == 2 && std::memcmp(out.data, "AB", 2) == 0);
  CHECK(rows.text(1).size == 0 && rows.text(2).size == 0 && rows.text(~0u).size == 0);
  e.set_null(0, text);
  CHECK(rows.run_values(e.data(), e.heap_data(), e.heap.size()));
  CHECK(rows.text(0).size == 0 && e.output_state(0) == 1);
}

void test_failures() {
  ProgramBuilder b;
  const uint32_t k = b.input(TypeId::kInt64);
  const uint32_t flag = b.input(TypeId::kBool);
  const uint32_t next = b.call("add", {k, b.constant(int64_t{1})}, TypeId::kInt64);
  const uint32_t chosen = b.call("if", {flag, k, next}, TypeId::kInt64);
  b.output(k, OutputType::kFloat32);
  b.output(chosen, OutputType::kFloat32);
  const auto plan = b.compile();
  Exchange e(*plan, 1);
  RowExecutor rows(plan, e.layout);
  e.set(0, k, kMax);
  e.set(0, flag, 1.0);
  CHECK(rows.run_vector(e.data(), nullptr, 0));  // the failure is not taken
  e.set(0, flag, 0.0);
  CHECK(!rows.run_vector(e.data(), nullptr, 0));
  CHECK(e.header(0) == 2);  // output 1
  CHECK(e.header(1) == static_cast<int32_t>(next));
  CHECK(e.header(2) == static_cast<int32_t>(Outcome::kIntegerOverflow));
  CHECK(e.header(3) == 0);
  e.set(0, k, int64_t{1});
  CHECK(rows.run_vector(e.data(), nullptr, 0) && e.vector(1) == 2.0f);
}

void test_lying_exchange() {
  ProgramBuilder b;
  const uint32_t text = b.input(TypeId::kUtf8);
  const uint32_t list = b.input(TypeId::kListUtf8);
  b.output(b.call("length", {text}, TypeId::kInt64), OutputType::kFloat32);
  b.output(b.call("size", {list}, TypeId::kInt64), OutputType::kFloat32);
  const auto plan = b.compile();
  Exchange e(*plan, 1);
  e.heap = std::string("0123456\xff" "01234567", 16);
  RowExecutor rows(plan, e.layout);
  const auto set = [&](std::vector<uint32_t> text_words, std::vector<uint32_t> list_words) {
    for (size_t i = 0; i < text_words.size(); ++i) write_at(e.input(0, text) + i * 4, text_words[i]);
    for (size_t i = 0; i < list_words.size(); ++i) write_at(e.input(0, list) + i * 4, list_words[i]);
    return rows.run_vector(e.data(), e.heap_data(), e.heap.size());
  };
  const uint32_t none = ~0u;
  CHECK(set({0, 7}, {0, 0, none}));
  CHECK(!set({0, 8}, {0, 0, none}) && e.header(2) == static_cast<int32_t>(Outcome::kInvalidUtf8) && e.header(3) == 1);
  for (const std::vector<uint32_t>& bad : {std::vector<uint32_t>{17, 0}, {0, 17}, {16, 1}, {none, none}, {8, none}}) {
    CHECK(!set(bad, {0, 0, none}) && e.header(2) == static_cast<int32_t>(Outcome::kOutOfRange) && e.header(3) == 1);
  }
  for (const std::vector<uint32_t>& bad : {std::vector<uint32_t>{0, 3, none}, {4, 1, none}, {16, 1, none}, {0, none, none}, {none, 0, none}, {0, 1, 16}, {0, 2, none}}) {
    CHECK(!set({0, 0}, bad) && e.header(3) == 2);
  }
  e.set_null(0, text);
  CHECK(!set({0, 0}, {0, 0, none}) && e.header(2) == static_cast<int32_t>(Outcome::kNull) && e.header(3) == 1);
}

}  // namespace
}  // namespace skewless::test

int main() {
  using namespace skewless::test;
  test_values_and_nulls();
  test_text_output();
  test_failures();
  test_lying_exchange();
  return finish("row_executor_test");
}
