// Static parameters of a function instance (a zone's table, a vocabulary, bucket edges): decoded from the
// plan, fully validated for shape there, handed to `init` once. Every accessor is total: a missing or
// mistyped parameter reads as empty, after which `init` reports it.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace skewless {

enum class ParamKind : uint8_t { kInt64 = 0, kFloat64 = 1, kUtf8 = 2, kInt64List = 3, kFloat64List = 4, kUtf8List = 5 };

struct ParamSpec {
  const char* name;
  ParamKind kind;
  // JSON of the default, or nullptr when the caller must give it. Two names are filled in by the binder:
  // "unit" (ticks per second of the first timestamp argument; 0 stands for days) and
  // "zone" (an IANA name, which it replaces by the zone's transition table; see ops/time.h).
  const char* fallback;
  const char* text;
};

struct Param {
  std::string name;
  ParamKind kind;
  std::vector<int64_t> ints;      // one for kInt64
  std::vector<double> floats;     // one for kFloat64
  std::vector<std::string> texts; // one for kUtf8
};

class Params {
 public:
  explicit Params(std::vector<Param> all) : all_(std::move(all)) {}

  const Param* find(const char* name, ParamKind kind) const {
    for (const Param& p : all_)
      if (p.kind == kind && p.name == name) return &p;
    return nullptr;
  }
  int64_t int64(const char* name, int64_t fallback) const {
    const Param* p = find(name, ParamKind::kInt64);
    return p ? p->ints[0] : fallback;
  }
  double float64(const char* name, double fallback) const {
    const Param* p = find(name, ParamKind::kFloat64);
    return p ? p->floats[0] : fallback;
  }
  const std::string& utf8(const char* name) const {
    static const std::string empty;
    const Param* p = find(name, ParamKind::kUtf8);
    return p ? p->texts[0] : empty;
  }
  const std::vector<int64_t>& int64s(const char* name) const {
    static const std::vector<int64_t> empty;
    const Param* p = find(name, ParamKind::kInt64List);
    return p ? p->ints : empty;
  }
  const std::vector<double>& float64s(const char* name) const {
    static const std::vector<double> empty;
    const Param* p = find(name, ParamKind::kFloat64List);
    return p ? p->floats : empty;
  }
  const std::vector<std::string>& utf8s(const char* name) const {
    static const std::vector<std::string> empty;
    const Param* p = find(name, ParamKind::kUtf8List);
    return p ? p->texts : empty;
  }
  const std::vector<Param>& all() const { return all_; }

 private:
  std::vector<Param> all_;
};

}  // namespace skewless
