#include "score/run_thread.h"

#include <chrono>

#include "score/precise_sleep.h"

namespace skewless::score {

RunThread::~RunThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (running_) job_->terminate();
  }
  begin_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool RunThread::wait_idle(int64_t deadline) {
  const PreciseSleep precise;
  std::unique_lock lock(mutex_);
  return end_.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(deadline)), [this] { return !job_; });
}

bool RunThread::run(const std::shared_ptr<RunJob>& job, int64_t deadline) {
  const PreciseSleep precise;
  const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline)};
  std::unique_lock lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  if (!end_.wait_until(lock, until, [this] { return !job_; })) return false;
  job_ = job;
  begin_.notify_one();
  if (end_.wait_until(lock, until, [&] { return job_ != job; })) return true;
  if (running_) job->terminate();
  else job_.reset();
  return false;
}

void RunThread::loop() {
  precise_sleep_in_this_thread();
  std::unique_lock lock(mutex_);
  for (;;) {
    begin_.wait(lock, [this] { return stop_ || job_; });
    if (stop_) return;
    running_ = true;
    RunJob& job = *job_;
    lock.unlock();
    job.execute();
    lock.lock();
    running_ = false;
    job_.reset();
    end_.notify_one();
  }
}

}  // namespace skewless::score
