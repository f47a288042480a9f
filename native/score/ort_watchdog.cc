#include "score/ort_watchdog.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include "score/precise_sleep.h"

namespace skewless::score::ort {

Watchdog& Watchdog::instance() {
  static auto* const watchdog = new Watchdog;
  return *watchdog;
}

Watchdog::Watchdog() {
  pin_addon();
  std::thread([this] {
    precise_sleep_in_this_thread();
    loop();
  }).detach();
}

void Watchdog::add(Watch* watch) {
  const std::lock_guard lock(mutex_);
  watches_.push_back(watch);
}

void Watchdog::remove(Watch* watch) {
  const std::lock_guard lock(mutex_);
  watches_.erase(std::remove(watches_.begin(), watches_.end(), watch), watches_.end());
}

void Watchdog::wake(int64_t allowed) {
  {
    const std::lock_guard lock(mutex_);
    const int64_t period = std::clamp(allowed / 4, kShortestPeriod, kLongestPeriod);
    if (!sleeping_.load(std::memory_order_relaxed) && period >= period_.load(std::memory_order_relaxed)) return;
    if (period < period_.load(std::memory_order_relaxed)) period_.store(period, std::memory_order_relaxed);
    sleeping_.store(false, std::memory_order_relaxed);
    woken_ = true;
  }
  changed_.notify_one();
}

int64_t Watchdog::look(int64_t now, bool& ran) {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (Watch* watch : watches_) {
    const uint64_t runs = watch->runs_.load(std::memory_order_relaxed);
    int64_t deadline = watch->deadline_.load(std::memory_order_seq_cst);
    ran = ran || runs != watch->seen_ || deadline != Watch::kIdle;
    watch->seen_ = runs;
    if (deadline <= 0) continue;
    if (deadline > now) {
      next = std::min(next, deadline);
    } else if (watch->deadline_.compare_exchange_strong(deadline, Watch::kFiring)) {
      watch->options_.terminate();
      watch->deadline_.store(Watch::kFired, std::memory_order_release);
    }
  }
  return next;
}

void Watchdog::loop() {
  std::unique_lock lock(mutex_);
  int64_t last_run = steady_now();
  for (;;) {
    const int64_t now = steady_now();
    bool ran = woken_;
    woken_ = false;
    int64_t next = look(now, ran);
    if (ran) last_run = now;
    if (now - last_run > kIdleAfter) {
      sleeping_.store(true, std::memory_order_seq_cst);
      ran = false;
      next = look(now, ran);
      if (!ran) {
        period_.store(kLongestPeriod, std::memory_order_relaxed);
        changed_.wait(lock, [this] { return woken_; });
        continue;
      }
      sleeping_.store(false, std::memory_order_relaxed);
      last_run = now;
    }
    const int64_t until = std::min(next, now + period_.load(std::memory_order_relaxed));
    changed_.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(until)), [this] { return woken_; });
  }
}

}  // namespace skewless::score::ort
