// A session of ONNX Runtime: options, what the model takes and gives, tensors, one run.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "score/ort_library.h"

namespace skewless::score::ort {

struct SessionOptions {
  int intra_op_threads = 1;
  int inter_op_threads = 1;
  bool parallel = false;
  int graph_optimization = 99;  // 0 none, 1 basic, 2 extended, 3 layout, 99 all
  int log_severity = 4;         // 0 verbose to 4 fatal
  int log_verbosity = 0;
  std::string log_id;
  bool cpu_mem_arena = true;
  bool mem_pattern = true;
  std::string optimized_model_path;
  std::string profile_prefix;
  std::vector<std::pair<std::string, int64_t>> free_dimensions;  // by the dimension's name
  std::vector<std::pair<std::string, std::string>> config;
};

struct ValueInfo {
  std::string name;
  OnnxType kind = kTensor;
  ElementType element = kUndefined;  // of tensors
  std::vector<int64_t> dims;         // -1 where free
  std::vector<std::string> symbols;  // "" where a free size has no name
};

// Owns an OrtValue.
class Value {
 public:
  Value() = default;
  Value(const Api& api, OrtValue* value) : api_(&api), value_(value) {}
  Value(Value&& o) noexcept : api_(o.api_), value_(std::exchange(o.value_, nullptr)) {}
  Value& operator=(Value&& o) noexcept {
    std::swap(api_, o.api_);
    std::swap(value_, o.value_);
    return *this;
  }
  ~Value() {
    if (value_) api_->release_value(value_);
  }
  OrtValue* get() const { return value_; }

 private:
  const Api* api_ = nullptr;
  OrtValue* value_ = nullptr;
};

// Owns OrtRunOptions: one for each run at a time, because it carries the flag that ends the run.
class RunOptions {
 public:
  explicit RunOptions(const Library& library);
  RunOptions(const RunOptions&) = delete;
  RunOptions& operator=(const RunOptions&) = delete;
  ~RunOptions();
  const OrtRunOptions* get() const { return options_; }
  // The run ends before its next node, with an error. Any thread.
  void terminate() noexcept;
  void reset() noexcept;

 private:
  const Api& api_;
  OrtRunOptions* options_ = nullptr;
};

// May run in several threads at once. Lives as long as anybody holds it.
class Session {
 public:
  // A path or bytes (copied by ONNX Runtime). Throws INVALID_MODEL, UNSUPPORTED_MODEL or RUNTIME_ERROR.
  static std::shared_ptr<Session> from_path(const Library& library, const std::string& path, const SessionOptions& options);
  static std::shared_ptr<Session> from_bytes(const Library& library, const void* data, size_t size, const SessionOptions& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  const Library& library() const { return library_; }
  const Api& api() const { return library_.api(); }
  OrtSession* get() const { return session_; }
  const std::vector<ValueInfo>& inputs() const { return inputs_; }
  const std::vector<ValueInfo>& outputs() const { return outputs_; }

  // A view of memory that must live as long as the value.
  Value tensor(ElementType element, const std::vector<int64_t>& dims, void* data, size_t bytes) const;
  Value string_tensor(const std::vector<int64_t>& dims, const std::vector<std::string>& texts) const;
  // All outputs, made by ONNX Runtime. `inputs` in the order of inputs().
  std::vector<Value> run(const std::vector<Value>& inputs, const RunOptions& options) const;

  ElementType element_of(const Value& value) const;  // kUndefined for what is no tensor
  std::vector<int64_t> dims_of(const Value& value) const;
  void* data_of(const Value& value) const;
  // UTF-8 of all elements, one after the other, and where each begins.
  void texts_of(const Value& value, size_t count, std::string& bytes, std::vector<size_t>& starts) const;

 private:
  explicit Session(const Library& library) : library_(library) {}
  void describe();
  const Library& library_;
  OrtSession* session_ = nullptr;
  bool profiling_ = false;
  std::vector<ValueInfo> inputs_, outputs_;
  std::vector<const char*> input_names_, output_names_;

  template <class Create>
  static std::shared_ptr<Session> create(const Library& library, const SessionOptions& options, const Create& create);
};

size_t element_bytes(ElementType element);  // 0 for text and what we do not know

}  // namespace skewless::score::ort
