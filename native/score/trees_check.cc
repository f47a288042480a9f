#include "score/compiled_program.h"

namespace skewless::score {
namespace {

class Checker {
 public:
  Checker(const TreeEnsemble& trees, uint32_t features, int64_t step) : t_(trees), features_(features), step_(step) {}

  void check() {
    check_sizes();
    for (size_t i = 0; i < t_.modes.size(); ++i) check_node(i);
    check_shape();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { invalid("the trees' " + what, step_); }
  [[noreturn]] void fail_at(size_t node, const std::string& what) const { invalid("tree node " + std::to_string(node) + " " + what, step_); }

  void same_size(size_t size, const char* what) const {
    if (size != t_.modes.size()) fail(std::string(what) + " are " + std::to_string(size) + " for " + std::to_string(t_.modes.size()) + " nodes");
  }

  void check_sizes() const {
    if (t_.modes.size() > 0x7ffffff0) fail("nodes are too many");
    same_size(t_.features.size(), "features");
    same_size(t_.thresholds.size(), "thresholds");
    same_size(t_.yes.size(), "branches");
    same_size(t_.no.size(), "branches");
    same_size(t_.missing_yes.size(), "missing branches");
    if (!t_.zero_missing.empty()) same_size(t_.zero_missing.size(), "zero branches");
    if (t_.leaf_starts.size() != t_.modes.size() + 1) fail("leaf starts do not fit the nodes");
    if (t_.leaf_targets.size() != t_.leaf_values.size() || t_.leaf_values.size() > 0x7ffffff0) fail("leaf values do not fit their targets");
    if (t_.targets == 0 || t_.base.size() != t_.targets) fail("base values do not fit the targets");
    if (t_.leaf_starts.front() != 0 || static_cast<size_t>(t_.leaf_starts.back()) != t_.leaf_values.size()) fail("leaf starts do not cover the leaf values");
    for (const int32_t target : t_.leaf_targets)
      if (target < 0 || static_cast<uint32_t>(target) >= t_.targets) fail("leaf target " + std::to_string(target) + " does not exist");
    if (t_.base_first && t_.aggregate != Aggregate::kSum) fail("base values can come first in a sum only");
    if (t_.aggregate == Aggregate::kAverage && t_.roots.empty()) fail("average is of no trees");
  }

  void check_node(size_t i) const {
    const uint8_t mode = t_.modes[i];
    if (mode > static_cast<uint8_t>(NodeMode::kIn)) fail_at(i, "has the unknown mode " + std::to_string(mode));
    if (t_.leaf_starts[i + 1] < t_.leaf_starts[i]) fail_at(i, "has a negative number of leaf values");
    if (t_.missing_yes[i] > 1 || (!t_.zero_missing.empty() && t_.zero_missing[i] > 1)) fail_at(i, "has a flag that is neither 0 nor 1");
    if (static_cast<NodeMode>(mode) == NodeMode::kLeaf) return;
    if (t_.leaf_starts[i + 1] != t_.leaf_starts[i]) fail_at(i, "is no leaf but has leaf values");
    if (t_.features[i] < 0 || static_cast<uint32_t>(t_.features[i]) >= features_) {
      fail_at(i, "reads column " + std::to_string(t_.features[i]) + " of " + std::to_string(features_));
    }
    check_reference(i, t_.yes[i]);
    check_reference(i, t_.no[i]);
    if (static_cast<NodeMode>(mode) == NodeMode::kIn) {
      const double set = t_.thresholds[i];
      if (!(set >= 0) || set >= static_cast<double>(t_.sets.size()) || set != static_cast<double>(static_cast<uint32_t>(set))) {
        fail_at(i, "names a category set that does not exist");
      }
    }
  }

  void check_reference(size_t node, int32_t to) const {
    if (to < 0 || static_cast<size_t>(to) >= t_.modes.size()) fail_at(node, "leads to node " + std::to_string(to) + ", which does not exist");
  }

  // Each node is reached at most once from all roots together, so there is neither a loop nor a shared branch.
  void check_shape() const {
    std::vector<uint8_t> seen(t_.modes.size());
    std::vector<int32_t> open;
    const auto visit = [&](int32_t node) {
      if (seen[static_cast<size_t>(node)]) fail_at(static_cast<size_t>(node), "is reached twice");
      seen[static_cast<size_t>(node)] = 1;
      open.push_back(node);
    };
    for (const int32_t root : t_.roots) {
      if (root < 0 || static_cast<size_t>(root) >= t_.modes.size()) fail("root " + std::to_string(root) + " does not exist");
      visit(root);
      while (!open.empty()) {
        const auto node = static_cast<size_t>(open.back());
        open.pop_back();
        if (static_cast<NodeMode>(t_.modes[node]) == NodeMode::kLeaf) continue;
        visit(t_.no[node]);
        visit(t_.yes[node]);
      }
    }
  }

  const TreeEnsemble& t_;
  uint32_t features_;
  int64_t step_;
};

}  // namespace

void check_trees(const TreeEnsemble& trees, uint32_t features, int64_t step) { Checker(trees, features, step).check(); }

}  // namespace skewless::score
