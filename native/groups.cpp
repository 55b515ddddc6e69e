// Process groups: torch.distributed's own (c10d) over Gloo. Every call blocks until all processes of the group have
// come to it, or until the group's time is up.
#include "engine.h"

// scripts/native.mjs defines ENGINE_GLOO where libtorch has c10d with Gloo in it.
#if defined(ENGINE_GLOO)
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

namespace engine {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Signs of life, from a thread of its own, since the main one may compute or wait for hours: a process that is gone
// closes its connections and is noticed at once, one whose machine lost power or hangs is not. Process 0 watches all
// others, and they watch process 0. Who finds one lost says so and ends: it can do nothing more.
class Pulse {
 public:
  Pulse(c10::intrusive_ptr<c10d::Store> store, int rank, int size, Milliseconds silence)
      : store_(std::move(store)), rank_(rank), size_(size), silence_(silence), thread_([this] { run(); }) {}
  ~Pulse() {
    {
      std::lock_guard<std::mutex> hold(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  struct Sign {
    int64_t count;
    Clock::time_point seen;
  };

  static std::string key(int rank) { return "alive/" + std::to_string(rank); }

  void run() {
    const int first = rank_ == 0 ? 1 : 0, last = rank_ == 0 ? size_ : 1;
    std::vector<Sign> signs(static_cast<size_t>(last), Sign{0, Clock::now()});
    std::unique_lock<std::mutex> hold(mutex_);
    while (!wake_.wait_for(hold, silence_ / 8, [this] { return ended_; })) {
      hold.unlock();
      for (int other = first; other < last; other++) {
        Sign& sign = signs[static_cast<size_t>(other)];
        const auto now = Clock::now();
        try {
          if (other == first) store_->add(key(rank_), 1);
          const int64_t count = store_->add(key(other), 0);
          if (count != sign.count) sign = Sign{count, now};
        } catch (const std::exception&) {
          // The store is process 0's or the agent's: no sign comes any more.
        }
        if (now - sign.seen > silence_) lost(other);
      }
      hold.lock();
    }
  }

  void lost(int other) {
    {
      std::lock_guard<std::mutex> hold(mutex_);
      if (ended_) return;
    }
    std::fprintf(stderr, "process %d of %d: expected a sign of life from process %d, got none for %lld s\n", rank_, size_,
                 other, static_cast<long long>(silence_.count() / 1000));
    std::fflush(stderr);
    _exit(1);
  }

  c10::intrusive_ptr<c10d::Store> store_;
  const int rank_, size_;
  const Milliseconds silence_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;
};

struct Group {
  std::unique_ptr<Pulse> pulse;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
};

// Counts the processes that have come, until all have.
void comeTogether(c10d::Store& store, int size, Milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  int64_t come = store.add("come", 1);
  while (come < size) {
    TORCH_CHECK(Clock::now() < end, come, " of ", size);
    std::this_thread::sleep_for(Milliseconds(20));
    come = store.add("come", 0);
  }
}

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

// groupOpen(address, port, rank, size, milliseconds to come together, whether rank 0 serves the store, prefix or '',
//           milliseconds of any later call, milliseconds without a sign of life or 0) -> handle
Napi::Value open(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto number = [&](size_t i) { return info[i].As<Napi::Number>().Int64Value(); };
    const std::string address = info[0].As<Napi::String>().Utf8Value();
    const int rank = static_cast<int>(number(2)), size = static_cast<int>(number(3));
    const Milliseconds timeout(number(4)), patience(number(7)), silence(number(8));
    const std::string prefix = info[6].As<Napi::String>().Utf8Value();
    const auto connect = [&](bool serves) -> c10::intrusive_ptr<c10d::Store> {
      c10d::TCPStoreOptions options;
      options.port = static_cast<uint16_t>(number(1));
      options.isServer = serves;
      options.timeout = timeout;
      // Counted below, since workers of an agent's store come and go.
      options.waitWorkers = false;
      c10::intrusive_ptr<c10d::Store> store = c10::make_intrusive<c10d::TCPStore>(address, options);
      store->setTimeout(timeout);
      if (!prefix.empty()) store = c10::make_intrusive<c10d::PrefixStore>(prefix, store);
      return store;
    };
    auto store = connect(rank == 0 && info[5].ToBoolean().Value());
    comeTogether(*store, size, timeout);
    auto group = std::make_unique<Group>();
    // A connection of its own: calls on one wait for one another.
    if (silence.count() > 0) group->pulse = std::make_unique<Pulse>(connect(false), rank, size, silence);
    auto options = c10d::ProcessGroupGloo::Options::create(patience);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    const bool here = address == "localhost" || address.rfind("127.", 0) == 0;
    options->devices.push_back(interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                               : here    ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                         : c10d::ProcessGroupGloo::createDefaultDevice());
    options->threads = 2;
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
  Group& group = *info[0].As<Napi::External<Group>>().Data();
  group.pulse.reset();
  group.gloo.reset();
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
