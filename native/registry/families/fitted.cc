#include "exec/kernels.h"
#include "ops/fitted.h"
#include "registry/catalogue.h"

namespace skewless {

void register_fitted(Catalogue& catalogue) {
  register_functions(ops::FittedFunctions{}, "fitted kernels", catalogue);
}

}  // namespace skewless
