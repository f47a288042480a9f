#include "addon/compiled_model.h"

#include <chrono>
#include <cmath>
#include <cstring>

#include "addon/memory.h"
#include "addon/plan_object.h"
#include "addon/promise_worker.h"
#include "addon/row_model_object.h"
#include "score/compiled_batch.h"
#include "score/compiled_row.h"

namespace skewless::addon {
namespace {

using score::BatchFailure;
using score::CompiledModel;
using score::TensorType;

const napi_type_tag kModelTag = {0x6b1f6c5ee0c94d0bULL, 0x9d3c1a5b70fe2284ULL};

// `executors` serve synchronous runs of this thread of JavaScript.
struct ModelObject {
  std::shared_ptr<CompiledModel> model;  // null once closed
  std::vector<std::unique_ptr<score::ModelExecutor>> executors;
};

[[noreturn]] void bad(Napi::Env env, const std::string& what) { throw Napi::TypeError::New(env, what); }

Napi::Error coded(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error e = Napi::Error::New(env, message);
  e.Set("code", Napi::String::New(env, code));
  return e;
}

Napi::Error model_error(Napi::Env env, const score::ModelError& error) {
  Napi::Error e = coded(env, error.code, error.what());
  if (error.step >= 0) e.Set("step", Napi::Number::New(env, static_cast<double>(error.step)));
  return e;
}

Napi::Error out_of_memory(Napi::Env env) { return coded(env, "OUT_OF_MEMORY", "the model or its batch does not fit into memory"); }

ModelObject& unwrap(const Napi::Value& value) {
  if (value.IsExternal()) {
    auto external = value.As<Napi::External<ModelObject>>();
    if (external.CheckTypeTag(&kModelTag)) return *external.Data();
  }
  throw Napi::TypeError::New(value.Env(), "not a compiled model");
}
ModelObject& unwrap_open(const Napi::Value& value) {
  ModelObject& object = unwrap(value);
  if (!object.model) throw coded(value.Env(), "CLOSED", "the model is closed");
  return object;
}

// compileModel(bytes: Uint8Array, isa: string): model
Napi::Value compile_model(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsString() ||
      info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    bad(env, "compileModel(bytes: Uint8Array, isa: string)");
  }
  const Isa isa = isa_named(env, info[1].As<Napi::String>().Utf8Value());
  const auto bytes = info[0].As<Napi::Uint8Array>();
  try {
    auto* object = new ModelObject{CompiledModel::compile(bytes.Data(), bytes.ByteLength(), isa), {}};
    auto external = Napi::External<ModelObject>::New(env, object, [](Napi::Env, ModelObject* o) { delete o; });
    external.TypeTag(&kModelTag);
    return external;
  } catch (const score::ModelError& e) {
    throw model_error(env, e);
  } catch (const std::bad_alloc&) {
    throw out_of_memory(env);
  }
}

struct Bytes {
  const void* data = nullptr;
  size_t size = 0;
};

Bytes typed_array(Napi::Env env, const Napi::Value& v, napi_typedarray_type wanted, const std::string& name, Lent& lent) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0, offset = 0;
  void* data = nullptr;
  napi_value array_buffer;
  if (v.IsTypedArray() && napi_get_typedarray_info(env, v, &type, &length, &data, &array_buffer, &offset) != napi_ok) throw Napi::Error::New(env);
  if (!v.IsTypedArray() || type != wanted) bad(env, name + " is not the typed array that its tensor type needs");
  lent.push_back(v);
  static constexpr size_t widths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  return {data, length * widths[type]};
}

napi_typedarray_type array_type(TensorType type) {
  switch (type) {
    case TensorType::kFloat32: return napi_float32_array;
    case TensorType::kFloat64: return napi_float64_array;
    case TensorType::kInt8: return napi_int8_array;
    case TensorType::kInt16: return napi_int16_array;
    case TensorType::kFloat16:
    case TensorType::kUint16: return napi_uint16_array;
    case TensorType::kInt32: return napi_int32_array;
    case TensorType::kUint32: return napi_uint32_array;
    case TensorType::kInt64: return napi_bigint64_array;
    case TensorType::kUint64: return napi_biguint64_array;
    default: return napi_uint8_array;
  }
}

struct Job {
  std::shared_ptr<CompiledModel> model;
  score::BatchTask task;
  Lent lent;
  std::vector<OutputMemory> memory;
  int threads = 1;
  BatchFailure failure;

  void run(std::vector<std::unique_ptr<score::ModelExecutor>>& executors) { failure = score::run_batch(model, task, threads, executors); }
};

int64_t integer(Napi::Env env, const Napi::Value& v, const char* name, double limit) {
  const double d = v.IsNumber() ? v.As<Napi::Number>().DoubleValue() : -1;
  if (!(d >= 0) || d > limit || d != std::floor(d)) bad(env, std::string(name) + " must be a non-negative integer in its range");
  return static_cast<int64_t>(d);
}

// Text: { bytes: Uint8Array, offsets: Uint32Array } with count + 1 offsets, none below the one before.
score::TensorView read_text(Napi::Env env, const Napi::Value& value, uint64_t count, const std::string& name, Lent& lent) {
  if (!value.IsObject()) bad(env, name + " must be { bytes, offsets }");
  const auto object = value.As<Napi::Object>();
  const Bytes bytes = typed_array(env, object.Get("bytes"), napi_uint8_array, name, lent);
  const Bytes offsets = typed_array(env, object.Get("offsets"), napi_uint32_array, name, lent);
  if (offsets.size / 4 != count + 1) bad(env, name + " has another number of texts");
  const auto* at = static_cast<const uint32_t*>(offsets.data);
  for (uint64_t i = 0; i < count; ++i)
    if (at[i] > at[i + 1]) bad(env, name + " has offsets out of order");
  if (at[count] > bytes.size) bad(env, name + " has offsets beyond its bytes");
  return {bytes.data, at};
}

// modelRun(model, inputs, rows, { threads, deadlineMicros? })
Job read_job(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 4 || !info[1].IsArray() || !info[3].IsObject()) bad(env, "modelRun(model, inputs, rows, options)");
  Job job;
  job.model = unwrap_open(info[0]).model;
  const auto& program = job.model->program();
  const auto inputs = info[1].As<Napi::Array>();
  job.task.rows = integer(env, info[2], "rows", 0x1p40);
  if (inputs.Length() != program.inputs.size()) bad(env, "the number of inputs differs from the model's");
  for (uint32_t i = 0; i < inputs.Length(); ++i) {
    const score::InputSpec& spec = program.inputs[i];
    const std::string name = "input " + std::to_string(i);
    const uint64_t count = static_cast<uint64_t>(job.task.rows) * job.model->reg(spec.reg).width;
    if (spec.type == TensorType::kString) {
      job.task.inputs.push_back(read_text(env, inputs.Get(i), count, name, job.lent));
      continue;
    }
    const Bytes bytes = typed_array(env, inputs.Get(i), array_type(spec.type), name, job.lent);
    static constexpr size_t sizes[score::kTensorTypeCount] = {4, 8, 2, 1, 1, 2, 2, 4, 4, 8, 8, 1, 0};
    if (bytes.size != count * sizes[static_cast<int>(spec.type)]) bad(env, name + " has another number of elements");
    job.task.inputs.push_back({bytes.data, nullptr});
  }
  const auto options = info[3].As<Napi::Object>();
  job.threads = static_cast<int>(integer(env, options.Get("threads"), "threads", 256));
  if (const Napi::Value micros = options.Get("deadlineMicros"); micros.IsNumber()) {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    job.task.control.deadline_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(since).count() +
                                   integer(env, Napi::Number::New(env, std::ceil(micros.As<Napi::Number>().DoubleValue() * 1000)), "deadlineMicros", 0x1p53);
  }
  for (const score::OutputSpec& o : program.outputs) {
    job.memory.emplace_back(env, static_cast<size_t>(job.task.rows) * job.model->reg(o.reg).width * score::output_bytes(o));
    if (!job.memory.back().data()) throw out_of_memory(env);
    job.task.outputs.push_back(job.memory.back().data());
  }
  return job;
}

// { failure: { row, aborted, deadlineExceeded, code?, message? } } or { outputs: ArrayBuffer[] }
Napi::Value result_object(Napi::Env env, Job& job) {
  Napi::Object out = Napi::Object::New(env);
  const BatchFailure& f = job.failure;
  if (f.any()) {
    Napi::Object failure = Napi::Object::New(env);
    failure.Set("row", static_cast<double>(f.row));
    failure.Set("aborted", f.aborted);
    failure.Set("deadlineExceeded", f.deadline_exceeded);
    if (f.code) failure.Set("code", f.code);
    failure.Set("message", f.message);
    out.Set("failure", failure);
    return out;
  }
  Napi::Array outputs = Napi::Array::New(env);
  for (OutputMemory& memory : job.memory) outputs.Set(outputs.Length(), memory.to_array_buffer(env));
  out.Set("outputs", outputs);
  return out;
}

Napi::Value model_run(const Napi::CallbackInfo& info) {
  Job job = read_job(info);
  try {
    job.run(unwrap_open(info[0]).executors);
  } catch (const std::bad_alloc&) {
    throw out_of_memory(info.Env());
  }
  return result_object(info.Env(), job);
}

class ModelWorker : public PromiseWorker {
 public:
  ModelWorker(Napi::Env env, Job job) : PromiseWorker(env, job.lent), job_(std::move(job)) { job_.lent.clear(); }
  void Execute() override {
    std::vector<std::unique_ptr<score::ModelExecutor>> executors;
    try {
      job_.run(executors);
    } catch (const std::bad_alloc&) {
      refused_ = true;
    }
  }

 protected:
  Napi::Value result(Napi::Env env) override {
    if (refused_) throw out_of_memory(env);
    return result_object(env, job_);
  }

 private:
  Job job_;
  bool refused_ = false;
};

// modelRunAsync(model, inputs, rows, options, control: Int32Array of [abort, 16 rows done]): Promise<result>
Napi::Value model_run_async(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Job job = read_job(info);
  const Bytes control = typed_array(env, info[4], napi_int32_array, "control", job.lent);
  if (control.size < 8) bad(env, "control must hold two values");
  static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free);
  auto* words = static_cast<std::atomic<int32_t>*>(const_cast<void*>(control.data));
  job.task.control.abort = words;
  job.task.control.lanes_done = words + 1;
  auto* worker = new ModelWorker(env, std::move(job));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

// modelRowModel(model): { handle, block, width, outputs }
Napi::Value model_row_model(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  try {
    return wrap_row_model(env, score::make_compiled_row(unwrap_open(info[0]).model));
  } catch (const score::ModelError& e) {
    throw model_error(env, e);
  } catch (const std::bad_alloc&) {
    throw out_of_memory(env);
  }
}

// modelClose(model): row models made of it answer kClosed from now on
Napi::Value model_close(const Napi::CallbackInfo& info) {
  ModelObject& object = unwrap(info[0]);
  if (object.model) object.model->close();
  object.executors.clear();
  object.model.reset();
  return info.Env().Undefined();
}

}  // namespace

void export_score(Napi::Env env, Napi::Object& exports) {
  exports.Set("compileModel", Napi::Function::New(env, compile_model));
  exports.Set("modelRun", Napi::Function::New(env, model_run));
  exports.Set("modelRunAsync", Napi::Function::New(env, model_run_async));
  exports.Set("modelRowModel", Napi::Function::New(env, model_row_model));
  exports.Set("modelClose", Napi::Function::New(env, model_close));
}

}  // namespace skewless::addon
