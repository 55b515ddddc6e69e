// Gradients. No JavaScript runs inside autograd; the caller drives it in segments.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "engine.h"

namespace engine {
namespace {

std::vector<at::Tensor> tensorList(Napi::Env env, const Napi::Value& value) {
  Napi::Array array = value.As<Napi::Array>();
  std::vector<at::Tensor> tensors;
  for (uint32_t i = 0; i < array.Length(); i++) {
    Napi::Value item = array.Get(i);
    if (item.IsNull() || item.IsUndefined()) tensors.emplace_back();
    else tensors.push_back(slots(env).at(item.As<Napi::Number>().Int64Value()));
  }
  return tensors;
}

// backward(outputs, outputGradients): accumulates into the `.grad` of the leaves.
Napi::Value backward(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    torch::autograd::backward(tensorList(info.Env(), info[0]), tensorList(info.Env(), info[1]));
    return info.Env().Undefined();
  });
}

// grad(outputs, inputs, outputGradients) -> slots, null where an input was not used.
Napi::Value grad(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    auto gradients = torch::autograd::grad(tensorList(env, info[0]), tensorList(env, info[1]),
                                           tensorList(env, info[2]), c10::nullopt, false, true);
    Napi::Array array = Napi::Array::New(env, gradients.size());
    for (size_t i = 0; i < gradients.size(); i++) {
      if (!gradients[i].defined()) array.Set(i, env.Null());
      else array.Set(i, Napi::Number::New(env, static_cast<double>(slots(env).put(gradients[i]))));
    }
    return array;
  });
}

// gradOf(slot) -> slot of the accumulated gradient, or null.
Napi::Value gradOf(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    at::Tensor gradient = tensorArg(info, 0).grad();
    if (!gradient.defined()) return info.Env().Null();
    return Napi::Number::New(info.Env(), static_cast<double>(slots(info.Env()).put(gradient)));
  });
}

// clearGrad(slots: number[])
Napi::Value clearGrad(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    for (auto& tensor : tensorList(info.Env(), info[0])) tensor.mutable_grad().reset();
    return info.Env().Undefined();
  });
}

Napi::Value setRequiresGrad(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    tensorArg(info, 0).set_requires_grad(info[1].ToBoolean().Value());
    return info.Env().Undefined();
  });
}

Napi::Value requiresGrad(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Boolean::New(info.Env(), tensorArg(info, 0).requires_grad());
  });
}

// setGradEnabled(enabled) -> whether it was enabled before.
Napi::Value setGradEnabled(const Napi::CallbackInfo& info) {
  bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(info[0].ToBoolean().Value());
  return Napi::Boolean::New(info.Env(), before);
}

}  // namespace

void registerAutograd(Napi::Env env, Napi::Object exports) {
  exports.Set("backward", Napi::Function::New(env, backward));
  exports.Set("grad", Napi::Function::New(env, grad));
  exports.Set("gradOf", Napi::Function::New(env, gradOf));
  exports.Set("clearGrad", Napi::Function::New(env, clearGrad));
  exports.Set("setRequiresGrad", Napi::Function::New(env, setRequiresGrad));
  exports.Set("requiresGrad", Napi::Function::New(env, requiresGrad));
  exports.Set("setGradEnabled", Napi::Function::New(env, setGradEnabled));
}

}  // namespace engine
