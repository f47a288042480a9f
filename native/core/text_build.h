// Making text results in the arena.
#pragma once
#include <cstdint>
#include <cstring>

#include "core/arena.h"
#include "core/config.h"
#include "core/outcome.h"
#include "core/utf8.h"
#include "core/values.h"

namespace skewless {

SK_INLINE uint8_t* append_bytes(uint8_t* out, const uint8_t* p, int64_t size) {
  if (size > 0) std::memcpy(out, p, static_cast<size_t>(size));
  return out + size;
}
SK_INLINE uint8_t* append_text(uint8_t* out, StringView s) { return append_bytes(out, s.bytes(), s.size); }

// Memory for a text of `size` bytes, which `out` then views; the caller fills it through `at`.
SK_INLINE Outcome new_text(StringView& out, uint8_t*& at, Arena& arena, int64_t size) {
  if (SK_UNLIKELY(size > utf8::kMaxSize)) return Outcome::kTooLarge;
  at = arena.allocate_array<uint8_t>(static_cast<size_t>(size));
  if (SK_UNLIKELY(at == nullptr)) return Outcome::kOutOfMemory;
  out = {reinterpret_cast<const char*>(at), size};
  return Outcome::kOk;
}

// Memory for a list of `length` texts, none null.
SK_INLINE Outcome new_text_list(ListView<StringView>& out, StringView*& at, Arena& arena, int64_t length) {
  if (SK_UNLIKELY(length > utf8::kMaxSize)) return Outcome::kTooLarge;
  at = arena.allocate_array<StringView>(static_cast<size_t>(length));
  if (SK_UNLIKELY(at == nullptr)) return Outcome::kOutOfMemory;
  out = {at, nullptr, 0, length};
  return Outcome::kOk;
}

// `head`, `middle` and `tail` in one text.
SK_INLINE Outcome concat_text(StringView& out, Arena& arena, StringView head, StringView middle,
                              StringView tail) {
  uint8_t* at;
  const Outcome outcome = new_text(out, at, arena, head.size + middle.size + tail.size);
  if (SK_UNLIKELY(outcome != Outcome::kOk)) return outcome;
  append_text(append_text(append_text(at, head), middle), tail);
  return Outcome::kOk;
}

// `size` bytes of repetitions of unit (not empty), the last one cut at the end.
inline uint8_t* append_repeated(uint8_t* out, StringView unit, int64_t size) {
  if (unit.size == 1 && size > 0) {
    std::memset(out, unit.bytes()[0], static_cast<size_t>(size));
    return out + size;
  }
  int64_t done = unit.size < size ? unit.size : size;
  append_bytes(out, unit.bytes(), done);
  while (done < size) {  // doubling: what is written so far is copied behind itself
    const int64_t more = done < size - done ? done : size - done;
    append_bytes(out + done, out, more);
    done += more;
  }
  return out + size;
}

}  // namespace skewless
