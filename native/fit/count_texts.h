// Counting distinct texts in a table that JavaScript owns and grows.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace skewless::fit {

// Open addressing: slots hold ids, -1 where empty; text `id` is pool[starts[id] .. starts[id + 1]]. Nothing of it is
// trusted: sizes and offsets are checked where they are used.
struct TextTable {
  std::span<const int32_t> slots;  // a power of two
  std::span<const int32_t> hashes;
  std::span<const int32_t> starts;
  std::span<const uint8_t> pool;
  std::span<double> counts;
};

struct TextColumn {
  std::span<const int32_t> offsets;
  std::span<const uint8_t> bytes;
  const uint8_t* validity;  // or nullptr
};

enum class CountStop { kDone, kUnknown, kBadOffsets, kBadTable };

struct CountResult {
  CountStop stop;
  size_t row;  // where it stopped
  size_t missing;
  int32_t hash;  // of the unknown text
};

namespace text_detail {

constexpr size_t kWhole = 32;

// A text of up to 32 bytes, zeros behind them.
struct Words {
  uint64_t w[4];
};

inline uint64_t load64(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

// Reads 32 bytes and masks them, where there are as many: lengths are unpredictable, so without a branch on them.
inline Words words_of(const uint8_t* p, size_t n, size_t available) {
  alignas(32) static constexpr uint8_t kKeep[2 * kWhole] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                                            255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                                            255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  Words out;
  if (available >= kWhole) {
    const uint8_t* keep = kKeep + (kWhole - n);
    for (size_t k = 0; k < 4; ++k) out.w[k] = load64(p + 8 * k) & load64(keep + 8 * k);
  } else {
    uint8_t bytes[kWhole] = {};
    if (n > 0) std::memcpy(bytes, p, n);
    for (size_t k = 0; k < 4; ++k) out.w[k] = load64(bytes + 8 * k);
  }
  return out;
}

// The same of up to 8 bytes.
inline uint64_t word_of(const uint8_t* p, size_t n, size_t available) {
  if (available >= 8) return n == 0 ? 0 : load64(p) & (~uint64_t{0} >> (64 - 8 * n));
  return words_of(p, n, available).w[0];
}

inline uint64_t mix(uint64_t h) {
  h *= uint64_t{0x9e3779b97f4a7c15};
  return h ^ (h >> 32);
}

inline int32_t hash_of(const Words& t, size_t n) {
  const uint64_t a = mix(t.w[0] + n) + t.w[1], b = mix(t.w[2]) + t.w[3];
  return static_cast<int32_t>(mix(a ^ mix(b)) >> 8);
}
// The same of words of which only the first is not zero.
inline int32_t hash_of_word(uint64_t word, size_t n) { return static_cast<int32_t>(mix(mix(word + n)) >> 8); }
// Of a longer text.
inline int32_t hash_of(const uint8_t* p, size_t n) {
  uint64_t h = mix(n);
  for (size_t i = 0; i + 8 <= n; i += 8) h = mix(h ^ load64(p + i));
  return static_cast<int32_t>(mix(h ^ load64(p + n - 8)) >> 8);
}

inline bool equal(const Words& a, const Words& b) {
  return ((a.w[0] ^ b.w[0]) | (a.w[1] ^ b.w[1]) | (a.w[2] ^ b.w[2]) | (a.w[3] ^ b.w[3])) == 0;
}

}  // namespace text_detail

// `kShort`: with a path of its own for texts of up to 8 bytes, which pays where most rows are such, and the branch
// between the two can be predicted.
template <bool kShort>
CountResult count_texts(const TextColumn& column, size_t row, size_t end, double weight, const TextTable& table) {
  using namespace text_detail;
  const size_t mask = table.slots.size() - 1;
  const size_t ids = table.counts.size();
  size_t missing = 0;
  for (; row < end; ++row) {
    if (column.validity && ((column.validity[row >> 3] >> (row & 7)) & 1) == 0) {
      ++missing;
      continue;
    }
    const int64_t from = column.offsets[row], to = column.offsets[row + 1];
    if (from < 0 || to < from || static_cast<uint64_t>(to) > column.bytes.size()) return {CountStop::kBadOffsets, row, missing, 0};
    const auto n = static_cast<size_t>(to - from);
    const uint8_t* text = column.bytes.data() + from;
    const size_t available = column.bytes.size() - static_cast<size_t>(from);
    Words words{};
    int32_t hash;
    if (kShort && n <= 8) {
      words.w[0] = word_of(text, n, available);
      hash = hash_of_word(words.w[0], n);
    } else if (n <= kWhole) {
      words = words_of(text, n, available);
      hash = hash_of(words, n);
    } else {
      hash = hash_of(text, n);
    }
    size_t slot = static_cast<uint32_t>(hash) & mask;
    for (size_t probes = 0;; ++probes, slot = (slot + 1) & mask) {
      if (probes > mask) return {CountStop::kBadTable, row, missing, 0};
      const int32_t id = table.slots[slot];
      if (id < 0) return {CountStop::kUnknown, row, missing, hash};
      const auto at = static_cast<size_t>(id);
      if (at >= ids) return {CountStop::kBadTable, row, missing, 0};
      if (table.hashes[at] != hash) continue;
      const int64_t start = table.starts[at], stop = table.starts[at + 1];
      if (start < 0 || stop < start || static_cast<uint64_t>(stop) > table.pool.size()) return {CountStop::kBadTable, row, missing, 0};
      if (static_cast<size_t>(stop - start) != n) continue;
      const uint8_t* known = table.pool.data() + start;
      const size_t rest = table.pool.size() - static_cast<size_t>(start);
      if (kShort && n <= 8) {
        if (words.w[0] != word_of(known, n, rest)) continue;
      } else if (n <= kWhole ? !equal(words, words_of(known, n, rest)) : std::memcmp(text, known, n) != 0) {
        continue;
      }
      table.counts[at] += weight;
      break;
    }
  }
  return {CountStop::kDone, row, missing, 0};
}

// Adds `weight` to the counts of the rows from `row` to `end`, until a text is not in the table.
inline CountResult count_texts(const TextColumn& column, size_t row, size_t end, double weight, const TextTable& table) {
  const int64_t bytes = int64_t{column.offsets[end]} - column.offsets[row];
  return bytes <= static_cast<int64_t>(6 * (end - row)) ? count_texts<true>(column, row, end, weight, table)
                                                         : count_texts<false>(column, row, end, weight, table);
}

}  // namespace skewless::fit
