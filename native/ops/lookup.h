// Exact lookup of a value's position in a fixed list (categories, keys, sets): an open-addressing table built
// once by `init`. A search touches the table only, allocates nothing and compares whole keys, never just
// hashes.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "core/config.h"
#include "core/values.h"
#include "registry/params.h"

namespace skewless::ops {

template <class T>
inline constexpr ParamKind list_kind = ParamKind::kUtf8List;
template <>
inline constexpr ParamKind list_kind<double> = ParamKind::kFloat64List;
template <>
inline constexpr ParamKind list_kind<int64_t> = ParamKind::kInt64List;

template <class T>
const auto& list_of(const Params& params, const char* name) {
  if constexpr (std::is_same_v<T, double>) {
    return params.float64s(name);
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return params.int64s(name);
  } else {
    return params.utf8s(name);
  }
}

enum class NanKeys { kEqual, kNeverFound };

constexpr size_t kMaxLookupKeys = size_t{1} << 27;

// Slots for `count` keys at a load of at most one half, so that a search for an absent key ends soon. Small tables are
// emptier: most keys are then in their first slot, and whether one is cannot be predicted.
inline size_t lookup_capacity(size_t count) { return std::bit_ceil(count * (count <= 1024 ? 8 : 2) + 2); }

// Numbers: the key is the 64 bits of an int64, or of a float64 with one zero and one NaN.
template <class T>
class Lookup {
 public:
  // Of equal values the first one's position counts.
  const char* init(const std::vector<T>& values, NanKeys nan_keys) {
    if (values.size() > kMaxLookupKeys) return "has too many values";
    slots_.assign(lookup_capacity(values.size()), Slot{0, -1});
    shift_ = 64 - std::countr_zero(slots_.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i] != values[i] && nan_keys == NanKeys::kNeverFound) continue;
      const uint64_t key = key_of(values[i]);
      size_t at = home(key);
      while (slots_[at].index >= 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
      if (slots_[at].index < 0) slots_[at] = {key, static_cast<int64_t>(i)};
    }
    return nullptr;
  }

  // The position, or -1.
  SK_INLINE int64_t find(T value) const {
    const uint64_t key = key_of(value);
    const Slot* slots = slots_.data();
    const size_t mask = slots_.size() - 1;
    size_t at = home(key);
    while (slots[at].index >= 0 && slots[at].key != key) at = (at + 1) & mask;
    return slots[at].index;
  }

 private:
  struct Slot {
    uint64_t key;
    int64_t index;
  };

  static SK_INLINE uint64_t key_of(int64_t value) { return static_cast<uint64_t>(value); }
  static SK_INLINE uint64_t key_of(double value) {
    const double one_zero = value + 0.0;
    return value == value ? std::bit_cast<uint64_t>(one_zero) : uint64_t{0x7ff8000000000000};
  }
  SK_INLINE size_t home(uint64_t key) const {
    // Folding first: keys may differ in their high bits only (whole numbers as doubles).
    return static_cast<size_t>(((key ^ (key >> 32)) * uint64_t{0x9e3779b97f4a7c15}) >> shift_);
  }

  std::vector<Slot> slots_ = std::vector<Slot>(2, Slot{0, -1});
  int shift_ = 63;
};

// Text: up to 32 bytes are the key themselves, which settles most searches without a second read.
template <>
class Lookup<StringView> {
 public:
  const char* init(const std::vector<std::string>& values, NanKeys) {
    if (values.size() > kMaxLookupKeys) return "has too many values";
    slots_.assign(lookup_capacity(values.size()), Slot{});
    shift_ = 64 - std::countr_zero(slots_.size());
    pool_.clear();
    for (size_t i = 0; i < values.size(); ++i) {
      const StringView text{values[i].data(), static_cast<int64_t>(values[i].size())};
      const Key key = key_of(text);
      const size_t at = locate(key, text);
      if (slots_[at].index >= 0) continue;
      slots_[at] = {key, text.size, static_cast<int64_t>(i), pool_.size()};
      if (text.size > kWhole) pool_.append(values[i]);
    }
    return nullptr;
  }

  SK_INLINE int64_t find(StringView value) const { return slots_[locate(key_of(value), value)].index; }

 private:
  static constexpr int64_t kWhole = 32;
  // All bytes of the text, given its size; of a longer one two hashes.
  struct Key {
    uint64_t words[4];
  };
  struct Slot {
    Key key{};
    int64_t size = 0;
    int64_t index = -1;
    size_t offset = 0;  // into pool_
  };

  static SK_INLINE uint64_t load64(const char* p) {
    uint64_t v;
    std::memcpy(&v, p, 8);
    return v;
  }
  static SK_INLINE uint64_t load32(const char* p) {
    uint32_t v;
    std::memcpy(&v, p, 4);
    return v;
  }
  static SK_INLINE uint64_t mix(uint64_t h) {
    h *= uint64_t{0x9e3779b97f4a7c15};
    return h ^ (h >> 32);
  }

  static SK_INLINE Key key_of(StringView text) {
    if (SK_UNLIKELY(text.size > kWhole)) return long_key(text.data, text.size);
    // Loads that overlap inside the text: with the size, which is compared too, they hold every byte of it, and
    // nothing outside is read.
    const char* p = text.data;
    const int64_t n = text.size;
    if (n >= 16) return {{load64(p), load64(p + 8), load64(p + n - 16), load64(p + n - 8)}};
    if (n >= 8) return {{load64(p), load64(p + n - 8), 0, 0}};
    if (n >= 4) return {{load32(p) | load32(p + n - 4) << 32, 0, 0, 0}};
    if (n == 0) return {};
    const auto byte = [p](int64_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(p[i])); };
    return {{byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16, 0, 0, 0}};
  }

  static Key long_key(const char* p, int64_t n) {
    uint64_t h = static_cast<uint64_t>(n), g = 0;
    for (int64_t i = 0; i + 16 <= n; i += 16) {
      h = mix(h ^ load64(p + i));
      g = mix(g + load64(p + i + 8));
    }
    h = mix(h ^ load64(p + n - 16));
    g = mix(g + load64(p + n - 8));
    return {{h, g, 0, 0}};
  }

  SK_INLINE size_t locate(const Key& key, StringView text) const {
    const Slot* slots = slots_.data();
    const size_t mask = slots_.size() - 1;
    const uint64_t a = mix(key.words[0] + static_cast<uint64_t>(text.size)) + key.words[1];
    const uint64_t b = mix(key.words[2]) + key.words[3];
    const uint64_t hash = mix(a ^ mix(b)) * uint64_t{0xd6e8feb86659fd93};
    size_t at = static_cast<size_t>((hash ^ (hash << 32)) >> shift_);
    while (slots[at].index >= 0 && !matches(slots[at], key, text)) at = (at + 1) & mask;
    return at;
  }
  SK_INLINE bool matches(const Slot& slot, const Key& key, StringView text) const {
    const uint64_t differ = (slot.key.words[0] ^ key.words[0]) | (slot.key.words[1] ^ key.words[1]) |
                            (slot.key.words[2] ^ key.words[2]) | (slot.key.words[3] ^ key.words[3]) |
                            static_cast<uint64_t>(slot.size ^ text.size);
    return differ == 0 && (SK_LIKELY(text.size <= kWhole) ||
                           std::memcmp(pool_.data() + slot.offset, text.data, static_cast<size_t>(text.size)) == 0);
  }

  std::vector<Slot> slots_ = std::vector<Slot>(2);
  std::string pool_;
  int shift_ = 63;
};

}  // namespace skewless::ops
