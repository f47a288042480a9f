// Loops over columns of several registers where one of width 1 goes with every column of the others.
#pragma once
#include "score/compiled_step.h"

namespace skewless::score {

// run(offset of each operand, offset of the result, count, step of each operand): offsets and counts in elements; a
// step is 0 for a value that stays the same over the run.
template <size_t N, class Run>
SK_INLINE void for_each_run(const bool (&single)[N], int64_t width, int64_t stride, const Run& run) {
  bool any = false;
  for (const bool s : single) any |= s;
  int64_t offsets[N] = {}, steps[N];
  for (size_t i = 0; i < N; ++i) steps[i] = 1;
  if (!any || width == 1) {
    run(offsets, int64_t{0}, width * stride, steps);
  } else if (stride == 1) {
    for (size_t i = 0; i < N; ++i) steps[i] = single[i] ? 0 : 1;
    run(offsets, int64_t{0}, width, steps);
  } else {
    for (int64_t c = 0; c < width; ++c) {
      for (size_t i = 0; i < N; ++i) offsets[i] = single[i] ? 0 : c * stride;
      run(offsets, c * stride, stride, steps);
    }
  }
}

}  // namespace skewless::score
