// Row mode's doorway: functions without arguments that find their plan, buffers and executor in their own data,
// so that a call costs little more than Node-API's own toll (about 33 ns).
#include "addon/row_runner.h"

#include "addon/bound_function.h"
#include "addon/plan_object.h"

namespace skewless::addon {
namespace {

template <bool (RowExecutor::*Run)(unsigned char*, const unsigned char*, size_t)>
napi_value run(napi_env env, napi_callback_info info) {
  RowRunner& r = bound_object<RowRunner>(env, info);
  napi_value out;
  napi_get_boolean(env, (r.executor.*Run)(r.exchange, r.heap, r.heap_bytes), &out);
  return out;
}

// runRows(count: number): boolean; batch kernels over the first rows of the exchange buffer
napi_value run_rows(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument;
  RowRunner& r = bound_object<RowRunner>(env, info, &argc, &argument);
  uint32_t rows = 0;
  if (argc != 1 || napi_get_value_uint32(env, argument, &rows) != napi_ok || rows > r.layout.capacity) {
    napi_throw_range_error(env, nullptr, "runRows(count): count exceeds the buffer's rows");
    return nullptr;
  }
  if (!r.vectors) {
    napi_throw_type_error(env, nullptr, "runRows(count): every output of the plan must be float32");
    return nullptr;
  }
  if (!r.batch) {
    try {
      r.batch = std::make_unique<BatchExecutor>(r.plan);
    } catch (const std::bad_alloc&) {
      // as when its scratch memory is refused
    }
    if (!r.batch || !r.batch->ready()) {
      r.batch.reset();
      napi_throw_error(env, "OUT_OF_MEMORY", "memory for the batch could not be allocated");
      return nullptr;
    }
  }
  const RunFailure f = r.batch->run_rows(r.exchange, r.layout, static_cast<int>(rows), Heap{r.heap, r.heap_bytes});
  napi_value out;
  napi_get_boolean(env, f.row < 0, &out);
  if (f.row < 0) return out;
  Outcome outcome = f.outcome;
  if (f.input >= 0) {
    outcome = std::strcmp(f.code, "INVALID_UTF8") == 0  ? Outcome::kInvalidUtf8
              : std::strcmp(f.code, "NULL_INPUT") == 0 ? Outcome::kNull
                                                       : Outcome::kOutOfRange;
  }
  const int32_t header[5] = {static_cast<int32_t>(f.output + 1), static_cast<int32_t>(f.node), static_cast<int32_t>(outcome),
                             static_cast<int32_t>(f.input + 1), static_cast<int32_t>(f.row)};
  std::memcpy(r.exchange, header, sizeof header);
  return out;
}

// setHeap(buffer: ArrayBuffer)
napi_value set_heap(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument;
  RowRunner& r = bound_object<RowRunner>(env, info, &argc, &argument);
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
  RowRunner& r = bound_object<RowRunner>(env, info, &argc, &argument);
  uint32_t output = ~0u;
  if (argc == 1) napi_get_value_uint32(env, argument, &output);
  const StringView s = r.executor.text(output);
  napi_value out = nullptr;
  napi_create_string_utf8(env, s.data ? s.data : "", static_cast<size_t>(s.size), &out);
  return out;
}

}  // namespace

std::shared_ptr<RowRunner> new_row_runner(Napi::Env env, const std::shared_ptr<const CompiledPlan>& plan, uint32_t capacity) {
  if (capacity < 1 || capacity > static_cast<uint32_t>(kChunkRows)) {
    throw Napi::RangeError::New(env, "a row runner's capacity must be from 1 to " + std::to_string(kChunkRows));
  }
  const ExchangeLayout layout = exchange_layout(*plan, capacity);
  if (layout.bytes == 0) {
    throw plan_error(env, PlanError("TOO_LARGE", "a buffer for " + std::to_string(capacity) + " rows of so many inputs and outputs would take more than 4 GiB"));
  }
  std::shared_ptr<RowRunner> runner;
  try {
    runner = std::make_shared<RowRunner>(plan, layout);
  } catch (const std::bad_alloc&) {
    throw plan_error(env, PlanError("OUT_OF_MEMORY", "memory for the row's registers could not be allocated"));
  }
  for (const ProgramOutput& o : plan->program().outputs) runner->vectors = runner->vectors && o.type == OutputType::kFloat32;
  Napi::ArrayBuffer exchange = Napi::ArrayBuffer::New(env, layout.bytes);
  std::memset(exchange.Data(), 0, layout.bytes);
  runner->exchange = static_cast<unsigned char*>(exchange.Data());
  runner->exchange_ref = Napi::Persistent(exchange);
  return runner;
}

Napi::Object row_runner_object(Napi::Env env, const std::shared_ptr<RowRunner>& runner) {
  const ExchangeLayout& layout = runner->layout;
  Napi::Object out = Napi::Object::New(env);
  out.Set("exchange", runner->exchange_ref.Value());
  Napi::Object offsets = Napi::Object::New(env);
  offsets.Set("rows", layout.rows);
  offsets.Set("rowBytes", layout.row_bytes);
  offsets.Set("states", layout.states);
  offsets.Set("vector", layout.vector);
  offsets.Set("values", layout.values);
  offsets.Set("outputStates", layout.output_states);
  out.Set("layout", offsets);
  add_bound_function(env, out, "runVector", run<&RowExecutor::run_vector>, runner);
  add_bound_function(env, out, "runValues", run<&RowExecutor::run_values>, runner);
  add_bound_function(env, out, "runRows", run_rows, runner);
  add_bound_function(env, out, "setHeap", set_heap, runner);
  add_bound_function(env, out, "text", text, runner);
  return out;
}

// rowRunner(plan, capacity)
Napi::Value make_row_runner(const Napi::CallbackInfo& info) {
  const auto& plan = unwrap_plan(info[0]).plan;
  const uint32_t capacity = info[1].IsNumber() ? info[1].As<Napi::Number>().Uint32Value() : 0;
  return row_runner_object(info.Env(), new_row_runner(info.Env(), plan, capacity));
}

}  // namespace skewless::addon
