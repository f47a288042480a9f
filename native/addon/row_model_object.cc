#include "addon/row_model_object.h"

namespace skewless::addon {
namespace {

using Shared = std::shared_ptr<score::RowModel>;

const napi_type_tag kRowModelTag = {0x1f0c7d2be59a4436ULL, 0x84d36a0b97ce51f2ULL};

// No argument and nothing but a number back: such a call costs some 30 ns beside what the model takes.
napi_value run_row_model(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  size_t none = 0;
  napi_get_cb_info(env, info, &none, nullptr, nullptr, &data);
  napi_value out;
  napi_create_uint32(env, static_cast<uint32_t>((*static_cast<Shared*>(data))->run(0)), &out);
  return out;
}

Napi::Value row_model_runner(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto* data = new Shared(unwrap_row_model(info[0]));
  napi_value function;
  if (napi_create_function(env, "run", NAPI_AUTO_LENGTH, run_row_model, data, &function) != napi_ok) {
    delete data;
    throw Napi::Error::New(env);
  }
  napi_add_finalizer(
      env, function, data, [](napi_env, void* d, void*) { delete static_cast<Shared*>(d); }, nullptr, nullptr);
  return Napi::Value(env, function);
}

Napi::Value row_model_message(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), unwrap_row_model(info[0])->message());
}

}  // namespace

void export_row_model(Napi::Env env, Napi::Object& exports) {
  exports.Set("rowModelRunner", Napi::Function::New(env, row_model_runner));
  exports.Set("rowModelMessage", Napi::Function::New(env, row_model_message));
}

Napi::Object wrap_row_model(Napi::Env env, Shared model) {
  Napi::Object out = Napi::Object::New(env);
  auto* held = new Shared(model);
  auto handle = Napi::External<Shared>::New(env, held, [](Napi::Env, Shared* s) { delete s; });
  handle.TypeTag(&kRowModelTag);
  out.Set("handle", handle);
  auto* kept = new Shared(model);
  out.Set("block", Napi::ArrayBuffer::New(
                       env, model->block(), model->block_bytes(), [](Napi::Env, void*, Shared* s) { delete s; }, kept));
  out.Set("width", model->width());
  Napi::Array outputs = Napi::Array::New(env);
  for (const score::RowOutput& o : model->outputs()) {
    Napi::Object output = Napi::Object::New(env);
    output.Set("element", static_cast<uint32_t>(o.element));
    output.Set("width", o.width);
    output.Set("offset", o.offset);
    outputs.Set(outputs.Length(), output);
  }
  out.Set("outputs", outputs);
  return out;
}

const Shared& unwrap_row_model(const Napi::Value& value) {
  if (value.IsExternal()) {
    auto external = value.As<Napi::External<Shared>>();
    if (external.CheckTypeTag(&kRowModelTag)) return *external.Data();
  }
  throw Napi::TypeError::New(value.Env(), "not a row model");
}

}  // namespace skewless::addon
