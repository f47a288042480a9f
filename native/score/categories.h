// Finds a value among categories: an open-addressed table, at most half full, made when the model is loaded.
#pragma once
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/values.h"

namespace skewless::score {

// Numbers by value: -0 is 0, NaN is one value. Of equal keys the first counts.
SK_INLINE uint64_t category_bits(int64_t x) { return static_cast<uint64_t>(x); }
SK_INLINE uint64_t category_bits(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x + 0.0);
  return x != x ? uint64_t{0x7ff8000000000000} : bits;
}
SK_INLINE uint64_t category_bits(float x) { return category_bits(static_cast<double>(x)); }

// T: float, double, int64_t or StringView.
template <class T>
class Categories {
  static constexpr bool kText = std::is_same_v<T, StringView>;
  using Key = std::conditional_t<kText, std::string, T>;

 public:
  explicit Categories(const std::vector<Key>& keys) : texts_() {
    if constexpr (kText) texts_ = keys;
    const size_t capacity = std::bit_ceil(keys.size() * 2 + 2);
    mask_ = capacity - 1;
    slots_.resize(capacity, Slot{0, -1});
    for (size_t i = 0; i < keys.size(); ++i) {
      const T key = view(keys[i]);
      const uint64_t h = hash_of(key);
      size_t at = h & mask_;
      while (slots_[at].index >= 0 && !same(slots_[at], h, key)) at = (at + 1) & mask_;
      if (slots_[at].index < 0) slots_[at] = {h, static_cast<int32_t>(i)};
    }
  }

  // Index of the key, or -1.
  SK_INLINE int32_t find(T key) const {
    const uint64_t h = hash_of(key);
    for (size_t at = h & mask_;; at = (at + 1) & mask_) {
      const Slot& s = slots_[at];
      if (s.index < 0) return -1;
      if (same(s, h, key)) return s.index;
    }
  }

 private:
  struct Slot {
    uint64_t hash;
    int32_t index;
  };
  static T view(const Key& key) {
    if constexpr (kText) return {key.data(), static_cast<int64_t>(key.size())};
    else return key;
  }
  // Of a number a bijection, so that equal hashes mean equal numbers.
  static SK_INLINE uint64_t hash_of(T key) {
    if constexpr (kText) {
      return hash::xxh64(key.bytes(), key.size, 0);
    } else {
      uint64_t h = category_bits(key);
      h = (h ^ (h >> 32)) * 0x9e3779b97f4a7c15u;
      return h ^ (h >> 29);
    }
  }
  SK_INLINE bool same(const Slot& s, uint64_t h, [[maybe_unused]] T key) const {
    if (s.hash != h) return false;
    if constexpr (kText) return equal_bytes(view(texts_[static_cast<size_t>(s.index)]), key);
    else return true;
  }

  size_t mask_;
  std::vector<Slot> slots_;
  std::conditional_t<kText, std::vector<std::string>, char> texts_;
};

}  // namespace skewless::score
