// Functions that find their object in their own data, by raw Node-API: a call without arguments costs about 33 ns.
#pragma once
#include <napi.h>

#include <memory>

namespace skewless::addon {

// The object that the called function was bound to.
template <class T>
T& bound_object(napi_env env, napi_callback_info info, size_t* argc = nullptr, napi_value* argv = nullptr) {
  void* data = nullptr;
  size_t none = 0;
  napi_get_cb_info(env, info, argc ? argc : &none, argv, nullptr, &data);
  return **static_cast<std::shared_ptr<T>*>(data);
}

// Sets `object[name]` to a function that keeps `bound` alive.
template <class T>
void add_bound_function(Napi::Env env, Napi::Object& object, const char* name, napi_callback callback, const std::shared_ptr<T>& bound) {
  auto* data = new std::shared_ptr<T>(bound);
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function) != napi_ok) {
    delete data;
    throw Napi::Error::New(env);
  }
  napi_add_finalizer(
      env, function, data, [](napi_env, void* d, void*) { delete static_cast<std::shared_ptr<T>*>(d); }, nullptr, nullptr);
  object.Set(name, Napi::Value(env, function));
}

}  // namespace skewless::addon
