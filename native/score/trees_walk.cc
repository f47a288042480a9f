#include "score/trees_walk.h"

namespace skewless::score {

template <class T>
TreeWalks<T> TreeWalks<T>::pick(Isa isa) {
  return {{Variants<CompleteWalk<T>>::pick(isa), Variants<LinkedWalk<T>>::pick(isa), Variants<GeneralWalk<T>>::pick(isa)}};
}

template struct TreeWalks<float>;
template struct TreeWalks<double>;

}  // namespace skewless::score
