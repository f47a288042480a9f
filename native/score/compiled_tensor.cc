#include "score/compiled_tensor.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>

#include "score/half.h"

namespace skewless::score {
namespace {

struct Half {
  uint16_t bits;
};
struct Bool {
  uint8_t byte;
};

template <class To, class From>
SK_INLINE To loaded(From x) {
  return static_cast<To>(x);
}
template <>
SK_INLINE float loaded<float, Half>(Half x) {
  return half_to_float(x.bits);
}
template <>
SK_INLINE int64_t loaded<int64_t, Bool>(Bool x) {
  return x.byte != 0 ? 1 : 0;
}

// A block of kLanes rows at a time: its source stays in the first-level cache while the columns pass over it.
template <class From, class To>
void load(const void* data, To* out, int64_t row, int rows, int64_t width, int64_t stride) {
  const From* from = static_cast<const From*>(data) + row * width;
  for (int64_t first = 0; first < rows; first += kLanes) {
    const int64_t end = std::min<int64_t>(first + kLanes, rows);
    for (int64_t c = 0; c < width; ++c)
      for (int64_t r = first; r < end; ++r) out[c * stride + r] = loaded<To, From>(from[r * width + c]);
  }
  for (int64_t c = 0; c < width && rows < stride; ++c) std::fill(out + c * stride + rows, out + (c + 1) * stride, To{});
}

void load_text(const TensorView& tensor, StringView* out, int64_t row, int rows, int64_t width, int64_t stride) {
  const char* bytes = static_cast<const char*>(tensor.data);
  for (int64_t c = 0; c < width; ++c) {
    for (int64_t r = 0; r < rows; ++r) {
      const uint32_t* at = tensor.offsets + (row + r) * width + c;
      out[c * stride + r] = {bytes + at[0], static_cast<int64_t>(at[1] - at[0])};
    }
    std::fill(out + c * stride + rows, out + (c + 1) * stride, StringView{nullptr, 0});
  }
}

template <class To, class From>
SK_INLINE To stored(From x) {
  if constexpr (std::is_floating_point_v<From>) return x != x ? std::numeric_limits<From>::quiet_NaN() : x;
  else return static_cast<To>(x);
}
template <>
SK_INLINE Half stored<Half, float>(float x) {
  return {float_to_half(x)};
}
template <>
SK_INLINE Bool stored<Bool, int64_t>(int64_t x) {
  return {static_cast<uint8_t>(x != 0)};
}

template <class To, class From>
void store(const unsigned char* reg, void* tensor, int64_t row, int rows, int64_t width, int64_t stride) {
  const auto* from = reinterpret_cast<const From*>(reg);
  To* to = static_cast<To*>(tensor) + row * width;
  for (int64_t first = 0; first < rows; first += kLanes) {
    const int64_t end = std::min<int64_t>(first + kLanes, rows);
    for (int64_t c = 0; c < width; ++c)
      for (int64_t r = first; r < end; ++r) to[r * width + c] = stored<To, From>(from[c * stride + r]);
  }
}

bool store_labels(ModelExecutor& executor, const OutputSpec& o, void* tensor, int64_t row, int rows) {
  const auto* from = reinterpret_cast<const int64_t*>(executor.reg(o.reg));
  for (int r = 0; r < rows; ++r) {
    const int64_t index = from[r];
    if (SK_UNLIKELY(index < 0 || index >= static_cast<int64_t>(o.label_count))) {
      StepFailure& f = executor.failure();
      f.row = r;
      f.code = "INVALID_MODEL";
      std::snprintf(f.message, sizeof f.message, "the model chose label %" PRId64 " of %" PRIu32, index, o.label_count);
      return false;
    }
    if (o.labels == LabelKind::kInt64) static_cast<int64_t*>(tensor)[row + r] = o.int_labels[static_cast<size_t>(index)];
    else static_cast<int32_t*>(tensor)[row + r] = static_cast<int32_t>(index);
  }
  return true;
}

}  // namespace

void load_input(const ModelExecutor& e, const InputSpec& input, const TensorView& t, int64_t row, int rows) {
  unsigned char* reg = e.reg(input.reg);
  const int64_t width = e.model().reg(input.reg).width, stride = e.stride();
  auto* f32 = reinterpret_cast<float*>(reg);
  auto* i64 = reinterpret_cast<int64_t*>(reg);
  switch (input.type) {
    case TensorType::kFloat32: return load<float>(t.data, f32, row, rows, width, stride);
    case TensorType::kFloat16: return load<Half>(t.data, f32, row, rows, width, stride);
    case TensorType::kFloat64: return load<double>(t.data, reinterpret_cast<double*>(reg), row, rows, width, stride);
    case TensorType::kInt8: return load<int8_t>(t.data, i64, row, rows, width, stride);
    case TensorType::kUint8: return load<uint8_t>(t.data, i64, row, rows, width, stride);
    case TensorType::kInt16: return load<int16_t>(t.data, i64, row, rows, width, stride);
    case TensorType::kUint16: return load<uint16_t>(t.data, i64, row, rows, width, stride);
    case TensorType::kInt32: return load<int32_t>(t.data, i64, row, rows, width, stride);
    case TensorType::kUint32: return load<uint32_t>(t.data, i64, row, rows, width, stride);
    case TensorType::kInt64: return load<int64_t>(t.data, i64, row, rows, width, stride);
    // From 2^63 on negative: a register has no unsigned numbers.
    case TensorType::kUint64: return load<uint64_t>(t.data, i64, row, rows, width, stride);
    case TensorType::kBool: return load<Bool>(t.data, i64, row, rows, width, stride);
    case TensorType::kString: return load_text(t, reinterpret_cast<StringView*>(reg), row, rows, width, stride);
  }
}

size_t output_bytes(const OutputSpec& o) {
  static constexpr size_t bytes[kTensorTypeCount] = {4, 8, 2, 1, 1, 2, 2, 4, 4, 8, 8, 1, 4};
  return bytes[static_cast<int>(o.type)];
}

bool store_output(ModelExecutor& e, const OutputSpec& o, void* tensor, int64_t row, int rows) {
  if (o.labels != LabelKind::kNone) return store_labels(e, o, tensor, row, rows);
  const unsigned char* reg = e.reg(o.reg);
  const int64_t width = e.model().reg(o.reg).width, stride = e.stride();
  switch (o.type) {
    case TensorType::kFloat32: store<float, float>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kFloat16: store<Half, float>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kFloat64: store<double, double>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kInt8:
    case TensorType::kUint8: store<uint8_t, int64_t>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kInt16:
    case TensorType::kUint16: store<uint16_t, int64_t>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kInt32:
    case TensorType::kUint32: store<uint32_t, int64_t>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kInt64:
    case TensorType::kUint64: store<int64_t, int64_t>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kBool: store<Bool, int64_t>(reg, tensor, row, rows, width, stride); break;
    case TensorType::kString: break;  // labels only
  }
  return true;
}

}  // namespace skewless::score
