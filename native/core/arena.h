// Bump allocator for text and list results. reset() keeps the memory, so a steady state allocates nothing.
// allocate() returns nullptr when memory is refused; callers answer Outcome::kOutOfMemory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <type_traits>

#include "core/config.h"

namespace skewless {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (Block* b = first_; b;) {
      Block* next = b->next;
      std::free(b);
      b = next;
    }
  }

  void reset() {
    current_ = first_;
    used_ = 0;
  }

  // `bytes` of memory aligned to 8, or nullptr. Zero bytes give a valid pointer.
  SK_INLINE void* allocate(size_t bytes) {
    const size_t size = (bytes + 7) & ~size_t{7};
    if (SK_LIKELY(current_ != nullptr && size >= bytes && size <= current_->capacity - used_)) {
      void* p = current_->data() + used_;
      used_ += size;
      return p;
    }
    return allocate_slow(bytes);
  }

  template <class T>
  SK_INLINE T* allocate_array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (SK_UNLIKELY(count > kMaxBytes / sizeof(T))) return nullptr;
    return static_cast<T*>(allocate(count * sizeof(T)));
  }

 private:
  static constexpr size_t kMaxBytes = size_t{1} << 40;
  static constexpr size_t kFirstBlock = 16 * 1024;

  struct Block {
    Block* next;
    size_t capacity;
    char* data() { return reinterpret_cast<char*>(this + 1); }
  };

  SK_NOINLINE void* allocate_slow(size_t bytes) {
    if (bytes > kMaxBytes) return nullptr;
    const size_t size = (bytes + 7) & ~size_t{7};
    // Move on through blocks kept by an earlier reset() before asking for a new one.
    while (current_ && current_->next) {
      current_ = current_->next;
      used_ = 0;
      if (size <= current_->capacity) return allocate(bytes);
    }
    size_t capacity = current_ ? current_->capacity * 2 : kFirstBlock;
    if (capacity < size) capacity = size;
    auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + capacity));
    if (!block) return nullptr;
    block->next = nullptr;
    block->capacity = capacity;
    (current_ ? current_->next : first_) = block;
    current_ = block;
    used_ = 0;
    return allocate(bytes);
  }

  Block* first_ = nullptr;
  Block* current_ = nullptr;
  size_t used_ = 0;
};

}  // namespace skewless
