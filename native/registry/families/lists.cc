#include "exec/kernels.h"
#include "ops/list_stats.h"
#include "ops/list_window.h"
#include "ops/lists.h"
#include "ops/vectorize.h"
#include "ops/vectors.h"
#include "registry/catalogue.h"

namespace skewless {

void register_lists(Catalogue& catalogue) {
  register_functions(ops::ListFunctions{}, "lists", catalogue);
  register_functions(ops::ListStatsFunctions{}, "lists", catalogue);
  register_functions(ops::ListWindowFunctions{}, "lists", catalogue);
  register_functions(ops::VectorFunctions{}, "vectors", catalogue);
  register_functions(ops::VectorizeFunctions{}, "vectors", catalogue);
}

}  // namespace skewless
