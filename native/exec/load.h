// Fills the input registers of a chunk from Arrow columns.
#pragma once
#include "core/arena.h"
#include "exec/arrow_column.h"
#include "exec/exchange.h"
#include "registry/entry.h"

namespace skewless {

// A row of an input that cannot be loaded. `row` counts from the column's first row; -1: none.
struct LoadError {
  int64_t row = -1;
  const char* code = nullptr;  // one of src/errors.ts
  const char* message = nullptr;
};

struct LoadContext {
  Arena* arena;
  bool nullable;
  Isa isa;
};

// Points `out` at rows [begin, begin + rows) of the column: straight into the column's own buffer where the
// layouts agree, else into `scratch`, converted. Rows from error.row on are then unspecified.
LoadError load_column(const ArrowColumn& column, TypeId type, int64_t begin, int rows, void* scratch, Column& out,
                      const LoadContext& context);

// The same from the rows of an exchange buffer.
LoadError load_exchange(const unsigned char* exchange, const ExchangeLayout& layout, size_t input, const Register& reg,
                        int rows, const Heap& heap, void* scratch, Column& out, Arena& arena);

}  // namespace skewless
