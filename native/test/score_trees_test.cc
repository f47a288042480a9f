// Layouts of trees: every comparison as "x < threshold", one node at a time against the comparison itself, and all
// shapes through all walks.
#include <cmath>
#include <limits>
#include <random>

#include "score/trees_walk.h"
#include "test/check.h"

namespace skewless::test {
namespace {

using score::Aggregate;
using score::NodeMode;
using score::TreeEnsemble;
using score::TreeKind;
using score::TreesLayout;

constexpr double kInf = std::numeric_limits<double>::infinity();

bool holds(NodeMode mode, double x, double threshold) {
  switch (mode) {
    case NodeMode::kLt: return x < threshold;
    case NodeMode::kLe: return x <= threshold;
    case NodeMode::kGt: return x > threshold;
    case NodeMode::kGe: return x >= threshold;
    case NodeMode::kEq: return x == threshold;
    default: return x != threshold;
  }
}

// A root with two leaves, numbered 0 for yes and 1 for no by their values.
TreeEnsemble stump(NodeMode mode, double threshold, bool missing_yes, bool f64) {
  TreeEnsemble t{};
  t.targets = 1;
  t.compare_f64 = f64;
  t.roots = {0};
  t.modes = {static_cast<uint8_t>(mode), 0, 0};
  t.features = {0, 0, 0};
  t.thresholds = {threshold, 0, 0};
  t.yes = {1, 0, 0};
  t.no = {2, 0, 0};
  t.missing_yes = {static_cast<uint8_t>(missing_yes), 0, 0};
  t.leaf_starts = {0, 0, 1, 2};
  t.leaf_targets = {0, 0};
  t.leaf_values = {1, 0};
  t.base = {0};
  return t;
}

template <class T>
int32_t leaf_of(const TreesLayout<T>& l, const T* x) {
  int32_t leaf = 0;
  const auto& tree = l.trees[0];
  if (tree.kind == TreeKind::kComplete) score::walk_row_complete<1, true>(l, &tree, x, &leaf);
  else if (tree.kind == TreeKind::kLinked) score::walk_row_linked<1>(l, &tree, x, &leaf);
  else leaf = score::walk_general(l.general.data(), tree.first, x, 1);
  return l.leaves[static_cast<size_t>(leaf)].begin;
}

template <class T>
void test_stumps(bool f64) {
  const double thresholds[] = {0.0, -0.0, 0.5, 1, -1, 0.1, 1e-45, -1e-45, 1e-46, -1e-46, 3.4028234663852886e38, -3.4028234663852886e38, 3.5e38, -3.5e38,
                               1e300, -1e300, kInf, -kInf, std::nan(""), 16777217, 1.0000000000000002};
  const NodeMode modes[] = {NodeMode::kLt, NodeMode::kLe, NodeMode::kGt, NodeMode::kGe, NodeMode::kEq, NodeMode::kNe};
  for (const double threshold : thresholds) {
    // The threshold itself, its neighbours, and everything else of the list.
    std::vector<T> values{std::numeric_limits<T>::quiet_NaN()};
    for (const double v : thresholds) {
      const T near = static_cast<T>(v);
      values.insert(values.end(), {near, std::nextafter(near, std::numeric_limits<T>::infinity()), std::nextafter(near, -std::numeric_limits<T>::infinity())});
    }
    for (const NodeMode mode : modes) {
      for (const bool missing_yes : {false, true}) {
        const TreeEnsemble t = stump(mode, threshold, missing_yes, f64);
        const TreesLayout<T> layout(t);
        const double compared = f64 ? threshold : static_cast<double>(static_cast<float>(threshold));
        for (const T x : values) {
          const bool yes = x != x ? missing_yes : holds(mode, static_cast<double>(x), compared);
          CHECK(leaf_of(layout, &x) == (yes ? 0 : 1));
        }
      }
    }
  }
}

// A random tree; with `chain` one side of every node is a leaf.
int32_t grow(TreeEnsemble& t, std::mt19937& rng, int depth, bool chain) {
  const auto at = static_cast<int32_t>(t.modes.size());
  const bool leaf = depth == 0;
  t.modes.push_back(leaf ? 0 : static_cast<uint8_t>(1 + rng() % 4));
  t.features.push_back(leaf ? 0 : static_cast<int32_t>(rng() % 3));
  t.thresholds.push_back(static_cast<double>(rng() % 9) / 2 - 2);
  t.missing_yes.push_back(rng() % 2);
  t.yes.push_back(0);
  t.no.push_back(0);
  if (leaf) {
    t.leaf_targets.push_back(0);
    t.leaf_values.push_back(at);
  }
  t.leaf_starts.push_back(static_cast<int32_t>(t.leaf_values.size()));
  if (leaf) return at;
  const int32_t yes = grow(t, rng, depth - 1, chain);
  const int32_t no = grow(t, rng, chain ? 0 : depth - 1, chain);
  t.yes[static_cast<size_t>(at)] = yes;
  t.no[static_cast<size_t>(at)] = no;
  return at;
}

int32_t naive_leaf(const TreeEnsemble& t, const float* x) {
  size_t node = static_cast<size_t>(t.roots[0]);
  while (t.modes[node] != 0) {
    const float v = x[t.features[node]];
    const bool yes = v != v ? t.missing_yes[node] != 0 : holds(static_cast<NodeMode>(t.modes[node]), v, static_cast<float>(t.thresholds[node]));
    node = static_cast<size_t>(yes ? t.yes[node] : t.no[node]);
  }
  return t.leaf_starts[node];
}

void test_shapes() {
  std::mt19937 rng(5);
  const Isa isas[] = {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512};
  int available = 1;
#ifdef SK_X86_VARIANTS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) available = 2;
  if (available == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) available = 3;
#endif
  int kinds[3] = {};
  for (int depth = 0; depth <= 14; ++depth) {
    for (const bool chain : {false, true}) {
      if (!chain && depth > 10) continue;
      TreeEnsemble t{};
      t.targets = 1;
      t.leaf_starts = {0};
      t.base = {0};
      t.roots = {grow(t, rng, depth, chain)};
      score::check_trees(t, 3, 0);
      const TreesLayout<float> layout(t);
      ++kinds[static_cast<int>(layout.trees[0].kind)];
      constexpr int kBlocks = 3;
      alignas(64) float blocks[kBlocks * 3 * score::kLanes];
      uint8_t has_nan[kBlocks] = {1, 0, 1};
      for (int i = 0; i < kBlocks * 3 * score::kLanes; ++i) {
        const bool nan = rng() % 5 == 0 && has_nan[i / (3 * score::kLanes)];
        blocks[i] = nan ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(rng() % 11) / 2 - 2.5f;
      }
      for (int k = 0; k < available; ++k) {
        int32_t leaf[kBlocks * score::kLanes];
        const auto walks = score::TreeWalks<float>::pick(isas[k]);
        walks.by_kind[static_cast<int>(layout.trees[0].kind)]({&layout, &layout.trees[0], {blocks, has_nan, 3, kBlocks}, leaf});
        for (int r = 0; r < kBlocks * score::kLanes; ++r) {
          float x[3];
          for (int c = 0; c < 3; ++c) x[c] = blocks[(r / score::kLanes * 3 + c) * score::kLanes + r % score::kLanes];
          CHECK(layout.leaves[static_cast<size_t>(leaf[r])].begin == naive_leaf(t, x));
          CHECK(leaf_of(layout, x) == naive_leaf(t, x));
        }
      }
    }
  }
  CHECK(kinds[0] > 5 && kinds[1] > 5);
}

// Eight trees of several depths become complete trees of one depth.
void test_groups() {
  std::mt19937 rng(6);
  TreeEnsemble t{};
  t.targets = 1;
  t.leaf_starts = {0};
  t.base = {0};
  for (int i = 0; i < score::kRowTrees; ++i) t.roots.push_back(grow(t, rng, 1 + i % 5, false));
  const TreesLayout<float> layout(t);
  for (const auto& tree : layout.trees) CHECK(tree.kind == TreeKind::kComplete && tree.depth == 5);
}

}  // namespace
}  // namespace skewless::test

int main() {
  using namespace skewless::test;
  test_stumps<float>(false);
  test_stumps<float>(true);
  test_stumps<double>(true);
  test_shapes();
  test_groups();
  return finish("score_trees");
}
