// Fuzzes Arrow columns: random descriptions over buffers of exactly the size they claim, through the check and the
// batch executor. Whatever they say, nothing outside the buffers may be read, and every instruction set must give
// the same bits.
#include <array>
#include <list>
#include <vector>

#include "exec/batch_executor.h"
#include "fuzz/bytes.h"
#include "registry/catalogue.h"

namespace skewless::fuzz {
namespace {

using Buffers = std::list<Exact>;

Buffer buffer(Bytes& in, Buffers& all, size_t size) {
  if (in.one_in(32)) size = size > 0 ? size - 1 : 0;
  all.emplace_back(size, in.one_in(16) ? 1 + in.below(7) : 0);
  all.back().fill(in);
  return {all.back().data(), size};
}

// Ascending within `limit`, with a mistake now and then.
template <class Offset>
Buffer offsets(Bytes& in, Buffers& all, size_t count, int64_t limit) {
  all.emplace_back(count * sizeof(Offset), 0);
  int64_t at = in.one_in(8) ? in.below(4) : 0;
  for (size_t i = 0; i < count; ++i) {
    Offset value = static_cast<Offset>(at);
    if (in.one_in(200)) value = in.value<Offset>();
    std::memcpy(all.back().data() + i * sizeof(Offset), &value, sizeof value);
    at += in.below(6);
    if (at > limit && !in.one_in(16)) at = limit;
  }
  return {all.back().data(), all.back().size()};
}

bool is_wide(ArrowType type) { return type == ArrowType::kLargeUtf8 || type == ArrowType::kLargeList; }

ArrowType some_type(Bytes& in, TypeId wanted) {
  if (in.one_in(24)) return static_cast<ArrowType>(in.below(kArrowTypeCount));
  switch (wanted) {
    case TypeId::kFloat64: return static_cast<ArrowType>(in.below(11));
    case TypeId::kInt64:
    case TypeId::kTimestamp: return static_cast<ArrowType>(in.below(8));
    case TypeId::kBool: return ArrowType::kBool;
    case TypeId::kUtf8: return static_cast<ArrowType>(12 + in.below(3));
    default: return static_cast<ArrowType>(15 + in.below(3));
  }
}

TypeId element_of(TypeId list) {
  switch (list) {
    case TypeId::kListInt64: return TypeId::kInt64;
    case TypeId::kListUtf8: return TypeId::kUtf8;
    case TypeId::kListTimestamp: return TypeId::kTimestamp;
    default: return TypeId::kFloat64;
  }
}

ArrowColumn column(Bytes& in, Buffers& all, TypeId wanted, int64_t length, int depth) {
  ArrowColumn c;
  c.type = some_type(in, wanted);
  c.length = length;
  c.offset = in.one_in(4) ? in.below(70) : 0;
  if (in.one_in(64)) c.offset = static_cast<int64_t>(in.value<uint64_t>() >> in.below(64));
  const bool plain = c.offset >= 0 && c.offset < 4096;
  const auto end = static_cast<size_t>(plain ? c.offset + length : length);
  if (in.below(2)) {
    c.validity_offset = in.one_in(4) ? in.below(70) : plain ? c.offset : 0;
    c.validity = buffer(in, all, (static_cast<size_t>(c.validity_offset + length) + 7) / 8);
    if (in.one_in(64)) c.validity_offset = static_cast<int64_t>(in.value<uint64_t>() >> in.below(64));
  }
  switch (c.type) {
    case ArrowType::kBool: c.values = buffer(in, all, (end + 7) / 8); break;
    case ArrowType::kUtf8:
    case ArrowType::kLargeUtf8: {
      c.values = buffer(in, all, in.below(512));
      if (!in.one_in(4)) {
        for (size_t i = 0; i < c.values.bytes; ++i) const_cast<uint8_t*>(c.values.data)[i] &= 0x7f;
      }
      const auto limit = static_cast<int64_t>(c.values.bytes);
      c.offsets = is_wide(c.type) ? offsets<int64_t>(in, all, end + 1, limit) : offsets<int32_t>(in, all, end + 1, limit);
      break;
    }
    case ArrowType::kDictionary: {
      c.index_type = in.one_in(24) ? static_cast<ArrowType>(in.below(kArrowTypeCount)) : static_cast<ArrowType>(in.below(8));
      const int width = arrow_width(c.index_type);
      const uint32_t entries = 1 + in.below(9);
      c.values = buffer(in, all, end * static_cast<size_t>(width > 0 ? width : 1));
      if (!in.one_in(4)) {
        // Indices inside the dictionary: only the lowest byte of each, little-endian.
        for (size_t i = 0; i < c.values.bytes; ++i) {
          auto& b = const_cast<uint8_t*>(c.values.data)[i];
          b = width > 0 && i % static_cast<size_t>(width) == 0 ? static_cast<uint8_t>(b % entries) : 0;
        }
      }
      if (!in.one_in(64)) c.child = std::make_unique<ArrowColumn>(column(in, all, TypeId::kUtf8, entries, depth + 1));
      break;
    }
    case ArrowType::kList:
    case ArrowType::kLargeList:
    case ArrowType::kFixedSizeList: {
      const int64_t elements = in.below(600);
      c.list_size = in.below(5);
      if (in.one_in(64)) c.list_size = static_cast<int64_t>(in.value<uint64_t>() >> in.below(64));
      const int64_t needed = c.type == ArrowType::kFixedSizeList && c.list_size >= 0 && c.list_size < 8 ? static_cast<int64_t>(end) * c.list_size : elements;
      if (c.type != ArrowType::kFixedSizeList) {
        c.offsets = is_wide(c.type) ? offsets<int64_t>(in, all, end + 1, elements) : offsets<int32_t>(in, all, end + 1, elements);
      }
      if (depth < 2 && !in.one_in(64)) c.child = std::make_unique<ArrowColumn>(column(in, all, element_of(wanted), needed, depth + 1));
      break;
    }
    default: c.values = buffer(in, all, end * static_cast<size_t>(arrow_width(c.type)));
  }
  return c;
}

// A call of a function of one argument of this type that needs no parameters; else the input itself.
std::vector<const FunctionEntry*> unary_functions(TypeId type) {
  std::vector<const FunctionEntry*> out;
  for (const FunctionEntry& e : Catalogue::instance().entries()) {
    if (e.arity == 1 && e.args[0] == type && e.param_count == 0 && e.result < TypeId::kListFloat64) out.push_back(&e);
  }
  return out;
}

OutputType output_of(TypeId type) {
  switch (type) {
    case TypeId::kFloat64: return OutputType::kFloat64;
    case TypeId::kInt64: return OutputType::kInt64;
    case TypeId::kBool: return OutputType::kBool;
    case TypeId::kUtf8: return OutputType::kUtf8;
    default: return OutputType::kTimestamp;
  }
}

Program program_of(Bytes& in, TypeId type) {
  Program p;
  p.inputs.push_back({type, in.below(2) == 0});
  if (type < TypeId::kListFloat64) p.outputs.push_back({0, output_of(type)});
  const auto functions = unary_functions(type);
  for (uint32_t n = 1 + in.below(3); n > 0 && !functions.empty(); --n) {
    const FunctionEntry& e = *functions[in.below(static_cast<uint32_t>(functions.size()))];
    ProgramNode node;
    node.constant = false;
    node.type = e.result;
    node.name = e.doc->name;
    node.version = static_cast<uint32_t>(e.version);
    node.args = {0};
    p.nodes.push_back(node);
    p.outputs.push_back({static_cast<uint32_t>(p.nodes.size()), output_of(e.result)});
  }
  return p;
}

struct Run {
  BatchResult result;
  std::vector<Exact> data;
  std::vector<Exact> validity;
};

Run run(const Program& program, const std::vector<ArrowColumn>& columns, int64_t rows, Isa isa) {
  const auto plan = CompiledPlan::compile(program, isa);
  Run r;
  std::vector<OutputBuffer> outputs;
  for (const ProgramOutput& o : program.outputs) {
    const auto n = static_cast<size_t>(rows);
    const size_t bytes = o.type == OutputType::kBool ? (n + 7) / 8 : o.type == OutputType::kUtf8 ? (n + 1) * 4 : n * 8;
    r.data.emplace_back(bytes);
    r.validity.emplace_back((n + 7) / 8);
    outputs.push_back({o.type, r.data.back().data(), 1, r.validity.back().data()});
  }
  std::vector<std::unique_ptr<BatchExecutor>> executors;
  r.result = run_batch(plan, BatchTask{&columns, &outputs, rows, {}}, 1, executors);
  return r;
}

bool same(const std::vector<Exact>& a, const std::vector<Exact>& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].size() > 0 && std::memcmp(a[i].data(), b[i].data(), a[i].size()) != 0) return false;
  return true;
}

bool has_avx2() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

}  // namespace
}  // namespace skewless::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace skewless;
  using namespace skewless::fuzz;
  Bytes in(data, size);
  const auto type = static_cast<TypeId>(in.below(kTypeCount));
  const int64_t rows = in.one_in(6) ? 1000 + in.below(1200) : in.below(140);
  const Program program = program_of(in, type);
  if (program.outputs.empty()) return 0;
  Buffers buffers;
  std::vector<ArrowColumn> columns;
  columns.push_back(column(in, buffers, type, rows, 0));
  if (columns[0].check(type) != nullptr || columns[0].length != rows) return 0;
  ++reached;
  const Run first = run(program, columns, rows, Isa::kBaseline);
  if (!has_avx2()) return 0;
  const Run second = run(program, columns, rows, Isa::kAvx2);
  const RunFailure &a = first.result.failure, &b = second.result.failure;
  if (a.row != b.row || a.input != b.input || a.outcome != b.outcome) broken("instruction sets disagree about a failure");
  // After a failure the outputs are unspecified.
  if (a.row < 0 && !(same(first.data, second.data) && same(first.validity, second.validity))) broken("instruction sets give different bits");
  return 0;
}
