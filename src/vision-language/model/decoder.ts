/**
 * Qwen2.5-VL's language model: embeddings [B, S, H] to hidden states [B, S, H].
 * Shape letters: B rows, S new tokens, T all tokens, h query heads, K key/value heads, g = h / K, D head size.
 */
import {
  add,
  add_,
  bmm,
  cast,
  copy_,
  empty,
  indexSelect,
  mul,
  narrow,
  permute,
  reshape,
  softmax,
  transpose,
  view,
} from '../../torch/ops.js'
import { keep, type Tensor } from '../../torch/tensor.js'
import type { Qwen2_5_VLConfig } from '../config.js'
import { gatedMlp, project, rmsNorm, type Weights, weight } from './layers.js'
import { type Rotary, RotaryTable, rotate } from './rotary.js'

/** Keys and values of all layers, [B, K, capacity, D] each, filled up to `length`. */
export class KvCache {
  length = 0

  private constructor(
    readonly keys: Tensor[],
    readonly values: Tensor[],
    readonly capacity: number,
  ) {}

  static create(config: Qwen2_5_VLConfig, rows: number, capacity: number, like: Tensor): KvCache {
    const size = config.hidden_size / config.num_attention_heads
    const one = (): Tensor =>
      keep(empty([rows, config.num_key_value_heads, capacity, size], like.dtype, like.device))
    const layers = Array.from({ length: config.num_hidden_layers })
    return new KvCache(layers.map(one), layers.map(one), capacity)
  }

  /** A cache whose row i is row `rows[i]` of this one: forks prompts to their samples, drops finished rows. */
  pick(rows: Tensor): KvCache {
    const copy = (tensor: Tensor): Tensor => keep(indexSelect(tensor, 0, rows))
    const picked = new KvCache(this.keys.map(copy), this.values.map(copy), this.capacity)
    picked.length = this.length
    return picked
  }

  dispose(): void {
    for (const tensor of [...this.keys, ...this.values]) tensor.dispose()
  }
}

export class Decoder {
  private readonly rotary: RotaryTable

  constructor(
    private readonly weights: Weights,
    private readonly config: Qwen2_5_VLConfig,
  ) {
    const half = config.hidden_size / config.num_attention_heads / 2
    const [t, h] = config.mrope_section
    this.rotary = new RotaryTable(
      half,
      (k) => (k < t ? 0 : k < t + h ? 1 : 2),
      (k) => config.rope_theta ** (-k / half),
    )
  }

  /** Cosines and sines for positions [3, B, S] (flat): [B, S, 1, D/2]. */
  rotaryFor(positions: ArrayLike<number>, rows: number, length: number): Rotary {
    const plane = rows * length
    return this.rotary.lookup(plane, (axis, i) => positions[axis * plane + i], [rows, length, 1])
  }

  /**
   * @param embeds [B, S, H]
   * @param bias added to attention scores, broadcastable to [B, K, g, S, T]; 0 where allowed, very negative elsewhere
   * @param cache holds the tokens before these; theirs are appended
   * @returns hidden states after the final norm, [B, S, H]
   */
  forward(embeds: Tensor, rotary: Rotary, bias: Tensor, cache?: KvCache): Tensor {
    const { weights, config } = this
    const eps = config.rms_norm_eps
    let x = embeds
    for (let i = 0; i < config.num_hidden_layers; i++) {
      const name = `model.layers.${i}`
      const normed = rmsNorm(x, weight(weights, `${name}.input_layernorm.weight`), eps)
      x = add(x, this.attention(`${name}.self_attn`, normed, rotary, bias, i, cache))
      const inner = rmsNorm(x, weight(weights, `${name}.post_attention_layernorm.weight`), eps)
      x = add(x, gatedMlp(weights, `${name}.mlp`, inner))
    }
    if (cache) cache.length += embeds.shape[1]
    return rmsNorm(x, weight(weights, 'model.norm.weight'), eps)
  }

  private attention(
    name: string,
    x: Tensor,
    rotary: Rotary,
    bias: Tensor,
    layer: number,
    cache?: KvCache,
  ): Tensor {
    const { weights, config } = this
    const [B, S] = x.shape
    const { num_attention_heads: heads, num_key_value_heads: K } = config
    const g = heads / K
    const D = config.hidden_size / heads
    const cosSin = { cos: cast(rotary.cos, x.dtype), sin: cast(rotary.sin, x.dtype) }
    const headsOf = (part: string, n: number): Tensor =>
      view(project(weights, `${name}.${part}`, x), [B, S, n, D])
    const q = mul(rotate(headsOf('q_proj', heads), cosSin), D ** -0.5)
    let k = permute(rotate(headsOf('k_proj', K), cosSin), [0, 2, 1, 3])
    let v = permute(headsOf('v_proj', K), [0, 2, 1, 3])
    if (cache) {
      copy_(narrow(cache.keys[layer], 2, cache.length, S), k)
      copy_(narrow(cache.values[layer], 2, cache.length, S), v)
      k = narrow(cache.keys[layer], 2, 0, cache.length + S)
      v = narrow(cache.values[layer], 2, 0, cache.length + S)
    }
    const T = k.shape[2]
    // Query heads that share a key head are rows of one product, so keys and values are never repeated.
    const queries = reshape(permute(view(q, [B, S, K, g, D]), [0, 2, 3, 1, 4]), [B * K, g * S, D])
    const scores = view(bmm(queries, transpose(flatten(k, B * K), 1, 2)), [B, K, g, S, T])
    add_(scores, bias)
    const shares = view(cast(softmax(cast(scores, 'f32'), -1), x.dtype), [B * K, g * S, T])
    const mixed = view(bmm(shares, flatten(v, B * K)), [B, K, g, S, D])
    return project(weights, `${name}.o_proj`, reshape(permute(mixed, [0, 3, 1, 2, 4]), [B, S, heads * D]))
  }
}

/** [B, K, T, D] -> [B * K, T, D], without a copy where strides allow (a cache of larger capacity). */
function flatten(x: Tensor, rows: number): Tensor {
  const [, , T, D] = x.shape
  return reshape(x, [rows, T, D])
}
