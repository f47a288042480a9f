#pragma once
#include <napi.h>

namespace skewless::addon {

void export_runtime(Napi::Env env, Napi::Object& exports);

}  // namespace skewless::addon
