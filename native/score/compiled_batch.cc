#include "score/compiled_batch.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace skewless::score {
namespace {

constexpr int64_t kChunksWorthAThread = 4;

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool run_rows(ModelExecutor& e, const BatchTask& task, int64_t row, int rows) {
  const CompiledProgram& p = e.model().program();
  e.resize(rows);
  for (size_t i = 0; i < p.inputs.size(); ++i) load_input(e, p.inputs[i], task.inputs[i], row, rows);
  if (!e.run()) return false;
  for (size_t o = 0; o < p.outputs.size(); ++o)
    if (!store_output(e, p.outputs[o], task.outputs[o], row, rows)) return false;
  return true;
}

void report(const ModelExecutor& e, int64_t row, BatchFailure& out) {
  out.row = row;
  out.code = e.failure().code;
  std::memcpy(out.message, e.failure().message, sizeof out.message);
}

BatchFailure run_range(ModelExecutor& e, const BatchTask& task, int64_t begin, int64_t end) {
  BatchFailure out;
  for (int64_t row = begin; row < end; row += e.capacity()) {
    if (task.control.abort && task.control.abort->load(std::memory_order_relaxed) != 0) {
      out.aborted = true;
      return out;
    }
    if (task.control.deadline_ns != 0 && now_ns() >= task.control.deadline_ns) {
      out.deadline_exceeded = true;
      return out;
    }
    const int rows = static_cast<int>(std::min<int64_t>(e.capacity(), end - row));
    if (!run_rows(e, task, row, rows)) {
      // A later step may fail on an earlier row: the rows up to this one, each by itself, tell.
      const int last = e.failure().row;
      for (int r = 0; r < last; ++r) {
        if (!run_rows(e, task, row + r, 1)) {
          report(e, row + r, out);
          return out;
        }
      }
      run_rows(e, task, row + last, 1);
      report(e, row + last, out);
      return out;
    }
    if (task.control.lanes_done) task.control.lanes_done->fetch_add((rows + kLanes - 1) / kLanes, std::memory_order_relaxed);
  }
  return out;
}

}  // namespace

BatchFailure run_batch(const std::shared_ptr<const CompiledModel>& model, const BatchTask& task, int threads,
                       std::vector<std::unique_ptr<ModelExecutor>>& executors) {
  const int64_t chunk = model->chunk_rows();
  const int64_t chunks = (task.rows + chunk - 1) / chunk;
  threads = static_cast<int>(std::clamp<int64_t>(threads, 1, std::max<int64_t>(1, chunks / kChunksWorthAThread)));
  for (int t = 0; t < threads; ++t) {
    if (static_cast<size_t>(t) >= executors.size()) executors.push_back(std::make_unique<ModelExecutor>(model, static_cast<int>(chunk)));
    if (!executors[static_cast<size_t>(t)]->ready()) {
      executors.resize(static_cast<size_t>(t));
      throw std::bad_alloc();
    }
  }
  std::vector<BatchFailure> failures(static_cast<size_t>(threads));
  const auto work = [&](int t) {
    const int64_t from = chunks * t / threads * chunk, to = std::min(task.rows, chunks * (t + 1) / threads * chunk);
    failures[static_cast<size_t>(t)] = run_range(*executors[static_cast<size_t>(t)], task, from, to);
  };
  std::vector<std::thread> workers;
  workers.reserve(static_cast<size_t>(threads));
  int started = 1;
  try {
    for (; started < threads; ++started) workers.emplace_back(work, started);
  } catch (const std::exception&) {
    // The system gives no more threads (or no memory for one): this one does the rest.
  }
  work(0);
  for (int t = started; t < threads; ++t) work(t);
  for (std::thread& w : workers) w.join();

  BatchFailure first;
  for (const BatchFailure& f : failures) {
    if (f.aborted || f.deadline_exceeded) return f;
    if (f.row >= 0 && first.row < 0) first = f;
  }
  return first;
}

}  // namespace skewless::score
