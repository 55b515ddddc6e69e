/**
 * Floating-point operations of matrix products and attention (a multiplication and its addition are two); norms,
 * rotations and activations are left out, under 1 %. Attention counts the pairs that see each other, not the
 * masked ones beside them.
 */
import type { Qwen2_5_VLConfig } from '../config.js'
import { parameterShapes } from '../model/names.js'
import { type GridThw, patchCount, windowIndex } from '../window-index.js'
import { elements } from './parameters.js'
import { type Row, rowTokens } from './row.js'

/** Weights of the products under a prefix: what a token is multiplied with. */
function productWeights(config: Qwen2_5_VLConfig, prefix: string): number {
  let sum = 0
  for (const [name, shape] of parameterShapes(config))
    if (name.startsWith(prefix) && shape.length > 1) sum += elements(shape)
  return sum
}

/** Σ of squared lengths between borders: pairs of patches that attend to each other. */
const squares = (borders: readonly number[]): number =>
  borders.slice(1).reduce((sum, end, i) => sum + (end - borders[i]) ** 2, 0)

/** The vision tower on pictures and videos. */
export function visionFlops(config: Qwen2_5_VLConfig, grids: readonly GridThw[]): number {
  const { vision_config: vision } = config
  const patches = patchCount(grids)
  const perPatch = productWeights(config, 'visual.patch_embed.') + productWeights(config, 'visual.blocks.')
  const merged = patches / vision.spatial_merge_size ** 2
  const { cuSeqlens, cuWindowSeqlens } = windowIndex(grids, vision)
  const full = vision.fullatt_block_indexes.filter((i) => i < vision.depth).length
  const pairs = full * squares(cuSeqlens) + (vision.depth - full) * squares(cuWindowSeqlens)
  return (
    2 * patches * perPatch +
    2 * merged * productWeights(config, 'visual.merger.') +
    4 * vision.hidden_size * pairs
  )
}

/** The decoder's layers on `tokens` tokens that follow `before` others and see those and one another, causally. */
export function decoderFlops(config: Qwen2_5_VLConfig, before: number, tokens: number): number {
  const pairs = tokens * before + (tokens * (tokens + 1)) / 2
  const attention = 4 * config.hidden_size * config.num_hidden_layers * pairs
  return 2 * tokens * productWeights(config, 'model.layers.') + attention
}

/** Logits of `tokens` tokens. */
export const headFlops = (config: Qwen2_5_VLConfig, tokens: number): number =>
  2 * tokens * config.hidden_size * config.vocab_size

export interface ForwardFlops {
  vision: number
  decoder: number
  head: number
  total: number
}

const summed = (vision: number, decoder: number, head: number): ForwardFlops => ({
  vision,
  decoder,
  head,
  total: vision + decoder + head,
})

/** One pass over a row; logits of the trained tokens only. */
export function forwardFlops(config: Qwen2_5_VLConfig, row: Row): ForwardFlops {
  const { prefix, branch, trained } = rowTokens(config, row)
  return summed(
    visionFlops(config, row.grids),
    decoderFlops(config, 0, prefix) + row.branches * decoderFlops(config, prefix, branch),
    headFlops(config, trained),
  )
}

export interface StepOptions {
  /** The tower's features are constants: no backward pass through it. */
  frozenTower: boolean
  /** Layers are computed once more in the backward pass (all but the head). */
  checkpointing: boolean
  /** Only low-rank adapters are trained: no gradients of the weights themselves. */
  adapters?: boolean
}

/**
 * Forward and backward over a row. The backward pass costs twice the forward: gradients of inputs and of weights.
 * The adapters' own products, about a hundredth, are left out.
 */
export function trainFlops(config: Qwen2_5_VLConfig, row: Row, options: StepOptions): number {
  const { vision, decoder, head } = forwardFlops(config, row)
  const once = options.adapters ? 2 : 3
  const passes = once + (options.checkpointing ? 1 : 0)
  const frozen = options.frozenTower || options.adapters
  return (frozen ? vision : passes * vision) + passes * decoder + once * head
}

export interface GrpoCost extends StepOptions {
  /** A reference model scores the completions (beta above 0). */
  reference: boolean
  /** Updates per rollout; above 1 the old policy scores the completions too. */
  iterations: number
}

/**
 * A rollout of a prompt, its scores and updates, when each completion is computed with its own copy of the
 * prompt and the tower runs in every pass: what trainers without sharing do. Per completion.
 */
export function grpoAloneFlops(config: Qwen2_5_VLConfig, row: Row, cost: GrpoCost): number {
  const alone: Row = { ...row, branches: 1 }
  const scores = (cost.reference ? 1 : 0) + (cost.iterations > 1 ? 1 : 0)
  return (1 + scores) * forwardFlops(config, alone).total + cost.iterations * trainFlops(config, alone, cost)
}

/**
 * The same as `training/grpo.ts` does it: the prompt once per group in every pass, the tower once per pass or,
 * where it is frozen, once in all. Per completion.
 */
export function grpoSharedFlops(config: Qwen2_5_VLConfig, row: Row, cost: GrpoCost): number {
  const scores = (cost.reference ? 1 : 0) + (cost.iterations > 1 ? 1 : 0)
  const { vision, decoder, head } = forwardFlops(config, row)
  const trained = trainFlops(config, row, cost)
  const group = (1 + scores) * (vision + decoder + head) + cost.iterations * trained
  // A frozen tower was counted in every pass.
  const again = cost.frozenTower || cost.adapters ? (scores + cost.iterations) * vision : 0
  return (group - again) / row.branches
}
