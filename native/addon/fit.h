// Fitting's inner loops, on the caller's thread: a batch takes microseconds; selection tens of milliseconds a million.
#pragma once
#include <napi.h>

namespace skewless::addon {

void export_fit(Napi::Env env, Napi::Object exports);

}  // namespace skewless::addon
