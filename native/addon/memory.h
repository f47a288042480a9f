// Memory of batch outputs, handed to JavaScript as ArrayBuffers.
#pragma once
#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace skewless::addon {

// Blocks that batch outputs left behind, kept for the next ones: the kernel clears fresh pages at some 5 GB/s, which
// takes three times as long as a scaler's arithmetic. Kept blocks are marked free for the kernel to take back under
// memory pressure. One pool an environment; used on its thread only.
class MemoryPool {
 public:
  MemoryPool() = default;
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  ~MemoryPool();

  // The pool of the environment, made at its first use.
  static std::shared_ptr<MemoryPool> of(Napi::Env env);

  // A mapping of at least `bytes`, 2 MiB aligned, or nullptr; `mapped` becomes its size. Contents unspecified.
  void* take(size_t bytes, size_t* mapped);
  void give(void* data, size_t mapped);

  // Bytes that ArrayBuffers hold. Node frees external buffers in the event loop, so a caller that never yields keeps
  // all of them: past a limit outputs are made of memory that the garbage collector frees itself.
  size_t lent = 0;

 private:
  static constexpr size_t kMostKept = size_t{256} << 20;
  struct Block {
    void* data;
    size_t mapped;
  };
  std::vector<Block> free_;
  size_t kept_ = 0;
};

// Memory of one output buffer, 64-byte aligned, contents unspecified until written.
class OutputMemory {
 public:
  OutputMemory() = default;
  OutputMemory(Napi::Env env, size_t bytes);  // data() is nullptr when refused
  // Takes over what std::malloc gave, `data` not nullptr.
  OutputMemory(Napi::Env env, void* data, size_t bytes);
  OutputMemory(OutputMemory&& o) noexcept;
  OutputMemory& operator=(OutputMemory&&) = delete;
  ~OutputMemory() { release(); }

  uint8_t* data() const { return static_cast<uint8_t*>(data_); }
  size_t bytes() const { return bytes_; }
  // Gives the memory to an ArrayBuffer. Call once.
  Napi::Value to_array_buffer(Napi::Env env);

 private:
  void release();
  std::shared_ptr<MemoryPool> pool_;
  void* data_ = nullptr;
  size_t bytes_ = 0;
  size_t mapped_ = 0;  // of a pooled block, else 0
};

}  // namespace skewless::addon
