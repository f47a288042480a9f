#include "exec/row_executor.h"

#include <limits>

#include "exec/store.h"

namespace skewless {
namespace {

bool fail_input(unsigned char* exchange, uint32_t input, Outcome outcome) {
  write_at<int32_t>(exchange + 8, static_cast<int32_t>(outcome));
  write_at<int32_t>(exchange + 12, static_cast<int32_t>(input + 1));
  write_at<int32_t>(exchange + 16, 0);
  return false;
}

}  // namespace

RowExecutor::RowExecutor(std::shared_ptr<const CompiledPlan> plan, const ExchangeLayout& layout)
    : plan_(std::move(plan)), layout_(layout) {
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

bool RowExecutor::load(unsigned char* exchange, const unsigned char* heap, size_t heap_bytes) {
  const auto& registers = plan_->registers();
  const unsigned char* inputs = exchange + layout_.rows;
  const unsigned char* states = inputs + layout_.states;
  const Heap texts{heap, heap_bytes};
  unsigned char* slots = frame_.slots;
  const auto state_of = [&](uint32_t i) -> uint8_t { return states[i] != 0 ? kNullState : kPresent; };
  for (const uint32_t i : numbers_) {
    frame_.states[i] = state_of(i);
    std::memcpy(slots + registers[i].slot_offset, inputs + i * kExchangeInput, 8);
  }
  for (const uint32_t i : bools_) {
    frame_.states[i] = state_of(i);
    frame_.set<bool>(registers[i].slot_offset, read_at<double>(inputs + i * kExchangeInput) != 0);
  }
  for (const uint32_t i : views_) {
    frame_.states[i] = state_of(i);
    if (frame_.states[i] != kPresent) continue;
    const unsigned char* in = inputs + i * kExchangeInput;
    unsigned char* slot = slots + registers[i].slot_offset;
    Outcome o;
    if (registers[i].type == TypeId::kUtf8) {
      StringView text;
      o = texts.text(read_at<uint32_t>(in), read_at<uint32_t>(in + 4), text);
      write_at(slot, text);
    } else {
      o = texts.list(in, registers[i].type, arena_, slot);
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
        write_at<int32_t>(exchange, static_cast<int32_t>(o + 1));
        write_at<int32_t>(exchange + 4, static_cast<int32_t>(failures_[reg].node));
        write_at<int32_t>(exchange + 8, static_cast<int32_t>(failures_[reg].code));
        write_at<int32_t>(exchange + 12, 0);
        write_at<int32_t>(exchange + 16, 0);
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
        case TypeId::kFloat64: v = store_value<float>(frame_.get<double>(o.slot)); break;
        case TypeId::kBool: v = static_cast<float>(frame_.slots[o.slot]); break;
        case TypeId::kInt64: v = static_cast<float>(frame_.get<int64_t>(o.slot)); break;
        default: v = std::numeric_limits<float>::quiet_NaN(); break;  // not a number: refused by the caller
      }
    }
    write_at(out, v);
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
    if (o.type == TypeId::kBool) write_at(values + i * 8, static_cast<double>(frame_.slots[o.slot]));
    else if (o.type == TypeId::kFloat64) write_at(values + i * 8, store_value<double>(frame_.get<double>(o.slot)));
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
