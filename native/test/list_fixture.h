// Lists for the native tests, and calls of list functions on them.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "core/arena.h"
#include "core/outcome.h"
#include "core/values.h"
#include "test/check.h"

namespace skewless::test {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr std::nullopt_t null = std::nullopt;

template <class T>
T garbage();
template <>
inline double garbage<double>() { return std::bit_cast<double>(uint64_t{0x7ff4dead0000beef}); }
template <>
inline int64_t garbage<int64_t>() { return kMin; }
template <>
inline Timestamp garbage<Timestamp>() { return {kMax}; }
template <>
inline StringView garbage<StringView>() { return {reinterpret_cast<const char*>(uintptr_t{8}), -77}; }

// Owns exactly the memory that a view may touch, with trouble behind every null.
template <class T>
class List {
 public:
  List(std::initializer_list<std::optional<T>> items, int64_t offset = 3)
      : List(std::vector(items), offset) {}
  List(const std::vector<std::optional<T>>& items, int64_t offset = 3) {
    const int64_t n = static_cast<int64_t>(items.size());
    data_ = std::make_unique<T[]>(items.size());
    const bool nulls = std::any_of(items.begin(), items.end(), [](const auto& x) { return !x.has_value(); });
    const size_t bytes = static_cast<size_t>((offset + n + 7) / 8);
    if (nulls) {
      bits_ = std::make_unique<uint8_t[]>(bytes);
      std::memset(bits_.get(), 0xff, bytes);
    }
    for (int64_t i = 0; i < n; ++i) {
      const auto& item = items[static_cast<size_t>(i)];
      data_[static_cast<size_t>(i)] = item ? *item : garbage<T>();
      const int64_t bit = offset + i;
      if (!item) bits_[static_cast<size_t>(bit >> 3)] &= static_cast<uint8_t>(~(1 << (bit & 7)));
    }
    view_ = {data_.get(), bits_.get(), nulls ? offset : 0, n};
  }
  operator ListView<T>() const { return view_; }
  ListView<T> view() const { return view_; }

 private:
  std::unique_ptr<T[]> data_;
  std::unique_ptr<uint8_t[]> bits_;
  ListView<T> view_{};
};

using F = List<double>;
using I = List<int64_t>;

inline List<Timestamp> times(std::initializer_list<std::optional<int64_t>> ticks) {
  std::vector<std::optional<Timestamp>> items;
  for (auto t : ticks) items.push_back(t ? std::optional(Timestamp{*t}) : null);
  return items;
}
inline StringView sv(const char* s) { return {s, static_cast<int64_t>(std::strlen(s))}; }
inline List<StringView> texts(std::initializer_list<const char*> items) {
  std::vector<std::optional<StringView>> all;
  for (const char* s : items) all.push_back(s ? std::optional(sv(s)) : null);
  return all;
}

inline Arena arena;

template <class T>
struct Answer {
  Outcome outcome;
  T value;
  bool null() const { return outcome == Outcome::kNull; }
  bool fails(Outcome o) const { return outcome == o; }
};

template <class Op, class R, class... A>
Answer<R> run(Outcome (Op::*)(R&, A...) const, const Op& op, A... args) {
  R out{};
  const Outcome o = op.call(out, args...);
  return {o, out};
}
template <class Op, class R, class... A>
Answer<R> run(Outcome (Op::*)(R&, Arena&, A...) const, const Op& op, A... args) {
  R out{};
  const Outcome o = op.call(out, arena, args...);
  return {o, out};
}
// The argument types of `call`, so that a List converts to its view.
template <class Op, class... X>
auto call(const X&... args) {
  return run(&Op::call, Op{}, args...);
}
template <class T>
ListView<T> unwrap(const List<T>& x) { return x.view(); }
template <class T>
T unwrap(const T& x) { return x; }

template <class Op, class... X>
auto ask(const X&... args) {
  return call<Op>(unwrap(args)...);
}

// Equal values: the same bits, except that all NaNs are alike.
inline bool is(double a, double b) { return (a != a && b != b) || same_bits(a, b); }
inline bool is(int64_t a, int64_t b) { return a == b; }
inline bool is(Timestamp a, Timestamp b) { return a.ticks == b.ticks; }
inline bool is(StringView a, StringView b) { return equal_bytes(a, b); }
template <class T>
bool is(ListView<T> a, ListView<T> b) {
  if (a.length != b.length) return false;
  for (int64_t i = 0; i < a.length; ++i)
    if (a.is_valid(i) != b.is_valid(i) || (a.is_valid(i) && !is(a.data[i], b.data[i]))) return false;
  return true;
}
template <class T, class V>
bool gives(const Answer<T>& a, V expected) {
  return a.outcome == Outcome::kOk && is(a.value, static_cast<T>(expected));
}
template <class T>
bool gives(const Answer<ListView<T>>& a, const List<T>& expected) {
  return a.outcome == Outcome::kOk && is(a.value, expected.view());
}

}  // namespace skewless::test
