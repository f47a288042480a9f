#include "score/trees_walk.h"

#include <utility>

#include "score/trees_walk_x86.h"

namespace skewless::score {

template <class T>
TreeWalks<T> TreeWalks<T>::pick(Isa isa) {
  TreeWalks out{{Variants<CompleteWalk<T>>::pick(isa), Variants<LinkedWalk<T>>::pick(isa), Variants<GeneralWalk<T>>::pick(isa)}};
#ifdef SK_X86_VARIANTS
  if constexpr (std::is_same_v<T, float>) {
    auto& complete = out.by_kind[static_cast<int>(TreeKind::kComplete)];
    if (isa == Isa::kAvx512) complete = x86::walk_complete_avx512;
    if (isa == Isa::kAvx2) complete = x86::walk_complete_avx2;
  }
#endif
  return out;
}

template struct TreeWalks<float>;
template struct TreeWalks<double>;

}  // namespace skewless::score
