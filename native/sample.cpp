// From logits to tokens on the CPU, row by row and in Hugging Face's order: repetition penalty, banned ids,
// temperature, top-k, top-p, min-p; then one uniform number finds its place in the cumulative distribution.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "engine.h"

namespace engine {
namespace {

struct Chain {
  double temperature, topP, minP, penalty;
  int64_t topK;
  const uint8_t* banned;
};

constexpr float NEVER = -std::numeric_limits<float>::infinity();

// The smallest value that stays when the k highest (and all equal to the k-th) stay.
float topKThreshold(const float* x, int64_t n, int64_t k, std::vector<float>& space) {
  space.assign(x, x + n);
  std::nth_element(space.begin(), space.begin() + (k - 1), space.end(), std::greater<float>());
  return space[k - 1];
}

// The smallest value that stays when tokens stay while the share of those before them is below p.
float topPThreshold(const float* x, int64_t n, float highest, double p, std::vector<float>& space) {
  double total = 0;
  for (int64_t i = 0; i < n; i++) total += std::exp(x[i] - highest);
  // Most of the mass lies in few tokens: sort those, and all only where that is not so.
  for (float reach : {8.0f, std::numeric_limits<float>::infinity()}) {
    space.clear();
    for (int64_t i = 0; i < n; i++)
      if (x[i] > NEVER && x[i] >= highest - reach) space.push_back(x[i]);
    std::sort(space.begin(), space.end(), std::greater<float>());
    double before = 0;
    for (float value : space) {
      before += std::exp(value - highest);
      if (before >= p * total) return value;
    }
  }
  return space.back();
}

void keepFrom(float* x, int64_t n, float smallest) {
  for (int64_t i = 0; i < n; i++)
    if (x[i] < smallest) x[i] = NEVER;
}

// Changes x, the logits of one row; seen: 1 for ids that were written before, or null.
int32_t draw(float* x, int64_t n, const Chain& chain, const uint8_t* seen, double uniform, std::vector<float>& space) {
  if (seen) {
    const float penalty = static_cast<float>(chain.penalty);
    for (int64_t i = 0; i < n; i++)
      if (seen[i]) x[i] = x[i] <= 0 ? x[i] * penalty : x[i] / penalty;
  }
  if (chain.banned)
    for (int64_t i = 0; i < n; i++)
      if (chain.banned[i]) x[i] = NEVER;
  const auto likeliest = std::max_element(x, x + n) - x;
  if (chain.temperature == 0) return static_cast<int32_t>(likeliest);
  if (chain.temperature != 1) {
    const float temperature = static_cast<float>(chain.temperature);
    for (int64_t i = 0; i < n; i++) x[i] /= temperature;
  }
  const float highest = x[likeliest];
  if (chain.topK > 0 && chain.topK < n) keepFrom(x, n, topKThreshold(x, n, chain.topK, space));
  if (chain.topP < 1) keepFrom(x, n, topPThreshold(x, n, highest, chain.topP, space));
  if (chain.minP > 0)
    for (int64_t i = 0; i < n; i++)
      if (std::exp(x[i] - highest) < chain.minP) x[i] = NEVER;
  double total = 0;
  for (int64_t i = 0; i < n; i++) {
    x[i] = std::exp(x[i] - highest);
    total += x[i];
  }
  double before = 0;
  int64_t last = likeliest;
  for (int64_t i = 0; i < n; i++) {
    if (x[i] == 0) continue;
    before += x[i];
    last = i;
    if (before > uniform * total) break;
  }
  return static_cast<int32_t>(last);
}

// sampleTokens(logits slot [N, V], lines Int32Array [R], uniforms Float64Array [R], banned Uint8Array [V] or null,
// seen Uint8Array [R * V] or null, temperature, top_k, top_p, min_p, penalty) -> Int32Array [R].
// lines: which row of the logits each token comes from.
Napi::Value sampleTokens(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    const at::Tensor& logits = tensorArg(info, 0);
    Napi::Int32Array lines = info[1].As<Napi::Int32Array>();
    Napi::Float64Array uniforms = info[2].As<Napi::Float64Array>();
    const auto bytes = [&](size_t i, int64_t size) -> const uint8_t* {
      if (info[i].IsNull()) return nullptr;
      Napi::Uint8Array array = info[i].As<Napi::Uint8Array>();
      TORCH_CHECK(static_cast<int64_t>(array.ElementLength()) == size, "sampleTokens: expected ", size, " flags, got ",
                  array.ElementLength());
      return array.Data();
    };
    const auto number = [&](size_t i) { return info[i].As<Napi::Number>().DoubleValue(); };
    TORCH_CHECK(logits.dim() == 2 && logits.is_contiguous() && logits.is_cpu() && logits.scalar_type() == at::kFloat,
                "sampleTokens: expected fp32 logits [rows, words] on the CPU, got ", logits.toString(), logits.sizes());
    const int64_t R = static_cast<int64_t>(lines.ElementLength()), N = logits.size(0), V = logits.size(1);
    TORCH_CHECK(static_cast<int64_t>(uniforms.ElementLength()) == R, "sampleTokens: expected ", R, " draws, got ",
                uniforms.ElementLength());
    for (int64_t r = 0; r < R; r++)
      TORCH_CHECK(lines[r] >= 0 && lines[r] < N, "sampleTokens: expected a row below ", N, ", got ", lines[r]);
    const uint8_t* seen = bytes(4, R * V);
    const Chain chain = {number(5), number(7), number(8), number(9), static_cast<int64_t>(number(6)), bytes(3, V)};
    Napi::Int32Array ids = Napi::Int32Array::New(env, R);
    const float* data = logits.data_ptr<float>();
    const int32_t* from = lines.Data();
    const double* draws = uniforms.Data();
    int32_t* to = ids.Data();
    at::parallel_for(0, R, std::max<int64_t>(1, 8192 / V), [&](int64_t begin, int64_t end) {
      std::vector<float> row(V), space;
      for (int64_t r = begin; r < end; r++) {
        std::copy(data + from[r] * V, data + (from[r] + 1) * V, row.begin());
        to[r] = draw(row.data(), V, chain, seen ? seen + r * V : nullptr, draws[r], space);
      }
    });
    return ids;
  });
}

}  // namespace

void registerSample(Napi::Env env, Napi::Object exports) {
  exports.Set("sampleTokens", Napi::Function::New(env, sampleTokens));
}

}  // namespace engine
