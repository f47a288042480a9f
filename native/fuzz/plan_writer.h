// Writes plan bytes (native/plan/program.h) from fuzzed decisions: mostly well-typed calls of catalogue functions
// with parameters of the right kind and doubtful values, so that runs reach past the decoder.
#pragma once
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fuzz/bytes.h"
#include "plan/program.h"
#include "registry/catalogue.h"

namespace skewless::fuzz {

class PlanWriter {
 public:
  explicit PlanWriter(Bytes& in) : in_(in) {}

  std::vector<uint8_t> write() {
    put(kPlanMagic);
    put(kPlanFormat);
    const uint32_t inputs = 1 + in_.below(5);
    put(inputs);
    for (uint32_t i = 0; i < inputs; ++i) {
      add(static_cast<TypeId>(in_.below(kTypeCount)));
      put_u8(static_cast<uint8_t>(types_.back()));
      put_u8(in_.below(2) ? 1 : 0);
    }
    const size_t count_at = out_.size();
    put(uint32_t{0});
    const uint32_t wanted = 1 + in_.below(12);
    for (uint32_t i = 0; i < wanted; ++i)
      if (in_.one_in(4) || !write_call()) write_constant();
    patch(count_at, nodes_);
    const size_t outputs_at = out_.size();
    put(uint32_t{0});
    uint32_t outputs = 0;
    for (uint32_t r = 0; r < types_.size(); ++r) {
      const int type = output_of(types_[r]);
      if (type < 0) continue;
      put(r);
      put_u8(static_cast<uint8_t>(type));
      ++outputs;
    }
    patch(outputs_at, outputs);
    return out_;
  }

 private:
  void add(TypeId type) { types_.push_back(type); }
  void put_u8(uint8_t v) { out_.push_back(v); }
  template <class T>
  void put(T v) {
    const auto* raw = reinterpret_cast<const uint8_t*>(&v);
    out_.insert(out_.end(), raw, raw + sizeof v);
  }
  void patch(size_t at, uint32_t v) { std::memcpy(out_.data() + at, &v, sizeof v); }
  void put_text(const std::string& text) {
    put(static_cast<uint32_t>(text.size()));
    out_.insert(out_.end(), text.begin(), text.end());
  }

  int output_of(TypeId type) {
    switch (type) {
      case TypeId::kFloat64: return static_cast<int>(in_.below(2) ? OutputType::kFloat64 : OutputType::kFloat32);
      case TypeId::kInt64: return static_cast<int>(in_.below(2) ? OutputType::kInt64 : OutputType::kFloat32);
      case TypeId::kBool: return static_cast<int>(in_.below(2) ? OutputType::kBool : OutputType::kInt32);
      case TypeId::kUtf8: return static_cast<int>(OutputType::kUtf8);
      case TypeId::kTimestamp: return static_cast<int>(OutputType::kTimestamp);
      default: return -1;
    }
  }

  bool write_call() {
    const auto& entries = Catalogue::instance().entries();
    const FunctionEntry& entry = entries[in_.below(static_cast<uint32_t>(entries.size()))];
    std::vector<uint32_t> args;
    for (int a = 0; a < entry.arity; ++a) {
      std::vector<uint32_t> fitting;
      for (uint32_t r = 0; r < types_.size(); ++r)
        if (types_[r] == entry.args[a]) fitting.push_back(r);
      if (fitting.empty()) {
        write_constant(entry.args[a]);
        fitting.push_back(static_cast<uint32_t>(types_.size()) - 1);
      }
      args.push_back(fitting[in_.below(static_cast<uint32_t>(fitting.size()))]);
    }
    put_u8(1);
    put_text(entry.doc->name);
    put(static_cast<uint32_t>(entry.version));
    put_u8(static_cast<uint8_t>(args.size()));
    for (const uint32_t r : args) put(r);
    put_u8(static_cast<uint8_t>(entry.result));
    write_params(entry);
    ++nodes_;
    add(entry.result);
    return true;
  }

  void write_params(const FunctionEntry& entry) {
    uint32_t count = 0;
    const size_t at = out_.size();
    put(uint32_t{0});
    for (int i = 0; i < entry.param_count; ++i) {
      const ParamSpec& spec = entry.params[i];
      if (in_.one_in(16)) continue;
      ++count;
      if (std::string(spec.name) == "zone") {
        ++count;
        write_zone();
        continue;
      }
      put_text(spec.name);
      put_u8(static_cast<uint8_t>(spec.kind));
      const bool list = spec.kind >= ParamKind::kInt64List;
      const uint32_t n = list ? in_.below(6) : 1;
      if (list) put(n);
      for (uint32_t k = 0; k < n; ++k) {
        switch (spec.kind) {
          case ParamKind::kInt64:
          case ParamKind::kInt64List: put(std::string(spec.name) == "unit" && !in_.one_in(4) ? int64_t{1000} : integer()); break;
          case ParamKind::kFloat64:
          case ParamKind::kFloat64List: put(real() + (in_.below(2) ? k : 0)); break;
          default: put_text(text());
        }
      }
    }
    patch(at, count);
  }

  // A transition table, sorted more often than not.
  void write_zone() {
    const uint32_t n = in_.below(4);
    put_text("zone.at");
    put_u8(static_cast<uint8_t>(ParamKind::kInt64List));
    put(n);
    int64_t t = in_.one_in(4) ? integer() : -1000000000;
    for (uint32_t i = 0; i < n; ++i) {
      put(t);
      t = in_.one_in(8) ? integer() : static_cast<int64_t>(static_cast<uint64_t>(t) + 31536000u);
    }
    put_text("zone.offset");
    put_u8(static_cast<uint8_t>(ParamKind::kInt64List));
    const uint32_t offsets = in_.one_in(16) ? n : n + 1;
    put(offsets);
    for (uint32_t i = 0; i < offsets; ++i) put(in_.one_in(8) ? integer() : int64_t{3600} * in_.below(12));
  }

  void write_constant() { write_constant(static_cast<TypeId>(in_.below(kTypeCount))); }
  void write_constant(TypeId type) {
    put_u8(0);
    put_u8(static_cast<uint8_t>(type));
    write_value(type);
    ++nodes_;
    add(type);
  }
  void write_value(TypeId type) {
    const bool present = !in_.one_in(8);
    put_u8(present ? 1 : 0);
    if (!present) return;
    switch (type) {
      case TypeId::kFloat64: put(real()); break;
      case TypeId::kInt64:
      case TypeId::kTimestamp: put(integer()); break;
      case TypeId::kBool: put_u8(in_.below(2) ? 1 : 0); break;
      case TypeId::kUtf8: put_text(text()); break;
      default: {
        const uint32_t n = in_.below(5);
        put(n);
        for (uint32_t i = 0; i < n; ++i) {
          write_value(type == TypeId::kListFloat64  ? TypeId::kFloat64
                      : type == TypeId::kListInt64  ? TypeId::kInt64
                      : type == TypeId::kListUtf8   ? TypeId::kUtf8
                                                    : TypeId::kTimestamp);
        }
      }
    }
  }

 public:
  int64_t integer() {
    switch (in_.below(5)) {
      case 0: return static_cast<int64_t>(in_.u8()) - 8;
      case 1: return std::numeric_limits<int64_t>::max() - in_.u8();
      case 2: return std::numeric_limits<int64_t>::min() + in_.u8();
      case 3: return 1'600'000'000'000 + in_.value<int32_t>();
      default: return in_.value<int64_t>();
    }
  }
  double real() {
    constexpr double kPoints[] = {0.0, -0.0, 1, -1, 0.5, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(),
                                  9007199254740993.0, 9.3e18};
    switch (in_.below(3)) {
      case 0: return kPoints[in_.below(static_cast<uint32_t>(std::size(kPoints)))];
      case 1: return static_cast<double>(in_.value<int16_t>()) / 16;
      default: return in_.value<double>();
    }
  }
  std::string text() {
    static const char* const kPieces[] = {"", "a", "B7", " ", "\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "10.0.0.1/8", "::ffff:1", "user@example.com",
                                          "https://a.b:80/c?d", "1e308", "-0", "\xcc\x81", "\xce\xa3", ".", ",", "\xef\xbf\xbf"};
    std::string out;
    for (uint32_t n = in_.below(5); n > 0; --n) out += kPieces[in_.below(static_cast<uint32_t>(std::size(kPieces)))];
    return out;
  }

 private:
  Bytes& in_;
  std::vector<uint8_t> out_;
  std::vector<TypeId> types_;
  uint32_t nodes_ = 0;
};

}  // namespace skewless::fuzz
