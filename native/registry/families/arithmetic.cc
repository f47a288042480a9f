#include "exec/kernels.h"
#include "ops/arithmetic.h"
#include "ops/rounding.h"
#include "ops/comparison.h"
#include "ops/cast.h"
#include "registry/catalogue.h"

namespace skewless {

void register_arithmetic(Catalogue& catalogue) {
  register_functions(ops::ArithmeticFunctions{}, "arithmetic", catalogue);
  register_functions(ops::RoundingFunctions{}, "rounding", catalogue);
  register_functions(ops::ComparisonFunctions{}, "comparison", catalogue);
  register_functions(ops::CastFunctions{}, "casts", catalogue);
}

}  // namespace skewless
