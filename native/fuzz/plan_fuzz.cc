// Fuzzes plans: decode, compile, then one row and one batch over doubtful contents of the exchange buffer. Nothing
// may read or write out of bounds, and both executors must give the same bits or the same failure.
#include <algorithm>
#include <vector>

#include "exec/batch_executor.h"
#include "exec/row_executor.h"
#include "fuzz/bytes.h"
#include "fuzz/plan_writer.h"

namespace skewless::fuzz {
namespace {

constexpr size_t kHeapBytes = 512;

// Texts, list elements and validity bits; half of it valid UTF-8.
void fill_heap(Bytes& in, const Exact& heap) {
  static const char kText[] = "plain text, caf\xc3\xa9, \xe2\x82\xac" "100, x@y.zz 10.1.2.3 ";
  for (size_t i = 0; i < heap.size(); ++i) heap.data()[i] = static_cast<uint8_t>(kText[i % (sizeof kText - 1)]);
  for (size_t i = heap.size() / 2; i < heap.size() && !in.empty(); ++i) heap.data()[i] = in.u8();
}

void write_input(Bytes& in, PlanWriter& values, TypeId type, unsigned char* at) {
  switch (type) {
    case TypeId::kFloat64: write_at(at, values.real()); break;
    case TypeId::kBool: write_at(at, in.one_in(8) ? values.real() : static_cast<double>(in.below(2))); break;
    case TypeId::kInt64:
    case TypeId::kTimestamp: write_at(at, values.integer()); break;
    case TypeId::kUtf8:
      write_at<uint32_t>(at, in.one_in(8) ? in.value<uint32_t>() : in.below(kHeapBytes));
      write_at<uint32_t>(at + 4, in.one_in(8) ? in.value<uint32_t>() : in.below(24));
      break;
    default:
      write_at<uint32_t>(at, in.one_in(8) ? in.value<uint32_t>() : in.below(kHeapBytes / 8) * 8);
      write_at<uint32_t>(at + 4, in.one_in(8) ? in.value<uint32_t>() : in.below(12));
      write_at<uint32_t>(at + 8, in.below(2) ? ~uint32_t{0} : in.one_in(8) ? in.value<uint32_t>() : in.below(kHeapBytes));
  }
}

void run(const std::shared_ptr<const CompiledPlan>& plan, Bytes& in) {
  ++reached;
  PlanWriter values(in);
  const uint32_t capacity = 1 + in.below(130);
  const ExchangeLayout layout = exchange_layout(*plan, capacity);
  if (layout.bytes == 0) return;
  const Exact exchange(layout.bytes);
  const Exact heap(kHeapBytes);
  fill_heap(in, heap);
  for (uint32_t row = 0; row < capacity; ++row) {
    unsigned char* inputs = exchange.data() + layout.rows + static_cast<size_t>(row) * layout.row_bytes;
    for (size_t i = 0; i < plan->input_count(); ++i) {
      write_input(in, values, plan->program().inputs[i].type, inputs + i * kExchangeInput);
      inputs[layout.states + i] = in.one_in(4) ? in.u8() : 0;
    }
  }

  RowExecutor rows(plan, layout);
  const bool values_ok = rows.run_values(exchange.data(), heap.data(), heap.size());
  for (uint32_t o = 0; values_ok && o < plan->program().outputs.size() + 1; ++o) {
    const StringView text = rows.text(o);
    if (text.size > 0 && !utf8::valid(text)) broken("a text output is not UTF-8");
  }
  const bool vector_ok = rows.run_vector(exchange.data(), heap.data(), heap.size());
  if (vector_ok != values_ok) broken("vector and values disagree whether the row fails");
  const size_t width = plan->program().outputs.size() * 4;
  std::vector<unsigned char> header(exchange.data(), exchange.data() + 20);
  std::vector<unsigned char> vector(exchange.data() + layout.vector, exchange.data() + layout.vector + width);

  // Batch kernels store every output of an exchange buffer as float32, which the add-on asks of such plans only.
  const auto& outputs = plan->program().outputs;
  if (!std::all_of(outputs.begin(), outputs.end(), [](const ProgramOutput& o) { return o.type == OutputType::kFloat32; })) return;
  BatchExecutor batch(plan);
  if (!batch.ready()) return;
  const RunFailure one = batch.run_rows(exchange.data(), layout, 1, Heap{heap.data(), heap.size()});
  if ((one.row < 0) != vector_ok) broken("row and batch disagree whether the row fails");
  if (vector_ok) {
    if (width > 0 && std::memcmp(vector.data(), exchange.data() + layout.vector, width) != 0) broken("row and batch give different bits");
  } else if (one.input < 0) {
    if (read_at<int32_t>(header.data()) != one.output + 1) broken("row and batch blame different outputs");
    if (read_at<int32_t>(header.data() + 8) != static_cast<int32_t>(one.outcome)) broken("row and batch give different failures");
    if (read_at<uint32_t>(header.data() + 4) != one.node) broken("row and batch blame different functions");
  } else if (read_at<int32_t>(header.data() + 12) == 0) {
    // Which of several malformed inputs is named may differ: no row that src/engine writes has any.
    broken("batch blames an input, row a function");
  }
  batch.run_rows(exchange.data(), layout, static_cast<int>(capacity), Heap{heap.data(), heap.size()});
}

// The same calls with every output as float32, where its type allows, and the rest dropped.
Program as_vector(Program program, const CompiledPlan& plan) {
  std::vector<ProgramOutput> kept;
  for (const ProgramOutput& o : program.outputs) {
    const TypeId type = plan.registers()[o.reg].type;
    if (type == TypeId::kFloat64 || type == TypeId::kInt64 || type == TypeId::kBool) kept.push_back({o.reg, OutputType::kFloat32});
  }
  program.outputs = std::move(kept);
  return program;
}

void run_plan(const uint8_t* bytes, size_t size, Bytes in) {
  try {
    const auto plan = CompiledPlan::compile(decode_program(bytes, size), Isa::kBaseline);
    // A tiny plan may ask for much scratch memory; that is no error, but not for here.
    if (plan->registers().size() > 4096 || plan->program().outputs.size() > 4096) return;
    run(plan, in);
    run(CompiledPlan::compile(as_vector(plan->program(), *plan), Isa::kBaseline), in);
  } catch (const PlanError&) {
    // what a malformed plan is answered with
  }
}

}  // namespace
}  // namespace skewless::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace skewless::fuzz;
  Bytes in(data, size);
  const uint8_t mode = in.u8();
  if ((mode & 7) == 0) {
    const Exact copy(size - (size > 0 ? 1 : 0));
    if (copy.size() > 0) std::memcpy(copy.data(), data + 1, copy.size());
    run_plan(copy.data(), copy.size(), in);
    return 0;
  }
  PlanWriter writer(in);
  std::vector<uint8_t> plan = writer.write();
  if ((mode & 7) == 1) {
    // Cut it, or turn some bits.
    for (uint32_t n = 1 + in.below(3); n > 0; --n) plan[in.below(static_cast<uint32_t>(plan.size()))] ^= static_cast<uint8_t>(1u << in.below(8));
    if (in.one_in(4)) plan.resize(in.below(static_cast<uint32_t>(plan.size())));
  }
  const Exact copy(plan.size());
  if (!plan.empty()) std::memcpy(copy.data(), plan.data(), plan.size());
  run_plan(copy.data(), copy.size(), in);
  return 0;
}
