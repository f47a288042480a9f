#pragma once
#include <napi.h>

namespace skewless::addon {

void export_predictor(Napi::Env env, Napi::Object& exports);

}  // namespace skewless::addon
