// The memory-bound pieces of a transformer block as one pass each, for fp32 on the CPU: libtorch 1.13 has
// none of them, and composed from operators they cost as much time as the matrix products. Each has its
// gradient written out; results do not depend on the number of threads.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine.h"
#include "rows.h"

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Rows handed to a thread at a time, for rows of `width` elements.
int64_t grain(int64_t width) { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, width)); }

FAST float sumOfSquares(const float* x, int64_t n) {
  float total = 0;
  for (int64_t i = 0; i < n; i++) total += x[i] * x[i];
  return total;
}

// ---- RMSNorm: y = x * rstd * w, rstd = 1 / sqrt(mean(x^2) + eps) over rows of width d ----

FAST void normRow(const float* x, const float* w, float* y, float rstd, int64_t d) {
  for (int64_t i = 0; i < d; i++) y[i] = x[i] * rstd * w[i];
}

FAST void normRowGrad(const float* x, const float* w, const float* gy, float* gx, float rstd, int64_t d) {
  float projection = 0;
  for (int64_t i = 0; i < d; i++) projection += gy[i] * w[i] * x[i];
  const float shift = projection * rstd * rstd / static_cast<float>(d);
  for (int64_t i = 0; i < d; i++) gx[i] = rstd * (gy[i] * w[i] - x[i] * shift);
}

FAST void addScaledProduct(float* out, const float* a, const float* b, float scale, int64_t d) {
  for (int64_t i = 0; i < d; i++) out[i] += a[i] * b[i] * scale;
}

struct RmsNorm : public Function<RmsNorm> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& input, const at::Tensor& weight, double eps) {
    at::Tensor x = input.contiguous();
    TORCH_CHECK(weight.dim() == 1 && weight.size(0) == x.size(-1), "rmsNorm: expected ", x.size(-1), " weights, got ",
                weight.sizes());
    const int64_t d = x.size(-1), n = x.numel() / d;
    at::Tensor y = at::empty_like(x), rstd = at::empty({n}, x.options());
    const float *px = x.data_ptr<float>(), *pw = weight.data_ptr<float>();
    float *py = y.data_ptr<float>(), *pr = rstd.data_ptr<float>();
    at::parallel_for(0, n, grain(d), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        pr[r] = static_cast<float>(1.0 / std::sqrt(sumOfSquares(px + r * d, d) / static_cast<double>(d) + eps));
        normRow(px + r * d, pw, py + r * d, pr[r], d);
      }
    });
    ctx->save_for_backward({x, weight, rstd});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &rstd = saved[2];
    at::Tensor gy = gradients[0].contiguous();
    const int64_t d = x.size(-1), n = x.numel() / d;
    at::Tensor gx = at::empty_like(x);
    // A fixed number of partial sums, added in order: the same result for any number of threads.
    constexpr int64_t PARTS = 16;
    at::Tensor partial = at::zeros({PARTS, d}, x.options());
    const float *px = x.data_ptr<float>(), *pw = weight.data_ptr<float>(), *pr = rstd.data_ptr<float>();
    const float* pg = gy.data_ptr<float>();
    float *pgx = gx.data_ptr<float>(), *pp = partial.data_ptr<float>();
    at::parallel_for(0, PARTS, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; part++) {
        for (int64_t r = n * part / PARTS; r < n * (part + 1) / PARTS; r++) {
          normRowGrad(px + r * d, pw, pg + r * d, pgx + r * d, pr[r], d);
          addScaledProduct(pp + part * d, px + r * d, pg + r * d, pr[r], d);
        }
      }
    });
    return {gx, partial.sum(0), at::Tensor()};
  }
};

// ---- Rotary embedding in the half-split layout: x [N, heads, D], cos and sin [N, D/2] ----

FAST void rotateHead(const float* x, const float* c, const float* s, float sign, float* y, int64_t half) {
  for (int64_t i = 0; i < half; i++) {
    y[i] = x[i] * c[i] - sign * x[half + i] * s[i];
    y[half + i] = x[half + i] * c[i] + sign * x[i] * s[i];
  }
}

at::Tensor rotated(const at::Tensor& input, const at::Tensor& cos, const at::Tensor& sin, float sign) {
  at::Tensor x = input.contiguous();
  TORCH_CHECK(x.dim() == 3 && cos.numel() == x.size(0) * x.size(2) / 2 && sin.numel() == cos.numel() &&
                  cos.is_contiguous() && sin.is_contiguous(),
              "rotate: expected cos and sin of [", x.size(0), ", ", x.size(2) / 2, "], got ", cos.sizes());
  const int64_t n = x.size(0), heads = x.size(1), half = x.size(2) / 2;
  at::Tensor y = at::empty_like(x);
  const float *px = x.data_ptr<float>(), *pc = cos.data_ptr<float>(), *ps = sin.data_ptr<float>();
  float* py = y.data_ptr<float>();
  at::parallel_for(0, n, grain(2 * half * heads), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      for (int64_t h = 0; h < heads; h++) {
        const int64_t at = (r * heads + h) * 2 * half;
        rotateHead(px + at, pc + r * half, ps + r * half, sign, py + at, half);
      }
    }
  });
  return y;
}

struct Rotate : public Function<Rotate> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
    ctx->save_for_backward({cos, sin});
    return rotated(x, cos, sin, 1);
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    return {rotated(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
  }
};

// ---- silu(gate) * up ----

FAST void gatedSpan(const float* g, const float* u, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = g[i] / (1.0f + exponential(-g[i])) * u[i];
}

FAST void gatedSpanGrad(const float* g, const float* u, const float* gy, float* gg, float* gu, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    const float sigmoid = 1.0f / (1.0f + exponential(-g[i]));
    gu[i] = gy[i] * g[i] * sigmoid;
    gg[i] = gy[i] * u[i] * sigmoid * (1.0f + g[i] * (1.0f - sigmoid));
  }
}

struct Gated : public Function<Gated> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& gate, const at::Tensor& up) {
    TORCH_CHECK(gate.sizes() == up.sizes(), "gated: expected ", gate.sizes(), ", got ", up.sizes());
    at::Tensor g = gate.contiguous(), u = up.contiguous(), y = at::empty_like(g);
    const float *pg = g.data_ptr<float>(), *pu = u.data_ptr<float>();
    float* py = y.data_ptr<float>();
    at::parallel_for(0, g.numel(), 16384, [&](int64_t begin, int64_t end) {
      gatedSpan(pg + begin, pu + begin, py + begin, end - begin);
    });
    ctx->save_for_backward({g, u});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    at::Tensor gy = gradients[0].contiguous(), gg = at::empty_like(gy), gu = at::empty_like(gy);
    const float *pg = saved[0].data_ptr<float>(), *pu = saved[1].data_ptr<float>(), *py = gy.data_ptr<float>();
    float *pgg = gg.data_ptr<float>(), *pgu = gu.data_ptr<float>();
    at::parallel_for(0, gy.numel(), 16384, [&](int64_t begin, int64_t end) {
      gatedSpanGrad(pg + begin, pu + begin, py + begin, pgg + begin, pgu + begin, end - begin);
    });
    return {gg, gu};
  }
};

// ---- softmax(scale * scores + bias) over the last dimension: scores [R, heads, T, S], bias [R or 1, T, S] ----

struct BiasedSoftmax : public Function<BiasedSoftmax> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& input, const c10::optional<at::Tensor>& bias,
                            double scale) {
    at::Tensor scores = input.contiguous(), y = at::empty_like(scores);
    const int64_t heads = scores.size(1), T = scores.size(2), S = scores.size(3);
    TORCH_CHECK(!bias.has_value() || (bias->is_contiguous() && bias->size(-1) == S && bias->size(-2) == T &&
                                      (bias->size(0) == 1 || bias->size(0) == scores.size(0))),
                "biasedSoftmax: expected a bias of [", scores.size(0), " or 1, ", T, ", ", S, "], got ", bias->sizes());
    const bool shared = bias.has_value() && bias->size(0) == 1;
    const float* ps = scores.data_ptr<float>();
    const float* pb = bias.has_value() ? bias->data_ptr<float>() : nullptr;
    float* py = y.data_ptr<float>();
    at::parallel_for(0, scores.size(0) * heads * T, grain(S), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const int64_t row = shared ? 0 : r / (heads * T);
        softmaxRow(ps + r * S, pb ? pb + (row * T + r % T) * S : nullptr, static_cast<float>(scale), py + r * S, S);
      }
    });
    ctx->save_for_backward({y});
    ctx->saved_data["scale"] = scale;
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    at::Tensor y = ctx->get_saved_variables()[0], gy = gradients[0].contiguous(), gs = at::empty_like(y);
    const float scale = static_cast<float>(ctx->saved_data["scale"].toDouble());
    const int64_t S = y.size(-1);
    const float *py = y.data_ptr<float>(), *pg = gy.data_ptr<float>();
    float* pgs = gs.data_ptr<float>();
    at::parallel_for(0, y.numel() / S, grain(S), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) softmaxRowGrad(py + r * S, pg + r * S, scale, pgs + r * S, S);
    });
    return {gs, at::Tensor(), at::Tensor()};
  }
};

Napi::Value put(const Napi::CallbackInfo& info, at::Tensor tensor) {
  return Napi::Number::New(info.Env(), static_cast<double>(slots(info.Env()).put(std::move(tensor))));
}

double numberArg(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().DoubleValue(); }

}  // namespace

void registerFused(Napi::Env env, Napi::Object exports) {
  exports.Set("rmsNorm", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  return put(info, RmsNorm::apply(tensorArg(info, 0), tensorArg(info, 1), numberArg(info, 2)));
                });
              }));
  exports.Set("rotate", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  return put(info, Rotate::apply(tensorArg(info, 0), tensorArg(info, 1), tensorArg(info, 2)));
                });
              }));
  exports.Set("gated", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  return put(info, Gated::apply(tensorArg(info, 0), tensorArg(info, 1)));
                });
              }));
  // biasedSoftmax(scores, bias or null, scale)
  exports.Set("biasedSoftmax", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  c10::optional<at::Tensor> bias;
                  if (!info[1].IsNull()) bias = tensorArg(info, 1);
                  return put(info, BiasedSoftmax::apply(tensorArg(info, 0), bias, numberArg(info, 2)));
                });
              }));
}

}  // namespace engine
