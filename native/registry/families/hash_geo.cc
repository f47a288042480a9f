#include "exec/kernels.h"
#include "ops/geo.h"
#include "ops/hash.h"
#include "registry/catalogue.h"

namespace skewless {

void register_hash_geo(Catalogue& catalogue) {
  register_functions(ops::HashFunctions{}, "hashing", catalogue);
  register_functions(ops::GeoFunctions{}, "geo", catalogue);
}

}  // namespace skewless
