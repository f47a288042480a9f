// Ends runs that are past their deadline while the thread that runs them is inside ONNX Runtime.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "score/ort_session.h"

namespace skewless::score::ort {

inline int64_t steady_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// One run at a time: armed before it, disarmed after it. Both cost some 10 ns while runs keep coming.
class Watch {
 public:
  explicit Watch(RunOptions& options) : options_(options) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  friend class Watchdog;
  // In deadline_: no run, or a run that is being terminated, or has been; else the time to terminate it at.
  static constexpr int64_t kIdle = 0, kFiring = -1, kFired = -2;
  RunOptions& options_;
  std::atomic<int64_t> deadline_{kIdle};
  std::atomic<uint64_t> runs_{0};
  uint64_t seen_ = 0;  // of runs_, by the watchdog
};

// One a process, made at first need. Its thread is never joined: it may sleep when the process ends, and touches
// nothing that is destroyed then. While runs come it looks at them several times in the shortest allowance that it has
// seen, so that it knows each run before it is due; after 10 ms without any it sleeps until it is woken.
class Watchdog {
 public:
  static Watchdog& instance();
  void add(Watch* watch);
  void remove(Watch* watch);

  void arm(Watch& watch, int64_t deadline, int64_t now) {
    const int64_t allowed = deadline - now;
    watch.runs_.store(watch.runs_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    // Sequentially consistent, as is the watchdog's order of "sleeping, then look once more": one of both sees the other.
    watch.deadline_.store(deadline, std::memory_order_seq_cst);
    const int64_t period = period_.load(std::memory_order_relaxed);
    if (sleeping_.load(std::memory_order_seq_cst) || (allowed < 2 * period && period > kShortestPeriod)) wake(allowed);
  }
  // Whether the run was terminated; its flag is clear again then.
  bool disarm(Watch& watch) {
    int64_t deadline = watch.deadline_.load(std::memory_order_relaxed);
    if (deadline > 0 && watch.deadline_.compare_exchange_strong(deadline, Watch::kIdle)) return false;
    while (watch.deadline_.load(std::memory_order_acquire) != Watch::kFired) {
    }
    watch.options_.reset();
    watch.deadline_.store(Watch::kIdle, std::memory_order_relaxed);
    return true;
  }

 private:
  static constexpr int64_t kLongestPeriod = 1'000'000;
  static constexpr int64_t kShortestPeriod = 20'000;
  static constexpr int64_t kIdleAfter = 10'000'000;
  Watchdog();
  void wake(int64_t allowed);
  void loop();
  // Terminates what is due; the next deadline that it saw, or INT64_MAX. `ran`: whether there were runs since the last look.
  int64_t look(int64_t now, bool& ran);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Watch*> watches_;
  bool woken_ = false;
  std::atomic<bool> sleeping_{false};
  std::atomic<int64_t> period_{kLongestPeriod};
};

}  // namespace skewless::score::ort
