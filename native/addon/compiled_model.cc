#include "addon/compiled_model.h"

namespace skewless::addon {

void export_score(Napi::Env, Napi::Object&) {}

}  // namespace skewless::addon
