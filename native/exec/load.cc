#include "exec/load.h"

#include <bit>

#include "core/utf8.h"
#include "exec/bits.h"

namespace skewless {
namespace {

constexpr const char* kOutOfMemory = "memory for the chunk could not be allocated";

bool bit_at(const uint8_t* bits, int64_t i) { return (bits[i >> 3] >> (i & 7)) & 1; }

// Copies `rows` bits from bit `begin` into words; true when all are set.
bool copy_bits(const Buffer& bits, int64_t begin, int rows, uint64_t* words) {
  bool all = true;
  for (int w = 0; w * 64 < rows; ++w) {
    const int64_t bit = begin + w * 64;
    const int64_t byte = bit >> 3;
    const int shift = static_cast<int>(bit & 7);
    uint64_t word = 0;
    if (static_cast<size_t>(byte) + 9 <= bits.bytes) {
      std::memcpy(&word, bits.data + byte, 8);
      word >>= shift;
      if (shift) word |= static_cast<uint64_t>(bits.data[byte + 8]) << (64 - shift);
    } else {
      const int n = rows - w * 64 < 64 ? rows - w * 64 : 64;
      for (int i = 0; i < n; ++i) word |= static_cast<uint64_t>(bit_at(bits.data, bit + i)) << i;
    }
    words[w] = word;
    const uint64_t mask = word_mask(rows - w * 64);
    all = all && (word & mask) == mask;
  }
  return all;
}

double float16_value(uint16_t h) {
  const uint32_t sign = (h & 0x8000u) << 16, exponent = (h >> 10) & 31, fraction = h & 1023u;
  if (exponent == 0) {
    const double v = static_cast<double>(fraction) * 0x1p-24;
    return sign ? -v : v;
  }
  const uint32_t bits = exponent == 31 ? sign | 0x7f800000u | (fraction << 13) : sign | ((exponent + 112) << 23) | (fraction << 13);
  return std::bit_cast<float>(bits);
}

struct HalfFloat {
  uint16_t bits;
};
template <class T>
SK_INLINE double widen(T v) {
  if constexpr (std::is_same_v<T, HalfFloat>) return float16_value(v.bits);
  else return static_cast<double>(v);
}

template <class T, class Out>
SK_INLINE void convert_loop(const T* SK_RESTRICT in, Out* SK_RESTRICT out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<Out, double>) out[i] = widen(in[i]);
    else out[i] = static_cast<Out>(in[i]);
  }
}
template <class T, class Out>
void convert_baseline(const T* in, Out* out, int64_t n) { convert_loop(in, out, n); }
#if defined(__x86_64__) && defined(__GNUC__)
template <class T, class Out>
__attribute__((target("avx2"))) void convert_avx2(const T* in, Out* out, int64_t n) { convert_loop(in, out, n); }
#else
template <class T, class Out>
void convert_avx2(const T* in, Out* out, int64_t n) { convert_loop(in, out, n); }
#endif
template <class T, class Out>
void convert(const void* base, int64_t begin, Out* out, int64_t n, Isa isa) {
  const T* in = static_cast<const T*>(base) + begin;
  isa == Isa::kBaseline ? convert_baseline(in, out, n) : convert_avx2(in, out, n);
}

// Values as float64; nullptr in `direct` means they were written to `out`.
const double* load_doubles(const ArrowColumn& c, int64_t begin, int64_t n, double* out, Isa isa) {
  const void* v = c.values.data;
  switch (c.type) {
    case ArrowType::kFloat64: return static_cast<const double*>(v) + begin;
    case ArrowType::kFloat32: convert<float>(v, begin, out, n, isa); break;
    case ArrowType::kFloat16: convert<HalfFloat>(v, begin, out, n, isa); break;
    case ArrowType::kInt8: convert<int8_t>(v, begin, out, n, isa); break;
    case ArrowType::kInt16: convert<int16_t>(v, begin, out, n, isa); break;
    case ArrowType::kInt32: convert<int32_t>(v, begin, out, n, isa); break;
    case ArrowType::kInt64: convert<int64_t>(v, begin, out, n, isa); break;
    case ArrowType::kUInt8: convert<uint8_t>(v, begin, out, n, isa); break;
    case ArrowType::kUInt16: convert<uint16_t>(v, begin, out, n, isa); break;
    case ArrowType::kUInt32: convert<uint32_t>(v, begin, out, n, isa); break;
    default: convert<uint64_t>(v, begin, out, n, isa); break;
  }
  return out;
}

const int64_t* load_integers(const ArrowColumn& c, int64_t begin, int64_t n, int64_t* out, Isa isa) {
  const void* v = c.values.data;
  switch (c.type) {
    case ArrowType::kInt64:
    case ArrowType::kUInt64: return static_cast<const int64_t*>(v) + begin;
    case ArrowType::kInt8: convert<int8_t>(v, begin, out, n, isa); break;
    case ArrowType::kInt16: convert<int16_t>(v, begin, out, n, isa); break;
    case ArrowType::kInt32: convert<int32_t>(v, begin, out, n, isa); break;
    case ArrowType::kUInt8: convert<uint8_t>(v, begin, out, n, isa); break;
    case ArrowType::kUInt16: convert<uint16_t>(v, begin, out, n, isa); break;
    default: convert<uint32_t>(v, begin, out, n, isa); break;
  }
  return out;
}

LoadError text_error(int64_t row) {
  return {row, "INVALID_UTF8", "the text is not valid UTF-8"};
}

template <class Offset>
LoadError load_texts(const ArrowColumn& c, int64_t begin, int64_t n, const uint8_t* validity, int64_t validity_bit,
                     StringView* out) {
  const Offset* offsets = reinterpret_cast<const Offset*>(c.offsets.data) + begin;
  const char* bytes = reinterpret_cast<const char*>(c.values.data);
  // Mostly all the rows' bytes are ASCII, which is quickest seen at once: texts of varying length are unpredictable.
  const int64_t first = offsets[0], last = offsets[n];
  const bool ascii = first >= 0 && first <= last && static_cast<uint64_t>(last) <= c.values.bytes &&
                     utf8::is_ascii(c.values.data + first, last - first);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t from = offsets[i], to = offsets[i + 1];
    if (SK_UNLIKELY(from < 0 || to < from || static_cast<uint64_t>(to) > c.values.bytes)) {
      return {i, "INVALID_ARROW", "the text's offsets lie outside its bytes"};
    }
    out[i] = {bytes + from, to - from};
    if (SK_LIKELY(ascii) && from >= first && to <= last) continue;
    if (SK_UNLIKELY(!utf8::valid(out[i]))) {
      if (validity && !bit_at(validity, validity_bit + i)) out[i] = {bytes, 0};  // garbage behind a null
      else return text_error(i);
    }
  }
  return {};
}

template <class Index>
LoadError load_dictionary(const ArrowColumn& c, int64_t begin, int rows, StringView* out, Column& column) {
  const Index* index = reinterpret_cast<const Index*>(c.values.data) + begin;
  const auto size = static_cast<uint64_t>(c.dictionary.size());
  for (int i = 0; i < rows; ++i) {
    if (!is_present(column, i)) {
      out[i] = {nullptr, 0};
      continue;
    }
    const auto at = static_cast<uint64_t>(index[i]);
    if (SK_UNLIKELY(at >= size)) return {i, "INVALID_ARROW", "the dictionary index lies outside the dictionary"};
    const StringView text = c.dictionary[at];
    if (SK_UNLIKELY(text.size < 0)) {
      // A null in the dictionary is a null of the row.
      if (!column.validity) {
        for (int w = 0; w < kChunkWords; ++w) column.validity_storage[w] = ~uint64_t{0};
        column.validity = column.validity_storage;
      }
      column.validity[i >> 6] &= ~(uint64_t{1} << (i & 63));
      out[i] = {nullptr, 0};
    } else {
      out[i] = text;
    }
  }
  return {};
}

LoadError load_text(const ArrowColumn& c, int64_t begin, int64_t validity_begin, int rows, StringView* out, Column& column) {
  const uint8_t* validity = c.validity.bytes ? c.validity.data : nullptr;
  switch (c.type) {
    case ArrowType::kUtf8: return load_texts<int32_t>(c, begin, rows, validity, validity_begin, out);
    case ArrowType::kLargeUtf8: return load_texts<int64_t>(c, begin, rows, validity, validity_begin, out);
    default: break;
  }
  switch (c.index_type) {
    case ArrowType::kInt8: return load_dictionary<int8_t>(c, begin, rows, out, column);
    case ArrowType::kInt16: return load_dictionary<int16_t>(c, begin, rows, out, column);
    case ArrowType::kInt32: return load_dictionary<int32_t>(c, begin, rows, out, column);
    case ArrowType::kInt64: return load_dictionary<int64_t>(c, begin, rows, out, column);
    case ArrowType::kUInt8: return load_dictionary<uint8_t>(c, begin, rows, out, column);
    case ArrowType::kUInt16: return load_dictionary<uint16_t>(c, begin, rows, out, column);
    case ArrowType::kUInt32: return load_dictionary<uint32_t>(c, begin, rows, out, column);
    default: return load_dictionary<uint64_t>(c, begin, rows, out, column);
  }
}

// Begin and end of a list row in its child, or false.
bool list_range(const ArrowColumn& c, int64_t row, int64_t& from, int64_t& to) {
  if (c.type == ArrowType::kFixedSizeList) {
    from = row * c.list_size;
    to = from + c.list_size;
    return true;
  }
  if (c.type == ArrowType::kList) {
    const auto* o = reinterpret_cast<const int32_t*>(c.offsets.data) + row;
    from = o[0];
    to = o[1];
  } else {
    const auto* o = reinterpret_cast<const int64_t*>(c.offsets.data) + row;
    from = o[0];
    to = o[1];
  }
  return from >= 0 && from <= to && to <= c.child->length;
}

// The children of all rows of the chunk are converted in one go; row i is then a view into them.
template <class T>
LoadError load_list(const ArrowColumn& c, int64_t begin, int rows, ListView<T>* out, Column& column,
                    const LoadContext& context) {
  const ArrowColumn& child = *c.child;
  int64_t first = 0, last = 0;
  bool any = false;
  for (int i = 0; i < rows; ++i) {
    int64_t from, to;
    if (!list_range(c, begin + i, from, to)) return {i, "INVALID_ARROW", "the list's offsets lie outside its elements"};
    if (to - from > INT32_MAX) return {i, "OUT_OF_RANGE", "the list has more than 2^31 - 1 elements"};
    if (from == to || !is_present(column, i)) continue;
    if (!any || from < first) first = from;
    if (!any || to > last) last = to;
    any = true;
  }
  const int64_t count = last - first;
  T* converted = context.arena->allocate_array<T>(static_cast<size_t>(count));
  if (!converted) return {0, "OUT_OF_MEMORY", kOutOfMemory};
  const T* data = converted;
  const uint8_t* validity = child.validity.bytes ? child.validity.data : nullptr;
  const int64_t at = child.offset + first;
  if (count > 0) {
    if constexpr (std::is_same_v<T, double>) {
      data = load_doubles(child, at, count, converted, context.isa);
    } else if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, Timestamp>) {
      static_assert(sizeof(Timestamp) == sizeof(int64_t));
      data = reinterpret_cast<const T*>(load_integers(child, at, count, reinterpret_cast<int64_t*>(converted), context.isa));
    } else if (child.type == ArrowType::kUtf8 || child.type == ArrowType::kLargeUtf8) {
      // Row by row: what lies between the lists, behind a null one say, may be anything.
      for (int i = 0; i < rows; ++i) {
        int64_t from, to;
        list_range(c, begin + i, from, to);
        if (from == to || !is_present(column, i)) continue;
        StringView* out_texts = converted + (from - first);
        const LoadError e = child.type == ArrowType::kUtf8
                                ? load_texts<int32_t>(child, child.offset + from, to - from, validity, child.validity_offset + from, out_texts)
                                : load_texts<int64_t>(child, child.offset + from, to - from, validity, child.validity_offset + from, out_texts);
        if (e.code) return {i, e.code, e.message};
      }
    } else {
      return {0, "INVALID_ARROW", "a list of dictionary-encoded text is not supported: decode it first"};
    }
  }
  for (int i = 0; i < rows; ++i) {
    int64_t from, to;
    list_range(c, begin + i, from, to);
    if (from == to || !is_present(column, i)) {
      out[i] = {data, nullptr, 0, 0};
      continue;
    }
    out[i] = {data + (from - first), validity, child.validity_offset + from, to - from};
    if constexpr (std::is_same_v<T, int64_t>) {
      if (child.type == ArrowType::kUInt64) {
        for (int64_t k = 0; k < out[i].length; ++k)
          if (out[i].data[k] < 0 && out[i].is_valid(k)) return {i, "OUT_OF_RANGE", "an element is above the largest int64, 9223372036854775807"};
      }
    }
  }
  return {};
}

LoadError load_values(const ArrowColumn& c, TypeId type, int64_t at, int64_t validity_at, int rows, void* scratch, Column& out,
                      const LoadContext& context) {
  switch (type) {
    case TypeId::kFloat64:
      out.data = const_cast<double*>(load_doubles(c, at, rows, static_cast<double*>(scratch), context.isa));
      return {};
    case TypeId::kInt64:
    case TypeId::kTimestamp: {
      const int64_t* v = load_integers(c, at, rows, static_cast<int64_t*>(scratch), context.isa);
      out.data = const_cast<int64_t*>(v);
      if (c.type == ArrowType::kUInt64) {
        for (int i = 0; i < rows; ++i)
          if (v[i] < 0 && is_present(out, i)) return {i, "OUT_OF_RANGE", "the value is above the largest int64, 9223372036854775807"};
      }
      return {};
    }
    case TypeId::kBool: {
      auto* v = static_cast<uint8_t*>(scratch);
      for (int i = 0; i < rows; ++i) v[i] = bit_at(c.values.data, at + i);
      return {};
    }
    case TypeId::kUtf8: return load_text(c, at, validity_at, rows, static_cast<StringView*>(scratch), out);
    case TypeId::kListFloat64: return load_list(c, at, rows, static_cast<ListView<double>*>(scratch), out, context);
    case TypeId::kListInt64: return load_list(c, at, rows, static_cast<ListView<int64_t>*>(scratch), out, context);
    case TypeId::kListUtf8: return load_list(c, at, rows, static_cast<ListView<StringView>*>(scratch), out, context);
    case TypeId::kListTimestamp: return load_list(c, at, rows, static_cast<ListView<Timestamp>*>(scratch), out, context);
  }
  return {};
}

}  // namespace

LoadError load_column(const ArrowColumn& c, TypeId type, int64_t begin, int rows, void* scratch, Column& out,
                      const LoadContext& context) {
  const int64_t at = c.offset + begin;
  const int64_t validity_at = c.validity_offset + begin;
  out.data = scratch;
  out.failures = nullptr;
  out.validity = nullptr;
  if (c.validity.bytes > 0 && !copy_bits(c.validity, validity_at, rows, out.validity_storage)) out.validity = out.validity_storage;
  LoadError error = load_values(c, type, at, validity_at, rows, scratch, out, context);
  if (!context.nullable && out.validity) {
    const int limit = error.code ? static_cast<int>(error.row) : rows;
    for (int i = 0; i < limit; ++i)
      if (!is_present(out, i)) return {i, "NULL_INPUT", "the value is null and the input is not nullable"};
  }
  return error;
}

LoadError load_exchange(const unsigned char* exchange, const ExchangeLayout& layout, size_t input, const Register& reg,
                        int rows, const Heap& heap, void* scratch, Column& out, Arena& arena) {
  out.data = scratch;
  out.failures = nullptr;
  out.validity = nullptr;
  const unsigned char* first = exchange + layout.rows;
  const unsigned char* in = first + input * kExchangeInput;
  const unsigned char* states = first + layout.states + input;
  for (int i = 0; i < rows; ++i) {
    if (SK_LIKELY(states[static_cast<size_t>(i) * layout.row_bytes] == 0)) continue;
    if (!(reg.flags & kMayNull)) return {i, "NULL_INPUT", "the value is null and the input is not nullable"};
    if (!out.validity) {
      for (int w = 0; w < kChunkWords; ++w) out.validity_storage[w] = ~uint64_t{0};
      out.validity = out.validity_storage;
    }
    out.validity[i >> 6] &= ~(uint64_t{1} << (i & 63));
  }
  const uint32_t width = column_bytes(reg.type);
  auto* slots = static_cast<unsigned char*>(scratch);
  for (int i = 0; i < rows; ++i) {
    const unsigned char* at = in + static_cast<size_t>(i) * layout.row_bytes;
    unsigned char* slot = slots + static_cast<size_t>(i) * width;
    Outcome o = Outcome::kOk;
    switch (reg.type) {
      case TypeId::kFloat64:
      case TypeId::kInt64:
      case TypeId::kTimestamp: std::memcpy(slot, at, 8); break;
      case TypeId::kBool: *slot = read_at<double>(at) != 0; break;
      case TypeId::kUtf8: {
        StringView text{nullptr, 0};
        if (is_present(out, i)) o = heap.text(read_at<uint32_t>(at), read_at<uint32_t>(at + 4), text);
        write_at(slot, text);
        break;
      }
      default:
        if (is_present(out, i)) o = heap.list(at, reg.type, arena, slot);
        else std::memset(slot, 0, width);
    }
    if (SK_UNLIKELY(o != Outcome::kOk)) {
      if (o == Outcome::kInvalidUtf8) return text_error(i);
      if (o == Outcome::kOutOfMemory) return {i, "OUT_OF_MEMORY", kOutOfMemory};
      return {i, "OUT_OF_RANGE", "the row's text or list lies outside its buffer"};
    }
  }
  return {};
}

}  // namespace skewless
