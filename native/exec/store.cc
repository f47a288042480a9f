#include "exec/store.h"

#include <cmath>
#include <limits>

namespace skewless {

bool TextSink::append(StringView text) {
  const auto bytes = static_cast<size_t>(text.size);
  if (bytes > capacity_ - size_) {
    size_t capacity = capacity_ ? capacity_ * 2 : 4096;
    while (capacity - size_ < bytes) capacity *= 2;
    auto* grown = static_cast<char*>(std::realloc(data_, capacity));
    if (!grown) return false;
    data_ = grown;
    capacity_ = capacity;
  }
  if (bytes) std::memcpy(data_ + size_, text.data, bytes);
  size_ += bytes;
  return true;
}

namespace {

template <class In, class Out>
SK_INLINE void narrow_loop(const In* SK_RESTRICT in, Out* SK_RESTRICT out, int rows) {
  for (int i = 0; i < rows; ++i) out[i] = store_value<Out>(in[i]);
}
template <class In, class Out>
SK_INLINE void strided_loop(const In* SK_RESTRICT in, Out* SK_RESTRICT out, int rows, int64_t stride) {
  for (int i = 0; i < rows; ++i) out[i * stride] = store_value<Out>(in[i]);
}
// A column computed in its final place: most have no NaN, and looking (0.1 ns a value) is cheaper than rewriting.
SK_INLINE uint64_t has_nan(const double* values, int rows) {
  uint64_t any = 0;
  for (int i = 0; i < rows; ++i) any |= static_cast<uint64_t>(values[i] != values[i]);
  return any;
}
template <class In, class Out>
void narrow_baseline(const In* in, Out* out, int rows) { narrow_loop(in, out, rows); }
#if defined(__x86_64__) && defined(__GNUC__)
template <class In, class Out>
__attribute__((target("avx2"))) void narrow_avx2(const In* in, Out* out, int rows) { narrow_loop(in, out, rows); }
__attribute__((target("avx2"))) uint64_t has_nan_avx2(const double* values, int rows) { return has_nan(values, rows); }
#else
template <class In, class Out>
void narrow_avx2(const In* in, Out* out, int rows) { narrow_loop(in, out, rows); }
uint64_t has_nan_avx2(const double* values, int rows) { return has_nan(values, rows); }
#endif

void canonicalize(double* values, int rows, Isa isa) {
  if ((isa == Isa::kBaseline ? has_nan(values, rows) : has_nan_avx2(values, rows)) == 0) return;
  for (int i = 0; i < rows; ++i) values[i] = store_value<double>(values[i]);
}

template <class In, class Out>
void write_values(const Column& c, Out* out, int64_t stride, int rows, Isa isa) {
  const In* in = static_cast<const In*>(c.data);
  if (stride != 1) {
    strided_loop(in, out, rows, stride);
  } else if (static_cast<const void*>(in) == static_cast<const void*>(out)) {
    if constexpr (std::is_same_v<Out, double>) canonicalize(out, rows, isa);
  } else {
    isa == Isa::kBaseline ? narrow_baseline(in, out, rows) : narrow_avx2(in, out, rows);
  }
  if (c.validity) {
    const Out null = std::is_floating_point_v<Out> ? std::numeric_limits<Out>::quiet_NaN() : Out{};
    for (int i = 0; i < rows; ++i)
      if (!is_present(c, i)) out[i * stride] = null;
  }
}

template <class Out>
void write_numbers(const Column& c, TypeId type, Out* out, int64_t stride, int rows, Isa isa) {
  switch (type) {
    case TypeId::kFloat64:
      if constexpr (std::is_floating_point_v<Out>) write_values<double>(c, out, stride, rows, isa);
      break;
    case TypeId::kBool: write_values<uint8_t>(c, out, stride, rows, isa); break;
    default: write_values<int64_t>(c, out, stride, rows, isa); break;
  }
}

// int64 to int32 must not wrap: such rows fail in the plan (the lowering adds a checked cast), so here every
// present value fits; a value behind a null may not, and becomes zero.
void write_int32(const Column& c, TypeId type, int32_t* out, int rows) {
  for (int i = 0; i < rows; ++i) {
    const int64_t v = type == TypeId::kBool ? static_cast<const uint8_t*>(c.data)[i] : static_cast<const int64_t*>(c.data)[i];
    out[i] = is_present(c, i) ? static_cast<int32_t>(v) : 0;
  }
}

void write_bits(const Column& c, uint8_t* out, int64_t row, int rows) {
  const auto* in = static_cast<const uint8_t*>(c.data);
  for (int base = 0; base < rows; base += 8) {
    unsigned byte = 0;
    for (int i = 0; i < 8 && base + i < rows; ++i) byte |= static_cast<unsigned>(in[base + i] & is_present(c, base + i)) << i;
    out[(row + base) >> 3] = static_cast<uint8_t>(byte);
  }
}

}  // namespace

bool store_column(const Column& c, TypeId type, const OutputBuffer& out, int64_t row, int rows, Isa isa, TextSink* text) {
  switch (out.type) {
    case OutputType::kFloat32:
      write_numbers(c, type, static_cast<float*>(out.data) + row * out.stride, out.stride, rows, isa);
      break;
    case OutputType::kFloat64: write_numbers(c, type, static_cast<double*>(out.data) + row, 1, rows, isa); break;
    case OutputType::kInt64:
    case OutputType::kTimestamp: write_numbers(c, type, static_cast<int64_t*>(out.data) + row, 1, rows, isa); break;
    case OutputType::kInt32: write_int32(c, type, static_cast<int32_t*>(out.data) + row, rows); break;
    case OutputType::kBool: write_bits(c, static_cast<uint8_t*>(out.data), row, rows); break;
    case OutputType::kUtf8: {
      auto* lengths = static_cast<int32_t*>(out.data) + row + 1;
      const auto* in = static_cast<const StringView*>(c.data);
      // Texts that follow each other in memory, as a column's own do, are copied together.
      StringView run{nullptr, 0};
      for (int i = 0; i < rows; ++i) {
        lengths[i] = 0;
        if (!is_present(c, i) || in[i].size == 0) continue;
        lengths[i] = static_cast<int32_t>(in[i].size);  // at most 2^31 - 1: kernels answer kTooLarge above
        if (run.size > 0 && run.data + run.size == in[i].data) {
          run.size += in[i].size;
          continue;
        }
        if (run.size > 0 && !text->append(run)) return false;
        run = in[i];
      }
      if (run.size > 0 && !text->append(run)) return false;
      break;
    }
  }
  if (out.validity) {
    for (int base = 0; base < rows; base += 8) {
      const int w = base >> 6;
      const uint64_t word = c.validity ? c.validity[w] : ~uint64_t{0};
      auto byte = static_cast<uint8_t>(word >> (base & 63));
      if (rows - base < 8) byte = static_cast<uint8_t>(byte & ((1u << (rows - base)) - 1));
      out.validity[(row + base) >> 3] = byte;
    }
  }
  return true;
}

}  // namespace skewless
