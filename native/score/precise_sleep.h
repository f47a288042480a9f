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

}  // namespace skewless::score
