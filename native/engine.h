// What the files of the addon share: the table of live tensors, and how C++ errors become JavaScript ones.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <napi.h>

#include <string>
#include <vector>

namespace engine {

// JavaScript holds tensors as slot numbers. A table of slots, rather than wrapped objects, because
// creating a wrapped object with a finaliser costs about as much as a small operator call.
class Slots {
 public:
  int64_t put(at::Tensor tensor) {
    live_++;
    if (!free_.empty()) {
      int64_t slot = free_.back();
      free_.pop_back();
      tensors_[slot] = std::move(tensor);
      return slot;
    }
    tensors_.push_back(std::move(tensor));
    return static_cast<int64_t>(tensors_.size()) - 1;
  }

  at::Tensor& at(int64_t slot) {
    if (slot < 0 || slot >= static_cast<int64_t>(tensors_.size()) || !tensors_[slot].defined()) {
      throw std::invalid_argument("tensor: expected a live slot, got " + std::to_string(slot));
    }
    return tensors_[slot];
  }

  void drop(int64_t slot) {
    at(slot).reset();
    free_.push_back(slot);
    live_--;
  }

  int64_t live() const { return live_; }

 private:
  std::vector<at::Tensor> tensors_;
  std::vector<int64_t> free_;
  int64_t live_ = 0;
};

// One table per JavaScript environment (the addon is context-aware).
inline Slots& slots(Napi::Env env) { return *env.GetInstanceData<Slots>(); }

inline at::Tensor& tensorArg(const Napi::CallbackInfo& info, size_t index) {
  return slots(info.Env()).at(info[index].As<Napi::Number>().Int64Value());
}

// Sizes of a tensor from an array of numbers.
inline std::vector<int64_t> toSizes(const Napi::Value& value) {
  Napi::Array array = value.As<Napi::Array>();
  std::vector<int64_t> sizes(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) sizes[i] = Napi::Value(array.Get(i)).As<Napi::Number>().Int64Value();
  return sizes;
}

// The first line of what libtorch says: what follows lists every registered kernel or a stack.
inline std::string firstLine(const char* text) {
  std::string line(text);
  return line.substr(0, line.find('\n'));
}

// Runs `body`, turning every C++ exception into a JavaScript Error with one clear line.
template <typename Body>
Napi::Value guarded(Napi::Env env, Body body) {
  try {
    return body();
  } catch (const c10::Error& error) {
    throw Napi::Error::New(env, firstLine(error.what_without_backtrace()));
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Napi::Error::New(env, error.what());
  }
}

void registerCall(Napi::Env env, Napi::Object exports);
void registerTensor(Napi::Env env, Napi::Object exports);
void registerAutograd(Napi::Env env, Napi::Object exports);
void registerFused(Napi::Env env, Napi::Object exports);
void registerAttention(Napi::Env env, Napi::Object exports);
void registerFile(Napi::Env env, Napi::Object exports);
void registerDecode(Napi::Env env, Napi::Object exports);
void registerSample(Napi::Env env, Napi::Object exports);
void registerGroups(Napi::Env env, Napi::Object exports);
void registerDevices(Napi::Env env, Napi::Object exports);

}  // namespace engine
