// The kernels of decode_kernel_bodies.h for each instruction set, and the choice among them.
#include "decode_kernels.h"

#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")

namespace engine {

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx512f")
#define LANES 16
#define KERNELS avx512
#include "decode_kernel_bodies.h"
#undef LANES
#undef KERNELS
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define LANES 8
#define KERNELS avx2
#include "decode_kernel_bodies.h"
#undef LANES
#undef KERNELS
#pragma GCC pop_options
#endif

#define LANES 4
#define KERNELS plain
#include "decode_kernel_bodies.h"
#undef LANES
#undef KERNELS

const DecodeKernels& decodeKernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return avx512::table;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::table;
#endif
  return plain::table;
}

}  // namespace engine
