// Takes decisions out of a fuzzer's bytes; zeros once they are used up, so that every input means something.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace skewless::fuzz {

// Inputs that got as far as running a plan: a fuzzer whose inputs are all refused finds nothing.
inline uint64_t reached = 0;

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : at_(data), left_(size) {}

  bool empty() const { return left_ == 0; }
  uint8_t u8() {
    if (left_ == 0) return 0;
    --left_;
    return *at_++;
  }
  template <class T>
  T value() {
    unsigned char raw[sizeof(T)] = {};
    for (unsigned char& b : raw) b = u8();
    T out;
    std::memcpy(&out, raw, sizeof out);
    return out;
  }
  // A number below `n`, which is at least 1.
  uint32_t below(uint32_t n) { return n <= 256 ? u8() % n : value<uint32_t>() % n; }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  const uint8_t* at_;
  size_t left_;
};

// Memory of exactly `size` bytes on the heap, so that AddressSanitizer sees the first byte read past its end.
// `skew` bytes before the data make it unaligned.
class Exact {
 public:
  explicit Exact(size_t size, size_t skew = 0) : memory_(static_cast<uint8_t*>(std::malloc(size + skew))), size_(size), skew_(skew) {
    if (size + skew > 0) std::memset(memory_.get(), 0, size + skew);
  }
  uint8_t* data() const { return memory_.get() + skew_; }
  size_t size() const { return size_; }
  void fill(Bytes& in) const {
    for (size_t i = 0; i < size_ && !in.empty(); ++i) data()[i] = in.u8();
  }

 private:
  struct Free {
    void operator()(uint8_t* p) const { std::free(p); }
  };
  std::unique_ptr<uint8_t, Free> memory_;
  size_t size_;
  size_t skew_;
};

[[noreturn]] inline void broken(const char* what) {
  std::fprintf(stderr, "fuzzer: %s\n", what);
  std::abort();
}

}  // namespace skewless::fuzz
