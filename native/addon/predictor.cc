// A row to a prediction in one call: the transformation, then the model, timed, with the deadline kept in between.
#include "addon/predictor.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "addon/bound_function.h"
#include "addon/plan_object.h"
#include "addon/row_model_object.h"
#include "addon/row_runner.h"
#include "score/histogram.h"

namespace skewless::addon {
namespace {

using score::Histogram;
using score::RowModel;
using score::RowStatus;

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Nanoseconds from JavaScript's doubles; what no duration is becomes 0 or the most that can be added up.
SK_INLINE int64_t to_ns(double ns) {
  constexpr double kMost = 2e18;
  return ns >= 0 ? static_cast<int64_t>(ns < kMost ? ns : kMost) : 0;
}

// Doubles through which JavaScript and the native call talk (src/scorer/predictor/row-path.ts).
enum Control : uint32_t {
  kStart,     // in: the call's start by performance.now(), milliseconds
  kDeadline,  // in: microseconds from the start; 0: none
  kOffset,    // in: steady_clock less performance.now(), nanoseconds
  kCost,      // in: nanoseconds that the model is known to take
  kReserve,   // in: nanoseconds that a run must leave before the deadline
  kMarshal,   // out: nanoseconds of each step; what was not reached is 0
  kTransform,
  kScore,
  kTotal,
  kControlDoubles,
};

enum Step : uint32_t { kStepMarshal, kStepTransform, kStepScore, kStepTotal, kSteps };

// What `predict` returns.
enum Status : int32_t {
  kDone = 0,
  kTransformFailed = 1,  // the exchange buffer's header says why
  kNoTime = 2,           // less time was left than the model takes; it was not run
  kCutOff = 3,           // the model ended at the deadline
  kLate = 4,             // the model answered after the deadline
  kModelFailed = 5,
  kModelClosed = 6,
};

struct Predictor {
  std::shared_ptr<RowRunner> runner;
  std::shared_ptr<RowModel> model;
  double* control = nullptr;
  double* stats = nullptr;
  Napi::Reference<Napi::ArrayBuffer> control_ref;
  Napi::Reference<Napi::ArrayBuffer> stats_ref;

  SK_INLINE void record(Step step, int64_t ns) { Histogram(stats + step * Histogram::kDoubles).record(ns); }

  Status predict() {
    const int64_t entered = now_ns();
    const auto start = to_ns(control[kStart] * 1e6 + control[kOffset]);
    const int64_t marshal = std::max<int64_t>(0, entered - start);
    control[kMarshal] = static_cast<double>(marshal);
    control[kTransform] = control[kScore] = control[kTotal] = 0;
    record(kStepMarshal, marshal);

    if (!runner->executor.run_vector(runner->exchange, runner->heap, runner->heap_bytes)) return kTransformFailed;
    const int64_t transformed = now_ns();
    control[kTransform] = static_cast<double>(transformed - entered);
    record(kStepTransform, transformed - entered);

    int64_t deadline = 0;
    int64_t run_until = 0;
    if (control[kDeadline] > 0) {
      deadline = start + to_ns(control[kDeadline] * 1e3);
      run_until = deadline - to_ns(control[kReserve]);
      if (transformed + to_ns(control[kCost]) > run_until) return kNoTime;
    }
    std::memcpy(model->block(), runner->exchange + runner->layout.vector, size_t{model->width()} * sizeof(float));
    const RowStatus status = model->run(run_until);
    const int64_t scored = now_ns();
    control[kScore] = static_cast<double>(scored - transformed);
    control[kTotal] = static_cast<double>(scored - start);
    switch (status) {
      case RowStatus::kOk:
        break;
      case RowStatus::kDeadlineExceeded:
        return kCutOff;
      case RowStatus::kClosed:
        return kModelClosed;
      default:
        return kModelFailed;
    }
    record(kStepScore, scored - transformed);
    if (deadline != 0 && scored > deadline) return kLate;
    record(kStepTotal, std::max<int64_t>(0, scored - start));
    return kDone;
  }
};

napi_value predict(napi_env env, napi_callback_info info) {
  Predictor& p = bound_object<Predictor>(env, info);
  napi_value out = nullptr;
  napi_create_int32(env, p.predict(), &out);
  return out;
}

// clock(): number; nanoseconds of steady_clock
napi_value clock(napi_env env, napi_callback_info) {
  napi_value out = nullptr;
  napi_create_double(env, static_cast<double>(now_ns()), &out);
  return out;
}

// message(): string; of the run that failed last
napi_value message(napi_env env, napi_callback_info info) {
  const char* text = bound_object<Predictor>(env, info).model->message();
  napi_value out = nullptr;
  napi_create_string_utf8(env, text ? text : "", NAPI_AUTO_LENGTH, &out);
  return out;
}

Napi::ArrayBuffer zeroed(Napi::Env env, size_t doubles) {
  Napi::ArrayBuffer out = Napi::ArrayBuffer::New(env, doubles * sizeof(double));
  std::memset(out.Data(), 0, out.ByteLength());
  return out;
}

// predictor(plan, row model's handle): a row runner's members, and { control, stats, predict, clock, message }
Napi::Value make_predictor(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto& plan = unwrap_plan(info[0]).plan;
  const std::shared_ptr<RowModel>& model = unwrap_row_model(info[1]);
  auto p = std::make_shared<Predictor>();
  p->runner = new_row_runner(env, plan, 1);
  p->model = model;
  if (!p->runner->vectors) throw Napi::TypeError::New(env, "predictor: every output of the plan must be float32");
  if (plan->program().outputs.size() != model->width()) {
    throw Napi::RangeError::New(env, "predictor: the model takes " + std::to_string(model->width()) + " numbers, the plan gives " +
                                         std::to_string(plan->program().outputs.size()));
  }
  Napi::ArrayBuffer control = zeroed(env, kControlDoubles);
  Napi::ArrayBuffer stats = zeroed(env, size_t{kSteps} * Histogram::kDoubles);
  p->control = static_cast<double*>(control.Data());
  p->stats = static_cast<double*>(stats.Data());
  p->control_ref = Napi::Persistent(control);
  p->stats_ref = Napi::Persistent(stats);

  Napi::Object out = row_runner_object(env, p->runner);
  out.Set("control", control);
  out.Set("stats", stats);
  add_bound_function(env, out, "predict", predict, p);
  add_bound_function(env, out, "clock", clock, p);
  add_bound_function(env, out, "message", message, p);
  return out;
}

// timeModel(handle, vectors: Float32Array, repeats, most milliseconds): Float64Array of the least nanoseconds that each
// vector took; fewer where the time was up. A vector's first run is never the only one but where time is up.
Napi::Value time_model(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RowModel& model = *unwrap_row_model(info[0]);
  if (info.Length() < 4 || !info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().TypedArrayType() != napi_float32_array ||
      !info[2].IsNumber() || !info[3].IsNumber()) {
    throw Napi::TypeError::New(env, "timeModel(handle, vectors: Float32Array, repeats: number, milliseconds: number)");
  }
  const auto vectors = info[1].As<Napi::Float32Array>();
  const uint32_t width = model.width();
  const size_t count = width == 0 ? 0 : vectors.ElementLength() / width;
  const uint32_t repeats = std::clamp<uint32_t>(info[2].As<Napi::Number>().Uint32Value(), 1, 1000);
  const double most = info[3].As<Napi::Number>().DoubleValue();
  std::vector<double> times(count, 0);
  const int64_t begin = now_ns();
  size_t measured = 0;
  for (uint32_t r = 0; r < repeats; ++r) {
    // Later rounds go over what the first had time for.
    const size_t end = r == 0 ? count : measured;
    for (size_t i = 0; i < end; ++i) {
      std::memcpy(model.block(), vectors.Data() + i * width, width * sizeof(float));
      const int64_t before = now_ns();
      model.run(0);
      const int64_t after = now_ns();
      const auto took = static_cast<double>(after - before);
      if (r == 0) {
        times[i] = took;
        measured = i + 1;
      } else {
        times[i] = std::min(times[i], took);
      }
      const double spent = static_cast<double>(after - begin) / 1e6;
      if (spent > (r == 0 ? most / 2 : most)) {
        if (r > 0) r = repeats;
        break;
      }
    }
  }
  Napi::Float64Array out = Napi::Float64Array::New(env, measured);
  std::copy_n(times.data(), measured, out.Data());
  return out;
}

}  // namespace

void export_predictor(Napi::Env env, Napi::Object& exports) {
  exports.Set("predictor", Napi::Function::New(env, make_predictor));
  exports.Set("timeModel", Napi::Function::New(env, time_model));
}

}  // namespace skewless::addon
