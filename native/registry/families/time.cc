#include "exec/kernels.h"
#include "ops/time.h"
#include "registry/catalogue.h"

namespace skewless {

void register_time(Catalogue& catalogue) {
  register_functions(ops::TimeFunctions{}, "time", catalogue);
}

}  // namespace skewless
