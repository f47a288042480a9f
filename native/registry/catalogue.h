// The list of all functions, in the order of their families. Built once, immutable.
#pragma once
#include <string>
#include <vector>

#include "registry/entry.h"

namespace skewless {

class Catalogue {
 public:
  static const Catalogue& instance();

  void add(const FunctionEntry& entry) { entries_.push_back(entry); }
  const std::vector<FunctionEntry>& entries() const { return entries_; }
  // The overload of `name` with exactly these argument types, or nullptr.
  const FunctionEntry* find(const std::string& name, const TypeId* args, int arity) const;
  bool has(const std::string& name) const;
  // The catalogue as JSON, for the generators of src/expr/functions.gen.ts and docs/functions.md.
  std::string json() const;

 private:
  std::vector<FunctionEntry> entries_;
};

const char* type_name(TypeId type);

// One a family, each in its own translation unit (native/registry/families/*.cc).
void register_arithmetic(Catalogue&);
void register_elementary(Catalogue&);
void register_logic(Catalogue&);
void register_text(Catalogue&);
void register_hash_geo(Catalogue&);
void register_time(Catalogue&);
void register_lists(Catalogue&);
void register_fitted(Catalogue&);

}  // namespace skewless
