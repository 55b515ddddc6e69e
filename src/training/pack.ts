/**
 * Batches of rows. A row is a prefix (pictures, and whatever text is shared) with branches behind it:
 * several questions about one picture in SFT, the completions of one prompt in GRPO. Branches see the prefix
 * and themselves, with the positions they would have alone, so each gets exactly the loss it would get
 * in a row of its own, and the prefix is computed once.
 */
import type { Tensor } from '../torch/tensor.js'
import type { Qwen2_5_VLConfig } from '../vision-language/config.js'
import { PAD, treeBias } from '../vision-language/model/attention-bias.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import { type RopeRule, ropeIndex } from '../vision-language/rope-index.js'
import type { GridThw } from '../vision-language/window-index.js'
import type { BatchFeatures } from './pictures.js'

export interface Branch {
  ids: number[]
  /** Index in `ids` from which tokens are trained (0: all of them). */
  scoredFrom: number
}

export interface Row {
  prefix: number[]
  images: GridThw[]
  videos: GridThw[]
  /** Seconds between temporal patches, one a video. */
  seconds?: number[]
  branches: Branch[]
}

export interface Packed {
  /** [B][S], padded on the right. */
  ids: Int32Array[]
  /** Segment of every token for `treeBias`, [B][S]. */
  segments: Int32Array[]
  /** [3, B, S] flat. */
  positions: Int32Array
  /** For every trained token: where its prediction is made (flat index in [B, S]), its id, its branch. */
  sources: number[]
  targets: number[]
  /** Branches are numbered through the batch, row by row. */
  branch: number[]
  /** Number of branches. */
  branches: number
}

/** Lays rows out side by side. */
export function pack(rows: readonly Row[], config: Qwen2_5_VLConfig, rope: RopeRule, padId: number): Packed {
  const length = Math.max(
    ...rows.map((row) => row.branches.reduce((n, { ids }) => n + ids.length, row.prefix.length)),
  )
  const plane = rows.length * length
  const packed: Packed = {
    ids: rows.map(() => new Int32Array(length).fill(padId)),
    segments: rows.map(() => new Int32Array(length).fill(PAD)),
    positions: new Int32Array(3 * plane),
    sources: [],
    targets: [],
    branch: [],
    branches: 0,
  }
  rows.forEach((row, b) => {
    const { prefix } = row
    const { positions, next } = ropeIndex(
      {
        input_ids: [prefix],
        image_grid_thw: row.images,
        video_grid_thw: row.videos,
        second_per_grid_ts: row.seconds,
      },
      config,
      rope,
    )
    packed.ids[b].set(prefix)
    packed.segments[b].fill(0, 0, prefix.length)
    for (let axis = 0; axis < 3; axis++)
      packed.positions.set(
        positions.subarray(axis * prefix.length, (axis + 1) * prefix.length),
        axis * plane + b * length,
      )
    let at = prefix.length
    row.branches.forEach(({ ids, scoredFrom }, k) => {
      packed.ids[b].set(ids, at)
      packed.segments[b].fill(k + 1, at, at + ids.length)
      ids.forEach((id, i) => {
        for (let axis = 0; axis < 3; axis++)
          packed.positions[axis * plane + b * length + at + i] = next[0] + i
        if (i < scoredFrom) return
        packed.sources.push(b * length + (i === 0 ? prefix.length - 1 : at + i - 1))
        packed.targets.push(id)
        packed.branch.push(packed.branches)
      })
      at += ids.length
      packed.branches++
    })
  })
  return packed
}

/** Hidden states [B, S, H] of a packed batch. */
export function packedHidden(model: Qwen2_5_VL, packed: Packed, features: BatchFeatures): Tensor {
  const embeds = model.embed(packed.ids, features.images, features.videos)
  const rotary = model.decoder.rotaryFor(packed.positions, packed.ids.length, packed.ids[0].length)
  return model.hidden(embeds, rotary, treeBias(packed.segments))
}
