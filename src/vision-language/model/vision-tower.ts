/**
 * Qwen2.5-VL's vision tower: patches [N, 1176] to features [N/4, H], one per merged 2x2 block, in raster
 * order. Attention stays inside windows except in the blocks the config names, and never crosses frames.
 * Shape letters: N patches, C channels, h heads, D head size.
 */
import { attend, rmsNorm, rotate } from '../../torch/fused.js'
import {
  add,
  cast,
  cat,
  gelu,
  indexSelect,
  linear,
  narrow,
  permute,
  reshape,
  select,
  view,
} from '../../torch/ops.js'
import { runSegments, type Tape } from '../../torch/tape.js'
import { type Tensor, tensor } from '../../torch/tensor.js'
import type { VisionConfig } from '../config.js'
import { type GridThw, patchCount, rotaryPositions, windowIndex } from '../window-index.js'
import { gatedMlp, project, type Weights, weight } from './layers.js'
import { type Rotary, RotaryTable } from './rotary.js'

/** Patches that attend to one another, as groups of equal length: a group is one call of `attend`. */
interface Segments {
  /** Patches of a segment and number of segments, group by group in gathered order. */
  groups: { length: number; count: number }[]
  /** Gathers patches group by group, and back; null when the order is already right. */
  order: Tensor | null
  back: Tensor | null
}

const ids = (values: ArrayLike<number>): Tensor => tensor(values, undefined, 'i32')

function segmentsOf(borders: readonly number[]): Segments {
  const byLength = new Map<number, number[]>()
  for (let i = 1; i < borders.length; i++) {
    const length = borders[i] - borders[i - 1]
    byLength.set(length, [...(byLength.get(length) ?? []), borders[i - 1]])
  }
  const groups = [...byLength].map(([length, starts]) => ({ length, count: starts.length }))
  if (groups.length === 1) return { groups, order: null, back: null }
  const order = [...byLength].flatMap(([length, starts]) =>
    starts.flatMap((start) => Array.from({ length }, (_, k) => start + k)),
  )
  const back = new Int32Array(order.length)
  order.forEach((from, to) => {
    back[from] = to
  })
  return { groups, order: ids(order), back: ids(back) }
}

function attention(
  weights: Weights,
  name: string,
  x: Tensor,
  rotary: Rotary,
  segments: Segments,
  heads: number,
): Tensor {
  const [count, width] = x.shape
  const size = width / heads
  let qkv = view(project(weights, `${name}.qkv`, x), [count, 3, heads, size])
  let { cos, sin } = rotary
  if (segments.order) {
    qkv = indexSelect(qkv, 0, segments.order)
    cos = indexSelect(cos, 0, segments.order)
    sin = indexSelect(sin, 0, segments.order)
  }
  // Rotated in fp32, as the reference does.
  const turn = (index: number): Tensor => cast(rotate(cast(select(qkv, 1, index), 'f32'), cos, sin), x.dtype)
  const [q, k, v] = [turn(0), turn(1), select(qkv, 1, 2)]
  const parts: Tensor[] = []
  let start = 0
  for (const { length, count: n } of segments.groups) {
    const part = (t: Tensor): Tensor => view(narrow(t, 0, start, n * length), [n, length, heads, size])
    const headsFirst = (t: Tensor): Tensor => permute(part(t), [0, 2, 1, 3])
    const mixed = attend(part(q), headsFirst(k), headsFirst(v), null, size ** -0.5)
    parts.push(view(mixed, [n * length, heads * size]))
    start += n * length
  }
  let mixed = parts.length === 1 ? parts[0] : cat(parts, 0)
  if (segments.back) mixed = indexSelect(mixed, 0, segments.back)
  return project(weights, `${name}.proj`, mixed)
}

export class VisionTower {
  private readonly rotary: RotaryTable

  constructor(
    private readonly weights: Weights,
    private readonly config: VisionConfig,
  ) {
    const quarter = config.hidden_size / config.num_heads / 4
    // Half a head: the first quarter follows the row, the second the column, with the same frequencies.
    this.rotary = new RotaryTable(
      2 * quarter,
      (k) => (k < quarter ? 0 : 1),
      (k) => 10000 ** (-(k % quarter) / quarter),
    )
  }

  /**
   * @param patches [N, C * temporal * patch * patch], pictures one after another
   * @param grids [t, h, w] in patches of each picture or video
   * @param tape keeps only what goes into each block; its `backward` computes them anew
   * @returns features [N / 4, H] in raster order of merged blocks
   */
  forward(patches: Tensor, grids: readonly GridThw[], tape?: Tape | null): Tensor {
    const { config, weights } = this
    const { hidden_size, num_heads, spatial_merge_size: merge } = config
    const unit = merge * merge
    const count = patchCount(grids)
    if (patches.shape[0] !== count)
      throw new Error(`pixel_values: expected ${count} patches for the grids, got ${patches.shape[0]}`)
    const kernel = weight(weights, 'visual.patch_embed.proj.weight')
    // Kernel = stride, so the reference's 3D convolution is one product.
    let x = linear(cast(patches, kernel.dtype), reshape(kernel, [hidden_size, -1]))
    const { windowIndex: order, reverseIndex, cuWindowSeqlens, cuSeqlens } = windowIndex(grids, config)
    const reorder = order.some((from, to) => from !== to)
    if (reorder)
      x = reshape(indexSelect(reshape(x, [count / unit, unit * hidden_size]), 0, ids(order)), [
        count,
        hidden_size,
      ])
    const positions = rotaryPositions(grids, merge)
    // Patch i of the reordered sequence is patch `order[floor(i / unit)] * unit + i % unit` of the picture.
    const rotary = this.rotary.lookup(
      count,
      (axis, i) => positions[2 * (order[Math.floor(i / unit)] * unit + (i % unit)) + axis],
    )
    const frames = segmentsOf(cuSeqlens)
    const windows = segmentsOf(cuWindowSeqlens)
    const blockOf = (x: Tensor, i: number): Tensor => {
      const name = `visual.blocks.${i}`
      const segments = config.fullatt_block_indexes.includes(i) ? frames : windows
      const attended = add(
        x,
        attention(
          weights,
          `${name}.attn`,
          rmsNorm(x, weight(weights, `${name}.norm1.weight`), 1e-6),
          rotary,
          segments,
          num_heads,
        ),
      )
      const inner = rmsNorm(attended, weight(weights, `${name}.norm2.weight`), 1e-6)
      return add(attended, gatedMlp(weights, `${name}.mlp`, inner))
    }
    const blocks = Array.from({ length: config.depth }, (_, i) => (before: Tensor) => blockOf(before, i))
    x = (tape?.run ?? runSegments)(blocks, x)
    const merged = reshape(rmsNorm(x, weight(weights, 'visual.merger.ln_q.weight'), 1e-6), [
      count / unit,
      unit * hidden_size,
    ])
    const features = project(
      weights,
      'visual.merger.mlp.2',
      gelu(project(weights, 'visual.merger.mlp.0', merged)),
    )
    return reorder ? indexSelect(features, 0, ids(reverseIndex)) : features
  }
}
