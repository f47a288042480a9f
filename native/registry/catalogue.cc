#include "registry/catalogue.h"

#include <algorithm>
#include <cstdio>

namespace skewless {

const Catalogue& Catalogue::instance() {
  static const Catalogue catalogue = [] {
    Catalogue c;
    register_arithmetic(c);
    register_elementary(c);
    register_logic(c);
    register_text(c);
    register_hash_geo(c);
    register_time(c);
    register_lists(c);
    register_fitted(c);
    return c;
  }();
  return catalogue;
}

const FunctionEntry* Catalogue::find(const std::string& name, const TypeId* args, int arity) const {
  for (const FunctionEntry& e : entries_) {
    if (e.arity == arity && name == e.doc->name && std::equal(args, args + arity, e.args)) return &e;
  }
  return nullptr;
}

bool Catalogue::has(const std::string& name) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const FunctionEntry& e) { return name == e.doc->name; });
}

const char* type_name(TypeId type) {
  switch (type) {
    case TypeId::kFloat64: return "float64";
    case TypeId::kInt64: return "int64";
    case TypeId::kBool: return "bool";
    case TypeId::kUtf8: return "utf8";
    case TypeId::kTimestamp: return "timestamp";
    case TypeId::kListFloat64: return "list<float64>";
    case TypeId::kListInt64: return "list<int64>";
    case TypeId::kListUtf8: return "list<utf8>";
    case TypeId::kListTimestamp: return "list<timestamp>";
  }
  return "unknown";
}

namespace {

const char* kind_name(ParamKind kind) {
  switch (kind) {
    case ParamKind::kInt64: return "int64";
    case ParamKind::kFloat64: return "float64";
    case ParamKind::kUtf8: return "utf8";
    case ParamKind::kInt64List: return "list<int64>";
    case ParamKind::kFloat64List: return "list<float64>";
    case ParamKind::kUtf8List: return "list<utf8>";
  }
  return "unknown";
}

std::string quote(const char* text) {
  std::string out = "\"";
  for (const char* p = text; *p; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += *p;
    } else if (c < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
      out += buffer;
    } else {
      out += *p;
    }
  }
  return out + "\"";
}

}  // namespace

std::string Catalogue::json() const {
  std::string out = "[";
  for (const FunctionEntry& e : entries_) {
    if (out.size() > 1) out += ",\n";
    out += "{\"name\":" + quote(e.doc->name) + ",\"family\":" + quote(e.family) +
           ",\"version\":" + std::to_string(e.version) + ",\"argNames\":" + quote(e.doc->args) + ",\"args\":[";
    for (int i = 0; i < e.arity; ++i) {
      if (i) out += ',';
      out += quote(type_name(e.args[i]));
    }
    out += "],\"result\":" + quote(type_name(e.result)) + ",\"nulls\":" +
           (e.special_form                                ? "\"special\""
            : e.nulls == NullContract::kDecidesItself ? "\"decides-itself\""
                                                          : "\"null-if-any-null\"");
    out += std::string(",\"mayNull\":") + ((e.effects & kMayNull) ? "true" : "false");
    out += std::string(",\"mayFail\":") + ((e.effects & kMayFail) ? "true" : "false");
    out += ",\"params\":[";
    for (int i = 0; i < e.param_count; ++i) {
      const ParamSpec& p = e.params[i];
      out += std::string(i ? "," : "") + "{\"name\":" + quote(p.name) + ",\"kind\":" + quote(kind_name(p.kind)) +
             ",\"default\":" + (p.fallback ? quote(p.fallback) : "null") + ",\"text\":" + quote(p.text) + "}";
    }
    out += "],\"text\":" + quote(e.doc->text) + ",\"examples\":" + quote(e.doc->examples) + "}";
  }
  return out + "]\n";
}

}  // namespace skewless
