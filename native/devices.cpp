// Devices beside the CPU: whether there is one, its memory, its random numbers.
#include <ATen/ATen.h>
#include <dlfcn.h>

#include "engine.h"

namespace engine {
namespace {

// cudaMemGetInfo of the runtime that libtorch has loaded, so that no CUDA headers are needed here.
using MemoryOf = int (*)(size_t* free, size_t* total);
MemoryOf memoryFunction() {
  for (const char* name : {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"})
    if (void* library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD))
      if (void* function = dlsym(library, "cudaMemGetInfo")) return reinterpret_cast<MemoryOf>(function);
  return nullptr;
}

}  // namespace

void registerDevices(Napi::Env env, Napi::Object exports) {
  exports.Set("cudaAvailable", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  return Napi::Boolean::New(info.Env(), at::globalContext().hasCUDA() && at::detail::getCUDAHooks().hasCUDA() &&
                                                            at::detail::getCUDAHooks().getNumGPUs() > 0);
                });
              }));
  // cudaMemory() -> [free, total] in bytes of the current card, or null.
  exports.Set("cudaMemory", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                size_t free = 0, total = 0;
                const MemoryOf memory = memoryFunction();
                if (!memory || memory(&free, &total) != 0) return info.Env().Null();
                Napi::Array both = Napi::Array::New(info.Env(), 2);
                both.Set(0u, Napi::Number::New(info.Env(), static_cast<double>(free)));
                both.Set(1u, Napi::Number::New(info.Env(), static_cast<double>(total)));
                return both;
              }));
  // manualSeed(seed): of libtorch's own random numbers, on every device.
  exports.Set("manualSeed", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  at::manual_seed(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()));
                  return info.Env().Undefined();
                });
              }));
}

}  // namespace engine
