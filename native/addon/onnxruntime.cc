#include "addon/onnxruntime.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>

#include "addon/bound_function.h"
#include "addon/memory.h"
#include "addon/promise_worker.h"
#include "addon/row_model_object.h"
#include "score/ort_row_model.h"
#include "score/ort_run.h"

namespace skewless::addon {
namespace {

namespace ort = score::ort;

// What JavaScript holds for a session. Used on its thread only; runs elsewhere hold the session itself.
struct SessionObject {
  std::shared_ptr<ort::Session> session;  // nullptr after close
  std::vector<std::weak_ptr<ort::OrtRowModel>> row_models;
  std::unique_ptr<score::RunThread> thread;  // for runs with a deadline

  void close() {
    thread.reset();
    for (const auto& weak : row_models)
      if (const auto model = weak.lock()) model->close();
    row_models.clear();
    session.reset();
  }
  ~SessionObject() { close(); }
};

struct LibraryObject {
  const ort::Library& library;
};

const napi_type_tag kLibraryTag = {0x27b1de0c93f84a56ULL, 0xb0c2417f5d9a6e38ULL};
const napi_type_tag kSessionTag = {0x8a4f63d10b7e42c9ULL, 0x9d35c8217e60fb14ULL};

Napi::Error coded(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

// Runs `body`; what it throws becomes an error of JavaScript.
template <class Body>
auto translated(Napi::Env env, const Body& body) {
  try {
    return body();
  } catch (const ort::Error& e) {
    throw coded(env, e.code, e.what());
  } catch (const std::bad_alloc&) {
    throw coded(env, "OUT_OF_MEMORY", "the model's memory or tensors could not be allocated");
  } catch (const std::system_error& e) {
    throw coded(env, "RUNTIME_ERROR", e.what());
  } catch (const std::length_error&) {
    throw coded(env, "OUT_OF_MEMORY", "a tensor is too large");
  }
}

[[noreturn]] void bad(Napi::Env env, const std::string& what) { throw Napi::TypeError::New(env, what); }

int64_t integer(Napi::Env env, const Napi::Value& v, const char* name, int64_t least, int64_t most) {
  const double d = v.IsNumber() ? v.As<Napi::Number>().DoubleValue() : NAN;
  if (!(d >= static_cast<double>(least)) || d > static_cast<double>(most) || d != std::floor(d)) bad(env, std::string(name) + " is out of range");
  return static_cast<int64_t>(d);
}

std::string text(Napi::Env env, const Napi::Value& v, const char* name) {
  if (!v.IsString()) bad(env, std::string(name) + " must be a string");
  return v.As<Napi::String>().Utf8Value();
}

bool boolean(Napi::Env env, const Napi::Value& v, const char* name) {
  if (!v.IsBoolean()) bad(env, std::string(name) + " must be a boolean");
  return v.As<Napi::Boolean>().Value();
}

Napi::Array array(Napi::Env env, const Napi::Value& v, const char* name, uint32_t most) {
  if (!v.IsArray() || v.As<Napi::Array>().Length() > most) bad(env, std::string(name) + " must be an array of at most " + std::to_string(most));
  return v.As<Napi::Array>();
}

const ort::Library& library_of(Napi::Env env, const Napi::Value& v) {
  if (v.IsExternal()) {
    auto external = v.As<Napi::External<LibraryObject>>();
    if (external.CheckTypeTag(&kLibraryTag)) return external.Data()->library;
  }
  bad(env, "not a library of ONNX Runtime");
}

SessionObject& object_of(Napi::Env env, const Napi::Value& v) {
  if (v.IsExternal()) {
    auto external = v.As<Napi::External<SessionObject>>();
    if (external.CheckTypeTag(&kSessionTag)) return *external.Data();
  }
  bad(env, "not a session of ONNX Runtime");
}

SessionObject& open_object(Napi::Env env, const Napi::Value& v) {
  SessionObject& object = object_of(env, v);
  if (!object.session) throw coded(env, "CLOSED", "the session is closed");
  return object;
}

// ortLibrary(path: string): { handle, version }
Napi::Value open_library(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::string path = text(env, info[0], "path");
  return translated(env, [&]() -> Napi::Value {
    const ort::Library& library = ort::Library::open(path);
    auto handle = Napi::External<LibraryObject>::New(env, new LibraryObject{library}, [](Napi::Env, LibraryObject* o) { delete o; });
    handle.TypeTag(&kLibraryTag);
    Napi::Object out = Napi::Object::New(env);
    out.Set("handle", handle);
    out.Set("version", library.version());
    return out;
  });
}

ort::SessionOptions read_options(Napi::Env env, const Napi::Value& value) {
  if (!value.IsObject()) bad(env, "options must be an object");
  const Napi::Object o = value.As<Napi::Object>();
  ort::SessionOptions out;
  out.intra_op_threads = static_cast<int>(integer(env, o.Get("intraOpThreads"), "intraOpThreads", 0, 1024));
  out.inter_op_threads = static_cast<int>(integer(env, o.Get("interOpThreads"), "interOpThreads", 0, 1024));
  out.parallel = boolean(env, o.Get("parallel"), "parallel");
  out.graph_optimization = static_cast<int>(integer(env, o.Get("graphOptimization"), "graphOptimization", 0, 99));
  out.log_severity = static_cast<int>(integer(env, o.Get("logSeverity"), "logSeverity", 0, 4));
  out.log_verbosity = static_cast<int>(integer(env, o.Get("logVerbosity"), "logVerbosity", 0, 1'000'000));
  out.log_id = text(env, o.Get("logId"), "logId");
  out.cpu_mem_arena = boolean(env, o.Get("enableCpuMemArena"), "enableCpuMemArena");
  out.mem_pattern = boolean(env, o.Get("enableMemPattern"), "enableMemPattern");
  out.optimized_model_path = text(env, o.Get("optimizedModelPath"), "optimizedModelPath");
  out.profile_prefix = text(env, o.Get("profilePrefix"), "profilePrefix");
  const Napi::Array dims = array(env, o.Get("freeDimensions"), "freeDimensions", 10'000);
  for (uint32_t i = 0; i + 1 < dims.Length(); i += 2) {
    out.free_dimensions.emplace_back(text(env, dims.Get(i), "a dimension's name"), integer(env, dims.Get(i + 1), "a dimension", 0, 1LL << 40));
  }
  const Napi::Array config = array(env, o.Get("config"), "config", 10'000);
  for (uint32_t i = 0; i + 1 < config.Length(); i += 2) {
    out.config.emplace_back(text(env, config.Get(i), "a key"), text(env, config.Get(i + 1), "a value"));
  }
  return out;
}

Napi::Array describe(Napi::Env env, const std::vector<ort::ValueInfo>& values) {
  Napi::Array out = Napi::Array::New(env);
  for (const ort::ValueInfo& v : values) {
    Napi::Object o = Napi::Object::New(env);
    o.Set("name", v.name);
    o.Set("kind", static_cast<int32_t>(v.kind));
    o.Set("type", static_cast<int32_t>(v.element));
    Napi::Array dims = Napi::Array::New(env);
    for (size_t d = 0; d < v.dims.size(); ++d) {
      Napi::Value dim = env.Null();
      if (v.dims[d] >= 0) dim = Napi::Number::New(env, static_cast<double>(v.dims[d]));
      else if (!v.symbols[d].empty()) dim = Napi::String::New(env, v.symbols[d]);
      dims.Set(static_cast<uint32_t>(d), dim);
    }
    o.Set("dims", dims);
    out.Set(out.Length(), o);
  }
  return out;
}

// ortSession(library, model: string | Uint8Array, options): { handle, inputs, outputs }
Napi::Value open_session(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const ort::Library& library = library_of(env, info[0]);
  const Napi::Value model = info[1];
  const bool bytes = model.IsTypedArray() && model.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  if (!bytes && !model.IsString()) bad(env, "the model must be a path or a Uint8Array");
  const ort::SessionOptions options = read_options(env, info[2]);
  return translated(env, [&]() -> Napi::Value {
    auto object = std::make_unique<SessionObject>();
    if (bytes) {
      const auto view = model.As<Napi::Uint8Array>();
      if (view.ByteLength() == 0) throw ort::Error("INVALID_MODEL", "the model is empty");
      object->session = ort::Session::from_bytes(library, view.Data(), view.ByteLength(), options);
    } else {
      object->session = ort::Session::from_path(library, model.As<Napi::String>().Utf8Value(), options);
    }
    Napi::Object out = Napi::Object::New(env);
    out.Set("inputs", describe(env, object->session->inputs()));
    out.Set("outputs", describe(env, object->session->outputs()));
    auto handle = Napi::External<SessionObject>::New(env, object.release(), [](Napi::Env, SessionObject* o) { delete o; });
    handle.TypeTag(&kSessionTag);
    out.Set("handle", handle);
    return out;
  });
}

ort::InputTensor read_tensor(Napi::Env env, const Napi::Value& value, Lent& lent) {
  if (!value.IsObject()) bad(env, "a tensor must be an object");
  const Napi::Object o = value.As<Napi::Object>();
  ort::InputTensor out;
  out.element = static_cast<ort::ElementType>(integer(env, o.Get("type"), "type", 1, 13));
  const Napi::Array dims = array(env, o.Get("dims"), "dims", 255);
  for (uint32_t i = 0; i < dims.Length(); ++i) out.dims.push_back(integer(env, dims.Get(i), "a size", 0, 1LL << 40));
  const int64_t count = ort::element_count(out.dims);
  if (count < 0) bad(env, "dims are too large");
  const Napi::Value data = o.Get("data");
  if (out.element == ort::kString) {
    if (!data.IsArray() || data.As<Napi::Array>().Length() != count) bad(env, "data must be an array of as many strings as dims say");
    const Napi::Array texts = data.As<Napi::Array>();
    for (uint32_t i = 0; i < texts.Length(); ++i) out.texts.push_back(text(env, texts.Get(i), "an element"));
    return out;
  }
  if (!data.IsTypedArray()) bad(env, "data must be a typed array");
  const auto view = data.As<Napi::TypedArray>();
  const size_t width = ort::element_bytes(out.element);
  // The same element size also means that the elements are aligned.
  if (width == 0 || view.ElementSize() != width) bad(env, "data does not fit the type");
  if (view.ElementLength() != static_cast<size_t>(count)) bad(env, "data does not fit dims");
  void* memory = nullptr;
  if (napi_get_typedarray_info(env, data, nullptr, nullptr, &memory, nullptr, nullptr) != napi_ok) throw Napi::Error::New(env);
  out.data = static_cast<const uint8_t*>(memory);
  lent.push_back(data);
  return out;
}

std::vector<ort::InputTensor> read_tensors(Napi::Env env, const ort::Session& session, const Napi::Value& value, Lent& lent) {
  const Napi::Array tensors = array(env, value, "inputs", 100'000);
  if (tensors.Length() != session.inputs().size()) bad(env, "the number of inputs differs from the model's");
  std::vector<ort::InputTensor> out;
  for (uint32_t i = 0; i < tensors.Length(); ++i) out.push_back(read_tensor(env, tensors.Get(i), lent));
  return out;
}

Napi::Value tensors_object(Napi::Env env, std::vector<ort::OutputTensor>& tensors) {
  Napi::Array out = Napi::Array::New(env);
  for (ort::OutputTensor& tensor : tensors) {
    Napi::Object o = Napi::Object::New(env);
    o.Set("type", static_cast<int32_t>(tensor.element));
    Napi::Array dims = Napi::Array::New(env);
    for (size_t d = 0; d < tensor.dims.size(); ++d) dims.Set(static_cast<uint32_t>(d), static_cast<double>(tensor.dims[d]));
    o.Set("dims", dims);
    if (tensor.element == ort::kString) {
      Napi::Array texts = Napi::Array::New(env, tensor.texts.size());
      for (size_t i = 0; i < tensor.texts.size(); ++i) texts.Set(static_cast<uint32_t>(i), tensor.texts[i]);
      o.Set("data", texts);
    } else if (tensor.bytes == 0) {
      o.Set("data", Napi::ArrayBuffer::New(env, 0));
    } else {
      OutputMemory memory(env, tensor.data.release(), tensor.bytes);
      o.Set("data", memory.to_array_buffer(env));
    }
    out.Set(out.Length(), o);
  }
  return out;
}

// ortRun(session, inputs, deadlineMicros: number, 0 for none): tensors
Napi::Value run(const Napi::CallbackInfo& info) {
  const int64_t now = ort::steady_now();
  Napi::Env env = info.Env();
  SessionObject& object = open_object(env, info[0]);
  // Reading the inputs may call the user's code, which may close the session.
  const std::shared_ptr<ort::Session> session = object.session;
  Lent lent;
  const auto inputs = read_tensors(env, *session, info[1], lent);
  const double micros = info[2].IsNumber() ? info[2].As<Napi::Number>().DoubleValue() : -1;
  if (!(micros >= 0) || micros > 1e12) bad(env, "deadlineMicros is out of range");
  return translated(env, [&]() -> Napi::Value {
    if (micros == 0) {
      const ort::RunOptions options(session->library());
      auto outputs = ort::run_tensors(*session, inputs, options);
      return tensors_object(env, outputs);
    }
    if (!object.session) throw ort::Error("CLOSED", "the session is closed");
    if (!object.thread) object.thread = std::make_unique<score::RunThread>();
    const auto job = std::make_shared<ort::TensorJob>(session, inputs);
    // Making the error takes time too.
    constexpr double kAnswerTakes = 50;
    if (!object.thread->run(job, now + static_cast<int64_t>((micros - std::min(kAnswerTakes, micros / 10)) * 1000))) {
      throw ort::Error("DEADLINE_EXCEEDED", "the model did not answer within " + std::to_string(static_cast<int64_t>(micros)) + " µs");
    }
    return tensors_object(env, job->outputs());
  });
}

class RunWorker : public PromiseWorker {
 public:
  RunWorker(Napi::Env env, std::shared_ptr<ort::TensorRun> job, const Lent& lent) : PromiseWorker(env, lent), run_(std::move(job)) {}
  void Execute() override {
    try {
      run_->execute();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

 protected:
  Napi::Value result(Napi::Env env) override {
    return translated(env, [&] {
      if (failure_) std::rethrow_exception(failure_);
      return tensors_object(env, run_->outputs());
    });
  }

 private:
  const std::shared_ptr<ort::TensorRun> run_;
  std::exception_ptr failure_;
};

napi_value cancel(napi_env env, napi_callback_info info) {
  bound_object<ort::TensorRun>(env, info).cancel();
  return nullptr;
}

// ortRunAsync(session, inputs, { threads, chunkRows }, rowsDone: Int32Array of 1, shared): { promise, cancel }
Napi::Value run_async(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::shared_ptr<ort::Session> session = open_object(env, info[0]).session;
  Lent lent;
  auto inputs = read_tensors(env, *session, info[1], lent);
  if (!info[2].IsObject()) bad(env, "options must be an object");
  const Napi::Object options = info[2].As<Napi::Object>();
  const int threads = static_cast<int>(integer(env, options.Get("threads"), "threads", 1, 256));
  const int64_t chunk_rows = integer(env, options.Get("chunkRows"), "chunkRows", 0, 1 << 30);
  if (chunk_rows > 0) {
    for (const auto& in : inputs)
      if (in.dims.empty() || in.dims[0] != inputs[0].dims[0] || in.dims[0] > (1LL << 30)) bad(env, "the inputs have no equal number of rows");
  }
  if (!info[3].IsTypedArray() || info[3].As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) bad(env, "rowsDone must be an Int32Array");
  if (info[3].As<Napi::TypedArray>().ElementLength() < 1) bad(env, "rowsDone is empty");
  void* counter = nullptr;
  if (napi_get_typedarray_info(env, info[3], nullptr, nullptr, &counter, nullptr, nullptr) != napi_ok) throw Napi::Error::New(env);
  lent.push_back(info[3]);
  static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free);
  const auto job = std::make_shared<ort::TensorRun>(session, std::move(inputs), chunk_rows, threads, static_cast<std::atomic<int32_t>*>(counter));
  auto* worker = new RunWorker(env, job, lent);
  Napi::Object out = Napi::Object::New(env);
  out.Set("promise", worker->promise());
  add_bound_function(env, out, "cancel", cancel, job);
  worker->Queue();
  return out;
}

// ortRowModel(session, { dims, controlFlow, labels }): row model
Napi::Value row_model(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SessionObject& object = open_object(env, info[0]);
  const std::shared_ptr<ort::Session> session = object.session;
  if (!info[1].IsObject()) bad(env, "options must be an object");
  const Napi::Object options = info[1].As<Napi::Object>();
  ort::RowModelSpec spec;
  const Napi::Array dims = array(env, options.Get("dims"), "dims", 255);
  for (uint32_t i = 0; i < dims.Length(); ++i) spec.input_dims.push_back(integer(env, dims.Get(i), "a size", 1, 1 << 24));
  const int64_t width = ort::element_count(spec.input_dims);
  if (width < 1 || width > (1 << 24)) bad(env, "the vector's width is out of range");
  spec.width = static_cast<uint32_t>(width);
  spec.control_flow = boolean(env, options.Get("controlFlow"), "controlFlow");
  const Napi::Array labels = array(env, options.Get("labels"), "labels", 100'000);
  if (labels.Length() != session->outputs().size()) bad(env, "labels must have a list for each output");
  for (uint32_t i = 0; i < labels.Length(); ++i) {
    const Napi::Array names = array(env, labels.Get(i), "labels", 1 << 24);
    std::vector<std::string>& list = spec.labels.emplace_back();
    for (uint32_t k = 0; k < names.Length(); ++k) list.push_back(text(env, names.Get(k), "a label"));
  }
  if (session->inputs().size() != 1 || session->inputs()[0].element != ort::kFloat) bad(env, "the model does not take one float32 tensor");
  return translated(env, [&]() -> Napi::Value {
    auto model = std::make_shared<ort::OrtRowModel>(session, std::move(spec));
    if (!object.session) throw ort::Error("CLOSED", "the session is closed");
    object.row_models.push_back(model);
    const Napi::Object out = wrap_row_model(env, model);
    const Napi::Array outputs = out.Get("outputs").As<Napi::Array>();
    for (uint32_t i = 0; i < outputs.Length(); ++i) {
      Napi::Array sizes = Napi::Array::New(env);
      for (const int64_t size : model->output_dims(i)) sizes.Set(sizes.Length(), static_cast<double>(size));
      outputs.Get(i).As<Napi::Object>().Set("dims", sizes);
    }
    return out;
  });
}

// ortClose(session)
Napi::Value close(const Napi::CallbackInfo& info) {
  object_of(info.Env(), info[0]).close();
  return info.Env().Undefined();
}

}  // namespace

void export_runtime(Napi::Env env, Napi::Object& exports) {
  exports.Set("ortLibrary", Napi::Function::New(env, open_library));
  exports.Set("ortSession", Napi::Function::New(env, open_session));
  exports.Set("ortRun", Napi::Function::New(env, run));
  exports.Set("ortRunAsync", Napi::Function::New(env, run_async));
  exports.Set("ortRowModel", Napi::Function::New(env, row_model));
  exports.Set("ortClose", Napi::Function::New(env, close));
  export_row_model_functions(env, exports);
}

}  // namespace skewless::addon
