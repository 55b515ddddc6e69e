/**
 * The only place that knows how checkpoints name tensors. In memory and on disk we use the names of
 * transformers 4.49 and of the hub (`visual.*`, `model.*`, `lm_head.*`), which every reader accepts;
 * those of 4.52 and later (`model.visual.*`, `model.language_model.*`) are read too.
 */
import type { Qwen2_5_VLConfig } from '../config.js'

export function canonicalName(name: string): string {
  if (name.startsWith('model.visual.')) return name.slice('model.'.length)
  if (name.startsWith('model.language_model.')) return `model.${name.slice('model.language_model.'.length)}`
  return name
}

/** Whether a weight is neither embedding nor head: of these, Muon moves the matrices. */
export const isHidden = (name: string): boolean =>
  !name.includes('embed_tokens') && !name.startsWith('lm_head')

/** Every tensor of the model and its shape, in checkpoint order. A tied head is not listed. */
export function parameterShapes(config: Qwen2_5_VLConfig): Map<string, number[]> {
  const shapes = new Map<string, number[]>()
  const { vision_config: vision } = config
  const linear = (name: string, output: number, input: number, bias: boolean): void => {
    shapes.set(`${name}.weight`, [output, input])
    if (bias) shapes.set(`${name}.bias`, [output])
  }
  const mlp = (name: string, width: number, inner: number, bias: boolean): void => {
    linear(`${name}.gate_proj`, inner, width, bias)
    linear(`${name}.up_proj`, inner, width, bias)
    linear(`${name}.down_proj`, width, inner, bias)
  }
  const { patch_size, temporal_patch_size, in_channels, hidden_size: C } = vision
  shapes.set('visual.patch_embed.proj.weight', [C, in_channels, temporal_patch_size, patch_size, patch_size])
  for (let i = 0; i < vision.depth; i++) {
    const block = `visual.blocks.${i}`
    shapes.set(`${block}.norm1.weight`, [C])
    shapes.set(`${block}.norm2.weight`, [C])
    linear(`${block}.attn.qkv`, 3 * C, C, true)
    linear(`${block}.attn.proj`, C, C, true)
    mlp(`${block}.mlp`, C, vision.intermediate_size, true)
  }
  const merged = C * vision.spatial_merge_size ** 2
  shapes.set('visual.merger.ln_q.weight', [C])
  linear('visual.merger.mlp.0', merged, merged, true)
  linear('visual.merger.mlp.2', vision.out_hidden_size, merged, true)
  const H = config.hidden_size
  const keyValue = (H / config.num_attention_heads) * config.num_key_value_heads
  shapes.set('model.embed_tokens.weight', [config.vocab_size, H])
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `model.layers.${i}`
    shapes.set(`${layer}.input_layernorm.weight`, [H])
    shapes.set(`${layer}.post_attention_layernorm.weight`, [H])
    linear(`${layer}.self_attn.q_proj`, H, H, true)
    linear(`${layer}.self_attn.k_proj`, keyValue, H, true)
    linear(`${layer}.self_attn.v_proj`, keyValue, H, true)
    linear(`${layer}.self_attn.o_proj`, H, H, false)
    mlp(`${layer}.mlp`, H, config.intermediate_size, false)
  }
  shapes.set('model.norm.weight', [H])
  if (!config.tie_word_embeddings) shapes.set('lm_head.weight', [config.vocab_size, H])
  return shapes
}
