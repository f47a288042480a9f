// Batch mode: Arrow columns in every layout, failures at their first row, chunks, threads and abort, and the same
// bits as row mode.
#include <atomic>
#include <cmath>
#include <limits>

#include "test/check.h"
#include "test/plan_fixture.h"

namespace skewless::test {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

struct Output {
  Output(OutputType type, int64_t rows) : data(static_cast<size_t>(rows) * 8 + 8), validity((static_cast<size_t>(rows) + 7) / 8) {
    buffer = {type, data.data(), 1, validity.data()};
  }
  template <class T>
  T at(int64_t row) const {
    T v;
    std::memcpy(&v, data.data() + static_cast<size_t>(row) * sizeof(T), sizeof v);
    return v;
  }
  bool valid(int64_t row) const { return (validity[static_cast<size_t>(row >> 3)] >> (row & 7)) & 1; }
  std::vector<uint8_t> data, validity;
  OutputBuffer buffer;
};

BatchResult run(const std::shared_ptr<const CompiledPlan>& plan, std::vector<ArrowColumn>& columns, std::vector<OutputBuffer> outputs,
                int64_t rows, int threads = 1, RunControl control = {}) {
  for (size_t i = 0; i < columns.size(); ++i) CHECK(columns[i].check(plan->program().inputs[i].type) == nullptr);
  std::vector<std::unique_ptr<BatchExecutor>> executors;
  return run_batch(plan, BatchTask{&columns, &outputs, rows, control}, threads, executors);
}

std::vector<ArrowColumn> one(ArrowColumn c) {
  std::vector<ArrowColumn> out;
  out.push_back(std::move(c));
  return out;
}

// The input itself as float64, through a call so that it is loaded and stored.
std::shared_ptr<const CompiledPlan> doubled(bool nullable) {
  ProgramBuilder b;
  const uint32_t x = b.input(TypeId::kFloat64, nullable);
  b.output(b.call("add", {x, x}, TypeId::kFloat64), OutputType::kFloat64);
  return b.compile();
}

template <class T>
void check_width(ArrowType type) {
  std::vector<T> values;
  for (int i = 0; i < 2100; ++i) values.push_back(static_cast<T>(i % 100));
  for (const int64_t offset : {0, 1, 63, 64}) {
    const int64_t rows = 2030;
    ArrowColumn c = column(type, rows, lend(values));
    c.offset = offset;
    auto columns = one(std::move(c));
    Output out(OutputType::kFloat64, rows);
    CHECK(run(doubled(false), columns, {out.buffer}, rows).failure.row < 0);
    for (int64_t i = 0; i < rows; ++i) CHECK(out.at<double>(i) == 2.0 * static_cast<double>((i + offset) % 100));
  }
}

void test_widths() {
  check_width<int8_t>(ArrowType::kInt8);
  check_width<int16_t>(ArrowType::kInt16);
  check_width<int32_t>(ArrowType::kInt32);
  check_width<int64_t>(ArrowType::kInt64);
  check_width<uint8_t>(ArrowType::kUInt8);
  check_width<uint16_t>(ArrowType::kUInt16);
  check_width<uint32_t>(ArrowType::kUInt32);
  check_width<uint64_t>(ArrowType::kUInt64);
  check_width<float>(ArrowType::kFloat32);
  check_width<double>(ArrowType::kFloat64);
}

void test_validity() {
  const int64_t rows = 1500;
  std::vector<double> values(static_cast<size_t>(rows), 3.0);
  for (const int64_t bit : {0, 1, 7, 8, 63, 65}) {
    // Every third row is null; the bitmap ends with the last row's byte.
    std::vector<uint8_t> bits((static_cast<size_t>(bit + rows) + 7) / 8, 0);
    for (int64_t i = 0; i < rows; ++i)
      if (i % 3 != 0) bits[static_cast<size_t>((bit + i) >> 3)] |= static_cast<uint8_t>(1u << ((bit + i) & 7));
    ArrowColumn c = column(ArrowType::kFloat64, rows, lend(values));
    c.validity = lend(bits);
    c.validity_offset = bit;
    auto columns = one(std::move(c));
    Output out(OutputType::kFloat64, rows);
    CHECK(run(doubled(true), columns, {out.buffer}, rows).failure.row < 0);
    for (int64_t i = 0; i < rows; ++i) {
      CHECK(out.valid(i) == (i % 3 != 0));
      CHECK(i % 3 == 0 ? std::isnan(out.at<double>(i)) : out.at<double>(i) == 6.0);
    }
    const BatchResult refused = run(doubled(false), columns, {out.buffer}, rows);
    CHECK(refused.failure.row == 0 && refused.failure.input == 0 && std::strcmp(refused.failure.code, "NULL_INPUT") == 0);
  }
}

void test_failures() {
  ProgramBuilder b;
  const uint32_t k = b.input(TypeId::kInt64);
  const uint32_t next = b.call("add", {k, b.constant(int64_t{1})}, TypeId::kInt64);
  const uint32_t twice = b.call("add", {k, k}, TypeId::kInt64);
  b.output(next, OutputType::kInt64);
  b.output(twice, OutputType::kInt64);
  const auto plan = b.compile();
  const int64_t rows = 40'000;
  std::vector<int64_t> values(static_cast<size_t>(rows), 1);
  auto columns = one(column(ArrowType::kInt64, rows, lend(values)));
  Output a(OutputType::kInt64, rows), c(OutputType::kInt64, rows);
  for (const int threads : {1, 2, 4}) {
    values.assign(values.size(), 1);
    CHECK(run(plan, columns, {a.buffer, c.buffer}, rows, threads).failure.row < 0);
    CHECK(a.at<int64_t>(rows - 1) == 2 && c.at<int64_t>(rows - 1) == 2);
    values[39'999] = kMax;
    values[20'001] = kMax;
    values[20'000] = kMax / 2 + 1;  // only the sum with itself overflows
    const RunFailure f = run(plan, columns, {a.buffer, c.buffer}, rows, threads).failure;
    CHECK(f.row == 20'000 && f.output == 1 && f.node == twice && f.outcome == Outcome::kIntegerOverflow);
    values[20'000] = kMax;  // now both: the first output is named
    const RunFailure g = run(plan, columns, {a.buffer, c.buffer}, rows, threads).failure;
    CHECK(g.row == 20'000 && g.output == 0 && g.node == next);
  }
}

void test_texts() {
  ProgramBuilder b;
  const uint32_t s = b.input(TypeId::kUtf8, true);
  b.output(b.call("concat", {s, s}, TypeId::kUtf8), OutputType::kUtf8);
  const auto plan = b.compile();
  const int64_t rows = 3000;
  std::vector<int32_t> offsets{0};
  std::string bytes;
  for (int64_t i = 0; i < rows; ++i) {
    bytes += std::string(static_cast<size_t>(i % 4), static_cast<char>('a' + i % 26));
    offsets.push_back(static_cast<int32_t>(bytes.size()));
  }
  ArrowColumn c = column(ArrowType::kUtf8, rows, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  c.offsets = lend(offsets);
  auto columns = one(std::move(c));
  for (const int threads : {1, 2}) {
    Output out(OutputType::kUtf8, rows + 1);
    const BatchResult result = run(plan, columns, {out.buffer}, rows, threads);
    CHECK(result.failure.row < 0 && !result.text_overflow);
    std::string all;
    for (const auto& texts : result.texts) all.append(texts[0].data() ? texts[0].data() : "", texts[0].size());
    for (int64_t i = 0; i < rows; ++i) {
      const auto from = static_cast<size_t>(out.at<int32_t>(i)), to = static_cast<size_t>(out.at<int32_t>(i + 1));
      CHECK(all.substr(from, to - from) == std::string(static_cast<size_t>(i % 4) * 2, static_cast<char>('a' + i % 26)));
    }
  }
  // Offsets that lie are found where they are.
  offsets[2500] = -1;
  Output out(OutputType::kUtf8, rows + 1);
  const RunFailure f = run(plan, columns, {out.buffer}, rows).failure;
  CHECK(f.row == 2499 && std::strcmp(f.code, "INVALID_ARROW") == 0);
}

void test_checks() {
  const std::vector<double> values(10);
  const std::vector<int32_t> offsets(11);
  const auto error = [](ArrowColumn c, TypeId type) { return c.check(type) != nullptr; };
  const auto with = [&](auto change) {
    ArrowColumn c = column(ArrowType::kFloat64, 10, lend(values));
    change(c);
    return c;
  };
  CHECK(!error(with([](ArrowColumn&) {}), TypeId::kFloat64));
  CHECK(error(with([](ArrowColumn&) {}), TypeId::kUtf8));
  CHECK(error(with([](ArrowColumn&) {}), TypeId::kInt64));
  CHECK(error(with([](ArrowColumn& c) { c.length = 11; }), TypeId::kFloat64));
  CHECK(error(with([](ArrowColumn& c) { c.offset = 1; }), TypeId::kFloat64));
  CHECK(error(with([](ArrowColumn& c) { c.offset = std::numeric_limits<int64_t>::max(); }), TypeId::kFloat64));
  CHECK(error(with([](ArrowColumn& c) { c.length = std::numeric_limits<int64_t>::max(); }), TypeId::kFloat64));
  CHECK(error(with([](ArrowColumn& c) { c.length = -1; }), TypeId::kFloat64));
  CHECK(error(with([](ArrowColumn& c) { c.values.data += 1; c.values.bytes -= 8; c.length = 9; }), TypeId::kFloat64));
  const uint8_t bits = 0xff;
  CHECK(error(with([&](ArrowColumn& c) { c.validity = {&bits, 1}; }), TypeId::kFloat64));
  CHECK(!error(with([&](ArrowColumn& c) { c.validity = {&bits, 1}; c.length = 8; }), TypeId::kFloat64));
  CHECK(error(with([&](ArrowColumn& c) { c.validity = {&bits, 1}; c.length = 8; c.validity_offset = 1; }), TypeId::kFloat64));
  const auto list = [&](int64_t size, int64_t child_length) {
    ArrowColumn c;
    c.type = ArrowType::kFixedSizeList;
    c.length = 5;
    c.list_size = size;
    c.child = std::make_unique<ArrowColumn>(column(ArrowType::kFloat64, child_length, lend(values)));
    return c;
  };
  CHECK(!error(list(2, 10), TypeId::kListFloat64));
  CHECK(error(list(2, 9), TypeId::kListFloat64));
  CHECK(error(list(2, 11), TypeId::kListFloat64));
  CHECK(error(list(-1, 10), TypeId::kListFloat64));
  CHECK(error(list(int64_t{1} << 62, 10), TypeId::kListFloat64));
}

void test_abort_and_progress() {
  const int64_t rows = 10 * kChunkRows;
  std::vector<double> values(static_cast<size_t>(rows), 1);
  auto columns = one(column(ArrowType::kFloat64, rows, lend(values)));
  Output out(OutputType::kFloat64, rows);
  std::atomic<int32_t> abort{0}, done{0};
  CHECK(run(doubled(false), columns, {out.buffer}, rows, 1, {&abort, &done}).failure.row < 0);
  CHECK(done == 10);
  abort = 1;
  done = 0;
  const RunFailure f = run(doubled(false), columns, {out.buffer}, rows, 1, {&abort, &done}).failure;
  CHECK(f.aborted && done == 0);
}

// The same rows through the exchange buffer, by row kernels and by batch kernels of every instruction set.
void test_modes_agree() {
  ProgramBuilder b;
  const uint32_t x = b.input(TypeId::kFloat64);
  const uint32_t y = b.input(TypeId::kFloat64, true);
  b.output(b.call("log1p", {x}, TypeId::kFloat64), OutputType::kFloat32);
  b.output(b.call("pow", {x, b.constant(1.7)}, TypeId::kFloat64), OutputType::kFloat32);
  b.output(b.call("div", {x, y}, TypeId::kFloat64), OutputType::kFloat32);
  b.output(b.call("coalesce", {y, b.call("sin", {x}, TypeId::kFloat64)}, TypeId::kFloat64), OutputType::kFloat32);
  std::vector<Isa> isas{Isa::kBaseline};
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx2")) isas.push_back(Isa::kAvx2);
#endif
  const uint32_t rows = 333;
  for (const Isa isa : isas) {
    const auto plan = b.compile(isa);
    Exchange many(*plan, rows), single(*plan, 1);
    RowExecutor row(plan, single.layout);
    BatchExecutor batch(plan);
    CHECK(batch.ready());
    std::vector<float> wanted;
    for (uint32_t i = 0; i < rows; ++i) {
      const double v = i == 7 ? std::numeric_limits<double>::quiet_NaN() : i == 9 ? -0.0 : std::ldexp(1.0 + i, static_cast<int>(i) - 200);
      many.set(i, x, v);
      single.set(0, x, v);
      many.set(i, y, 3.0);
      single.set(0, y, 3.0);
      if (i % 5 == 0) many.set_null(i, y);
      single.data()[single.layout.rows + single.layout.states + y] = i % 5 == 0 ? 1 : 0;
      CHECK(row.run_vector(single.data(), nullptr, 0));
      for (size_t o = 0; o < 4; ++o) wanted.push_back(single.vector(o));
    }
    CHECK(batch.run_rows(many.data(), many.layout, static_cast<int>(rows), Heap{nullptr, 0}).row < 0);
    CHECK(std::memcmp(wanted.data(), many.data() + many.layout.vector, wanted.size() * 4) == 0);
  }
}

}  // namespace
}  // namespace skewless::test

int main() {
  using namespace skewless::test;
  test_widths();
  test_validity();
  test_failures();
  test_texts();
  test_checks();
  test_abort_and_progress();
  test_modes_agree();
  return finish("batch_executor_test");
}
