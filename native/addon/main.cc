// The add-on's exports. src/native.ts is the only caller and states their types.
#include <napi.h>

#include "addon/compiled_model.h"
#include "addon/fit.h"
#include "addon/onnxruntime.h"
#include "addon/plan_object.h"
#include "addon/predictor.h"
#include "registry/catalogue.h"

namespace skewless::addon {
namespace {

const napi_type_tag kPlanTag = {0x5c3d90f1a86b4e27ULL, 0x9be4127d60fa83c5ULL};

Napi::Value catalogue(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Catalogue::instance().json());
}

Napi::Value isas(const Napi::CallbackInfo& info) {
  Napi::Array out = Napi::Array::New(info.Env());
  for (const char* name : available_isas()) out.Set(out.Length(), Napi::String::New(info.Env(), name));
  return out;
}

// compile(bytes: Uint8Array, isa: string): plan
Napi::Value compile(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsString()) {
    throw Napi::TypeError::New(env, "compile(bytes: Uint8Array, isa: string)");
  }
  const auto bytes = info[0].As<Napi::TypedArray>();
  if (bytes.TypedArrayType() != napi_uint8_array) throw Napi::TypeError::New(env, "the plan's bytes must be a Uint8Array");
  const Isa isa = isa_named(env, info[1].As<Napi::String>().Utf8Value());
  try {
    const auto u8 = bytes.As<Napi::Uint8Array>();
    return wrap_plan(env, CompiledPlan::compile(decode_program(u8.Data(), u8.ByteLength()), isa));
  } catch (const PlanError& e) {
    throw plan_error(env, e);
  } catch (const std::bad_alloc&) {
    throw plan_error(env, PlanError("OUT_OF_MEMORY", "the plan does not fit into memory"));
  }
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("catalogue", Napi::Function::New(env, catalogue));
  exports.Set("isas", Napi::Function::New(env, isas));
  exports.Set("compile", Napi::Function::New(env, compile));
  exports.Set("rowRunner", Napi::Function::New(env, make_row_runner));
  exports.Set("batch", Napi::Function::New(env, run_batch_sync));
  exports.Set("batchAsync", Napi::Function::New(env, run_batch_async));
  export_fit(env, exports);
  export_score(env, exports);
  export_runtime(env, exports);
  export_predictor(env, exports);
  return exports;
}

}  // namespace

Napi::Value wrap_plan(Napi::Env env, std::shared_ptr<const CompiledPlan> plan) {
  auto* object = new PlanObject{std::move(plan), {}};
  auto external = Napi::External<PlanObject>::New(env, object, [](Napi::Env, PlanObject* p) { delete p; });
  external.TypeTag(&kPlanTag);
  return external;
}

PlanObject& unwrap_plan(const Napi::Value& value) {
  if (value.IsExternal()) {
    auto external = value.As<Napi::External<PlanObject>>();
    if (external.CheckTypeTag(&kPlanTag)) return *external.Data();
  }
  throw Napi::TypeError::New(value.Env(), "not a compiled plan");
}

Napi::Error plan_error(Napi::Env env, const PlanError& error) {
  Napi::Error out = Napi::Error::New(env, error.what());
  out.Set("code", Napi::String::New(env, error.code));
  if (error.node >= 0) out.Set("node", Napi::Number::New(env, static_cast<double>(error.node)));
  return out;
}

std::vector<const char*> available_isas() {
  std::vector<const char*> out{"baseline"};
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) {
    out.push_back("avx2");
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) {
      out.push_back("avx512");
    }
  }
#endif
  return out;
}

Isa isa_named(Napi::Env env, const std::string& name) {
  const auto available = available_isas();
  for (size_t i = 0; i < available.size(); ++i)
    if (name == available[i]) return static_cast<Isa>(i);
  std::string known;
  for (const char* a : available) known += (known.empty() ? "" : ", ") + std::string(a);
  throw Napi::TypeError::New(env, "instruction set '" + name + "' is not available here; this machine has " + known);
}

}  // namespace skewless::addon

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) { return skewless::addon::init(env, exports); }
NODE_API_MODULE(skewless, InitModule)
