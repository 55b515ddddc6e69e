// What one decoding step is made of; see decode_kernel_bodies.h.
#pragma once
#include <cstdint>

namespace engine {

// Tokens whose keys lie side by side.
constexpr int64_t KEY_BLOCK = 16;

struct DecodeKernels {
  // y[r][o] (rows of `width`) = sum_i x[r][i] w[o][i] + bias[o], and + y[r][o] where `add`
  void (*product)(const float* x, int64_t rows, const float* w, int64_t outs, int64_t n, float* y, int64_t width,
                  const float* bias, bool add);
  void (*norm)(const float* x, const float* w, float* y, double eps, int64_t d);
  void (*gated)(float* gate, const float* up, int64_t n);
  void (*scores)(const float* q, int64_t queries, const float* keys, int64_t n, int64_t D, float* out, int64_t stride);
  float (*shares)(float* scores, int64_t n, float scale);
  void (*mix)(const float* share, int64_t queries, int64_t stride, const float* values, int64_t n, int64_t D, float* out,
              bool add);
};

// Those for this machine.
const DecodeKernels& decodeKernels();

}  // namespace engine
