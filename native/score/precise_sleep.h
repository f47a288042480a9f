// Timed waits of the calling thread end when they should: Linux lets them be 50 microseconds late to save power.
#pragma once
#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace skewless::score {

inline void precise_sleep_in_this_thread() {
#if defined(__linux__)
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
#endif
}

// The same for as long as it lives, in threads that are not ours.
class PreciseSleep {
 public:
#if defined(__linux__)
  PreciseSleep() : before_(prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL)) { precise_sleep_in_this_thread(); }
  ~PreciseSleep() {
    // 0 means the thread's default.
    prctl(PR_SET_TIMERSLACK, before_ > 0 ? static_cast<unsigned long>(before_) : 0UL, 0UL, 0UL, 0UL);
  }

 private:
  const int before_;
#else
  PreciseSleep() {}
  ~PreciseSleep() {}
#endif
  PreciseSleep(const PreciseSleep&) = delete;
  PreciseSleep& operator=(const PreciseSleep&) = delete;
};

}  // namespace skewless::score
