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
constexpr size_t kPooledFrom = 2 * kHugePage;
constexpr size_t kMostLent = size_t{1} << 30;

void unmap(void* data, size_t mapped) {
#if defined(__linux__)
  munmap(data, mapped);
#else
  (void)data;
  (void)mapped;
#endif
}

void* map_huge(size_t bytes, size_t* mapped) {
#if defined(__linux__)
  // One huge page more than needed, then give back what lies outside the aligned part.
  const size_t wanted = (bytes + kHugePage - 1) & ~(kHugePage - 1);
  void* raw = mmap(nullptr, wanted + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  const auto at = reinterpret_cast<uintptr_t>(raw);
  const uintptr_t start = (at + kHugePage - 1) & ~(uintptr_t{kHugePage} - 1);
  if (start > at) munmap(raw, start - at);
  const size_t tail = at + wanted + kHugePage - (start + wanted);
  if (tail) munmap(reinterpret_cast<void*>(start + wanted), tail);
  // Only whole huge pages: the last one would be resident in full for a few bytes.
  madvise(reinterpret_cast<void*>(start), bytes & ~(kHugePage - 1), MADV_HUGEPAGE);
  *mapped = wanted;
  return reinterpret_cast<void*>(start);
#else
  (void)bytes;
  *mapped = 0;
  return nullptr;
#endif
}

void* allocate_small(size_t bytes) {
  const size_t rounded = ((bytes ? bytes : 1) + 63) & ~size_t{63};
#if defined(_WIN32)
  return _aligned_malloc(rounded, 64);
#else
  return std::aligned_alloc(64, rounded);
#endif
}

void free_small(void* data) {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

// What an external ArrayBuffer owns until it is collected.
struct Owned {
  std::shared_ptr<MemoryPool> pool;
  void* data;
  size_t bytes;
  size_t mapped;
};

}  // namespace

MemoryPool::~MemoryPool() {
  for (const Block& b : free_) unmap(b.data, b.mapped);
}

std::shared_ptr<MemoryPool> MemoryPool::of(Napi::Env env) {
  auto* held = env.GetInstanceData<std::shared_ptr<MemoryPool>>();
  if (!held) {
    held = new std::shared_ptr<MemoryPool>(std::make_shared<MemoryPool>());
    env.SetInstanceData(held);
  }
  return *held;
}

void* MemoryPool::take(size_t bytes, size_t* mapped) {
  for (size_t i = 0; i < free_.size(); ++i) {
    const Block b = free_[i];
    if (b.mapped < bytes || b.mapped > bytes + bytes / 4 + kHugePage) continue;
    free_.erase(free_.begin() + static_cast<ptrdiff_t>(i));
    kept_ -= b.mapped;
    *mapped = b.mapped;
    return b.data;
  }
  return map_huge(bytes, mapped);
}

void MemoryPool::give(void* data, size_t mapped) {
  if (mapped > kMostKept) {
    unmap(data, mapped);
    return;
  }
  // The oldest make room: sizes that are asked for no more must not keep out those that are.
  while (kept_ + mapped > kMostKept) {
    unmap(free_.front().data, free_.front().mapped);
    kept_ -= free_.front().mapped;
    free_.erase(free_.begin());
  }
#if defined(__linux__) && defined(MADV_FREE)
  madvise(data, mapped, MADV_FREE);
#endif
  free_.push_back({data, mapped});
  kept_ += mapped;
}

OutputMemory::OutputMemory(Napi::Env env, size_t bytes) : pool_(MemoryPool::of(env)), bytes_(bytes) {
  if (bytes >= kPooledFrom) data_ = pool_->take(bytes, &mapped_);
  if (!data_) data_ = allocate_small(bytes);
}

OutputMemory::OutputMemory(Napi::Env env, void* data, size_t bytes) : pool_(MemoryPool::of(env)), bytes_(bytes) {
#if defined(_WIN32)
  // Aligned memory has a way of its own to be freed there.
  data_ = allocate_small(bytes);
  if (data_) std::memcpy(data_, data, bytes);
  std::free(data);
#else
  void* fitting = std::realloc(data, bytes ? bytes : 1);
  data_ = fitting ? fitting : data;
#endif
}

OutputMemory::OutputMemory(OutputMemory&& o) noexcept
    : pool_(std::move(o.pool_)), data_(std::exchange(o.data_, nullptr)), bytes_(o.bytes_), mapped_(o.mapped_) {}

void OutputMemory::release() {
  if (!data_) return;
  if (mapped_) pool_->give(data_, mapped_);
  else free_small(data_);
  data_ = nullptr;
}

Napi::Value OutputMemory::to_array_buffer(Napi::Env env) {
  // Small buffers are cheaper to copy than to track as external memory.
  const bool external = bytes_ > 4096 && pool_->lent + bytes_ <= kMostLent;
  if (external) {
    auto* owned = new Owned{pool_, data_, bytes_, mapped_};
    napi_value out;
    const napi_status status = napi_create_external_arraybuffer(
        env, data_, bytes_,
        [](napi_env, void*, void* hint) {
          auto* o = static_cast<Owned*>(hint);
          o->pool->lent -= o->bytes;
          if (o->mapped) o->pool->give(o->data, o->mapped);
          else free_small(o->data);
          delete o;
        },
        owned, &out);
    if (status == napi_ok) {
      pool_->lent += bytes_;
      data_ = nullptr;
      return Napi::Value(env, out);
    }
    delete owned;
    if (status != napi_no_external_buffers_allowed) throw Napi::Error::New(env);
  }
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes_);
  if (bytes_) std::memcpy(copy.Data(), data_, bytes_);
  release();
  return copy;
}

}  // namespace skewless::addon
