// What a register holds, one C++ type a data type of the plan:
//   float64 double | int64 int64_t | bool uint8_t-backed bool | utf8 StringView | timestamp Timestamp
//   list<float64|int64|utf8|timestamp> ListView<T>
// Views never own memory: they point into an input buffer, a constant of the plan or an arena.
#pragma once
#include <cstdint>
#include <cstring>

#include "core/config.h"

namespace skewless {

// Well-formed UTF-8, not terminated. `data` may be null only when size is 0.
struct StringView {
  const char* data;
  int64_t size;
  SK_INLINE const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(data); }
};

SK_INLINE bool equal_bytes(StringView a, StringView b) {
  return a.size == b.size && (a.size == 0 || std::memcmp(a.data, b.data, static_cast<size_t>(a.size)) == 0);
}

// Ticks since 1970-01-01T00:00:00 UTC; the unit is a static parameter of each function that reads it.
struct Timestamp {
  int64_t ticks;
};

// `length` elements from `data`. `validity` is an Arrow bitmap (bit set = present) that starts at bit
// `validity_offset`, or nullptr when no element is null. An element behind a null is unspecified.
template <class T>
struct ListView {
  const T* data;
  const uint8_t* validity;
  int64_t validity_offset;
  int64_t length;

  SK_INLINE bool is_valid(int64_t i) const {
    if (validity == nullptr) return true;
    const int64_t bit = validity_offset + i;
    return (validity[bit >> 3] >> (bit & 7)) & 1;
  }
};

// An argument of a function that decides about nulls itself.
template <class T>
struct Maybe {
  bool present;
  T value;  // unspecified when not present
};

enum class TypeId : uint8_t {
  kFloat64 = 0,
  kInt64 = 1,
  kBool = 2,
  kUtf8 = 3,
  kTimestamp = 4,
  kListFloat64 = 5,
  kListInt64 = 6,
  kListUtf8 = 7,
  kListTimestamp = 8,
};
constexpr int kTypeCount = 9;

template <class T>
struct TypeOf;
template <> struct TypeOf<double> { static constexpr TypeId id = TypeId::kFloat64; };
template <> struct TypeOf<int64_t> { static constexpr TypeId id = TypeId::kInt64; };
template <> struct TypeOf<bool> { static constexpr TypeId id = TypeId::kBool; };
template <> struct TypeOf<StringView> { static constexpr TypeId id = TypeId::kUtf8; };
template <> struct TypeOf<Timestamp> { static constexpr TypeId id = TypeId::kTimestamp; };
template <> struct TypeOf<ListView<double>> { static constexpr TypeId id = TypeId::kListFloat64; };
template <> struct TypeOf<ListView<int64_t>> { static constexpr TypeId id = TypeId::kListInt64; };
template <> struct TypeOf<ListView<StringView>> { static constexpr TypeId id = TypeId::kListUtf8; };
template <> struct TypeOf<ListView<Timestamp>> { static constexpr TypeId id = TypeId::kListTimestamp; };

}  // namespace skewless
