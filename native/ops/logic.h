// Logic on bool that follows the ordinary null rule. and, or and if decide about nulls and live with the
// executors.
#pragma once
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

struct Not {
  static constexpr Doc doc{"not", "x", "True for false and false for true.",
                           "[true] -> false; [null] -> null"};
  SK_INLINE bool call(bool x) const { return !x; }
};
struct Xor {
  static constexpr Doc doc{"xor", "x, y", "True when exactly one of the two is true.",
                           "[true, false] -> true; [true, true] -> false; [true, null] -> null"};
  SK_INLINE bool call(bool x, bool y) const { return x != y; }
};

using LogicFunctions = FunctionList<Not, Xor>;

}  // namespace skewless::ops
