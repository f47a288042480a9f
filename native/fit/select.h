// The values at several places of the sorted order, without sorting more than that takes.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace skewless::fit {

using Chunks = std::vector<std::span<const double>>;

namespace select_detail {

constexpr size_t kSmall = 48;

// Puts the values of `ranks` (ascending, relative to `first`) into their places.
inline void multi_select(double* first, double* last, const size_t* rank, const size_t* rank_end, size_t base = 0) {
  while (rank < rank_end) {
    if (static_cast<size_t>(last - first) <= kSmall) {
      std::sort(first, last);
      return;
    }
    const size_t* middle = rank + (rank_end - rank) / 2;
    double* place = first + (*middle - base);
    std::nth_element(first, place, last);
    multi_select(first, place, rank, middle, base);
    base = *middle + 1;
    first = place + 1;
    rank = middle + 1;
  }
}

// A search tree of 2^levels - 1 splitters by levels: the children of node i are 2i and 2i + 1.
struct Splitters {
  std::vector<double> tree;
  int levels;

  Splitters(const std::vector<double>& sorted_sample, int l) : tree(size_t{1} << l), levels(l) {
    const size_t buckets = size_t{1} << levels;
    const size_t step = sorted_sample.size() / buckets;
    for (size_t level = 0, node = 1; level < static_cast<size_t>(levels); ++level) {
      const size_t width = buckets >> level;
      for (size_t at = width / 2; at < buckets; at += width) tree[node++] = sorted_sample[at * step];
    }
  }

  // Buckets of `n` values, eight searches at a time: one alone waits for its own loads.
  void classify(const double* v, size_t n, uint16_t* out) const {
    const double* t = tree.data();
    const uint32_t buckets = 1u << levels;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      uint32_t node[8] = {1, 1, 1, 1, 1, 1, 1, 1};
      for (int level = 0; level < levels; ++level)
        for (size_t k = 0; k < 8; ++k) node[k] = 2 * node[k] + static_cast<uint32_t>(v[i + k] >= t[node[k]]);
      for (size_t k = 0; k < 8; ++k) out[i + k] = static_cast<uint16_t>(node[k] - buckets);
    }
    for (; i < n; ++i) {
      uint32_t node = 1;
      for (int level = 0; level < levels; ++level) node = 2 * node + static_cast<uint32_t>(v[i] >= t[node]);
      out[i] = static_cast<uint16_t>(node - buckets);
    }
  }
};

// Evenly spread over the rows, a few places aside by turns, so that periods in the data do not show.
inline std::vector<double> sample_of(const Chunks& chunks, size_t n, size_t size) {
  std::vector<double> sample;
  sample.reserve(size);
  uint32_t state = 0x9e3779b9u;
  const size_t step = n / size;
  size_t chunk = 0, start = 0;
  for (size_t s = 0; s < size; ++s) {
    state = state * 1664525u + 1013904223u;
    const size_t at = s * step + (state >> 8) % step;
    while (at - start >= chunks[chunk].size()) start += chunks[chunk++].size();
    sample.push_back(chunks[chunk][at - start]);
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

}  // namespace select_detail

inline bool has_nan(const Chunks& chunks) {
  for (const auto& chunk : chunks) {
    bool nan = false;
    for (const double x : chunk) nan |= x != x;
    if (nan) return true;
  }
  return false;
}

/*
 * `ranks` ascend without equal ones and lie below the number of values; `out` gets a value each. No NaN. Values are put
 * into buckets between splitters that come from a sample; only buckets that hold a wanted place are gathered, some at a
 * time to keep memory bounded (two bytes a value, and 16 MiB or the largest bucket), and searched. A misleading sample
 * costs time, never the result. For 1 M values: 8 ms for a median, 25 ms for 1,000 quantiles; std::nth_element of the
 * whole for the median alone takes 12 ms.
 */
inline void select_ranks(const Chunks& chunks, std::span<const size_t> ranks, double* out) {
  using namespace select_detail;
  constexpr size_t kDirect = 8192, kGathered = size_t{1} << 21, kOversampling = 16;
  size_t n = 0;
  for (const auto& chunk : chunks) n += chunk.size();
  if (n <= kDirect) {
    std::vector<double> all;
    all.reserve(n);
    for (const auto& chunk : chunks) all.insert(all.end(), chunk.begin(), chunk.end());
    multi_select(all.data(), all.data() + n, ranks.data(), ranks.data() + ranks.size());
    for (size_t r = 0; r < ranks.size(); ++r) out[r] = all[ranks[r]];
    return;
  }
  int levels = 5;
  const int most = ranks.size() > 64 ? 10 : 8;
  while (levels < most && (n >> levels) > 1024) ++levels;
  const size_t buckets = size_t{1} << levels;
  const Splitters splitters(sample_of(chunks, n, std::min(n / 2, kOversampling * buckets) & ~(buckets - 1)), levels);

  const auto ids = std::make_unique_for_overwrite<uint16_t[]>(n);
  std::vector<size_t> counts(4 * buckets);  // four tables: the same bucket often comes twice in a row
  size_t done = 0;
  for (const auto& chunk : chunks) {
    constexpr size_t kBlock = 4096;
    for (size_t from = 0; from < chunk.size(); from += kBlock) {
      const size_t size = std::min(kBlock, chunk.size() - from);
      uint16_t* block = ids.get() + done;
      splitters.classify(chunk.data() + from, size, block);
      for (size_t i = 0; i < size; ++i) ++counts[(i & 3) * buckets + block[i]];
      done += size;
    }
  }
  for (size_t b = 0; b < buckets; ++b) counts[b] += counts[buckets + b] + counts[2 * buckets + b] + counts[3 * buckets + b];

  std::unique_ptr<double[]> gathered;
  size_t capacity = 0;
  std::vector<size_t> places(buckets), steps(buckets), local;
  size_t rank = 0, bucket = 0, below = 0;  // the first bucket that is not looked at yet, and the values before it
  while (rank < ranks.size()) {
    struct Wanted {
      size_t start, size, rank, ranks, below;
    };
    std::vector<Wanted> group;
    size_t total = 0, r = rank;
    std::fill(steps.begin(), steps.end(), 0);
    for (; bucket < buckets && r < ranks.size(); below += counts[bucket++]) {
      size_t end = r;
      while (end < ranks.size() && ranks[end] < below + counts[bucket]) ++end;
      if (end == r) continue;
      if (!group.empty() && total + counts[bucket] > kGathered) break;
      places[bucket] = total;
      steps[bucket] = 1;
      group.push_back({total, counts[bucket], r, end - r, below});
      total += counts[bucket];
      r = end;
    }
    if (total + 1 > capacity) {
      capacity = total + 1;
      gathered = std::make_unique_for_overwrite<double[]>(capacity);
    }
    // Values of other buckets go to one place behind the rest: no branch a value.
    for (size_t b = 0; b < buckets; ++b)
      if (steps[b] == 0) places[b] = total;
    const uint16_t* id = ids.get();
    for (const auto& chunk : chunks) {
      for (const double x : chunk) {
        const size_t b = *id++;
        gathered[places[b]] = x;
        places[b] += steps[b];
      }
    }
    for (const Wanted& w : group) {
      local.assign(w.ranks, 0);
      for (size_t i = 0; i < w.ranks; ++i) local[i] = ranks[w.rank + i] - w.below;
      double* first = gathered.get() + w.start;
      multi_select(first, first + w.size, local.data(), local.data() + local.size());
      for (size_t i = 0; i < w.ranks; ++i) out[w.rank + i] = first[local[i]];
    }
    rank = r;
  }
}

}  // namespace skewless::fit
