// Text: edit distance and similarities. Characters are code points.
#pragma once
#include <bit>
#include <utility>

#include "core/hash.h"
#include "core/utf8.h"
#include "ops/text_search.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

// Sets of pattern positions, one bit each, by character: for at most 64 positions.
template <class Unit>
class PositionBits;

// ASCII: a table of which only the entries of characters at hand are ever written or read.
template <>
class PositionBits<uint8_t> {
 public:
  SK_INLINE void clear(const uint8_t* pattern, int64_t m, const uint8_t* text, int64_t n) {
    // Clearing 128 words would cost more than a short text; a long one meets most of them anyway.
    if (n > 64) {
      std::memset(bits_, 0, sizeof bits_);
      return;
    }
    for (int64_t i = 0; i < m; ++i) bits_[pattern[i]] = 0;
    for (int64_t i = 0; i < n; ++i) bits_[text[i]] = 0;
  }
  SK_INLINE void add(uint8_t c, int64_t position) { bits_[c] |= uint64_t{1} << position; }
  SK_INLINE uint64_t of(uint8_t c) const { return bits_[c]; }

 private:
  uint64_t bits_[128];
};

// Any code points: open addressing; 64 keys fill half of the slots at most. ASCII has slots of its own.
template <>
class PositionBits<uint32_t> {
 public:
  SK_INLINE void clear(const uint32_t*, int64_t, const uint32_t*, int64_t) {
    std::memset(bits_, 0, sizeof bits_);
  }
  SK_INLINE void add(uint32_t c, int64_t position) {
    const uint32_t slot = find(c);
    keys_[slot] = c;
    bits_[slot] |= uint64_t{1} << position;
  }
  SK_INLINE uint64_t of(uint32_t c) const { return bits_[find(c)]; }

 private:
  SK_INLINE uint32_t find(uint32_t c) const {
    uint32_t slot = c % 128;
    while (bits_[slot] != 0 && keys_[slot] != c) slot = (slot + 1) % 128;
    return slot;
  }
  uint64_t bits_[128];
  uint32_t keys_[128];
};

// One column of one block of 64 rows: G. Myers, "A fast bit-vector algorithm for approximate string matching
// based on dynamic programming" (J. ACM 46, 1999), as arranged by H. Hyyro (2003). Differences between
// neighbouring cells are -1, 0 or 1; `positive` and `negative` hold the vertical ones.
struct EditColumn {
  uint64_t positive = ~uint64_t{0};
  uint64_t negative = 0;

  // `in` is the horizontal difference above the block; the answer is the one at the row `bottom`.
  SK_INLINE int step(uint64_t equal, int in, uint64_t bottom) {
    const uint64_t vertical = equal | negative;
    if (in < 0) equal |= 1;
    const uint64_t horizontal = (((equal & positive) + positive) ^ positive) | equal;
    uint64_t up = negative | ~(horizontal | positive);
    uint64_t down = positive & horizontal;
    const int out = static_cast<int>((up & bottom) != 0) - static_cast<int>((down & bottom) != 0);
    up = up << 1 | static_cast<uint64_t>(in > 0);
    down = down << 1 | static_cast<uint64_t>(in < 0);
    positive = down | ~(vertical | up);
    negative = up & vertical;
    return out;
  }
};

// The edit distance of two sequences, 1 <= m <= n.
template <class Unit>
inline Outcome edit_distance(int64_t& out, Arena& arena, const Unit* pattern, int64_t m, const Unit* text,
                             int64_t n) {
  PositionBits<Unit> positions;
  if (m <= 64) {
    positions.clear(pattern, m, text, n);
    for (int64_t i = 0; i < m; ++i) positions.add(pattern[i], i);
    EditColumn column;
    const uint64_t bottom = uint64_t{1} << (m - 1);
    int64_t distance = m;
    for (int64_t j = 0; j < n; ++j) distance += column.step(positions.of(text[j]), 1, bottom);
    out = distance;
    return Outcome::kOk;
  }
  // Block after block of 64 rows; the horizontal differences at its bottom are the next one's input.
  int8_t* const differences = arena.allocate_array<int8_t>(static_cast<size_t>(n));
  if (differences == nullptr) return Outcome::kOutOfMemory;
  std::memset(differences, 1, static_cast<size_t>(n));
  for (int64_t row = 0; row < m; row += 64) {
    const int64_t rows = m - row < 64 ? m - row : 64;
    positions.clear(pattern + row, rows, text, n);
    for (int64_t i = 0; i < rows; ++i) positions.add(pattern[row + i], i);
    EditColumn column;
    const uint64_t bottom = uint64_t{1} << (rows - 1);
    for (int64_t j = 0; j < n; ++j)
      differences[j] = static_cast<int8_t>(column.step(positions.of(text[j]), differences[j], bottom));
  }
  int64_t distance = m;
  for (int64_t j = 0; j < n; ++j) distance += differences[j];
  out = distance;
  return Outcome::kOk;
}

// The code points of a text; room for `kRoom` of them, and the arena for more.
template <int kRoom>
class CodePoints {
 public:
  // False when the arena is out of memory.
  SK_INLINE bool read(Arena& arena, StringView s) {
    uint32_t* at = room_;
    if (s.size > kRoom) {
      at = arena.allocate_array<uint32_t>(static_cast<size_t>(utf8::count(s) + 1));
      if (at == nullptr) return false;
    }
    data = at;
    const uint8_t* p = s.bytes();
    const uint8_t* const end = p + s.size;
    while (p != end) *at++ = utf8::decode(p, end);
    size = at - data;
    return true;
  }
  const uint32_t* data;
  int64_t size;

 private:
  uint32_t room_[kRoom];
};

// Drops what two texts have in common at both ends, which edits never touch.
SK_INLINE void drop_common_ends(StringView& x, StringView& y) {
  const uint8_t* const a = x.bytes();
  const uint8_t* const b = y.bytes();
  int64_t shorter = x.size < y.size ? x.size : y.size;
  int64_t head = 0;
  while (head + 8 <= shorter && utf8::load8(a + head) == utf8::load8(b + head)) head += 8;
  while (head < shorter && a[head] == b[head]) ++head;
  // Back to a place between code points in both.
  while (head > 0 && ((head < x.size && utf8::is_continuation(a[head])) ||
                      (head < y.size && utf8::is_continuation(b[head]))))
    --head;
  shorter -= head;
  int64_t tail = 0;
  while (tail < shorter && a[x.size - 1 - tail] == b[y.size - 1 - tail]) ++tail;
  while (tail > 0 && utf8::is_continuation(a[x.size - tail])) --tail;
  x = utf8::view(a + head, a + (x.size - tail));
  y = utf8::view(b + head, b + (y.size - tail));
}

inline Outcome levenshtein(int64_t& out, Arena& arena, StringView x, StringView y) {
  drop_common_ends(x, y);
  if (x.size == 0 || y.size == 0) {
    out = utf8::count(x) + utf8::count(y);
    return Outcome::kOk;
  }
  if (utf8::is_ascii(x) && utf8::is_ascii(y)) {
    if (x.size > y.size) std::swap(x, y);
    return edit_distance(out, arena, x.bytes(), x.size, y.bytes(), y.size);
  }
  CodePoints<96> a, b;
  if (!a.read(arena, x) || !b.read(arena, y)) return Outcome::kOutOfMemory;
  return a.size <= b.size ? edit_distance(out, arena, a.data, a.size, b.data, b.size)
                          : edit_distance(out, arena, b.data, b.size, a.data, a.size);
}

struct Levenshtein {
  static constexpr Doc doc{"levenshtein", "x, y",
                           "Least number of code points inserted, deleted or substituted that turns x into "
                           "y.",
                           "[\"kitten\", \"sitting\"] -> 3; [\"\", \"abc\"] -> 3; [\"na\\u00efve\", "
                           "\"naive\"] -> 1"};
  static constexpr unsigned effects = kMayFail;
  Outcome call(int64_t& out, Arena& arena, StringView x, StringView y) const {
    return levenshtein(out, arena, x, y);
  }
};

struct LevenshteinSimilarity {
  static constexpr Doc doc{"levenshteinSimilarity", "x, y",
                           "1 - d / n with d the Levenshtein distance and n the length of the longer text; "
                           "1 for two empty texts.",
                           "[\"abcd\", \"abxd\"] -> 0.75; [\"\", \"\"] -> 1; [\"a\", \"\"] -> 0"};
  static constexpr unsigned effects = kMayFail;
  Outcome call(double& out, Arena& arena, StringView x, StringView y) const {
    int64_t distance;
    const Outcome outcome = levenshtein(distance, arena, x, y);
    if (outcome != Outcome::kOk) return outcome;
    const int64_t x_length = utf8::count(x), y_length = utf8::count(y);
    const int64_t longer = x_length > y_length ? x_length : y_length;
    out = longer == 0 ? 1.0 : 1.0 - static_cast<double>(distance) / static_cast<double>(longer);
    return Outcome::kOk;
  }
};

// The positions of each character of a text, as lists in increasing order.
template <class Unit>
class PositionLists;

template <>
class PositionLists<uint8_t> {
 public:
  bool prepare(Arena&, const uint8_t* a, int64_t la, const uint8_t* b, int64_t lb) {
    for (int64_t i = 0; i < la; ++i) first_[a[i]] = -1;
    for (int64_t i = 0; i < lb; ++i) first_[b[i]] = -1;
    return true;
  }
  SK_INLINE int32_t& first(uint8_t c) { return first_[c]; }

 private:
  int32_t first_[128];
};

template <>
class PositionLists<uint32_t> {
 public:
  bool prepare(Arena& arena, const uint32_t*, int64_t la, const uint32_t*, int64_t lb) {
    const uint64_t capacity = std::bit_ceil(static_cast<uint64_t>(la + lb) * 2);
    slots_ = capacity <= kRoom ? room_ : arena.allocate_array<Slot>(capacity);
    if (slots_ == nullptr) return false;
    mask_ = capacity - 1;
    std::memset(slots_, 0xFF, capacity * sizeof(Slot));  // no code point is 0xFFFFFFFF
    return true;
  }
  SK_INLINE int32_t& first(uint32_t c) {
    uint64_t slot = (c * 0x9E3779B97F4A7C15u >> 24) & mask_;
    while (slots_[slot].key != c && slots_[slot].key != 0xFFFFFFFFu) slot = (slot + 1) & mask_;
    slots_[slot].key = c;
    return slots_[slot].first;
  }

 private:
  struct Slot {
    uint32_t key;
    int32_t first;
  };
  static constexpr uint64_t kRoom = 128;
  Slot room_[kRoom];
  Slot* slots_;
  uint64_t mask_;
};

// Jaro's similarity of two sequences that are not empty. Each character of a, in order, takes the first free
// equal one of b inside the window. Places before a window's start never serve again, so each character's
// list is walked once and the whole is linear.
template <class Unit>
inline Outcome jaro(double& out, Arena& arena, const Unit* a, int64_t la, const Unit* b, int64_t lb) {
  if (la > utf8::kMaxSize || lb > utf8::kMaxSize) return Outcome::kTooLarge;
  constexpr int64_t room = 64;
  int32_t next_room[room];
  uint8_t taken_room[room];
  Unit matched_room[room];
  int32_t* next = next_room;
  uint8_t* taken = taken_room;
  Unit* matched = matched_room;
  if (lb > room) {
    next = arena.allocate_array<int32_t>(static_cast<size_t>(lb));
    taken = arena.allocate_array<uint8_t>(static_cast<size_t>(lb));
    matched = arena.allocate_array<Unit>(static_cast<size_t>(lb));
    if (next == nullptr || taken == nullptr || matched == nullptr) return Outcome::kOutOfMemory;
  }
  PositionLists<Unit> lists;
  if (!lists.prepare(arena, a, la, b, lb)) return Outcome::kOutOfMemory;
  for (int64_t j = lb - 1; j >= 0; --j) {
    int32_t& first = lists.first(b[j]);
    next[j] = first;
    first = static_cast<int32_t>(j);
    taken[j] = 0;
  }
  const int64_t half = (la > lb ? la : lb) / 2;
  const int64_t window = half > 1 ? half - 1 : 0;
  int64_t matches = 0;
  for (int64_t i = 0; i < la; ++i) {
    int32_t& first = lists.first(a[i]);
    int32_t j = first;
    while (j >= 0 && j < i - window) j = next[j];
    if (j >= 0 && j <= i + window) {
      taken[j] = 1;
      matched[matches++] = a[i];
      j = next[j];
    }
    first = j;
  }
  if (matches == 0) {
    out = 0;
    return Outcome::kOk;
  }
  int64_t moved = 0;
  for (int64_t j = 0, k = 0; j < lb; ++j)
    if (taken[j]) moved += b[j] != matched[k++];
  const double m = static_cast<double>(matches);
  const double t = static_cast<double>(moved / 2);
  out = (m / static_cast<double>(la) + m / static_cast<double>(lb) + (m - t) / m) / 3.0;
  return Outcome::kOk;
}

struct JaroWinkler {
  static constexpr Doc doc{"jaroWinkler", "x, y",
                           "Jaro-Winkler similarity in [0, 1]: window max(0, floor(longer / 2) - 1), prefix "
                           "scale 0.1 over at most 4 code points, no boost threshold. 1 for two empty "
                           "texts, 0 when one is empty.",
                           "[\"abcd\", \"abcd\"] -> 1; [\"abc\", \"xyz\"] -> 0; [\"\", \"\"] -> 1; [\"\", "
                           "\"a\"] -> 0"};
  static constexpr unsigned effects = kMayFail;
  Outcome call(double& out, Arena& arena, StringView x, StringView y) const {
    if (x.size == 0 || y.size == 0) {
      out = x.size == y.size ? 1.0 : 0.0;
      return Outcome::kOk;
    }
    if (utf8::is_ascii(x) && utf8::is_ascii(y))
      return winkler(out, arena, x.bytes(), x.size, y.bytes(), y.size);
    CodePoints<96> a, b;
    if (!a.read(arena, x) || !b.read(arena, y)) return Outcome::kOutOfMemory;
    return winkler(out, arena, a.data, a.size, b.data, b.size);
  }

 private:
  template <class Unit>
  static Outcome winkler(double& out, Arena& arena, const Unit* a, int64_t la, const Unit* b, int64_t lb) {
    double similarity;
    const Outcome outcome = jaro(similarity, arena, a, la, b, lb);
    if (outcome != Outcome::kOk) return outcome;
    int64_t prefix = 0;
    while (prefix < 4 && prefix < la && prefix < lb && a[prefix] == b[prefix]) ++prefix;
    out = similarity + static_cast<double>(prefix) * 0.1 * (1.0 - similarity);
    return Outcome::kOk;
  }
};

// A set of texts that remembers on which of two sides each was seen.
class SidedSet {
 public:
  // False when the arena is out of memory.
  SK_INLINE bool prepare(Arena& arena, int64_t most) {
    const uint64_t capacity = std::bit_ceil(static_cast<uint64_t>(most) * 2 + 1);
    entries_ = room_;
    if (capacity > kRoom) {
      entries_ = arena.allocate_array<Entry>(capacity);
      if (entries_ == nullptr) return false;
    }
    for (uint64_t i = 0; i < capacity; ++i) entries_[i].sides = 0;
    mask_ = capacity - 1;
    return true;
  }

  SK_INLINE void add(StringView s, uint32_t side) {
    // With its size, a short text is its own key (overlapping reads leave out no byte); for a longer one the
    // key is a hash.
    const uint8_t* const p = s.bytes();
    uint64_t key = 0;
    if (s.size > 8) {
      key = hash::xxh64(p, s.size, 0);
    } else if (s.size >= 4) {
      key = utf8::load4(p) | uint64_t{utf8::load4(p + s.size - 4)} << 32;
    } else if (s.size > 0) {
      key = p[0] | uint64_t{p[s.size >> 1]} << 8 | uint64_t{p[s.size - 1]} << 16;
    }
    const uint64_t spread = (key + static_cast<uint64_t>(s.size)) * 0x9E3779B97F4A7C15u >> 32;
    for (uint64_t slot = spread & mask_;; slot = (slot + 1) & mask_) {
      Entry& entry = entries_[slot];
      if (entry.sides == 0) {
        entry = {s, key, side};
        ++united_;
        return;
      }
      if (entry.key == key && entry.text.size == s.size && (s.size <= 8 || equal_bytes(entry.text, s))) {
        common_ += (entry.sides | side) == 3 && entry.sides != 3;
        entry.sides |= side;
        return;
      }
    }
  }

  // |A and B| / |A or B|; 1 when both are empty.
  SK_INLINE double jaccard() const {
    return united_ == 0 ? 1.0 : static_cast<double>(common_) / static_cast<double>(united_);
  }

 private:
  struct Entry {
    StringView text;
    uint64_t key;
    uint32_t sides;  // bit 0: the first text's, bit 1: the second's
  };
  static constexpr uint64_t kRoom = 64;
  Entry room_[kRoom];
  Entry* entries_;
  uint64_t mask_;
  int64_t united_ = 0;
  int64_t common_ = 0;
};

SK_INLINE void add_tokens(SidedSet& set, StringView x, uint32_t side) {
  const uint8_t* const end = x.bytes() + x.size;
  for (const uint8_t* p = utf8::skip_white_space(x.bytes(), end); p != end;
       p = utf8::skip_white_space(p, end)) {
    const uint8_t* const begin = p;
    p = utf8::find_white_space(p, end);
    set.add(utf8::view(begin, p), side);
  }
}

SK_INLINE void add_ngrams(SidedSet& set, StringView x, int64_t n, int64_t count, uint32_t side) {
  const uint8_t* first = x.bytes();
  const uint8_t* const end = first + x.size;
  const uint8_t* last = utf8::advance(first, end, n);
  for (; count > 0; --count) {
    set.add(utf8::view(first, last), side);
    first = utf8::advance(first, end, 1);
    last = utf8::advance(last, end, 1);
  }
}

struct JaccardTokens {
  static constexpr Doc doc{"jaccardTokens", "x, y",
                           "Jaccard similarity of the two sets of tokens (runs without ECMAScript white "
                           "space): those in both over those in either. 1 when neither text has a token.",
                           "[\"a b c\", \"b  c d\"] -> 0.5; [\"\", \" \"] -> 1; [\"a\", \"\"] -> 0"};
  static constexpr unsigned effects = kMayFail;
  Outcome call(double& out, Arena& arena, StringView x, StringView y) const {
    SidedSet set;
    // At most every second byte begins a token.
    int64_t most = (x.size + 1) / 2 + (y.size + 1) / 2;
    if (most > 31) most = count_tokens(x) + count_tokens(y);
    if (!set.prepare(arena, most)) return Outcome::kOutOfMemory;
    add_tokens(set, x, 1);
    add_tokens(set, y, 2);
    out = set.jaccard();
    return Outcome::kOk;
  }
};

struct JaccardNgrams {
  static constexpr Doc doc{"jaccardNgrams", "x, y, n",
                           "Jaccard similarity of the two sets of substrings of n code points. 1 when "
                           "neither text has one. Null for n < 1.",
                           "[\"night\", \"nacht\", 2] -> 0.14285714285714285; [\"a\", \"b\", 2] -> 1; "
                           "[\"a\", \"b\", 0] -> null"};
  Outcome call(double& out, Arena& arena, StringView x, StringView y, int64_t n) const {
    if (n < 1) return Outcome::kNull;
    const int64_t x_count = count_ngrams(x, n), y_count = count_ngrams(y, n);
    SidedSet set;
    if (!set.prepare(arena, x_count + y_count)) return Outcome::kOutOfMemory;
    add_ngrams(set, x, n, x_count, 1);
    add_ngrams(set, y, n, y_count, 2);
    out = set.jaccard();
    return Outcome::kOk;
  }
};

using TextSimilarityFunctions = FunctionList<Levenshtein, LevenshteinSimilarity, JaroWinkler, JaccardTokens,
                                             JaccardNgrams>;

}  // namespace skewless::ops
