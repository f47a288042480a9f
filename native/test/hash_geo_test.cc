// Hash functions against published vectors, and positions on the Earth.
#include <cmath>
#include <limits>

#include "check.h"
#include "ops/geo.h"
#include "ops/hash.h"
#include "text_calls.h"

using namespace skewless;
using namespace skewless::ops;
using namespace std::string_view_literals;
using std::string;
using std::string_view;
using test::run;
using test::run_with;

namespace {

template <class Op, class T>
string with_seed(int64_t seed, T value) {
  Op op;
  const char* const wrong = test::init(op, {test::int64_param("seed", seed)});
  return wrong ? string("error") : run_with(op, value);
}

void test_murmur() {
  const auto murmur = [](string_view s, uint32_t seed) {
    const test::HeapText text(s);
    return hash::murmur3_32(text.view().bytes(), text.view().size, seed);
  };
  CHECK(murmur("", 0) == 0);
  CHECK(murmur("", 1) == 0x514E28B7);
  CHECK(murmur("", 0xFFFFFFFF) == 0x81F16F39);
  CHECK(murmur("\0\0\0\0"sv, 0) == 0x2362F9DE);
  CHECK(murmur("\xFF\xFF\xFF\xFF", 0) == 0x76293B50);
  CHECK(murmur("\x21\x43\x65\x87", 0x5082EDEE) == 0x2362F9DE);
  CHECK(murmur("aaaa", 0x9747B28C) == 0x5A97808A);
  CHECK(murmur("aaa", 0x9747B28C) == 0x283E0130);
  CHECK(murmur("aa", 0x9747B28C) == 0x5D211726);
  CHECK(murmur("a", 0x9747B28C) == 0x7FA09EA6);
  CHECK(murmur("Hello, world!", 0x9747B28C) == 0x24884CBA);
  CHECK(murmur("The quick brown fox jumps over the lazy dog", 0x9747B28C) == 0x2FA826CD);
  CHECK(run<MurmurHash3<StringView>>("hello") == "613153351");
  CHECK((with_seed<MurmurHash3<StringView>>(1, "") == "1364076727"));
  // Signed, as scikit-learn shows it: 0x81F16F39 - 2^32.
  CHECK((with_seed<MurmurHash3<StringView>>(0xFFFFFFFF, "") == "-2114883783"));
  CHECK((with_seed<MurmurHash3<StringView>>(-1, "") == "-2114883783"));
  CHECK((with_seed<MurmurHash3<StringView>>(int64_t{1} << 32, "") == "error"));
  CHECK((with_seed<MurmurHash3<StringView>>(INT64_MIN, "") == "error"));
  for (const int64_t v :
       {int64_t{0}, int64_t{1}, int64_t{-1}, INT64_MIN, INT64_MAX, int64_t{0x0123456789abcdef}}) {
    const string bytes(reinterpret_cast<const char*>(&v), sizeof v);
    CHECK((with_seed<MurmurHash3<int64_t>>(42, v) == with_seed<MurmurHash3<StringView>>(42, bytes)));
    CHECK((with_seed<XxHash64<int64_t>>(42, v) == with_seed<XxHash64<StringView>>(42, bytes)));
  }
}

void test_xxhash() {
  const auto xxh = [](string_view s, uint64_t seed) {
    const test::HeapText text(s);
    return hash::xxh64(text.view().bytes(), text.view().size, seed);
  };
  CHECK(xxh("", 0) == 0xEF46DB3751D8E999u);
  CHECK(xxh("", 1) == 0xD5AFBA1336A3BE4Bu);
  CHECK(xxh("a", 0) == 0xD24EC4F1A98C6E5Bu);
  CHECK(xxh("abc", 0) == 0x44BC2CF5AD770999u);
  CHECK(xxh("xxhash", 20141025) == 0xB559B98D844E0635u);
  CHECK(xxh("Nobody inspects the spammish repetition", 0) == 0xFBCEA83C8A378BF1u);
  // The sanity vectors of the reference implementation: its byte generator, both of its seeds.
  constexpr uint64_t prime32 = 2654435761u, prime64 = 11400714785074694797u;
  string buffer;
  uint64_t state = prime32;
  for (int i = 0; i < 222; ++i) {
    buffer += static_cast<char>(state >> 56);
    state *= prime64;
  }
  CHECK(xxh(buffer.substr(0, 1), 0) == 0xE934A84ADB052768u);
  CHECK(xxh(buffer.substr(0, 1), prime32) == 0x5014607643A9B4C3u);
  CHECK(xxh(buffer.substr(0, 4), 0) == 0x9136A0DCA57457EEu);
  CHECK(xxh(buffer.substr(0, 14), 0) == 0x8282DCC4994E35C8u);
  CHECK(xxh(buffer.substr(0, 14), prime32) == 0xC3BD6BF63DEB6DF0u);
  CHECK(xxh(buffer, 0) == 0xB641AE8CB691C174u);
  CHECK(xxh(buffer, prime32) == 0x20CB8AB7AE10C14Au);
  CHECK(run<XxHash64<StringView>>("abc") == "4952883123889572249");
  CHECK((with_seed<XxHash64<StringView>>(INT64_MIN, "") != run<XxHash64<StringView>>("")));
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(run<XxHash64<double>>(0.0) == run<XxHash64<int64_t>>(0));
  CHECK(run<XxHash64<double>>(-0.0) == run<XxHash64<int64_t>>(0));
  CHECK(run<XxHash64<double>>(nan) == run<XxHash64<int64_t>>(0x7FF8000000000000));
  CHECK(run<XxHash64<double>>(-nan) == run<XxHash64<double>>(nan));
  CHECK(run<XxHash64<double>>(inf) == run<XxHash64<int64_t>>(0x7FF0000000000000));
  CHECK(run<XxHash64<double>>(1.0) == run<XxHash64<int64_t>>(0x3FF0000000000000));
}

void test_buckets() {
  const auto bucket = [](int64_t buckets, int64_t seed, string_view s) {
    HashBucket<StringView> op;
    const char* const wrong =
        test::init(op, {test::int64_param("buckets", buckets), test::int64_param("seed", seed)});
    return wrong ? string("error") : run_with(op, s);
  };
  CHECK(bucket(10, 0, "abc") == "9");
  CHECK(bucket(1, 0, "abc") == "0");
  CHECK(bucket(0x7fffffff, 0, "") == std::to_string(0xEF46DB3751D8E999u % 0x7fffffff));
  CHECK(bucket(1000, 20141025, "xxhash") == std::to_string(0xB559B98D844E0635u % 1000));
  CHECK(bucket(0, 0, "") == "error" && bucket(-1, 0, "") == "error" &&
        bucket(int64_t{1} << 31, 0, "") == "error");
  HashBucket<int64_t> op;
  CHECK(test::init(op, {}) != nullptr);
  CHECK(test::init(op, {test::int64_param("buckets", 10)}) == nullptr && run_with(op, 0) == "9");
  CHECK(run<Cross>("red", "XL") == "red\x1fXL");
  CHECK(run<Cross>("", "") == "\x1f");
}

bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

void test_distance() {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const Haversine distance;
  const Bearing bearing;
  CHECK(distance.call(0, 0, 0, 0) == 0);
  CHECK(distance.call(90, 0, 90, 123) < 1e-6);
  CHECK(near(distance.call(0, 0, 0, 180), 20015114.442035925, 1e-8));
  CHECK(near(distance.call(0, 0, 0, -180), 20015114.442035925, 1e-8));
  CHECK(near(distance.call(-90, 0, 90, 0), 20015114.442035925, 1e-8));
  CHECK(near(distance.call(0, 0, 0, 90), 10007557.221017962, 1e-8));
  // Lyon to Paris, 392217.2595594006 m for a radius of 6371008.8 m.
  CHECK(near(distance.call(45.7597, 4.8422, 48.8567, 2.3508), 392217.2595594006, 1e-6));
  CHECK(near(bearing.call(0, 0, 0, 90), 90, 1e-12));
  CHECK(near(bearing.call(0, 0, 0, -90), 270, 1e-12));
  CHECK(bearing.call(0, 0, 45, 0) == 0);
  CHECK(near(bearing.call(45, 0, 0, 0), 180, 1e-12));
  CHECK(bearing.call(0, 0, 0, 0) == 0);
  // Longitudes may wrap: beyond some thousand turns the executors take callRare, which agrees before as well.
  CHECK(!distance.rare(0, 0, 0, 360) && distance.rare(0, 0, 0, 3.6e6) && bearing.rare(0, -3.6e6, 0, 0));
  CHECK(distance.callRare(45, 5, 48, 2) == distance.call(45, 5, 48, 2));
  CHECK(bearing.callRare(45, 5, 48, 2) == bearing.call(45, 5, 48, 2));
  CHECK(near(distance.callRare(10, 0, 20, 3600000 + 90), distance.call(10, 0, 20, 90), 1e-2));
  CHECK(near(bearing.callRare(10, 0, 20, 3600000 + 90), bearing.call(10, 0, 20, 90), 1e-7));
  CHECK(std::isnan(distance.callRare(0, 0, 91, 3.6e6)) && std::isnan(bearing.callRare(0, 0, 0, inf)));
  CHECK(distance.rare(0, -1e308, 0, 1.5e308) && std::isnan(distance.callRare(0, -1e308, 0, 1.5e308)));
  // A bearing a hair west of north does not round to 360.
  CHECK(bearing.call(0, 0, 1, -1e-18) == 0);
  for (const double bad : {90.00000000000001, -91.0, inf, -inf, nan}) {
    CHECK(std::isnan(distance.call(bad, 0, 0, 0)) && std::isnan(distance.call(0, 0, bad, 0)));
    CHECK(std::isnan(bearing.call(bad, 0, 0, 0)) && std::isnan(bearing.call(0, 0, bad, 0)));
  }
  for (const double bad : {inf, -inf, nan}) {
    CHECK(std::isnan(distance.call(0, bad, 0, 0)) && std::isnan(distance.call(0, 0, 0, bad)));
    CHECK(std::isnan(bearing.call(0, bad, 0, 0)) && std::isnan(bearing.call(0, 0, 0, bad)));
  }
}

void test_cells() {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  CHECK(run<Geohash>(57.64911, 10.40744, 11) == "u4pruydqqvj");
  CHECK(run<Geohash>(42.605, -5.603, 5) == "ezs42");
  CHECK(run<Geohash>(0.0, 0.0, 12) == "s00000000000");
  CHECK(run<Geohash>(90.0, 180.0, 12) == "zzzzzzzzzzzz");
  CHECK(run<Geohash>(-90.0, -180.0, 12) == "000000000000");
  CHECK(run<Geohash>(-5e-324, -5e-324, 12) == "7zzzzzzzzzzz");
  CHECK(run<Geohash>(0.0, 0.0, 0) == "null" && run<Geohash>(0.0, 0.0, 13) == "null");
  CHECK(run<Geohash>(90.1, 0.0, 5) == "null" && run<Geohash>(0.0, -180.1, 5) == "null");
  CHECK(run<Geohash>(nan, 0.0, 5) == "null" && run<Geohash>(0.0, inf, 5) == "null");
  CHECK(run<GridCell>(0.0, 0.0, 10.0) == "342");
  CHECK(run<GridCell>(-90.0, -180.0, 1.0) == "0");
  CHECK(run<GridCell>(90.0, 180.0, 90.0) == "12");
  CHECK(run<GridCell>(90.0, 180.0, 1e-6) == std::to_string(int64_t{180000000} * 360000000 + 360000000));
  CHECK(run<GridCell>(1.0, 1.0, inf) == "0");
  for (const double size : {0.0, -1.0, 9e-7, nan, -inf}) CHECK(run<GridCell>(0.0, 0.0, size) == "null");
  CHECK(run<GridCell>(91.0, 0.0, 1.0) == "null" && run<GridCell>(0.0, 181.0, 1.0) == "null");
}

}  // namespace

int main() {
  test_murmur();
  test_xxhash();
  test_buckets();
  test_distance();
  test_cells();
  return test::finish("hash, geo");
}
