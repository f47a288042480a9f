// The part of ONNX Runtime's C API that we call. The library is loaded at run time, and its functions come in one table
// whose order never changes (onnxruntime_c_api.h: new ones are appended), so a slot's number is all that is needed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace skewless::score::ort {

// Opaque, as the library gives them.
struct OrtStatus;
struct OrtEnv;
struct OrtSession;
struct OrtSessionOptions;
struct OrtRunOptions;
struct OrtValue;
struct OrtMemoryInfo;
struct OrtAllocator;
struct OrtTypeInfo;
struct OrtTensorInfo;
struct OrtIoBinding;

// wchar_t on Windows.
using PathChar = std::filesystem::path::value_type;

// TensorProto.DataType has the same numbers.
enum ElementType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
};

enum OnnxType : int32_t { kTensor = 1, kSequence = 2, kMap = 3, kOpaque = 4, kSparse = 5, kOptional = 6 };

// X(slot, name, result, parameters)
#define SKEWLESS_ORT_FUNCTIONS(X)                                                                                        \
  X(1, get_error_code, int32_t, (const OrtStatus*))                                                                      \
  X(2, get_error_message, const char*, (const OrtStatus*))                                                               \
  X(3, create_env, OrtStatus*, (int32_t, const char*, OrtEnv**))                                                         \
  X(7, create_session, OrtStatus*, (const OrtEnv*, const PathChar*, const OrtSessionOptions*, OrtSession**))             \
  X(8, create_session_from_array, OrtStatus*, (const OrtEnv*, const void*, size_t, const OrtSessionOptions*, OrtSession**)) \
  X(9, run, OrtStatus*,                                                                                                  \
    (OrtSession*, const OrtRunOptions*, const char* const*, const OrtValue* const*, size_t, const char* const*, size_t, OrtValue**)) \
  X(10, create_session_options, OrtStatus*, (OrtSessionOptions**))                                                       \
  X(11, set_optimized_model_path, OrtStatus*, (OrtSessionOptions*, const PathChar*))                                     \
  X(13, set_execution_mode, OrtStatus*, (OrtSessionOptions*, int32_t))                                                   \
  X(14, enable_profiling, OrtStatus*, (OrtSessionOptions*, const PathChar*))                                             \
  X(17, disable_mem_pattern, OrtStatus*, (OrtSessionOptions*))                                                           \
  X(19, disable_cpu_mem_arena, OrtStatus*, (OrtSessionOptions*))                                                         \
  X(20, set_log_id, OrtStatus*, (OrtSessionOptions*, const char*))                                                       \
  X(21, set_log_verbosity, OrtStatus*, (OrtSessionOptions*, int))                                                        \
  X(22, set_log_severity, OrtStatus*, (OrtSessionOptions*, int))                                                         \
  X(23, set_graph_optimization, OrtStatus*, (OrtSessionOptions*, int32_t))                                               \
  X(24, set_intra_op_threads, OrtStatus*, (OrtSessionOptions*, int))                                                     \
  X(25, set_inter_op_threads, OrtStatus*, (OrtSessionOptions*, int))                                                     \
  X(30, input_count, OrtStatus*, (const OrtSession*, size_t*))                                                           \
  X(31, output_count, OrtStatus*, (const OrtSession*, size_t*))                                                          \
  X(33, input_type_info, OrtStatus*, (const OrtSession*, size_t, OrtTypeInfo**))                                         \
  X(34, output_type_info, OrtStatus*, (const OrtSession*, size_t, OrtTypeInfo**))                                        \
  X(36, input_name, OrtStatus*, (const OrtSession*, size_t, OrtAllocator*, char**))                                      \
  X(37, output_name, OrtStatus*, (const OrtSession*, size_t, OrtAllocator*, char**))                                     \
  X(39, create_run_options, OrtStatus*, (OrtRunOptions**))                                                               \
  X(46, set_terminate, OrtStatus*, (OrtRunOptions*))                                                                     \
  X(47, unset_terminate, OrtStatus*, (OrtRunOptions*))                                                                   \
  X(48, create_tensor, OrtStatus*, (OrtAllocator*, const int64_t*, size_t, int32_t, OrtValue**))                         \
  X(49, create_tensor_with_data, OrtStatus*, (const OrtMemoryInfo*, void*, size_t, const int64_t*, size_t, int32_t, OrtValue**)) \
  X(50, is_tensor, OrtStatus*, (const OrtValue*, int*))                                                                  \
  X(51, tensor_data, OrtStatus*, (OrtValue*, void**))                                                                    \
  X(53, string_data_length, OrtStatus*, (const OrtValue*, size_t*))                                                      \
  X(54, string_content, OrtStatus*, (const OrtValue*, void*, size_t, size_t*, size_t))                                   \
  X(55, tensor_info_of_type, OrtStatus*, (const OrtTypeInfo*, const OrtTensorInfo**))                                    \
  X(56, onnx_type_of_type, OrtStatus*, (const OrtTypeInfo*, int32_t*))                                                   \
  X(60, element_type, OrtStatus*, (const OrtTensorInfo*, int32_t*))                                                      \
  X(61, dims_count, OrtStatus*, (const OrtTensorInfo*, size_t*))                                                         \
  X(62, dims, OrtStatus*, (const OrtTensorInfo*, int64_t*, size_t))                                                      \
  X(63, symbolic_dims, OrtStatus*, (const OrtTensorInfo*, const char**, size_t))                                         \
  X(65, tensor_info, OrtStatus*, (const OrtValue*, OrtTensorInfo**))                                                     \
  X(69, create_cpu_memory_info, OrtStatus*, (int32_t, int32_t, OrtMemoryInfo**))                                         \
  X(76, allocator_free, OrtStatus*, (OrtAllocator*, void*))                                                              \
  X(78, default_allocator, OrtStatus*, (OrtAllocator**))                                                                 \
  X(93, release_status, void, (OrtStatus*))                                                                              \
  X(95, release_session, void, (OrtSession*))                                                                            \
  X(96, release_value, void, (OrtValue*))                                                                                \
  X(97, release_run_options, void, (OrtRunOptions*))                                                                     \
  X(98, release_type_info, void, (OrtTypeInfo*))                                                                         \
  X(99, release_tensor_info, void, (OrtTensorInfo*))                                                                     \
  X(100, release_session_options, void, (OrtSessionOptions*))                                                            \
  X(110, end_profiling, OrtStatus*, (OrtSession*, OrtAllocator*, char**))                                                \
  X(124, override_free_dimension_by_name, OrtStatus*, (OrtSessionOptions*, const char*, int64_t))                        \
  X(130, add_config_entry, OrtStatus*, (OrtSessionOptions*, const char*, const char*))                                   \
  X(133, run_with_binding, OrtStatus*, (OrtSession*, const OrtRunOptions*, const OrtIoBinding*))                         \
  X(134, create_binding, OrtStatus*, (OrtSession*, OrtIoBinding**))                                                      \
  X(135, release_binding, void, (OrtIoBinding*))                                                                         \
  X(136, bind_input, OrtStatus*, (OrtIoBinding*, const char*, const OrtValue*))                                          \
  X(137, bind_output, OrtStatus*, (OrtIoBinding*, const char*, const OrtValue*))                                         \
  X(252, string_element_buffer, OrtStatus*, (OrtValue*, size_t, size_t, char**))

// ONNX Runtime 1.17 and later; every slot above is older.
inline constexpr uint32_t kApiVersion = 17;

#if defined(_WIN32)
#define SKEWLESS_ORT_CALL __stdcall
#else
#define SKEWLESS_ORT_CALL
#endif

struct Api {
  explicit Api(const void* const* slots) {
#define X(slot, name, result, parameters) name = reinterpret_cast<result(SKEWLESS_ORT_CALL*) parameters>(const_cast<void*>(slots[slot]));
    SKEWLESS_ORT_FUNCTIONS(X)
#undef X
  }
#define X(slot, name, result, parameters) result(SKEWLESS_ORT_CALL* name) parameters;
  SKEWLESS_ORT_FUNCTIONS(X)
#undef X
};

struct ApiBase {
  const void* const*(SKEWLESS_ORT_CALL* get_api)(uint32_t version);
  const char*(SKEWLESS_ORT_CALL* get_version)();
};

}  // namespace skewless::score::ort
