// A compiled model for one row at a time.
#pragma once
#include "score/compiled_model.h"
#include "score/row_model.h"

namespace skewless::score {

// Of a model with one float32 input. Throws ModelError, std::bad_alloc.
std::shared_ptr<RowModel> make_compiled_row(std::shared_ptr<const CompiledModel> model);

}  // namespace skewless::score
