// A minimal harness for the native unit tests: CHECK counts and reports, main() prints one closing line.
#pragma once
#include <cstdio>
#include <cstring>
#include <cstdint>

namespace skewless::test {

inline int passed = 0;
inline int failures = 0;

inline bool check(bool ok, const char* what, const char* file, int line) {
  if (ok) {
    ++passed;
  } else if (++failures <= 50) {
    std::fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
  }
  return ok;
}

inline bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

inline int finish(const char* name) {
  std::printf("%s: %d passed, %d failed\n", name, passed, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace skewless::test

#define CHECK(condition) ::skewless::test::check((condition), #condition, __FILE__, __LINE__)
