#pragma once
#include <napi.h>

namespace skewless::addon {

void export_runtime(Napi::Env env, Napi::Object& exports);
// rowModelFunctions(handle): a row model of any kind as functions of JavaScript.
void export_row_model_functions(Napi::Env env, Napi::Object& exports);

}  // namespace skewless::addon
