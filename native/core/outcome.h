// The result code of one row of a function. Codes from kFirstFailure on are failures: they travel with the
// row to an output and become one JavaScript error there. Names must match src/errors.ts (test/unit checks).
#pragma once
#include <cstdint>

namespace skewless {

enum class Outcome : uint8_t {
  kOk = 0,
  kNull = 1,
  kFirstFailure = 2,
  kIntegerOverflow = 2,   // an int64 result does not fit
  kDivisionByZero = 3,    // int64 division or modulus by zero
  kNotAnInteger = 4,      // a float64 that has no exact int64 value
  kOutOfRange = 5,        // an argument outside the function's domain where null is not the answer
  kInvalidUtf8 = 6,       // text input that is not well-formed UTF-8
  kInvalidText = 7,       // text that does not parse where null is not the answer
  kOutOfMemory = 8,       // the arena could not grow
  kTooLarge = 9,          // a text or list longer than 2^31 - 1
  kUnknownCategory = 10,  // a value that an encoder was not fitted on
};

constexpr bool failed(Outcome o) { return o >= Outcome::kFirstFailure; }

}  // namespace skewless
