// What the predictor calls: a model that scores one float32 vector at a time in memory that it owns.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace skewless::score {

enum class RowStatus : uint8_t {
  kOk = 0,
  kFailed = 1,            // the model reported an error: message()
  kDeadlineExceeded = 2,  // not answered before the deadline; the outputs are unspecified
  kClosed = 3,
};

enum class RowElement : uint8_t { kFloat32 = 0, kFloat64 = 1, kInt64 = 2 };

// An output of one row. Labels that are text are given as their index among the model's labels (kInt64).
struct RowOutput {
  RowElement element;
  uint32_t width;
  uint32_t offset;  // bytes into block(), a multiple of 8
};

// One block of memory holds the input vector (float32, at byte 0) and the outputs after it; it stays where it is as
// long as the model lives, so that JavaScript may look at it through one ArrayBuffer. Belongs to one thread.
class RowModel {
 public:
  virtual ~RowModel() = default;
  virtual uint32_t width() const = 0;  // elements of the input vector
  virtual unsigned char* block() = 0;
  virtual size_t block_bytes() const = 0;
  virtual const std::vector<RowOutput>& outputs() const = 0;
  // Scores the vector in the block. `deadline_ns` is a time of std::chrono::steady_clock, 0 for none. Neither allocates
  // nor throws where the model is compiled.
  virtual RowStatus run(int64_t deadline_ns) noexcept = 0;
  // Of the last kFailed; lives until the next run.
  virtual const char* message() const noexcept = 0;
};

}  // namespace skewless::score
