#include "addon/memory.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace skewless::addon {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

struct Owned {
  void* data;
  size_t mapped;
};

void free_memory(void* data, size_t mapped) {
  if (!data) return;
#if defined(__linux__)
  if (mapped) {
    munmap(data, mapped);
    return;
  }
#endif
  (void)mapped;
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

}  // namespace

OutputMemory::OutputMemory(size_t bytes) : bytes_(bytes) {
#if defined(__linux__)
  if (bytes >= 2 * kHugePage) {
    // Map one huge page more than needed and give back what lies outside the aligned part.
    const size_t wanted = (bytes + kHugePage - 1) & ~(kHugePage - 1);
    void* raw = mmap(nullptr, wanted + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return;
    const auto at = reinterpret_cast<uintptr_t>(raw);
    const uintptr_t start = (at + kHugePage - 1) & ~(uintptr_t{kHugePage} - 1);
    if (start > at) munmap(raw, start - at);
    const size_t tail = at + wanted + kHugePage - (start + wanted);
    if (tail) munmap(reinterpret_cast<void*>(start + wanted), tail);
    data_ = reinterpret_cast<void*>(start);
    mapped_ = wanted;
    // Only whole huge pages: the last one would be resident in full for a few bytes.
    madvise(data_, bytes & ~(kHugePage - 1), MADV_HUGEPAGE);
    return;
  }
#endif
  const size_t rounded = (bytes + 63) & ~size_t{63};
#if defined(_WIN32)
  data_ = _aligned_malloc(rounded ? rounded : 64, 64);
#else
  data_ = std::aligned_alloc(64, rounded ? rounded : 64);
#endif
  if (data_) std::memset(data_, 0, rounded ? rounded : 64);
}

OutputMemory& OutputMemory::operator=(OutputMemory&& o) noexcept {
  if (this != &o) {
    release();
    data_ = std::exchange(o.data_, nullptr);
    bytes_ = o.bytes_;
    mapped_ = o.mapped_;
  }
  return *this;
}

void OutputMemory::release() {
  free_memory(data_, mapped_);
  data_ = nullptr;
}

Napi::Value OutputMemory::to_array_buffer(Napi::Env env) {
  auto* owned = new Owned{data_, mapped_};
  napi_value out;
  const napi_status status = napi_create_external_arraybuffer(
      env, data_, bytes_,
      [](napi_env, void*, void* hint) {
        auto* o = static_cast<Owned*>(hint);
        free_memory(o->data, o->mapped);
        delete o;
      },
      owned, &out);
  if (status == napi_ok) {
    data_ = nullptr;
    return Napi::Value(env, out);
  }
  delete owned;
  if (status != napi_no_external_buffers_allowed) throw Napi::Error::New(env);
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes_);
  std::memcpy(copy.Data(), data_, bytes_);
  release();
  return copy;
}

}  // namespace skewless::addon
