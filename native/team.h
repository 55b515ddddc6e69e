// Threads that go through many short phases together. A parallel region per phase costs more than the phase when
// one token is decoded, so the region is opened once. A phase is over when its work is done, not when every thread
// has come by: a thread that the system lets wait holds up nobody but by the piece it is at.
#pragma once
#include <ATen/Parallel.h>
#include <sched.h>

#include <atomic>
#include <cstdint>
#include <vector>
#if AT_PARALLEL_OPENMP
#include <omp.h>
#endif

namespace engine {

class Team {
 public:
  // Runs body(team, thread) on at most `threads` threads at once, through at most `phases` calls of `each`. The body
  // must not throw.
  template <typename Body>
  static void run(int threads, int64_t phases, const Body& body) {
#if AT_PARALLEL_OPENMP
    if (threads > 1 && !omp_in_parallel()) {
      Team team(phases);
#pragma omp parallel num_threads(threads)
      body(team, omp_get_thread_num());
      return;
    }
#endif
    Team alone(0);
    body(alone, 0);
  }

  // Calls work(i) for 0 <= i < count, each i on the first thread that is free; returns when all are done. Every
  // thread comes here with the same work and counts its calls in `phase`.
  template <typename Work>
  void each(int64_t count, int64_t& phase, const Work& work) {
    if (phases_.empty()) {
      for (int64_t i = 0; i < count; i++) work(i);
      return;
    }
    Phase& now = phases_[phase++];
    int64_t finished = 0;
    for (int64_t i = now.next.fetch_add(1); i < count; i = now.next.fetch_add(1), finished++) work(i);
    if (finished > 0) now.done.fetch_add(finished, std::memory_order_acq_rel);
    // Who waits long gives the core to whoever needs it.
    for (int spins = 0; now.done.load(std::memory_order_acquire) < count; spins++) {
      if (spins > 2000) sched_yield();
#if defined(__x86_64__)
      else __builtin_ia32_pause();
#endif
    }
  }

 private:
  struct Phase {
    std::atomic<int64_t> next{0}, done{0};
  };
  explicit Team(int64_t phases) : phases_(phases) {}
  std::vector<Phase> phases_;
};

}  // namespace engine
