// Validity words and failure arrays of a chunk.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "registry/entry.h"

namespace skewless {

SK_INLINE uint64_t word_mask(int rows_left) { return rows_left >= 64 ? ~uint64_t{0} : (uint64_t{1} << rows_left) - 1; }
SK_INLINE int count_trailing_zeros(uint64_t word) { return std::countr_zero(word); }

SK_INLINE bool is_present(const Column& c, int row) {
  return c.validity == nullptr || ((c.validity[row >> 6] >> (row & 63)) & 1);
}
SK_INLINE bool is_failed(const Column& c, int row) {
  return c.failures != nullptr && c.failures[row].code != Outcome::kOk;
}

// A kernel that vectorizes runs at its own instruction set; these helpers are small and stay shared.
SK_NOINLINE inline void merge_failures(const BatchCall& c, int arity) {
  Failure* out = c.out->failure_storage;
  for (int i = 0; i < c.rows; ++i) {
    Failure f{0, Outcome::kOk};
    for (int a = 0; a < arity && f.code == Outcome::kOk; ++a) {
      if (c.args[a]->failures) f = c.args[a]->failures[i];
    }
    out[i] = f;
  }
  c.out->failures = out;
}

// The result fails where any argument failed.
SK_INLINE void combine_failures(const BatchCall& c, int arity) {
  c.out->failures = nullptr;
  c.out->validity = nullptr;
  bool any = false;
  for (int a = 0; a < arity; ++a) any |= c.args[a]->failures != nullptr;
  if (SK_UNLIKELY(any)) {
    merge_failures(c, arity);
    uint64_t* v = c.out->validity_storage;
    for (int w = 0; w < kChunkWords; ++w) v[w] = ~uint64_t{0};
    for (int i = 0; i < c.rows; ++i)
      if (c.out->failures[i].code != Outcome::kOk) v[i >> 6] &= ~(uint64_t{1} << (i & 63));
    c.out->validity = v;
  }
}

// The result is present where every argument is, and fails where any failed.
SK_INLINE void combine_states(const BatchCall& c, int arity) {
  c.out->failures = nullptr;
  c.out->validity = nullptr;
  const uint64_t* first = nullptr;
  for (int a = 0; a < arity; ++a) {
    const uint64_t* v = c.args[a]->validity;
    if (v == nullptr) continue;
    uint64_t* out = c.out->validity_storage;
    if (first == nullptr) {
      std::memcpy(out, v, kChunkWords * sizeof(uint64_t));
      first = v;
    } else {
      for (int w = 0; w < kChunkWords; ++w) out[w] &= v[w];
    }
    c.out->validity = out;
  }
  bool any = false;
  for (int a = 0; a < arity; ++a) any |= c.args[a]->failures != nullptr;
  if (SK_UNLIKELY(any)) merge_failures(c, arity);
}

// Marks single rows of a result null or failed after combine_states/combine_failures.
class RowMarks {
 public:
  explicit RowMarks(const BatchCall& c) : call_(c) {}

  SK_NOINLINE void mark(int row, Outcome outcome) {
    Column& out = *call_.out;
    if (out.validity == nullptr) {
      for (int w = 0; w < kChunkWords; ++w) out.validity_storage[w] = ~uint64_t{0};
      out.validity = out.validity_storage;
    }
    out.validity[row >> 6] &= ~(uint64_t{1} << (row & 63));
    if (failed(outcome)) {
      if (out.failures == nullptr) {
        for (int i = 0; i < call_.rows; ++i) out.failure_storage[i] = {0, Outcome::kOk};
        out.failures = out.failure_storage;
      }
      out.failures[row] = {call_.node, outcome};
    }
  }

 private:
  const BatchCall& call_;
};

}  // namespace skewless
