// A plan, the buffers that JavaScript writes rows into, and the executors over them.
#pragma once
#include <napi.h>

#include <memory>

#include "exec/batch_executor.h"
#include "exec/row_executor.h"

namespace skewless::addon {

struct RowRunner {
  RowRunner(std::shared_ptr<const CompiledPlan> p, const ExchangeLayout& l) : plan(p), layout(l), executor(p, l) {}
  std::shared_ptr<const CompiledPlan> plan;
  ExchangeLayout layout;
  RowExecutor executor;
  std::unique_ptr<BatchExecutor> batch;  // made at the first runRows
  bool vectors = true;                   // every output is float32, as batch kernels store rows
  unsigned char* exchange = nullptr;
  const unsigned char* heap = nullptr;
  size_t heap_bytes = 0;
  // Keep both buffers alive while any of the functions is.
  Napi::Reference<Napi::ArrayBuffer> exchange_ref;
  Napi::Reference<Napi::ArrayBuffer> heap_ref;
};

// Throws a JavaScript error where `capacity` is refused or memory is.
std::shared_ptr<RowRunner> new_row_runner(Napi::Env env, const std::shared_ptr<const CompiledPlan>& plan, uint32_t capacity);
// { exchange, layout, runVector, runValues, runRows, setHeap, text }
Napi::Object row_runner_object(Napi::Env env, const std::shared_ptr<RowRunner>& runner);

}  // namespace skewless::addon
