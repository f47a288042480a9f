// The values at several places of the sorted order, without sorting more than that takes.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
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
  return sample;
}

inline bool has_nan(const double* v, size_t n) {
  bool nan = false;
  for (size_t i = 0; i < n; ++i) nan |= v[i] != v[i];
  return nan;
}

// Runs work(0) and work(1), which throw nothing: on two threads where that is wanted and can be had.
template <class Work>
void in_two(bool parallel, const Work& work) {
  std::thread other;
  if (parallel) {
    try {
      other = std::thread([&work] { work(1); });
    } catch (const std::system_error&) {
    }
  }
  work(0);
  if (other.joinable()) other.join();
  else work(1);
}

}  // namespace select_detail

/*
 * Returns false where it met a NaN, which has no place in an order; not every one is met.
 * `ranks` ascend without equal ones and lie below the number of values, which is below 2^32; `out` gets a value each.
 * Values are put into buckets between splitters that come from a sample; only buckets that hold a wanted place are
 * gathered, some at a time to keep memory bounded (two bytes a value, and 16 MiB or the largest bucket), and searched.
 * A misleading sample costs time, never the result. From 2^18 values two threads share the work. On one, 1 M values
 * take 4 ms for three quantiles and 11 ms for 1,000; std::nth_element takes 12 ms for a median alone.
 */
inline bool select_ranks(const Chunks& chunks, std::span<const size_t> ranks, double* out) {
  using namespace select_detail;
  constexpr size_t kDirect = 8192, kGathered = size_t{1} << 21, kOversampling = 4, kShared = size_t{1} << 18;
  size_t n = 0;
  for (const auto& chunk : chunks) n += chunk.size();
  if (n <= kDirect) {
    std::vector<double> all;
    all.reserve(n);
    for (const auto& chunk : chunks) all.insert(all.end(), chunk.begin(), chunk.end());
    if (has_nan(all.data(), n)) return false;
    multi_select(all.data(), all.data() + n, ranks.data(), ranks.data() + ranks.size());
    for (size_t r = 0; r < ranks.size(); ++r) out[r] = all[ranks[r]];
    return true;
  }
  const bool parallel = n >= kShared;
  // Some four times as many buckets as places: then most values lie in none that is looked at.
  int levels = 6;
  while (levels < 12 && (size_t{2} << levels) < ranks.size() * 4 && (n >> levels) > 256) ++levels;
  const size_t buckets = size_t{1} << levels;
  const size_t sample_size = std::max(buckets * kOversampling, std::min<size_t>(n / 64, 8192));
  std::vector<double> sample = sample_of(chunks, n, std::min(n / 2, sample_size) & ~(buckets - 1));
  if (has_nan(sample.data(), sample.size())) return false;
  std::sort(sample.begin(), sample.end());
  const Splitters splitters(sample, levels);

  // The chunks in two parts, each with counts of its own: in two tables, since a bucket often comes twice in a row.
  size_t chunk_of[3] = {0, 0, chunks.size()}, start_of[2] = {0, 0};
  while (start_of[1] < n / 2) start_of[1] += chunks[chunk_of[1]++].size();
  const auto ids = std::make_unique_for_overwrite<uint16_t[]>(n);
  std::vector<uint32_t> part_counts[2] = {std::vector<uint32_t>(2 * buckets), std::vector<uint32_t>(2 * buckets)};
  in_two(parallel, [&](size_t part) {
    constexpr size_t kBlock = 4096;
    uint32_t* counts = part_counts[part].data();
    uint16_t* block = ids.get() + start_of[part];
    for (size_t c = chunk_of[part]; c < chunk_of[part + 1]; ++c) {
      const auto& chunk = chunks[c];
      for (size_t from = 0; from < chunk.size(); from += kBlock) {
        const size_t size = std::min(kBlock, chunk.size() - from);
        splitters.classify(chunk.data() + from, size, block);
        for (size_t i = 0; i < size; ++i) ++counts[(i & 1) * buckets + block[i]];
        block += size;
      }
    }
    for (size_t b = 0; b < buckets; ++b) counts[b] += counts[buckets + b];
  });
  const auto count_of = [&](size_t b) { return size_t{part_counts[0][b]} + part_counts[1][b]; };

  struct Wanted {
    size_t start, size, rank, ranks;
  };
  std::unique_ptr<double[]> gathered;
  size_t capacity = 0;
  std::vector<size_t> local(ranks.size());  // ranks within their bucket
  std::vector<size_t> places[2] = {std::vector<size_t>(buckets), std::vector<size_t>(buckets)};
  std::vector<uint8_t> steps(buckets);
  std::vector<Wanted> group;
  size_t rank = 0, bucket = 0, below = 0;  // the first bucket that is not looked at yet, and the values before it
  while (rank < ranks.size()) {
    group.clear();
    std::fill(steps.begin(), steps.end(), uint8_t{0});
    size_t total = 0;
    for (; bucket < buckets && rank < ranks.size(); below += count_of(bucket++)) {
      const size_t count = count_of(bucket);
      size_t end = rank;
      for (; end < ranks.size() && ranks[end] < below + count; ++end) local[end] = ranks[end] - below;
      if (end == rank) continue;
      if (!group.empty() && total + count > kGathered) break;
      places[0][bucket] = total;
      places[1][bucket] = total + part_counts[0][bucket];
      steps[bucket] = 1;
      group.push_back({total, count, rank, end - rank});
      total += count;
      rank = end;
    }
    constexpr size_t kLine = 16;
    if (total + 2 * kLine > capacity) {
      capacity = total + 2 * kLine;
      gathered = std::make_unique_for_overwrite<double[]>(capacity);
    }
    in_two(parallel, [&](size_t part) {
      // Values of other buckets go to one place behind the rest: no branch a value.
      size_t* place = places[part].data();
      for (size_t b = 0; b < buckets; ++b)
        if (steps[b] == 0) place[b] = total + part * kLine;
      const uint16_t* id = ids.get() + start_of[part];
      for (size_t c = chunk_of[part]; c < chunk_of[part + 1]; ++c) {
        for (const double x : chunks[c]) {
          const size_t b = *id++;
          gathered[place[b]] = x;
          place[b] += steps[b];
        }
      }
    });
    // The library's selection leaves its bounds where the order is none.
    if (has_nan(gathered.get(), total)) return false;
    in_two(parallel && group.size() > 1, [&](size_t part) {
      const size_t middle = group.size() / 2;
      for (size_t g = part == 0 ? 0 : middle; g < (part == 0 ? middle : group.size()); ++g) {
        const Wanted& w = group[g];
        double* first = gathered.get() + w.start;
        const size_t* from = local.data() + w.rank;
        multi_select(first, first + w.size, from, from + w.ranks);
        for (size_t i = 0; i < w.ranks; ++i) out[w.rank + i] = first[from[i]];
      }
    });
  }
  return true;
}

}  // namespace skewless::fit
