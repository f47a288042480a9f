// Work off the thread of JavaScript whose result settles a promise.
#pragma once
#include <napi.h>

#include <vector>

namespace skewless::addon {

// Typed arrays that are read: they must live as long as the run.
using Lent = std::vector<napi_value>;

// Subclasses write Execute(), which keeps its failures for result().
class PromiseWorker : public Napi::AsyncWorker {
 public:
  // Holds the arrays themselves: the properties of objects around them could be changed meanwhile.
  PromiseWorker(Napi::Env env, const Lent& lent) : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {
    Napi::Array held = Napi::Array::New(env);
    for (const napi_value v : lent) held.Set(held.Length(), v);
    lent_ = Napi::Persistent(held.As<Napi::Object>());
  }
  Napi::Promise promise() const { return deferred_.Promise(); }
  void OnOK() override {
    settle([this] { deferred_.Resolve(result(Env())); });
  }
  void OnError(const Napi::Error& error) override {
    settle([&] { deferred_.Reject(error.Value()); });
  }

 protected:
  // What the promise resolves to; a thrown Napi::Error rejects it.
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  // A thread of JavaScript that is being terminated refuses even to settle a promise: nobody waits for it then.
  template <class Body>
  void settle(const Body& body) {
    try {
      Napi::HandleScope scope(Env());
      try {
        body();
      } catch (const Napi::Error& e) {
        deferred_.Reject(e.Value());
      }
    } catch (const Napi::Error&) {
    }
  }

  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference lent_;
};

}  // namespace skewless::addon
