// Substring search over bytes. In well-formed UTF-8 a well-formed needle matches at code points only.
#pragma once
#include <cstdint>
#include <cstring>

#include "core/config.h"
#include "core/values.h"

namespace skewless {

// Finds a non-empty needle, left to right, in linear time and without memory: memchr for the first byte and a
// comparison, until the failed comparisons have cost more than a small multiple of the bytes passed; from
// there on the two-way algorithm (M. Crochemore, D. Perrin, "Two-way string-matching", J. ACM 38, 1991).
class TextFinder {
 public:
  SK_INLINE explicit TextFinder(StringView needle)
      : needle_(needle.bytes()), size_(needle.size), wasted_(-kAllowance) {}

  // The first match in [p, end), or nullptr.
  SK_INLINE const uint8_t* find(const uint8_t* p, const uint8_t* end) {
    const uint8_t first = needle_[0];
    const uint8_t last = needle_[size_ - 1];
    while (end - p >= size_) {
      if (SK_UNLIKELY(wasted_ > 0)) return find_two_way(p, end);
      const size_t starts = static_cast<size_t>(end - p - size_ + 1);
      const auto* const at = static_cast<const uint8_t*>(std::memchr(p, first, starts));
      if (at == nullptr) return nullptr;
      if (at[size_ - 1] == last) {
        // The byte loop knows how far a comparison went; memcmp does not.
        int64_t i = 1;
        while (i < size_ && at[i] == needle_[i]) ++i;
        if (i >= size_) return at;
        wasted_ += i;
      }
      wasted_ -= 2 * (at - p);
      if (wasted_ < -kAllowance) wasted_ = -kAllowance;
      p = at + 1;
    }
    return nullptr;
  }

 private:
  static constexpr int64_t kAllowance = 512;

  // The start of the needle's maximal suffix under < (or > when `reversed`), and that suffix's period.
  int64_t maximal_suffix(bool reversed, int64_t& period) const {
    int64_t suffix = 0, candidate = 1, offset = 0;
    period = 1;
    while (candidate + offset < size_) {
      const uint8_t a = needle_[candidate + offset];
      const uint8_t b = needle_[suffix + offset];
      if (a == b) {
        if (++offset == period) {
          candidate += period;
          offset = 0;
        }
      } else if ((a < b) != reversed) {
        candidate += offset + 1;
        offset = 0;
        period = candidate - suffix;
      } else {
        suffix = candidate++;
        offset = 0;
        period = 1;
      }
    }
    return suffix;
  }

  SK_NOINLINE const uint8_t* find_two_way(const uint8_t* p, const uint8_t* end) {
    if (critical_ < 0) {
      int64_t period, reversed_period;
      const int64_t a = maximal_suffix(false, period);
      const int64_t b = maximal_suffix(true, reversed_period);
      critical_ = a > b ? a : b;
      period_ = a > b ? period : reversed_period;
      periodic_ = critical_ + period_ <= size_ &&
                  std::memcmp(needle_, needle_ + period_, static_cast<size_t>(critical_)) == 0;
      if (!periodic_) period_ = (critical_ > size_ - critical_ ? critical_ : size_ - critical_) + 1;
    }
    int64_t known = 0;  // periodic needles: so many bytes at p are already known to match
    while (end - p >= size_) {
      int64_t i = critical_ > known ? critical_ : known;
      while (i < size_ && needle_[i] == p[i]) ++i;
      if (i < size_) {
        p += i - critical_ + 1;
        known = 0;
        continue;
      }
      i = critical_;
      while (i > known && needle_[i - 1] == p[i - 1]) --i;
      if (i <= known) return p;
      p += period_;
      known = periodic_ ? size_ - period_ : 0;
    }
    return nullptr;
  }

  const uint8_t* needle_;
  int64_t size_;
  int64_t wasted_;  // bytes compared in vain, less the bytes passed
  int64_t critical_ = -1;
  int64_t period_ = 0;
  bool periodic_ = false;
};

}  // namespace skewless
