// Writes registers to their final place: Arrow buffers or one row-major float32 matrix.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include "exec/bits.h"
#include "plan/program.h"

namespace skewless {

// A value as an output holds it. Which NaN an operation of two NaNs gives depends on the order in which the compiler
// put its operands, so NaNs leave as the one quiet NaN: else row and batch mode could differ in its bits.
template <class Out, class In>
SK_INLINE Out store_value(In v) {
  if constexpr (std::is_floating_point_v<In> && std::is_floating_point_v<Out>) {
    return v == v ? static_cast<Out>(v) : std::numeric_limits<Out>::quiet_NaN();
  } else {
    return static_cast<Out>(v);
  }
}

// Text of one thread's rows, in order. Grown by doubling, outside the row kernels.
class TextSink {
 public:
  TextSink() = default;
  TextSink(TextSink&& o) noexcept : data_(o.data_), size_(o.size_), capacity_(o.capacity_) { o.data_ = nullptr; }
  TextSink& operator=(TextSink&&) = delete;
  ~TextSink() { std::free(data_); }
  bool append(StringView text);
  const char* data() const { return data_; }
  size_t size() const { return size_; }
  // Gives the memory away, to be ended by std::free; nullptr where there is none.
  char* release() {
    char* out = data_;
    data_ = nullptr;
    size_ = capacity_ = 0;
    return out;
  }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

struct OutputBuffer {
  OutputType type = OutputType::kFloat32;
  // Values of row 0; utf8: the int32 offsets, of which row i's length is kept at i + 1 until all rows are done.
  void* data = nullptr;
  // Distance of rows in elements: 1 for a column, the width for a matrix (float32 only).
  int64_t stride = 1;
  // Arrow bitmap; nullptr where nulls go to NaN or cannot occur.
  uint8_t* validity = nullptr;
};

// Stores rows of `column` as rows [row, row + rows) of the output; row is a multiple of 64. A null is NaN in a
// float output and zero bits elsewhere. False: memory for text was refused.
bool store_column(const Column& column, TypeId type, const OutputBuffer& out, int64_t row, int rows, Isa isa,
                  TextSink* text);

}  // namespace skewless
