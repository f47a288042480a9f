// Memory of batch outputs, handed to JavaScript as ArrayBuffers.
#pragma once
#include <napi.h>

#include <cstddef>
#include <cstdint>

namespace skewless::addon {

// Zeroed memory, 64-byte aligned. Large blocks ask for huge pages: first-touch faults of 4 KiB pages cost as much
// as the arithmetic of a scaler (a 32 MiB column: 8,192 faults against 16).
class OutputMemory {
 public:
  OutputMemory() = default;
  explicit OutputMemory(size_t bytes);  // data() is nullptr when refused
  OutputMemory(OutputMemory&& o) noexcept : data_(o.data_), bytes_(o.bytes_), mapped_(o.mapped_) { o.data_ = nullptr; }
  OutputMemory& operator=(OutputMemory&& o) noexcept;
  ~OutputMemory() { release(); }

  uint8_t* data() const { return static_cast<uint8_t*>(data_); }
  size_t bytes() const { return bytes_; }
  // Gives the memory to an ArrayBuffer, which frees it; copied where the runtime forbids external buffers.
  Napi::Value to_array_buffer(Napi::Env env);

 private:
  void release();
  void* data_ = nullptr;
  size_t bytes_ = 0;
  size_t mapped_ = 0;  // bytes of the mapping, 0 for malloc
};

}  // namespace skewless::addon
