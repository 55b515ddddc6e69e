/**
 * Qwen2.5-VL's language model on a flat list of tokens [N, H]: what attends to what is the business of the
 * `Attention` passed in (whole rows, a cache, shared prefixes), everything else is token by token.
 * Shape letters: h query heads, K key/value heads, D head size.
 */
import { rmsNorm, rotate } from '../../torch/fused.js'
import { add, indexSelect, view } from '../../torch/ops.js'
import { runSegments, type Tape } from '../../torch/tape.js'
import type { Tensor } from '../../torch/tensor.js'
import type { Qwen2_5_VLConfig } from '../config.js'
import { gatedMlp, project, type Weights, weight } from './layers.js'
import { type Rotary, RotaryTable } from './rotary.js'

/** Mixes values: q [N, h, D], k and v [N, K, D], both rotated, to [N, h * D]; `layer` counts from 0. */
export type Attention = (q: Tensor, k: Tensor, v: Tensor, layer: number) => Tensor

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

  /** Cosines and sines [N, D/2] for positions [3, N] (flat). */
  rotaryFor(positions: ArrayLike<number>): Rotary {
    const count = positions.length / 3
    return this.rotary.lookup(count, (axis, i) => positions[axis * count + i])
  }

  /** As {@link rotaryFor} for tokens of text, whose position is the same on all axes; plain numbers. */
  rotaryAt(positions: ArrayLike<number>): { cos: Float32Array; sin: Float32Array } {
    return this.rotary.numbers(positions.length, (_, i) => positions[i])
  }

  /**
   * Embeddings [N, H] to hidden states [N, H] after the final norm.
   * @param tape keeps only what goes into each layer; its `backward` computes them anew
   * @param only ids [n] of the tokens whose hidden states are wanted, where those of others are not: [n, H] then
   */
  forward(
    embeds: Tensor,
    { cos, sin }: Rotary,
    attend: Attention,
    tape?: Tape | null,
    only?: Tensor | null,
  ): Tensor {
    const { weights, config } = this
    const { num_attention_heads: h, num_key_value_heads: K, rms_norm_eps: eps } = config
    const D = config.hidden_size / h
    const last = config.num_hidden_layers - 1
    const layerOf = (x: Tensor, i: number): Tensor => {
      const layer = `model.layers.${i}`
      const normed = rmsNorm(x, weight(weights, `${layer}.input_layernorm.weight`), eps)
      const heads = (part: string, n: number, from = normed): Tensor =>
        view(project(weights, `${layer}.self_attn.${part}`, from), [from.shape[0], n, D])
      // In the last layer the others are there for their keys and values alone.
      const chosen = (all: Tensor): Tensor => (only && i === last ? indexSelect(all, 0, only) : all)
      const q = rotate(heads('q_proj', h, chosen(normed)), chosen(cos), chosen(sin))
      const k = rotate(heads('k_proj', K), cos, sin)
      const mixed = attend(q, k, heads('v_proj', K), i)
      const attended = add(chosen(x), project(weights, `${layer}.self_attn.o_proj`, mixed))
      const inner = rmsNorm(attended, weight(weights, `${layer}.post_attention_layernorm.weight`), eps)
      return add(attended, gatedMlp(weights, `${layer}.mlp`, inner))
    }
    const norm = (x: Tensor): Tensor => rmsNorm(x, weight(weights, 'model.norm.weight'), eps)
    const layers = Array.from({ length: config.num_hidden_layers }, (_, i) => (x: Tensor) => layerOf(x, i))
    return (tape?.run ?? runSegments)([...layers, norm], embeds)
  }
}
