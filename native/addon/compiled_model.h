// Compiled models as JavaScript holds them.
#pragma once
#include <napi.h>

namespace skewless::addon {

void export_score(Napi::Env env, Napi::Object& exports);

}  // namespace skewless::addon
