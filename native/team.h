// Threads that go through many short phases together. A parallel region per phase costs more than the phase when
// one token is decoded, so the region is opened once and the phases meet at a barrier of their own.
#pragma once
#include <ATen/Parallel.h>
#include <sched.h>

#include <atomic>
#include <cstdint>
#if AT_PARALLEL_OPENMP
#include <omp.h>
#endif

namespace engine {

class Team {
 public:
  // Runs body(team, thread) on at most `threads` threads at once. The body must not throw.
  template <typename Body>
  static void run(int threads, const Body& body) {
#if AT_PARALLEL_OPENMP
    if (threads > 1 && !omp_in_parallel()) {
      Team team;
#pragma omp parallel num_threads(threads)
      {
#pragma omp single
        team.size_ = omp_get_num_threads();
        body(team, omp_get_thread_num());
      }
      return;
    }
#endif
    Team alone;
    body(alone, 0);
  }

  // Calls work(i) for 0 <= i < count, each i on the first thread that is free; returns when all are done.
  // Every thread of the team must come here.
  template <typename Work>
  void each(int64_t count, int& phase, const Work& work) {
    if (size_ == 1) {
      for (int64_t i = 0; i < count; i++) work(i);
      return;
    }
    std::atomic<int64_t>& next = next_[phase % 3];
    for (int64_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
    meet(phase++);
  }

 private:
  // The last to arrive lets the others go; who waits long gives the core to whoever needs it.
  void meet(int phase) {
    const int64_t round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1) + 1 == size_) {
      next_[(phase + 2) % 3].store(0);
      arrived_.store(0);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round; spins++) {
      if (spins < 2000) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
      } else {
        sched_yield();
      }
    }
  }

  int size_ = 1;
  std::atomic<int64_t> next_[3] = {{0}, {0}, {0}};
  std::atomic<int> arrived_{0};
  std::atomic<int64_t> round_{0};
};

}  // namespace engine
