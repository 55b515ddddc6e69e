// Loops over one row of fp32, written so that the compiler vectorises them.
#pragma once
#include <cmath>
#include <cstdint>

// Lets the compiler vectorise sums; NaN and infinity still pass through what is computed here.
#pragma GCC optimize("O3", "no-math-errno", "associative-math", "no-signed-zeros", "no-trapping-math")
#define FAST __attribute__((target_clones("avx512f", "avx2,fma", "default")))

namespace engine {

// e^x to about one unit in the last place, in operations that vectorise: x = n ln 2 + r, a polynomial in r
// (minimax, |r| <= ln 2 / 2), and n put into the exponent. Arguments below -87 give 0.
inline float exponential(float x) {
  const float clamped = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  const float n = __builtin_rintf(clamped * 1.44269504f);
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  return x < -87.0f ? 0.0f : p * scale;
}

FAST static void softmaxRow(const float* scores, const float* bias, float scale, float* y, int64_t n) {
  float highest = -INFINITY;
  for (int64_t i = 0; i < n; i++) {
    y[i] = scale * scores[i] + (bias ? bias[i] : 0.0f);
    highest = y[i] > highest ? y[i] : highest;
  }
  float total = 0;
  for (int64_t i = 0; i < n; i++) {
    y[i] = exponential(y[i] - highest);
    total += y[i];
  }
  const float inverse = 1.0f / total;
  for (int64_t i = 0; i < n; i++) y[i] *= inverse;
}

FAST static void softmaxRowGrad(const float* y, const float* gy, float scale, float* gs, int64_t n) {
  float total = 0;
  for (int64_t i = 0; i < n; i++) total += y[i] * gy[i];
  for (int64_t i = 0; i < n; i++) gs[i] = scale * y[i] * (gy[i] - total);
}

}  // namespace engine
