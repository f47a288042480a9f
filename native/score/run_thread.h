// Runs what may take longer than its caller is willing to wait.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace skewless::score {

// Owns all that it touches: the caller may be gone when it ends.
class RunJob {
 public:
  virtual ~RunJob() = default;
  virtual void execute() noexcept = 0;
  // Asks execute() to end soon. Called from another thread, only while it runs.
  virtual void terminate() noexcept = 0;
};

// One thread, started at the first job. The destructor terminates a job under way and waits for it.
class RunThread {
 public:
  RunThread() = default;
  RunThread(const RunThread&) = delete;
  RunThread& operator=(const RunThread&) = delete;
  ~RunThread();
  // Whether nothing runs, by `deadline`.
  bool wait_idle(int64_t deadline);
  // Whether the job was done by `deadline` (of steady_clock, nanoseconds). Otherwise it was terminated and may still be
  // running, or it was never begun because one before it was still running. Throws std::system_error when the system
  // refuses a thread.
  bool run(const std::shared_ptr<RunJob>& job, int64_t deadline);

 private:
  void loop();
  std::mutex mutex_;
  std::condition_variable begin_, end_;
  std::shared_ptr<RunJob> job_;  // waiting or running
  bool running_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace skewless::score
