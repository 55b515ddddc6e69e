/**
 * Batches of rows. A row is a prefix (pictures, and whatever text is shared) with branches behind it:
 * several questions about one picture in SFT, the completions of one prompt in GRPO. Branches see the prefix
 * and themselves, with the positions they would have alone, so each gets exactly the loss it would get
 * in a row of its own, and the prefix is computed once.
 */
import type { Tape } from '../torch/tape.js'
import type { Tensor } from '../torch/tensor.js'
import type { Qwen2_5_VLConfig } from '../vision-language/config.js'
import { type BranchLayout, branchAttention } from '../vision-language/model/attention.js'
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
  /** Which of its tokens are trained as well; none if absent. The first has nothing before it and never is. */
  prefixScored?: boolean[]
  /** Videos count as text: no features, positions one after another (upstream's D6). `videos` is then not looked at. */
  blind?: boolean
  images: GridThw[]
  videos: GridThw[]
  /** Seconds between temporal patches, one a video. */
  seconds?: number[]
  branches: Branch[]
}

export interface Packed {
  /** All tokens: the prefixes, row by row, then the branches. [N] */
  ids: Int32Array
  /** [3, N] flat. */
  positions: Int32Array
  layout: BranchLayout
  /** For every trained token: where its prediction is made (index in `ids`), its id, its branch (-1 - r: the prefix of row r). */
  sources: number[]
  targets: number[]
  branch: number[]
}

/** Lays rows out as one list of tokens, without padding. */
export function pack(rows: readonly Row[], config: Qwen2_5_VLConfig, rope: RopeRule): Packed {
  const count = rows.reduce(
    (n, { prefix, branches }) => branches.reduce((m, { ids }) => m + ids.length, n + prefix.length),
    0,
  )
  const packed: Packed = {
    ids: new Int32Array(count),
    positions: new Int32Array(3 * count),
    layout: {
      prefixes: rows.map(({ prefix }) => prefix.length),
      branches: rows.flatMap(({ branches }, prefix) =>
        branches.map(({ ids }) => ({ length: ids.length, prefix })),
      ),
    },
    sources: [],
    targets: [],
    branch: [],
  }
  let at = 0
  const put = (ids: readonly number[], position: (axis: number, i: number) => number): void => {
    packed.ids.set(ids, at)
    for (let axis = 0; axis < 3; axis++)
      for (let i = 0; i < ids.length; i++) packed.positions[axis * count + at + i] = position(axis, i)
    at += ids.length
  }
  const next: number[] = []
  const lastOfPrefix: number[] = []
  for (const row of rows) {
    const { prefix } = row
    const index = ropeIndex(
      {
        input_ids: [row.blind ? prefix.map((id) => (id === config.video_token_id ? -1 : id)) : prefix],
        image_grid_thw: row.images,
        video_grid_thw: row.blind ? [] : row.videos,
        second_per_grid_ts: row.seconds,
      },
      config,
      rope,
    )
    for (let i = 1; i < prefix.length; i++)
      if (row.prefixScored?.[i]) {
        packed.sources.push(at + i - 1)
        packed.targets.push(prefix[i])
        packed.branch.push(-1 - next.length)
      }
    put(prefix, (axis, i) => index.positions[axis * prefix.length + i])
    next.push(index.next[0])
    lastOfPrefix.push(at - 1)
  }
  let branch = 0
  rows.forEach(({ branches }, r) => {
    for (const { ids, scoredFrom } of branches) {
      for (let i = scoredFrom; i < ids.length; i++) {
        packed.sources.push(i === 0 ? lastOfPrefix[r] : at + i - 1)
        packed.targets.push(ids[i])
        packed.branch.push(branch)
      }
      put(ids, (_, i) => next[r] + i)
      branch++
    }
  })
  return packed
}

/** Hidden states [N, H] of a packed batch; see `Decoder.forward` for `tape`. */
export function packedHidden(
  model: Qwen2_5_VL,
  packed: Packed,
  features: BatchFeatures,
  tape?: Tape | null,
): Tensor {
  const embeds = model.embed(packed.ids, features.images, features.videos)
  return model.decoder.forward(
    embeds,
    model.decoder.rotaryFor(packed.positions),
    branchAttention(packed.layout),
    tape,
  )
}
