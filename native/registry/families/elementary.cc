#include "exec/kernels.h"
#include "ops/elementary.h"
#include "registry/catalogue.h"

namespace skewless {

void register_elementary(Catalogue& catalogue) {
  register_functions(ops::ElementaryFunctions{}, "elementary", catalogue);
}

}  // namespace skewless
