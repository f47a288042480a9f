// Calling text functions from tests. Every text argument is a copy on the heap of exactly its size, so that
// AddressSanitizer sees each read outside a view; answers are printed in one readable form.
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "core/arena.h"
#include "core/outcome.h"
#include "core/values.h"
#include "registry/params.h"

namespace skewless::test {

class HeapText {
 public:
  explicit HeapText(std::string_view s) : bytes_(s.empty() ? nullptr : new char[s.size()]) {
    if (!s.empty()) std::memcpy(bytes_.get(), s.data(), s.size());
    view_ = {bytes_.get(), static_cast<int64_t>(s.size())};
  }
  StringView view() const { return view_; }

 private:
  std::unique_ptr<char[]> bytes_;
  StringView view_;
};

inline std::string shown(bool v) { return v ? "true" : "false"; }
inline std::string shown(int64_t v) { return std::to_string(v); }
inline std::string shown(double v) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", v);
  return buffer;
}
inline std::string shown(StringView v) {
  return v.size == 0 ? std::string() : std::string(v.data, static_cast<size_t>(v.size));
}
inline std::string shown(ListView<StringView> v) {
  std::string all = "[";
  for (int64_t i = 0; i < v.length; ++i) {
    if (i > 0) all += '|';
    all += shown(v.data[i]);
  }
  all += ']';
  return all;
}

inline std::string shown(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNull: return "null";
    case Outcome::kTooLarge: return "TOO_LARGE";
    case Outcome::kOutOfMemory: return "OUT_OF_MEMORY";
    default: return "failure " + std::to_string(static_cast<int>(outcome));
  }
}

template <class T>
struct Argument {
  explicit Argument(T v) : value(v) {}
  T get() const { return value; }
  T value;
};
template <>
struct Argument<StringView> {
  explicit Argument(std::string_view s) : text(s) {}
  StringView get() const { return text.view(); }
  HeapText text;
};

template <class Op, class R, class... A, class... B>
std::string call_form(const Op& op, R (Op::*)(A...) const, B... b) {
  const std::tuple<Argument<A>...> held{b...};
  return std::apply([&](const auto&... a) { return shown(op.call(a.get()...)); }, held);
}
template <class Op, class R, class... A, class... B>
std::string call_form(const Op& op, Outcome (Op::*)(R&, A...) const, B... b) {
  const std::tuple<Argument<A>...> held{b...};
  R out{};
  const Outcome o = std::apply([&](const auto&... a) { return op.call(out, a.get()...); }, held);
  return o == Outcome::kOk ? shown(out) : shown(o);
}
template <class Op, class R, class... A, class... B>
std::string call_form(const Op& op, Outcome (Op::*)(R&, Arena&, A...) const, B... b) {
  const std::tuple<Argument<A>...> held{b...};
  Arena arena;
  R out{};
  const Outcome o = std::apply([&](const auto&... a) { return op.call(out, arena, a.get()...); }, held);
  return o == Outcome::kOk ? shown(out) : shown(o);
}

// The answer of a function: run<ops::Lower>("A") == "a".
template <class Op, class... B>
std::string run(B... b) {
  return call_form(Op{}, &Op::call, b...);
}
template <class Op, class... B>
std::string run_with(const Op& op, B... b) {
  return call_form(op, &Op::call, b...);
}

inline Param int64_param(const char* name, int64_t value) {
  return {name, ParamKind::kInt64, {value}, {}, {}};
}
inline Param utf8_param(const char* name, const char* value) {
  return {name, ParamKind::kUtf8, {}, {}, {value}};
}

// What init says: nullptr when the parameters are right.
template <class Op>
const char* init(Op& op, std::vector<Param> params) {
  return op.init(Params(std::move(params)));
}

}  // namespace skewless::test
