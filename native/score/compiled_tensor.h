// Between row-major tensors and a chunk's registers.
#pragma once
#include "score/compiled_model.h"

namespace skewless::score {

// Elements of an input for all rows. Text: `data` holds UTF-8, element i from offsets[i] to offsets[i + 1].
struct TensorView {
  const void* data;
  const uint32_t* offsets;
};

// Rows [row, row + rows) of the tensor into the executor's register; what lies between rows and stride becomes zeros.
void load_input(const ModelExecutor& executor, const InputSpec& input, const TensorView& tensor, int64_t row, int rows);

// Bytes of an output's element in the tensor: labels that are text are given as int32 indices.
size_t output_bytes(const OutputSpec& output);
// The rows of a chunk to rows [row, row + rows) of a tensor. All NaNs become one, since which of two a sum keeps depends on the
// instructions. False: a row's label does not exist; failure() tells which.
bool store_output(ModelExecutor& executor, const OutputSpec& output, void* tensor, int64_t row, int rows);

}  // namespace skewless::score
