#include "score/ort_session.h"

#include <cstring>

namespace skewless::score::ort {
namespace {

struct OptionsOwner {
  const Api& api;
  OrtSessionOptions* options = nullptr;
  ~OptionsOwner() {
    if (options) api.release_session_options(options);
  }
};

std::filesystem::path native_path(const std::string& utf8) {
#if defined(_WIN32)
  return std::filesystem::u8path(utf8);
#else
  return utf8;
#endif
}

void apply(const Library& library, OrtSessionOptions* out, const SessionOptions& o) {
  const Api& api = library.api();
  const auto check = [&](OrtStatus* status) { library.check(status); };
  check(api.set_intra_op_threads(out, o.intra_op_threads));
  check(api.set_inter_op_threads(out, o.inter_op_threads));
  check(api.set_execution_mode(out, o.parallel ? 1 : 0));
  check(api.set_graph_optimization(out, o.graph_optimization));
  check(api.set_log_severity(out, o.log_severity));
  if (o.log_verbosity > 0) check(api.set_log_verbosity(out, o.log_verbosity));
  if (!o.log_id.empty()) check(api.set_log_id(out, o.log_id.c_str()));
  if (!o.cpu_mem_arena) check(api.disable_cpu_mem_arena(out));
  if (!o.mem_pattern) check(api.disable_mem_pattern(out));
  if (!o.optimized_model_path.empty()) check(api.set_optimized_model_path(out, native_path(o.optimized_model_path).c_str()));
  if (!o.profile_prefix.empty()) check(api.enable_profiling(out, native_path(o.profile_prefix).c_str()));
  for (const auto& [name, size] : o.free_dimensions) check(api.override_free_dimension_by_name(out, name.c_str(), size));
  for (const auto& [key, value] : o.config) check(api.add_config_entry(out, key.c_str(), value.c_str()));
}

// OrtErrorCode of making a session: 1 failed, 3 no such file, 4 no model, 6 an exception (of a kernel that refuses its
// attributes), 7 invalid protobuf, 9 not implemented, 10 invalid graph.
const char* code_of(int32_t error) {
  switch (error) {
    case 1:
    case 3:
    case 6:
    case 4:
    case 7:
    case 10: return "INVALID_MODEL";
    case 9: return "UNSUPPORTED_MODEL";
    default: return "RUNTIME_ERROR";
  }
}

}  // namespace

size_t element_bytes(ElementType element) {
  switch (element) {
    case kUint8:
    case kInt8:
    case kBool: return 1;
    case kUint16:
    case kInt16:
    case kFloat16: return 2;
    case kFloat:
    case kInt32:
    case kUint32: return 4;
    case kDouble:
    case kInt64:
    case kUint64: return 8;
    default: return 0;
  }
}

RunOptions::RunOptions(const Library& library) : api_(library.api()) { library.check(api_.create_run_options(&options_)); }
RunOptions::~RunOptions() { api_.release_run_options(options_); }
void RunOptions::terminate() noexcept {
  if (OrtStatus* status = api_.set_terminate(options_)) api_.release_status(status);
}
void RunOptions::reset() noexcept {
  if (OrtStatus* status = api_.unset_terminate(options_)) api_.release_status(status);
}

template <class Create>
std::shared_ptr<Session> Session::create(const Library& library, const SessionOptions& options, const Create& create) {
  std::shared_ptr<Session> out(new Session(library));
  OptionsOwner owner{library.api()};
  library.check(library.api().create_session_options(&owner.options));
  apply(library, owner.options, options);
  if (OrtStatus* status = create(owner.options, &out->session_)) {
    const int32_t error = library.api().get_error_code(status);
    library.check(status, code_of(error));
  }
  out->profiling_ = !options.profile_prefix.empty();
  out->describe();
  return out;
}

std::shared_ptr<Session> Session::from_path(const Library& library, const std::string& path, const SessionOptions& options) {
  return create(library, options, [&](const OrtSessionOptions* o, OrtSession** out) {
    return library.api().create_session(library.env(), native_path(path).c_str(), o, out);
  });
}

std::shared_ptr<Session> Session::from_bytes(const Library& library, const void* data, size_t size, const SessionOptions& options) {
  return create(library, options, [&](const OrtSessionOptions* o, OrtSession** out) {
    return library.api().create_session_from_array(library.env(), data, size, o, out);
  });
}

Session::~Session() {
  if (!session_) return;
  if (profiling_) {
    char* file = nullptr;
    if (OrtStatus* status = api().end_profiling(session_, library_.allocator(), &file)) api().release_status(status);
    OrtStatus* status = file ? api().allocator_free(library_.allocator(), file) : nullptr;
    if (status) api().release_status(status);
  }
  api().release_session(session_);
}

void Session::describe() {
  const auto check = [this](OrtStatus* status) { library_.check(status); };
  const auto read = [&](auto count, auto name_of, auto type_of, std::vector<ValueInfo>& out, std::vector<const char*>& names) {
    size_t n = 0;
    check(count(session_, &n));
    for (size_t i = 0; i < n; ++i) {
      ValueInfo info;
      char* name = nullptr;
      check(name_of(session_, i, library_.allocator(), &name));
      info.name = name;
      check(api().allocator_free(library_.allocator(), name));
      OrtTypeInfo* raw = nullptr;
      check(type_of(session_, i, &raw));
      const std::unique_ptr<OrtTypeInfo, void(SKEWLESS_ORT_CALL*)(OrtTypeInfo*)> type(raw, api().release_type_info);
      int32_t kind = 0;
      check(api().onnx_type_of_type(raw, &kind));
      info.kind = static_cast<OnnxType>(kind);
      const OrtTensorInfo* tensor = nullptr;
      if (info.kind == kTensor) check(api().tensor_info_of_type(raw, &tensor));
      if (tensor) {
        int32_t element = 0;
        size_t rank = 0;
        check(api().element_type(tensor, &element));
        info.element = static_cast<ElementType>(element);
        check(api().dims_count(tensor, &rank));
        info.dims.resize(rank);
        std::vector<const char*> symbols(rank);
        check(api().dims(tensor, info.dims.data(), rank));
        check(api().symbolic_dims(tensor, symbols.data(), rank));
        for (const char* symbol : symbols) info.symbols.emplace_back(symbol ? symbol : "");
      }
      out.push_back(std::move(info));
    }
    for (const ValueInfo& info : out) names.push_back(info.name.c_str());
  };
  read(api().input_count, api().input_name, api().input_type_info, inputs_, input_names_);
  read(api().output_count, api().output_name, api().output_type_info, outputs_, output_names_);
}

Value Session::tensor(ElementType element, const std::vector<int64_t>& dims, void* data, size_t bytes) const {
  // ONNX Runtime wants an address even for no elements.
  static int64_t nothing;
  OrtValue* out = nullptr;
  library_.check(api().create_tensor_with_data(library_.cpu(), data ? data : &nothing, bytes, dims.data(), dims.size(), element, &out));
  return Value(api(), out);
}

Value Session::string_tensor(const std::vector<int64_t>& dims, const std::vector<std::string>& texts) const {
  OrtValue* raw = nullptr;
  library_.check(api().create_tensor(library_.allocator(), dims.data(), dims.size(), kString, &raw));
  Value out(api(), raw);
  // Not FillStringTensor, which takes C strings and so ends a text at U+0000.
  for (size_t i = 0; i < texts.size(); ++i) {
    char* buffer = nullptr;
    library_.check(api().string_element_buffer(raw, i, texts[i].size(), &buffer));
    if (!texts[i].empty()) std::memcpy(buffer, texts[i].data(), texts[i].size());
  }
  return out;
}

std::vector<Value> Session::run(const std::vector<Value>& inputs, const RunOptions& options) const {
  std::vector<const OrtValue*> in;
  for (const Value& value : inputs) in.push_back(value.get());
  std::vector<OrtValue*> raw(outputs_.size(), nullptr);
  OrtStatus* status =
      api().run(session_, options.get(), input_names_.data(), in.data(), in.size(), output_names_.data(), raw.size(), raw.data());
  std::vector<Value> out;
  for (OrtValue* value : raw) out.emplace_back(api(), value);
  library_.check(status);
  return out;
}

ElementType Session::element_of(const Value& value) const {
  int is_tensor = 0;
  if (!value.get()) return kUndefined;
  library_.check(api().is_tensor(value.get(), &is_tensor));
  if (!is_tensor) return kUndefined;
  OrtTensorInfo* info = nullptr;
  library_.check(api().tensor_info(value.get(), &info));
  int32_t element = 0;
  OrtStatus* status = api().element_type(info, &element);
  api().release_tensor_info(info);
  library_.check(status);
  return static_cast<ElementType>(element);
}

std::vector<int64_t> Session::dims_of(const Value& value) const {
  OrtTensorInfo* info = nullptr;
  library_.check(api().tensor_info(value.get(), &info));
  size_t rank = 0;
  OrtStatus* status = api().dims_count(info, &rank);
  std::vector<int64_t> dims(rank);
  if (!status) status = api().dims(info, dims.data(), rank);
  api().release_tensor_info(info);
  library_.check(status);
  return dims;
}

void* Session::data_of(const Value& value) const {
  void* data = nullptr;
  library_.check(api().tensor_data(value.get(), &data));
  return data;
}

void Session::texts_of(const Value& value, size_t count, std::string& bytes, std::vector<size_t>& starts) const {
  size_t length = 0;
  library_.check(api().string_data_length(value.get(), &length));
  bytes.resize(length);
  starts.assign(count, 0);
  if (count > 0) library_.check(api().string_content(value.get(), bytes.data(), length, starts.data(), count));
  starts.push_back(length);
}

}  // namespace skewless::score::ort
