// Process groups: torch.distributed's own (c10d) over Gloo. Every call blocks until all processes of the group have
// come to it, or until the group's time is up.
#include "engine.h"

// scripts/native.mjs defines ENGINE_GLOO where libtorch has c10d with Gloo in it.
#if defined(ENGINE_GLOO)
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace engine {
namespace {

struct Group {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
};

std::vector<at::Tensor> tensorsAt(const Napi::CallbackInfo& info, size_t index) {
  std::vector<at::Tensor> tensors;
  for (int64_t slot : toSizes(info[index])) {
    at::Tensor tensor = slots(info.Env()).at(slot).detach();
    TORCH_CHECK(tensor.is_contiguous(), "expected contiguous tensors, got one of ", tensor.sizes(), " that is not");
    tensors.push_back(tensor);
  }
  return tensors;
}

Group& groupAt(const Napi::CallbackInfo& info) {
  Group& group = *info[0].As<Napi::External<Group>>().Data();
  TORCH_CHECK(group.gloo, "expected an open process group, got one already closed");
  return group;
}

// groupOpen(address, port, rank, size, milliseconds, whether rank 0 serves the store, prefix or '') -> handle
Napi::Value open(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto number = [&](size_t i) { return info[i].As<Napi::Number>().Int32Value(); };
    const std::string address = info[0].As<Napi::String>().Utf8Value();
    const int rank = number(2), size = number(3);
    const std::chrono::milliseconds timeout(number(4));
    c10d::TCPStoreOptions served;
    served.port = static_cast<uint16_t>(number(1));
    served.isServer = rank == 0 && info[5].ToBoolean().Value();
    served.timeout = timeout;
    // Workers of an agent's store come and go: nobody counts them.
    if (info[5].ToBoolean().Value()) served.numWorkers = static_cast<size_t>(size);
    else served.waitWorkers = false;
    c10::intrusive_ptr<c10d::Store> store = c10::make_intrusive<c10d::TCPStore>(address, served);
    store->setTimeout(timeout);
    const std::string prefix = info[6].As<Napi::String>().Utf8Value();
    if (!prefix.empty()) store = c10::make_intrusive<c10d::PrefixStore>(prefix, store);
    auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    const bool here = address == "localhost" || address.rfind("127.", 0) == 0;
    options->devices.push_back(interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                               : here    ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                         : c10d::ProcessGroupGloo::createDefaultDevice());
    options->threads = 2;
    auto group = std::make_unique<Group>();
    group->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
    return Napi::External<Group>::New(info.Env(), group.release(), [](Napi::Env, Group* gone) { delete gone; });
  });
}

// groupReduce(handle, slots, 'sum' | 'max' | 'min'): each tensor becomes that of all processes' tensors.
Napi::Value reduce(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Group& group = groupAt(info);
    const std::string operation = info[2].As<Napi::String>().Utf8Value();
    c10d::AllreduceOptions options;
    options.reduceOp = operation == "max"   ? c10d::ReduceOp::MAX
                       : operation == "min" ? c10d::ReduceOp::MIN
                                            : c10d::ReduceOp::SUM;
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    for (const at::Tensor& tensor : tensorsAt(info, 1)) {
      std::vector<at::Tensor> one = {tensor};
      works.push_back(group.gloo->allreduce(one, options));
    }
    for (auto& work : works) work->wait();
    return info.Env().Undefined();
  });
}

// groupBroadcast(handle, slots, rank): each tensor becomes that of the process `rank`.
Napi::Value broadcast(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Group& group = groupAt(info);
    c10d::BroadcastOptions options;
    options.rootRank = info[2].As<Napi::Number>().Int64Value();
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    for (const at::Tensor& tensor : tensorsAt(info, 1)) {
      std::vector<at::Tensor> one = {tensor};
      works.push_back(group.gloo->broadcast(one, options));
    }
    for (auto& work : works) work->wait();
    return info.Env().Undefined();
  });
}

// groupGather(handle, slot) -> slots of every process's tensor, in order of rank; all of one shape.
Napi::Value gather(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    Group& group = groupAt(info);
    std::vector<at::Tensor> own = {tensorArg(info, 1).detach().contiguous()};
    std::vector<std::vector<at::Tensor>> all(1);
    for (int i = 0; i < group.gloo->getSize(); i++) all[0].push_back(at::empty_like(own[0]));
    group.gloo->allgather(all, own)->wait();
    Napi::Array result = Napi::Array::New(env, all[0].size());
    for (size_t i = 0; i < all[0].size(); i++)
      result.Set(i, Napi::Number::New(env, static_cast<double>(slots(env).put(all[0][i]))));
    return result;
  });
}

Napi::Value barrier(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    groupAt(info).gloo->barrier()->wait();
    return info.Env().Undefined();
  });
}

Napi::Value close(const Napi::CallbackInfo& info) {
  info[0].As<Napi::External<Group>>().Data()->gloo.reset();
  return info.Env().Undefined();
}

}  // namespace

void registerGroups(Napi::Env env, Napi::Object exports) {
  exports.Set("groupOpen", Napi::Function::New(env, open));
  exports.Set("groupReduce", Napi::Function::New(env, reduce));
  exports.Set("groupBroadcast", Napi::Function::New(env, broadcast));
  exports.Set("groupGather", Napi::Function::New(env, gather));
  exports.Set("groupBarrier", Napi::Function::New(env, barrier));
  exports.Set("groupClose", Napi::Function::New(env, close));
}

}  // namespace engine

#else

namespace engine {
// Without these functions process-group.ts says that this libtorch has none.
void registerGroups(Napi::Env, Napi::Object) {}
}  // namespace engine

#endif
