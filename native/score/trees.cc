// Tree ensembles: walks to leaves, then adds what the leaves hold, tree by tree in the order of the ensemble.
#include <algorithm>
#include <cstring>

#include "score/trees_walk.h"

namespace skewless::score {
namespace {

// acc[r] += values[leaf[r]]
template <class A>
struct AddLeaves {
  struct Call {
    const A* values;
    const int32_t* leaf;
    A* acc;
    int64_t count;
  };
  static SK_INLINE void run(const Call& c) {
    const A* SK_RESTRICT values = c.values;
    const int32_t* SK_RESTRICT leaf = c.leaf;
    A* SK_RESTRICT acc = c.acc;
    for (int64_t r = 0; r < c.count; ++r) acc[r] += values[leaf[r]];
  }
};

// Columns to blocks, converted to what is compared; `has_nan` by block where it is wanted.
template <class I, class T>
struct FillBlocks {
  struct Call {
    const I* in;
    T* blocks;
    uint8_t* has_nan;
    int64_t columns, stride;
  };
  static SK_INLINE void run(const Call& c) {
    for (int64_t b = 0; b * kLanes < c.stride; ++b) {
      T* to = c.blocks + b * c.columns * kLanes;
      const I* from = c.in + b * kLanes;
      uint32_t nan[kLanes] = {};
      for (int64_t column = 0; column < c.columns; ++column, to += kLanes, from += c.stride) {
        for (int r = 0; r < kLanes; ++r) {
          const T x = static_cast<T>(from[r]);
          to[r] = x;
          nan[r] |= static_cast<uint32_t>(x != x);
        }
      }
      uint32_t any = 0;
      for (int r = 0; r < kLanes; ++r) any |= nan[r];
      if (c.has_nan) c.has_nan[b] = static_cast<uint8_t>(any);
    }
  }
};

// I: of the input, T: as which values are compared, A: in which they are added, O: of the output.
template <class I, class T, class A, class O>
class TreesStep final : public Step {
  using Fill = Variants<FillBlocks<I, T>>;
  using Add = Variants<AddLeaves<A>>;

 public:
  TreesStep(const StepSpec& s, const CompiledProgram& p, Isa isa)
      : in_(s.operands[0]), out_(s.output), columns_(p.registers[in_].width), targets_(s.trees->targets), aggregate_(s.trees->aggregate),
        base_first_(s.trees->base_first), layout_(*s.trees), leaf_targets_(s.trees->leaf_targets), walks_(TreeWalks<T>::pick(isa)),
        fill_(Fill::pick(isa)), add_(Add::pick(isa)) {
    for (const double v : s.trees->base) base_.push_back(static_cast<A>(v));
    for (const double v : s.trees->leaf_values) values_.push_back(static_cast<A>(v));
    for (const auto& range : layout_.leaves) single_.push_back(range.begin < range.end ? values_[static_cast<size_t>(range.begin)] : A{});
    sums_ = aggregate_ == Aggregate::kSum || aggregate_ == Aggregate::kAverage;
    one_target_ = sums_ && targets_ == 1 && std::all_of(layout_.trees.begin(), layout_.trees.end(), [](const TreeLayout& t) { return t.single; });
  }

  size_t scratch_bytes(size_t stride) const override {
    const size_t blocks = round_up(columns_ * stride * sizeof(T)) + round_up(stride);
    return blocks + round_up(targets_ * stride * sizeof(A)) + round_up(stride * sizeof(int32_t)) + (sums_ ? 0 : round_up(targets_ * stride));
  }

  bool run(const Frame& f) const noexcept override {
    Scratch s = scratch(f);
    start(s, f.stride);
    if (f.stride == 1) run_row(f, s);
    else run_chunk(f, s);
    finish(s, f);
    return true;
  }

 private:
  struct Scratch {
    T* values;
    uint8_t* has_nan;
    A* acc;
    int32_t* leaf;
    uint8_t* seen;  // of least and greatest: a value was there
  };
  static size_t round_up(size_t bytes) { return (bytes + 63) / 64 * 64; }

  Scratch scratch(const Frame& f) const {
    const auto stride = static_cast<size_t>(f.stride);
    unsigned char* at = f.scratch;
    const auto take = [&](size_t bytes) {
      unsigned char* out = at;
      at += round_up(bytes);
      return out;
    };
    Scratch s;
    s.values = reinterpret_cast<T*>(take(columns_ * stride * sizeof(T)));
    s.has_nan = take(stride);
    s.acc = reinterpret_cast<A*>(take(targets_ * stride * sizeof(A)));
    s.leaf = reinterpret_cast<int32_t*>(take(stride * sizeof(int32_t)));
    s.seen = sums_ ? nullptr : take(targets_ * stride);
    return s;
  }

  void start(const Scratch& s, int64_t stride) const {
    for (size_t t = 0; t < targets_; ++t) std::fill_n(s.acc + static_cast<int64_t>(t) * stride, stride, base_first_ ? base_[t] : A{0});
    if (s.seen) std::memset(s.seen, 0, targets_ * static_cast<size_t>(stride));
  }

  void finish(const Scratch& s, const Frame& f) const {
    O* out = f.at<O>(out_);
    const A trees = static_cast<A>(layout_.trees.size());
    for (size_t t = 0; t < targets_; ++t) {
      const A base = base_[t];
      for (int64_t r = 0; r < f.stride; ++r) {
        A value = s.acc[static_cast<int64_t>(t) * f.stride + r];
        if (aggregate_ == Aggregate::kAverage) value /= trees;
        out[static_cast<int64_t>(t) * f.stride + r] = static_cast<O>(base_first_ ? value : value + base);
      }
    }
  }

  // One leaf's values for one row.
  SK_INLINE void apply(const Scratch& s, const TreeLayout& tree, int32_t leaf, int64_t row, int64_t stride) const {
    if (sums_ && tree.single) {
      s.acc[tree.target * stride + row] += single_[static_cast<size_t>(leaf)];
      return;
    }
    const auto range = layout_.leaves[static_cast<size_t>(leaf)];
    for (int32_t k = range.begin; k < range.end; ++k) {
      const int64_t at = leaf_targets_[static_cast<size_t>(k)] * stride + row;
      const A value = values_[static_cast<size_t>(k)];
      if (sums_) {
        s.acc[at] += value;
      } else {
        const bool better = aggregate_ == Aggregate::kMin ? value < s.acc[at] : value > s.acc[at];
        if (better || s.seen[at] == 0) s.acc[at] = value;
        s.seen[at] = 1;
      }
    }
  }

  void run_row(const Frame& f, const Scratch& s) const {
    const I* in = f.at<I>(in_);
    const T* x;
    if constexpr (std::is_same_v<I, T>) {
      x = in;
    } else {
      for (size_t c = 0; c < columns_; ++c) s.values[c] = static_cast<T>(in[c]);
      x = s.values;
    }
    bool nan = false;
    if (layout_.any_missing)
      for (size_t c = 0; c < columns_; ++c) nan |= x[c] != x[c];
    if (nan) walk_row<true>(x, s);
    else walk_row<false>(x, s);
  }

  template <bool kMissing>
  void walk_row(const T* x, const Scratch& s) const {
    const TreeLayout* trees = layout_.trees.data();
    const size_t count = layout_.trees.size();
    A total = s.acc[0];
    int32_t leaf[kRowTrees];
    for (size_t i = 0; i < count;) {
      int n = 1;
      const bool group = i + kRowTrees <= count && side_by_side(trees + i);
      if (group) n = kRowTrees;
      if (group && trees[i].kind == TreeKind::kComplete) {
        walk_row_complete<kRowTrees, kMissing>(layout_, trees + i, x, leaf);
      } else if (group) {
        walk_row_linked<kRowTrees>(layout_, trees + i, x, leaf);
      } else if (trees[i].kind == TreeKind::kComplete) {
        walk_row_complete<1, kMissing>(layout_, trees + i, x, leaf);
      } else if (trees[i].kind == TreeKind::kLinked) {
        walk_row_linked<1>(layout_, trees + i, x, leaf);
      } else {
        leaf[0] = walk_general(layout_.general.data(), trees[i].first, x, 1);
      }
      if (one_target_) {
        for (int j = 0; j < n; ++j) total += single_[static_cast<size_t>(leaf[j])];
      } else {
        for (int j = 0; j < n; ++j) apply(s, trees[i + static_cast<size_t>(j)], leaf[j], 0, 1);
      }
      i += static_cast<size_t>(n);
    }
    if (one_target_) s.acc[0] = total;
  }
  static bool side_by_side(const TreeLayout* trees) {
    for (int j = 0; j < kRowTrees; ++j)
      if (trees[j].kind != trees[0].kind || trees[j].depth != trees[0].depth) return false;
    return trees[0].kind != TreeKind::kGeneral;
  }

  void run_chunk(const Frame& f, const Scratch& s) const {
    fill_({f.at<I>(in_), s.values, s.has_nan, static_cast<int64_t>(columns_), f.stride});
    const TreeBlocks<T> blocks{s.values, layout_.any_missing ? s.has_nan : nullptr, static_cast<int64_t>(columns_), f.stride / kLanes};
    for (const TreeLayout& tree : layout_.trees) {
      walks_.by_kind[static_cast<int>(tree.kind)]({&layout_, &tree, blocks, s.leaf});
      if (sums_ && tree.single) {
        add_({single_.data(), s.leaf, s.acc + tree.target * static_cast<int64_t>(f.stride), f.stride});
      } else {
        for (int64_t r = 0; r < f.stride; ++r) apply(s, tree, s.leaf[r], r, f.stride);
      }
    }
  }

  uint32_t in_, out_;
  size_t columns_, targets_;
  Aggregate aggregate_;
  bool base_first_, sums_, one_target_;
  TreesLayout<T> layout_;
  std::vector<int32_t> leaf_targets_;
  std::vector<A> base_, values_;
  std::vector<A> single_;  // by leaf: its first value
  TreeWalks<T> walks_;
  typename Fill::Function fill_;
  typename Add::Function add_;
};

template <class I, class T, class A>
std::unique_ptr<Step> make_output(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  if (p.registers[s.output].element == Element::kF32) return std::make_unique<TreesStep<I, T, A, float>>(s, p, isa);
  return std::make_unique<TreesStep<I, T, A, double>>(s, p, isa);
}
template <class I, class T>
std::unique_ptr<Step> make_sum(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  return s.trees->accumulate_f64 ? make_output<I, T, double>(s, p, isa) : make_output<I, T, float>(s, p, isa);
}

}  // namespace

std::unique_ptr<Step> make_trees(const StepSpec& s, const CompiledProgram& p, Isa isa) {
  // float32 values may be compared with float64 thresholds as float32: the layout makes the thresholds fit.
  if (p.registers[s.operands[0]].element == Element::kF32) return make_sum<float, float>(s, p, isa);
  return s.trees->compare_f64 ? make_sum<double, double>(s, p, isa) : make_sum<double, float>(s, p, isa);
}

}  // namespace skewless::score
