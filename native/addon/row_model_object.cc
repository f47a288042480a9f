#include "addon/row_model_object.h"

namespace skewless::addon {
namespace {

using Shared = std::shared_ptr<score::RowModel>;

const napi_type_tag kRowModelTag = {0x1f0c7d2be59a4436ULL, 0x84d36a0b97ce51f2ULL};

}  // namespace

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
