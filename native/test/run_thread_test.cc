// The thread that runs what may outlast its caller: in time, too late, one behind another, and closed in the middle.
#include "score/run_thread.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "test/check.h"

namespace {

using namespace skewless::score;
using Clock = std::chrono::steady_clock;

constexpr int64_t kMillisecond = 1'000'000;
// On a busy machine a thread may be kept waiting for long.
constexpr int64_t kAmple = 20'000 * kMillisecond;

int64_t now() { return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count(); }

struct CountingJob : RunJob {
  std::atomic<int> runs{0};
  void execute() noexcept override { ++runs; }
  void terminate() noexcept override {}
};

// Runs until it is told to end, and then for `lingers` more.
struct EndlessJob : RunJob {
  explicit EndlessJob(int64_t lingers_ = 0) : lingers(lingers_) {}
  const int64_t lingers;
  std::atomic<bool> begun{false}, told{false}, ended{false};
  void execute() noexcept override {
    begun = true;
    while (!told) std::this_thread::sleep_for(std::chrono::microseconds(100));
    std::this_thread::sleep_for(std::chrono::nanoseconds(lingers));
    ended = true;
  }
  void terminate() noexcept override { told = true; }
};

void test_in_time() {
  RunThread thread;
  const auto job = std::make_shared<CountingJob>();
  for (int i = 0; i < 2000; ++i) CHECK(thread.run(job, now() + kAmple));
  CHECK(job->runs == 2000);
  CHECK(thread.wait_idle(now()));
}

void test_too_late() {
  RunThread thread;
  const auto endless = std::make_shared<EndlessJob>();
  const int64_t deadline = now() + 20 * kMillisecond;
  CHECK(!thread.run(endless, deadline));
  CHECK(now() >= deadline);
  CHECK(!endless->begun || endless->told);
  // The next one is answered.
  const auto job = std::make_shared<CountingJob>();
  CHECK(thread.run(job, now() + kAmple));
  CHECK(job->runs == 1);
}

void test_behind_another() {
  RunThread thread;
  const auto lingering = std::make_shared<EndlessJob>(200 * kMillisecond);
  CHECK(!thread.run(lingering, now() + 20 * kMillisecond));
  const auto job = std::make_shared<CountingJob>();
  if (lingering->begun && !lingering->ended) {
    CHECK(!thread.wait_idle(now() + kMillisecond));
    CHECK(!thread.run(job, now() + kMillisecond) || lingering->ended);
  }
  CHECK(thread.wait_idle(now() + kAmple));
  CHECK(job->runs <= 1);
  const int before = job->runs;
  CHECK(thread.run(job, now() + kAmple));
  CHECK(job->runs == before + 1);
}

void test_no_time_at_all() {
  RunThread thread;
  const auto job = std::make_shared<CountingJob>();
  for (int i = 0; i < 200; ++i) thread.run(job, now() - kMillisecond);
  CHECK(thread.wait_idle(now() + kAmple));
  CHECK(thread.run(job, now() + kAmple));
  CHECK(job->runs >= 1);
}

void test_closed_in_the_middle() {
  for (int i = 0; i < 20; ++i) {
    const auto endless = std::make_shared<EndlessJob>();
    {
      RunThread thread;
      thread.run(endless, now() + i * kMillisecond / 4);
    }
    // Nobody runs it any more.
    CHECK(!endless->begun || endless->ended);
  }
}

}  // namespace

int main() {
  test_in_time();
  test_too_late();
  test_behind_another();
  test_no_time_at_all();
  test_closed_in_the_middle();
  return skewless::test::finish("run_thread");
}
