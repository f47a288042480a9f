#include "exec/kernels.h"
#include "ops/time.h"
#include "ops/time_calendar.h"
#include "ops/time_cyclic.h"
#include "registry/catalogue.h"

namespace skewless {

void register_time(Catalogue& catalogue) {
  register_functions(ops::TimeFunctions{}, "time", catalogue);
  register_functions(ops::TimeCalendarFunctions{}, "time", catalogue);
  register_functions(ops::TimeCyclicFunctions{}, "time", catalogue);
}

}  // namespace skewless
