// One token of every row through all layers of the decoder in one call, fp32 on the CPU. Through operators a step
// is 250 calls on matrices so small that calling costs more than computing. Weights are used where they lie; keys and
// values of a prompt are shared by all its samples, and each row's own are written in place behind them.
#include <memory>

#include "decoder.h"
#include "engine.h"

namespace engine {
namespace {

std::vector<at::Tensor> tensorsOf(Napi::Env env, const Napi::Value& value) {
  std::vector<at::Tensor> tensors;
  for (int64_t slot : toSizes(value)) {
    const at::Tensor& tensor = slots(env).at(slot);
    TORCH_CHECK(tensor.scalar_type() == at::kFloat && tensor.is_cpu() && tensor.is_contiguous(),
                "decode: expected contiguous fp32 tensors on the CPU, got ", tensor.toString(), tensor.sizes());
    tensors.push_back(tensor.detach());
  }
  return tensors;
}

// decoderCreate({ heads, keyHeads, eps, limit, weights, keys, values, owners, visible, length }) -> handle.
// weights: embeddings, head, norm, then twelve a layer in the order of Layer; keys and values: [P, K, T, D] a layer;
// owners: the prompt of each row; visible [P, length]: 0 for padding.
Napi::Value create(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    Napi::Object given = info[0].As<Napi::Object>();
    const auto number = [&](const char* name) { return given.Get(name).As<Napi::Number>().Int64Value(); };
    auto decoder = std::make_unique<Decoder>();
    Decoder& d = *decoder;
    d.held = tensorsOf(env, given.Get("weights"));
    const auto data = [&](size_t i) { return d.held.at(i).data_ptr<float>(); };
    d.H = d.held.at(0).size(1);
    d.V = d.held.at(1).size(0);
    d.h = number("heads");
    d.K = number("keyHeads");
    d.D = d.H / d.h;
    d.I = d.held.at(12).size(0);
    d.eps = given.Get("eps").As<Napi::Number>().DoubleValue();
    d.limit = number("limit");
    d.capacity = (d.limit + KEY_BLOCK - 1) / KEY_BLOCK * KEY_BLOCK;
    TORCH_CHECK(d.h / d.K <= QUERIES + 64, "decode: expected at most ", QUERIES + 64, " query heads a key head");
    d.embeddings = data(0), d.head = data(1), d.norm = data(2);
    for (size_t i = 3; i + 12 <= d.held.size(); i += 12)
      d.layers.push_back({data(i), data(i + 1), data(i + 2), data(i + 3), data(i + 4), data(i + 5), data(i + 6),
                          data(i + 7), data(i + 8), data(i + 9), data(i + 10), data(i + 11)});
    d.owners = toSizes(given.Get("owners"));
    d.lengths.assign(d.owners.size(), 0);
    Napi::Uint8Array visible = given.Get("visible").As<Napi::Uint8Array>();
    const int64_t length = number("length");
    d.addPrompts(tensorsOf(env, given.Get("keys")), tensorsOf(env, given.Get("values")), visible.Data(),
                 static_cast<int64_t>(visible.ElementLength()) / length, length);
    const int64_t own = static_cast<int64_t>(d.owners.size()) * d.K * d.capacity * d.D;
    for (size_t l = 0; l < d.layers.size(); l++) {
      // Not set to zero: what is not reached is not touched, and takes no memory.
      d.keys.push_back(at::empty({own}, at::kFloat));
      d.values.push_back(at::empty({own}, at::kFloat));
    }
    return Napi::External<Decoder>::New(env, decoder.release(), [](Napi::Env, Decoder* gone) { delete gone; });
  });
}

// decoderStep(handle, slots, ids, cos, sin, logits slot): the first rows of logits [.., V] are written.
Napi::Value step(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Decoder& d = *info[0].As<Napi::External<Decoder>>().Data();
    Napi::Int32Array rows = info[1].As<Napi::Int32Array>(), ids = info[2].As<Napi::Int32Array>();
    Napi::Float32Array cos = info[3].As<Napi::Float32Array>(), sin = info[4].As<Napi::Float32Array>();
    at::Tensor& logits = tensorArg(info, 5);
    const int64_t R = static_cast<int64_t>(rows.ElementLength());
    TORCH_CHECK(!d.layers.empty(), "decode: expected a live decoder, got one already freed");
    TORCH_CHECK(static_cast<int64_t>(ids.ElementLength()) == R && static_cast<int64_t>(cos.ElementLength()) == R * d.D / 2 &&
                    cos.ElementLength() == sin.ElementLength() && logits.is_contiguous() && logits.numel() >= R * d.V,
                "decode: expected an id, ", d.D / 2, " cosines and sines, and logits for each of ", R, " rows");
    for (int64_t r = 0; r < R; r++) {
      TORCH_CHECK(rows[r] >= 0 && rows[r] < static_cast<int64_t>(d.owners.size()) && d.lengths[rows[r]] < d.limit,
                  "decode: expected a row with room for a token, got ", rows[r]);
      TORCH_CHECK(ids[r] >= 0 && ids[r] < d.V, "decode: expected an id below ", d.V, ", got ", ids[r]);
    }
    d.step(rows.Data(), ids.Data(), cos.Data(), sin.Data(), R, logits.data_ptr<float>());
    return info.Env().Undefined();
  });
}

// decoderFree(handle): gives its memory back now.
Napi::Value release(const Napi::CallbackInfo& info) {
  *info[0].As<Napi::External<Decoder>>().Data() = Decoder();
  return info.Env().Undefined();
}

}  // namespace

void registerDecode(Napi::Env env, Napi::Object exports) {
  exports.Set("decoderCreate", Napi::Function::New(env, create));
  exports.Set("decoderStep", Napi::Function::New(env, step));
  exports.Set("decoderFree", Napi::Function::New(env, release));
}

}  // namespace engine
