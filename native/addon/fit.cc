#include "addon/fit.h"

#include <cmath>
#include <string>

#include "fit/count_texts.h"
#include "fit/numbers.h"
#include "fit/select.h"

namespace skewless::addon {
namespace {

template <class T>
struct Kind;
template <>
struct Kind<double> {
  static constexpr napi_typedarray_type type = napi_float64_array;
  static constexpr const char* name = "a Float64Array";
};
template <>
struct Kind<int32_t> {
  static constexpr napi_typedarray_type type = napi_int32_array;
  static constexpr const char* name = "an Int32Array";
};
template <>
struct Kind<uint8_t> {
  static constexpr napi_typedarray_type type = napi_uint8_array;
  static constexpr const char* name = "a Uint8Array";
};

template <class T>
std::span<T> array(const Napi::Value& value, const char* what) {
  Napi::Env env = value.Env();
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (!value.IsTypedArray() || napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok || type != Kind<T>::type) {
    throw Napi::TypeError::New(env, std::string(what) + " must be " + Kind<T>::name);
  }
  return {static_cast<T*>(data), length};
}

size_t index(const Napi::Value& value, const char* what) {
  const double d = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(d >= 0 && d <= 9007199254740991.0 && d == std::floor(d))) {
    throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a non-negative integer");
  }
  return static_cast<size_t>(d);
}

// The bitmap of `rows` rows, or nullptr for null.
const uint8_t* bitmap(const Napi::Value& value, size_t rows) {
  if (value.IsNull() || value.IsUndefined()) return nullptr;
  const auto bits = array<uint8_t>(value, "validity");
  if (bits.size() < (rows + 7) / 8) throw Napi::TypeError::New(value.Env(), "validity is too short");
  return bits.data();
}

// fitAllFinite(values): boolean
Napi::Value all_finite(const Napi::CallbackInfo& info) {
  const auto values = array<double>(info[0], "values");
  return Napi::Boolean::New(info.Env(), fit::all_finite(values.data(), values.size()));
}

// fitCopyPresent(values, validity, target): count, or -1 - row at an infinite value
Napi::Value copy_present(const Napi::CallbackInfo& info) {
  const auto values = array<double>(info[0], "values");
  const uint8_t* validity = bitmap(info[1], values.size());
  const auto target = array<double>(info[2], "target");
  if (target.size() < values.size()) throw Napi::TypeError::New(info.Env(), "target is too short");
  return Napi::Number::New(info.Env(), static_cast<double>(fit::copy_present(values.data(), values.size(), validity, target.data())));
}

// fitExtremes(values, out: [min, max])
Napi::Value extremes(const Napi::CallbackInfo& info) {
  const auto values = array<double>(info[0], "values");
  const auto out = array<double>(info[1], "out");
  if (out.size() < 2) throw Napi::TypeError::New(info.Env(), "out is too short");
  const fit::Extremes found = fit::extremes(values.data(), values.size());
  out[0] = found.min;
  out[1] = found.max;
  return info.Env().Undefined();
}

// fitMoments(values, out: [rough mean, sum of squared differences to it, sum of differences]); the sums are left out
// where the mean is not finite
Napi::Value moments(const Napi::CallbackInfo& info) {
  const auto values = array<double>(info[0], "values");
  const auto out = array<double>(info[1], "out");
  if (out.size() < 3) throw Napi::TypeError::New(info.Env(), "out is too short");
  const double mean = fit::sum(values.data(), values.size()) / static_cast<double>(values.size());
  const bool finite = mean - mean == 0;
  const fit::Deviations found = finite ? fit::deviations(values.data(), values.size(), mean) : fit::Deviations{};
  out[0] = mean;
  out[1] = found.squares;
  out[2] = found.rest;
  return info.Env().Undefined();
}

// fitSelect(chunks: Float64Array[], ranks: Float64Array, out: Float64Array); ranks ascend
Napi::Value select(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsArray()) throw Napi::TypeError::New(env, "chunks must be an array");
  const Napi::Array list = info[0].As<Napi::Array>();
  fit::Chunks chunks;
  size_t n = 0;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const auto chunk = array<double>(list.Get(i), "a chunk");
    if (chunk.empty()) continue;
    chunks.push_back(chunk);
    n += chunk.size();
  }
  if (n > UINT32_MAX) throw Napi::TypeError::New(env, "chunks hold more than 2^32 - 1 values");
  const auto wanted = array<double>(info[1], "ranks");
  const auto out = array<double>(info[2], "out");
  if (out.size() < wanted.size()) throw Napi::TypeError::New(env, "out is too short");
  std::vector<size_t> ranks;
  for (const double r : wanted) {
    const bool valid = r >= 0 && r < static_cast<double>(n) && r == std::floor(r);
    if (!valid || (!ranks.empty() && static_cast<size_t>(r) <= ranks.back())) throw Napi::TypeError::New(env, "ranks must ascend below the number of values");
    ranks.push_back(static_cast<size_t>(r));
  }
  try {
    if (!fit::select_ranks(chunks, ranks, out.data())) throw Napi::TypeError::New(env, "values must not hold NaN");
  } catch (const std::bad_alloc&) {
    Napi::Error e = Napi::Error::New(env, "selecting quantiles does not fit into memory");
    e.Set("code", Napi::String::New(env, "OUT_OF_MEMORY"));
    throw e;
  }
  return env.Undefined();
}

// fitCountTexts(offsets, bytes, validity, row, end, weight, slots, hashes, starts, pool, counts, result): the row where
// it stopped; result gets the missing rows passed, and the hash of the unknown text at that row.
Napi::Value count_texts(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const size_t row = index(info[3], "row"), end = index(info[4], "end");
  const fit::TextColumn column{array<int32_t>(info[0], "offsets"), array<uint8_t>(info[1], "bytes"), bitmap(info[2], end)};
  if (row > end || column.offsets.size() <= end) throw Napi::TypeError::New(env, "offsets is too short");
  if (!info[5].IsNumber()) throw Napi::TypeError::New(env, "weight must be a number");
  const fit::TextTable table{array<int32_t>(info[6], "slots"), array<int32_t>(info[7], "hashes"), array<int32_t>(info[8], "starts"),
                             array<uint8_t>(info[9], "pool"), array<double>(info[10], "counts")};
  const size_t slots = table.slots.size();
  if (slots == 0 || (slots & (slots - 1)) != 0) throw Napi::TypeError::New(env, "the number of slots must be a power of two");
  if (table.hashes.size() < table.counts.size() || table.starts.size() <= table.counts.size()) {
    throw Napi::TypeError::New(env, "the table's arrays differ in length");
  }
  const auto result = array<int32_t>(info[11], "result");
  if (result.size() < 2) throw Napi::TypeError::New(env, "result is too short");
  const fit::CountResult found = fit::count_texts(column, row, end, info[5].As<Napi::Number>().DoubleValue(), table);
  if (found.stop == fit::CountStop::kBadOffsets) throw Napi::TypeError::New(env, "offsets do not ascend within bytes");
  if (found.stop == fit::CountStop::kBadTable) throw Napi::TypeError::New(env, "the table is damaged");
  result[0] = static_cast<int32_t>(found.missing);
  result[1] = found.hash;
  return Napi::Number::New(env, static_cast<double>(found.row));
}

}  // namespace

void export_fit(Napi::Env env, Napi::Object exports) {
  exports.Set("fitAllFinite", Napi::Function::New(env, all_finite));
  exports.Set("fitCopyPresent", Napi::Function::New(env, copy_present));
  exports.Set("fitExtremes", Napi::Function::New(env, extremes));
  exports.Set("fitMoments", Napi::Function::New(env, moments));
  exports.Set("fitSelect", Napi::Function::New(env, select));
  exports.Set("fitCountTexts", Napi::Function::New(env, count_texts));
}

}  // namespace skewless::addon
