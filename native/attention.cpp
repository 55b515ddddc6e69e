// Attention for fp32 on the CPU, one pair of row and key head per task: libtorch 1.13 runs batched products
// one after another, each split over the threads, which costs more in waiting than the products take.
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

// A matrix inside a larger block of memory: `rows` rows of `columns` elements, `stride` apart.
at::Tensor matrix(const float* data, int64_t rows, int64_t columns, int64_t stride) {
  return at::from_blob(const_cast<float*>(data), {rows, columns}, {stride, 1}, at::kFloat);
}

// Shape letters: B rows, S queries, T keys, h query heads, K key heads, D head size.
struct Shape {
  int64_t B, S, h, D, K, T;
  Shape(const at::Tensor& q, const at::Tensor& k)
      : B(q.size(0)), S(q.size(1)), h(q.size(2)), D(q.size(3)), K(k.size(1)), T(k.size(2)) {}
};

// Keys and values as they lie in a cache: rows of D, heads and rows of the batch anywhere.
at::Tensor withPlainRows(const at::Tensor& x) {
  return x.stride(3) == 1 && x.stride(2) == x.size(3) ? x : x.contiguous();
}

// out[b, s, head] = softmax(scale * q k^T + bias) v, q [B, S, h, D], k and v [B, K, T, D], bias [B or 1, S, T].
struct Attend : public Function<Attend> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const c10::optional<at::Tensor>& bias, double scale) {
    at::Tensor q = query.contiguous(), k = withPlainRows(key), v = withPlainRows(value);
    const Shape n(q, k);
    TORCH_CHECK(n.h % n.K == 0 && k.sizes() == v.sizes() && k.size(0) == n.B && k.size(3) == n.D,
                "attend: expected keys and values for ", q.sizes(), ", got ", k.sizes(), " and ", v.sizes());
    TORCH_CHECK(!bias.has_value() || (bias->is_contiguous() && bias->dim() == 3 && bias->size(1) == n.S &&
                                      bias->size(2) == n.T && (bias->size(0) == 1 || bias->size(0) == n.B)),
                "attend: expected a bias of [", n.B, " or 1, ", n.S, ", ", n.T, "], got ", bias->sizes());
    at::Tensor shares = at::empty({n.B, n.h, n.S, n.T}, q.options());
    at::Tensor out = at::empty({n.B, n.S, n.h * n.D}, q.options());
    const float* pb = bias.has_value() ? bias->data_ptr<float>() : nullptr;
    const int64_t biasRow = bias.has_value() && bias->size(0) > 1 ? n.S * n.T : 0;
    const int64_t group = n.h / n.K, wide = n.h * n.D;
    const float *pq = q.data_ptr<float>(), *pk = k.data_ptr<float>(), *pv = v.data_ptr<float>();
    float *ps = shares.data_ptr<float>(), *po = out.data_ptr<float>();
    at::parallel_for(0, n.B * n.K, 1, [&](int64_t begin, int64_t end) {
      at::AutoDispatchBelowAutograd below;
      for (int64_t task = begin; task < end; task++) {
        const int64_t b = task / n.K, kv = task % n.K;
        at::Tensor keys = matrix(pk + b * k.stride(0) + kv * k.stride(1), n.T, n.D, n.D);
        at::Tensor values = matrix(pv + b * v.stride(0) + kv * v.stride(1), n.T, n.D, n.D);
        for (int64_t head = kv * group; head < (kv + 1) * group; head++) {
          float* share = ps + (b * n.h + head) * n.S * n.T;
          at::Tensor scores = matrix(share, n.S, n.T, n.T);
          at::mm_out(scores, matrix(pq + b * n.S * wide + head * n.D, n.S, n.D, wide), keys.t());
          for (int64_t s = 0; s < n.S; s++) {
            softmaxRow(share + s * n.T, pb ? pb + b * biasRow + s * n.T : nullptr, static_cast<float>(scale),
                       share + s * n.T, n.T);
          }
          at::Tensor mixed = matrix(po + b * n.S * wide + head * n.D, n.S, n.D, wide);
          at::mm_out(mixed, scores, values);
        }
      }
    });
    ctx->save_for_backward({q, k, v, shares});
    ctx->saved_data["scale"] = scale;
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &shares = saved[3];
    const float scale = static_cast<float>(ctx->saved_data["scale"].toDouble());
    const Shape n(q, k);
    at::Tensor go = gradients[0].contiguous();
    at::Tensor gq = at::empty_like(q), gk = at::empty(k.sizes(), k.options()), gv = at::empty(v.sizes(), v.options());
    const int64_t group = n.h / n.K, wide = n.h * n.D;
    const float *pq = q.data_ptr<float>(), *pk = k.data_ptr<float>(), *pv = v.data_ptr<float>();
    const float *ps = shares.data_ptr<float>(), *pgo = go.data_ptr<float>();
    float *pgq = gq.data_ptr<float>(), *pgk = gk.data_ptr<float>(), *pgv = gv.data_ptr<float>();
    at::parallel_for(0, n.B * n.K, 1, [&](int64_t begin, int64_t end) {
      at::AutoDispatchBelowAutograd below;
      at::Tensor space = at::empty({n.S, n.T}, at::kFloat);
      float* work = space.data_ptr<float>();
      for (int64_t task = begin; task < end; task++) {
        const int64_t b = task / n.K, kv = task % n.K;
        at::Tensor keys = matrix(pk + b * k.stride(0) + kv * k.stride(1), n.T, n.D, n.D);
        at::Tensor values = matrix(pv + b * v.stride(0) + kv * v.stride(1), n.T, n.D, n.D);
        at::Tensor keyGrad = matrix(pgk + task * n.T * n.D, n.T, n.D, n.D);
        at::Tensor valueGrad = matrix(pgv + task * n.T * n.D, n.T, n.D, n.D);
        for (int64_t head = kv * group; head < (kv + 1) * group; head++) {
          // The heads of a group share keys and values: their gradients add up.
          const double before = head == kv * group ? 0 : 1;
          const float* share = ps + (b * n.h + head) * n.S * n.T;
          at::Tensor weights = matrix(share, n.S, n.T, n.T);
          at::Tensor outGrad = matrix(pgo + b * n.S * wide + head * n.D, n.S, n.D, wide);
          at::mm_out(space, outGrad, values.t());
          at::addmm_out(valueGrad, valueGrad, weights.t(), outGrad, before, 1);
          for (int64_t s = 0; s < n.S; s++)
            softmaxRowGrad(share + s * n.T, work + s * n.T, scale, work + s * n.T, n.T);
          at::Tensor queryGrad = matrix(pgq + b * n.S * wide + head * n.D, n.S, n.D, wide);
          at::mm_out(queryGrad, space, keys);
          at::addmm_out(keyGrad, keyGrad, space.t(), matrix(pq + b * n.S * wide + head * n.D, n.S, n.D, wide), before, 1);
        }
      }
    });
    return {gq, gk, gv, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

void registerAttention(Napi::Env env, Napi::Object exports) {
  // attend(q, k, v, bias or null, scale)
  exports.Set("attend", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  c10::optional<at::Tensor> bias;
                  if (!info[3].IsNull()) bias = tensorArg(info, 3);
                  at::Tensor out = Attend::apply(tensorArg(info, 0), tensorArg(info, 1), tensorArg(info, 2), bias,
                                                 info[4].As<Napi::Number>().DoubleValue());
                  return Napi::Number::New(info.Env(), static_cast<double>(slots(info.Env()).put(std::move(out))));
                });
              }));
}

}  // namespace engine
