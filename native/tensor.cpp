// Data in and out of tensors, their shape and type, and their release.
#include <ATen/ATen.h>

#include <cstring>

#include "engine.h"

namespace engine {
namespace {

// fromData(bytes: Uint8Array, sizes, dtype, device or nothing: the CPU) -> slot; the bytes are copied.
Napi::Value fromData(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
    auto dtype = static_cast<at::ScalarType>(info[2].As<Napi::Number>().Int32Value());
    at::Tensor tensor = at::empty(toSizes(info[1]), at::TensorOptions().dtype(dtype));
    if (tensor.nbytes() != bytes.ByteLength()) {
      throw std::invalid_argument("tensor data: expected " + std::to_string(tensor.nbytes()) + " bytes, got " +
                                  std::to_string(bytes.ByteLength()));
    }
    if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), bytes.Data(), tensor.nbytes());
    if (info[3].IsString()) {
      const c10::Device device(info[3].As<Napi::String>().Utf8Value());
      if (!device.is_cpu()) tensor = tensor.to(device);
    }
    return Napi::Number::New(info.Env(), static_cast<double>(slots(info.Env()).put(std::move(tensor))));
  });
}

// toData(slot) -> ArrayBuffer with a copy of the elements in row-major order.
Napi::Value toData(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    at::Tensor tensor = tensorArg(info, 0).detach().cpu().contiguous();
    Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), tensor.nbytes());
    if (tensor.nbytes() > 0) std::memcpy(buffer.Data(), tensor.data_ptr(), tensor.nbytes());
    return buffer;
  });
}

Napi::Value sizes(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    auto shape = tensorArg(info, 0).sizes();
    Napi::Array array = Napi::Array::New(info.Env(), shape.size());
    for (size_t i = 0; i < shape.size(); i++) array.Set(i, Napi::Number::New(info.Env(), static_cast<double>(shape[i])));
    return array;
  });
}

Napi::Value dtype(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<int>(tensorArg(info, 0).scalar_type()));
  });
}

Napi::Value device(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), tensorArg(info, 0).device().str());
  });
}

// item(slot) -> number, for a tensor of one element.
Napi::Value item(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), tensorArg(info, 0).item().toDouble());
  });
}

// drop(slots: number[])
Napi::Value drop(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Array array = info[0].As<Napi::Array>();
    Slots& table = slots(info.Env());
    for (uint32_t i = 0; i < array.Length(); i++) table.drop(Napi::Value(array.Get(i)).As<Napi::Number>().Int64Value());
    return info.Env().Undefined();
  });
}

// dropOne(slot)
Napi::Value dropOne(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    int64_t slot = -1;
    napi_get_value_int64(info.Env(), info[0], &slot);
    slots(info.Env()).drop(slot);
    return Napi::Value();
  });
}

Napi::Value live(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(slots(info.Env()).live()));
}

}  // namespace

void registerTensor(Napi::Env env, Napi::Object exports) {
  exports.Set("fromData", Napi::Function::New(env, fromData));
  exports.Set("toData", Napi::Function::New(env, toData));
  exports.Set("sizes", Napi::Function::New(env, sizes));
  exports.Set("dtype", Napi::Function::New(env, dtype));
  exports.Set("device", Napi::Function::New(env, device));
  exports.Set("item", Napi::Function::New(env, item));
  exports.Set("drop", Napi::Function::New(env, drop));
  exports.Set("dropOne", Napi::Function::New(env, dropOne));
  exports.Set("live", Napi::Function::New(env, live));
}

}  // namespace engine
