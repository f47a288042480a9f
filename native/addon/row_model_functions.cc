// A row model without a predictor around it: JavaScript writes the vector into its block, runs it, reads the outputs.
#include <napi.h>

#include <chrono>

#include "addon/bound_function.h"
#include "addon/onnxruntime.h"
#include "addon/row_model_object.h"

namespace skewless::addon {
namespace {

napi_value status(napi_env env, score::RowStatus value) {
  napi_value out;
  napi_create_uint32(env, static_cast<uint32_t>(value), &out);
  return out;
}

// run(): RowStatus
napi_value run(napi_env env, napi_callback_info info) { return status(env, bound_object<score::RowModel>(env, info).run(0)); }

// runWithin(microseconds: number): RowStatus
napi_value run_within(napi_env env, napi_callback_info info) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  size_t argc = 1;
  napi_value argument;
  auto& model = bound_object<score::RowModel>(env, info, &argc, &argument);
  double micros = 0;
  if (argc != 1 || napi_get_value_double(env, argument, &micros) != napi_ok || !(micros > 0) || micros > 1e12) {
    napi_throw_range_error(env, nullptr, "runWithin(microseconds): a positive number of at most 1e12");
    return nullptr;
  }
  return status(env, model.run(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() + static_cast<int64_t>(micros * 1000)));
}

// message(): string
napi_value message(napi_env env, napi_callback_info info) {
  napi_value out = nullptr;
  napi_create_string_utf8(env, bound_object<score::RowModel>(env, info).message(), NAPI_AUTO_LENGTH, &out);
  return out;
}

// rowModelFunctions(handle): { run, runWithin, message }
Napi::Value row_model_functions(const Napi::CallbackInfo& info) {
  const auto& model = unwrap_row_model(info[0]);
  Napi::Object out = Napi::Object::New(info.Env());
  add_bound_function(info.Env(), out, "run", run, model);
  add_bound_function(info.Env(), out, "runWithin", run_within, model);
  add_bound_function(info.Env(), out, "message", message, model);
  return out;
}

}  // namespace

void export_row_model_functions(Napi::Env env, Napi::Object& exports) {
  exports.Set("rowModelFunctions", Napi::Function::New(env, row_model_functions));
}

}  // namespace skewless::addon
