/** Numbers of a model's parameters by part, from the shapes of its checkpoint's tensors. */
import type { Qwen2_5_VLConfig } from '../config.js'
import { isHidden, parameterShapes } from '../model/names.js'

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

/** Sizes of the trained tensors that Muon moves as matrices, and of the rest, which AdamW moves. */
export function muonSizes(
  config: Qwen2_5_VLConfig,
  frozenTower: boolean,
): { matrices: number[]; rest: number[] } {
  const sizes: { matrices: number[]; rest: number[] } = { matrices: [], rest: [] }
  for (const [name, shape] of parameterShapes(config)) {
    if (frozenTower && name.startsWith('visual.')) continue
    const kind = shape.length === 2 && isHidden(name) ? 'matrices' : 'rest'
    sizes[kind].push(elements(shape))
  }
  return sizes
}

/** Sum of sizes. */
export const sumOf = (sizes: readonly number[]): number => sizes.reduce((sum, n) => sum + n, 0)

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
