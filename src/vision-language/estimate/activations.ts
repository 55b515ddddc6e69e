/**
 * Bytes of what the layers keep for the backward pass, counted tensor by tensor, and of a chunk of logits.
 * Shape letters: H hidden size, I inner size, h query heads, D head size, B rows, P longest prefix, R branches,
 * L longest branch.
 */
import type { Qwen2_5_VLConfig } from '../config.js'
import { windowIndex } from '../window-index.js'
import { type Row, rowTokens } from './row.js'

/**
 * How norms, gates and attention are computed, which decides what they keep:
 * - `native`: this program's fp32 passes on the CPU, whose attention keeps its softmax;
 * - `composed`: from single operators, as everywhere else today: fp32 copies in the norms, the gate's silu, and the
 *   softmax in both types (`torch/fused.ts`);
 * - `fused`: flash attention and fused norms and gates, as other trainers have them.
 */
export type Kernels = 'native' | 'composed' | 'fused'

export interface Layout {
  /** Of one number. */
  bytes: number
  kernels: Kernels
  frozenTower: boolean
  /** Only the input of each layer is kept; one layer at a time is whole. */
  checkpointing: boolean
  /** Rank of adapters on the decoder's linears. */
  adapters?: number
  /** No backward pass: one layer at a time is whole and nothing else is kept. */
  forwardOnly?: boolean
}

/** Bytes that attention keeps of a pair of tokens in one head, padding included. */
const shareBytes = ({ kernels, bytes }: Layout): number =>
  kernels === 'fused' ? 0 : kernels === 'native' ? 4 : 4 + bytes

/** Bytes of a token that composed norms and gates keep beside what every way keeps. */
const composedBytes = ({ kernels, bytes }: Layout, width: number, inner: number): number =>
  kernels === 'composed' ? 2 * width * (4 + bytes) + inner * bytes : 0

interface LayerBytes {
  /** Input of a layer, all tokens. */
  input: number
  /** Everything a layer keeps, its input included. */
  whole: number
}

/**
 * Bytes of a token that adapters keep beside: their inputs once more in fp32 and the products of their rank. Weights
 * narrower than fp32 that do not change need no inputs of their own, and composed norms keep one copy less.
 */
function adapterBytes({ adapters, bytes, kernels }: Layout, width: number, inner: number): number {
  if (adapters === undefined) return 0
  const products = 7 * 4 * adapters
  if (bytes === 4) return products
  const spared = 3 * width + inner + (kernels === 'composed' ? 2 * width : 0)
  return products + 4 * (6 * width + inner) - bytes * spared
}

/** A decoder layer on packed rows. */
function decoderLayer(config: Qwen2_5_VLConfig, rows: readonly Row[], layout: Layout): LayerBytes {
  const { hidden_size: H, intermediate_size: I, num_attention_heads: h } = config
  const keyValue = 2 * (H / h) * config.num_key_value_heads
  const sizes = rows.map((row) => rowTokens(config, row))
  const tokens = sizes.reduce((sum, { total }) => sum + total, 0)
  const B = rows.length
  const P = Math.max(0, ...sizes.map(({ prefix }) => prefix))
  const L = Math.max(0, ...sizes.map(({ branch }) => branch))
  const R = L > 0 ? rows.reduce((sum, { branches }) => sum + branches, 0) : 0
  // Token by token: both norms' inputs and outputs, the mixed values, gate, up and their product.
  const each = tokens * (5 * H + 3 * I)
  // Attention, padded to the longest: queries, and keys and values; those of a prefix once more for each branch.
  const padded = (B * P + R * L) * H + (B * P + R * (P + L)) * keyValue
  const shares = shareBytes(layout) * h * (B * P * P + R * L * (P + L))
  const beside = tokens * (composedBytes(layout, H, I) + adapterBytes(layout, H, I))
  return {
    input: tokens * H * layout.bytes,
    whole: (each + padded) * layout.bytes + beside + shares,
  }
}

/** A block of the tower; of the shares, those of a block with full attention and of one with windows. */
function towerBlocks(
  config: Qwen2_5_VLConfig,
  rows: readonly Row[],
  layout: Layout,
): { full: LayerBytes; window: LayerBytes; ends: number } {
  const { vision_config: vision } = config
  const { hidden_size: C, intermediate_size: I, num_heads: h, out_hidden_size: out } = vision
  const grids = rows.flatMap((row) => row.grids)
  const { cuSeqlens, cuWindowSeqlens } = windowIndex(grids, vision)
  const patches = cuSeqlens[cuSeqlens.length - 1]
  const input = patches * C * layout.bytes
  const whole = patches * ((8 * C + 3 * I) * layout.bytes + composedBytes(layout, C, I))
  const shares = (borders: readonly number[]): number =>
    shareBytes(layout) * h * borders.slice(1).reduce((sum, end, i) => sum + (end - borders[i]) ** 2, 0)
  const width = vision.in_channels * vision.temporal_patch_size * vision.patch_size ** 2
  // Patches as numbers and as the product's input; in the merger the norm's input and output, and around the GELU.
  const merged = patches / vision.spatial_merge_size ** 2
  const ends = patches * width * (4 + layout.bytes) + (patches * 4 * C + merged * out) * layout.bytes
  return {
    full: { input, whole: whole + shares(cuSeqlens) },
    window: { input, whole: whole + shares(cuWindowSeqlens) },
    ends,
  }
}

/** What a step on `rows` keeps, tower and decoder, from the patches to the last hidden states. */
export function activationBytes(config: Qwen2_5_VLConfig, rows: readonly Row[], layout: Layout): number {
  const { vision_config: vision, num_hidden_layers: layers } = config
  const decoder = decoderLayer(config, rows, layout)
  const { full, window, ends } = towerBlocks(config, rows, layout)
  const fulls = vision.fullatt_block_indexes.filter((i) => i < vision.depth).length
  const windows = vision.depth - fulls
  const widest = Math.max(fulls > 0 ? full.whole : 0, windows > 0 ? window.whole : 0)
  // Embeddings, final norm and its input.
  const edges = 3 * decoder.input
  if (layout.forwardOnly) return edges + Math.max(decoder.whole, widest + ends)
  const tower = layout.frozenTower
    ? { kept: 0, widest: 0, ends: 0 }
    : layout.checkpointing
      ? { kept: vision.depth * full.input, widest, ends }
      : { kept: fulls * full.whole + windows * window.whole, widest: 0, ends }
  const text = layout.checkpointing
    ? { kept: layers * decoder.input, widest: decoder.whole }
    : { kept: layers * decoder.whole, widest: 0 }
  const passing = layout.frozenTower ? widest + ends : 0
  const kept = tower.kept + tower.ends + text.kept + edges
  // A frozen tower works before the decoder does, and leaves its features only.
  return Math.max(passing, kept + Math.max(tower.widest, text.widest))
}

/** Rows of logits at a time, as `training/token-loss.ts` cuts them. */
export const chunkRows = (vocabulary: number): number => Math.max(256, Math.floor((1 << 22) / vocabulary))

/**
 * The logits at work: a chunk in its own type and in fp32, log-softmax and the gradients of both, and one
 * gradient of the head before it is added to what is there.
 * @param trained tokens with a loss
 */
export function logitChunkBytes(config: Qwen2_5_VLConfig, trained: number, bytes: number): number {
  if (trained === 0) return 0
  const { vocab_size: V, hidden_size: H } = config
  const rows = Math.min(trained, chunkRows(V))
  const perLogit = bytes === 4 ? 16 : 20
  return rows * V * perLogit + V * H * bytes + 2 * trained * H * bytes
}
