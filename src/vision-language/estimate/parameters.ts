/** Numbers of a model's parameters by part, from the shapes of its checkpoint's tensors. */
import type { Qwen2_5_VLConfig } from '../config.js'
import { parameterShapes } from '../model/names.js'

export interface ParameterCounts {
  /** The vision tower and what it is made of. */
  visual: number
  patch_embed: number
  blocks: number
  merger: number
  /** Token embeddings; where tied, they are the head too. */
  embedding: number
  /** Decoder layers. */
  layers: number
  norm: number
  /** 0 where tied. */
  head: number
  total: number
  /** Tensors of the checkpoint. */
  tensors: number
}

/** Product of a shape. */
export const elements = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

export function countParameters(config: Qwen2_5_VLConfig): ParameterCounts {
  const shapes = [...parameterShapes(config)]
  const under = (prefix: string): number =>
    shapes.reduce((sum, [name, shape]) => (name.startsWith(prefix) ? sum + elements(shape) : sum), 0)
  return {
    visual: under('visual.'),
    patch_embed: under('visual.patch_embed.'),
    blocks: under('visual.blocks.'),
    merger: under('visual.merger.'),
    embedding: under('model.embed_tokens.'),
    layers: under('model.layers.'),
    norm: under('model.norm.'),
    head: under('lm_head.'),
    total: under(''),
    tensors: shapes.length,
  }
}

/** Parameters that are trained. */
export const trainedParameters = (config: Qwen2_5_VLConfig, frozenTower: boolean): number => {
  const { total, visual } = countParameters(config)
  return frozenTower ? total - visual : total
}

/**
 * Trained parameters as Muon divides them: two-dimensional weights but the embeddings and the head, of which it
 * keeps one momentum, and the rest, which AdamW moves.
 */
export function muonParameters(
  config: Qwen2_5_VLConfig,
  frozenTower: boolean,
): { matrices: number; rest: number } {
  let matrices = 0
  for (const [name, shape] of parameterShapes(config)) {
    const left = name.includes('embed_tokens') || name.startsWith('lm_head')
    if (shape.length === 2 && !left && !(frozenTower && name.startsWith('visual.')))
      matrices += elements(shape)
  }
  return { matrices, rest: trainedParameters(config, frozenTower) - matrices }
}

/**
 * Parameters of LoRA of a rank on linears of the decoder layers: rank × (inputs + outputs) each.
 * @param targets last parts of their names, `q_proj`; all linears if not given
 */
export function loraParameters(config: Qwen2_5_VLConfig, rank: number, targets?: readonly string[]): number {
  let total = 0
  for (const [name, shape] of parameterShapes(config)) {
    const module = name.split('.').at(-2) ?? ''
    if (!name.startsWith('model.layers.') || shape.length !== 2) continue
    if (!targets || targets.includes(module)) total += rank * (shape[0] + shape[1])
  }
  return total
}
