// Hashing of text by its UTF-8 bytes and of numbers by their eight little-endian bytes.
#pragma once
#include <bit>

#include "core/hash.h"
#include "core/text_build.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

template <class T>
struct MurmurHash3;

class MurmurSeed {
 public:
  static constexpr ParamSpec params[] = {
      {"seed", ParamKind::kInt64, "0", "From -2^31 to 2^32 - 1, taken modulo 2^32."}};
  const char* init(const Params& p) {
    const int64_t seed = p.int64("seed", 0);
    if (seed < INT32_MIN || seed > int64_t{UINT32_MAX}) return "seed must be from -2147483648 to 4294967295";
    seed_ = static_cast<uint32_t>(seed);
    return nullptr;
  }

 protected:
  // Unsigned hash values above 2^31 - 1 become negative, as scikit-learn shows them.
  static SK_INLINE int64_t as_signed(uint32_t h) { return static_cast<int32_t>(h); }
  uint32_t seed_ = 0;
};

template <>
struct MurmurHash3<StringView> : MurmurSeed {
  static constexpr Doc doc{"murmurHash3", "x",
                           "MurmurHash3_x86_32 of the UTF-8 bytes as a signed 32-bit number, as "
                           "scikit-learn's murmurhash3_32; of the eight little-endian bytes for an int64.",
                           "[\"\"] {\"seed\": 1} -> 1364076727; [\"hello\"] -> 613153351"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const { return as_signed(hash::murmur3_32(x.bytes(), x.size, seed_)); }
};

template <>
struct MurmurHash3<int64_t> : MurmurSeed {
  static constexpr Doc doc{"murmurHash3", "x",
                           "MurmurHash3_x86_32 of the eight little-endian bytes as a signed 32-bit number.",
                           "[0] -> 1669671676"};
  SK_INLINE int64_t call(int64_t x) const {
    return as_signed(hash::murmur3_32(static_cast<uint64_t>(x), seed_));
  }
};

class XxHashSeed {
 public:
  static constexpr ParamSpec params[] = {{"seed", ParamKind::kInt64, "0", "Any int64, taken modulo 2^64."}};
  const char* init(const Params& p) {
    seed_ = static_cast<uint64_t>(p.int64("seed", 0));
    return nullptr;
  }

 protected:
  uint64_t seed_ = 0;
};

template <class T>
struct XxHash64;
template <>
struct XxHash64<StringView> : XxHashSeed {
  static constexpr Doc doc{"xxHash64", "x",
                           "XXH64 of the UTF-8 bytes as a signed int64; of the eight little-endian bytes "
                           "for a number, where -0 counts as 0 and every NaN as the same.",
                           "[\"\"] -> \"-1205034819632174695\"; [\"abc\"] -> \"4952883123889572249\""};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const {
    return static_cast<int64_t>(hash::xxh64(x.bytes(), x.size, seed_));
  }
};
template <>
struct XxHash64<int64_t> : XxHashSeed {
  static constexpr Doc doc{"xxHash64", "x", "XXH64 of the eight little-endian bytes as a signed int64.",
                           "[0] -> \"3803688792395291579\""};
  SK_INLINE int64_t call(int64_t x) const {
    return static_cast<int64_t>(hash::xxh64(static_cast<uint64_t>(x), seed_));
  }
};
template <>
struct XxHash64<double> : XxHashSeed {
  static constexpr Doc doc{"xxHash64", "x",
                           "XXH64 of the eight little-endian bytes of the double as a signed int64; -0 "
                           "counts as 0 and every NaN as the same.",
                           "[0] -> \"3803688792395291579\"; [\"-0\"] -> \"3803688792395291579\""};
  SK_INLINE int64_t call(double x) const {
    const uint64_t bits = x == 0 ? 0 : x != x ? 0x7FF8000000000000u : std::bit_cast<uint64_t>(x);
    return static_cast<int64_t>(hash::xxh64(bits, seed_));
  }
};

class Buckets {
 public:
  static constexpr ParamSpec params[] = {
      {"buckets", ParamKind::kInt64, nullptr, "Number of buckets, from 1 to 2^31 - 1."},
      {"seed", ParamKind::kInt64, "0", "Seed of xxHash64: any int64, taken modulo 2^64."}};
  const char* init(const Params& p) {
    const int64_t buckets = p.int64("buckets", 0);
    if (buckets < 1 || buckets > INT32_MAX) return "buckets must be from 1 to 2147483647";
    buckets_ = static_cast<uint64_t>(buckets);
    seed_ = static_cast<uint64_t>(p.int64("seed", 0));
    return nullptr;
  }

 protected:
  SK_INLINE int64_t bucket(uint64_t h) const { return static_cast<int64_t>(h % buckets_); }
  uint64_t buckets_ = 1;
  uint64_t seed_ = 0;
};

template <class T>
struct HashBucket;
template <>
struct HashBucket<StringView> : Buckets {
  static constexpr Doc doc{"hashBucket", "x",
                           "xxHash64 of x, read as an unsigned number, modulo `buckets`: from 0 to buckets "
                           "- 1.",
                           "[\"abc\"] {\"buckets\": 10} -> 9; [\"abc\"] {\"buckets\": 1} -> 0"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const { return bucket(hash::xxh64(x.bytes(), x.size, seed_)); }
};
template <>
struct HashBucket<int64_t> : Buckets {
  static constexpr Doc doc{"hashBucket", "x",
                           "xxHash64 of x, read as an unsigned number, modulo `buckets`: from 0 to buckets "
                           "- 1.",
                           "[0] {\"buckets\": 10} -> 9"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(int64_t x) const { return bucket(hash::xxh64(static_cast<uint64_t>(x), seed_)); }
};

struct Cross {
  static constexpr Doc doc{"cross", "a, b",
                           "a and b joined by U+001F, the unit separator: the crossed feature of two "
                           "categories. Fails with TOO_LARGE above 2^31 - 1 bytes.",
                           "[\"red\", \"XL\"] -> \"red\\u001fXL\""};
  static constexpr unsigned effects = kMayFail;
  SK_INLINE Outcome call(StringView& out, Arena& arena, StringView a, StringView b) const {
    return concat_text(out, arena, a, {"\x1f", 1}, b);
  }
};

using HashFunctions =
    FunctionList<MurmurHash3<StringView>, MurmurHash3<int64_t>, XxHash64<StringView>, XxHash64<int64_t>,
                 XxHash64<double>, HashBucket<StringView>, HashBucket<int64_t>, Cross>;

}  // namespace skewless::ops
