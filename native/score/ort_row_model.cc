#include "score/ort_row_model.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <system_error>

#include "score/half.h"

namespace skewless::score::ort {
namespace {

// A model that does not answer to a row of zeros in this time is not one to be called in a request.
constexpr int64_t kLongestWarmUp = 2'000'000'000;
constexpr int64_t kMeasureFor = 5'000'000;
constexpr int64_t kLongestMeasured = 100'000'000;
constexpr size_t kMostMeasured = 31;
constexpr int64_t kUnknownPace = std::numeric_limits<int64_t>::max() / 8;
// A run on the calling thread may take this part of the time that is left.
constexpr int64_t kInlinePart = 4;
// The caller of a run on another thread is woken this much before its deadline, or a tenth of the time that it has
// where that is less, so that it answers by the deadline.
constexpr int64_t kAnswerTakes = 50'000;
constexpr size_t kLargestBlock = size_t{1} << 30;

Block make_block(size_t bytes) {
  auto* p = static_cast<unsigned char*>(::operator new[](bytes, std::align_val_t{64}));
  std::memset(p, 0, bytes);
  return Block(p);
}

int64_t product(const std::vector<int64_t>& dims) {
  int64_t out = 1;
  for (const int64_t d : dims) out = d <= 0 || out > (int64_t{1} << 32) / d ? (d == 0 ? 0 : -1) : out * d;
  return out;
}

RowElement row_element(ElementType element) {
  switch (element) {
    case kFloat:
    case kFloat16: return RowElement::kFloat32;
    case kDouble: return RowElement::kFloat64;
    default: return RowElement::kInt64;
  }
}

template <class From>
void widen(const void* from, size_t count, unsigned char* to) {
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, static_cast<const unsigned char*>(from) + i * sizeof(From), sizeof(From));
    const auto wide = static_cast<int64_t>(value);
    std::memcpy(to + i * 8, &wide, 8);
  }
}

void convert(ElementType element, const void* from, size_t count, unsigned char* to) {
  switch (element) {
    case kFloat:
    case kDouble:
    case kInt64:
    case kUint64:
      if (count) std::memcpy(to, from, count * element_bytes(element));
      break;
    case kFloat16:
      for (size_t i = 0; i < count; ++i) {
        uint16_t half;
        std::memcpy(&half, static_cast<const unsigned char*>(from) + i * 2, 2);
        const float value = half_to_float(half);
        std::memcpy(to + i * 4, &value, 4);
      }
      break;
    case kInt8: widen<int8_t>(from, count, to); break;
    case kBool:
    case kUint8: widen<uint8_t>(from, count, to); break;
    case kInt16: widen<int16_t>(from, count, to); break;
    case kUint16: widen<uint16_t>(from, count, to); break;
    case kInt32: widen<int32_t>(from, count, to); break;
    case kUint32: widen<uint32_t>(from, count, to); break;
    default: break;
  }
}

}  // namespace

// The session's tensors over one block, and the run.
class OrtRowModel::Runner {
 public:
  Runner(const Session& session, const RowModelSpec& spec, const std::vector<OutputPlan>& plans, const std::vector<RowOutput>& outputs,
         unsigned char* block)
      : session_(session), spec_(spec), plans_(plans), outputs_(outputs), block_(block), options_(session.library()) {
    const Api& api = session.api();
    input_ = session.tensor(kFloat, spec.input_dims, block, size_t{spec.width} * 4);
    all_bound_ = std::all_of(plans.begin(), plans.end(), [](const OutputPlan& p) { return p.bound; });
    for (size_t i = 0; i < plans.size(); ++i) {
      names_.push_back(session.outputs()[i].name.c_str());
      const size_t bytes = plans[i].bound ? outputs[i].width * element_bytes(plans[i].element) : 0;
      bound_.push_back(plans[i].bound ? session.tensor(plans[i].element, plans[i].dims, block + outputs[i].offset, bytes) : Value());
    }
    if (!all_bound_) return;
    session.library().check(api.create_binding(session.get(), &binding_));
    session.library().check(api.bind_input(binding_, session.inputs()[0].name.c_str(), input_.get()));
    for (size_t i = 0; i < plans.size(); ++i) session.library().check(api.bind_output(binding_, names_[i], bound_[i].get()));
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner() {
    if (binding_) session_.api().release_binding(binding_);
  }

  RunOptions& options() { return options_; }

  // Null, or what is wrong; the outputs are in the block. A binding takes 70 ns less than Run with the same values.
  OrtStatus* run() {
    if (all_bound_) return session_.api().run_with_binding(session_.get(), options_.get(), binding_);
    std::vector<OrtValue*> raw(plans_.size(), nullptr);
    for (size_t i = 0; i < raw.size(); ++i) raw[i] = bound_[i].get();
    const char* input_name = session_.inputs()[0].name.c_str();
    const OrtValue* input = input_.get();
    OrtStatus* status = session_.api().run(session_.get(), options_.get(), &input_name, &input, 1, names_.data(), names_.size(), raw.data());
    std::vector<Value> made;
    for (size_t i = 0; i < raw.size(); ++i) made.emplace_back(session_.api(), plans_[i].bound ? nullptr : raw[i]);
    if (!status)
      for (size_t i = 0; i < made.size(); ++i)
        if (!plans_[i].bound) take(i, made[i]);
    return status;
  }

 private:
  void take(size_t i, const Value& value) {
    const OutputPlan& plan = plans_[i];
    if (session_.element_of(value) != plan.element || session_.dims_of(value) != plan.dims) {
      throw Error("RUNTIME_ERROR", "output " + session_.outputs()[i].name + " has another shape than for a row of zeros");
    }
    if (plan.element == kString) take_labels(i, value);
    else convert(plan.element, session_.data_of(value), outputs_[i].width, block_ + outputs_[i].offset);
  }
  void take_labels(size_t i, const Value& value) {
    std::string bytes;
    std::vector<size_t> starts;
    session_.texts_of(value, outputs_[i].width, bytes, starts);
    const auto& labels = spec_.labels[i];
    for (size_t k = 0; k < outputs_[i].width; ++k) {
      const std::string text = bytes.substr(starts[k], starts[k + 1] - starts[k]);
      const auto found = std::find(labels.begin(), labels.end(), text);
      if (found == labels.end()) throw Error("RUNTIME_ERROR", "output " + session_.outputs()[i].name + " is no label of the model");
      const int64_t index = found - labels.begin();
      std::memcpy(block_ + outputs_[i].offset + k * 8, &index, 8);
    }
  }

  const Session& session_;
  const RowModelSpec& spec_;
  const std::vector<OutputPlan>& plans_;
  const std::vector<RowOutput>& outputs_;
  unsigned char* block_;
  RunOptions options_;
  Value input_;
  std::vector<Value> bound_;
  std::vector<const char*> names_;
  bool all_bound_ = false;
  OrtIoBinding* binding_ = nullptr;
};

// A run over memory of its own: the caller's block may be written again while it goes on.
class OrtRowModel::Job : public RunJob {
 public:
  explicit Job(OrtRowModel& model)
      : api(model.session_->api()),
        block(make_block(model.block_bytes_)),
        runner(*model.session_, model.spec_, model.plans_, model.outputs_, block.get()) {}
  ~Job() override { forget(); }
  // The error of a run that nobody waited for.
  void forget() {
    if (error) api.release_status(std::exchange(error, nullptr));
  }
  void execute() noexcept override {
    thrown.clear();
    try {
      error = runner.run();
    } catch (const std::exception& e) {
      try {
        thrown = e.what();
      } catch (...) {
        thrown = "!";
      }
    }
  }
  void terminate() noexcept override { runner.options().terminate(); }
  const Api& api;
  Block block;
  Runner runner;
  OrtStatus* error = nullptr;
  std::string thrown;
};

OrtRowModel::OrtRowModel(std::shared_ptr<Session> session, RowModelSpec spec) : session_(std::move(session)), spec_(std::move(spec)) {
  describe_outputs();
  block_ = make_block(block_bytes_);
  try {
    runner_ = std::make_unique<Runner>(*session_, spec_, plans_, outputs_, block_.get());
    session_->library().check(runner_->run());
  } catch (const Error&) {
    // The shapes are the ones of the probe, but ONNX Runtime may refuse memory that was not made by it.
    for (OutputPlan& plan : plans_) plan.bound = false;
    runner_ = std::make_unique<Runner>(*session_, spec_, plans_, outputs_, block_.get());
    session_->library().check(runner_->run());
  }
  watch_ = std::make_unique<Watch>(runner_->options());
  measure();
  std::memset(block_.get(), 0, block_bytes_);
}

OrtRowModel::~OrtRowModel() { close(); }

void OrtRowModel::close() {
  thread_.reset();
  job_.reset();
  if (watched_) Watchdog::instance().remove(watch_.get());
  watched_ = false;
  runner_.reset();
  session_.reset();
}

// Runs the model on zeros to learn what the declared shapes do not say.
void OrtRowModel::describe_outputs() {
  std::vector<float> zeros(spec_.width);
  std::vector<Value> inputs;
  inputs.push_back(session_->tensor(kFloat, spec_.input_dims, zeros.data(), zeros.size() * 4));
  RunOptions options(session_->library());
  Watch watch(options);
  Watchdog& watchdog = Watchdog::instance();
  watchdog.add(&watch);
  const int64_t now = steady_now();
  watchdog.arm(watch, now + kLongestWarmUp, now);
  std::vector<Value> values;
  std::string failure;
  try {
    values = session_->run(inputs, options);
  } catch (const Error& e) {
    failure = e.what();
  }
  const bool terminated = watchdog.disarm(watch);
  watchdog.remove(&watch);
  if (terminated) throw Error("RUNTIME_ERROR", "the model takes longer than 2 s for a row of zeros");
  if (!failure.empty()) throw Error("RUNTIME_ERROR", failure);

  size_t at = (size_t{spec_.width} * 4 + 63) & ~size_t{63};
  for (size_t i = 0; i < values.size(); ++i) {
    const ElementType element = session_->element_of(values[i]);
    OutputPlan plan{element, session_->dims_of(values[i]), false};
    const int64_t width = product(plan.dims);
    if (width < 0 || static_cast<uint64_t>(width) > kLargestBlock / 8) throw Error("UNSUPPORTED_MODEL", "an output is too large");
    const RowElement kind = row_element(element);
    // Where the declaration leaves a size open beyond the row's own, the next row may give another.
    const auto& declared = session_->outputs()[i].dims;
    bool fixed = declared.size() == plan.dims.size();
    for (size_t d = 1; d < declared.size(); ++d) fixed = fixed && declared[d] >= 0;
    plan.bound = fixed && width > 0 && (element == kFloat || element == kDouble || element == kInt64);
    outputs_.push_back({kind, static_cast<uint32_t>(width), static_cast<uint32_t>(at)});
    at += (static_cast<size_t>(width) * (kind == RowElement::kFloat32 ? 4 : 8) + 7) & ~size_t{7};
    if (at > kLargestBlock) throw Error("UNSUPPORTED_MODEL", "an output is too large");
    plans_.push_back(std::move(plan));
  }
  block_bytes_ = at;
}

void OrtRowModel::measure() {
  if (spec_.control_flow) {
    pace_ = kUnknownPace;
    return;
  }
  std::vector<int64_t> took;
  const int64_t begin = steady_now();
  for (int64_t now = begin; took.size() < kMostMeasured && now - begin < (took.size() < 3 ? kLongestMeasured : kMeasureFor);) {
    session_->library().check(runner_->run());
    const int64_t end = steady_now();
    took.push_back(end - now);
    now = end;
  }
  std::nth_element(took.begin(), took.begin() + static_cast<ptrdiff_t>(took.size() / 2), took.end());
  pace_ = took[took.size() / 2];
}

RowStatus OrtRowModel::failed(const char* what) noexcept {
  try {
    message_ = what;
  } catch (...) {
    message_.clear();
  }
  return RowStatus::kFailed;
}

RowStatus OrtRowModel::run(int64_t deadline) noexcept {
  if (!session_) return RowStatus::kClosed;
  try {
    if (deadline == 0) {
      OrtStatus* status = runner_->run();
      if (!status) return RowStatus::kOk;
      session_->library().check(status);
    }
    const int64_t now = steady_now();
    if (deadline <= now) return RowStatus::kDeadlineExceeded;
    const RowStatus status = pace_ < (deadline - now) / kInlinePart
                                 ? run_watched(deadline, now)
                                 : run_in_background(deadline - std::min(kAnswerTakes, (deadline - now) / 10));
    // The system may have kept this thread waiting while the model was done in time.
    return status == RowStatus::kOk && steady_now() > deadline ? RowStatus::kDeadlineExceeded : status;
  } catch (const std::exception& e) {
    return failed(e.what());
  }
}

RowStatus OrtRowModel::run_watched(int64_t deadline, int64_t now) {
  Watchdog& watchdog = Watchdog::instance();
  if (!watched_) {
    watchdog.add(watch_.get());
    watched_ = true;
  }
  watchdog.arm(*watch_, deadline, now);
  OrtStatus* status = nullptr;
  try {
    status = runner_->run();
  } catch (...) {
    watchdog.disarm(*watch_);
    throw;
  }
  const bool terminated = watchdog.disarm(*watch_);
  if (terminated) {
    if (status) session_->api().release_status(status);
    return RowStatus::kDeadlineExceeded;
  }
  session_->library().check(status);
  return RowStatus::kOk;
}

RowStatus OrtRowModel::run_in_background(int64_t deadline) {
  if (!thread_) {
    job_ = std::make_shared<Job>(*this);
    thread_ = std::make_unique<RunThread>();
  }
  if (!thread_->wait_idle(deadline)) return RowStatus::kDeadlineExceeded;
  job_->forget();
  job_->runner.options().reset();
  std::memcpy(job_->block.get(), block_.get(), size_t{spec_.width} * 4);
  if (!thread_->run(job_, deadline)) return RowStatus::kDeadlineExceeded;
  session_->library().check(std::exchange(job_->error, nullptr));
  if (!job_->thrown.empty()) return failed(job_->thrown.c_str());
  const size_t inputs = (size_t{spec_.width} * 4 + 63) & ~size_t{63};
  std::memcpy(block_.get() + inputs, job_->block.get() + inputs, block_bytes_ - inputs);
  return RowStatus::kOk;
}

}  // namespace skewless::score::ort
