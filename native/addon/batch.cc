// Batch mode's doorway: reads column descriptions, allocates outputs, runs, wraps the results.
#include <napi.h>

#include <cmath>
#include <limits>

#include "addon/memory.h"
#include "addon/plan_object.h"
#include "addon/promise_worker.h"

namespace skewless::addon {
namespace {

[[noreturn]] void bad(Napi::Env env, const std::string& what) { throw Napi::TypeError::New(env, what); }

int64_t integer(Napi::Env env, const Napi::Value& v, const char* name) {
  if (!v.IsNumber()) bad(env, std::string(name) + " must be a number");
  const double d = v.As<Napi::Number>().DoubleValue();
  if (!(d >= 0) || d > 9007199254740991.0 || d != std::floor(d)) bad(env, std::string(name) + " must be a non-negative integer");
  return static_cast<int64_t>(d);
}

Buffer buffer(Napi::Env env, const Napi::Value& v, const char* name, Lent& lent) {
  if (v.IsUndefined() || v.IsNull()) return {};
  if (!v.IsTypedArray()) bad(env, std::string(name) + " must be a typed array");
  napi_typedarray_type type;
  size_t length = 0, offset = 0;
  void* data = nullptr;
  napi_value array_buffer;
  if (napi_get_typedarray_info(env, v, &type, &length, &data, &array_buffer, &offset) != napi_ok) throw Napi::Error::New(env);
  lent.push_back(v);
  static constexpr size_t widths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (static_cast<size_t>(type) >= std::size(widths)) bad(env, std::string(name) + " has an unknown element type");
  return {static_cast<const uint8_t*>(data), length * widths[type]};
}

// { type, offset, length, validity?, validityOffset, values?, offsets?, indexType?, listSize?, child? }
ArrowColumn read_column(Napi::Env env, const Napi::Value& value, Lent& lent, int depth = 0) {
  if (!value.IsObject()) bad(env, "a column must be an object");
  if (depth > 2) bad(env, "a column is nested too deeply");
  const Napi::Object o = value.As<Napi::Object>();
  ArrowColumn c;
  const int64_t type = integer(env, o.Get("type"), "type");
  if (type >= kArrowTypeCount) bad(env, "unknown column type");
  c.type = static_cast<ArrowType>(type);
  c.offset = integer(env, o.Get("offset"), "offset");
  c.length = integer(env, o.Get("length"), "length");
  c.validity = buffer(env, o.Get("validity"), "validity", lent);
  if (c.validity.bytes > 0) c.validity_offset = integer(env, o.Get("validityOffset"), "validityOffset");
  c.values = buffer(env, o.Get("values"), "values", lent);
  if (c.type >= ArrowType::kUtf8) {
    c.offsets = buffer(env, o.Get("offsets"), "offsets", lent);
    if (c.type == ArrowType::kDictionary) {
      const int64_t index = integer(env, o.Get("indexType"), "indexType");
      if (index > static_cast<int64_t>(ArrowType::kUInt64)) bad(env, "unknown index type");
      c.index_type = static_cast<ArrowType>(index);
    }
    if (c.type == ArrowType::kFixedSizeList) c.list_size = integer(env, o.Get("listSize"), "listSize");
    if (const Napi::Value child = o.Get("child"); child.IsObject()) {
      c.child = std::make_unique<ArrowColumn>(read_column(env, child, lent, depth + 1));
    }
  }
  return c;
}

size_t output_width(OutputType type) {
  switch (type) {
    case OutputType::kFloat32:
    case OutputType::kInt32:
    case OutputType::kUtf8: return 4;
    default: return 8;
  }
}

struct Job {
  std::shared_ptr<const CompiledPlan> plan;
  std::vector<ArrowColumn> columns;
  Lent lent;  // handles of the calling scope
  std::vector<OutputMemory> memory;
  std::vector<OutputMemory> validity;
  std::vector<OutputBuffer> outputs;
  int64_t rows = 0;
  int threads = 1;
  bool matrix = false;
  RunControl control;
  BatchResult result;

  void run(std::vector<std::unique_ptr<BatchExecutor>>& executors) {
    const BatchTask task{&columns, &outputs, rows, control};
    result = run_batch(plan, task, threads, executors);
  }
};

void check_columns(Napi::Env env, Job& job) {
  const auto& inputs = job.plan->program().inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!job.plan->uses(static_cast<uint32_t>(i))) continue;
    ArrowColumn& c = job.columns[i];
    const char* error = c.length == job.rows ? c.check(inputs[i].type) : "its length differs from the batch's";
    if (error) {
      Napi::Error e = Napi::Error::New(env, error);
      e.Set("code", Napi::String::New(env, "INVALID_ARROW"));
      e.Set("input", Napi::Number::New(env, static_cast<double>(i)));
      throw e;
    }
  }
}

[[noreturn]] void out_of_memory(Napi::Env env) {
  Napi::Error e = Napi::Error::New(env, "the batch's outputs do not fit into memory");
  e.Set("code", Napi::String::New(env, "OUT_OF_MEMORY"));
  throw e;
}

void allocate_outputs(Napi::Env env, Job& job) {
  const auto& outputs = job.plan->program().outputs;
  const auto rows = static_cast<size_t>(job.rows);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const OutputType type = outputs[i].type;
    size_t bytes = rows * output_width(type);
    if (type == OutputType::kBool) bytes = (rows + 7) / 8;
    if (type == OutputType::kUtf8) bytes += 4;
    const bool nulls = (job.plan->registers()[outputs[i].reg].flags & kMayNull) != 0;
    job.memory.emplace_back(env, bytes);
    job.validity.emplace_back(nulls ? OutputMemory(env, (rows + 7) / 8) : OutputMemory());
    if (!job.memory.back().data() || (nulls && !job.validity.back().data())) out_of_memory(env);
    job.outputs.push_back({type, job.memory.back().data(), 1, nulls ? job.validity.back().data() : nullptr});
  }
}

// options: { threads, matrix?: Float32Array, firstRow? }
Job read_job(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 4 || !info[1].IsArray() || !info[3].IsObject()) bad(env, "batch(plan, columns, rows, options)");
  Job job;
  job.plan = unwrap_plan(info[0]).plan;
  const Napi::Array columns = info[1].As<Napi::Array>();
  job.rows = integer(env, info[2], "rows");
  if (columns.Length() != job.plan->input_count()) bad(env, "the number of columns differs from the plan's inputs");
  for (uint32_t i = 0; i < columns.Length(); ++i) {
    const Napi::Value v = columns.Get(i);
    job.columns.push_back(job.plan->uses(i) ? read_column(env, v, job.lent) : ArrowColumn{});
  }
  const Napi::Object options = info[3].As<Napi::Object>();
  const int64_t threads = integer(env, options.Get("threads"), "threads");
  job.threads = static_cast<int>(threads < 1 ? 1 : threads > 256 ? 256 : threads);
  check_columns(env, job);
  const Napi::Value matrix = options.Get("matrix");
  if (matrix.IsTypedArray()) {
    const auto width = static_cast<int64_t>(job.plan->program().outputs.size());
    const int64_t first = integer(env, options.Get("firstRow"), "firstRow");
    if (matrix.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) bad(env, "matrix must be a Float32Array");
    const Buffer b = buffer(env, matrix, "matrix", job.lent);
    if (first > (int64_t{1} << 40) || job.rows > (int64_t{1} << 40) ||
        static_cast<uint64_t>((first + job.rows) * width) > b.bytes / 4) {
      bad(env, "matrix is too small");
    }
    auto* data = reinterpret_cast<float*>(const_cast<uint8_t*>(b.data)) + first * width;
    for (int64_t i = 0; i < width; ++i) {
      if (job.plan->program().outputs[static_cast<size_t>(i)].type != OutputType::kFloat32) bad(env, "every output of a matrix must be float32");
      job.outputs.push_back({OutputType::kFloat32, data + i, width, nullptr});
    }
    job.matrix = true;
  } else {
    allocate_outputs(env, job);
  }
  return job;
}

int64_t null_count(const OutputMemory& validity, int64_t rows) {
  int64_t set = 0;
  const uint8_t* bits = validity.data();
  const int64_t bytes = (rows + 7) / 8;
  int64_t i = 0;
  for (; i + 8 <= bytes; i += 8) {
    uint64_t word;
    std::memcpy(&word, bits + i, 8);
    set += std::popcount(word);
  }
  for (; i < bytes; ++i) set += std::popcount(bits[i]);
  return rows - set;
}

Napi::Value failure_object(Napi::Env env, const RunFailure& f) {
  Napi::Object o = Napi::Object::New(env);
  o.Set("row", Napi::Number::New(env, static_cast<double>(f.row)));
  o.Set("aborted", Napi::Boolean::New(env, f.aborted));
  o.Set("input", Napi::Number::New(env, static_cast<double>(f.input)));
  o.Set("output", Napi::Number::New(env, static_cast<double>(f.output)));
  o.Set("node", Napi::Number::New(env, f.node));
  o.Set("outcome", Napi::Number::New(env, static_cast<double>(f.outcome)));
  if (f.code) o.Set("code", Napi::String::New(env, f.code));
  if (f.message) o.Set("message", Napi::String::New(env, f.message));
  return o;
}

// The text of output i of all threads, one after the other. That of one thread is handed on as it is.
OutputMemory joined_texts(Napi::Env env, std::vector<std::vector<TextSink>>& parts, size_t i) {
  size_t bytes = 0;
  for (const auto& texts : parts) bytes += texts[i].size();
  if (parts.size() == 1 && bytes > 0) return OutputMemory(env, parts[0][i].release(), bytes);
  OutputMemory text(env, bytes);
  if (!text.data()) return text;
  size_t at = 0;
  for (const auto& texts : parts) {
    if (texts[i].size()) std::memcpy(text.data() + at, texts[i].data(), texts[i].size());
    at += texts[i].size();
  }
  return text;
}

// { failure } or { outputs: [{ data, validity, nullCount, text? }] }
Napi::Value result_object(Napi::Env env, Job& job) {
  Napi::Object out = Napi::Object::New(env);
  if (job.result.failure.row >= 0) {
    out.Set("failure", failure_object(env, job.result.failure));
    return out;
  }
  Napi::Array outputs = Napi::Array::New(env);
  out.Set("outputs", outputs);
  if (job.matrix) return out;
  if (job.result.text_overflow) {
    Napi::Error e = Napi::Error::New(env, "a text output holds more than 2^31 - 1 bytes: transform in smaller batches");
    e.Set("code", Napi::String::New(env, "TOO_LARGE"));
    throw e;
  }
  for (size_t i = 0; i < job.outputs.size(); ++i) {
    Napi::Object o = Napi::Object::New(env);
    const bool nulls = job.validity[i].data() != nullptr;
    const int64_t count = nulls ? null_count(job.validity[i], job.rows) : 0;
    if (job.outputs[i].type == OutputType::kUtf8) {
      OutputMemory text = joined_texts(env, job.result.texts, i);
      if (!text.data()) out_of_memory(env);
      o.Set("text", text.to_array_buffer(env));
    }
    o.Set("data", job.memory[i].to_array_buffer(env));
    o.Set("validity", count > 0 ? job.validity[i].to_array_buffer(env) : env.Null());
    o.Set("nullCount", Napi::Number::New(env, static_cast<double>(count)));
    outputs.Set(static_cast<uint32_t>(i), o);
  }
  return out;
}

class BatchWorker : public PromiseWorker {
 public:
  BatchWorker(Napi::Env env, Job job) : PromiseWorker(env, job.lent), job_(std::move(job)) { job_.lent.clear(); }
  void Execute() override {
    std::vector<std::unique_ptr<BatchExecutor>> executors;
    try {
      job_.run(executors);
    } catch (const std::bad_alloc&) {
      refused_ = true;
    }
  }

 protected:
  Napi::Value result(Napi::Env env) override {
    if (refused_) out_of_memory(env);
    return result_object(env, job_);
  }

 private:
  Job job_;
  bool refused_ = false;
};

}  // namespace

// batch(plan, columns, rows, options): result
Napi::Value run_batch_sync(const Napi::CallbackInfo& info) {
  Job job = read_job(info);
  try {
    job.run(unwrap_plan(info[0]).executors);
  } catch (const std::bad_alloc&) {
    out_of_memory(info.Env());
  }
  return result_object(info.Env(), job);
}

// batchAsync(plan, columns, rows, options, control: Int32Array of [abort, chunks done]): Promise<result>
Napi::Value run_batch_async(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Job job = read_job(info);
  if (info.Length() < 5 || !info[4].IsTypedArray() || info[4].As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    bad(env, "control must be an Int32Array");
  }
  const Buffer control = buffer(env, info[4], "control", job.lent);
  if (control.bytes < 8) bad(env, "control must hold two values");
  static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free);
  auto* words = reinterpret_cast<std::atomic<int32_t>*>(const_cast<uint8_t*>(control.data));
  job.control = {words, words + 1};
  auto* worker = new BatchWorker(env, std::move(job));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace skewless::addon
