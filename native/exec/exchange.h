// The buffer through which JavaScript hands over rows, and the heap beside it that holds texts and lists.
#pragma once
#include <cstdint>
#include <cstring>
#include <limits>

#include "core/arena.h"
#include "core/utf8.h"
#include "plan/compiled.h"

namespace skewless {

// Byte offsets, all multiples of 8.
//   header        int32 x 8: 0 failed output + 1 (0: none), 1 register, 2 Outcome, 3 failed input + 1, 4 row
//   rows          `capacity` times `row_bytes`: 16 bytes an input, then a state byte an input (0 present, 1 null).
//                 number: float64, or int64 for int64 and timestamp; bool: float64; text: u32 offset, u32 bytes;
//                 list: u32 offset, u32 length, u32 validity offset or ~0. Offsets are into the heap; list elements
//                 take 8 bytes each, of text: u32 offset, u32 bytes.
//   vector        float32, `capacity` rows of outputs
//   values        of one row, 8 bytes an output: float64, int64, or bool as float64; text is asked for by number
//   output states u8 each
struct ExchangeLayout {
  uint32_t capacity, rows, row_bytes, states, vector, values, output_states, bytes;
};

constexpr uint32_t kExchangeHeader = 32;
constexpr uint32_t kExchangeInput = 16;

// `bytes` is 0 where the buffer would not fit 32-bit offsets.
inline ExchangeLayout exchange_layout(const CompiledPlan& plan, uint32_t capacity) {
  const auto pad = [](uint64_t n) { return (n + 7) & ~uint64_t{7}; };
  const uint64_t inputs = plan.input_count();
  const uint64_t outputs = plan.program().outputs.size();
  const uint64_t states = inputs * kExchangeInput;
  const uint64_t row_bytes = states + pad(inputs);
  const uint64_t vector = kExchangeHeader + row_bytes * capacity;
  const uint64_t values = vector + pad(outputs * 4 * capacity);
  const uint64_t output_states = values + outputs * 8;
  const uint64_t bytes = output_states + pad(outputs);
  if (bytes > std::numeric_limits<uint32_t>::max()) return ExchangeLayout{};
  const auto narrow = [](uint64_t n) { return static_cast<uint32_t>(n); };
  return {capacity, kExchangeHeader, narrow(row_bytes), narrow(states), narrow(vector), narrow(values), narrow(output_states), narrow(bytes)};
}

template <class T>
SK_INLINE T read_at(const unsigned char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
SK_INLINE void write_at(unsigned char* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

struct Heap {
  const unsigned char* data;
  size_t bytes;

  SK_INLINE bool holds(uint32_t offset, size_t size) const { return offset <= bytes && size <= bytes - offset; }

  // A text, checked: it must lie inside and be UTF-8.
  SK_INLINE Outcome text(uint32_t offset, uint32_t size, StringView& out) const {
    if (SK_UNLIKELY(!holds(offset, size))) return Outcome::kOutOfRange;
    out = {reinterpret_cast<const char*>(data) + offset, static_cast<int64_t>(size)};
    return SK_LIKELY(utf8::valid(out)) ? Outcome::kOk : Outcome::kInvalidUtf8;
  }

  // A list of any element type, written to `slot` as a ListView.
  inline Outcome list(const unsigned char* in, TypeId type, Arena& arena, void* slot) const {
    constexpr uint32_t kNoValidity = ~uint32_t{0};
    const auto offset = read_at<uint32_t>(in), length = read_at<uint32_t>(in + 4), validity = read_at<uint32_t>(in + 8);
    if (!holds(offset, static_cast<size_t>(length) * 8) || offset % 8 != 0) return Outcome::kOutOfRange;
    if (validity != kNoValidity && !holds(validity, (static_cast<size_t>(length) + 7) / 8)) return Outcome::kOutOfRange;
    const uint8_t* bits = validity == kNoValidity ? nullptr : data + validity;
    auto* out = static_cast<unsigned char*>(slot);
    if (type != TypeId::kListUtf8) {
      write_at(out, ListView<double>{reinterpret_cast<const double*>(data + offset), bits, 0, static_cast<int64_t>(length)});
      return Outcome::kOk;
    }
    auto* texts = arena.allocate_array<StringView>(length);
    if (!texts) return Outcome::kOutOfMemory;
    for (uint32_t i = 0; i < length; ++i) {
      const unsigned char* at = data + offset + static_cast<size_t>(i) * 8;
      texts[i] = {nullptr, 0};
      if (bits && !((bits[i >> 3] >> (i & 7)) & 1)) continue;
      const Outcome o = text(read_at<uint32_t>(at), read_at<uint32_t>(at + 4), texts[i]);
      if (o != Outcome::kOk) return o;
    }
    write_at(out, ListView<StringView>{texts, bits, 0, static_cast<int64_t>(length)});
    return Outcome::kOk;
  }
};

}  // namespace skewless
