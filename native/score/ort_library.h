// ONNX Runtime's shared library, loaded at run time.
#pragma once
#include <mutex>
#include <stdexcept>
#include <string>

#include "score/ort_api.h"

namespace skewless::score::ort {

// What goes wrong outside the row path; `code` is one of ours (src/errors.ts).
struct Error : std::runtime_error {
  Error(const char* code_, const std::string& what) : std::runtime_error(what), code(code_) {}
  const char* code;
};

// One a path and process. It is never unloaded and its OrtEnv never released: the environment owns the logger and
// threads that sessions of any thread use, also those that are released while the process ends, and releasing it
// there, after other static objects, is what ONNX Runtime's bindings used to crash by.
class Library {
 public:
  // Throws RUNTIME_NOT_FOUND. Any thread.
  static const Library& open(const std::string& path);

  const Api& api() const { return api_; }
  const OrtEnv* env() const { return env_; }
  const OrtMemoryInfo* cpu() const { return cpu_; }
  OrtAllocator* allocator() const { return allocator_; }
  const std::string& version() const { return version_; }

  // Releases the status and throws RUNTIME_ERROR, or the code given, where there is one.
  void check(OrtStatus* status, const char* code = "RUNTIME_ERROR") const;

 private:
  Library(const Api& api, std::string version);
  Api api_;
  std::string version_;
  OrtEnv* env_ = nullptr;
  OrtMemoryInfo* cpu_ = nullptr;
  OrtAllocator* allocator_ = nullptr;
};

// Keeps the add-on itself in memory: threads of ours may outlive the environment that loaded it.
void pin_addon();

}  // namespace skewless::score::ort
