// What is wrong with a compiled model's bytes.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

namespace skewless::score {

// `code` is one of src/errors.ts; `step` is the step concerned, or -1.
class ModelError : public std::runtime_error {
 public:
  ModelError(const char* error_code, const std::string& message, int64_t at_step = -1)
      : std::runtime_error(message), code(error_code), step(at_step) {}
  const char* code;
  int64_t step;
};

[[noreturn]] inline void invalid(const std::string& message, int64_t step = -1) { throw ModelError("INVALID_MODEL", message, step); }

}  // namespace skewless::score
