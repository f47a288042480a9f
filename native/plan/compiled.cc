#include "plan/compiled.h"

#include <algorithm>

#include "registry/catalogue.h"

namespace skewless {
uint32_t slot_bytes(TypeId type) {
  switch (type) {
    case TypeId::kFloat64:
    case TypeId::kInt64:
    case TypeId::kBool:
    case TypeId::kTimestamp: return 8;
    case TypeId::kUtf8: return sizeof(StringView);
    default: return sizeof(ListView<double>);
  }
}

uint32_t column_bytes(TypeId type) { return type == TypeId::kBool ? 1 : slot_bytes(type); }

std::shared_ptr<const CompiledPlan> CompiledPlan::compile(Program program, Isa isa) {
  auto plan = std::shared_ptr<CompiledPlan>(new CompiledPlan());
  plan->program_ = std::move(program);
  plan->isa_ = isa;
  plan->lay_out_registers();
  plan->build_calls();
  plan->build_outputs();
  plan->assign_scratch();
  return plan;
}

void CompiledPlan::lay_out_registers() {
  const size_t total = program_.inputs.size() + program_.nodes.size();
  if (total > kMaxRegisters) throw PlanError("INVALID_PLAN", "the plan has more than a million registers");
  uint32_t offset = 0;
  const auto add = [&](TypeId type, unsigned flags) {
    registers_.push_back({type, offset, flags, -1});
    offset += slot_bytes(type);
  };
  for (const ProgramInput& input : program_.inputs) add(input.type, input.nullable ? kMayNull : 0u);
  for (const ProgramNode& node : program_.nodes) add(node.type, 0);
  frame_bytes_ = offset;
}

namespace {

template <class T>
const T* make_items(const std::vector<ConstantValue>& items, std::vector<std::unique_ptr<unsigned char[]>>& blobs,
                    T (*make)(const ConstantValue&, std::vector<std::unique_ptr<unsigned char[]>>&)) {
  auto memory = std::make_unique<unsigned char[]>(items.size() * sizeof(T) + 8);
  auto* out = reinterpret_cast<T*>(memory.get());
  for (size_t i = 0; i < items.size(); ++i) {
    const T item = make(items[i], blobs);
    std::memcpy(out + i, &item, sizeof item);
  }
  blobs.push_back(std::move(memory));
  return out;
}

StringView make_text(const ConstantValue& v, std::vector<std::unique_ptr<unsigned char[]>>& blobs) {
  auto memory = std::make_unique<unsigned char[]>(v.text.size() + 1);
  std::memcpy(memory.get(), v.text.data(), v.text.size());
  const StringView view{reinterpret_cast<const char*>(memory.get()), static_cast<int64_t>(v.text.size())};
  blobs.push_back(std::move(memory));
  return view;
}

template <class T>
ListView<T> make_list(const ConstantValue& v, std::vector<std::unique_ptr<unsigned char[]>>& blobs,
                      T (*make)(const ConstantValue&, std::vector<std::unique_ptr<unsigned char[]>>&)) {
  const T* data = make_items<T>(v.items, blobs, make);
  auto validity = std::make_unique<unsigned char[]>(v.items.size() / 8 + 1);
  bool nulls = false;
  for (size_t i = 0; i < v.items.size(); ++i) {
    if (v.items[i].present) validity[i >> 3] = static_cast<unsigned char>(validity[i >> 3] | (1u << (i & 7)));
    else nulls = true;
  }
  const ListView<T> view{data, nulls ? validity.get() : nullptr, 0, static_cast<int64_t>(v.items.size())};
  blobs.push_back(std::move(validity));
  return view;
}

}  // namespace

void CompiledPlan::build_constant(uint32_t reg, const ConstantValue& value, TypeId type) {
  Constant c;
  c.reg = reg;
  c.present = value.present;
  c.slot.assign(slot_bytes(type), 0);
  if (value.present) {
    const auto store = [&](const auto& v) { std::memcpy(c.slot.data(), &v, sizeof v); };
    switch (type) {
      case TypeId::kFloat64: store(value.f64); break;
      case TypeId::kInt64:
      case TypeId::kTimestamp: store(value.i64); break;
      case TypeId::kBool: c.slot[0] = value.i64 != 0; break;
      case TypeId::kUtf8: store(make_text(value, blobs_)); break;
      case TypeId::kListFloat64:
        store(make_list<double>(value, blobs_, [](const ConstantValue& v, auto&) { return v.f64; }));
        break;
      case TypeId::kListInt64:
        store(make_list<int64_t>(value, blobs_, [](const ConstantValue& v, auto&) { return v.i64; }));
        break;
      case TypeId::kListTimestamp:
        store(make_list<Timestamp>(value, blobs_, [](const ConstantValue& v, auto&) { return Timestamp{v.i64}; }));
        break;
      case TypeId::kListUtf8: store(make_list<StringView>(value, blobs_, make_text)); break;
    }
  } else {
    c.validity.assign(kChunkWords, 0);
  }
  const uint32_t width = column_bytes(type);
  c.broadcast.resize(static_cast<size_t>(width) * kChunkRows);
  for (int i = 0; i < kChunkRows; ++i) std::memcpy(c.broadcast.data() + static_cast<size_t>(i) * width, c.slot.data(), width);
  registers_[reg].constant = static_cast<int>(constants_.size());
  registers_[reg].flags = value.present ? 0u : kMayNull;
  constants_.push_back(std::move(c));
}

void CompiledPlan::build_calls() {
  const Catalogue& catalogue = Catalogue::instance();
  const uint32_t first = static_cast<uint32_t>(program_.inputs.size());
  instances_.reserve(program_.nodes.size());
  for (size_t n = 0; n < program_.nodes.size(); ++n) {
    const ProgramNode& node = program_.nodes[n];
    const uint32_t reg = first + static_cast<uint32_t>(n);
    if (node.constant) {
      build_constant(reg, node.value, node.type);
      continue;
    }
    if (node.args.empty() || node.args.size() > kMaxArity) {
      throw PlanError("INVALID_PLAN", "'" + node.name + "' is called with " + std::to_string(node.args.size()) + " arguments", reg);
    }
    TypeId types[kMaxArity];
    unsigned flags[kMaxArity];
    const int arity = static_cast<int>(node.args.size());
    std::string spelled;
    for (int a = 0; a < arity; ++a) {
      if (node.args[a] >= reg) {
        throw PlanError("INVALID_PLAN", "'" + node.name + "' reads register " + std::to_string(node.args[a]) + ", which is not computed before it", reg);
      }
      types[a] = registers_[node.args[a]].type;
      flags[a] = registers_[node.args[a]].flags;
      spelled += (a ? ", " : "") + std::string(type_name(types[a]));
    }
    const FunctionEntry* entry = catalogue.find(node.name, types, arity);
    if (!entry) {
      if (!catalogue.has(node.name)) {
        throw PlanError("UNKNOWN_FUNCTION", "this build has no function '" + node.name + "'", reg);
      }
      throw PlanError("INVALID_PLAN", "'" + node.name + "' does not take (" + spelled + ")", reg);
    }
    if (entry->version != static_cast<int>(node.version)) {
      throw PlanError("SEMANTICS_CHANGED",
                      "function '" + node.name + "' has semantics version " + std::to_string(entry->version) +
                          " in this build, the plan was made with version " + std::to_string(node.version) +
                          ": fit again with this build, or use the build that made the plan",
                      reg);
    }
    if (entry->result != node.type) {
      throw PlanError("INVALID_PLAN", "'" + node.name + "' gives " + type_name(entry->result) + ", not " + type_name(node.type), reg);
    }
    const char* error = nullptr;
    const Params params(node.params);
    const void* op = entry->create(params, &error);
    if (!op) throw PlanError("INVALID_PARAMETER", "'" + node.name + "': " + error, reg);
    // Instance's destructor frees the op should anything below throw.
    instances_.emplace_back(entry, op);

    registers_[reg].flags = entry->flow(*entry, flags);
    bool all_present = registers_[reg].flags == 0;
    for (int a = 0; a < arity; ++a) all_present = all_present && flags[a] == 0;

    RowInstruction in{};
    in.kernel = all_present ? entry->row_present : entry->row_checked;
    in.op = op;
    in.out_offset = registers_[reg].slot_offset;
    in.out_register = reg;
    BatchStep step{};
    step.entry = entry;
    step.op = op;
    step.reg = reg;
    step.arity = arity;
    bool tail_constant = arity >= 2, head_constant = arity == 2;
    for (int a = 0; a < arity; ++a) {
      in.offsets[a] = registers_[node.args[a]].slot_offset;
      in.registers[a] = node.args[a];
      step.args[a] = node.args[a];
      const bool is_constant = registers_[node.args[a]].constant >= 0;
      if (a == 0) head_constant = head_constant && is_constant;
      else {
        tail_constant = tail_constant && is_constant;
        head_constant = head_constant && !is_constant;
      }
      if (a == 0) tail_constant = tail_constant && !is_constant;
    }
    const Shape shape = tail_constant ? kTailConstant : head_constant ? kHeadConstant : kFlat;
    step.kernel = entry->batch[static_cast<int>(isa_)][shape];
    row_.push_back(in);
    batch_.push_back(step);
  }
}

void CompiledPlan::build_outputs() {
  const size_t total = registers_.size();
  used_.assign(total, false);
  for (const BatchStep& s : batch_)
    for (int a = 0; a < s.arity; ++a) used_[s.args[a]] = true;
  const auto accepts = [](OutputType out, TypeId type) {
    switch (out) {
      case OutputType::kFloat32:
      case OutputType::kFloat64: return type == TypeId::kFloat64 || type == TypeId::kInt64 || type == TypeId::kBool;
      case OutputType::kInt64: return type == TypeId::kInt64 || type == TypeId::kBool;
      case OutputType::kInt32: return type == TypeId::kInt64 || type == TypeId::kBool;
      case OutputType::kBool: return type == TypeId::kBool;
      case OutputType::kUtf8: return type == TypeId::kUtf8;
      case OutputType::kTimestamp: return type == TypeId::kTimestamp;
    }
    return false;
  };
  std::vector<std::vector<uint32_t>> of(total);
  for (size_t i = 0; i < program_.outputs.size(); ++i) {
    const ProgramOutput& o = program_.outputs[i];
    if (o.reg >= total) throw PlanError("INVALID_PLAN", "output " + std::to_string(i) + " names register " + std::to_string(o.reg) + ", which does not exist");
    if (!accepts(o.type, registers_[o.reg].type)) {
      throw PlanError("INVALID_PLAN", std::string("output ") + std::to_string(i) + " cannot store " + type_name(registers_[o.reg].type) + " in its type", o.reg);
    }
    used_[o.reg] = true;
    of[o.reg].push_back(static_cast<uint32_t>(i));
  }
  // Before the first step: outputs that are inputs or constants.
  std::vector<bool> computed(total, false);
  for (const BatchStep& s : batch_) computed[s.reg] = true;
  for (size_t r = 0; r < total; ++r)
    if (!computed[r]) output_order_.insert(output_order_.end(), of[r].begin(), of[r].end());
  for (const BatchStep& s : batch_) {
    output_begin_.push_back(static_cast<uint32_t>(output_order_.size()));
    output_order_.insert(output_order_.end(), of[s.reg].begin(), of[s.reg].end());
  }
  output_begin_.push_back(static_cast<uint32_t>(output_order_.size()));
}

void CompiledPlan::assign_scratch() {
  const size_t total = registers_.size();
  scratch_of_.assign(total, -1);
  // A list or text view may point into the value of its argument, but those bytes live in the input or the
  // arena, which are both kept for the whole chunk; so a column is free after the last step that names it.
  std::vector<size_t> last(total, 0);
  for (size_t s = 0; s < batch_.size(); ++s) {
    last[batch_[s].reg] = s;
    for (int a = 0; a < batch_[s].arity; ++a) last[batch_[s].args[a]] = s;
  }
  std::vector<std::vector<int>> free_by_width(33);
  const auto take = [&](uint32_t reg) {
    const uint32_t width = column_bytes(registers_[reg].type);
    auto& pool = free_by_width[width];
    if (pool.empty()) {
      scratch_of_[reg] = static_cast<int>(scratch_widths_.size());
      scratch_widths_.push_back(width);
    } else {
      scratch_of_[reg] = pool.back();
      pool.pop_back();
    }
  };
  // Inputs keep a column for the whole chunk: they are all loaded before the first step.
  for (size_t r = 0; r < program_.inputs.size(); ++r)
    if (used_[r]) take(static_cast<uint32_t>(r));
  for (size_t s = 0; s < batch_.size(); ++s) {
    take(batch_[s].reg);
    const auto release = [&](uint32_t reg) {
      if (reg < program_.inputs.size() || registers_[reg].constant >= 0 || scratch_of_[reg] < 0 || last[reg] != s) return;
      auto& pool = free_by_width[scratch_widths_[static_cast<size_t>(scratch_of_[reg])]];
      if (std::find(pool.begin(), pool.end(), scratch_of_[reg]) == pool.end()) pool.push_back(scratch_of_[reg]);
    };
    for (int a = 0; a < batch_[s].arity; ++a) release(batch_[s].args[a]);
    release(batch_[s].reg);
  }
}

}  // namespace skewless
