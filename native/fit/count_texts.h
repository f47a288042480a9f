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

inline uint64_t load64(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

// The first 1 to 8 bytes as a number, of memory that has `available` bytes.
inline uint64_t load_short(const uint8_t* p, size_t n, size_t available) {
  if (n == 0) return 0;
  uint64_t v = 0;
  if (available >= 8) {
    v = load64(p) & (~uint64_t{0} >> (64 - 8 * n));
  } else {
    for (size_t i = 0; i < n; ++i) v |= static_cast<uint64_t>(p[i]) << (8 * i);
  }
  return v;
}

inline uint64_t mix(uint64_t h) {
  h *= uint64_t{0x9e3779b97f4a7c15};
  return h ^ (h >> 32);
}

inline int32_t hash_of(const uint8_t* p, size_t n, size_t available) {
  uint64_t h = mix(n + 1);
  size_t i = 0;
  for (; i + 8 <= n; i += 8) h = mix(h ^ load64(p + i));
  if (i < n) h = mix(h ^ load_short(p + i, n - i, available - i));
  return static_cast<int32_t>(mix(h) >> 16);
}

inline bool equal(const uint8_t* a, size_t a_available, const uint8_t* b, size_t b_available, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    if (load64(a + i) != load64(b + i)) return false;
  return i == n || load_short(a + i, n - i, a_available - i) == load_short(b + i, n - i, b_available - i);
}

}  // namespace text_detail

// Adds `weight` to the counts of the rows from `row` to `end`, until a text is not in the table.
inline CountResult count_texts(const TextColumn& column, size_t row, size_t end, double weight, const TextTable& table) {
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
    const int32_t hash = hash_of(text, n, available);
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
      if (!equal(text, available, table.pool.data() + start, table.pool.size() - static_cast<size_t>(start), n)) continue;
      table.counts[at] += weight;
      break;
    }
  }
  return {CountStop::kDone, row, missing, 0};
}

}  // namespace skewless::fit
