// Parts of compiled models by themselves: float16, category tables, refusal of malformed bytes.
#include <cmath>
#include <limits>

#include "score/categories.h"
#include "score/compiled_model.h"
#include "score/half.h"
#include "test/check.h"

namespace skewless::test {
namespace {

void test_half() {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto h = static_cast<uint16_t>(bits);
    const float x = score::half_to_float(h);
    const int e = (h >> 10) & 31, m = h & 1023;
    const double size = e == 31 ? (m ? NAN : INFINITY) : e == 0 ? std::ldexp(m, -24) : std::ldexp(1024 + m, e - 25);
    const double wanted = h >> 15 ? -size : size;
    CHECK(std::isnan(wanted) ? std::isnan(x) : static_cast<double>(x) == wanted && std::signbit(x) == std::signbit(wanted));
    CHECK(score::float_to_half(x) == (std::isnan(x) ? 0x7e00 : h));
    if (e == 31 || (h & 0x7fff) == 0x7bff) continue;
    // Between this and the next: the nearer one, and the even one in the middle.
    const float next = score::half_to_float(static_cast<uint16_t>(h + 1));
    const float middle = static_cast<float>((static_cast<double>(x) + static_cast<double>(next)) / 2);
    CHECK(score::float_to_half(middle) == ((h & 1) ? h + 1 : h));
    CHECK(score::float_to_half(std::nextafter(middle, x)) == h);
    CHECK(score::float_to_half(std::nextafter(middle, next)) == h + 1);
  }
}

void test_categories() {
  const score::Categories<float> floats({0.0f, std::numeric_limits<float>::quiet_NaN(), 1.5f, 1.5f});
  CHECK(floats.find(-0.0f) == 0 && floats.find(-std::numeric_limits<float>::quiet_NaN()) == 1 && floats.find(1.5f) == 2 && floats.find(2.0f) == -1);
  const score::Categories<int64_t> none({});
  CHECK(none.find(0) == -1);
  std::vector<int64_t> keys;
  for (int64_t i = 0; i < 1000; ++i) keys.push_back(i << 32);
  const score::Categories<int64_t> integers(keys);
  for (int64_t i = 0; i < 1000; ++i) CHECK(integers.find(i << 32) == static_cast<int32_t>(i) && integers.find((i << 32) + 1) == -1);
  const score::Categories<StringView> texts({"", "a", "ab"});
  CHECK(texts.find({"abc", 2}) == 2 && texts.find({"abc", 3}) == -1 && texts.find({nullptr, 0}) == 0);
}

const char* code_of(const std::vector<uint8_t>& bytes) {
  try {
    score::CompiledModel::compile(bytes.data(), bytes.size(), Isa::kBaseline);
    return "accepted";
  } catch (const score::ModelError& e) {
    return e.code;
  }
}

void test_bytes() {
  const auto bytes_of = [](std::initializer_list<uint32_t> words) {
    std::vector<uint8_t> out(words.size() * 4);
    std::memcpy(out.data(), words.begin(), out.size());
    return out;
  };
  CHECK(std::strcmp(code_of(bytes_of({score::kModelMagic, 1, 0, 0, 0, 0})), "accepted") == 0);
  CHECK(std::strcmp(code_of({}), "INVALID_MODEL") == 0);
  CHECK(std::strcmp(code_of(bytes_of({0, 1, 0, 0, 0, 0})), "INVALID_MODEL") == 0);
  CHECK(std::strcmp(code_of(bytes_of({score::kModelMagic, 2, 0, 0, 0, 0})), "INVALID_MODEL") == 0);
  CHECK(std::strcmp(code_of(bytes_of({score::kModelMagic, 1, 0, 0, 0, 0, 0})), "INVALID_MODEL") == 0);
  for (int at = 2; at < 6; ++at) {
    auto bytes = bytes_of({score::kModelMagic, 1, 0, 0, 0, 0});
    bytes[static_cast<size_t>(at) * 4 + 3] = 0x7f;
    CHECK(std::strcmp(code_of(bytes), "INVALID_MODEL") == 0);
  }
}

}  // namespace
}  // namespace skewless::test

int main() {
  using namespace skewless::test;
  test_half();
  test_categories();
  test_bytes();
  return finish("score_model");
}
