#include "exec/arrow_column.h"

#include "core/utf8.h"

namespace skewless {

int arrow_width(ArrowType type) {
  switch (type) {
    case ArrowType::kInt8:
    case ArrowType::kUInt8: return 1;
    case ArrowType::kInt16:
    case ArrowType::kUInt16:
    case ArrowType::kFloat16: return 2;
    case ArrowType::kInt32:
    case ArrowType::kUInt32:
    case ArrowType::kFloat32: return 4;
    case ArrowType::kInt64:
    case ArrowType::kUInt64:
    case ArrowType::kFloat64: return 8;
    default: return 0;
  }
}

namespace {

bool is_integer(ArrowType t) { return t <= ArrowType::kUInt64; }
bool is_number(ArrowType t) { return t <= ArrowType::kFloat64; }

bool fills(TypeId wanted, const ArrowColumn& c) {
  const auto child = [&](TypeId element) { return c.child && fills(element, *c.child); };
  const bool list = c.type == ArrowType::kList || c.type == ArrowType::kFixedSizeList || c.type == ArrowType::kLargeList;
  switch (wanted) {
    case TypeId::kFloat64: return is_number(c.type);
    case TypeId::kInt64:
    case TypeId::kTimestamp: return is_integer(c.type);
    case TypeId::kBool: return c.type == ArrowType::kBool;
    case TypeId::kUtf8: return c.type == ArrowType::kUtf8 || c.type == ArrowType::kLargeUtf8 || c.type == ArrowType::kDictionary;
    case TypeId::kListFloat64: return list && child(TypeId::kFloat64);
    case TypeId::kListInt64: return list && child(TypeId::kInt64);
    case TypeId::kListUtf8: return list && child(TypeId::kUtf8);
    case TypeId::kListTimestamp: return list && child(TypeId::kTimestamp);
  }
  return false;
}

const char* check_buffers(ArrowColumn& c) {
  constexpr int64_t kMax = int64_t{1} << 40;
  if (c.offset < 0 || c.length < 0 || c.validity_offset < 0 || c.offset > kMax || c.length > kMax || c.validity_offset > kMax) {
    return "its offset or length is out of range";
  }
  const size_t end = static_cast<size_t>(c.offset + c.length);
  if (c.validity.bytes > 0 && c.validity.bytes < (static_cast<size_t>(c.validity_offset + c.length) + 7) / 8) return "its validity bitmap is shorter than its rows";
  const auto holds = [](const Buffer& b, size_t count, size_t width) {
    return count <= b.bytes / width && reinterpret_cast<uintptr_t>(b.data) % width == 0;
  };
  switch (c.type) {
    case ArrowType::kBool: return c.values.bytes >= (end + 7) / 8 ? nullptr : "its values are shorter than its rows";
    case ArrowType::kUtf8:
    case ArrowType::kList:
      if (c.length == 0) break;
      if (!holds(c.offsets, end + 1, 4)) return "its offsets are shorter than its rows";
      break;
    case ArrowType::kLargeUtf8:
    case ArrowType::kLargeList:
      if (c.length == 0) break;
      if (!holds(c.offsets, end + 1, 8)) return "its offsets are shorter than its rows";
      break;
    case ArrowType::kDictionary:
      if (!is_integer(c.index_type)) return "its dictionary indices are not integers";
      if (c.length > 0 && !holds(c.values, end, static_cast<size_t>(arrow_width(c.index_type)))) return "its dictionary indices are shorter than its rows";
      break;
    case ArrowType::kFixedSizeList:
      if (c.list_size < 0 || c.list_size > (int64_t{1} << 31)) return "its list size is out of range";
      if (!c.child || (c.list_size > 0 && end > static_cast<size_t>(c.child->length) / static_cast<size_t>(c.list_size))) return "its child is shorter than its rows";
      break;
    default:
      if (c.length > 0 && !holds(c.values, end, static_cast<size_t>(arrow_width(c.type)))) return "its values are shorter than its rows";
  }
  if (c.child) return check_buffers(*c.child);
  return nullptr;
}

template <class Offset>
const char* text_at(const ArrowColumn& c, int64_t row, StringView& out) {
  const auto* offsets = reinterpret_cast<const Offset*>(c.offsets.data) + c.offset + row;
  const int64_t begin = offsets[0], end = offsets[1];
  if (begin < 0 || end < begin || static_cast<uint64_t>(end) > c.values.bytes) return "its dictionary has offsets outside its bytes";
  out = {reinterpret_cast<const char*>(c.values.data) + begin, end - begin};
  return utf8::valid(out) ? nullptr : "its dictionary holds text that is not UTF-8";
}

const char* decode_dictionary(ArrowColumn& c) {
  const ArrowColumn& d = *c.child;
  if (d.type != ArrowType::kUtf8 && d.type != ArrowType::kLargeUtf8) return "its dictionary does not hold text";
  c.dictionary.resize(static_cast<size_t>(d.length));
  for (int64_t i = 0; i < d.length; ++i) {
    StringView& out = c.dictionary[static_cast<size_t>(i)];
    const int64_t bit = d.validity_offset + i;
    if (d.validity.bytes > 0 && !((d.validity.data[bit >> 3] >> (bit & 7)) & 1)) {
      out = {nullptr, -1};
      continue;
    }
    const char* error = d.type == ArrowType::kUtf8 ? text_at<int32_t>(d, i, out) : text_at<int64_t>(d, i, out);
    if (error) return error;
  }
  return nullptr;
}

}  // namespace

const char* ArrowColumn::check(TypeId wanted) {
  if (!fills(wanted, *this)) return "its Arrow type cannot fill the input";
  if (const char* error = check_buffers(*this)) return error;
  for (ArrowColumn* c = this; c; c = c->child.get()) {
    if (c->type != ArrowType::kDictionary) continue;
    if (!c->child) return "it has no dictionary";
    if (const char* error = decode_dictionary(*c)) return error;
  }
  return nullptr;
}

}  // namespace skewless
