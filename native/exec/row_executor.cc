#include "exec/row_executor.h"

#include <limits>

#include "core/utf8.h"

namespace skewless {
namespace {

constexpr uint32_t kHeaderBytes = 32;
constexpr uint32_t kInputBytes = 16;
constexpr uint32_t kNoValidity = ~uint32_t{0};

template <class T>
SK_INLINE T read(const unsigned char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
SK_INLINE void write(unsigned char* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

constexpr uint32_t pad(uint32_t n) { return (n + 7) & ~7u; }

}  // namespace

ExchangeLayout RowExecutor::layout(const CompiledPlan& plan) {
  const auto inputs = static_cast<uint32_t>(plan.input_count());
  const auto outputs = static_cast<uint32_t>(plan.program().outputs.size());
  ExchangeLayout l{};
  l.inputs = kHeaderBytes;
  l.input_states = l.inputs + inputs * kInputBytes;
  l.vector = l.input_states + pad(inputs);
  l.values = l.vector + pad(outputs * 4);
  l.output_states = l.values + outputs * 8;
  l.bytes = l.output_states + pad(outputs);
  return l;
}

RowExecutor::RowExecutor(std::shared_ptr<const CompiledPlan> plan) : plan_(std::move(plan)), layout_(layout(*plan_)) {
  const auto& registers = plan_->registers();
  slots_.assign(plan_->frame_bytes() / 8 + 1, 0);
  states_.assign(registers.size() + 1, kPresent);
  failures_.assign(registers.size() + 1, Failure{0, Outcome::kOk});
  auto* slots = reinterpret_cast<unsigned char*>(slots_.data());
  for (const Constant& c : plan_->constants()) {
    std::memcpy(slots + registers[c.reg].slot_offset, c.slot.data(), c.slot.size());
    states_[c.reg] = c.present ? kPresent : kNullState;
  }
  for (uint32_t i = 0; i < plan_->input_count(); ++i) {
    if (!plan_->uses(i)) continue;
    switch (registers[i].type) {
      case TypeId::kFloat64:
      case TypeId::kInt64:
      case TypeId::kTimestamp: numbers_.push_back(i); break;
      case TypeId::kBool: bools_.push_back(i); break;
      default: views_.push_back(i);
    }
  }
  for (const ProgramOutput& o : plan_->program().outputs) {
    const Register& r = registers[o.reg];
    outputs_.push_back({o.reg, r.slot_offset, r.type, r.flags != 0});
    outputs_may_fail_ = outputs_may_fail_ || (r.flags & kMayFail);
  }
  frame_ = {slots, states_.data(), failures_.data(), &arena_};
}

bool RowExecutor::fail_input(unsigned char* exchange, uint32_t input, Outcome outcome) {
  write<int32_t>(exchange + 8, static_cast<int32_t>(outcome));
  write<int32_t>(exchange + 12, static_cast<int32_t>(input + 1));
  return false;
}

namespace {

// A text of the heap, checked; false when it lies outside or is not UTF-8.
SK_INLINE Outcome heap_text(const unsigned char* heap, size_t heap_bytes, uint32_t offset, uint32_t bytes, StringView& out) {
  if (SK_UNLIKELY(offset > heap_bytes || bytes > heap_bytes - offset)) return Outcome::kOutOfRange;
  out = {reinterpret_cast<const char*>(heap) + offset, static_cast<int64_t>(bytes)};
  return SK_LIKELY(utf8::valid(out)) ? Outcome::kOk : Outcome::kInvalidUtf8;
}

SK_INLINE bool fits(size_t heap_bytes, uint32_t offset, size_t bytes) {
  return offset <= heap_bytes && bytes <= heap_bytes - offset;
}

Outcome heap_list(const unsigned char* in, const unsigned char* heap, size_t heap_bytes, TypeId type, Arena& arena,
                  unsigned char* slot) {
  const auto offset = read<uint32_t>(in), length = read<uint32_t>(in + 4), validity = read<uint32_t>(in + 8);
  if (!fits(heap_bytes, offset, static_cast<size_t>(length) * 8) || offset % 8 != 0) return Outcome::kOutOfRange;
  if (validity != kNoValidity && !fits(heap_bytes, validity, (static_cast<size_t>(length) + 7) / 8)) return Outcome::kOutOfRange;
  const uint8_t* bits = validity == kNoValidity ? nullptr : heap + validity;
  if (type == TypeId::kListUtf8) {
    auto* texts = arena.allocate_array<StringView>(length);
    if (!texts) return Outcome::kOutOfMemory;
    for (uint32_t i = 0; i < length; ++i) {
      const unsigned char* at = heap + offset + static_cast<size_t>(i) * 8;
      const Outcome o = heap_text(heap, heap_bytes, read<uint32_t>(at), read<uint32_t>(at + 4), texts[i]);
      if (o != Outcome::kOk) return o;
    }
    write(slot, ListView<StringView>{texts, bits, 0, static_cast<int64_t>(length)});
  } else {
    write(slot, ListView<double>{reinterpret_cast<const double*>(heap + offset), bits, 0, static_cast<int64_t>(length)});
  }
  return Outcome::kOk;
}

}  // namespace

bool RowExecutor::load(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes) {
  const auto& registers = plan_->registers();
  const unsigned char* states = exchange + layout_.input_states;
  const unsigned char* inputs = exchange + layout_.inputs;
  unsigned char* slots = frame_.slots;
  const auto state_of = [&](uint32_t i) -> uint8_t { return states[i] != 0 ? kNullState : kPresent; };
  for (const uint32_t i : numbers_) {
    frame_.states[i] = state_of(i);
    std::memcpy(slots + registers[i].slot_offset, inputs + i * kInputBytes, 8);
  }
  for (const uint32_t i : bools_) {
    frame_.states[i] = state_of(i);
    frame_.set<bool>(registers[i].slot_offset, read<double>(inputs + i * kInputBytes) != 0);
  }
  for (const uint32_t i : views_) {
    frame_.states[i] = state_of(i);
    if (frame_.states[i] != kPresent) continue;
    const unsigned char* in = inputs + i * kInputBytes;
    unsigned char* slot = slots + registers[i].slot_offset;
    Outcome o;
    if (registers[i].type == TypeId::kUtf8) {
      StringView text;
      o = heap_text(heap, heap_bytes, read<uint32_t>(in), read<uint32_t>(in + 4), text);
      write(slot, text);
    } else {
      o = heap_list(in, heap, heap_bytes, registers[i].type, arena_, slot);
    }
    if (SK_UNLIKELY(o != Outcome::kOk)) return fail_input(exchange, i, o);
  }
  // A plan compiled for an input that is never null runs kernels that do not look.
  for (uint32_t i = 0; i < plan_->input_count(); ++i) {
    if (SK_UNLIKELY(states[i] != 0 && !(registers[i].flags & kMayNull) && plan_->uses(i))) {
      return fail_input(exchange, i, Outcome::kNull);
    }
  }
  return true;
}

bool RowExecutor::compute(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes) {
  arena_.reset();
  if (SK_UNLIKELY(!load(exchange, heap, heap_bytes))) return false;
  const RowFrame frame = frame_;
  for (const RowInstruction& in : plan_->row_instructions()) in.kernel(in, frame);
  if (outputs_may_fail_) {
    for (size_t o = 0; o < outputs_.size(); ++o) {
      const uint32_t reg = outputs_[o].reg;
      if (SK_UNLIKELY(states_[reg] >= kFailedState)) {
        write<int32_t>(exchange, static_cast<int32_t>(o + 1));
        write<int32_t>(exchange + 4, static_cast<int32_t>(failures_[reg].node));
        write<int32_t>(exchange + 8, static_cast<int32_t>(failures_[reg].code));
        write<int32_t>(exchange + 12, 0);
        return false;
      }
    }
  }
  return true;
}

bool RowExecutor::run_vector(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes) {
  if (SK_UNLIKELY(!compute(exchange, heap, heap_bytes))) return false;
  unsigned char* out = exchange + layout_.vector;
  for (const Output& o : outputs_) {
    float v;
    if (SK_UNLIKELY(o.checked && states_[o.reg] != kPresent)) {
      v = std::numeric_limits<float>::quiet_NaN();
    } else {
      switch (o.type) {
        case TypeId::kFloat64: v = static_cast<float>(frame_.get<double>(o.slot)); break;
        case TypeId::kBool: v = static_cast<float>(frame_.slots[o.slot]); break;
        case TypeId::kInt64: v = static_cast<float>(frame_.get<int64_t>(o.slot)); break;
        default: v = std::numeric_limits<float>::quiet_NaN(); break;  // not a number: refused by the caller
      }
    }
    write(out, v);
    out += 4;
  }
  return true;
}

bool RowExecutor::run_values(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes) {
  if (SK_UNLIKELY(!compute(exchange, heap, heap_bytes))) return false;
  unsigned char* values = exchange + layout_.values;
  unsigned char* states = exchange + layout_.output_states;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Output& o = outputs_[i];
    states[i] = states_[o.reg];
    if (o.type == TypeId::kBool) write(values + i * 8, static_cast<double>(frame_.slots[o.slot]));
    else std::memcpy(values + i * 8, frame_.slots + o.slot, 8);
  }
  return true;
}

StringView RowExecutor::text(uint32_t output) const {
  if (output >= outputs_.size() || outputs_[output].type != TypeId::kUtf8 || states_[outputs_[output].reg] != kPresent) {
    return {nullptr, 0};
  }
  return frame_.get<StringView>(outputs_[output].slot);
}

}  // namespace skewless
