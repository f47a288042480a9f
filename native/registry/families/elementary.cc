#include "exec/kernels.h"
#if __has_include("ops/elementary.h")
#include "ops/elementary.h"
#else
namespace skewless::ops { using ElementaryFunctions = FunctionList<>; }
#endif
#include "registry/catalogue.h"

namespace skewless {

void register_elementary(Catalogue& catalogue) {
  register_functions(ops::ElementaryFunctions{}, "elementary", catalogue);
}

}  // namespace skewless
