// Walks from a root to the number of a leaf: several trees of one row, or several rows through one tree.
#pragma once
#include "score/compiled_step.h"
#include "score/trees_layout.h"

namespace skewless::score {

// Values of a chunk for the walks: blocks of kLanes rows, in a block column after column.
template <class T>
struct TreeBlocks {
  const T* values;
  const uint8_t* has_nan;  // by block; null where no node treats NaN apart
  int64_t columns;
  int64_t count;
};

template <class T>
SK_INLINE bool is_less(T x, T threshold, bool missing) {
  return (x < threshold) | (missing & (x != x));
}

// ---- one row

// kTrees complete trees of one depth. Each step of a walk waits for its loads and its comparison; walks side by side
// hide that.
template <int kTrees, bool kMissing, class T>
SK_INLINE void walk_row_complete(const TreesLayout<T>& l, const TreeLayout* trees, const T* x, int32_t* leaf) {
  const typename TreesLayout<T>::RowNode* nodes[kTrees];
  uint32_t at[kTrees];
  for (int j = 0; j < kTrees; ++j) {
    nodes[j] = l.row_nodes.data() + trees[j].first;
    at[j] = 1;
  }
  const int depth = trees[0].depth;
  for (int level = 0; level < depth; ++level) {
    for (int j = 0; j < kTrees; ++j) {
      const auto& n = nodes[j][at[j]];
      const T value = x[n.feature];
      bool less = value < n.threshold;
      if constexpr (kMissing) less = is_less(value, n.threshold, l.missing.data()[trees[j].first + at[j]] != 0);
      at[j] = 2 * at[j] + static_cast<uint32_t>(!less);
    }
  }
  for (int j = 0; j < kTrees; ++j) leaf[j] = trees[j].leaves + static_cast<int32_t>(at[j] - (1u << depth));
}

// kWalks walks side by side from `at`, which become leaves. A walk that has arrived stays where it is; now and then all
// are asked. Columns are kStep elements apart; walk j reads from x + j * kShift.
template <int kWalks, int kStep, int kShift, class T>
SK_INLINE void walk_linked(const LinkedNode<T>* nodes, const T* x, int32_t levels, int32_t (&at)[kWalks]) {
  constexpr int kUnasked = 4;
  for (int32_t level = 0; level < levels; level += kUnasked) {
    for (int k = 0; k < kUnasked; ++k) {
      for (int j = 0; j < kWalks; ++j) {
        const LinkedNode<T>& n = nodes[at[j]];
        at[j] = n.less + static_cast<int32_t>(!is_less(x[n.feature * kStep + j * kShift], n.threshold, n.missing != 0));
      }
    }
    bool arrived = true;
    for (int j = 0; j < kWalks; ++j) arrived = arrived & (nodes[at[j]].leaf >= 0);
    if (arrived) break;
  }
}

// The trees of a row, at most kRowTrees of one kind.
template <int kTrees, class T>
SK_INLINE void walk_row_linked(const TreesLayout<T>& l, const TreeLayout* trees, const T* x, int32_t* leaf) {
  int32_t at[kTrees], levels = 0;
  for (int j = 0; j < kTrees; ++j) {
    at[j] = static_cast<int32_t>(trees[j].first);
    levels = trees[j].levels > levels ? trees[j].levels : levels;
  }
  walk_linked<kTrees, 1, 0>(l.linked.data(), x, levels, at);
  for (int j = 0; j < kTrees; ++j) leaf[j] = l.linked[static_cast<size_t>(at[j])].leaf;
}

template <class T>
SK_INLINE bool in_set(const GeneralNode<T>& n, T value) {
  // -0.5 is truncated to 0.
  if (!(value > T{-1} && value < T(0x1p62))) return false;
  const auto k = static_cast<uint64_t>(value);
  return k < n.set_bits && ((n.set[k >> 5] >> (k & 31)) & 1) != 0;
}

template <class T>
SK_INLINE bool goes_yes(const GeneralNode<T>& n, T value) {
  const bool tiny = (n.zero_missing != 0) & (value >= T(-1e-35f)) & (value <= T(1e-35f));
  if (value != value || tiny) return n.missing_yes != 0;
  switch (n.mode) {
    case NodeMode::kEq: return value == n.threshold;
    case NodeMode::kNe: return value != n.threshold;
    case NodeMode::kIn: return in_set(n, value);
    default: return value < n.threshold;
  }
}

template <class T>
SK_INLINE int32_t walk_general(const GeneralNode<T>* nodes, size_t root, const T* x, int64_t step) {
  const GeneralNode<T>* n = nodes + root;
  while (n->mode != NodeMode::kLeaf) n = nodes + (goes_yes(*n, x[n->feature * step]) ? n->yes : n->no);
  return n->yes;
}

// ---- a chunk of rows, one tree

template <class T>
struct TreeCall {
  const TreesLayout<T>* layout;
  const TreeLayout* tree;
  TreeBlocks<T> blocks;
  int32_t* leaf;  // by row
};

template <class T>
struct CompleteWalk {
  using Call = TreeCall<T>;
  template <bool kMissing>
  static SK_INLINE void walk_block(const Call& c, const T* x, int32_t* leaf) {
    const T* thresholds = c.layout->thresholds.data() + c.tree->first;
    const int32_t* offsets = c.layout->offsets.data() + c.tree->first;
    const uint8_t* missing = c.layout->missing.data() + c.tree->first;
    const int depth = c.tree->depth;
    uint32_t at[kLanes];
    for (int r = 0; r < kLanes; ++r) at[r] = 1;
    for (int level = 0; level < depth; ++level) {
      for (int r = 0; r < kLanes; ++r) {
        const T value = x[offsets[at[r]] + r];
        bool less = value < thresholds[at[r]];
        if constexpr (kMissing) less = is_less(value, thresholds[at[r]], missing[at[r]] != 0);
        at[r] = 2 * at[r] + static_cast<uint32_t>(!less);
      }
    }
    for (int r = 0; r < kLanes; ++r) leaf[r] = c.tree->leaves + static_cast<int32_t>(at[r] - (1u << depth));
  }
  static SK_INLINE void run(const Call& c) {
    const TreeBlocks<T>& b = c.blocks;
    for (int64_t i = 0; i < b.count; ++i) {
      const T* x = b.values + i * b.columns * kLanes;
      if (b.has_nan && b.has_nan[i]) walk_block<true>(c, x, c.leaf + i * kLanes);
      else walk_block<false>(c, x, c.leaf + i * kLanes);
    }
  }
};

template <class T>
struct LinkedWalk {
  using Call = TreeCall<T>;
  static SK_INLINE void run(const Call& c) {
    const TreeBlocks<T>& b = c.blocks;
    const LinkedNode<T>* nodes = c.layout->linked.data();
    for (int64_t i = 0; i < b.count; ++i) {
      int32_t at[kLanes];
      for (int r = 0; r < kLanes; ++r) at[r] = static_cast<int32_t>(c.tree->first);
      walk_linked<kLanes, kLanes, 1>(nodes, b.values + i * b.columns * kLanes, c.tree->levels, at);
      for (int r = 0; r < kLanes; ++r) c.leaf[i * kLanes + r] = nodes[at[r]].leaf;
    }
  }
};

template <class T>
struct GeneralWalk {
  using Call = TreeCall<T>;
  static SK_INLINE void run(const Call& c) {
    const TreeBlocks<T>& b = c.blocks;
    for (int64_t i = 0; i < b.count; ++i) {
      const T* x = b.values + i * b.columns * kLanes;
      for (int r = 0; r < kLanes; ++r) c.leaf[i * kLanes + r] = walk_general(c.layout->general.data(), c.tree->first, x + r, kLanes);
    }
  }
};

// The walks of an instruction set.
template <class T>
struct TreeWalks {
  using Function = void (*)(const TreeCall<T>&);
  Function by_kind[3];  // TreeKind
  static TreeWalks pick(Isa isa);
};

}  // namespace skewless::score
