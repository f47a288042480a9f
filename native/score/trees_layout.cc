#include "score/trees_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "score/compiled_step.h"

namespace skewless::score {
namespace {

// A node as "x < threshold". Where `swapped`, "less" is `no`.
template <class T>
struct Less {
  T threshold;
  bool swapped;
};

// The least T not below t; for T = double t itself.
template <class T>
T round_up(double t) {
  const T near = static_cast<T>(t);
  return static_cast<double>(near) < t ? std::nextafter(near, std::numeric_limits<T>::infinity()) : near;
}

// `rounded`: thresholds are rounded to T before they are compared, else values are widened to float64.
template <class T>
Less<T> as_less(NodeMode mode, double threshold, bool rounded) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const bool swapped = mode == NodeMode::kGt || mode == NodeMode::kGe;
  const bool inclusive = mode == NodeMode::kLe || mode == NodeMode::kGt;
  if (rounded) threshold = static_cast<double>(static_cast<T>(threshold));
  // Nothing compares with NaN: the answer is `no`, and nothing is less than -infinity.
  if (threshold != threshold) return {-kInfinity, false};
  const T up = round_up<T>(threshold);
  if (!inclusive || static_cast<double>(up) > threshold) return {up, swapped};
  // x <= infinity holds for all numbers: "not less than -infinity".
  if (up == kInfinity) return {-kInfinity, !swapped};
  return {std::nextafter(up, kInfinity), swapped};
}

bool is_numeric(const TreeEnsemble& t, size_t node) {
  const auto mode = static_cast<NodeMode>(t.modes[node]);
  return mode <= NodeMode::kGe && (t.zero_missing.empty() || t.zero_missing[node] == 0);
}

struct TreeFacts {
  std::vector<int32_t> nodes;  // as a walk with "yes" first meets them
  int depth = 0;
  size_t leaves = 0;
  bool numeric = true;
  bool single = true;
  int32_t target = -1;
};

TreeFacts facts_of(const TreeEnsemble& t, int32_t root) {
  TreeFacts facts;
  std::vector<std::pair<int32_t, int>> open{{root, 0}};
  while (!open.empty()) {
    const auto [node, depth] = open.back();
    open.pop_back();
    facts.nodes.push_back(node);
    facts.depth = std::max(facts.depth, depth);
    const auto i = static_cast<size_t>(node);
    if (static_cast<NodeMode>(t.modes[i]) != NodeMode::kLeaf) {
      facts.numeric = facts.numeric && is_numeric(t, i);
      open.push_back({t.no[i], depth + 1});
      open.push_back({t.yes[i], depth + 1});
      continue;
    }
    ++facts.leaves;
    if (t.leaf_starts[i + 1] - t.leaf_starts[i] != 1) {
      facts.single = false;
    } else {
      const int32_t target = t.leaf_targets[static_cast<size_t>(t.leaf_starts[i])];
      if (facts.target < 0) facts.target = target;
      facts.single = facts.single && facts.target == target;
    }
  }
  return facts;
}

// Repeated leaves cost memory: at most four places a leaf beyond a depth of 6.
bool fits_complete(const TreeFacts& f) {
  return f.numeric && f.depth <= kMaxCompleteDepth && (f.depth <= 6 || (size_t{1} << f.depth) <= 4 * f.leaves);
}

template <class T>
class Builder {
 public:
  Builder(const TreeEnsemble& t, TreesLayout<T>& out) : t_(t), out_(out), rounded_(!t.compare_f64) { out_.sets = t.sets; }

  void build() {
    std::vector<TreeFacts> facts;
    size_t slots = 0;
    for (const int32_t root : t_.roots) facts.push_back(facts_of(t_, root));
    level_groups(facts);
    for (const TreeFacts& f : facts)
      if (fits_complete(f)) slots += std::max<size_t>(size_t{1} << f.depth, kLanes);
    constexpr T kNever = -std::numeric_limits<T>::infinity();
    out_.row_nodes.resize(slots, {kNever, 0});
    out_.missing.resize(slots, 0);
    out_.thresholds.resize(slots, kNever);
    out_.offsets.resize(slots, 0);
    out_.signed_offsets.resize(slots, 0);
    for (size_t i = 0; i < facts.size(); ++i) add_tree(facts[i], t_.roots[i]);
  }

 private:
  // A row walks kRowTrees trees side by side, which needs one depth of them all.
  static void level_groups(std::vector<TreeFacts>& facts) {
    for (size_t i = 0; i + kRowTrees <= facts.size(); i += kRowTrees) {
      int depth = 0;
      bool complete = true;
      for (size_t k = i; k < i + kRowTrees; ++k) {
        complete = complete && fits_complete(facts[k]);
        depth = std::max(depth, facts[k].depth);
      }
      if (!complete) continue;
      for (size_t k = i; k < i + kRowTrees; ++k) {
        const int own = std::exchange(facts[k].depth, depth);
        if (!fits_complete(facts[k])) facts[k].depth = own;
      }
    }
  }

  void add_tree(const TreeFacts& f, int32_t root) {
    TreeLayout tree{};
    tree.single = f.single;
    tree.target = std::max(f.target, 0);
    tree.leaves = static_cast<int32_t>(out_.leaves.size());
    if (fits_complete(f)) {
      tree.kind = TreeKind::kComplete;
      tree.depth = static_cast<uint8_t>(f.depth);
      tree.first = slots_;
      slots_ += std::max<size_t>(size_t{1} << f.depth, kLanes);
      complete(tree.first, 1, f.depth, root);
    } else if (f.numeric) {
      tree.kind = TreeKind::kLinked;
      tree.levels = f.depth;
      tree.first = out_.linked.size();
      linked(root);
    } else {
      tree.kind = TreeKind::kGeneral;
      tree.first = out_.general.size();
      general(f);
    }
    out_.trees.push_back(tree);
  }

  int32_t add_leaf(size_t node) {
    out_.leaves.push_back({t_.leaf_starts[node], t_.leaf_starts[node + 1]});
    return static_cast<int32_t>(out_.leaves.size()) - 1;
  }

  struct Split {
    T threshold;
    int32_t less, not_less;
    bool missing;  // NaN goes to "less"
  };
  Split split_of(size_t node) {
    const Less<T> l = as_less<T>(static_cast<NodeMode>(t_.modes[node]), t_.thresholds[node], rounded_);
    const bool missing_yes = t_.missing_yes[node] != 0;
    Split s{l.threshold, t_.yes[node], t_.no[node], missing_yes};
    if (l.swapped) s = {l.threshold, t_.no[node], t_.yes[node], !missing_yes};
    out_.any_missing = out_.any_missing || s.missing;
    return s;
  }

  // Leaves get their numbers from left to right at the tree's full depth.
  void complete(size_t first, size_t place, int levels, int32_t node) {
    const auto i = static_cast<size_t>(node);
    if (levels == 0) {
      add_leaf(i);
    } else if (static_cast<NodeMode>(t_.modes[i]) == NodeMode::kLeaf) {
      complete(first, 2 * place, levels - 1, node);
      complete(first, 2 * place + 1, levels - 1, node);
    } else {
      const Split s = split_of(i);
      const size_t at = first + place;
      const int32_t offset = t_.features[i] * kLanes;
      out_.row_nodes[at] = {s.threshold, t_.features[i]};
      out_.missing[at] = s.missing;
      out_.thresholds[at] = s.threshold;
      out_.offsets[at] = offset;
      out_.signed_offsets[at] = s.missing ? static_cast<int32_t>(static_cast<uint32_t>(offset) | 0x80000000u) : offset;
      complete(first, 2 * place, levels - 1, s.less);
      complete(first, 2 * place + 1, levels - 1, s.not_less);
    }
  }

  void linked(int32_t root) {
    std::vector<std::pair<int32_t, size_t>> open{{root, out_.linked.size()}};
    out_.linked.push_back({});
    while (!open.empty()) {
      const auto [node, at] = open.back();
      open.pop_back();
      const auto i = static_cast<size_t>(node);
      if (static_cast<NodeMode>(t_.modes[i]) == NodeMode::kLeaf) {
        // Nothing is less than -infinity: the next node is this one again.
        out_.linked[at] = {-std::numeric_limits<T>::infinity(), 0, static_cast<int32_t>(at) - 1, add_leaf(i), 0};
        continue;
      }
      const Split s = split_of(i);
      const size_t children = out_.linked.size();
      out_.linked.push_back({});
      out_.linked.push_back({});
      out_.linked[at] = {s.threshold, t_.features[i], static_cast<int32_t>(children), -1, s.missing ? 1 : 0};
      open.push_back({s.not_less, children + 1});
      open.push_back({s.less, children});
    }
  }

  void general(const TreeFacts& f) {
    std::vector<std::pair<int32_t, int32_t>> places;
    const auto first = static_cast<int32_t>(out_.general.size());
    for (size_t k = 0; k < f.nodes.size(); ++k) places.push_back({f.nodes[k], first + static_cast<int32_t>(k)});
    std::sort(places.begin(), places.end());
    const auto place_of = [&](int32_t node) {
      return std::lower_bound(places.begin(), places.end(), std::pair<int32_t, int32_t>{node, 0})->second;
    };
    for (const int32_t node : f.nodes) {
      const auto i = static_cast<size_t>(node);
      GeneralNode<T> n{};
      n.mode = static_cast<NodeMode>(t_.modes[i]);
      if (n.mode == NodeMode::kLeaf) {
        n.yes = add_leaf(i);
      } else {
        n.missing_yes = t_.missing_yes[i];
        n.zero_missing = t_.zero_missing.empty() ? 0 : t_.zero_missing[i];
        n.feature = t_.features[i];
        n.yes = place_of(t_.yes[i]);
        n.no = place_of(t_.no[i]);
        if (n.mode == NodeMode::kIn) {
          const auto& set = out_.sets[static_cast<size_t>(t_.thresholds[i])];
          n.set = set.data();
          n.set_bits = uint64_t{set.size()} * 32;
        } else if (n.mode == NodeMode::kEq || n.mode == NodeMode::kNe) {
          // A threshold between two values of T equals none of them.
          const T t = static_cast<T>(t_.thresholds[i]);
          n.threshold = rounded_ || static_cast<double>(t) == t_.thresholds[i] ? t : std::numeric_limits<T>::quiet_NaN();
        } else {
          const Less<T> l = as_less<T>(n.mode, t_.thresholds[i], rounded_);
          n.threshold = l.threshold;
          if (l.swapped) {
            std::swap(n.yes, n.no);
            n.missing_yes = n.missing_yes == 0;
          }
          n.mode = NodeMode::kLt;
        }
      }
      out_.general.push_back(n);
    }
  }

  const TreeEnsemble& t_;
  TreesLayout<T>& out_;
  bool rounded_;
  size_t slots_ = 0;
};

}  // namespace

template <class T>
TreesLayout<T>::TreesLayout(const TreeEnsemble& t) {
  Builder<T>(t, *this).build();
}

template struct TreesLayout<float>;
template struct TreesLayout<double>;

}  // namespace skewless::score
