#include "score/ort_library.h"

#include <map>
#include <memory>
#include <utility>

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace skewless::score::ort {
namespace {

[[noreturn]] void not_found(const std::string& what) { throw Error("RUNTIME_NOT_FOUND", what); }

#if defined(_WIN32)
void* load(const std::string& path) {
  const std::filesystem::path wide = std::filesystem::u8path(path);
  // The library's own folder, not the program's, holds what it depends on.
  HMODULE handle = LoadLibraryExW(wide.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
  if (!handle) not_found(path + " cannot be loaded (error " + std::to_string(GetLastError()) + ")");
  return reinterpret_cast<void*>(handle);
}
void* symbol(void* handle, const char* name) { return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle), name)); }
#else
void* load(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char* why = dlerror();
    not_found(path + " cannot be loaded: " + (why ? why : "unknown reason"));
  }
  return handle;
}
void* symbol(void* handle, const char* name) { return dlsym(handle, name); }
#endif

}  // namespace

void pin_addon() {
#if defined(_WIN32)
  HMODULE self;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, reinterpret_cast<LPCWSTR>(&pin_addon), &self);
#else
  static const bool pinned = [] {
    Dl_info info;
    return dladdr(reinterpret_cast<void*>(&pin_addon), &info) != 0 && info.dli_fname && dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE) != nullptr;
  }();
  (void)pinned;
#endif
}

const Library& Library::open(const std::string& path) {
  // Leaked on purpose: see the class.
  static auto* const mutex = new std::mutex;
  static auto* const libraries = new std::map<std::string, const Library*>;
  const std::lock_guard lock(*mutex);
  if (const auto found = libraries->find(path); found != libraries->end()) return *found->second;
  void* handle = load(path);
  using GetApiBase = const ApiBase*(SKEWLESS_ORT_CALL*)();
  const auto get_base = reinterpret_cast<GetApiBase>(symbol(handle, "OrtGetApiBase"));
  if (!get_base) not_found(path + " is no ONNX Runtime library: it has no function OrtGetApiBase");
  const ApiBase* base = get_base();
  const char* version = base ? base->get_version() : nullptr;
  const void* const* slots = base ? base->get_api(kApiVersion) : nullptr;
  if (!slots) {
    not_found(path + " is ONNX Runtime " + (version ? version : "of an unknown version") + ", which is too old: 1." +
              std::to_string(kApiVersion) + " or later is needed");
  }
  pin_addon();
  std::unique_ptr<Library> library(new Library(Api(slots), version ? version : ""));
  libraries->emplace(path, library.get());
  return *library.release();
}

Library::Library(const Api& api, std::string version) : api_(api), version_(std::move(version)) {
  constexpr int32_t kWarning = 2, kDeviceAllocator = 0, kDefaultMemory = 0;
  check(api_.create_env(kWarning, "skewless", &env_));
  check(api_.create_cpu_memory_info(kDeviceAllocator, kDefaultMemory, &cpu_));
  check(api_.default_allocator(&allocator_));
}

void Library::check(OrtStatus* status, const char* code) const {
  if (!status) return;
  const char* text = api_.get_error_message(status);
  const std::string message = text ? text : "no message";
  api_.release_status(status);
  throw Error(code, message);
}

}  // namespace skewless::score::ort
