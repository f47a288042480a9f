// Row mode's doorway: functions without arguments that find their plan, buffers and executor in their own data,
// so that a call costs little more than Node-API's own toll (about 33 ns).
#include <napi.h>

#include "addon/plan_object.h"
#include "exec/row_executor.h"

namespace skewless::addon {
namespace {

struct RowRunner {
  explicit RowRunner(std::shared_ptr<const CompiledPlan> plan) : executor(std::move(plan)) {}
  RowExecutor executor;
  unsigned char* exchange = nullptr;
  const unsigned char* heap = nullptr;
  size_t heap_bytes = 0;
  // Keep both buffers alive while any of the functions is.
  Napi::Reference<Napi::ArrayBuffer> exchange_ref;
  Napi::Reference<Napi::ArrayBuffer> heap_ref;
};

using Shared = std::shared_ptr<RowRunner>;

RowRunner& runner_of(napi_env env, napi_callback_info info, size_t* argc = nullptr, napi_value* argv = nullptr) {
  void* data = nullptr;
  size_t none = 0;
  napi_get_cb_info(env, info, argc ? argc : &none, argv, nullptr, &data);
  return **static_cast<Shared*>(data);
}

template <bool (RowExecutor::*Run)(unsigned char*, const unsigned char*, size_t)>
napi_value run(napi_env env, napi_callback_info info) {
  RowRunner& r = runner_of(env, info);
  napi_value out;
  napi_get_boolean(env, (r.executor.*Run)(r.exchange, r.heap, r.heap_bytes), &out);
  return out;
}

// setHeap(buffer: ArrayBuffer)
napi_value set_heap(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument;
  RowRunner& r = runner_of(env, info, &argc, &argument);
  bool is_buffer = false;
  if (argc == 1) napi_is_arraybuffer(env, argument, &is_buffer);
  if (!is_buffer) {
    napi_throw_type_error(env, nullptr, "setHeap(buffer: ArrayBuffer)");
    return nullptr;
  }
  Napi::ArrayBuffer buffer(env, argument);
  r.heap = static_cast<const unsigned char*>(buffer.Data());
  r.heap_bytes = buffer.ByteLength();
  r.heap_ref = Napi::Persistent(buffer);
  return nullptr;
}

// text(output: number): string of the last runValues
napi_value text(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument;
  RowRunner& r = runner_of(env, info, &argc, &argument);
  uint32_t output = ~0u;
  if (argc == 1) napi_get_value_uint32(env, argument, &output);
  const StringView s = r.executor.text(output);
  napi_value out = nullptr;
  napi_create_string_utf8(env, s.data ? s.data : "", static_cast<size_t>(s.size), &out);
  return out;
}

void add_function(Napi::Env env, Napi::Object& object, const char* name, napi_callback callback, const Shared& runner) {
  auto* data = new Shared(runner);
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function) != napi_ok) {
    delete data;
    throw Napi::Error::New(env);
  }
  napi_add_finalizer(
      env, function, data, [](napi_env, void* d, void*) { delete static_cast<Shared*>(d); }, nullptr, nullptr);
  object.Set(name, Napi::Value(env, function));
}

}  // namespace

// rowRunner(plan): { exchange, layout, runVector, runValues, setHeap, text }
Napi::Value make_row_runner(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto& plan = unwrap_plan(info[0]).plan;
  auto runner = std::make_shared<RowRunner>(plan);
  const ExchangeLayout layout = RowExecutor::layout(*plan);
  Napi::ArrayBuffer exchange = Napi::ArrayBuffer::New(env, layout.bytes);
  std::memset(exchange.Data(), 0, layout.bytes);
  runner->exchange = static_cast<unsigned char*>(exchange.Data());
  runner->exchange_ref = Napi::Persistent(exchange);

  Napi::Object out = Napi::Object::New(env);
  out.Set("exchange", exchange);
  Napi::Object offsets = Napi::Object::New(env);
  offsets.Set("inputs", layout.inputs);
  offsets.Set("inputStates", layout.input_states);
  offsets.Set("vector", layout.vector);
  offsets.Set("values", layout.values);
  offsets.Set("outputStates", layout.output_states);
  out.Set("layout", offsets);
  add_function(env, out, "runVector", run<&RowExecutor::run_vector>, runner);
  add_function(env, out, "runValues", run<&RowExecutor::run_values>, runner);
  add_function(env, out, "setHeap", set_heap, runner);
  add_function(env, out, "text", text, runner);
  return out;
}

}  // namespace skewless::addon
