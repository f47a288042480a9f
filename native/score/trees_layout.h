// Tree ensembles laid out for the walks.
//
// Every numeric comparison becomes "x < threshold" with children "less" and "not less": x <= t is x < the next number
// above t, x > t and x >= t swap their children, a float64 threshold over float32 values becomes the least float32 not
// below it. NaN is not less than anything; where it must go to "less" the node says so.
#pragma once
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "score/compiled_program.h"

namespace skewless::score {

constexpr int kRowTrees = 8;       // trees that a row walks side by side
constexpr int kMaxCompleteDepth = 9;

template <class T>
class AlignedArray {
 public:
  void resize(size_t n, T value) {
    data_.reset(static_cast<T*>(::operator new(n * sizeof(T) + 64, std::align_val_t{64})));
    for (size_t i = 0; i < n; ++i) data_[i] = value;
  }
  T& operator[](size_t i) { return data_[i]; }
  const T* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete(p, std::align_val_t{64}); }
  };
  std::unique_ptr<T[], Free> data_;
};

enum class TreeKind : uint8_t {
  kComplete,  // nodes 1 to 2^depth - 1 by level, children of i at 2 i and 2 i + 1, shallow leaves repeated
  kLinked,    // numeric nodes of any depth: siblings side by side, leaves lead to themselves
  kGeneral,   // any comparison
};

struct TreeLayout {
  TreeKind kind;
  uint8_t depth;   // kComplete
  bool single;     // every leaf has one value, all of them for `target`
  int32_t target;
  int32_t levels;  // kLinked: longest way to a leaf
  size_t first;    // kComplete: 2^depth slots in `thresholds` and its like, at least 16; else the root's place
  int32_t leaves;  // number of its first leaf
};

template <class T>
struct LinkedNode {
  T threshold;
  int32_t feature;
  int32_t less;     // "not less" is the next
  int32_t leaf;     // number of the leaf, at leaves
  int32_t missing;  // 1: NaN goes to "less"
};

template <class T>
struct GeneralNode {
  T threshold;
  NodeMode mode;
  uint8_t missing_yes, zero_missing;
  int32_t feature;
  int32_t yes, no;  // places in `general`; at leaves `yes` is the leaf's number
  uint64_t set_bits;
  const uint32_t* set;  // into `sets`
};

// T: what values are compared as.
template <class T>
struct TreesLayout {
  std::vector<TreeLayout> trees;
  // kComplete, for a row: threshold and column side by side.
  struct RowNode {
    T threshold;
    int32_t feature;
  };
  AlignedArray<RowNode> row_nodes;
  AlignedArray<uint8_t> missing;  // 1: NaN goes to "less"
  // kComplete, for chunks: columns times kLanes; in `signed_offsets` bit 31 is `missing`.
  AlignedArray<T> thresholds;
  AlignedArray<int32_t> offsets, signed_offsets;
  std::vector<LinkedNode<T>> linked;
  std::vector<GeneralNode<T>> general;
  std::vector<std::vector<uint32_t>> sets;
  // Of all leaves by their numbers: what the ensemble's leaf targets and values hold for them.
  struct LeafRange {
    int32_t begin, end;
  };
  std::vector<LeafRange> leaves;
  bool any_missing = false;  // some node of a numeric tree sends NaN to "less"

  explicit TreesLayout(const TreeEnsemble& trees);
};

}  // namespace skewless::score
