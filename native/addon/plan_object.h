// The compiled plan as JavaScript holds it: a type-tagged external that no other add-on's object can pass for.
#pragma once
#include <napi.h>

#include <memory>
#include <vector>

#include "exec/batch_executor.h"

namespace skewless::addon {

struct PlanObject {
  std::shared_ptr<const CompiledPlan> plan;
  // Scratch of synchronous runs, kept between calls. Asynchronous runs bring their own.
  std::vector<std::unique_ptr<BatchExecutor>> executors;
};

Napi::Value wrap_plan(Napi::Env env, std::shared_ptr<const CompiledPlan> plan);
// Throws a TypeError when the value is not a plan of this add-on.
PlanObject& unwrap_plan(const Napi::Value& value);

// An Error with `code`, and `node` where one is concerned.
Napi::Error plan_error(Napi::Env env, const PlanError& error);

// The instruction sets that this machine has, widest last.
std::vector<const char*> available_isas();
// Throws a TypeError for a name that is unknown or that this machine lacks.
Isa isa_named(Napi::Env env, const std::string& name);

Napi::Value make_row_runner(const Napi::CallbackInfo& info);
Napi::Value run_batch_sync(const Napi::CallbackInfo& info);
Napi::Value run_batch_async(const Napi::CallbackInfo& info);

}  // namespace skewless::addon
