// An Arrow array as the caller lends it: pointers with their sizes in bytes, nothing trusted. check() makes sure
// that rows [offset, offset + length) lie inside every fixed-width buffer; offsets, dictionary indices and UTF-8
// are checked row by row while a chunk is loaded.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/values.h"

namespace skewless {

enum class ArrowType : uint8_t {
  kInt8 = 0, kInt16 = 1, kInt32 = 2, kInt64 = 3,
  kUInt8 = 4, kUInt16 = 5, kUInt32 = 6, kUInt64 = 7,
  kFloat16 = 8, kFloat32 = 9, kFloat64 = 10,
  kBool = 11, kUtf8 = 12, kLargeUtf8 = 13, kDictionary = 14, kList = 15, kFixedSizeList = 16, kLargeList = 17,
};
constexpr int kArrowTypeCount = 18;

struct Buffer {
  const uint8_t* data = nullptr;
  size_t bytes = 0;
};

struct ArrowColumn {
  ArrowType type = ArrowType::kFloat64;
  int64_t offset = 0;  // of row 0 in values or offsets; a bit offset for bool
  int64_t length = 0;
  int64_t validity_offset = 0;
  Buffer validity;  // bitmap; empty: no nulls
  Buffer values;    // values, text bytes or dictionary indices
  Buffer offsets;   // text and lists
  ArrowType index_type = ArrowType::kInt32;  // of a dictionary
  int64_t list_size = 0;                     // of a fixed-size list
  std::unique_ptr<ArrowColumn> child;        // list elements or dictionary values
  // Decoded once by check(): the dictionary's texts, with absent ones as null data and size -1.
  std::vector<StringView> dictionary;

  // nullptr, or what is wrong. `type` is the plan's type that the column must be able to fill.
  const char* check(TypeId wanted);
};

int arrow_width(ArrowType type);  // bytes a value, 0 where it has none

}  // namespace skewless
