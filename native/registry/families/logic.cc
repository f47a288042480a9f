#include "exec/kernels.h"
#include "exec/special_forms.h"
#include "ops/logic.h"
#include "ops/nulls.h"
#include "registry/catalogue.h"

namespace skewless {

void register_logic(Catalogue& catalogue) {
  register_functions(ops::LogicFunctions{}, "logic and nulls", catalogue);
  register_functions(ops::NullFunctions{}, "logic and nulls", catalogue);
  special::register_all(catalogue);
}

}  // namespace skewless
