// Entry point of the addon: TypeScript decides, libtorch computes.
#include <ATen/Parallel.h>
#include <malloc.h>
#include <torch/version.h>

#include "engine.h"

namespace engine {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Slots());
  // Activations come and go every step: keep their memory instead of returning it to the system and
  // faulting it in again, page by page.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  exports.Set("version", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return Napi::String::New(info.Env(), TORCH_VERSION);
              }));
  // Operators run one at a time: on the calling thread plus this pool.
  exports.Set("setThreads", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                at::set_num_threads(info[0].As<Napi::Number>().Int32Value());
              }));
  exports.Set("threads", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return Napi::Number::New(info.Env(), at::get_num_threads());
              }));
  registerCall(env, exports);
  registerTensor(env, exports);
  registerAutograd(env, exports);
  registerFused(env, exports);
  registerAttention(env, exports);
  registerFile(env, exports);
  registerDecode(env, exports);
  registerSample(env, exports);
  registerGroups(env, exports);
  registerDevices(env, exports);
  return exports;
}

NODE_API_MODULE(spatial_ladder, initialise)

}  // namespace engine
