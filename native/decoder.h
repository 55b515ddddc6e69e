// The decoder that takes one token of every row through all its layers; see decode.cpp.
#pragma once
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "decode_kernels.h"
#include "team.h"

namespace engine {

// Query heads of one key head handled together, over rows of the same prompt.
constexpr int64_t QUERIES = 32;

struct Layer {
  const float *norm, *q, *qBias, *k, *kBias, *v, *vBias, *o, *innerNorm, *gate, *up, *down;
};

// Keys [head][block][D][KEY_BLOCK] and values [head][token][D] of one prompt in one layer, padding left out.
struct Shared {
  std::vector<float> keys, values;
};

// Shape letters: R rows of this step, H hidden size, h query heads, K key heads, D head size, I inner size, V words.
class Decoder {
 public:
  int64_t H = 0, h = 0, K = 0, D = 0, I = 0, V = 0, limit = 0, capacity = 0;
  double eps = 0;
  std::vector<at::Tensor> held;
  std::vector<Layer> layers;
  const float *embeddings = nullptr, *head = nullptr, *norm = nullptr;
  std::vector<int64_t> owners, lengths, starts;
  // [layer][prompt]
  std::vector<std::vector<Shared>> shared;
  // [layer]: keys [slot][head][block][D][KEY_BLOCK], values [slot][head][token][D]
  std::vector<at::Tensor> keys, values;

  void addPrompts(const std::vector<at::Tensor>& allKeys, const std::vector<at::Tensor>& allValues,
                  const uint8_t* visible, int64_t prompts, int64_t length) {
    std::vector<std::vector<int64_t>> places(prompts);
    for (int64_t p = 0; p < prompts; p++) {
      for (int64_t t = 0; t < length; t++)
        if (visible[p * length + t]) places[p].push_back(t);
      starts.push_back(static_cast<int64_t>(places[p].size()));
    }
    shared.resize(layers.size());
    for (size_t l = 0; l < layers.size(); l++) {
      TORCH_CHECK(allKeys[l].is_contiguous() && allValues[l].sizes() == allKeys[l].sizes() && allKeys[l].dim() == 4 &&
                      allKeys[l].size(0) == prompts && allKeys[l].size(1) == K && allKeys[l].size(2) >= length &&
                      allKeys[l].size(3) == D && allValues[l].is_contiguous(),
                  "decode: expected keys of [", prompts, ", ", K, ", ", length, ", ", D, "], got ", allKeys[l].sizes());
      shared[l].resize(prompts);
      const int64_t room = allKeys[l].size(2);
      at::parallel_for(0, prompts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; p++) {
          const int64_t n = starts[p], blocks = (n + KEY_BLOCK - 1) / KEY_BLOCK;
          Shared& own = shared[l][p];
          own.keys.resize(K * blocks * KEY_BLOCK * D);
          own.values.resize(K * n * D);
          for (int64_t j = 0; j < K; j++) {
            const float* k = allKeys[l].data_ptr<float>() + (p * K + j) * room * D;
            const float* v = allValues[l].data_ptr<float>() + (p * K + j) * room * D;
            float* to = own.keys.data() + j * blocks * KEY_BLOCK * D;
            for (int64_t t = 0; t < n; t++) {
              const int64_t from = places[p][t];
              putKey(to, t, k + from * D);
              std::copy(v + from * D, v + (from + 1) * D, own.values.data() + (j * n + t) * D);
            }
          }
        }
      });
    }
  }

  // slots [R]: rows that go on, each with its next id and its cosines and sines [R, D/2] -> logits [R, V].
  void step(const int32_t* slots, const int32_t* ids, const float* cos, const float* sin, int64_t R, float* logits) {
    const DecodeKernels& kernel = decodeKernels();
    const int64_t g = h / K, qkv = (h + 2 * K) * D;
    reserve(hidden_, R * H);
    reserve(normed_, R * H);
    reserve(heads_, R * qkv);
    reserve(mixed_, R * h * D);
    reserve(gate_, R * I);
    reserve(up_, R * I);
    // Runs of rows of one prompt, as many as give QUERIES queries.
    std::vector<std::pair<int64_t, int64_t>> runs;
    const int64_t together = std::max<int64_t>(1, QUERIES / g);
    int64_t longest = 0;
    for (int64_t r = 0; r < R; r++) {
      const bool joins = !runs.empty() && owners[slots[r]] == owners[slots[runs.back().first]] &&
                         r - runs.back().first < together;
      if (joins) runs.back().second = r + 1;
      else runs.emplace_back(r, r + 1);
      longest = std::max(longest, starts[owners[slots[r]]] + lengths[slots[r]] + 1);
    }
    const int64_t stride = (longest + 2 * KEY_BLOCK + 15) / 16 * 16;
    const int threads = R * H * H * static_cast<int64_t>(layers.size()) < 100000 ? 1 : at::get_num_threads();
    const int64_t space = together * g * (2 * D + stride);
    reserve(space_, space * threads);

    Team::run(threads, 7 * static_cast<int64_t>(layers.size()) + 3, [&](Team& team, int thread) {
      int64_t phase = 0;
      float* queries = space_.data() + thread * space;
      float* outs = queries + together * g * D;
      float* weights = outs + together * g * D;
      // y (+)= x w^T + bias, a few outputs at a time.
      const auto product = [&](const float* x, const float* w, int64_t out, int64_t n, float* y, int64_t width,
                               const float* bias, bool add) {
        const int64_t unit = unitOf(out), units = (out + unit - 1) / unit;
        team.each(units, phase, [&](int64_t u) {
          const int64_t o = u * unit;
          kernel.product(x, R, w + o * n, std::min(unit, out - o), n, y + o, width, bias ? bias + o : nullptr, add);
        });
      };
      const auto normalise = [&](const float* w) {
        team.each(R, phase, [&](int64_t r) {
          kernel.norm(hidden_.data() + r * H, w, normed_.data() + r * H, eps, H);
        });
      };
      team.each(R, phase, [&](int64_t r) {
        std::copy(embeddings + ids[r] * H, embeddings + (ids[r] + 1) * H, hidden_.data() + r * H);
      });
      for (size_t l = 0; l < layers.size(); l++) {
        const Layer& layer = layers[l];
        normalise(layer.norm);
        const int64_t unit = unitOf(K * D), few = (K * D + unit - 1) / unit, many = (h * D + unit - 1) / unit;
        team.each(many + 2 * few, phase, [&](int64_t u) {
          const bool isQ = u < many, isK = !isQ && u < many + few;
          const float* w = isQ ? layer.q : isK ? layer.k : layer.v;
          const float* bias = isQ ? layer.qBias : isK ? layer.kBias : layer.vBias;
          const int64_t o = (isQ ? u : isK ? u - many : u - many - few) * unit;
          const int64_t offset = isQ ? 0 : isK ? h * D : (h + K) * D;
          kernel.product(normed_.data(), R, w + o * H, std::min(unit, (isQ ? h * D : K * D) - o), H,
                         heads_.data() + offset + o, qkv, bias + o, false);
        });
        team.each(static_cast<int64_t>(runs.size()) * K, phase, [&](int64_t u) {
          const auto [first, last] = runs[u / K];
          attend(kernel, l, u % K, first, last, slots, cos, sin, queries, outs, weights, stride);
        });
        product(mixed_.data(), layer.o, H, h * D, hidden_.data(), H, nullptr, true);
        normalise(layer.innerNorm);
        const int64_t part = unitOf(I), parts = (I + part - 1) / part;
        team.each(parts, phase, [&](int64_t u) {
          const int64_t o = u * part, n = std::min(part, I - o);
          kernel.product(normed_.data(), R, layer.gate + o * H, n, H, gate_.data() + o, I, nullptr, false);
          kernel.product(normed_.data(), R, layer.up + o * H, n, H, up_.data() + o, I, nullptr, false);
          for (int64_t r = 0; r < R; r++) kernel.gated(gate_.data() + r * I + o, up_.data() + r * I + o, n);
        });
        product(gate_.data(), layer.down, H, I, hidden_.data(), H, nullptr, true);
      }
      normalise(norm);
      product(normed_.data(), head, V, H, logits, V, nullptr, false);
    });
    for (int64_t r = 0; r < R; r++) lengths[slots[r]]++;
  }

 private:
  std::vector<float> hidden_, normed_, heads_, mixed_, gate_, up_, space_;

  static void reserve(std::vector<float>& buffer, int64_t size) {
    if (static_cast<int64_t>(buffer.size()) < size) buffer.resize(size);
  }
  // Outputs a thread takes at a time: a multiple of those that are computed together.
  static int64_t unitOf(int64_t outs) { return outs < 512 ? 24 : 48; }

  void putKey(float* blocks, int64_t t, const float* key) const {
    float* to = blocks + t / KEY_BLOCK * KEY_BLOCK * D + t % KEY_BLOCK;
    for (int64_t d = 0; d < D; d++) to[d * KEY_BLOCK] = key[d];
  }

  static void rotate(const float* x, const float* cos, const float* sin, float* y, int64_t half) {
    for (int64_t i = 0; i < half; i++) {
      y[i] = x[i] * cos[i] - x[half + i] * sin[i];
      y[half + i] = x[half + i] * cos[i] + x[i] * sin[i];
    }
  }

  // Key head j for rows first to last, all of one prompt: the prompt's keys serve the queries of all of them.
  void attend(const DecodeKernels& kernel, size_t l, int64_t j, int64_t first, int64_t last, const int32_t* slots,
              const float* cos, const float* sin, float* queries, float* outs, float* weights, int64_t stride) {
    const int64_t g = h / K, half = D / 2, count = (last - first) * g, qkv = (h + 2 * K) * D;
    const int64_t prompt = owners[slots[first]], n = starts[prompt];
    const Shared& before = shared[l][prompt];
    const int64_t blocks = (n + KEY_BLOCK - 1) / KEY_BLOCK;
    for (int64_t r = first; r < last; r++) {
      const float* row = heads_.data() + r * qkv;
      for (int64_t i = 0; i < g; i++)
        rotate(row + (j * g + i) * D, cos + r * half, sin + r * half, queries + ((r - first) * g + i) * D, half);
    }
    kernel.scores(queries, count, before.keys.data() + j * blocks * KEY_BLOCK * D, n, D, weights, stride);
    for (int64_t r = first; r < last; r++) {
      const float* row = heads_.data() + r * qkv;
      const int64_t slot = slots[r], t = lengths[slot];
      float* ownKeys = keys[l].data_ptr<float>() + (slot * K + j) * capacity * D;
      float* ownValues = values[l].data_ptr<float>() + (slot * K + j) * capacity * D;
      rotate(row + (h + j) * D, cos + r * half, sin + r * half, outs, half);
      putKey(ownKeys, t, outs);
      std::copy(row + (h + K + j) * D, row + (h + K + j + 1) * D, ownValues + t * D);
      kernel.scores(queries + (r - first) * g * D, g, ownKeys, t + 1, D, weights + (r - first) * g * stride + n, stride);
    }
    float scale[QUERIES + 64];
    for (int64_t i = 0; i < count; i++)
      scale[i] = kernel.shares(weights + i * stride, n + lengths[slots[first + i / g]] + 1,
                               1.0f / std::sqrt(static_cast<float>(D)));
    kernel.mix(weights, count, stride, before.values.data() + j * n * D, n, D, outs, false);
    for (int64_t r = first; r < last; r++) {
      const int64_t i = (r - first) * g, slot = slots[r];
      kernel.mix(weights + i * stride + n, g, stride, values[l].data_ptr<float>() + (slot * K + j) * capacity * D,
                 lengths[slot] + 1, D, outs + i * D, true);
      for (int64_t k = 0; k < g; k++)
        for (int64_t d = 0; d < D; d++)
          mixed_[(r * h + j * g + k) * D + d] = outs[(i + k) * D + d] * scale[i + k];
    }
  }
};

}  // namespace engine
