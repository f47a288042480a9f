#include "addon/predictor.h"

namespace skewless::addon {

void export_predictor(Napi::Env, Napi::Object&) {}

}  // namespace skewless::addon
