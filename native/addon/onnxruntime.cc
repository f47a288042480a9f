#include "addon/onnxruntime.h"

namespace skewless::addon {

void export_runtime(Napi::Env, Napi::Object&) {}

}  // namespace skewless::addon
